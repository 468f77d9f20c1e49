//! A task of random numbers, the same that tests/golden/train.py draws.
#![allow(dead_code)]

use std::sync::OnceLock;

use serde::Deserialize;
use unrolled::error::Result;
use unrolled::math::rng::Rng;
use unrolled::task::{Answers, Baseline, Batch, Form, Inputs, Part, Score, Spec, Task, adding};

/// State of example 0's generator.
const DATA: u64 = 1000;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    pub steps: usize,
    pub inputs: usize,
    #[serde(default)]
    pub vocabulary: Option<usize>,
    #[serde(default)]
    pub outputs: Option<usize>,
    #[serde(default)]
    pub classes: Option<usize>,
    /// "every", "some" or "last"
    pub answers: String,
    #[serde(default)]
    pub lengths: bool,
    /// Chunks of the stream.
    #[serde(default)]
    pub stream: Option<usize>,
    /// The first index that was asked for: example 0.
    #[serde(skip)]
    pub first: OnceLock<u64>,
}

impl Given {
    fn example(&self, e: u64, b: usize, batch: &mut Batch) {
        let (mut rng, size) = (Rng::new(DATA + e), batch.size);
        if let Some(vocabulary) = self.vocabulary {
            (0..self.steps).for_each(|t| batch.tokens[t * size + b] = rng.int(vocabulary) as u32);
        } else {
            for k in 0..self.steps * self.inputs {
                batch.numbers[(k / self.inputs * size + b) * self.inputs + k % self.inputs] = (2.0 * rng.u() - 1.0) as f32;
            }
        }
        let length = if self.lengths { 1 + rng.int(self.steps) } else { self.steps };
        batch.lengths[b] = length;
        for k in 0..self.steps * self.outputs.unwrap_or(1) {
            let place = k / self.outputs.unwrap_or(1) * size + b;
            match (self.outputs, self.classes) {
                (Some(outputs), _) => batch.targets[place * outputs + k % outputs] = (2.0 * rng.u() - 1.0) as f32,
                (_, Some(classes)) => batch.classes[place] = rng.int(classes) as u32,
                _ => panic!("a task has outputs or classes"),
            }
        }
        for t in 0..self.steps {
            let some = rng.u() < 0.6;
            let inside = t < length;
            batch.counts[t * size + b] = match self.answers.as_str() {
                "every" => inside,
                "last" => t == length - 1,
                _ => some && inside,
            };
        }
        for t in length..self.steps {
            let width = batch.numbers.len() / (batch.steps * size);
            batch.numbers[(t * size + b) * width..(t * size + b + 1) * width].fill(0.0);
            if self.vocabulary.is_some() {
                batch.tokens[t * size + b] = 0;
            }
        }
    }
}

impl Task for Given {
    fn spec(&self) -> &'static Spec {
        &adding::SPEC
    }
    fn form(&self) -> Form {
        let inputs = self.vocabulary.map_or(Inputs::Numbers { width: self.inputs }, |vocabulary| Inputs::Tokens { vocabulary });
        let answers = self.outputs.map_or(Answers::Classes { count: self.classes.unwrap_or(0) }, |width| Answers::Numbers { width });
        Form { inputs, answers, steps: self.steps, last_only: self.answers == "last", streams: self.stream.is_some() }
    }
    fn examples(&self, _: Part) -> Option<usize> {
        None
    }
    fn fill(&self, _: Part, indices: &[u64], batch: &mut Batch) -> Result<()> {
        batch.reset(&self.form(), self.steps, indices.len());
        for (b, index) in indices.iter().enumerate() {
            let first = *self.first.get_or_init(|| indices[0]);
            self.example(index.wrapping_sub(first), b, batch);
        }
        Ok(())
    }
    fn stream(&self, _: Part, k: usize, steps: usize, size: usize, batch: &mut Batch) -> Result<bool> {
        assert_eq!(steps, self.steps);
        batch.reset(&self.form(), steps, size);
        (0..size).for_each(|b| self.example((k * size + b) as u64, b, batch));
        Ok(self.stream.is_some_and(|chunks| k < chunks))
    }
    fn score(&self, batch: &Batch, _: &[f32], _: bool) -> Score {
        Score { sum: 0.0, count: batch.counts.iter().filter(|c| **c).count() as f64 }
    }
    fn metric(&self, mean: f64) -> f64 {
        mean
    }
    fn baselines(&self, _: Part, _: &[u64]) -> Result<Vec<Baseline>> {
        Ok(vec![])
    }
}
