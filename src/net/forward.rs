//! The loop over time: embedding, layers, directions, head; everything it computes stays on the trace's tapes.

use super::config::{LIMITS, Readout, within};
use super::{Net, Parameter};
use crate::cell::{HeldLane, Holds, Moment, Params};
use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::math::kernel::{Strided, fill_columns, multiply_add, transpose};
use crate::tape::Tape;

/// What the network reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<T> {
    /// T×B×I, last index fastest.
    Values(Vec<T>),
    /// T×B token ids, for a network with an embedding.
    Tokens(Vec<usize>),
}

/// Initial states of one carried lane: (L·D)×B×H, order l0, l0_reverse, l1, …
#[derive(Clone, Debug, PartialEq)]
pub struct Initial<T> {
    pub lane: String,
    pub values: Vec<T>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldUnits {
    All,
    One(usize),
}

/// An intervention: a lane held at a value for moments `from` up to, not including, `to`, in every example.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    pub layer: usize,
    pub direction: usize,
    pub lane: String,
    pub units: HoldUnits,
    pub value: f64,
    pub from: usize,
    pub to: usize,
}

/// One run's arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Run<T> {
    pub steps: usize,
    pub batch: usize,
    pub input: Input<T>,
    /// Each example's own length; it stops there, and the reverse direction starts there.
    pub lengths: Option<Vec<usize>>,
    pub initial: Vec<Initial<T>>,
    pub holds: Vec<Hold>,
    /// Dropout masks between layers, already scaled by 1/(1−p): one T×B×(D·H) array per gap, or none.
    pub masks: Vec<Vec<T>>,
}

impl<T> Run<T> {
    pub fn new(steps: usize, batch: usize, input: Input<T>) -> Self {
        Run { steps, batch, input, lengths: None, initial: vec![], holds: vec![], masks: vec![] }
    }
}

/// One layer and direction of a run.
#[derive(Clone, Debug)]
pub(crate) struct Track<T: Scalar> {
    pub tape: Tape<T>,
    /// The state before the first moment: tape rows × batch, carried lanes filled.
    pub initial: Vec<T>,
    /// Parameters as packed by the cell.
    pub packed: Vec<T>,
    /// Interventions by moment; empty where there are none.
    pub holds: Vec<Option<Holds<T>>>,
}

/// A run and everything it computed.
#[derive(Clone)]
pub struct Trace<T: Scalar> {
    pub net: Net<T>,
    pub steps: usize,
    pub batch: usize,
    pub lengths: Vec<usize>,
    pub tokens: Option<Vec<usize>>,
    pub(crate) masks: Vec<Vec<T>>,
    /// Input of each layer: width × (T·B).
    pub(crate) inputs: Vec<Vec<T>>,
    pub(crate) tracks: Vec<Track<T>>,
    pub(crate) output: Vec<T>,
    pub(crate) prediction: Option<Vec<T>>,
}

impl<T: Scalar> Net<T> {
    /// Runs the network. Shapes as in `Run`; errors leave nothing behind.
    pub fn run(&self, run: Run<T>) -> Result<Trace<T>> {
        self.check(&run)?;
        let config = self.config();
        let (steps, batch, columns) = (run.steps, run.batch, run.steps * run.batch);
        let lengths = run.lengths.unwrap_or_else(|| vec![steps; batch]);
        let (mut x, tokens) = self.embed(run.input, columns);
        zero_padding(&mut x, config.input, batch, &lengths);
        let (mut inputs, mut tracks) = (vec![], vec![]);
        for layer in 0..config.layers {
            let mut output = vec![T::zero(); config.output_width() * columns];
            for direction in 0..config.directions() {
                let initial = self.initial(&run.initial, layer, direction, batch);
                let holds = self.holds(&run.holds, layer, direction, steps, batch)?;
                let track = self.layer(layer, direction, &x, (steps, batch, &lengths), initial, holds);
                copy_rows(&track.tape, direction * config.hidden, config.output_width(), &mut output);
                tracks.push(track);
            }
            inputs.push(std::mem::replace(&mut x, output));
            if let Some(mask) = run.masks.get(layer) {
                for (x, m) in x.iter_mut().zip(mask) {
                    *x = *x * *m;
                }
                zero_padding(&mut x, config.output_width(), batch, &lengths);
            }
        }
        let mut trace =
            Trace { net: self.clone(), steps, batch, lengths, tokens, masks: run.masks, inputs, tracks, output: x, prediction: None };
        trace.prediction = trace.predict();
        Ok(trace)
    }

    fn check(&self, run: &Run<T>) -> Result<()> {
        let config = self.config();
        within("steps", run.steps, 1, 1_000_000)?;
        within("batch", run.batch, 1, 1_000_000)?;
        let rows: usize = (0..config.layers).map(|l| self.cell.rows(self.dims_of(l)) * config.directions()).sum();
        let columns = run.steps.saturating_mul(run.batch);
        if columns.saturating_mul(rows) > LIMITS.tape {
            return Err(Error::new(
                Code::OutOfRange,
                format!(
                    "{} steps × {} examples would record {rows} values a column; expected at most {} in all",
                    run.steps, run.batch, LIMITS.tape
                ),
            ));
        }
        match (&run.input, &config.embedding) {
            (Input::Values(_), Some(e)) => {
                return Err(Error::new(Code::Shape, format!("this network reads token ids below {}; found numbers", e.vocabulary)));
            }
            (Input::Tokens(_), None) => {
                return Err(Error::new(Code::Shape, "this network has no embedding; expected numbers, found token ids"));
            }
            (Input::Values(v), None) if v.len() != columns * config.input => {
                return Err(Error::length("input", v.len(), columns * config.input, "steps × batch × input"));
            }
            (Input::Tokens(ids), Some(e)) => {
                if ids.len() != columns {
                    return Err(Error::length("input", ids.len(), columns, "steps × batch"));
                }
                if let Some(id) = ids.iter().find(|id| **id >= e.vocabulary) {
                    return Err(Error::new(Code::OutOfRange, format!("token id {id}; expected ids below {}", e.vocabulary)));
                }
            }
            _ => {}
        }
        if let Some(lengths) = &run.lengths {
            if lengths.len() != run.batch {
                return Err(Error::length("lengths", lengths.len(), run.batch, "batch"));
            }
            for l in lengths {
                within("a sequence's length", *l, 1, run.steps)?;
            }
        }
        let states = config.layers * config.directions() * run.batch * config.hidden;
        let spec = self.cell.spec();
        for initial in &run.initial {
            let carried: Vec<&str> = spec.carried().map(|k| spec.lanes[k].name).collect();
            if !carried.contains(&initial.lane.as_str()) {
                return Err(Error::unknown("carried lane", &initial.lane, carried));
            }
            if initial.values.len() != states {
                let what = format!("initial.{}", initial.lane);
                return Err(Error::length(&what, initial.values.len(), states, "layers·directions × batch × hidden"));
            }
        }
        if !run.masks.is_empty() && run.masks.len() != config.layers - 1 {
            return Err(Error::length("mask", run.masks.len(), config.layers - 1, "layers − 1 (arrays)"));
        }
        for mask in &run.masks {
            if mask.len() != columns * config.output_width() {
                return Err(Error::length("a mask", mask.len(), columns * config.output_width(), "steps × batch × directions·hidden"));
            }
        }
        Ok(())
    }

    fn embed(&self, input: Input<T>, columns: usize) -> (Vec<T>, Option<Vec<usize>>) {
        match input {
            Input::Values(values) => (values, None),
            Input::Tokens(ids) => {
                let width = self.config().input;
                let mut x = Vec::with_capacity(columns * width);
                for id in &ids {
                    x.extend_from_slice(&self.parameters[0].values[id * width..(id + 1) * width]);
                }
                (x, Some(ids))
            }
        }
    }

    /// Tape rows × batch, with the carried lanes of this layer and direction filled.
    fn initial(&self, initial: &[Initial<T>], layer: usize, direction: usize, batch: usize) -> Vec<T> {
        let (h, spec) = (self.config().hidden, self.cell.spec());
        let rows = self.cell.rows(self.dims_of(layer));
        let mut state = vec![T::zero(); rows * batch];
        let track = layer * self.config().directions() + direction;
        for given in initial {
            let Some(lane) = spec.lane(&given.lane) else { continue };
            for b in 0..batch {
                let from = (track * batch + b) * h;
                state[b * rows + lane * h..b * rows + (lane + 1) * h].copy_from_slice(&given.values[from..from + h]);
            }
        }
        state
    }

    fn holds(&self, holds: &[Hold], layer: usize, direction: usize, steps: usize, batch: usize) -> Result<Vec<Option<Holds<T>>>> {
        let (h, spec) = (self.config().hidden, self.cell.spec());
        let mut by_moment: Vec<Option<Holds<T>>> = vec![];
        for hold in holds {
            let lane = spec.lane(&hold.lane).ok_or_else(|| Error::unknown("lane", &hold.lane, spec.lanes.iter().map(|l| l.name)))?;
            within("hold.layer", hold.layer, 0, self.config().layers - 1)?;
            within("hold.direction", hold.direction, 0, self.config().directions() - 1)?;
            if let HoldUnits::One(unit) = hold.units {
                within("hold.unit", unit, 0, h - 1)?;
            }
            if (hold.layer, hold.direction) != (layer, direction) || hold.from >= hold.to.min(steps) {
                continue;
            }
            by_moment.resize(steps, None);
            for moment in &mut by_moment[hold.from..hold.to.min(steps)] {
                let lanes = &mut moment.get_or_insert_with(|| Holds { lanes: vec![] }).lanes;
                let at = lanes.iter().position(|l| l.lane == lane).unwrap_or_else(|| {
                    lanes.push(HeldLane { lane, mask: vec![T::zero(); h * batch], value: vec![T::zero(); h * batch] });
                    lanes.len() - 1
                });
                for j in 0..h * batch {
                    if hold.units == HoldUnits::All || hold.units == HoldUnits::One(j % h) {
                        lanes[at].mask[j] = T::one();
                        lanes[at].value[j] = T::of(hold.value);
                    }
                }
            }
        }
        Ok(by_moment)
    }

    /// One layer in one direction over the whole sequence.
    fn layer(
        &self,
        layer: usize,
        direction: usize,
        x: &[T],
        (steps, batch, lengths): (usize, usize, &[usize]),
        initial: Vec<T>,
        holds: Vec<Option<Holds<T>>>,
    ) -> Track<T> {
        let dims = self.dims_of(layer);
        let tensors: Vec<&[T]> = self.parameters[self.tensors(layer, direction)].iter().map(|p| p.values.as_slice()).collect();
        let packed = self.cell.pack(dims, &tensors);
        let params = Params { dims, tensors: &tensors, packed: &packed };
        let (rows, wide) = (self.cell.rows(dims), self.cell.projected_rows(dims));
        let mut projected = vec![T::zero(); wide * steps * batch];
        self.cell.project(&params, steps * batch, x, &mut projected);
        let mut tape = Tape::zeros(self.cell.spec(), dims.hidden, steps, batch);
        let mut state = initial.clone();
        let mut work = vec![];
        for t in order(steps, direction) {
            let columns = t * batch..(t + 1) * batch;
            let moment = Moment {
                batch,
                projected: &projected[columns.start * wide..columns.end * wide],
                before: &state,
                holds: holds.get(t).and_then(Option::as_ref),
            };
            let cur = &mut tape.data.as_mut_slice()[columns.start * rows..columns.end * rows];
            self.cell.step(&params, &moment, cur, &mut work);
            for (b, length) in lengths.iter().enumerate() {
                let column = &mut cur[b * rows..(b + 1) * rows];
                if t < *length {
                    state[b * rows..(b + 1) * rows].copy_from_slice(column);
                } else {
                    column.fill(T::zero());
                }
            }
        }
        Track { tape, initial, packed, holds }
    }
}

/// Moments in the order in which a direction meets them.
pub(crate) fn order(steps: usize, direction: usize) -> Box<dyn DoubleEndedIterator<Item = usize>> {
    if direction == 0 { Box::new(0..steps) } else { Box::new((0..steps).rev()) }
}

/// Columns past a sequence's own length are zero, whatever stood there.
pub(crate) fn zero_padding<T: Scalar>(x: &mut [T], width: usize, batch: usize, lengths: &[usize]) {
    for (b, length) in lengths.iter().enumerate() {
        for column in x.chunks_exact_mut(width.max(1)).skip(b + length * batch).step_by(batch) {
            column.fill(T::zero());
        }
    }
}

fn copy_rows<T: Scalar>(tape: &Tape<T>, offset: usize, width: usize, output: &mut [T]) {
    let (h, lane) = (tape.hidden, tape.spec.output());
    for (y, column) in output.chunks_exact_mut(width).zip(tape.data.as_slice().chunks_exact(tape.rows())) {
        y[offset..offset + h].copy_from_slice(&column[lane * h..(lane + 1) * h]);
    }
}

impl<T: Scalar> Trace<T> {
    pub(crate) fn track_index(&self, layer: usize, direction: usize) -> Result<usize> {
        let config = self.net.config();
        within("layer", layer, 0, config.layers - 1)?;
        within("direction", direction, 0, config.directions() - 1)?;
        Ok(layer * config.directions() + direction)
    }

    pub fn tape(&self, layer: usize, direction: usize) -> Result<&Tape<T>> {
        Ok(&self.tracks[self.track_index(layer, direction)?].tape)
    }

    /// The last layer's output, T×B×(D·H).
    pub fn output(&self) -> &[T] {
        &self.output
    }

    /// With a head: T×B×outputs, or B×outputs where it reads the final states.
    pub fn prediction(&self) -> Option<&[T]> {
        self.prediction.as_deref()
    }

    /// Input of a layer: T×B×width.
    pub fn layer_input(&self, layer: usize) -> Result<&[T]> {
        within("layer", layer, 0, self.net.config().layers - 1)?;
        Ok(&self.inputs[layer])
    }

    /// The state before the first moment of example b: all lanes, carried ones filled.
    pub fn initial_column(&self, layer: usize, direction: usize, b: usize) -> Result<&[T]> {
        let track = &self.tracks[self.track_index(layer, direction)?];
        let rows = track.tape.rows();
        Ok(&track.initial[b * rows..(b + 1) * rows])
    }

    /// The moment that a direction meets just before t, for example b: `None` at its start.
    pub fn moment_before(&self, direction: usize, t: usize, b: usize) -> Option<usize> {
        if direction == 0 { t.checked_sub(1) } else { Some(t + 1).filter(|t| *t < self.lengths[b]) }
    }

    /// The moment that a direction meets just after t, for example b: `None` at its end.
    pub fn moment_after(&self, direction: usize, t: usize, b: usize) -> Option<usize> {
        if direction == 1 { t.checked_sub(1) } else { Some(t + 1).filter(|t| *t < self.lengths[b]) }
    }

    /// Tape column of the moment before t, or the initial state.
    pub fn column_before(&self, layer: usize, direction: usize, t: usize, b: usize) -> Result<&[T]> {
        match self.moment_before(direction, t, b) {
            Some(t) => Ok(self.tape(layer, direction)?.column(t, b)),
            None => self.initial_column(layer, direction, b),
        }
    }

    /// Final state of a carried lane: (L·D)×B×H. The reverse direction's belongs to t = 0.
    pub fn final_state(&self, lane: &str) -> Result<Vec<T>> {
        let mut all = vec![];
        let directions = self.net.config().directions();
        for (k, track) in self.tracks.iter().enumerate() {
            let lane = track.tape.lane_index(lane)?;
            for (b, length) in self.lengths.iter().enumerate() {
                let t = if k % directions == 0 { length - 1 } else { 0 };
                all.extend_from_slice(track.tape.lane(lane, t, b));
            }
        }
        Ok(all)
    }

    pub(crate) fn params<'a>(&'a self, track: usize, tensors: &'a [&'a [T]]) -> Params<'a, T> {
        let layer = track / self.net.config().directions();
        Params { dims: self.net.dims_of(layer), tensors, packed: &self.tracks[track].packed }
    }

    pub(crate) fn tensors(&self, track: usize) -> Vec<&[T]> {
        let directions = self.net.config().directions();
        let range = self.net.tensors(track / directions, track % directions);
        self.net.parameters()[range].iter().map(|p| p.values.as_slice()).collect()
    }

    /// What the head reads: width × columns.
    pub(crate) fn head_input(&self) -> Vec<T> {
        let config = self.net.config();
        if config.readout == Readout::Last {
            return self.output.clone();
        }
        let (h, width) = (config.hidden, config.output_width());
        let mut x = vec![T::zero(); width * self.batch];
        for (b, length) in self.lengths.iter().enumerate() {
            for direction in 0..config.directions() {
                let t = if direction == 0 { length - 1 } else { 0 };
                let at = (t * self.batch + b) * width + direction * h;
                x[b * width + direction * h..b * width + (direction + 1) * h].copy_from_slice(&self.output[at..at + h]);
            }
        }
        x
    }

    fn predict(&self) -> Option<Vec<T>> {
        let at = self.net.head_tensor()?;
        let [Parameter { values: weight, .. }, Parameter { values: bias, .. }] = &self.net.parameters()[at..] else { return None };
        let (width, outputs) = (self.net.config().output_width(), bias.len());
        let x = self.head_input();
        let columns = x.len() / width;
        let mut y = vec![T::zero(); outputs * columns];
        fill_columns(&mut y, outputs, &[bias]);
        multiply_add(outputs, columns, width, &transpose(weight, width), Strided::columns(&x, width), &mut y);
        Some(y)
    }
}
