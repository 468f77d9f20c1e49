//! The trainer: a task, a network and an engine, one update after the other.

use serde::Serialize;

use super::checkpoint::Counters;
use super::engine::{Chunk, Cpu, Engine, Order, Outcome, Rule};
use super::examples::Examples;
use super::optimizer;
use super::phase::Slow;
use super::settings::{Settings, Start};
use super::trainer_remote::Away;
use super::validation::{Best, Pass, Validation};
use crate::error::{Code, Error, Result};
use crate::net::{self, Config, Embedding, Head, Net, Readout};
use crate::task::{Answers, Batch, Form, Inputs, Part, Task};

/// What an update did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Counted from 1.
    pub update: u64,
    /// Examples seen so far.
    pub examples: u64,
    pub loss: f64,
    /// Of all gradients, before clipping and after.
    pub norm: f64,
    pub clipped: f64,
    pub learning_rate: f64,
    /// What clipping by norm multiplied the gradients by.
    pub coefficient: f64,
    /// False once a loss or a norm was infinite or NaN; training goes on and shows it.
    pub finite: bool,
}

impl Report {
    pub(super) fn of(order: &Order, examples: u64, outcome: &Outcome) -> Self {
        let (loss, found) = (outcome.loss, outcome.clipped);
        let (update, learning_rate) = (order.update, order.learning_rate);
        let (norm, clipped, coefficient) = (found.norm, found.clipped, found.coefficient);
        Report { update, examples, loss, norm, clipped, learning_rate, coefficient, finite: loss.is_finite() && norm.is_finite() }
    }
}

pub struct Trainer<T: Rule> {
    pub(super) task: Box<dyn Task>,
    form: Form,
    pub(super) settings: Settings,
    pub(super) engine: Cpu<T>,
    pub(super) counters: Counters,
    /// The engine elsewhere, where there is one.
    pub(super) away: Away<T>,
    examples: Examples,
    /// The batch that is being cut into chunks, where BPTT is truncated.
    whole: Batch,
    pub(super) chunks: Vec<Chunk>,
    /// An update that is being looked at phase by phase.
    pub(super) slow: Option<Slow>,
    indices: Vec<u64>,
    pub(super) pass: Pass<T>,
    /// The best validation and the parameters that it measured.
    pub(super) best: Option<(Best, Vec<Vec<T>>)>,
}

/// Examples are drawn, parameters begin and masks fall by seeds of their own.
const ORDER_SEED: u64 = 0x6F72_6465_7200_0001;
const CHRONO_SEED: u64 = 0x6368_726F_6E6F_0001;
const MASK_SEED: u64 = 0x6D61_736B_7300_0001;
/// Chunks looked through for one with an answer.
const MOST_CHUNKS: usize = 20_000;
/// Width of an embedding where none is given.
const EMBEDDING: usize = 16;

impl<T: Rule> Trainer<T> {
    /// `config` says cell, hidden, layers, bidirectional, bias and options; what faces the task is made to fit it.
    pub fn new(task: Box<dyn Task>, config: Config, settings: Settings) -> Result<Self> {
        let settings = settings.checked()?;
        let form = task.form();
        let config = fitted(config, &form)?;
        if config.bidirectional && (settings.truncate.is_some() || settings.carry) {
            let message = "a network in two directions reads whole sequences; expected no truncation and no carried state";
            return Err(Error::new(Code::Unsupported, message));
        }
        if config.bidirectional && task.one_direction() {
            let message = format!("in task “{}” answers stand among later inputs; expected a network in one direction", task.spec().name);
            return Err(Error::new(Code::Unsupported, message));
        }
        let net = started(config, &settings, form.steps)?;
        let examples = Examples::new(settings.seed ^ ORDER_SEED, task.examples(Part::Train));
        let rule = optimizer::find(&settings.optimizer)?;
        let options = rule.spec().options.iter().map(|o| settings.options.get(o.name).copied().unwrap_or(o.default)).collect();
        let engine = Cpu::new(net, form, rule, options, settings.clip, (settings.dropout, settings.seed ^ MASK_SEED));
        let (whole, chunks, indices, pass) = (Batch::default(), vec![], vec![], Pass::new(engine.net()));
        let (counters, away) = (Counters::default(), Away::default());
        Ok(Trainer { task, form, settings, engine, counters, away, examples, whole, chunks, slow: None, indices, pass, best: None })
    }

    /// Does the next chunk begin with the state of the last one?
    pub(super) fn goes_on(&self) -> bool {
        self.counters.at > 0 || self.counters.stream > 0
    }

    /// Goes on at these counters.
    pub(super) fn resume(&mut self, counters: Counters) -> Result<()> {
        self.counters = counters;
        if counters.at == 0 {
            return Ok(());
        }
        // In the midst of a batch: the same one once more.
        let size = self.settings.batch as u64;
        let Some(drawn) = counters.drawn.checked_sub(size) else {
            return Err(Error::new(Code::Format, "the checkpoint is in the midst of a batch that was not drawn"));
        };
        self.counters.drawn = drawn;
        let mut whole = std::mem::take(&mut self.whole);
        let filled = self.draw(size as usize, &mut whole);
        self.whole = whole;
        filled?;
        if counters.at >= self.whole.steps {
            let message = format!("the checkpoint stands at step {}; expected below {}", counters.at, self.whole.steps);
            return Err(Error::new(Code::Format, message));
        }
        Ok(())
    }

    /// One update of the optimiser.
    pub fn update(&mut self) -> Result<Report> {
        if self.slow.is_some() {
            return self.finish_slowly();
        }
        self.act_here("an update")?;
        let count = self.gather()?;
        let order = self.order();
        let outcome = self.engine.update(&self.chunks[..count], &order)?;
        self.counters.updates += 1;
        Ok(Report::of(&order, self.counters.drawn, &outcome))
    }

    pub(super) fn order(&self) -> Order {
        Order {
            learning_rate: self.settings.learning_rate * self.settings.schedule.factor(self.counters.updates),
            update: self.counters.updates + 1,
        }
    }

    /// Fills the chunks of the next update: as many with answers as are accumulated, and those without that lie between.
    pub(super) fn gather(&mut self) -> Result<usize> {
        let (mut count, mut answered) = (0, 0);
        while answered < self.settings.accumulate {
            if count > self.settings.accumulate * MOST_CHUNKS {
                let message = format!("{count} chunks without enough answers; expected a task that asks for some");
                return Err(Error::new(Code::Unsupported, message));
            }
            if count == self.chunks.len() {
                self.chunks.push(Chunk::default());
            }
            let mut chunk = std::mem::take(&mut self.chunks[count]);
            let filled = self.next(&mut chunk);
            answered += usize::from(chunk.batch.counts.contains(&true));
            self.chunks[count] = chunk;
            filled?;
            count += 1;
        }
        Ok(count)
    }

    fn next(&mut self, chunk: &mut Chunk) -> Result<()> {
        let (size, truncate) = (self.settings.batch, self.settings.truncate);
        if self.form.streams && self.settings.carry {
            let steps = truncate.unwrap_or(self.form.steps);
            if !self.task.stream(Part::Train, self.counters.stream as usize, steps, size, &mut chunk.batch)? {
                self.counters.stream = 0;
                if !self.task.stream(Part::Train, 0, steps, size, &mut chunk.batch)? {
                    let message = format!("the data do not fill {size} streams of {steps} steps; expected a smaller batch or chunk");
                    return Err(Error::new(Code::OutOfRange, message));
                }
            }
            chunk.fresh = self.counters.stream == 0;
            chunk.from = self.counters.stream as usize * steps;
            self.counters.stream += 1;
            self.counters.drawn += size as u64;
            return Ok(());
        }
        let Some(steps) = truncate else {
            (chunk.fresh, chunk.from) = (true, 0);
            return self.draw(size, &mut chunk.batch);
        };
        if self.counters.at == 0 {
            let mut whole = std::mem::take(&mut self.whole);
            let drawn = self.draw(size, &mut whole);
            self.whole = whole;
            drawn?;
        }
        (chunk.fresh, chunk.from) = (self.counters.at == 0, self.counters.at);
        cut(&self.form, &self.whole, self.counters.at, steps, &mut chunk.batch);
        self.counters.at = if self.counters.at + steps < self.whole.steps { self.counters.at + steps } else { 0 };
        Ok(())
    }

    fn draw(&mut self, size: usize, batch: &mut Batch) -> Result<()> {
        self.examples.draw(self.counters.drawn, size, &mut self.indices);
        self.task.fill(Part::Train, &self.indices, batch)?;
        self.counters.drawn += size as u64;
        Ok(())
    }

    /// Takes the next slice of the validation part; the first after a finished one begins anew.
    pub fn validate_some(&mut self, size: usize) -> Result<Validation> {
        self.here("a validation")?;
        let (now, count) = ((self.engine.net(), self.counters.updates), self.settings.validation);
        let mut found = self.pass.advance(now, &*self.task, (Part::Valid, count), size.max(1))?;
        if found.done >= 1.0 {
            found.best = self.is_best(&found);
            let measured = found.best.then(|| self.pass.net().parameters().iter().map(|p| p.values.clone()).collect());
            self.conclude(&mut found, measured);
        }
        Ok(found)
    }

    /// (Written so that a NaN is never the best, and anything is better than one.)
    pub(super) fn is_best(&self, found: &Validation) -> bool {
        found.loss.is_finite() && self.best.as_ref().is_none_or(|(best, _)| found.loss < best.loss)
    }

    /// A validation is over; `measured` are the parameters, where it is the best.
    pub(super) fn conclude(&mut self, found: &mut Validation, measured: Option<Vec<Vec<T>>>) {
        self.counters.since = if found.best { 0 } else { self.counters.since + 1 };
        found.stop = self.settings.patience.is_some_and(|patience| self.counters.since >= patience);
        if let Some(parameters) = measured {
            self.best = Some((Best { update: found.update, loss: found.loss, metric: found.metric }, parameters));
        }
    }

    pub fn validate(&mut self) -> Result<Validation> {
        loop {
            let found = self.validate_some(64)?;
            if found.done >= 1.0 {
                return Ok(found);
            }
        }
    }

    /// The best validation so far.
    pub fn best(&self) -> Option<Best> {
        self.best.as_ref().map(|(best, _)| *best)
    }

    /// The network as it was at the best validation.
    pub fn best_net(&self) -> Option<Net<T>> {
        let (_, values) = self.best.as_ref()?;
        let mut net = self.net().clone();
        for (p, values) in net.parameters_mut().iter_mut().zip(values) {
            p.values.copy_from_slice(values);
        }
        Some(net)
    }

    /// The network with the parameters of now; of the last `keep`, while another engine trains.
    pub fn net(&self) -> &Net<T> {
        self.engine.net()
    }
    pub fn engine(&self) -> &Cpu<T> {
        &self.engine
    }
    pub fn task(&self) -> &dyn Task {
        &*self.task
    }
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    pub fn updates(&self) -> u64 {
        self.counters.updates
    }
}

/// The configuration made to fit a task: input or embedding, head, readout.
pub fn fitted(mut config: Config, form: &Form) -> Result<Config> {
    match form.inputs {
        Inputs::Numbers { width } => (config.input, config.embedding) = (width, None),
        Inputs::Tokens { vocabulary } => {
            let width = config.embedding.map_or(if config.input == 0 { EMBEDDING } else { config.input }, |e| e.width);
            (config.input, config.embedding) = (0, Some(Embedding { vocabulary, width }));
        }
    }
    let outputs = match form.answers {
        Answers::Numbers { width } => width,
        Answers::Classes { count } => count,
    };
    config.head = Some(Head { outputs });
    config.readout = if config.bidirectional && form.last_only { Readout::FinalStates } else { Readout::Last };
    config.checked()
}

fn started<T: Rule>(config: Config, settings: &Settings, steps: usize) -> Result<Net<T>> {
    let start = net::Start { spectral_radius: None, memory_bias: settings.forget_bias };
    let mut net = Net::random(config, settings.seed, start)?;
    if settings.start == Start::Chrono {
        net.set_chrono(steps, settings.seed ^ CHRONO_SEED)?;
    }
    Ok(net)
}

/// Steps `from` up to `from + steps` of a batch, or what there is of them. (An example that ended before has one step of zeros and
/// no answer.)
fn cut(form: &Form, whole: &Batch, from: usize, steps: usize, into: &mut Batch) {
    let steps = steps.min(whole.steps - from);
    into.reset(form, steps, whole.size);
    let places = from * whole.size..(from + steps) * whole.size;
    let piece = |width: usize| places.start * width..places.end * width;
    let width = |n: usize| n / (whole.steps * whole.size).max(1);
    into.numbers.copy_from_slice(&whole.numbers[piece(width(whole.numbers.len()))]);
    into.tokens.copy_from_slice(&whole.tokens[piece(width(whole.tokens.len()))]);
    into.targets.copy_from_slice(&whole.targets[piece(width(whole.targets.len()))]);
    into.classes.copy_from_slice(&whole.classes[piece(width(whole.classes.len()))]);
    into.counts.copy_from_slice(&whole.counts[places]);
    for (length, whole) in into.lengths.iter_mut().zip(&whole.lengths) {
        *length = whole.saturating_sub(from).clamp(1, steps);
    }
}
