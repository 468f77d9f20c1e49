//! Numbers without time or cells: scalars of three widths, products, norms, random numbers.

pub mod functions;
pub mod kernel;
pub mod modes;
pub mod norm;
pub mod real;
pub mod rng;

pub use real::{Real, Scalar};
