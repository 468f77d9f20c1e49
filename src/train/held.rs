//! One example that is not learned from, read by the network as it is now.

use super::engine::{Rule, run_of};
use super::trainer::Trainer;
use crate::error::{Code, Error, Result};
use crate::net::{Readout, Workspace};
use crate::task::{Answers, Batch, Part, Task};

/// What went in, what was asked and what the network says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// Steps of this example.
    pub steps: usize,
    /// T×width, as the network reads it; empty where tokens go in.
    pub input: Vec<f32>,
    /// T words, where tokens go in.
    pub tokens: Vec<String>,
    /// T: where an answer counts.
    pub counts: Vec<bool>,
    /// T×width in natural units, or T class numbers; NaN where no answer counts.
    pub target: Vec<f32>,
    /// T×width in natural units, or T×classes probabilities; NaN where there is none.
    pub prediction: Vec<f32>,
    /// Words for the classes, where they have any.
    pub classes: Vec<String>,
}

impl<T: Rule> Trainer<T> {
    /// Example `k` of those that a validation reads, over and over again.
    pub fn held(&self, part: Part, k: usize) -> Result<Held> {
        self.here("a look at an example")?;
        let batch = self.held_batch(part, k)?;
        let (mut space, mut numbers) = (Workspace::new(self.net().clone()), vec![]);
        let trace = space.run(&run_of(&batch, &mut numbers))?;
        let per_example = self.net().config().readout == Readout::FinalStates;
        Ok(told(self.task(), per_example, &batch, 0, trace.prediction().unwrap_or(&[])))
    }

    /// That example alone.
    pub(super) fn held_batch(&self, part: Part, k: usize) -> Result<Batch> {
        let task = self.task();
        let chosen = task.held_out(part, self.settings.validation);
        let Some(index) = chosen.get(k % chosen.len().max(1)) else {
            return Err(Error::new(Code::OutOfRange, format!("the {} part has no examples", part.name())));
        };
        let mut batch = Batch::default();
        task.fill(part, &[*index], &mut batch)?;
        Ok(batch)
    }
}

/// Example `b` of a batch, and what `y` (T×B×outputs, or B×outputs where `per_example`) says about it.
pub(super) fn told<T: Rule>(task: &dyn Task, per_example: bool, batch: &Batch, b: usize, y: &[T]) -> Held {
    let (form, size) = (task.form(), batch.size);
    let steps = batch.lengths.get(b).copied().unwrap_or(batch.steps);
    let width = batch.numbers.len() / (batch.steps * size).max(1);
    let place = |t: usize| t * size + b;
    let mut held = Held { steps, counts: (0..steps).map(|t| batch.counts[place(t)]).collect(), ..Held::default() };
    held.input = (0..steps).flat_map(|t| &batch.numbers[place(t) * width..(place(t) + 1) * width]).copied().collect();
    if !batch.tokens.is_empty() {
        let word = |id: u32| task.token(id).unwrap_or_else(|| id.to_string());
        held.tokens = (0..steps).map(|t| word(batch.tokens[place(t)])).collect();
    }
    let outputs = match form.answers {
        Answers::Numbers { width } => width,
        Answers::Classes { count } => count,
    };
    for t in 0..steps {
        let counts = held.counts[t];
        let column = if per_example { counts.then_some(b) } else { Some(place(t)) };
        let y = column.and_then(|c| y.get(c * outputs..(c + 1) * outputs));
        match form.answers {
            Answers::Numbers { width } => {
                let target = &batch.targets[place(t) * width..(place(t) + 1) * width];
                held.target.extend(target.iter().map(|x| if counts { task.natural(*x) } else { f32::NAN }));
                held.prediction.extend((0..width).map(|k| y.map_or(f32::NAN, |y| task.natural(y[k].f64() as f32))));
            }
            Answers::Classes { count } => {
                held.target.push(if counts { batch.classes[place(t)] as f32 } else { f32::NAN });
                let largest = y.map_or(0.0, |y| y.iter().fold(f64::NEG_INFINITY, |m, y| m.max(y.f64())));
                let exp = |k: usize| y.map_or(f64::NAN, |y| libm::exp(y[k].f64() - largest));
                let total: f64 = (0..count).map(exp).sum();
                held.prediction.extend((0..count).map(|k| (exp(k) / total) as f32));
            }
        }
    }
    if let Answers::Classes { count } = form.answers {
        held.classes = (0..count as u32).map(|id| task.class(id).unwrap_or_else(|| id.to_string())).collect();
    }
    held
}
