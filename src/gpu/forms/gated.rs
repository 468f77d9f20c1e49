//! Cells of two functions about one unit, the twins of `cell::gated`: RNN, LSTM, GRU.

use crate::cell::{Dims, Options};
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::{Form, Track};
use crate::gpu::kernel::Kernel;
use crate::gpu::kernels::columns::sum_columns;
use crate::gpu::kernels::moments;
use crate::gpu::kernels::product::{Matrix, product};
use crate::gpu::kernels::recurrence::{self, Unit};
use crate::gpu::plan::Recorder;

/// A cell and how its moments are run.
#[derive(Clone, Copy)]
pub struct Gated {
    cell: &'static str,
    text: fn(&Options) -> Kernel,
    fits: fn(&Options) -> bool,
    stepwise: bool,
}

/// From more hidden units on, each moment has its own dispatches.
pub const MOST_AT_ONCE: usize = recurrence::MOST_HIDDEN;

impl Gated {
    /// The same with dispatches for each moment, whatever the size.
    pub const fn stepwise(self) -> Self {
        Gated { stepwise: true, ..self }
    }

    fn at_once(&self, track: &Track) -> bool {
        track.dims.hidden <= MOST_AT_ONCE && !self.stepwise
    }
}

pub const RNN: Gated =
    Gated { cell: "rnn", text: |options| recurrence::rnn(options["nonlinearity"] == "relu"), fits: |_| true, stepwise: false };
pub const LSTM: Gated = Gated { cell: "lstm", text: |_| recurrence::lstm(), fits: |_| true, stepwise: false };
/// With the reset gate after the product.
pub const GRU: Gated = Gated {
    cell: "gru",
    text: |options| recurrence::gru(options["update"] != "replace"),
    fits: |options| options["reset"] != "before",
    stepwise: false,
};

impl Form for Gated {
    fn cell(&self) -> &'static str {
        self.cell
    }

    fn fits(&self, options: &Options, _: Dims) -> bool {
        (self.fits)(options)
    }

    fn forward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let unit = Unit::of(track, (self.text)(&track.options));
        let projected = project(track, unit.wide(), r)?;
        let run = if self.at_once(track) { recurrence::forward } else { moments::forward };
        run(r, track, &unit, &projected)
    }

    fn backward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let unit = Unit::of(track, (self.text)(&track.options));
        let (wide, h, columns) = (unit.wide(), unit.hidden, track.columns());
        let d_projected = r.scratch("projected", recurrence::room(track, wide))?;
        let apart = if unit.apart { Some(r.scratch("recurrent", wide * columns)?) } else { None };
        let run = if self.at_once(track) { recurrence::backward } else { moments::backward };
        run(r, track, &unit, &d_projected, apart.as_ref())?;
        let d_recurrent = apart.as_ref().unwrap_or(&d_projected);
        finish(track, &d_projected, d_recurrent, wide, r)?;
        let before = r.scratch("before", h * columns)?;
        recurrence::outputs_before(r, track, &before)?;
        let d = Matrix::columns(d_recurrent, wide);
        let before = Matrix::columns(&before, h).transposed();
        product(r, (wide, h, columns), d, before, Matrix::rows(&track.gradients[1], h), None, true)
    }
}

/// W_i x + b_i for all columns: `wide` × T·B, in scratch memory.
pub fn project(track: &Track, wide: usize, r: &mut Recorder) -> Result<Slice> {
    let (i, columns) = (track.dims.input, track.columns());
    let projected = r.scratch("projected", wide * columns)?;
    let (weights, x) = (Matrix::rows(&track.parameters[0], i), Matrix::columns(&track.input, i));
    let bias = track.dims.bias.then(|| &track.parameters[2]);
    product(r, (wide, columns, i), weights, x, Matrix::columns(&projected, wide), bias, false)?;
    Ok(projected)
}

/// Gradients of W_i, both biases and the input, added to what is there.
pub fn finish(track: &Track, d_projected: &Slice, d_recurrent: &Slice, wide: usize, r: &mut Recorder) -> Result<()> {
    let (i, columns) = (track.dims.input, track.columns());
    let (d, x) = (Matrix::columns(d_projected, wide), Matrix::columns(&track.input, i));
    product(r, (wide, i, columns), d.clone(), x.transposed(), Matrix::rows(&track.gradients[0], i), None, true)?;
    let weights = Matrix::rows(&track.parameters[0], i).transposed();
    product(r, (i, columns, wide), weights, d, Matrix::columns(&track.d_input, i), None, true)?;
    if track.dims.bias {
        sum_columns(r, d_projected, wide, columns, &track.gradients[2])?;
        sum_columns(r, d_recurrent, wide, columns, &track.gradients[3])?;
    }
    Ok(())
}
