//! The reverse of the loop over time. The gradient tape has the tape's layout: `dtape["f"]` is ∂L/∂f at every step.

use super::Parameter;
use super::config::Readout;
use super::forward::{Trace, order, zero_padding};
use crate::cell::{Moment, MomentGradient, Whole};
use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::math::kernel::{Strided, multiply_add, sum_columns};
use crate::tape::Tape;

/// Where the gradient enters. Absent parts are zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Upstream<T> {
    /// ∂L/∂output: T×B×(D·H).
    pub output: Option<Vec<T>>,
    /// ∂L/∂prediction: as `Trace::prediction`.
    pub prediction: Option<Vec<T>>,
    /// ∂L/∂ of final states, by carried lane: (L·D)×B×H.
    pub last: Vec<(String, Vec<T>)>,
}

/// Everything that backward computed.
#[derive(Clone, Debug)]
pub struct Gradients<T: Scalar> {
    /// In the order of `Net::parameters`.
    pub parameters: Vec<Parameter<T>>,
    /// ∂L/∂x: T×B×I (of the embedded input, where there is an embedding).
    pub input: Vec<T>,
    /// ∂L/∂ of what the last layer gave out, from above only: T×B×(D·H). Per layer, the first is layer 0's.
    pub upstream: Vec<Vec<T>>,
    pub(crate) tapes: Vec<Tape<T>>,
    pub(crate) initial: Vec<Vec<T>>,
    pub(crate) directions: usize,
}

impl<T: Scalar> Gradients<T> {
    pub fn parameter(&self, name: &str) -> Result<&Parameter<T>> {
        self.parameters
            .iter()
            .find(|p| p.name == name)
            .ok_or_else(|| Error::unknown("parameter", name, self.parameters.iter().map(|p| p.name.as_str())))
    }

    /// ∂L/∂ of every lane of one layer and direction.
    pub fn tape(&self, layer: usize, direction: usize) -> Result<&Tape<T>> {
        super::config::within("direction", direction, 0, self.directions - 1)?;
        super::config::within("layer", layer, 0, self.tapes.len() / self.directions - 1)?;
        Ok(&self.tapes[layer * self.directions + direction])
    }

    /// ∂L/∂ of the initial state of a carried lane: (L·D)×B×H.
    pub fn initial(&self, lane: &str) -> Result<Vec<T>> {
        let mut all = vec![];
        for (tape, state) in self.tapes.iter().zip(&self.initial) {
            let (lane, h) = (tape.lane_index(lane)?, tape.hidden);
            for column in state.chunks_exact(tape.rows()) {
                all.extend_from_slice(&column[lane * h..(lane + 1) * h]);
            }
        }
        Ok(all)
    }
}

impl<T: Scalar> Trace<T> {
    /// Back-propagation through time.
    pub fn backward(&self, upstream: &Upstream<T>) -> Result<Gradients<T>> {
        let config = self.net.config();
        let (h, width, directions) = (config.hidden, config.output_width(), config.directions());
        let mut parameters: Vec<Parameter<T>> = self
            .net
            .parameters()
            .iter()
            .map(|p| Parameter { name: p.name.clone(), shape: p.shape.clone(), values: vec![T::zero(); p.values.len()] })
            .collect();
        let mut dy = self.upstream_of_output(upstream, &mut parameters)?;
        let last = self.last_gradient(upstream)?;
        let (mut tapes, mut initials, mut from_above) = (vec![], vec![], vec![]);
        for layer in (0..config.layers).rev() {
            zero_padding(&mut dy, width, self.batch, &self.lengths);
            let mut dx = vec![T::zero(); self.net.dims_of(layer).input * self.steps * self.batch];
            let mut reversed = vec![];
            for direction in 0..directions {
                let track = layer * directions + direction;
                let range = self.net.tensors(layer, direction);
                let mut d_tensors: Vec<Vec<T>> = parameters[range.clone()].iter_mut().map(|p| std::mem::take(&mut p.values)).collect();
                let (tape, initial) = self.layer_back(track, direction, &dy, direction * h, &last[track], &mut d_tensors, &mut dx);
                for (p, values) in parameters[range].iter_mut().zip(d_tensors) {
                    p.values = values;
                }
                reversed.push((tape, initial));
            }
            for (tape, initial) in reversed.into_iter().rev() {
                tapes.push(tape);
                initials.push(initial);
            }
            if layer > 0
                && let Some(mask) = self.masks.get(layer - 1)
            {
                for (d, m) in dx.iter_mut().zip(mask) {
                    *d = *d * *m;
                }
            }
            from_above.push(std::mem::replace(&mut dy, dx));
        }
        tapes.reverse();
        initials.reverse();
        from_above.reverse();
        if let Some(ids) = &self.tokens {
            for (id, column) in ids.iter().zip(dy.chunks_exact(config.input)) {
                for (d, x) in parameters[0].values[id * config.input..(id + 1) * config.input].iter_mut().zip(column) {
                    *d += *x;
                }
            }
        }
        Ok(Gradients { parameters, input: dy, upstream: from_above, tapes, initial: initials, directions })
    }

    /// ∂L/∂output from what was given, through the head where it was given for the prediction.
    fn upstream_of_output(&self, upstream: &Upstream<T>, parameters: &mut [Parameter<T>]) -> Result<Vec<T>> {
        let config = self.net.config();
        let (h, width) = (config.hidden, config.output_width());
        let mut dy = match &upstream.output {
            None => vec![T::zero(); self.output.len()],
            Some(d) if d.len() == self.output.len() => d.clone(),
            Some(d) => return Err(Error::length("output gradient", d.len(), self.output.len(), "steps × batch × directions·hidden")),
        };
        let Some(dp) = &upstream.prediction else { return Ok(dy) };
        let (Some(at), Some(prediction)) = (self.net.head_tensor(), &self.prediction) else {
            return Err(Error::new(Code::Unsupported, "this network has no head; expected a gradient of its output"));
        };
        if dp.len() != prediction.len() {
            let formula = if config.readout == Readout::Last { "steps × batch × outputs" } else { "batch × outputs" };
            return Err(Error::length("prediction gradient", dp.len(), prediction.len(), formula));
        }
        let outputs = self.net.parameters()[at + 1].values.len();
        let x = self.head_input();
        let columns = x.len() / width;
        multiply_add(width, outputs, columns, &x, Strided::transposed(dp, outputs), &mut parameters[at].values);
        sum_columns(dp, outputs, &mut parameters[at + 1].values);
        let mut dx = vec![T::zero(); x.len()];
        multiply_add(width, columns, outputs, &self.net.parameters()[at].values, Strided::columns(dp, outputs), &mut dx);
        if config.readout == Readout::Last {
            for (y, x) in dy.iter_mut().zip(&dx) {
                *y += *x;
            }
            return Ok(dy);
        }
        for (b, length) in self.lengths.iter().enumerate() {
            for direction in 0..config.directions() {
                let t = if direction == 0 { length - 1 } else { 0 };
                let (to, from) = ((t * self.batch + b) * width + direction * h, b * width + direction * h);
                for (y, x) in dy[to..to + h].iter_mut().zip(&dx[from..from + h]) {
                    *y += *x;
                }
            }
        }
        Ok(dy)
    }

    /// ∂L/∂ of the final state, by track: tape rows × batch.
    fn last_gradient(&self, upstream: &Upstream<T>) -> Result<Vec<Vec<T>>> {
        let h = self.net.config().hidden;
        let mut all: Vec<Vec<T>> = self.tracks.iter().map(|t| vec![T::zero(); t.initial.len()]).collect();
        for (name, values) in &upstream.last {
            let expected = self.tracks.len() * self.batch * h;
            if values.len() != expected {
                return Err(Error::length("final-state gradient", values.len(), expected, "layers·directions × batch × hidden"));
            }
            for (k, (track, d)) in self.tracks.iter().zip(&mut all).enumerate() {
                let (lane, rows) = (track.tape.lane_index(name)?, track.tape.rows());
                if !track.tape.spec.lanes[lane].carried {
                    let carried = track.tape.spec.carried().map(|k| track.tape.spec.lanes[k].name);
                    return Err(Error::unknown("carried lane", name, carried));
                }
                for b in 0..self.batch {
                    let from = (k * self.batch + b) * h;
                    d[b * rows + lane * h..b * rows + (lane + 1) * h].copy_from_slice(&values[from..from + h]);
                }
            }
        }
        Ok(all)
    }

    #[allow(clippy::too_many_arguments)]
    fn layer_back(
        &self,
        track: usize,
        direction: usize,
        dy: &[T],
        offset: usize,
        last: &[T],
        d_tensors: &mut [Vec<T>],
        dx: &mut [T],
    ) -> (Tape<T>, Vec<T>) {
        let (cell, data) = (self.net.cell(), &self.tracks[track]);
        let tensors = self.tensors(track);
        let params = self.params(track, &tensors);
        let (dims, batch, columns) = (params.dims, self.batch, self.steps * self.batch);
        let (h, rows, width) = (dims.hidden, data.tape.rows(), self.net.config().output_width());
        let (wide, deep) = (cell.projected_rows(dims), cell.recurrent_rows(dims));
        let mut dtape = Tape::zeros(data.tape.spec, h, self.steps, batch);
        let (mut d_projected, mut d_recurrent) = (vec![T::zero(); wide * columns], vec![T::zero(); deep * columns]);
        let mut before_output = vec![T::zero(); h * columns];
        let output = data.tape.spec.output();
        let mut carry = last.to_vec();
        let (mut next, mut before, mut work) = (vec![T::zero(); rows * batch], vec![T::zero(); rows * batch], vec![]);
        for t in order(self.steps, direction).rev() {
            for b in 0..batch {
                let from = match self.moment_before(direction, t, b) {
                    Some(t) => data.tape.column(t, b),
                    None => &data.initial[b * rows..(b + 1) * rows],
                };
                before[b * rows..(b + 1) * rows].copy_from_slice(from);
                let at = (t * batch + b) * h;
                before_output[at..at + h].copy_from_slice(&from[output * h..(output + 1) * h]);
                for (d, y) in
                    carry[b * rows + output * h..b * rows + (output + 1) * h].iter_mut().zip(&dy[(t * batch + b) * width + offset..])
                {
                    *d += *y;
                }
            }
            next.fill(T::zero());
            let at = t * batch;
            let columns = at * rows..(at + batch) * rows;
            let lanes = &mut dtape.data.as_mut_slice()[columns.clone()];
            lanes.copy_from_slice(&carry);
            let (projected, recurrent) =
                (&mut d_projected[at * wide..(at + batch) * wide], &mut d_recurrent[at * deep..(at + batch) * deep]);
            let moment = Moment { batch, projected: &[], before: &before, holds: data.holds.get(t).and_then(Option::as_ref) };
            let mut d = MomentGradient { lanes, before: &mut next, projected, recurrent };
            cell.step_back(&params, &moment, &data.tape.data.as_slice()[columns], &mut d, &mut work);
            for (b, length) in self.lengths.iter().enumerate() {
                let column = b * rows..(b + 1) * rows;
                if t < *length {
                    carry[column.clone()].copy_from_slice(&d.before[column]);
                } else {
                    d.lanes[column].fill(T::zero());
                    d.projected[b * wide..(b + 1) * wide].fill(T::zero());
                    d.recurrent[b * deep..(b + 1) * deep].fill(T::zero());
                }
            }
        }
        let layer = track / self.net.config().directions();
        let whole = Whole {
            columns,
            input: &self.inputs[layer],
            before: &before_output,
            tape: data.tape.data.as_slice(),
            d_projected: &d_projected,
            d_recurrent: &d_recurrent,
        };
        cell.finish(&params, &whole, d_tensors, dx);
        (dtape, carry)
    }
}
