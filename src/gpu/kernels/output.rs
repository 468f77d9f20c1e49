//! What a layer hands upwards: as `copy_rows`, the masks and `final_outputs` in net/forward.rs, and their reverses.

use super::spread;
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::{Kernel, Word};
use crate::gpu::live::reads_live;
use crate::gpu::plan::Recorder;

/// The dropout mask of a gap between layers: `Live` with its key, the number of the gap, the share that is dropped.
pub type Mask<'a> = (&'a Slice, usize, f64);

fn text(masked: bool) -> Kernel {
    let text = Kernel::new(include_str!("output.wgsl"));
    if masked { masks(text).part(include_str!("output_mask.wgsl")) } else { text.part(include_str!("output_no_mask.wgsl")) }
}

fn mask_back_text() -> Kernel {
    masks(Kernel::new(include_str!("mask_back.wgsl")))
}

fn masks(text: Kernel) -> Kernel {
    reads_live(text).part(include_str!("dropout.wgsl"))
}

fn final_text(back: bool) -> Kernel {
    Kernel::new(include_str!("final_outputs.wgsl")).with("BACK", back)
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![
        ("output", text(false)),
        ("output, masked", text(true)),
        ("mask, back", mask_back_text()),
        ("final outputs", final_text(false)),
        ("final outputs, back", final_text(true)),
    ]
}

/// Number of the gap, hashes below which an element is dropped, what others are multiplied by: as `train::fill_mask`.
fn mask_words((_, gap, share): Mask) -> [Word; 3] {
    [gap.into(), Word((share * 4_294_967_296.0) as u32), ((1.0 / (1.0 - share)) as f32).into()]
}

/// Records that h rows of a tape (`rows` × columns), from row `first`, become rows `offset` and on of a layer's output (width ×
/// columns), times the mask over that whole output where there is one.
pub fn output(
    r: &mut Recorder,
    tape: &Slice,
    (rows, first, h): (usize, usize, usize),
    (width, offset): (usize, usize),
    columns: usize,
    mask: Option<Mask>,
    to: &Slice,
) -> Result<()> {
    let mut params = [rows, first, h, width, offset, columns].map(Into::into).to_vec();
    params.extend(mask.map(mask_words).unwrap_or([0u32.into(); 3]));
    let mut bound = vec![tape, to];
    bound.extend(mask.map(|(live, ..)| live));
    r.dispatch(text(mask.is_some()), &params, &bound, spread(h * columns))
}

/// Records that ∂L/∂ of a masked output, `count` numbers, becomes that of the output before the mask.
pub fn mask_back(r: &mut Recorder, d: &Slice, count: usize, mask: Mask) -> Result<()> {
    let mut params = vec![count.into()];
    params.extend(mask_words(mask));
    r.dispatch(mask_back_text(), &params, &[d, mask.0], spread(count))
}

/// Records to (directions·h × B) = each direction's output (directions·h × T·B) where it ends. `lengths`: u32, B.
pub fn final_outputs(
    r: &mut Recorder,
    output: &Slice,
    lengths: &Slice,
    (h, directions, batch): (usize, usize, usize),
    to: &Slice,
) -> Result<()> {
    let params = [h, directions, batch].map(Into::into);
    r.dispatch(final_text(false), &params, &[output, lengths, to], spread(h * directions * batch))
}

/// Records that ∂L/∂ of what `final_outputs` gave is added to ∂L/∂ of the output, where it was taken from.
pub fn final_outputs_back(
    r: &mut Recorder,
    d: &Slice,
    lengths: &Slice,
    (h, directions, batch): (usize, usize, usize),
    d_output: &Slice,
) -> Result<()> {
    let params = [h, directions, batch].map(Into::into);
    r.dispatch(final_text(true), &params, &[d_output, lengths, d], spread(h * directions * batch))
}
