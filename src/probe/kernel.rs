//! The convolution that a linear cell's run is.

use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::net::Net;

/// K of one layer and direction, units × lags, the lag fastest: without an initial state, y_t = Σ_l K_l u_{t−l} + D u_t for every
/// unit. In f64.
///
/// # Errors
/// `unsupported` for a cell whose run is no convolution.
pub fn kernel<T: Scalar>(net: &Net<T>, layer: usize, direction: usize, length: usize) -> Result<Vec<f64>> {
    net.kernel(layer, direction, length)?.ok_or_else(|| {
        let message = format!("cell “{}” has no kernel; expected one that is linear and the same at every step", net.config().cell);
        Error::new(Code::Unsupported, message)
    })
}
