//! What a trainer asks of a task: examples, a batch at a time, and how answers are scored.

use super::{Part, Spec};
use crate::error::Result;

/// What goes in at every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// `width` numbers.
    Numbers { width: usize },
    /// One token id below `vocabulary`.
    Tokens { vocabulary: usize },
}

/// What is asked where an answer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// `width` numbers; the loss is the mean square error.
    Numbers { width: usize },
    /// One of `count` classes; the loss is the cross-entropy in nats.
    Classes { count: usize },
}

/// Shapes of a task's examples: all that a network has to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    pub inputs: Inputs,
    pub answers: Answers,
    /// Steps of the longest example.
    pub steps: usize,
    /// An answer is asked at the last step only. (Then a network in two directions reads its final states.)
    pub last_only: bool,
    /// Batch k + 1 may go on where batch k stopped (`Task::stream`), so that the state can be carried.
    pub streams: bool,
}

/// Examples side by side. Every array is T×B×…, last index fastest; `steps` and `size` say how many. Reused from call to call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub steps: usize,
    pub size: usize,
    /// T×B×width; empty where tokens go in.
    pub numbers: Vec<f32>,
    /// T×B; empty where numbers go in.
    pub tokens: Vec<u32>,
    /// Each example's own length, at most `steps`; what lies past it is zero.
    pub lengths: Vec<usize>,
    /// T×B×width targets; what does not count is zero. Empty where classes are asked.
    pub targets: Vec<f32>,
    /// T×B; what does not count is zero. Empty where numbers are asked.
    pub classes: Vec<u32>,
    /// T×B: where an answer counts.
    pub counts: Vec<bool>,
}

impl Batch {
    /// Empties the batch and gives it the shape of `size` examples of `steps` steps: all zero, nothing counts, full lengths.
    /// Keeps its memory.
    pub fn reset(&mut self, form: &Form, steps: usize, size: usize) {
        fn zeros<T: Copy + Default>(values: &mut Vec<T>, n: usize) {
            values.clear();
            values.resize(n, T::default());
        }
        let places = steps * size;
        (self.steps, self.size) = (steps, size);
        let (numbers, tokens) = match form.inputs {
            Inputs::Numbers { width } => (places * width, 0),
            Inputs::Tokens { .. } => (0, places),
        };
        let (targets, classes) = match form.answers {
            Answers::Numbers { width } => (places * width, 0),
            Answers::Classes { .. } => (0, places),
        };
        zeros(&mut self.numbers, numbers);
        zeros(&mut self.tokens, tokens);
        zeros(&mut self.targets, targets);
        zeros(&mut self.classes, classes);
        zeros(&mut self.counts, places);
        self.lengths.clear();
        self.lengths.resize(size, steps);
    }
}

/// A metric as it adds up over batches: `value = Task::metric(sum / count)`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    pub sum: f64,
    pub count: f64,
}

/// What a method that learns nothing, or little, reaches: a line in the plots.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Baseline {
    /// "persistence", "always 1", "guessing"
    pub name: String,
    /// In the unit of the loss (mean square error of what the network gives out, or nats); absent where only the metric is known.
    pub loss: Option<f64>,
    /// In the unit of the metric.
    pub metric: Option<f64>,
    /// "measured on these examples", "exact", "reported: Arjovsky et al. 2016"
    pub source: String,
}

impl Baseline {
    /// A loss and metric that arithmetic gives.
    pub(super) fn exact(name: impl Into<String>, loss: f64, metric: f64) -> Self {
        Self { name: name.into(), loss: Some(loss), metric: Some(metric), source: "exact".into() }
    }

    /// What a method reaches on the examples at hand.
    pub(super) fn measured(name: impl Into<String>, loss: Option<f64>, metric: f64) -> Self {
        Self { name: name.into(), loss, metric: Some(metric), source: "measured on these examples".into() }
    }
}

/// A task with its options chosen and its data at hand.
pub trait Task: Send {
    fn spec(&self) -> &'static Spec;

    fn form(&self) -> Form;

    /// How many different examples a part has; `None` for a generator, which never repeats itself.
    fn examples(&self, part: Part) -> Option<usize>;

    /// The examples that a validation of at most `count` reads: spread evenly over a finite set, the first ones of a generator.
    fn held_out(&self, part: Part, count: usize) -> Vec<u64> {
        match self.examples(part) {
            None => (0..count as u64).collect(),
            Some(n) => (0..count.min(n)).map(|k| (k * n / count.min(n)) as u64).collect(),
        }
    }

    /// Fills `batch` with the examples of these indices: below `examples` where there is such a number, any otherwise.
    /// The same index always gives the same example.
    ///
    /// # Errors
    /// `out-of-range` for an index that the part does not have.
    fn fill(&self, part: Part, indices: &[u64], batch: &mut Batch) -> Result<()>;

    /// Chunk k of `steps` steps of `size` streams read side by side, each going on where chunk k − 1 stopped, with an answer at
    /// every step. False where the data end before chunk k is full (the next one is chunk 0 with a fresh state).
    fn stream(&self, _part: Part, _k: usize, _steps: usize, _size: usize, _batch: &mut Batch) -> Result<bool> {
        Ok(false)
    }

    /// Scores predictions (T×B×outputs, or B×outputs where `per_example`) where an answer counts.
    fn score(&self, batch: &Batch, predictions: &[f32], per_example: bool) -> Score;

    /// From the mean of the scores to the metric: a square root for an RMSE, nothing for an accuracy. In the metric's unit.
    fn metric(&self, mean: f64) -> f64 {
        mean
    }

    /// "°C", "%", "nats"; empty for a plain number.
    fn unit(&self) -> &str {
        ""
    }

    /// Whether more is better (accuracy).
    fn higher_is_better(&self) -> bool {
        false
    }

    /// What can be reached without learning, or with little, measured on these very examples wherever that can be.
    ///
    /// # Errors
    /// As `fill`.
    fn baselines(&self, part: Part, indices: &[u64]) -> Result<Vec<Baseline>>;

    /// Answers of a step stand among the inputs of later ones (a forecast at every step), so that only a network in one direction
    /// may be asked: one in two directions would read them off.
    fn one_direction(&self) -> bool {
        false
    }

    /// A number that the network gives out or is to give out, in natural units (°C). The identity for most.
    fn natural(&self, value: f32) -> f32 {
        value
    }

    /// Words for token or class `id`, where it has any.
    fn token(&self, _id: u32) -> Option<String> {
        None
    }
    fn class(&self, _id: u32) -> Option<String> {
        None
    }
}
