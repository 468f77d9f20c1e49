//! How well the network does on examples that it does not learn from, in slices.

use serde::Serialize;

use super::loss::{batch_loss, weight};
use crate::cell::Precision;
use crate::error::Result;
use crate::net::{Input, Net, Readout, Run};
use crate::task::{Batch, Part, Score, Task};

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Validation {
    /// Share of the examples seen so far, 0 to 1.
    pub done: f64,
    /// Means over what was seen.
    pub loss: f64,
    pub metric: f64,
    pub examples: usize,
}

/// A validation under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    at: usize,
    loss: f64,
    weight: f64,
    score: Score,
    batch: Batch,
    indices: Vec<u64>,
}

impl Pass {
    /// Takes the next examples, at most `size` of `count` in all, spread evenly over a finite set.
    pub fn advance<T: Precision>(&mut self, net: &Net<T>, task: &dyn Task, part: Part, count: usize, size: usize) -> Result<Validation> {
        let of = task.examples(part);
        let count = of.map_or(count, |n| n.min(count));
        let to = (self.at + size).min(count);
        self.indices.clear();
        self.indices.extend((self.at..to).map(|k| of.map_or(k, |n| k * n / count) as u64));
        if !self.indices.is_empty() {
            task.fill(part, &self.indices, &mut self.batch)?;
            let (batch, form) = (&self.batch, task.form());
            let trace = net.run(run_of(batch))?;
            let y = trace.prediction().unwrap_or(&[]);
            let per_example = net.config().readout == Readout::FinalStates;
            self.loss += batch_loss(&form, batch, y, per_example, 1.0, &mut vec![])?;
            self.weight += weight(&form, batch) as f64;
            let y: Vec<f32> = y.iter().map(|y| y.f64() as f32).collect();
            let score = task.score(batch, &y, per_example);
            self.score.sum += score.sum;
            self.score.count += score.count;
        }
        self.at = to;
        let done = if count == 0 { 1.0 } else { to as f64 / count as f64 };
        let (loss, metric) = (self.loss / self.weight, task.metric(self.score.sum / self.score.count));
        Ok(Validation { done, loss, metric, examples: to })
    }
}

/// The run of a batch from a zero state, nothing dropped.
pub(super) fn run_of<T: Precision>(batch: &Batch) -> Run<T> {
    let input = if batch.tokens.is_empty() {
        Input::Values(batch.numbers.iter().map(|x| T::of(f64::from(*x))).collect())
    } else {
        Input::Tokens(batch.tokens.iter().map(|id| *id as usize).collect())
    };
    let mut run = Run::new(batch.steps, batch.size, input);
    run.lengths = Some(batch.lengths.clone());
    run
}
