//! h_t = a_t h_{t−1} + b_t by a parallel scan over time, of real or complex numbers, from the first step to the last or back.

use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::{Kernel, Word, groups};
use crate::gpu::plan::Recorder;

/// Invocations of a workgroup.
const GROUP: usize = 256;

/// A kernel that scans: `text` is what a cell adds to scan.wgsl.
#[derive(Clone, Copy)]
pub struct Scan {
    pub text: &'static str,
    pub complex: bool,
    /// From the last step to the first.
    pub against: bool,
}

impl Scan {
    /// The kernel for sequences of so many steps.
    pub fn kernel(self, steps: usize) -> Kernel {
        let numbers = if self.complex { include_str!("scan_complex.wgsl") } else { include_str!("scan_real.wgsl") };
        let chunks = chunks(steps);
        let sizes = Kernel::new(include_str!("scan.wgsl")).with("CHUNKS", chunks).with("UNITS", GROUP / chunks);
        sizes.with("AGAINST", self.against).part(numbers).part(self.text)
    }
}

/// About as many as each has steps; neighbouring units of a moment are read together, so that there are at least eight of these.
fn chunks(steps: usize) -> usize {
    [4, 8, 16].into_iter().find(|chunks| chunks * chunks >= steps).unwrap_or(32)
}

/// Records a scan of `units` by `batch` sequences: `kernel` is `Scan::kernel` with what the text has beside.
pub fn scan(
    r: &mut Recorder,
    kernel: Kernel,
    steps: usize,
    (units, batch): (usize, usize),
    params: &[Word],
    slices: &[&Slice],
) -> Result<()> {
    let group = [groups(units, GROUP / chunks(steps)), batch as u32, 1];
    r.dispatch(kernel, params, slices, group)
}

/// A scan by itself: a and b are units × T·B (twice as many rows where they are complex: real and imaginary parts in turn), as is
/// h. `initial` is units × B.
#[allow(clippy::too_many_arguments)]
pub fn recurrence(
    r: &mut Recorder,
    complex: bool,
    against: bool,
    (units, steps, batch): (usize, usize, usize),
    lengths: &Slice,
    initial: &Slice,
    (a, b): (&Slice, &Slice),
    h: &Slice,
) -> Result<()> {
    let params = [steps, batch, units].map(Word::from);
    scan(r, alone(complex, against).kernel(steps), steps, (units, batch), &params, &[lengths, initial, a, b, h])
}

fn alone(complex: bool, against: bool) -> Scan {
    Scan { text: include_str!("scan_alone.wgsl"), complex, against }
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![("scan", alone(false, true).kernel(100)), ("complex scan", alone(true, false).kernel(1000))]
}
