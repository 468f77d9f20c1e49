//! The functions of modern.wgsl by themselves: what the tests hold to the CPU engine's.

use super::each::kernel;
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::{Kernel, Word, groups};
use crate::gpu::plan::Recorder;

/// In the order of what `modern` gives.
pub const NAMES: [&str; 7] = ["silu", "slope of silu", "e^x − 1", "gelu", "slope of gelu", "cos", "sin"];

fn text() -> Kernel {
    kernel(include_str!("modern_alone.wgsl")).math().part(include_str!("modern.wgsl"))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![("functions of the modern cells", text())]
}

/// Records every function of each x, one after the other.
pub fn modern(r: &mut Recorder, x: &Slice, to: &Slice) -> Result<()> {
    let params = [x.len(), 1, 1].map(Word::from);
    r.dispatch(text(), &params, &[x, to], [groups(x.len(), 256), 1, 1])
}
