//! Tasks whose examples are drawn from a seed, one rule each.
//!
//! Example i of a part needs no other example: training, validation and test have the seeds s, s + 1, s + 2, and sample i
//! its own generator (`Rng::sample`). The order of draws is part of a task's definition.

use super::options::Chosen;
use super::score::{accuracy, squares};
use super::{Answers, Baseline, Batch, Form, Inputs, Part, Score, Spec, Task};
use crate::error::Result;
use crate::math::rng::Rng;

/// How one task draws its examples.
pub(super) trait Rule: Send {
    fn form(&self) -> Form;

    /// The length of an example: the first thing that is drawn, where it is drawn. Constant for most.
    fn length(&self, _part: Part, _rng: &mut Rng) -> usize {
        self.form().steps
    }

    /// Draws the rest of an example, whose length is known.
    fn draw(&self, rng: &mut Rng, to: &mut Column<'_>);

    /// Whether an answer of step `t` of `steps`, of those that count for the loss, is scored too.
    fn scored(&self, _t: usize, _steps: usize) -> bool {
        true
    }

    /// What can be reached without learning; `examples` are those that are validated.
    fn baselines(&self, examples: &Batch) -> Vec<Baseline>;

    /// The metric is the root of the mean of what is scored.
    fn root(&self) -> bool {
        false
    }

    /// As `Task::one_direction`.
    fn one_direction(&self) -> bool {
        false
    }

    /// The word for a token.
    fn token(&self, _id: u32) -> Option<String> {
        None
    }

    /// The word for a class.
    fn class(&self, _id: u32) -> Option<String> {
        None
    }
}

/// One example of a batch, being written.
pub(super) struct Column<'a> {
    batch: &'a mut Batch,
    example: usize,
    /// Numbers that go in and that are asked at a step.
    widths: (usize, usize),
    pub steps: usize,
}

impl Column<'_> {
    fn place(&self, t: usize) -> usize {
        t * self.batch.size + self.example
    }

    pub fn put(&mut self, t: usize, token: usize) {
        let place = self.place(t);
        self.batch.tokens[place] = token as u32;
    }

    /// The token of step `t`.
    pub fn token(&self, t: usize) -> usize {
        self.batch.tokens[self.place(t)] as usize
    }

    /// Number `k` of step `t`.
    pub fn number(&mut self, t: usize, k: usize) -> &mut f32 {
        let place = self.place(t) * self.widths.0 + k;
        &mut self.batch.numbers[place]
    }

    /// Asks for a class at step `t`.
    pub fn ask(&mut self, t: usize, class: usize) {
        let place = self.place(t);
        self.batch.classes[place] = class as u32;
        self.batch.counts[place] = true;
    }

    /// Asks for a number at step `t`.
    pub fn ask_number(&mut self, t: usize, target: f64) {
        let place = self.place(t);
        self.batch.targets[place * self.widths.1] = target as f32;
        self.batch.counts[place] = true;
    }
}

/// The most numbers that [`choose`] gives.
pub(super) const MAX_CHOSEN: usize = 64;

/// As `Rng::choose`, with the same draws, without memory of its own: different numbers below `n` fill `out`, at most [`MAX_CHOSEN`].
pub(super) fn choose(rng: &mut Rng, n: usize, out: &mut [usize]) {
    // The places whose number is not their own any more, with the number last put there.
    let mut moved = [(0, 0); MAX_CHOSEN];
    for k in 0..out.len() {
        let j = k + rng.int(n - k);
        let at = |place: usize| moved[..k].iter().rev().find(|m| m.0 == place).map_or(place, |m| m.1);
        (out[k], moved[k]) = (at(j), (j, at(k)));
    }
}

/// The word for a symbol that is a number below `count`.
pub(super) fn digits(id: u32, count: usize) -> Option<String> {
    ((id as usize) < count).then(|| id.to_string())
}

struct Generated {
    spec: &'static Spec,
    seed: u64,
    rule: Box<dyn Rule>,
}

/// The task that a rule makes.
pub(super) fn generated(chosen: &Chosen<'_>, rule: Box<dyn Rule>) -> Box<dyn Task> {
    Box::new(Generated { spec: chosen.spec(), seed: chosen.seed(), rule })
}

impl Generated {
    fn rng(&self, part: Part, i: u64) -> Rng {
        Rng::sample(part.seed(self.seed), i)
    }
}

impl Task for Generated {
    fn spec(&self) -> &'static Spec {
        self.spec
    }

    fn form(&self) -> Form {
        self.rule.form()
    }

    fn examples(&self, _: Part) -> Option<usize> {
        None
    }

    fn fill(&self, part: Part, indices: &[u64], batch: &mut Batch) -> Result<()> {
        let form = self.rule.form();
        let longest = indices.iter().map(|i| self.rule.length(part, &mut self.rng(part, *i))).max().unwrap_or(0);
        batch.reset(&form, longest, indices.len());
        let inputs = if let Inputs::Numbers { width } = form.inputs { width } else { 0 };
        let answers = if let Answers::Numbers { width } = form.answers { width } else { 0 };
        for (example, i) in indices.iter().enumerate() {
            let mut rng = self.rng(part, *i);
            let steps = self.rule.length(part, &mut rng);
            batch.lengths[example] = steps;
            self.rule.draw(&mut rng, &mut Column { batch, example, widths: (inputs, answers), steps });
        }
        Ok(())
    }

    fn score(&self, batch: &Batch, predictions: &[f32], per_example: bool) -> Score {
        match self.rule.form().answers {
            Answers::Classes { .. } => accuracy(batch, predictions, per_example, |t, b| self.rule.scored(t, batch.lengths[b])),
            Answers::Numbers { .. } => squares(batch, predictions, per_example, 1.0),
        }
    }

    fn metric(&self, mean: f64) -> f64 {
        if self.rule.root() { mean.sqrt() } else { mean }
    }

    fn one_direction(&self) -> bool {
        self.rule.one_direction()
    }

    fn unit(&self) -> &str {
        if self.higher_is_better() { "%" } else { "" }
    }

    fn higher_is_better(&self) -> bool {
        matches!(self.rule.form().answers, Answers::Classes { .. })
    }

    fn baselines(&self, part: Part, indices: &[u64]) -> Result<Vec<Baseline>> {
        let mut batch = Batch::default();
        self.fill(part, indices, &mut batch)?;
        Ok(self.rule.baselines(&batch))
    }

    fn token(&self, id: u32) -> Option<String> {
        self.rule.token(id)
    }

    fn class(&self, id: u32) -> Option<String> {
        self.rule.class(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choosing_is_what_the_rng_does() {
        for seed in 0..200 {
            let (n, m) = (1 + seed as usize % 70, 64.min(1 + seed as usize % 70).min(1 + seed as usize % 17));
            let mut out = [0; MAX_CHOSEN];
            let (mut here, mut there) = (Rng::new(seed), Rng::new(seed));
            choose(&mut here, n, &mut out[..m]);
            assert_eq!(out[..m], there.choose(n, m), "{m} of {n}");
            assert_eq!(here.bits(), there.bits());
        }
    }
}
