//! What updates found, kept until the host asks for many at once.

use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::Kernel;
use crate::gpu::live::reads_live;
use crate::gpu::plan::Recorder;

fn text() -> Kernel {
    reads_live(Kernel::new(include_str!("results.wgsl")))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![("results", text())]
}

/// Records that [loss, norm, clipped norm, coefficient] are written to the place of `ring` (4 × `slots`) that `Live::slot` says,
/// modulo `slots`, and that `total`, the loss, is 0 for the next update. `found`: as `norm::clip` leaves it.
pub fn record(r: &mut Recorder, total: &Slice, found: &Slice, live: &Slice, ring: &Slice, slots: usize) -> Result<()> {
    r.dispatch(text(), &[slots.into()], &[total, found, live, ring], [1, 1, 1])
}
