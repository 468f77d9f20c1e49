//! The GRU whose reset gate acts before the product, over time: all moments in one dispatch, or moment by moment.

use super::moments::moments;
use super::product::{Matrix, product_from};
use super::recurrence::{Division, Unit, Weights, dispatches, pack};
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::Track;
use crate::gpu::kernel::{Kernel, Word, groups};
use crate::gpu::plan::Recorder;

/// Its functions.
pub fn text(keep: bool) -> Kernel {
    Kernel::new(include_str!("gru_before.wgsl")).part(include_str!("gru_blend.wgsl")).with("KEEP", keep)
}

fn forward_text(unit: &Unit, division: Division) -> Kernel {
    division.constants(unit.kernel(include_str!("gru_before_forward.wgsl")), 2).part(unit.bias_text())
}
fn backward_text(unit: &Unit, division: Division) -> Kernel {
    division.constants(unit.kernel(include_str!("gru_before_backward.wgsl")), 1)
}
fn moment_text(unit: &Unit, close: bool) -> Kernel {
    unit.kernel(include_str!("gru_before_moment_forward.wgsl")).with("CLOSE", close)
}
fn moment_back_text(unit: &Unit, open: bool) -> Kernel {
    unit.kernel(include_str!("gru_before_moment_backward.wgsl")).with("OPEN", open)
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    let unit = Unit { text: text(true), apart: false, ..super::recurrence::examples().1 };
    let division = Division::of(37, 37, 64);
    vec![
        ("GRU (reset before) forward", forward_text(&unit, division)),
        ("GRU (reset before) backward", backward_text(&unit, division)),
        ("GRU (reset before) moment forward", moment_text(&unit, true)),
        ("GRU (reset before) moment backward", moment_back_text(&unit, false)),
    ]
}

/// Records all moments, from W_i x + b_i (`projected`): two dispatches, up to `MOST_MOMENTS`.
pub fn forward(r: &mut Recorder, track: &Track, unit: &Unit, projected: &Slice) -> Result<()> {
    let h = unit.hidden;
    let weights = pack(r, "packed", Weights { data: &track.parameters[1], from: 0, size: (3 * h, h), row: h, column: 1 })?;
    let division = Division::of(h, h, track.batch);
    let mut bound = vec![projected, &weights, &track.lengths, &track.initial, &track.tape];
    bound.extend(unit.bias.then(|| &track.parameters[3]));
    for [begin, count] in dispatches(track.steps) {
        let sizes = [track.steps, track.batch, usize::from(track.reverse), begin, count].map(Into::into);
        r.dispatch(forward_text(unit, division), &sizes, &bound, division.groups(track.batch))?;
    }
    Ok(())
}

/// Records the way back of all moments: three dispatches, up to `MOST_MOMENTS`. As `recurrence::backward`.
pub fn backward(r: &mut Recorder, track: &Track, unit: &Unit, d_projected: &Slice) -> Result<()> {
    let h = unit.hidden;
    let rows = |from: usize, count: usize| Weights { data: &track.parameters[1], from, size: (h, count), row: 1, column: h };
    let gates = pack(r, "packed", rows(0, 2 * h))?;
    let candidate = pack(r, "packed too", rows(2 * h * h, h))?;
    let division = Division::of(h, h, track.batch);
    let (tape, d_tape) = (&track.tape, &track.d_tape);
    let bound = [&gates, tape, &track.initial, &track.lengths, &track.d_output, d_tape, d_projected, &candidate];
    for [begin, count] in dispatches(track.steps) {
        let reverse = usize::from(track.reverse);
        let sizes = [track.steps, track.batch, reverse, track.width, track.offset, begin, count].map(Into::into);
        r.dispatch(backward_text(unit, division), &sizes, &bound, division.groups(track.batch))?;
    }
    Ok(())
}

/// As `forward`, with two products and two dispatches for each moment.
pub fn forward_by_moments(r: &mut Recorder, track: &Track, unit: &Unit, projected: &Slice) -> Result<()> {
    let (h, rows, batch) = (unit.hidden, track.layout.rows(), track.batch);
    let (products, state) = (r.scratch("products", 3 * h * batch)?, r.scratch("state", h * batch)?);
    let weights = Matrix::rows(&track.parameters[1], h);
    let bias = |first: usize| unit.bias.then(|| (&track.parameters[3], first));
    let to = Matrix::columns(&products, 3 * h);
    let half = |r: &mut Recorder, t: usize, begin: bool, close: bool| {
        let params: [Word; 5] = [track.steps.into(), batch.into(), track.reverse.into(), t.into(), begin.into()];
        let bound = [projected, &products, &track.lengths, &track.initial, &track.tape, &state];
        r.dispatch(moment_text(unit, close), &params, &bound, [groups(h * batch, 64), 1, 1])
    };
    half(r, 0, true, false)?;
    for t in moments(track) {
        let gates = (weights.clone(), Matrix::columns(&state, h), to.clone());
        product_from(r, (2 * h, batch, h), gates, bias(0), false)?;
        half(r, t, false, false)?;
        // r∘h stands on the tape, in the lane after r and z.
        let reset = Matrix::columns(&track.tape, rows).at(t * batch * rows + 2 * h);
        let candidate = (weights.clone().at(2 * h * h), reset, to.clone().at(2 * h));
        product_from(r, (h, batch, h), candidate, bias(2 * h), false)?;
        half(r, t, false, true)?;
    }
    Ok(())
}

/// As `backward`, with two products and two dispatches for each moment.
pub fn backward_by_moments(r: &mut Recorder, track: &Track, unit: &Unit, d_projected: &Slice) -> Result<()> {
    let (h, batch) = (unit.hidden, track.batch);
    let (passed, dq) = (r.scratch("passed", h * batch)?, r.scratch("dq", h * batch)?);
    let (weights, d) = (Matrix::rows(&track.parameters[1], h).transposed(), Matrix::columns(d_projected, 3 * h));
    let half = |r: &mut Recorder, t: usize, begin: bool, open: bool| {
        let sizes = [track.steps, batch, usize::from(track.reverse), track.width, track.offset, t, usize::from(begin)].map(Into::into);
        let bound = [&track.tape, &track.initial, &track.lengths, &track.d_output, &track.d_tape, &passed, d_projected, &dq];
        r.dispatch(moment_back_text(unit, open), &sizes, &bound, [groups(h * batch, 64), 1, 1])
    };
    for (nth, t) in moments(track).rev().enumerate() {
        half(r, t, nth == 0, false)?;
        let candidate = (weights.clone().at(2 * h * h), d.clone().at(t * batch * 3 * h + 2 * h), Matrix::columns(&dq, h));
        product_from(r, (h, batch, h), candidate, None, false)?;
        half(r, t, false, true)?;
        let gates = (weights.clone(), d.clone().at(t * batch * 3 * h), Matrix::columns(&passed, h));
        product_from(r, (h, batch, 2 * h), gates, None, true)?;
    }
    Ok(())
}
