//! A network over one shape of batch: its buffers and the dispatches that run it, recorded once.

use super::device::{ALIGN, Buffer, Gpu, Slice};
use super::form::{Form, Track};
use super::kernels::columns::sum_columns;
use super::kernels::product::{Matrix, product};
use super::kernels::{embed, loss, norm, output, state};
use super::plan::{Plan, Recorder, Scratch};
use crate::error::{Code, Error, Result};
use crate::net::{Net, Readout};
use crate::task::{self, Answers};

/// Where each tensor stands in the flat buffers of parameters, gradients and moments: (from, numbers), and numbers in all.
pub struct Tensors {
    pub places: Vec<(usize, usize)>,
    pub len: usize,
}

impl Tensors {
    pub fn of(net: &Net<f32>) -> Self {
        let mut len: usize = 0;
        let places = net.parameters().iter().map(|p| {
            let from = len;
            len = (from + p.values.len()).next_multiple_of(ALIGN);
            (from, p.values.len())
        });
        let places = places.collect();
        Tensors { places, len }
    }

    pub fn slice(&self, buffer: &Buffer, k: usize) -> Slice {
        buffer.slice(self.places[k].0, self.places[k].1)
    }
}

/// What every shape of batch has in common.
pub struct Common {
    pub tensors: Tensors,
    pub parameters: Buffer,
    pub gradients: Buffer,
    pub live: Buffer,
    /// The loss so far of an update.
    pub total: Buffer,
}

/// Does the shape's batch hold numbers or tokens?
pub enum Inputs {
    Numbers(Buffer),
    /// u32: the tokens; their columns in order of the tokens, and where each token's begin.
    Tokens {
        tokens: Buffer,
        order: Buffer,
        starts: Buffer,
    },
}

pub struct Shape {
    pub steps: usize,
    pub batch: usize,
    pub inputs: Inputs,
    pub lengths: Buffer,
    pub counts: Buffer,
    /// f32 targets or u32 classes.
    pub asked: Buffer,
    /// Of each layer, and behind the last what the head reads of every step: width × T·B.
    pub sequences: Vec<Buffer>,
    pub d_sequences: Vec<Buffer>,
    pub prediction: Buffer,
    pub tracks: Vec<Track>,
    /// Final states, of each track: tape rows × batch. Shapes of one batch share them.
    pub kept: Vec<Buffer>,
    /// Are the initial states other than zero?
    pub carried: bool,
    /// Initial states from what was kept, or zero: as `live` says.
    pub begin: Plan,
    /// Forward; without dropout; loss and the way back; final states kept.
    pub forward: Plan,
    pub predict: Plan,
    pub backward: Plan,
    pub keep: Plan,
    /// When it was used last.
    pub used: u64,
}

/// What a shape is made for.
pub struct Made<'a> {
    pub gpu: &'a Gpu,
    pub net: &'a Net<f32>,
    pub task: &'a task::Form,
    pub form: &'static dyn Form,
    /// Share of the units dropped between layers.
    pub dropout: f64,
    pub common: &'a Common,
}

impl Shape {
    /// # Errors
    /// `out-of-range` where the adapter allows no buffers of that size.
    pub fn new(made: &Made, scratch: &mut Scratch, (steps, batch): (usize, usize), kept: Vec<Buffer>) -> Result<Self> {
        let (gpu, net, config) = (made.gpu, made.net, made.net.config());
        let columns = steps * batch;
        let outputs = config
            .head
            .as_ref()
            .map(|head| head.outputs)
            .ok_or_else(|| Error::new(Code::Unsupported, "the network has no head; expected one to learn with"))?;
        let widths = (0..config.layers).map(|layer| net.dims_of(layer).input).chain([config.output_width()]);
        let sequences = widths.clone().map(|width| gpu.buffer(width * columns)).collect::<Result<Vec<_>>>()?;
        let d_sequences = widths.map(|width| gpu.buffer(width * columns)).collect::<Result<Vec<_>>>()?;
        let inputs = match config.embedding {
            None => Inputs::Numbers(sequences[0].clone()),
            Some(_) => {
                let (order, starts) = embed::sorted(&vec![0; columns]);
                Inputs::Tokens { tokens: gpu.buffer(columns)?, order: gpu.buffer(order.len())?, starts: gpu.buffer(starts.len())? }
            }
        };
        let asked = match made.task.answers {
            Answers::Numbers { width } => columns * width,
            Answers::Classes { .. } => columns,
        };
        let read = if config.readout == Readout::Last { columns } else { batch };
        let lengths = gpu.buffer(batch)?;
        let mut tracks = vec![];
        for layer in 0..config.layers {
            for direction in 0..config.directions() {
                tracks.push(track(made, (layer, direction), (steps, batch), &lengths, (&sequences, &d_sequences))?);
            }
        }
        let nothing = Plan::default;
        let mut shape = Shape {
            steps,
            batch,
            inputs,
            lengths,
            counts: gpu.buffer(columns)?,
            asked: gpu.buffer(asked)?,
            sequences,
            d_sequences,
            prediction: gpu.buffer(read * outputs)?,
            tracks,
            kept,
            carried: false,
            begin: nothing(),
            forward: nothing(),
            predict: nothing(),
            backward: nothing(),
            keep: nothing(),
            used: 0,
        };
        let mut record = |what: &dyn Fn(&Shape, &mut Recorder) -> Result<()>| {
            let mut r = Recorder::new(gpu, scratch);
            what(&shape, &mut r)?;
            r.finish()
        };
        let live = made.common.live.all();
        let begin = record(&|shape, r| {
            let mut tracks = shape.tracks.iter().zip(&shape.kept);
            tracks.try_for_each(|(track, kept)| state::begin(r, &kept.slice(0, track.initial.len()), &live, &track.initial))
        })?;
        let keep = record(&|shape, r| {
            shape.tracks.iter().zip(&shape.kept).try_for_each(|(t, kept)| {
                let (rows, carried) = (t.layout.rows(), t.cell.spec().carried().map(|lane| t.layout.range(lane)).collect::<Vec<_>>());
                state::keep(r, &t.tape, &t.lengths, (rows, batch), &carried, t.reverse, &kept.slice(0, rows * batch))
            })
        })?;
        let forward = record(&|shape, r| shape.forward(made, made.dropout > 0.0, r))?;
        let predict = if made.dropout > 0.0 { Some(record(&|shape, r| shape.forward(made, false, r))?) } else { None };
        let backward = record(&|shape, r| shape.backward(made, r))?;
        (shape.begin, shape.keep, shape.forward, shape.predict, shape.backward) =
            (begin, keep, forward, predict.unwrap_or_default(), backward);
        Ok(shape)
    }

    fn forward(&self, made: &Made, dropout: bool, r: &mut Recorder) -> Result<()> {
        let (net, config, common) = (made.net, made.net.config(), made.common);
        let (columns, directions, width) = (self.steps * self.batch, config.directions(), config.output_width());
        if let Inputs::Tokens { tokens, .. } = &self.inputs {
            let table = common.tensors.slice(&common.parameters, 0);
            let sizes = (config.input, self.steps, self.batch);
            embed::embed(r, &table, &tokens.all(), &self.lengths.all(), sizes, &self.sequences[0].all())?;
        }
        for (k, track) in self.tracks.iter().enumerate() {
            let layer = k / directions;
            made.form.forward(track, r)?;
            let live = common.live.all();
            let mask = (dropout && layer + 1 < config.layers).then_some((&live, layer, made.dropout));
            let lane = (track.layout.rows(), track.layout.output().start, config.hidden);
            output::output(r, &track.tape, lane, (width, track.offset), columns, mask, &self.sequences[layer + 1].all())?;
        }
        let Some(at) = net.head_tensor() else { return Ok(()) };
        let (read, count) = self.head_input(made, r)?;
        let (weight, bias) = (common.tensors.slice(&common.parameters, at), common.tensors.slice(&common.parameters, at + 1));
        let outputs = bias.len();
        let to = self.prediction.all();
        let (left, right) = (Matrix::rows(&weight, width), Matrix::columns(&read, width));
        product(r, (outputs, count, width), left, right, Matrix::columns(&to, outputs), Some(&bias), false)
    }

    /// What the head reads, and its columns.
    fn head_input(&self, made: &Made, r: &mut Recorder) -> Result<(Slice, usize)> {
        let (config, output) = (made.net.config(), self.sequences[made.net.config().layers].all());
        if config.readout == Readout::Last {
            return Ok((output, self.steps * self.batch));
        }
        let read = r.scratch("final outputs", config.output_width() * self.batch)?;
        let sizes = (config.hidden, config.directions(), self.batch);
        output::final_outputs(r, &output, &self.lengths.all(), sizes, &read)?;
        Ok((read, self.batch))
    }

    fn backward(&self, made: &Made, r: &mut Recorder) -> Result<()> {
        let (net, config, common) = (made.net, made.net.config(), made.common);
        let (columns, directions, width) = (self.steps * self.batch, config.directions(), config.output_width());
        let Some(at) = net.head_tensor() else { return Ok(()) };
        let per_example = config.readout == Readout::FinalStates;
        let (y, live, total) = (self.prediction.all(), common.live.all(), common.total.all());
        let d = r.scratch("∂L/∂prediction", y.len())?;
        let (asked, counts) = (self.asked.all(), self.counts.all());
        loss::loss(r, made.task, per_example, (self.steps, self.batch), &y, &asked, &counts, &live, &d, &total)?;
        // (`final outputs` still holds what the forward pass left there.)
        let (read, count) = if per_example {
            (r.scratch("final outputs", width * self.batch)?, self.batch)
        } else {
            (self.sequences[config.layers].all(), columns)
        };
        let weight = common.tensors.slice(&common.parameters, at);
        let (d_weight, d_bias) = (common.tensors.slice(&common.gradients, at), common.tensors.slice(&common.gradients, at + 1));
        let outputs = d_bias.len();
        let left = || Matrix::columns(&d, outputs);
        let right = Matrix::columns(&read, width).transposed();
        product(r, (outputs, width, count), left(), right, Matrix::rows(&d_weight, width), None, true)?;
        sum_columns(r, &d, outputs, count, &d_bias)?;
        let d_output = self.d_sequences[config.layers].all();
        let back = Matrix::rows(&weight, width).transposed();
        if per_example {
            let d_read = r.scratch("∂L/∂final outputs", width * self.batch)?;
            product(r, (width, count, outputs), back, left(), Matrix::columns(&d_read, width), None, false)?;
            norm::zero(r, &d_output)?;
            let sizes = (config.hidden, directions, self.batch);
            output::final_outputs_back(r, &d_read, &self.lengths.all(), sizes, &d_output)?;
        } else {
            product(r, (width, count, outputs), back, left(), Matrix::columns(&d_output, width), None, false)?;
        }
        for layer in (0..config.layers).rev() {
            let d_input = self.d_sequences[layer].all();
            norm::zero(r, &d_input)?;
            for track in &self.tracks[layer * directions..(layer + 1) * directions] {
                made.form.backward(track, r)?;
            }
            if layer > 0 && made.dropout > 0.0 {
                output::mask_back(r, &d_input, d_input.len(), (&live, layer - 1, made.dropout))?;
            }
        }
        if let Inputs::Tokens { order, starts, .. } = &self.inputs {
            let table = common.tensors.slice(&common.gradients, 0);
            embed::embed_back(r, &self.d_sequences[0].all(), &order.all(), &starts.all(), (config.input, columns), &table)?;
        }
        Ok(())
    }
}

/// One layer and direction, its tapes allocated.
fn track(
    made: &Made,
    (layer, direction): (usize, usize),
    (steps, batch): (usize, usize),
    lengths: &Buffer,
    (sequences, d_sequences): (&[Buffer], &[Buffer]),
) -> Result<Track> {
    let (gpu, net, common) = (made.gpu, made.net, made.common);
    let (layout, tensors) = (net.layout(layer).clone(), net.tensors(layer, direction));
    let of = |buffer: &Buffer| tensors.clone().map(|k| common.tensors.slice(buffer, k)).collect();
    let (rows, columns) = (layout.rows(), steps * batch);
    Ok(Track {
        cell: net.cell(),
        options: net.config().options.clone(),
        dims: net.dims_of(layer),
        reverse: direction == 1,
        steps,
        batch,
        parameters: of(&common.parameters),
        gradients: of(&common.gradients),
        lengths: lengths.all(),
        input: sequences[layer].all(),
        d_input: d_sequences[layer].all(),
        initial: gpu.buffer(rows * batch)?.all(),
        tape: gpu.buffer(rows * columns)?.all(),
        d_tape: gpu.buffer(rows * columns)?.all(),
        d_output: d_sequences[layer + 1].all(),
        width: net.config().output_width(),
        offset: direction * net.config().hidden,
        layout,
    })
}
