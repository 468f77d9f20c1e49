//! The mLSTM's layer: products over all steps around its convolution, memory and norm, forth and back.

use super::mlstm::{fits_memory, heads};
use crate::cell::{Dims, Options};
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::{Form, Track};
use crate::gpu::kernels::columns::sum_columns;
use crate::gpu::kernels::mlstm::Memory;
use crate::gpu::kernels::mlstm_layer::{Around, CONV_BIAS, DOWN, E, GATES, H, Q, UP};
use crate::gpu::kernels::output::output;
use crate::gpu::kernels::product::{Matrix, product};
use crate::gpu::plan::Recorder;

pub struct MlstmLayer;

pub const MLSTM_LAYER: MlstmLayer = MlstmLayer;

/// What both gates are made of, or ∂L/∂ of it: heads × T·B each.
fn sums(track: &Track, r: &mut Recorder) -> Result<[Slice; 2]> {
    let length = heads(track.dims) * track.columns();
    Ok([r.scratch("sums of i", length)?, r.scratch("sums of f", length)?])
}

impl Form for MlstmLayer {
    fn cell(&self) -> &'static str {
        "mlstm"
    }

    fn fits(&self, options: &Options, dims: Dims) -> bool {
        // Twice as many as units, rounded up as the cell does.
        let channels = (2 * dims.hidden).next_multiple_of(64);
        fits_memory(heads(dims), channels) && options.get("layer").is_some_and(|layer| layer == "full")
    }

    fn forward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let (columns, input, hidden, rows) = (track.columns(), track.dims.input, track.dims.hidden, track.layout.rows());
        let (around, heads, tape) = (Around::of(track, heads(track.dims)), heads(track.dims), Matrix::columns(&track.tape, rows));
        let n = around.channels;
        let (up, down) = (Matrix::rows(&track.parameters[UP], input), Matrix::rows(&track.parameters[DOWN], n));
        product(r, (2 * n, columns, input), up, Matrix::columns(&track.input, input), tape.clone(), None, false)?;
        around.enter(r)?;
        let sums = sums(track, r)?;
        for (tensor, to) in GATES.into_iter().zip(&sums) {
            let (weight, bias) = (Matrix::rows(&track.parameters[tensor], 3 * n), &track.parameters[tensor + 1]);
            // The gates read q, k and v, which stand one after the other.
            let read = tape.clone().at(around.start(Q));
            product(r, (heads, columns, 3 * n), weight, read, Matrix::columns(to, heads), Some(bias), false)?;
        }
        Memory::of(track, Q, heads).forward(r, [&sums[0], &sums[1]])?;
        around.leave(r)?;
        // A product does not read and write one tape.
        let out = r.scratch("out", hidden * columns)?;
        product(r, (hidden, columns, n), down, tape.at(around.start(E)), Matrix::columns(&out, hidden), None, false)?;
        output(r, &out, (hidden, 0, hidden), (rows, around.start(H)), columns, None, &track.tape)
    }

    fn backward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let (columns, input, hidden, rows) = (track.columns(), track.dims.input, track.dims.hidden, track.layout.rows());
        let (around, heads) = (Around::of(track, heads(track.dims)), heads(track.dims));
        let (tape, d_tape) = (Matrix::columns(&track.tape, rows), Matrix::columns(&track.d_tape, rows));
        let n = around.channels;
        let (through, d_convolved) = (r.scratch("through", n * columns)?, r.scratch("convolved", n * columns)?);

        output(r, &track.d_output, (track.width, track.offset, hidden), (rows, around.start(H)), columns, None, &track.d_tape)?;
        let d_output = Matrix::columns(&track.d_output, track.width).at(track.offset);
        let down = Matrix::rows(&track.parameters[DOWN], n).transposed();
        product(r, (n, columns, hidden), down, d_output.clone(), d_tape.clone().at(around.start(E)), None, false)?;
        let e = tape.clone().at(around.start(E)).transposed();
        product(r, (hidden, n, columns), d_output, e, Matrix::rows(&track.gradients[DOWN], n), None, true)?;

        around.leave_back(r, &through)?;
        let sums = sums(track, r)?;
        Memory::of(track, Q, heads).backward(r, [&sums[0], &sums[1]])?;
        for (tensor, d) in GATES.into_iter().zip(&sums) {
            let (read, d_read) = (tape.clone().at(around.start(Q)), d_tape.clone().at(around.start(Q)));
            let weight = Matrix::rows(&track.parameters[tensor], 3 * n).transposed();
            product(r, (3 * n, columns, heads), weight, Matrix::columns(d, heads), d_read, None, true)?;
            let d_weight = Matrix::rows(&track.gradients[tensor], 3 * n);
            product(r, (heads, 3 * n, columns), Matrix::columns(d, heads), read.transposed(), d_weight, None, true)?;
            sum_columns(r, d, heads, columns, &track.gradients[tensor + 1])?;
        }

        around.enter_back(r, &through, &d_convolved)?;
        sum_columns(r, &d_convolved, n, columns, &track.gradients[CONV_BIAS])?;
        let x = Matrix::columns(&track.input, input).transposed();
        product(r, (2 * n, input, columns), d_tape.clone(), x, Matrix::rows(&track.gradients[UP], input), None, true)?;
        let up = Matrix::rows(&track.parameters[UP], input).transposed();
        product(r, (input, columns, 2 * n), up, d_tape, Matrix::columns(&track.d_input, input), None, true)
    }
}
