//! One step of the reverse loop, for many upstream gradients at once: the building block of every Jacobian. It calls the same
//! `Cell::step_back` that trains.

use super::Trace;
use crate::cell::{HeldLane, Holds, Moment, MomentGradient, Whole, Work};
use crate::error::Result;
use crate::math::Scalar;
use crate::math::kernel::Strided;

/// What one step passes back for each of `count` upstream gradients.
pub struct PulledBack<T> {
    /// ∂/∂ of the lanes of the moment before: tape rows × count.
    pub before: Vec<T>,
    /// ∂/∂ of the layer's input at this moment: input × count; empty unless asked for.
    pub input: Vec<T>,
}

impl<T: Scalar> Trace<T> {
    /// Takes `d` (tape rows × count: gradients with respect to carried and output lanes of moment t, example b) one moment back.
    pub fn pull_back(&self, layer: usize, direction: usize, t: usize, b: usize, mut d: Vec<T>, with_input: bool) -> Result<PulledBack<T>> {
        let index = self.track_index(layer, direction)?;
        let track = &self.tracks[index];
        let (cell, rows) = (self.net.cell(), track.tape.rows());
        let params = self.params(index);
        let (dims, count) = (params.dims, d.len() / rows);
        let repeat = |column: &[T]| column.iter().copied().cycle().take(column.len() * count).collect::<Vec<T>>();
        let (tape, before) = (repeat(track.tape.column(t, b)), repeat(self.column_before(layer, direction, t, b)?));
        let holds = track.holds.get(t).and_then(Option::as_ref).map(|holds| {
            let lane = |l: &HeldLane<T>| {
                let length = track.tape.layout.length(l.lane);
                let of_example = |v: &[T]| repeat(&v[b * length..(b + 1) * length]);
                HeldLane { lane: l.lane, mask: of_example(&l.mask), value: of_example(&l.value) }
            };
            Holds { lanes: holds.lanes.iter().map(lane).collect() }
        });
        let mut d_before = vec![T::zero(); rows * count];
        let mut projected = vec![T::zero(); cell.projected_rows(dims) * count];
        let mut recurrent = vec![T::zero(); cell.recurrent_rows(dims) * count];
        let moment = Moment { batch: count, projected: &[], before: &before, holds: holds.as_ref() };
        let mut gradient = MomentGradient { lanes: &mut d, before: &mut d_before, projected: &mut projected, recurrent: &mut recurrent };
        let mut work = Work::default();
        cell.step_back(&params, &moment, &tape, &mut gradient, &mut work);
        let mut input = vec![];
        if with_input {
            input = vec![T::zero(); dims.input * count];
            let zeros = vec![T::zero(); dims.input.max(dims.hidden) * count];
            let whole = Whole {
                columns: count,
                input: &zeros[..dims.input * count],
                before: Strided::columns(&zeros[..dims.hidden * count], dims.hidden),
                tape: &tape,
                d_tape: &d,
                d_projected: &projected,
                d_recurrent: &recurrent,
            };
            let given = params.tensors.iter().filter(|w| !w.is_empty());
            let mut unused: Vec<Vec<T>> = given.map(|w| vec![T::zero(); w.len()]).collect();
            cell.finish(&params, &whole, &mut unused, &mut input, &mut work);
        }
        Ok(PulledBack { before: d_before, input })
    }

    /// Is this unit's lane held at moment t?
    pub fn is_held(&self, layer: usize, direction: usize, lane: usize, t: usize, b: usize, unit: usize) -> bool {
        let Ok(index) = self.track_index(layer, direction) else { return false };
        let at = b * self.tracks[index].tape.layout.length(lane) + unit;
        let holds = self.tracks[index].holds.get(t).and_then(Option::as_ref);
        holds.is_some_and(|h| h.lanes.iter().any(|l| l.lane == lane && l.mask[at] > T::zero()))
    }

    /// Moments of example b in the order in which a direction meets them.
    pub fn moments(&self, direction: usize, b: usize) -> Vec<usize> {
        let all = 0..self.lengths[b];
        if direction == 0 { all.collect() } else { all.rev().collect() }
    }
}
