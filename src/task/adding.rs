//! The adding problem: remember two marked numbers over a long sequence and give their sum.

use super::{Answers, Baseline, Batch, Form, Inputs, Kind, Part, Score, Spec, Task};
use crate::error::{Code, Error, Result};
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "adding",
    title: "Adding problem",
    kind: Kind::Regression,
    input: "T steps of two numbers: a value in [0, 1) and a marker that is 1 at two steps, one in each half",
    target: "the sum of the two marked values, after the last step",
    labels: &[],
    examples: &[],
    metric: "mean square error; below 0.01 counts as solved",
    baseline: "always 1: 1/6",
    sources: &[
        "M. Arjovsky, A. Shah, Y. Bengio: Unitary Evolution Recurrent Neural Networks. ICML 2016",
        "S. Hochreiter, J. Schmidhuber: Long Short-Term Memory. Neural Computation 9(8), 1997",
    ],
};

/// Sequences of `steps` steps from a seed.
#[derive(Clone, Copy, Debug)]
pub struct Adding {
    steps: usize,
    seed: u64,
}

impl Adding {
    /// # Errors
    /// `out-of-range` for fewer than 2 or more than 10,000 steps.
    pub fn new(steps: usize, seed: u64) -> Result<Self> {
        if !(2..=10_000).contains(&steps) {
            return Err(Error::new(Code::OutOfRange, format!("steps is {steps}; expected 2 to 10000")));
        }
        Ok(Adding { steps, seed })
    }
}

impl Task for Adding {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn form(&self) -> Form {
        let (inputs, answers) = (Inputs::Numbers { width: 2 }, Answers::Numbers { width: 1 });
        Form { inputs, answers, steps: self.steps, last_only: true, streams: false }
    }

    fn examples(&self, _part: Part) -> Option<usize> {
        None
    }

    fn fill(&self, part: Part, indices: &[u64], batch: &mut Batch) -> Result<()> {
        let (t, size) = (self.steps, indices.len());
        batch.reset(&self.form(), t, size);
        for (b, index) in indices.iter().enumerate() {
            let mut rng = Rng::sample(part.seed(self.seed), *index);
            for step in 0..t {
                batch.numbers[(step * size + b) * 2] = rng.u() as f32;
            }
            let (i, j) = (rng.int(t / 2), t / 2 + rng.int(t - t / 2));
            let mut sum = 0.0;
            for step in [i, j] {
                batch.numbers[(step * size + b) * 2 + 1] = 1.0;
                sum += batch.numbers[(step * size + b) * 2];
            }
            let last = (t - 1) * size + b;
            batch.targets[last] = sum;
            batch.counts[last] = true;
        }
        Ok(())
    }

    fn score(&self, batch: &Batch, predictions: &[f32], per_example: bool) -> Score {
        let mut score = Score::default();
        for (place, _) in batch.counts.iter().enumerate().filter(|(_, counts)| **counts) {
            let y = predictions[if per_example { place % batch.size } else { place }];
            let difference = f64::from(y) - f64::from(batch.targets[place]);
            score.sum += difference * difference;
            score.count += 1.0;
        }
        score
    }

    fn metric(&self, mean: f64) -> f64 {
        mean
    }

    fn baselines(&self, _part: Part) -> Vec<Baseline> {
        let (loss, metric) = (Some(1.0 / 6.0), Some(1.0 / 6.0));
        vec![Baseline { name: "always 1".into(), loss, metric, source: "exact: twice the variance of a uniform number".into() }]
    }
}
