//! The loop over time: embedding, layers, directions, head; everything it computes stays on the trace's tapes.
//!
//! A trace is filled in place: once it has seen a shape, another run of that shape allocates nothing.

use super::Net;
use super::config::Readout;
use super::run::{InitialRef, InputRef, Run, RunRef};
use super::trace::{Trace, Track};
use crate::cell::{Moment, Work};
use crate::error::{Error, Result};
use crate::math::Scalar;
use crate::math::kernel::{Strided, fill_columns, multiply_packed, pack, packed_len};
use crate::tape::Tape;
use std::ops::Range;

/// Memory that runs and their ways back use and that no one reads afterwards.
#[derive(Clone, Default)]
pub(crate) struct Scratch<T> {
    /// The ways back are for training: as `Workspace::for_training` says.
    pub training: bool,
    pub work: Work<T>,
    /// Of one layer and direction, and of one of the `stretches`: rows × columns each.
    pub projected: Vec<T>,
    pub recurrent: Vec<T>,
    pub before_output: Vec<T>,
    /// The state before a moment, where it does not stand on the tape: tape rows × batch.
    pub before: Vec<T>,
    /// What arrives at a moment where some examples are over: tape rows × batch.
    pub passing: Vec<T>,
    /// What the head reads, and its gradient, where that is not the output itself.
    pub head: Vec<T>,
}

/// Gives `values` this length, with whatever is left in it.
pub(crate) fn resize<T: Scalar>(values: &mut Vec<T>, length: usize) {
    values.resize(length, T::zero());
}

impl<T: Scalar> Net<T> {
    /// Runs the network. Shapes as in `Run`; errors leave nothing behind.
    pub fn run(&self, run: Run<T>) -> Result<Trace<T>> {
        let mut trace = Trace::empty(self.clone());
        trace.forward(&run.as_ref(), &mut Scratch::default())?;
        Ok(trace)
    }
}

impl<T: Scalar> Trace<T> {
    /// The trace of no run yet.
    pub(crate) fn empty(net: Net<T>) -> Self {
        let (layers, directions) = (net.config().layers, net.config().directions());
        let track = |k: usize| {
            let tape = Tape::empty(net.cell().spec(), net.layout(k / directions).clone());
            Track { tape, initial: vec![], packed: vec![], holds: vec![] }
        };
        Trace {
            steps: 0,
            batch: 0,
            lengths: vec![],
            tokens: net.config().embedding.is_some().then(Vec::new),
            packed: false,
            head: vec![],
            masks: vec![],
            inputs: vec![vec![]; layers],
            tracks: (0..layers * directions).map(track).collect(),
            output: vec![],
            prediction: net.config().head.is_some().then(Vec::new),
            net,
        }
    }

    /// Runs the network, over what was run before. An error leaves the trace as it was.
    pub(crate) fn forward(&mut self, run: &RunRef<T>, scratch: &mut Scratch<T>) -> Result<()> {
        self.net.check(run)?;
        if matches!(run.initial, InitialRef::Carried) && self.steps > 0 && run.batch != self.batch {
            return Err(Error::length("batch", run.batch, self.batch, "that of the run whose states are carried"));
        }
        let (layers, directions, width) = (self.net.config().layers, self.net.config().directions(), self.net.config().output_width());
        if !run.holds.is_empty() || self.tracks.iter().any(|track| !track.holds.is_empty()) {
            let of = |k: usize| self.net.holds(run.holds, k / directions, k % directions, run.steps, run.batch);
            let holds = (0..self.tracks.len()).map(of).collect::<Result<Vec<_>>>()?;
            self.tracks.iter_mut().zip(holds).for_each(|(track, holds)| track.holds = holds);
        }
        self.pack();
        for track in 0..self.tracks.len() {
            self.set_initial(track, run);
        }
        (self.steps, self.batch) = (run.steps, run.batch);
        self.lengths.clear();
        match run.lengths {
            Some(lengths) => self.lengths.extend_from_slice(lengths),
            None => self.lengths.resize(run.batch, run.steps),
        }
        self.masks.truncate(run.masks.len());
        self.masks.resize(run.masks.len(), vec![]);
        for (mask, given) in self.masks.iter_mut().zip(run.masks) {
            mask.clone_from(given);
        }
        self.read(&run.input);
        for layer in 0..layers {
            for direction in 0..directions {
                self.layer(layer, direction, scratch);
            }
            let output = self.inputs.get_mut(layer + 1).unwrap_or(&mut self.output);
            resize(output, width * run.steps * run.batch);
            for (direction, track) in self.tracks[layer * directions..(layer + 1) * directions].iter().enumerate() {
                copy_rows(&track.tape, direction * track.tape.layout.output().len(), width, output);
            }
            if let Some(mask) = self.masks.get(layer) {
                output.iter_mut().zip(mask).for_each(|(x, m)| *x = *x * *m);
                zero_padding(output, width, run.batch, &self.lengths);
            }
        }
        self.predict(scratch);
        Ok(())
    }

    /// Packs the parameters, once after each change of them.
    fn pack(&mut self) {
        if std::mem::replace(&mut self.packed, true) {
            return;
        }
        let (net, directions) = (&self.net, self.net.config().directions());
        for (k, track) in self.tracks.iter_mut().enumerate() {
            let (layer, direction) = (k / directions, k % directions);
            resize(&mut track.packed, net.cell().packed_len(net.dims_of(layer)));
            net.cell().pack(net.dims_of(layer), &net.tensor_values(layer, direction), &mut track.packed);
        }
        if let (Some(at), Some(head)) = (net.head_tensor(), &net.config().head) {
            let (weight, outputs, width) = (&net.parameters()[at].values, head.outputs, net.config().output_width());
            let forth = packed_len(outputs, width);
            resize(&mut self.head, forth + packed_len(width, outputs));
            let (to, back) = self.head.split_at_mut(forth);
            pack(outputs, width, Strided::transposed(weight, width), to);
            pack(width, outputs, Strided::columns(weight, width), back);
        }
    }

    /// The state before the first moment of a track: tape rows × batch, carried lanes filled.
    fn set_initial(&mut self, track: usize, run: &RunRef<T>) {
        let (directions, batch) = (self.net.config().directions(), run.batch);
        // Widths of a lane differ between layers where the cell's own do.
        let (net, tracks) = (&self.net, &mut self.tracks);
        let start = |lane: usize| (0..track).map(|k| net.layout(k / directions).length(lane)).sum::<usize>() * batch;
        let Track { tape, initial, .. } = &mut tracks[track];
        let (spec, rows) = (tape.spec, tape.rows());
        initial.clear();
        initial.resize(rows * batch, T::zero());
        let states = match run.initial {
            InitialRef::Given(states) => states,
            InitialRef::Carried if self.steps == 0 => return,
            InitialRef::Carried => {
                for (b, length) in self.lengths.iter().enumerate() {
                    let last = tape.column(if track.is_multiple_of(directions) { length - 1 } else { 0 }, b);
                    for lane in spec.carried().map(|lane| tape.layout.range(lane)) {
                        initial[b * rows..(b + 1) * rows][lane.clone()].copy_from_slice(&last[lane]);
                    }
                }
                return;
            }
        };
        for given in states {
            let Some(lane) = spec.lane(&given.lane) else { continue };
            let (range, start) = (tape.layout.range(lane), start(lane));
            for b in 0..batch {
                let from = start + b * range.len();
                initial[b * rows..(b + 1) * rows][range.clone()].copy_from_slice(&given.values[from..from + range.len()]);
            }
        }
    }

    /// The first layer's input: the numbers, or the embedding of the tokens.
    fn read(&mut self, input: &InputRef<T>) {
        let (width, x) = (self.net.config().input, &mut self.inputs[0]);
        x.clear();
        match input {
            InputRef::Values(values) => x.extend_from_slice(values),
            ids => {
                let kept = self.tokens.get_or_insert_default();
                kept.clear();
                for id in ids.tokens() {
                    kept.push(id);
                    x.extend_from_slice(&self.net.parameters()[0].values[id * width..(id + 1) * width]);
                }
            }
        }
        zero_padding(x, width, self.batch, &self.lengths);
    }

    /// One layer in one direction over the whole sequence.
    fn layer(&mut self, layer: usize, direction: usize, scratch: &mut Scratch<T>) {
        let (cell, steps, batch) = (self.net.cell(), self.steps, self.batch);
        let track = layer * self.net.config().directions() + direction;
        let nothing = Tape::empty(cell.spec(), self.net.layout(layer).clone());
        let mut tape = std::mem::replace(&mut self.tracks[track].tape, nothing);
        tape.reshape(steps, batch);
        let params = self.params(track);
        let (rows, wide) = (tape.rows(), cell.projected_rows(params.dims));
        let Scratch { projected, work, before, .. } = scratch;
        for stretch in stretches(steps, batch, direction != 0) {
            let columns = stretch.start * batch..stretch.end * batch;
            resize(projected, wide * columns.len());
            let input = &self.inputs[layer][columns.start * params.dims.input..columns.end * params.dims.input];
            cell.project(&params, columns.len(), input, projected, work);
            for t in moments(stretch.clone(), direction != 0) {
                let (cur, other) = around(tape.data.as_mut_slice(), rows * batch, t, direction);
                let before = self.before(track, direction, t, other, before);
                let holds = self.tracks[track].holds.get(t).and_then(Option::as_ref);
                let moment = Moment { batch, projected: &projected[(t - stretch.start) * batch * wide..][..batch * wide], before, holds };
                cell.step(&params, &moment, cur, work);
                for (column, length) in cur.chunks_exact_mut(rows).zip(&self.lengths) {
                    if t >= *length {
                        column.fill(T::zero());
                    }
                }
            }
        }
        self.tracks[track].tape = tape;
    }

    /// The state before moment t: tape rows × batch. `there` is the moment that the direction meets just before t, empty at its
    /// start. Columns of examples that have not begun (past their end, in reverse) or are over are anything.
    pub(crate) fn before<'a>(&'a self, track: usize, direction: usize, t: usize, there: &'a [T], memory: &'a mut Vec<T>) -> &'a [T] {
        let initial = &self.tracks[track].initial;
        if there.is_empty() {
            return initial;
        }
        // In reverse, a shorter example begins later than the others.
        if direction == 0 || self.lengths.iter().all(|length| t + 1 != *length) {
            return there;
        }
        memory.clear();
        memory.extend_from_slice(there);
        let rows = initial.len() / self.batch;
        for (b, column) in memory.chunks_exact_mut(rows).enumerate().filter(|(b, _)| t + 1 == self.lengths[*b]) {
            column.copy_from_slice(&initial[b * rows..(b + 1) * rows]);
        }
        memory
    }

    /// What the head reads: width × columns.
    pub(crate) fn head_input<'a>(&'a self, memory: &'a mut Vec<T>) -> &'a [T] {
        if self.net.config().readout == Readout::Last {
            return &self.output;
        }
        let (h, width) = (self.net.config().hidden, self.net.config().output_width());
        resize(memory, width * self.batch);
        for (to, from) in self.final_outputs() {
            memory[to..to + h].copy_from_slice(&self.output[from..from + h]);
        }
        memory
    }

    /// Where each direction's final output of each example stands: in width × batch, and in the output.
    pub(crate) fn final_outputs(&self) -> impl Iterator<Item = (usize, usize)> {
        let (h, width, directions) = (self.net.config().hidden, self.net.config().output_width(), self.net.config().directions());
        self.lengths.iter().enumerate().flat_map(move |(b, length)| {
            (0..directions).map(move |direction| {
                let t = if direction == 0 { length - 1 } else { 0 };
                (b * width + direction * h, (t * self.batch + b) * width + direction * h)
            })
        })
    }

    fn predict(&mut self, scratch: &mut Scratch<T>) {
        let (Some(at), Some(mut y)) = (self.net.head_tensor(), self.prediction.take()) else { return };
        let bias = &self.net.parameters()[at + 1].values;
        let (width, outputs) = (self.net.config().output_width(), bias.len());
        let x = self.head_input(&mut scratch.head);
        let columns = x.len() / width;
        resize(&mut y, outputs * columns);
        fill_columns(&mut y, outputs, Some(bias));
        let weight = &self.head[..packed_len(outputs, width)];
        multiply_packed(outputs, columns, width, weight, Strided::columns(x, width), &mut y, outputs, &mut scratch.work.product);
        self.prediction = Some(y);
    }
}

/// The sequence in pieces, in order or in reverse. What depends on no state is computed for a piece at once, which is enough for
/// its products to be fast and little enough to be still in the cache when it is used.
pub(crate) fn stretches(steps: usize, batch: usize, reverse: bool) -> impl Iterator<Item = Range<usize>> {
    const COLUMNS: usize = 128;
    let size = (COLUMNS / batch).max(1);
    moments(0..steps.div_ceil(size), reverse).map(move |k| k * size..steps.min((k + 1) * size))
}

pub(crate) fn moments(range: Range<usize>, reverse: bool) -> impl Iterator<Item = usize> {
    range.clone().map(move |k| if reverse { range.end - 1 - (k - range.start) } else { k })
}

/// One moment of a tape whose moments are `size` long, and the one that the direction meets just before it (empty at its start).
pub(crate) fn around<T>(tape: &mut [T], size: usize, t: usize, direction: usize) -> (&mut [T], &mut [T]) {
    if direction == 0 {
        let (there, rest) = tape.split_at_mut(t * size);
        let from = there.len().saturating_sub(size);
        (&mut rest[..size], &mut there[from..])
    } else {
        let (here, rest) = tape.split_at_mut((t + 1) * size);
        let to = size.min(rest.len());
        (&mut here[t * size..], &mut rest[..to])
    }
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
    let lane = tape.layout.output();
    if width == tape.rows() {
        return output.copy_from_slice(tape.data.as_slice());
    }
    for (y, column) in output.chunks_exact_mut(width).zip(tape.data.as_slice().chunks_exact(tape.rows())) {
        y[offset..offset + lane.len()].copy_from_slice(&column[lane.clone()]);
    }
}
