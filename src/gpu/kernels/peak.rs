//! What an adapter's arithmetic can do at most: the measure for the products.

use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::{Kernel, groups};
use crate::gpu::plan::Recorder;

fn text() -> Kernel {
    Kernel::new(include_str!("peak.wgsl"))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![("peak", text())]
}

/// Floating-point operations of one round in one invocation.
pub const OPERATIONS: usize = 32;

/// Records `rounds` of 16 multiplications and additions in each of `sums.len()` invocations (a multiple of 256).
pub fn peak(r: &mut Recorder, rounds: usize, sums: &Slice) -> Result<()> {
    r.dispatch(text(), &[rounds.into()], &[sums], [groups(sums.len(), 256), 1, 1])
}
