//! The elementary functions by themselves, so that tests can look at them.

use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::{Kernel, groups};
use crate::gpu::plan::Recorder;

/// What `functions` gives, in this order.
pub const NAMES: [&str; 6] = ["exp", "sigmoid", "tanh", "relu", "softplus", "slope of softplus"];

fn text() -> Kernel {
    Kernel::new(include_str!("elementary.wgsl")).math()
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![("functions", text())]
}

/// Records every function at each of the numbers x: one after the other in y.
pub fn functions(r: &mut Recorder, x: &Slice, y: &Slice) -> Result<()> {
    r.dispatch(text(), &[x.len().into()], &[x, y], [groups(x.len(), 64), 1, 1])
}
