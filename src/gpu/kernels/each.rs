//! What happens to each unit at each moment by itself.

use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::Track;
use crate::gpu::kernel::{Kernel, Word, groups};
use crate::gpu::plan::{MOST_GROUPS, Recorder};

/// A kernel with `fn each(unit, column)`.
pub(super) fn kernel(text: &'static str) -> Kernel {
    Kernel::new(include_str!("each.wgsl")).part(text)
}

/// The same of a track's columns, of which those past an example's end are known.
pub(super) fn of_track(text: &'static str) -> Kernel {
    kernel(text).part(include_str!("past.wgsl"))
}

/// Records it for `units` by T·B. Its parameters begin with units, columns, batch; its first slice is `lengths`.
pub(super) fn each(r: &mut Recorder, kernel: Kernel, track: &Track, units: usize, params: &[usize], slices: &[&Slice]) -> Result<()> {
    let columns = track.columns();
    let params: Vec<Word> = [units, columns, track.batch].iter().chain(params).map(|word| Word::from(*word)).collect();
    let slices: Vec<&Slice> = std::iter::once(&track.lengths).chain(slices.iter().copied()).collect();
    r.dispatch(kernel, &params, &slices, [groups(units * columns, 256).min(MOST_GROUPS), 1, 1])
}
