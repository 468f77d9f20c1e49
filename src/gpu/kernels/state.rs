//! The state that goes on from chunk to chunk: as `set_initial` in net/forward.rs.

use std::ops::Range;

use super::spread;
use crate::error::{Code, Error, Result};
use crate::gpu::device::Slice;
use crate::gpu::kernel::Kernel;
use crate::gpu::live::reads_live;
use crate::gpu::plan::Recorder;

fn keeps() -> Kernel {
    Kernel::new(include_str!("keep.wgsl"))
}

fn begins() -> Kernel {
    reads_live(Kernel::new(include_str!("begin.wgsl")))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![("keep a state", keeps()), ("begin with a state", begins())]
}

/// Carried lanes that are not neighbours, in keep.wgsl: what fits into 256 bytes.
const MOST_RANGES: usize = 14;

/// Records to (rows × B) = each example's last column of a tape (rows × T·B), its first where `reverse`: the rows of the `carried`
/// ranges, all others 0. `lengths`: u32, B.
///
/// # Errors
/// `unsupported` for more than `MOST_RANGES` ranges that do not touch.
pub fn keep(
    r: &mut Recorder,
    tape: &Slice,
    lengths: &Slice,
    (rows, batch): (usize, usize),
    carried: &[Range<usize>],
    reverse: bool,
    to: &Slice,
) -> Result<()> {
    let joined = joined(carried);
    if joined.len() > MOST_RANGES {
        let message = format!("{} separate parts of a state are carried; expected at most {MOST_RANGES}", joined.len());
        return Err(Error::new(Code::Unsupported, message));
    }
    let mut params = vec![rows.into(), batch.into(), reverse.into(), joined.len().into()];
    params.extend(joined.iter().flat_map(|range| [range.start, range.end, 0, 0]).map(crate::gpu::Word::from));
    r.dispatch(keeps(), &params, &[tape, lengths, to], spread(rows * batch))
}

/// Ranges in order, neighbours made one.
fn joined(ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut ranges: Vec<_> = ranges.iter().filter(|range| !range.is_empty()).cloned().collect();
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = vec![];
    for range in ranges {
        match joined.last_mut().filter(|last| last.end >= range.start) {
            Some(last) => last.end = last.end.max(range.end),
            None => joined.push(range),
        }
    }
    joined
}

/// Records that `to` is `kept`, or 0 where the chunk is `Live::fresh`.
pub fn begin(r: &mut Recorder, kept: &Slice, live: &Slice, to: &Slice) -> Result<()> {
    r.dispatch(begins(), &[to.len().into()], &[kept, live, to], spread(to.len()))
}
