//! Norms and clipping of gradients: as `train::clip`.

use super::spread;
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::Kernel;
use crate::gpu::plan::Recorder;
use crate::train::{Clip, ClipKind};

/// What happens to a piece before its squares are added up.
#[derive(Clone, Copy)]
enum Mode {
    Measure,
    Scale,
    Cut,
}

fn piece(mode: Mode) -> Kernel {
    Kernel::new(include_str!("piece.wgsl")).with("MODE", mode as u32)
}

fn norm(after: bool) -> Kernel {
    Kernel::new(include_str!("norm.wgsl")).with("AFTER", after)
}

fn zeros() -> Kernel {
    Kernel::new(include_str!("zero.wgsl"))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    let pieces = [("measure", Mode::Measure), ("scale", Mode::Scale), ("cut", Mode::Cut)].map(|(name, mode)| (name, piece(mode)));
    [pieces.to_vec(), vec![("norm", norm(false)), ("norm after clipping", norm(true)), ("zero", zeros())]].concat()
}

/// Numbers that one workgroup adds up.
const PIECE: usize = 4096;

/// Records clipping in place. `gradients` has all tensors, each (first number, length) of `tensors`; what lies between them is left
/// alone. `found` becomes [norm, norm after, coefficient].
pub fn clip(r: &mut Recorder, gradients: &Slice, tensors: &[(usize, usize)], clip: Clip, found: &Slice) -> Result<()> {
    let (mut pieces, mut firsts) = (vec![], vec![]);
    for (from, len) in tensors {
        firsts.push((pieces.len() / 2) as u32);
        pieces.extend((0..*len).step_by(PIECE).flat_map(|k| [(from + k) as u32, PIECE.min(len - k) as u32]));
    }
    let count = pieces.len() / 2;
    firsts.push(count as u32);
    let (pieces, firsts) = (r.gpu.buffer_of(&pieces)?.all(), r.gpu.buffer_of(&firsts)?.all());
    let parts = r.scratch("norm", count)?;
    let limit = clip.limit as f32;
    let sizes = [tensors.len().into(), (clip.kind == ClipKind::Norm).into(), limit.into()];
    let mut measure = |mode: Mode, after: bool| {
        r.dispatch(piece(mode), &[limit.into()], &[&pieces, gradients, &parts, found], [count as u32, 1, 1])?;
        r.dispatch(norm(after), &sizes, &[&firsts, &parts, found], [1, 1, 1])
    };
    measure(Mode::Measure, false)?;
    match clip.kind {
        ClipKind::None => Ok(()),
        ClipKind::Norm => measure(Mode::Scale, true),
        ClipKind::Value => measure(Mode::Cut, true),
    }
}

/// Records that a buffer is 0.
pub fn zero(r: &mut Recorder, buffer: &Slice) -> Result<()> {
    r.dispatch(zeros(), &[buffer.len().into()], &[buffer], spread(buffer.len()))
}
