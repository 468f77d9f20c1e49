//! How well the network does on examples that it does not learn from, in slices, and which parameters did best.

use serde::{Deserialize, Serialize};

use super::engine::run_of;
use super::loss::{batch_loss, weight};
use crate::cell::Precision;
use crate::error::Result;
use crate::net::{Net, Readout, Trace, Workspace};
use crate::task::{Batch, Part, Score, Task};

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Validation {
    /// Share of the examples seen so far, 0 to 1.
    pub done: f64,
    /// Means over what was seen.
    pub loss: f64,
    pub metric: f64,
    pub examples: usize,
    /// After how many updates the network was as it is here.
    pub update: u64,
    /// At the end: this is the smallest loss so far.
    pub best: bool,
    /// At the end: as many validations without improvement as `Settings::patience` allows.
    pub stop: bool,
}

/// The best validation so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    pub update: u64,
    pub loss: f64,
    pub metric: f64,
}

/// A validation under way: of the network as it was when it began, whatever is learned meanwhile.
pub(super) struct Pass<T: Precision> {
    space: Workspace<T>,
    at: usize,
    update: u64,
    loss: f64,
    weight: f64,
    score: Score,
    batch: Batch,
    indices: Vec<u64>,
    numbers: Vec<T>,
    d: Vec<T>,
    predictions: Vec<f32>,
}

impl<T: Precision> Pass<T> {
    pub fn new(net: &Net<T>) -> Self {
        let (space, score, batch) = (Workspace::new(net.clone()), Score::default(), Batch::default());
        let (indices, numbers, d, predictions) = (vec![], vec![], vec![], vec![]);
        Pass { space, at: 0, update: 0, loss: 0.0, weight: 0.0, score, batch, indices, numbers, d, predictions }
    }

    /// Takes the next `size` of the at most `count` examples of a part that are held out. The first slice copies the network, which
    /// has seen that many updates.
    pub fn advance(&mut self, net: (&Net<T>, u64), task: &dyn Task, (part, count): (Part, usize), size: usize) -> Result<Validation> {
        if self.at == 0 {
            (self.update, self.loss, self.weight, self.score) = (net.1, 0.0, 0.0, Score::default());
            for (to, from) in self.space.parameters_mut().iter_mut().zip(net.0.parameters()) {
                to.values.copy_from_slice(&from.values);
            }
            self.indices = task.held_out(part, count);
        }
        let count = self.indices.len();
        let to = (self.at + size).min(count);
        if self.at < to {
            task.fill(part, &self.indices[self.at..to], &mut self.batch)?;
            self.measure(task)?;
        }
        let done = if count == 0 { 1.0 } else { to as f64 / count as f64 };
        self.at = if to == count { 0 } else { to };
        let (loss, metric) = (self.loss / self.weight, task.metric(self.score.sum / self.score.count));
        Ok(Validation { done, loss, metric, examples: to, update: self.update, best: false, stop: false })
    }

    fn measure(&mut self, task: &dyn Task) -> Result<()> {
        let (batch, form) = (&self.batch, task.form());
        let per_example = self.space.net().config().readout == Readout::FinalStates;
        self.space.run(&run_of(batch, &mut self.numbers))?;
        let y = self.space.trace().and_then(Trace::prediction).unwrap_or(&[]);
        self.loss += batch_loss(&form, batch, y, per_example, 1.0, &mut self.d)?;
        self.weight += weight(&form, batch) as f64;
        self.predictions.clear();
        self.predictions.extend(y.iter().map(|y| y.f64() as f32));
        let score = task.score(batch, &self.predictions, per_example);
        self.score.sum += score.sum;
        self.score.count += score.count;
        Ok(())
    }

    /// The network that was measured.
    pub fn net(&self) -> &Net<T> {
        self.space.net()
    }
}
