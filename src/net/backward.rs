//! The reverse of the loop over time. The gradient tape has the tape's layout: `dtape["f"]` is ∂L/∂f at every step.

use super::config::Readout;
use super::forward::{Scratch, around, moments, resize, stretches, zero_padding};
use super::{Parameter, Trace};
use crate::cell::{MAX_TENSORS, Moment, MomentGradient, PER_UNIT, Whole};
use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::math::kernel::{Strided, drop_nothing, multiply_add, multiply_packed, packed_len, sum_columns};
use crate::tape::Tape;
use std::ops::Range;

/// Where the gradient enters. Absent parts are zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Upstream<T> {
    /// ∂L/∂output: T×B×(D·H).
    pub output: Option<Vec<T>>,
    /// ∂L/∂prediction: as `Trace::prediction`.
    pub prediction: Option<Vec<T>>,
    /// ∂L/∂ of final states, by carried lane: (L·D)×B×(its elements).
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

    /// ∂L/∂ of the initial state of a carried lane: (L·D)×B×(its elements).
    pub fn initial(&self, lane: &str) -> Result<Vec<T>> {
        let mut all = vec![];
        for (tape, state) in self.tapes.iter().zip(&self.initial) {
            let range = tape.layout.range(tape.lane_index(lane)?);
            for column in state.chunks_exact(tape.rows()) {
                all.extend_from_slice(&column[range.clone()]);
            }
        }
        Ok(all)
    }
}

impl<T: Scalar> Gradients<T> {
    /// Room for the gradients of a network's runs.
    pub(crate) fn empty(trace: &Trace<T>) -> Self {
        let zeros = |p: &Parameter<T>| Parameter { name: p.name.clone(), shape: p.shape.clone(), values: vec![T::zero(); p.values.len()] };
        let spec = trace.net.cell().spec();
        Gradients {
            parameters: trace.net.parameters().iter().map(zeros).collect(),
            input: vec![],
            upstream: vec![vec![]; trace.net.config().layers],
            tapes: trace.tracks.iter().map(|track| Tape::empty(spec, track.tape.layout.clone())).collect(),
            initial: vec![vec![]; trace.tracks.len()],
            directions: trace.net.config().directions(),
        }
    }
}

impl<T: Scalar> Trace<T> {
    /// Back-propagation through time.
    pub fn backward(&self, upstream: &Upstream<T>) -> Result<Gradients<T>> {
        let mut gradients = Gradients::empty(self);
        self.backward_into(upstream, &mut gradients, &mut Scratch::default())?;
        Ok(gradients)
    }

    /// As `backward`, over what the gradients were before: of the same network, after the first time without an allocation. An
    /// error leaves them as they were.
    pub(crate) fn backward_into(&self, upstream: &Upstream<T>, gradients: &mut Gradients<T>, scratch: &mut Scratch<T>) -> Result<()> {
        self.check_upstream(upstream)?;
        let config = self.net.config();
        let (width, directions) = (config.output_width(), config.directions());
        gradients.parameters.iter_mut().for_each(|p| p.values.fill(T::zero()));
        self.upstream_of_output(upstream, gradients, scratch);
        for layer in (0..config.layers).rev() {
            let (below, this) = gradients.upstream.split_at_mut(layer);
            let (dy, dx) = (&mut this[0], below.last_mut().unwrap_or(&mut gradients.input));
            zero_padding(dy, width, self.batch, &self.lengths);
            resize(dx, self.net.dims_of(layer).input * self.steps * self.batch);
            dx.fill(T::zero());
            for direction in 0..directions {
                let track = layer * directions + direction;
                let (dtape, initial) = (&mut gradients.tapes[track], &mut gradients.initial[track]);
                self.start_back(track, direction, upstream, dtape, initial);
                for stretch in stretches(self.steps, self.batch, direction == 0) {
                    self.layer_back(track, direction, stretch.clone(), dy, dtape, initial, scratch);
                    self.finish(layer, direction, stretch, &mut gradients.parameters, dtape, dx, scratch);
                }
            }
            if layer > 0
                && let Some(mask) = self.masks.get(layer - 1)
            {
                dx.iter_mut().zip(mask).for_each(|(d, m)| *d = *d * *m);
            }
        }
        if let Some(ids) = &self.tokens {
            for (id, column) in ids.iter().zip(gradients.input.chunks_exact(config.input)) {
                let row = &mut gradients.parameters[0].values[id * config.input..(id + 1) * config.input];
                row.iter_mut().zip(column).for_each(|(d, x)| *d += *x);
            }
        }
        Ok(())
    }

    fn check_upstream(&self, upstream: &Upstream<T>) -> Result<()> {
        let config = self.net.config();
        if let Some(d) = &upstream.output
            && d.len() != self.output.len()
        {
            return Err(Error::length("output gradient", d.len(), self.output.len(), "steps × batch × directions·hidden"));
        }
        if let Some(d) = &upstream.prediction {
            let Some(prediction) = &self.prediction else {
                return Err(Error::new(Code::Unsupported, "this network has no head; expected a gradient of its output"));
            };
            if d.len() != prediction.len() {
                let formula = if config.readout == Readout::Last { "steps × batch × outputs" } else { "batch × outputs" };
                return Err(Error::length("prediction gradient", d.len(), prediction.len(), formula));
            }
        }
        let spec = self.net.cell().spec();
        for (name, values) in &upstream.last {
            let lane = spec.lane(name).ok_or_else(|| Error::unknown("lane", name, spec.lanes.iter().map(|l| l.name)))?;
            let expected = self.net.state_length(lane, self.batch);
            if values.len() != expected {
                let axes = spec.lanes[lane].axes;
                let formula = format!("layers·directions × batch × {}", if axes == PER_UNIT { "hidden".into() } else { axes.join("·") });
                return Err(Error::length("final-state gradient", values.len(), expected, &formula));
            }
            if !spec.lanes[lane].carried {
                return Err(Error::unknown("carried lane", name, spec.carried().map(|k| spec.lanes[k].name)));
            }
        }
        Ok(())
    }

    /// ∂L/∂output from what was given, through the head where it was given for the prediction: the last layer's `upstream`.
    fn upstream_of_output(&self, upstream: &Upstream<T>, gradients: &mut Gradients<T>, scratch: &mut Scratch<T>) {
        let (h, width) = (self.net.config().hidden, self.net.config().output_width());
        let Some(dy) = gradients.upstream.last_mut() else { return };
        resize(dy, self.output.len());
        match &upstream.output {
            Some(d) => dy.copy_from_slice(d),
            None => dy.fill(T::zero()),
        }
        let (Some(dp), Some(at)) = (&upstream.prediction, self.net.head_tensor()) else { return };
        let outputs = self.net.parameters()[at + 1].values.len();
        let (work, mut memory) = (&mut scratch.work.product, std::mem::take(&mut scratch.head));
        let x = self.head_input(&mut memory);
        let columns = x.len() / width;
        let d_weight = &mut gradients.parameters[at].values;
        multiply_add(width, outputs, columns, Strided::columns(x, width), Strided::transposed(dp, outputs), d_weight, work);
        sum_columns(dp, outputs, &mut gradients.parameters[at + 1].values);
        let (back, dp) = (&self.head[packed_len(outputs, width)..], Strided::columns(dp, outputs));
        if self.net.config().readout == Readout::Last {
            multiply_packed(width, columns, outputs, back, dp, dy, width, work);
        } else {
            memory.fill(T::zero());
            multiply_packed(width, columns, outputs, back, dp, &mut memory, width, work);
            for (from, to) in self.final_outputs() {
                dy[to..to + h].iter_mut().zip(&memory[from..]).for_each(|(y, x)| *y += *x);
            }
        }
        scratch.head = memory;
    }

    /// Where the way back of a track starts: ∂L/∂ of its final state, on the gradient tape; zero elsewhere there, and in the
    /// gradient of the initial state.
    fn start_back(&self, track: usize, direction: usize, upstream: &Upstream<T>, dtape: &mut Tape<T>, initial: &mut Vec<T>) {
        dtape.reshape(self.steps, self.batch);
        let (rows, batch, directions) = (dtape.rows(), self.batch, self.net.config().directions());
        initial.clear();
        initial.resize(rows * batch, T::zero());
        let from = if direction == 0 { (self.steps - 1) * batch * rows } else { 0 };
        let last = &mut dtape.data.as_mut_slice()[from..from + batch * rows];
        last.fill(T::zero());
        for (name, values) in &upstream.last {
            let Some(lane) = dtape.spec.lane(name) else { continue };
            let range = dtape.layout.range(lane);
            let start: usize = (0..track).map(|k| self.net.layout(k / directions).length(lane) * batch).sum();
            for (b, column) in last.chunks_exact_mut(rows).enumerate() {
                column[range.clone()].copy_from_slice(&values[start + b * range.len()..][..range.len()]);
            }
        }
    }

    /// One stretch of one layer and direction, from its last moment to its first. Each moment finds on the gradient tape what the
    /// moment after it passed back.
    #[allow(clippy::too_many_arguments)]
    fn layer_back(
        &self,
        track: usize,
        direction: usize,
        stretch: Range<usize>,
        dy: &[T],
        dtape: &mut Tape<T>,
        initial: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let (cell, params, tape) = (self.net.cell(), self.params(track), &self.tracks[track].tape);
        let (batch, steps, h, rows) = (self.batch, stretch.len(), tape.layout.output().len(), tape.rows());
        let (width, output, offset) = (self.net.config().output_width(), tape.layout.output().start, direction * h);
        let (wide, deep) = (cell.projected_rows(params.dims), cell.recurrent_rows(params.dims));
        let Scratch { projected, recurrent, before_output, work, before: memory, passing, training, .. } = scratch;
        resize(projected, wide * steps * batch);
        resize(recurrent, deep * steps * batch);
        resize(before_output, h * steps * batch);
        let apart = self.outputs_before(track, direction, &stretch).is_none();
        for t in moments(stretch.clone(), direction == 0) {
            let nth = t - stretch.start;
            let columns = t * batch * rows..(t + 1) * batch * rows;
            let there = match direction {
                0 => columns.start.saturating_sub(batch * rows)..columns.start,
                _ => columns.end..tape.data.len().min(columns.end + batch * rows),
            };
            let before = self.before(track, direction, t, &tape.data.as_slice()[there], memory);
            if apart {
                let outputs = before_output[nth * batch * h..(nth + 1) * batch * h].chunks_exact_mut(h);
                outputs.zip(before.chunks_exact(rows)).for_each(|(to, from)| to.copy_from_slice(&from[output..output + h]));
            }
            let (lanes, passed) = around(dtape.data.as_mut_slice(), rows * batch, t, direction);
            // Nothing was passed to an output that is no state: what stands there is of another run.
            if !tape.spec.lanes[tape.spec.output()].carried {
                lanes.chunks_exact_mut(rows).for_each(|column| column[output..output + h].fill(T::zero()));
            }
            let passed = if passed.is_empty() { &mut *initial } else { passed };
            for (column, dy) in lanes.chunks_exact_mut(rows).zip(dy[t * batch * width..].chunks_exact(width)) {
                column[output..output + h].iter_mut().zip(&dy[offset..]).for_each(|(d, y)| *d += *y);
                if *training {
                    tape.spec.carried().for_each(|lane| drop_nothing(&mut column[tape.layout.range(lane)]));
                }
            }
            let moment = Moment { batch, projected: &[], before, holds: self.tracks[track].holds.get(t).and_then(Option::as_ref) };
            let projected = &mut projected[nth * batch * wide..(nth + 1) * batch * wide];
            let recurrent = &mut recurrent[nth * batch * deep..(nth + 1) * batch * deep];
            let over = |b: &usize| t >= self.lengths[*b];
            if (0..batch).any(|b| over(&b)) {
                passing.clear();
                passing.extend_from_slice(lanes);
            }
            let mut d = MomentGradient { lanes, before: passed, projected, recurrent };
            cell.step_back(&params, &moment, &tape.data.as_slice()[columns], &mut d, work);
            for b in (0..batch).filter(over) {
                // Nothing happens to an example that is over: what arrives goes on as it is.
                for lane in tape.spec.carried().map(|lane| tape.layout.range(lane)) {
                    d.before[b * rows..(b + 1) * rows][lane.clone()].copy_from_slice(&passing[b * rows..(b + 1) * rows][lane]);
                }
                d.lanes[b * rows..(b + 1) * rows].fill(T::zero());
                d.projected[b * wide..(b + 1) * wide].fill(T::zero());
                d.recurrent[b * deep..(b + 1) * deep].fill(T::zero());
            }
        }
    }

    /// The output lane of the moment before each moment of a stretch, where all of them stand on the tape.
    fn outputs_before(&self, track: usize, direction: usize, stretch: &Range<usize>) -> Option<Strided<'_, T>> {
        let tape = &self.tracks[track].tape;
        let from = match direction {
            0 => stretch.start.checked_sub(1)?,
            // An example begins with its initial state at its end.
            _ if self.lengths.iter().any(|length| stretch.start < *length && *length <= stretch.end) => return None,
            _ if stretch.end == self.steps => return None,
            _ => stretch.start + 1,
        };
        let (rows, first) = (tape.rows(), from * self.batch * tape.rows() + tape.layout.output().start);
        Some(Strided { data: &tape.data.as_slice()[first..], row: 1, column: rows })
    }

    /// Adds the gradients of the parameters and of the input, over a stretch of a layer and direction.
    #[allow(clippy::too_many_arguments)]
    fn finish(
        &self,
        layer: usize,
        direction: usize,
        stretch: Range<usize>,
        parameters: &mut [Parameter<T>],
        dtape: &Tape<T>,
        dx: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let track = layer * self.net.config().directions() + direction;
        let (tape, input) = (&self.tracks[track].tape, self.net.dims_of(layer).input);
        let columns = stretch.start * self.batch..stretch.end * self.batch;
        let of = |rows: usize| columns.start * rows..columns.end * rows;
        let Scratch { projected, recurrent, before_output, work, .. } = scratch;
        let whole = Whole {
            columns: columns.len(),
            input: &self.inputs[layer][of(input)],
            before: self.outputs_before(track, direction, &stretch).unwrap_or(Strided::columns(before_output, tape.layout.output().len())),
            tape: &tape.data.as_slice()[of(tape.rows())],
            d_tape: &dtape.data.as_slice()[of(tape.rows())],
            d_projected: projected,
            d_recurrent: recurrent,
        };
        let range = self.net.tensors(layer, direction);
        let mut d_tensors: [Vec<T>; MAX_TENSORS] = std::array::from_fn(|_| vec![]);
        let mine = &mut d_tensors[..range.len()];
        mine.iter_mut().zip(&mut parameters[range.clone()]).for_each(|(d, p)| std::mem::swap(d, &mut p.values));
        self.net.cell().finish(&self.params(track), &whole, mine, &mut dx[of(input)], work);
        mine.iter_mut().zip(&mut parameters[range]).for_each(|(d, p)| std::mem::swap(d, &mut p.values));
    }
}
