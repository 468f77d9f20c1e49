//! Mamba: the block's four products over all steps, and between them the convolution, the scan of the states and the gate.

use crate::cell::{Dims, Options};
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::{Form, Track};
use crate::gpu::kernels::columns::sum_columns;
use crate::gpu::kernels::mamba::{CONV_BIAS, DT, DT_BIAS, H, IN, Mamba, OUT, REDUCED, U, X_PROJ};
use crate::gpu::kernels::product::{Matrix, product};
use crate::gpu::plan::Recorder;

pub struct MambaForm;

/// A lane of a tape and what follows it.
fn lane<'a>(track: &Track, tape: &'a Slice, lane: usize) -> Matrix<'a> {
    Matrix::columns(tape, track.layout.rows()).at(track.layout.range(lane).start)
}

impl Form for MambaForm {
    fn cell(&self) -> &'static str {
        "mamba"
    }

    fn fits(&self, _: &Options, _: Dims) -> bool {
        true
    }

    fn forward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let of = Mamba::of(track);
        let (e, wide, columns, input, h) = (of.inner, of.selected(), track.columns(), track.dims.input, track.dims.hidden);
        let weight = |k: usize, columns: usize| Matrix::rows(&track.parameters[k], columns);
        let projected = r.scratch("projected", 2 * e * columns)?;
        let x = Matrix::columns(&track.input, input);
        product(r, (2 * e, columns, input), weight(IN, input), x, Matrix::columns(&projected, 2 * e), None, false)?;
        of.enter(r, &projected)?;
        let selected = r.scratch("mamba selected", wide * columns)?;
        let u = lane(track, &track.tape, U);
        product(r, (wide, columns, e), weight(X_PROJ, e), u, Matrix::columns(&selected, wide), None, false)?;
        of.step(r, &selected)?;
        of.states(r)?;
        let gated = r.scratch("mamba gated", e * columns)?;
        of.read(r, &gated)?;
        product(r, (h, columns, e), weight(OUT, e), Matrix::columns(&gated, e), lane(track, &track.tape, H), None, false)
    }

    fn backward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let of = Mamba::of(track);
        let (e, wide, columns, input, h) = (of.inner, of.selected(), track.columns(), track.dims.input, track.dims.hidden);
        let weight = |k: usize, columns: usize| Matrix::rows(&track.parameters[k], columns);
        let gradient = |k: usize, columns: usize| Matrix::rows(&track.gradients[k], columns);
        let (d_projected, gated) = (r.scratch("projected", 2 * e * columns)?, r.scratch("mamba gated", e * columns)?);
        let (d_u, d_step) = (r.scratch("mamba d u", e * columns)?, r.scratch("mamba d step", e * columns)?);
        let d_conv = r.scratch("mamba d conv", e * columns)?;
        let per_channel = |values| Matrix::columns(values, e);
        let d_h = Matrix::columns(&track.d_output, track.width).at(track.offset);
        let d_selected = lane(track, &track.d_tape, REDUCED);
        // First `d_u` is what comes back through the out-projection, then ∂L/∂u.
        product(r, (e, columns, h), weight(OUT, e).transposed(), d_h.clone(), per_channel(&d_u), None, false)?;
        of.gate_back(r, &d_u, &gated, &d_projected)?;
        of.states_back(r)?;
        of.channels_back(r, &d_u, &d_step)?;
        let (dt, steps) = (weight(DT, of.rank).transposed(), per_channel(&d_step));
        product(r, (of.rank, columns, e), dt, steps.clone(), d_selected.clone(), None, false)?;
        product(r, (e, columns, wide), weight(X_PROJ, e).transposed(), d_selected.clone(), per_channel(&d_u), None, true)?;
        of.enter_back(r, &d_u, &d_conv, &d_projected)?;
        let (d, x) = (Matrix::columns(&d_projected, 2 * e), Matrix::columns(&track.input, input));
        product(r, (input, columns, 2 * e), weight(IN, input).transposed(), d.clone(), Matrix::columns(&track.d_input, input), None, true)?;
        product(r, (2 * e, input, columns), d, x.transposed(), gradient(IN, input), None, true)?;
        let (u, reduced) = (lane(track, &track.tape, U), lane(track, &track.tape, REDUCED));
        product(r, (wide, e, columns), d_selected, u.transposed(), gradient(X_PROJ, e), None, true)?;
        product(r, (e, of.rank, columns), steps, reduced.transposed(), gradient(DT, of.rank), None, true)?;
        product(r, (h, e, columns), d_h, per_channel(&gated).transposed(), gradient(OUT, e), None, true)?;
        sum_columns(r, &d_step, e, columns, &track.gradients[DT_BIAS])?;
        sum_columns(r, &d_conv, e, columns, &track.gradients[CONV_BIAS])
    }
}
