//! One example that is not learned from, read by the network as it is now.

use super::engine::Rule;
use super::trainer::Trainer;
use super::validation::run_of;
use crate::error::{Code, Error, Result};
use crate::net::Readout;
use crate::task::{Answers, Batch, Part};

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
        let (task, form) = (self.task(), self.task().form());
        let chosen = task.held_out(part, self.settings.validation);
        let Some(index) = chosen.get(k % chosen.len().max(1)) else {
            return Err(Error::new(Code::OutOfRange, format!("the {} part has no examples", part.name())));
        };
        let mut batch = Batch::default();
        task.fill(part, &[*index], &mut batch)?;
        let trace = self.net().run(run_of(&batch))?;
        let y = trace.prediction().unwrap_or(&[]);
        let steps = batch.lengths.first().copied().unwrap_or(batch.steps);
        let mut held = Held { steps, counts: batch.counts[..steps].to_vec(), ..Held::default() };
        let width = batch.numbers.len() / batch.steps.max(1);
        held.input = batch.numbers[..steps * width].to_vec();
        held.tokens = batch.tokens.iter().take(steps).map(|id| task.token(*id).unwrap_or_else(|| id.to_string())).collect();
        let per_example = self.net().config().readout == Readout::FinalStates;
        let outputs = match form.answers {
            Answers::Numbers { width } => width,
            Answers::Classes { count } => count,
        };
        for t in 0..steps {
            let counts = batch.counts[t];
            let column = if per_example { counts.then_some(0) } else { Some(t) };
            let y = column.and_then(|c| y.get(c * outputs..(c + 1) * outputs));
            match form.answers {
                Answers::Numbers { width } => {
                    let target = &batch.targets[t * width..(t + 1) * width];
                    held.target.extend(target.iter().map(|x| if counts { task.natural(*x) } else { f32::NAN }));
                    held.prediction.extend((0..width).map(|k| y.map_or(f32::NAN, |y| task.natural(y[k].f64() as f32))));
                }
                Answers::Classes { count } => {
                    held.target.push(if counts { batch.classes[t] as f32 } else { f32::NAN });
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
        Ok(held)
    }
}
