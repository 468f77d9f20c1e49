//! A gated cell over time moment by moment, a product and a dispatch of one invocation per unit each: for what does not fit into
//! one workgroup. The cells' texts are those of `recurrence`.

use super::product::{Matrix, product_from};
use super::recurrence::Unit;
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::Track;
use crate::gpu::kernel::{Kernel, Word, groups};
use crate::gpu::plan::Recorder;

fn forward_text(unit: &Unit) -> Kernel {
    unit.kernel(include_str!("moment_forward.wgsl"))
}

fn backward_text(unit: &Unit) -> Kernel {
    unit.kernel(include_str!("moment_backward.wgsl")).part(unit.apart_text())
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    let (lstm, gru) = super::recurrence::examples();
    vec![
        ("LSTM moment forward", forward_text(&lstm)),
        ("LSTM moment backward", backward_text(&lstm)),
        ("GRU moment backward", backward_text(&gru)),
    ]
}

/// The moments in the order of the layer's direction.
pub fn moments(track: &Track) -> impl DoubleEndedIterator<Item = usize> + use<> {
    let (steps, reverse) = (track.steps, track.reverse);
    (0..steps).map(move |n| if reverse { steps - 1 - n } else { n })
}

/// Records all moments, from W_i x + b_i (`projected`).
pub fn forward(r: &mut Recorder, track: &Track, unit: &Unit, projected: &Slice) -> Result<()> {
    let (h, wide, batch) = (unit.hidden, unit.wide(), track.batch);
    let (products, state) = (r.scratch("products", wide * batch)?, r.scratch("state", h * batch)?);
    let moment = |r: &mut Recorder, t: usize, begin: bool| {
        let params: [Word; 5] = [track.steps.into(), batch.into(), track.reverse.into(), t.into(), begin.into()];
        let bound = [projected, &products, &track.lengths, &track.initial, &track.tape, &state];
        r.dispatch(forward_text(unit), &params, &bound, [groups(h * batch, 64), 1, 1])
    };
    moment(r, 0, true)?;
    for t in moments(track) {
        let matrices = (Matrix::rows(&track.parameters[1], h), Matrix::columns(&state, h), Matrix::columns(&products, wide));
        product_from(r, (wide, batch, h), matrices, unit.bias.then(|| (&track.parameters[3], 0)), false)?;
        moment(r, t, false)?;
    }
    Ok(())
}

/// Records the way back of all moments. As `recurrence::backward`.
pub fn backward(r: &mut Recorder, track: &Track, unit: &Unit, d_projected: &Slice, d_recurrent: Option<&Slice>) -> Result<()> {
    let (h, wide, rows, batch) = (unit.hidden, unit.wide(), track.layout.rows(), track.batch);
    let passed = r.scratch("passed", rows * batch)?;
    for (nth, t) in moments(track).rev().enumerate() {
        let sizes = [track.steps, batch, usize::from(track.reverse), track.width, track.offset, t, usize::from(nth == 0)].map(Into::into);
        let mut bound = vec![&track.tape, &track.initial, &track.lengths, &track.d_output, &track.d_tape, &passed, d_projected];
        bound.extend(d_recurrent);
        r.dispatch(backward_text(unit), &sizes, &bound, [groups(h * batch, 64), 1, 1])?;
        let d = Matrix::columns(d_recurrent.unwrap_or(d_projected), wide).at(t * batch * wide);
        let matrices = (Matrix::rows(&track.parameters[1], h).transposed(), d, Matrix::columns(&passed, rows).at(unit.output * h));
        product_from(r, (h, batch, wide), matrices, None, true)?;
    }
    Ok(())
}
