//! How well the network does on examples that it does not learn from, in slices, and which parameters did best.

use serde::{Deserialize, Serialize};

use super::engine::run_of;
use super::loss::{batch_loss, weight};
use super::remote::Remote;
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

/// A validation under way.
pub(super) struct Pass<T: Precision> {
    space: Workspace<T>,
    /// Measured by this processor.
    here: bool,
    at: usize,
    update: u64,
    sums: Sums<T>,
    batch: Batch,
    indices: Vec<u64>,
    numbers: Vec<T>,
}

/// What was measured so far.
struct Sums<T> {
    loss: f64,
    weight: f64,
    score: Score,
    d: Vec<T>,
    predictions: Vec<f32>,
}

impl<T: Precision> Sums<T> {
    fn clear(&mut self) {
        (self.loss, self.weight, self.score) = (0.0, 0.0, Score::default());
    }

    /// Adds what a network says (`y`: T×B×outputs, or B×outputs where `per_example`) about a batch.
    fn add(&mut self, task: &dyn Task, batch: &Batch, y: &[T], per_example: bool) -> Result<()> {
        let form = task.form();
        self.loss += batch_loss(&form, batch, y, per_example, 1.0, &mut self.d)?;
        self.weight += weight(&form, batch) as f64;
        self.predictions.clear();
        self.predictions.extend(y.iter().map(|y| y.f64() as f32));
        let score = task.score(batch, &self.predictions, per_example);
        self.score.sum += score.sum;
        self.score.count += score.count;
        Ok(())
    }
}

impl<T: Precision> Pass<T> {
    pub fn new(net: &Net<T>) -> Self {
        let (space, batch, indices, numbers) = (Workspace::new(net.clone()), Batch::default(), vec![], vec![]);
        let sums = Sums { loss: 0.0, weight: 0.0, score: Score::default(), d: vec![], predictions: vec![] };
        Pass { space, here: true, at: 0, update: 0, sums, batch, indices, numbers }
    }

    /// What was measured so far counts no more: the next slice begins anew.
    pub fn forget(&mut self) {
        self.at = 0;
    }

    /// Takes the next `size` of the at most `count` examples of a part that are held out. The first slice copies the network, which
    /// has seen that many updates: it is measured as it was then, whatever is learned meanwhile.
    pub fn advance(&mut self, net: (&Net<T>, u64), task: &dyn Task, (part, count): (Part, usize), size: usize) -> Result<Validation> {
        if self.at == 0 || !self.here {
            self.here = true;
            self.begin(net.1, task, (part, count));
            for (to, from) in self.space.parameters_mut().iter_mut().zip(net.0.parameters()) {
                to.values.copy_from_slice(&from.values);
            }
        }
        let to = self.fill(task, part, size)?;
        if self.at < to {
            let per_example = self.space.net().config().readout == Readout::FinalStates;
            self.space.run(&run_of(&self.batch, &mut self.numbers))?;
            let y = self.space.trace().and_then(Trace::prediction).unwrap_or(&[]);
            self.sums.add(task, &self.batch, y, per_example)?;
        }
        Ok(self.told(task, to))
    }

    /// The same with another engine, which measures with the parameters that it has: after an update the next slice begins anew.
    pub async fn advance_remote(
        &mut self,
        (remote, update): (&mut (dyn Remote<T> + 'static), u64),
        task: &dyn Task,
        (part, count): (Part, usize),
        size: usize,
    ) -> Result<Validation> {
        if self.at == 0 || self.here || self.update != update {
            self.here = false;
            self.begin(update, task, (part, count));
        }
        let to = self.fill(task, part, size)?;
        if self.at < to {
            let per_example = self.space.net().config().readout == Readout::FinalStates;
            let y = remote.predict(&self.batch).await?;
            self.sums.add(task, &self.batch, &y, per_example)?;
        }
        Ok(self.told(task, to))
    }

    fn begin(&mut self, update: u64, task: &dyn Task, (part, count): (Part, usize)) {
        (self.at, self.update) = (0, update);
        self.sums.clear();
        self.indices = task.held_out(part, count);
    }

    /// Fills the next batch. Returns where it ends; it begins at `at`.
    fn fill(&mut self, task: &dyn Task, part: Part, size: usize) -> Result<usize> {
        let to = (self.at + size).min(self.indices.len());
        if self.at < to {
            task.fill(part, &self.indices[self.at..to], &mut self.batch)?;
        }
        Ok(to)
    }

    /// Everything before place `to` is measured.
    fn told(&mut self, task: &dyn Task, to: usize) -> Validation {
        let (count, sums) = (self.indices.len(), &self.sums);
        let done = if count == 0 { 1.0 } else { to as f64 / count as f64 };
        self.at = if to == count { 0 } else { to };
        let (loss, metric) = (sums.loss / sums.weight, task.metric(sums.score.sum / sums.score.count));
        Validation { done, loss, metric, examples: to, update: self.update, best: false, stop: false }
    }

    /// The network that `advance` measured.
    pub fn net(&self) -> &Net<T> {
        self.space.net()
    }
}
