//! The engine on a graphics processor: an update from batch to new parameters without anything coming back.

use std::collections::HashMap;
use std::rc::Rc;

use super::device::{Buffer, Gpu};
use super::form::{self, Form};
use super::kernels::{norm, optimizer, results};
use super::live::Live;
use super::plan::{Plan, Recorder, Scratch};
use super::shape::{Common, Inputs, Made, Shape, Tensors};
use crate::error::{Code, Error, Result};
use crate::net::{Initial, Net};
use crate::task::{Answers, Batch};
use crate::train::{At, Chunk, Clipped, Device, Later, Order, Outcome, Recipe, Remote, Seen, State, dropout_key, loss_weight};

/// Updates whose losses and norms wait to be fetched, at most.
pub const SLOTS: usize = 4096;
/// Shapes of batches whose plans and buffers are kept: of training and of validation, each with a remainder, and a single example.
const SHAPES: usize = 6;

pub struct Engine {
    gpu: Rc<Gpu>,
    net: Net<f32>,
    form: &'static dyn Form,
    recipe: Recipe,
    common: Common,
    moments: Vec<Buffer>,
    ring: Buffer,
    scratch: Scratch,
    shapes: Vec<Shape>,
    /// Gradients to zero; clip, step and record.
    begin: Plan,
    finish: Plan,
    /// Final states by batch, of each track: tape rows × batch.
    kept: HashMap<usize, Vec<Buffer>>,
    /// The batch for which those of the last chunk stand there; none where it was not asked yet, or there was no chunk.
    carried: Option<usize>,
    /// Steps and batch of the last chunk, whose tapes stand as it left them.
    last: Option<Last>,
    runs: u64,
    waiting: usize,
    clock: u64,
    dispatches: usize,
}

/// What is needed of the last chunk to look at it.
struct Last {
    steps: usize,
    batch: usize,
    lengths: Vec<usize>,
    tokens: Vec<u32>,
    went_back: bool,
}

impl Engine {
    /// # Errors
    /// `unsupported` for a cell without a GPU form, `out-of-range` for more memory than the adapter allows.
    pub fn new(gpu: Rc<Gpu>, net: &Net<f32>, recipe: Recipe) -> Result<Self> {
        let config = net.config();
        let fits = |layer: usize| form::find(&config.cell, &config.options, net.dims_of(layer));
        let form = fits(0).filter(|_| fits(config.layers - 1).is_some());
        let form = form.ok_or_else(|| {
            let title = net.cell().spec().title;
            Error::new(Code::Unsupported, format!("there is no GPU form of {title} with these options; expected one of the others"))
        })?;
        let tensors = Tensors::of(net);
        let (parameters, gradients) = (gpu.buffer(tensors.len)?, gpu.buffer(tensors.len)?);
        let moments = recipe.optimizer.spec().moments.iter().map(|_| gpu.buffer(tensors.len)).collect::<Result<Vec<_>>>()?;
        let (live, total, ring) = (gpu.buffer(Live::WORDS)?, gpu.buffer(1)?, gpu.buffer(4 * SLOTS)?);
        let mut scratch = Scratch::default();
        let mut r = Recorder::new(&gpu, &mut scratch);
        norm::zero(&mut r, &gradients.all())?;
        let begin = r.finish()?;
        let mut r = Recorder::new(&gpu, &mut scratch);
        let found = r.scratch("found", 3)?;
        norm::clip(&mut r, &gradients.all(), &tensors.places, recipe.clip, &found)?;
        let all: Vec<_> = moments.iter().map(Buffer::all).collect();
        let bound: Vec<_> = all.iter().collect();
        optimizer::step(&mut r, recipe.optimizer.spec().name, &live.all(), &parameters.all(), &gradients.all(), &bound)?;
        results::record(&mut r, &total.all(), &found, &live.all(), &ring.all(), SLOTS)?;
        let finish = r.finish()?;
        let common = Common { tensors, parameters, gradients, live, total };
        let (shapes, net) = (vec![], net.clone());
        let engine = Engine {
            gpu,
            net,
            form,
            recipe,
            common,
            moments,
            ring,
            scratch,
            shapes,
            begin,
            finish,
            kept: HashMap::new(),
            carried: None,
            last: None,
            runs: 0,
            waiting: 0,
            clock: 0,
            dispatches: 0,
        };
        for k in 0..engine.net.parameters().len() {
            engine.gpu.write(&engine.common.parameters, engine.common.tensors.places[k].0, &engine.net.parameters()[k].values);
        }
        engine.gpu.check()?;
        Ok(engine)
    }

    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Where the shape stands among the shapes, made if there is none yet.
    fn shape(&mut self, steps: usize, batch: usize) -> Result<usize> {
        self.clock += 1;
        if let Some(k) = self.shapes.iter().position(|shape| (shape.steps, shape.batch) == (steps, batch)) {
            self.shapes[k].used = self.clock;
            return Ok(k);
        }
        self.carry()?;
        if self.shapes.len() >= SHAPES {
            let oldest = (0..self.shapes.len()).min_by_key(|k| self.shapes[*k].used).unwrap_or(0);
            self.last.take_if(|last| (last.steps, last.batch) == (self.shapes[oldest].steps, self.shapes[oldest].batch));
            self.shapes.swap_remove(oldest);
        }
        let kept = self.states(batch)?;
        let made = Made {
            gpu: &self.gpu,
            net: &self.net,
            task: &self.recipe.form,
            form: self.form,
            dropout: self.recipe.dropout.0,
            common: &self.common,
        };
        let mut shape = Shape::new(&made, &mut self.scratch, (steps, batch), kept)?;
        shape.used = self.clock;
        self.shapes.push(shape);
        self.gpu.check()?;
        Ok(self.shapes.len() - 1)
    }

    /// Room for the final states of a batch.
    fn states(&mut self, batch: usize) -> Result<Vec<Buffer>> {
        if let Some(kept) = self.kept.get(&batch) {
            return Ok(kept.clone());
        }
        let (net, directions) = (&self.net, self.net.config().directions());
        let rows = (0..net.config().layers * directions).map(|k| net.layout(k / directions).rows());
        let made = rows.map(|rows| self.gpu.buffer(rows * batch)).collect::<Result<Vec<_>>>()?;
        self.kept.insert(batch, made.clone());
        Ok(made)
    }

    /// Keeps the final states of the last chunk, if they are not kept yet.
    fn carry(&mut self) -> Result<()> {
        let Some(last) = self.last.as_ref().filter(|_| self.carried.is_none()) else { return Ok(()) };
        if let Some(shape) = self.shapes.iter().find(|shape| (shape.steps, shape.batch) == (last.steps, last.batch)) {
            self.gpu.submit(&[&shape.keep]);
            self.carried = Some(last.batch);
        }
        Ok(())
    }

    /// What goes in: to the buffers of shape `k`.
    fn write(&self, k: usize, batch: &Batch) -> Result<()> {
        let (gpu, shape, columns) = (&self.gpu, &self.shapes[k], batch.steps * batch.size);
        match &shape.inputs {
            Inputs::Numbers(numbers) => {
                if batch.numbers.len() != numbers.len {
                    return Err(Error::length("input", batch.numbers.len(), numbers.len, "steps × batch × input"));
                }
                gpu.write(numbers, 0, &batch.numbers);
            }
            Inputs::Tokens { tokens, order, starts } => {
                let vocabulary = self.net.config().embedding.as_ref().map_or(0, |e| e.vocabulary);
                if let Some(id) = batch.tokens.iter().find(|id| **id as usize >= vocabulary) {
                    return Err(Error::new(Code::OutOfRange, format!("token {id}; expected below {vocabulary}")));
                }
                if batch.tokens.len() != columns {
                    return Err(Error::length("tokens", batch.tokens.len(), columns, "steps × batch"));
                }
                gpu.write(tokens, 0, &batch.tokens);
                let (sorted, places) = super::kernels::embed::sorted(&batch.tokens);
                gpu.write(order, 0, &sorted);
                gpu.write(starts, 0, &places);
            }
        }
        gpu.write(&shape.lengths, 0, &batch.lengths.iter().map(|n| *n as u32).collect::<Vec<_>>());
        Ok(())
    }

    /// What is asked.
    fn write_asked(&self, k: usize, batch: &Batch) -> Result<()> {
        let (gpu, shape) = (&self.gpu, &self.shapes[k]);
        gpu.write(&shape.counts, 0, &batch.counts.iter().map(|c| u32::from(*c)).collect::<Vec<_>>());
        match self.recipe.form.answers {
            Answers::Numbers { .. } => gpu.write(&shape.asked, 0, &batch.targets),
            Answers::Classes { count } => {
                if let Some(class) = batch.classes.iter().find(|class| **class as usize >= count) {
                    return Err(Error::new(Code::OutOfRange, format!("class {class}; expected below {count}")));
                }
                gpu.write(&shape.asked, 0, &batch.classes);
            }
        }
        Ok(())
    }

    fn chunk(&mut self, chunk: &Chunk, share: f64, order: &Order, (first, last): (bool, bool)) -> Result<()> {
        let batch = &chunk.batch;
        let (steps, size) = (batch.steps, batch.size);
        let k = self.shape(steps, size)?;
        let mut fresh = chunk.fresh;
        if !fresh {
            self.carry()?;
            match self.carried {
                Some(batch) if batch != size => {
                    return Err(Error::length("batch", size, batch, "that of the run whose states are carried"));
                }
                // Nothing was run yet: from zero.
                found => fresh = found.is_none(),
            }
        }
        let config = self.net.config();
        let mut live = Live { fresh, share: share as f32, slot: self.waiting as u32, ..Live::default() };
        if self.recipe.dropout.0 > 0.0 {
            for gap in 0..config.layers - 1 {
                live.keys[gap] = dropout_key(self.recipe.dropout.1, self.runs, gap);
            }
        }
        let at = At { learning_rate: order.learning_rate, update: order.update, options: &self.recipe.options };
        live.optimizer = optimizer::live(self.recipe.optimizer.spec().name, &at);
        self.write(k, batch)?;
        self.gpu.write(&self.common.live, 0, &live.words());
        let answered = batch.counts.contains(&true);
        if answered {
            self.write_asked(k, batch)?;
        }
        let shape = &self.shapes[k];
        let mut plans = vec![];
        if first {
            plans.push(&self.begin);
        }
        // Initial states are zero from the beginning.
        if !fresh || shape.carried {
            plans.push(&shape.begin);
        }
        plans.push(&shape.forward);
        if answered {
            plans.push(&shape.backward);
        }
        if last {
            plans.push(&self.finish);
        }
        self.gpu.submit(&plans);
        let count: usize = plans.iter().map(|plan| plan.dispatches()).sum();
        self.dispatches = count + if first { 0 } else { self.dispatches };
        self.shapes[k].carried = !fresh;
        let (lengths, tokens) = (batch.lengths.clone(), batch.tokens.clone());
        (self.last, self.carried) = (Some(Last { steps, batch: size, lengths, tokens, went_back: answered }), None);
        self.runs += 1;
        Ok(())
    }

    async fn fetch(&mut self) -> Result<Vec<Outcome>> {
        let count = std::mem::take(&mut self.waiting);
        let found = self.gpu.read(&[self.ring.slice(0, 4 * count)]).await?.remove(0);
        let number = |x: f32| f64::from(x);
        let outcome = |of: &[f32]| Outcome {
            loss: number(of[0]),
            clipped: Clipped { norm: number(of[1]), clipped: number(of[2]), coefficient: number(of[3]) },
        };
        Ok(found.chunks_exact(4).map(outcome).collect())
    }

    async fn fetch_state(&mut self) -> Result<State<f32>> {
        self.carry()?;
        let mut slices = vec![self.common.parameters.all()];
        slices.extend(self.moments.iter().map(Buffer::all));
        let kept = self.carried.and_then(|batch| self.kept.get(&batch));
        slices.extend(kept.into_iter().flatten().map(Buffer::all));
        let found = self.gpu.read(&slices).await?;
        let of = |flat: &[f32], (from, len): (usize, usize)| flat[from..from + len].to_vec();
        let places = &self.common.tensors.places;
        let (flat, kept) = found.split_at(1 + self.moments.len());
        Ok(State {
            parameters: places.iter().map(|place| of(&flat[0], *place)).collect(),
            moments: places.iter().map(|place| flat[1..].iter().map(|moment| of(moment, *place)).collect()).collect(),
            carried: if kept.is_empty() { vec![] } else { self.carried(kept) },
            runs: self.runs,
        })
    }

    /// The carried lanes of all tracks, from tape columns.
    fn carried(&self, kept: &[Vec<f32>]) -> Vec<Initial<f32>> {
        let (spec, directions) = (self.net.cell().spec(), self.net.config().directions());
        let lane = |lane: usize| {
            let columns = kept.iter().enumerate().flat_map(|(k, columns)| {
                let layout = self.net.layout(k / directions);
                columns.chunks_exact(layout.rows()).flat_map(move |column| &column[layout.range(lane)])
            });
            Initial { lane: spec.lanes[lane].name.into(), values: columns.copied().collect() }
        };
        spec.carried().map(lane).collect()
    }

    async fn fetch_prediction(&mut self, batch: &Batch) -> Result<Vec<f32>> {
        self.gpu.check()?;
        self.carry()?;
        let k = self.shape(batch.steps, batch.size)?;
        // (It overwrites the tapes of the last chunk, if that had this shape.)
        self.last.take_if(|last| (last.steps, last.batch) == (batch.steps, batch.size));
        self.write(k, batch)?;
        self.gpu.write(&self.common.live, 0, &Live { fresh: true, ..Live::default() }.words());
        let shape = &self.shapes[k];
        let run = if self.recipe.dropout.0 > 0.0 { &shape.predict } else { &shape.forward };
        if shape.carried {
            self.gpu.submit(&[&shape.begin, run])
        } else {
            self.gpu.submit(&[run])
        };
        self.shapes[k].carried = false;
        let y = self.shapes[k].prediction.all();
        Ok(self.gpu.read(&[y]).await?.remove(0))
    }

    async fn fetch_seen(&mut self) -> Result<Seen<f32>> {
        let nothing = || Error::new(Code::Unsupported, "nothing was run on the GPU yet; expected an update before");
        let last = self.last.as_ref().ok_or_else(nothing)?;
        let shape = self.shapes.iter().find(|shape| (shape.steps, shape.batch) == (last.steps, last.batch)).ok_or_else(nothing)?;
        super::seen::fetch(&self.gpu, &self.net, &self.common, shape, &last.lengths, &last.tokens, last.went_back).await
    }
}

impl Remote<f32> for Engine {
    fn update(&mut self, chunks: &[Chunk], order: &Order) -> Result<()> {
        self.gpu.check()?;
        if self.waiting == SLOTS {
            return Err(Error::new(Code::OutOfRange, format!("{SLOTS} updates wait to be fetched; expected no more")));
        }
        let weight: usize = chunks.iter().map(|c| loss_weight(&self.recipe.form, &c.batch)).sum();
        let share = 1.0 / weight.max(1) as f64;
        for (k, chunk) in chunks.iter().enumerate() {
            self.chunk(chunk, share, order, (k == 0, k + 1 == chunks.len()))?;
        }
        self.waiting += 1;
        Ok(())
    }

    fn outcomes(&mut self) -> Later<'_, Vec<Outcome>> {
        Box::pin(self.fetch())
    }

    fn state(&mut self) -> Later<'_, State<f32>> {
        Box::pin(self.fetch_state())
    }

    fn set_state(&mut self, state: &State<f32>) -> Result<()> {
        let places = &self.common.tensors.places;
        for (k, (from, _)) in places.iter().enumerate() {
            self.gpu.write(&self.common.parameters, *from, &state.parameters[k]);
            for (moment, values) in self.moments.iter().zip(&state.moments[k]) {
                self.gpu.write(moment, *from, values);
            }
        }
        (self.runs, self.last, self.carried) = (state.runs, None, None);
        self.restore(&state.carried)
    }

    fn seen(&mut self) -> Later<'_, Seen<f32>> {
        Box::pin(self.fetch_seen())
    }

    fn predict<'a>(&'a mut self, batch: &'a Batch) -> Later<'a, Vec<f32>> {
        Box::pin(self.fetch_prediction(batch))
    }

    fn device(&self) -> Device {
        let about = self.gpu.about();
        let (name, backend) = (about.name.clone(), about.backend.clone());
        Device { name, backend, software: about.software, bytes: self.gpu.used(), dispatches: self.dispatches }
    }
}

impl Engine {
    /// States to begin with where the next chunk is not fresh.
    fn restore(&mut self, carried: &[Initial<f32>]) -> Result<()> {
        let (net, spec, directions) = (&self.net, self.net.cell().spec(), self.net.config().directions());
        let Some(batch) = carried.iter().find_map(|state| {
            let lane = spec.lane(&state.lane)?;
            Some(state.values.len() / net.state_length(lane, 1).max(1))
        }) else {
            return Ok(());
        };
        let (kept, net) = (self.states(batch)?, &self.net);
        for (k, kept) in kept.iter().enumerate() {
            let layout = net.layout(k / directions);
            let mut columns = vec![0f32; layout.rows() * batch];
            for state in carried {
                let Some(lane) = spec.lane(&state.lane) else { continue };
                let start: usize = (0..k).map(|k| net.layout(k / directions).length(lane)).sum::<usize>() * batch;
                let (range, length) = (layout.range(lane), layout.length(lane));
                for (b, column) in columns.chunks_exact_mut(layout.rows()).enumerate() {
                    column[range.clone()].copy_from_slice(&state.values[start + b * length..][..length]);
                }
            }
            self.gpu.write(kept, 0, &columns);
        }
        self.carried = Some(batch);
        Ok(())
    }
}
