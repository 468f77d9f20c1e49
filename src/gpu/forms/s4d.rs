//! S4D: modes discretised, states by a scan, the read-out at all steps; around them, in the full layer, GELU, a matrix and a GLU.

use crate::cell::{Dims, Options};
use crate::error::Result;
use crate::gpu::form::{Form, Track};
use crate::gpu::kernels::columns::sum_columns;
use crate::gpu::kernels::product::{Matrix, product};
use crate::gpu::kernels::s4d::{CONSTANTS, OUT_BIAS, OUT_WEIGHT, S4d};
use crate::gpu::plan::Recorder;

pub struct S4dForm;

impl Form for S4dForm {
    fn cell(&self) -> &'static str {
        "s4d"
    }

    fn fits(&self, _: &Options, _: Dims) -> bool {
        true
    }

    fn forward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let of = S4d::of(track);
        let (h, columns, input) = (of.hidden, track.columns(), track.dims.input);
        let modes = r.scratch("s4d modes", CONSTANTS * h * of.modes)?;
        of.modes(r, &modes)?;
        let mut u = track.input.clone();
        if of.encoder {
            u = r.scratch("s4d u", h * columns)?;
            let (w, x) = (Matrix::rows(&track.parameters[0], input), Matrix::columns(&track.input, input));
            product(r, (h, columns, input), w, x, Matrix::columns(&u, h), Some(&track.parameters[1]), false)?;
        }
        of.states(r, &modes, &u)?;
        of.read(r, &modes, &u)?;
        if !of.full {
            return Ok(());
        }
        let halves = r.scratch("s4d halves", 2 * h * columns)?;
        let g = Matrix::columns(&track.tape, track.layout.rows()).at(of.gelu_row());
        let (w, bias) = (Matrix::rows(of.own(OUT_WEIGHT).0, h), of.own(OUT_BIAS).0);
        product(r, (2 * h, columns, h), w, g, Matrix::columns(&halves, 2 * h), Some(bias), false)?;
        of.glu(r, &halves)
    }

    fn backward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let of = S4d::of(track);
        let (h, columns, input, rows) = (of.hidden, track.columns(), track.dims.input, track.layout.rows());
        let modes = r.scratch("s4d modes", CONSTANTS * h * of.modes)?;
        of.modes(r, &modes)?;
        if of.full {
            let halves = r.scratch("s4d halves", 2 * h * columns)?;
            of.glu_back(r, &halves)?;
            let d = Matrix::columns(&halves, 2 * h);
            let lane = |tape| Matrix::columns(tape, rows).at(of.gelu_row());
            let ((w, d_w), (_, d_bias)) = (of.own(OUT_WEIGHT), of.own(OUT_BIAS));
            product(r, (h, columns, 2 * h), Matrix::rows(w, h).transposed(), d.clone(), lane(&track.d_tape), None, false)?;
            product(r, (2 * h, h, columns), d, lane(&track.tape).transposed(), Matrix::rows(d_w, h), None, true)?;
            sum_columns(r, &halves, 2 * h, columns, d_bias)?;
        }
        of.y_back(r)?;
        of.states_back(r, &modes)?;
        if !of.encoder {
            return of.input_back(r, &modes, &track.d_input);
        }
        let u = r.scratch("s4d u", h * columns)?;
        of.input_back(r, &modes, &u)?;
        let (w, x) = (Matrix::rows(&track.parameters[0], input), Matrix::columns(&track.input, input));
        let (d, d_w) = (Matrix::columns(&u, h), Matrix::rows(&track.gradients[0], input));
        product(r, (h, input, columns), d.clone(), x.transposed(), d_w, None, true)?;
        sum_columns(r, &u, h, columns, &track.gradients[1])?;
        product(r, (input, columns, h), w.transposed(), d, Matrix::columns(&track.d_input, input), None, true)
    }
}
