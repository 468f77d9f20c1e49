//! minGRU and minLSTM: one product over all steps, then a scan; back again the scan the other way, then two products.

use crate::cell::{Dims, Options};
use crate::error::Result;
use crate::gpu::form::{Form, Track};
use crate::gpu::kernels::minimal::Minimal;
use crate::gpu::kernels::product::{Matrix, product};
use crate::gpu::plan::Recorder;

impl Form for Minimal {
    fn cell(&self) -> &'static str {
        self.name
    }

    fn fits(&self, _: &Options, _: Dims) -> bool {
        true
    }

    fn forward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let (rows, columns, input) = (self.blocks * track.dims.hidden, track.columns(), track.dims.input);
        let projected = r.scratch("projected", rows * columns)?;
        let (w, x) = (Matrix::rows(&track.parameters[0], input), Matrix::columns(&track.input, input));
        product(r, (rows, columns, input), w, x, Matrix::columns(&projected, rows), None, false)?;
        Minimal::forward(self, track, r, &projected)
    }

    fn backward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let (rows, columns, input) = (self.blocks * track.dims.hidden, track.columns(), track.dims.input);
        let d_projected = r.scratch("projected", rows * columns)?;
        self.back(track, r, &d_projected)?;
        let (w, x) = (Matrix::rows(&track.parameters[0], input), Matrix::columns(&track.input, input));
        let d = Matrix::columns(&d_projected, rows);
        let (d_weight, d_input) = (Matrix::rows(&track.gradients[0], input), Matrix::columns(&track.d_input, input));
        product(r, (rows, input, columns), d.clone(), x.transposed(), d_weight, None, true)?;
        product(r, (input, columns, rows), w.transposed(), d, d_input, None, true)
    }
}
