//! The GRU whose reset gate acts before the product: the twin of `cell::gru_before`.

use super::gated::{MOST_AT_ONCE, finish, project};
use crate::cell::{Dims, Options};
use crate::error::Result;
use crate::gpu::form::{Form, Track};
use crate::gpu::kernels::gru_before;
use crate::gpu::kernels::product::{Matrix, product_from};
use crate::gpu::kernels::recurrence::{Unit, outputs_before, room};
use crate::gpu::plan::Recorder;

#[derive(Clone, Copy, Default)]
pub struct GruBefore {
    stepwise: bool,
}

pub const GRU_BEFORE: GruBefore = GruBefore { stepwise: false };

impl GruBefore {
    /// The same with dispatches for each moment, whatever the size.
    pub const fn stepwise(self) -> Self {
        GruBefore { stepwise: true }
    }

    fn at_once(self, track: &Track) -> bool {
        track.dims.hidden <= MOST_AT_ONCE && !self.stepwise
    }
}

fn unit(track: &Track) -> Unit {
    Unit::of(track, gru_before::text(track.options["update"] != "replace"))
}

impl Form for GruBefore {
    fn cell(&self) -> &'static str {
        "gru"
    }

    fn fits(&self, options: &Options, _: Dims) -> bool {
        options["reset"] == "before"
    }

    fn forward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let unit = unit(track);
        let projected = project(track, unit.wide(), r)?;
        let run = if self.at_once(track) { gru_before::forward } else { gru_before::forward_by_moments };
        run(r, track, &unit, &projected)
    }

    fn backward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let unit = unit(track);
        let (wide, h, rows, columns) = (unit.wide(), unit.hidden, track.layout.rows(), track.columns());
        let d_projected = r.scratch("projected", room(track, wide))?;
        let run = if self.at_once(track) { gru_before::backward } else { gru_before::backward_by_moments };
        run(r, track, &unit, &d_projected)?;
        finish(track, &d_projected, &d_projected, wide, r)?;
        let before = r.scratch("before", h * columns)?;
        outputs_before(r, track, &before)?;
        let (d, to) = (Matrix::columns(&d_projected, wide), Matrix::rows(&track.gradients[1], h));
        let gates = (d.clone(), Matrix::columns(&before, h).transposed(), to.clone());
        product_from(r, (2 * h, h, columns), gates, None, true)?;
        // The candidate's weights multiply r∘h, which is on the tape, in the lane after r and z.
        let candidate = (d.at(2 * h), Matrix::columns(&track.tape, rows).transposed().at(2 * h), to.at(2 * h * h));
        product_from(r, (h, h, columns), candidate, None, true)
    }
}
