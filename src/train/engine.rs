//! What computes an update. The trainer decides which examples, when and at what rate; the engine does the rest, all of it, so
//! that one which keeps everything on another device fits in.

use super::clip::{Clip, Clipped, clip, total_norm};
use super::dropout;
use super::loss::{batch_loss, weight};
use super::optimizer::{At, Optimizer};
use super::remote::{Seen, State};
use crate::cell::Precision;
use crate::error::{Code, Error, Result};
use crate::net::{Gradients, Initial, InitialRef, InputRef, Net, Readout, RunRef, Trace, Upstream, Workspace};
use crate::task::{Batch, Form};

/// A piece of a batch between two borders of truncated BPTT; all of it without truncation.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    pub batch: Batch,
    /// Begins with a zero state; else with the state that the chunk before left, without gradient.
    pub fresh: bool,
    /// Step of its sequence, or of its stream, at which it begins.
    pub from: usize,
}

/// How an update is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub learning_rate: f64,
    /// Counted from 1.
    pub update: u64,
}

/// What an update found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Mean over all answers of all chunks.
    pub loss: f64,
    pub clipped: Clipped,
}

/// An update: forward, loss and backward of every chunk in turn, gradients added up, clipped, one step of the optimiser. A chunk
/// in which no answer counts only carries the state on.
pub trait Engine<T: Precision> {
    fn update(&mut self, chunks: &[Chunk], order: &Order) -> Result<Outcome>;
    /// The network with the parameters of now.
    fn net(&self) -> &Net<T>;
}

/// The engine on this processor.
pub struct Cpu<T: Precision> {
    space: Workspace<T>,
    form: Form,
    optimizer: &'static dyn Optimizer,
    options: Vec<f64>,
    clip: Clip,
    dropout: (f64, u64),
    /// What the optimiser remembers, by tensor.
    pub(super) moments: Vec<Vec<Vec<T>>>,
    /// Summed over the chunks of an update; clipped at its end.
    gradients: Vec<Vec<T>>,
    upstream: Upstream<T>,
    /// What goes in, in this precision.
    numbers: Vec<T>,
    /// One per gap between layers; none without dropout.
    masks: Vec<Vec<T>>,
    /// The state that the first chunk of a training that goes on begins with (none named: zero).
    pub(super) restored: Option<Vec<Initial<T>>>,
    /// Chunks run so far: what dropout masks depend on.
    pub(super) runs: u64,
    /// Loss summed over the chunks of an update.
    loss: f64,
    seen: Look<T>,
}

/// Whose last update is seen from inside.
enum Look<T: Precision> {
    Own,
    /// Another engine's, which nobody has looked at.
    Nothing,
    Of(Box<Seen<T>>),
}

/// What an engine is made of, beside its network.
#[derive(Clone)]
pub struct Recipe {
    pub form: Form,
    pub optimizer: &'static dyn Optimizer,
    /// The optimiser's, in the order of its `Spec`.
    pub options: Vec<f64>,
    pub clip: Clip,
    /// Share that is dropped, and the masks' seed.
    pub dropout: (f64, u64),
}

impl<T: Rule> Cpu<T> {
    pub fn new(net: Net<T>, form: Form, optimizer: &'static dyn Optimizer, options: Vec<f64>, clip: Clip, dropout: (f64, u64)) -> Self {
        let zeros = || net.parameters().iter().map(|p| vec![T::zero(); p.values.len()]).collect::<Vec<_>>();
        let moments = net.parameters().iter().map(|p| vec![vec![T::zero(); p.values.len()]; optimizer.spec().moments.len()]).collect();
        let gradients = zeros();
        let space = Workspace::for_training(net);
        let upstream = Upstream::default();
        let (numbers, masks, restored, seen) = (vec![], vec![], None, Look::Own);
        let (runs, loss) = (0, 0.0);
        Cpu { space, form, optimizer, options, clip, dropout, moments, gradients, upstream, numbers, masks, restored, runs, loss, seen }
    }

    pub fn recipe(&self) -> Recipe {
        let (form, optimizer, options) = (self.form, self.optimizer, self.options.clone());
        Recipe { form, optimizer, options, clip: self.clip, dropout: self.dropout }
    }

    /// What the next update depends on beside its chunks; `goes_on`: the first of them begins with the last one's state.
    ///
    /// # Errors
    /// Never after `new`.
    pub fn state(&self, goes_on: bool) -> Result<State<T>> {
        let parameters = self.net().parameters().iter().map(|p| p.values.clone()).collect();
        let carried = if goes_on { self.carried()? } else { vec![] };
        Ok(State { parameters, moments: self.moments.clone(), carried, runs: self.runs })
    }

    /// Goes on from there.
    ///
    /// # Errors
    /// `shape` where it is another network's or optimiser's: then nothing is changed.
    pub fn set_state(&mut self, state: &State<T>) -> Result<()> {
        let lengths = |all: &[Vec<T>]| all.iter().map(Vec::len).collect::<Vec<_>>();
        let moments = |all: &[Vec<Vec<T>>]| all.iter().map(|m| lengths(m)).collect::<Vec<_>>();
        let own: Vec<usize> = self.net().parameters().iter().map(|p| p.values.len()).collect();
        if lengths(&state.parameters) != own || moments(&state.moments) != moments(&self.moments) {
            return Err(Error::new(Code::Shape, "a state of another network; expected as many numbers in each tensor as it has"));
        }
        for (p, values) in self.space.parameters_mut().iter_mut().zip(&state.parameters) {
            p.values.copy_from_slice(values);
        }
        self.moments.clone_from(&state.moments);
        (self.restored, self.runs) = (Some(state.carried.clone()), state.runs);
        Ok(())
    }

    /// Shows another engine's last update as if it were its own, until it does one itself; `None`: that there is nothing to show.
    pub fn show(&mut self, seen: Option<(Seen<T>, f64)>) {
        self.seen = match seen {
            Some((seen, loss)) => {
                self.loss = loss;
                Look::Of(Box::new(seen))
            }
            None => Look::Nothing,
        };
    }

    /// Forgets the sums of the update before.
    pub fn begin(&mut self) {
        self.gradients.iter_mut().flatten().for_each(|g| *g = T::zero());
        self.loss = 0.0;
        self.seen = Look::Own;
    }

    /// Runs the network over a chunk.
    pub fn forward(&mut self, chunk: &Chunk) -> Result<()> {
        let batch = &chunk.batch;
        let config = self.space.net().config();
        if self.dropout.0 > 0.0 {
            let size = batch.steps * batch.size * config.output_width();
            self.masks.resize(config.layers - 1, vec![]);
            for (gap, mask) in self.masks.iter_mut().enumerate() {
                mask.resize(size, T::zero());
                dropout::fill_mask(self.dropout.0, dropout::key(self.dropout.1, self.runs, gap), mask);
            }
        }
        let initial = match (chunk.fresh, &self.restored) {
            (true, _) => InitialRef::Given(&[]),
            (false, None) => InitialRef::Carried,
            (false, Some(restored)) => InitialRef::Given(restored),
        };
        let run = RunRef { initial, masks: &self.masks, ..run_of(batch, &mut self.numbers) };
        self.space.run(&run)?;
        self.restored = None;
        self.runs += 1;
        Ok(())
    }

    /// The state that the last chunk left.
    pub(super) fn carried(&self) -> Result<Vec<Initial<T>>> {
        match &self.restored {
            Some(restored) => Ok(restored.clone()),
            None if self.space.trace().is_some() => self.space.carried(),
            None => Ok(vec![]),
        }
    }

    /// The loss of the chunk that was run, as its share of the update's. Returns the sum so far.
    pub fn loss(&mut self, chunk: &Chunk, share: f64) -> Result<f64> {
        let per_example = self.space.net().config().readout == Readout::FinalStates;
        let y = self.space.trace().and_then(Trace::prediction).unwrap_or(&[]);
        let d = self.upstream.prediction.get_or_insert_with(Vec::new);
        self.loss += batch_loss(&self.form, &chunk.batch, y, per_example, share, d)?;
        Ok(self.loss)
    }

    /// The way back through the chunk; its gradients are added to the update's.
    pub fn backward(&mut self) -> Result<()> {
        let found = self.space.backward(&self.upstream)?;
        for (sum, found) in self.gradients.iter_mut().zip(&found.parameters) {
            for (sum, g) in sum.iter_mut().zip(&found.values) {
                *sum += *g;
            }
        }
        Ok(())
    }

    /// Everything about one chunk: a chunk without an answer only carries the state on.
    pub fn chunk(&mut self, chunk: &Chunk, share: f64) -> Result<()> {
        self.forward(chunk)?;
        if chunk.batch.counts.contains(&true) {
            self.loss(chunk, share)?;
            self.backward()?;
        }
        Ok(())
    }

    pub fn clip(&mut self) -> Clipped {
        clip(&mut self.gradients, self.clip)
    }

    /// Norm of the gradients summed so far.
    pub fn norm(&self) -> f64 {
        total_norm(&self.gradients)
    }

    /// One step of the optimiser.
    pub fn step(&mut self, order: &Order) {
        let at = At { learning_rate: order.learning_rate, update: order.update, options: &self.options };
        let all = self.space.parameters_mut().iter_mut().zip(&self.gradients).zip(&mut self.moments);
        for ((p, g), m) in all {
            T::step(self.optimizer, &at, &mut p.values, g, m);
        }
    }

    pub fn optimizer(&self) -> &'static dyn Optimizer {
        self.optimizer
    }

    /// Replaces a tensor's values, which have to be as many as it has.
    pub(super) fn set_parameter(&mut self, name: &str, values: &[T]) -> Result<()> {
        let found = self.space.parameters_mut().iter_mut().find(|p| p.name == name && p.values.len() == values.len());
        let p =
            found.ok_or_else(|| Error::new(Code::Shape, format!("{} values for “{name}”; expected as many as it has", values.len())))?;
        p.values.copy_from_slice(values);
        Ok(())
    }

    /// One over the number of values that the loss of these chunks is a mean of.
    pub fn share(&self, chunks: &[Chunk]) -> f64 {
        1.0 / chunks.iter().map(|c| weight(&self.form, &c.batch)).sum::<usize>().max(1) as f64
    }

    /// Of the last chunk: its run and its gradients.
    pub fn trace(&self) -> Option<&Trace<T>> {
        match &self.seen {
            Look::Own => self.space.trace(),
            Look::Nothing => None,
            Look::Of(seen) => Some(&seen.trace),
        }
    }
    /// Absent where the last chunk has not been gone back through.
    pub fn last_gradients(&self) -> Option<&Gradients<T>> {
        match &self.seen {
            Look::Own => self.space.gradients(),
            Look::Nothing => None,
            Look::Of(seen) => seen.gradients.as_ref(),
        }
    }

    /// Summed over the chunks so far.
    pub fn last_loss(&self) -> f64 {
        self.loss
    }

    /// Of the last update, in the order of the parameters, clipped if it was.
    pub fn gradients(&self) -> &[Vec<T>] {
        match &self.seen {
            Look::Own => &self.gradients,
            Look::Nothing => &[],
            Look::Of(seen) => &seen.sums,
        }
    }
}

impl<T: Rule> Engine<T> for Cpu<T> {
    fn update(&mut self, chunks: &[Chunk], order: &Order) -> Result<Outcome> {
        let share = self.share(chunks);
        self.begin();
        for chunk in chunks {
            self.chunk(chunk, share)?;
        }
        let clipped = self.clip();
        self.step(order);
        Ok(Outcome { loss: self.loss, clipped })
    }

    fn net(&self) -> &Net<T> {
        self.space.net()
    }
}

/// The run of a batch from a zero state, nothing dropped. `numbers` holds what goes in, in this precision.
pub(super) fn run_of<'a, T: Precision>(batch: &'a Batch, numbers: &'a mut Vec<T>) -> RunRef<'a, T> {
    numbers.clear();
    numbers.extend(batch.numbers.iter().map(|x| T::of(f64::from(*x))));
    let input = if batch.tokens.is_empty() { InputRef::Values(numbers) } else { InputRef::Ids(&batch.tokens) };
    RunRef { lengths: Some(&batch.lengths), ..RunRef::new(batch.steps, batch.size, input) }
}

/// An optimiser's rule in this precision.
pub trait Rule: Precision {
    fn step(optimizer: &dyn Optimizer, at: &At, parameters: &mut [Self], gradients: &[Self], moments: &mut [Vec<Self>]);
}
impl Rule for f32 {
    fn step(optimizer: &dyn Optimizer, at: &At, parameters: &mut [f32], gradients: &[f32], moments: &mut [Vec<f32>]) {
        optimizer.f32(at, parameters, gradients, moments);
    }
}
#[cfg(feature = "double")]
impl Rule for f64 {
    fn step(optimizer: &dyn Optimizer, at: &At, parameters: &mut [f64], gradients: &[f64], moments: &mut [Vec<f64>]) {
        optimizer.f64(at, parameters, gradients, moments);
    }
}
