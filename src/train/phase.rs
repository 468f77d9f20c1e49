//! Slow motion: one update taken apart, each phase with its numbers. Taken one after the other they are the update.

use serde::Serialize;

use super::clip::Clipped;
use super::engine::Rule;
use super::trainer::{Report, Trainer};
use crate::error::{Code, Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Forward,
    Loss,
    Backward,
    Clip,
    Update,
}

impl Phase {
    pub const NAMES: [&str; 5] = ["forward", "loss", "backward", "clip", "update"];
    const ALL: [Phase; 5] = [Phase::Forward, Phase::Loss, Phase::Backward, Phase::Clip, Phase::Update];

    pub fn from_name(name: &str) -> Result<Self> {
        let found = Self::NAMES.iter().position(|n| *n == name);
        found.map(|k| Self::ALL[k]).ok_or_else(|| Error::unknown("phase", name, Self::NAMES))
    }

    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    fn after(self) -> Phase {
        Self::ALL[(self as usize + 1) % 5]
    }
}

/// An update of which some phases are done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slow {
    /// Chunks that make the update.
    pub(super) count: usize,
    pub(super) share: f64,
    next: Phase,
    loss: f64,
    clipped: Option<Clipped>,
}

/// The numbers of a phase. What is not known yet, or is no part of it, is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseReport {
    pub phase: &'static str,
    /// The update that is under way, counted from 1.
    pub update: u64,
    /// Chunks of this update, those without an answer included; the last is the one to be seen.
    pub chunks: usize,
    /// Step of its sequence at which it begins, and how many steps it has.
    pub from: usize,
    pub steps: usize,
    pub batch: usize,
    /// Its state began at zero; else it was carried from the chunk before, without gradient.
    pub fresh: bool,
    pub loss: Option<f64>,
    /// Norm of all gradients, before clipping and after.
    pub norm: Option<f64>,
    pub clipped: Option<f64>,
    pub coefficient: Option<f64>,
    pub learning_rate: Option<f64>,
    /// Norm of all parameters before the step, and of their change by it.
    pub parameters: Option<f64>,
    pub change: Option<f64>,
    pub finite: bool,
}

impl<T: Rule> Trainer<T> {
    /// The phase that comes next.
    pub fn next_phase(&self) -> Phase {
        self.slow.as_ref().map_or(Phase::Forward, |slow| slow.next)
    }

    /// Takes the next phase of an update.
    ///
    /// # Errors
    /// `unsupported` for another phase than the next.
    pub fn phase(&mut self, phase: Phase) -> Result<PhaseReport> {
        let next = self.next_phase();
        if phase != next {
            let message = format!("phase “{}”; expected “{}”, which comes next", phase.name(), next.name());
            return Err(Error::new(Code::Unsupported, message));
        }
        let mut slow = match self.slow {
            Some(slow) => slow,
            None => {
                self.act_here("slow motion")?;
                let count = self.gather()?;
                let share = self.engine.share(&self.chunks[..count]);
                self.engine.begin();
                for k in 0..count - 1 {
                    self.engine.chunk(&self.chunks[k], share)?;
                }
                Slow { count, share, next, loss: 0.0, clipped: None }
            }
        };
        let chunk = &self.chunks[slow.count - 1];
        let mut report = PhaseReport { phase: phase.name(), finite: true, ..PhaseReport::default() };
        match phase {
            Phase::Forward => self.engine.forward(chunk)?,
            Phase::Loss => slow.loss = self.engine.loss(chunk, slow.share)?,
            Phase::Backward => {
                self.engine.backward()?;
                report.norm = Some(self.engine.norm());
            }
            Phase::Clip => slow.clipped = Some(self.engine.clip()),
            Phase::Update => {
                let order = self.order();
                let before: Vec<Vec<T>> = self.net().parameters().iter().map(|p| p.values.clone()).collect();
                self.engine.step(&order);
                self.counters.updates += 1;
                report.learning_rate = Some(order.learning_rate);
                let square = |sum: f64, x: f64| sum + x * x;
                report.parameters = Some(before.iter().flatten().map(|x| x.f64()).fold(0.0, square).sqrt());
                let now = self.net().parameters().iter().flat_map(|p| &p.values);
                let change = now.zip(before.iter().flatten()).map(|(a, b)| a.f64() - b.f64());
                report.change = Some(change.fold(0.0, square).sqrt());
            }
        }
        let chunk = &self.chunks[slow.count - 1];
        (report.chunks, report.from, report.fresh) = (slow.count, chunk.from, chunk.fresh);
        (report.steps, report.batch) = (chunk.batch.steps, chunk.batch.size);
        report.update = self.counters.updates + u64::from(phase != Phase::Update);
        report.loss = (phase != Phase::Forward).then_some(slow.loss);
        if let Some(found) = slow.clipped {
            (report.norm, report.clipped, report.coefficient) = (Some(found.norm), Some(found.clipped), Some(found.coefficient));
        }
        report.finite = report.loss.is_none_or(f64::is_finite) && report.norm.is_none_or(f64::is_finite);
        slow.next = phase.after();
        self.slow = (phase != Phase::Update).then_some(slow);
        Ok(report)
    }

    /// What is left of an update that was begun in slow motion.
    pub(super) fn finish_slowly(&mut self) -> Result<Report> {
        loop {
            let found = self.phase(self.next_phase())?;
            if self.slow.is_none() {
                return Ok(Report {
                    update: found.update,
                    examples: self.counters.drawn,
                    loss: found.loss.unwrap_or(f64::NAN),
                    norm: found.norm.unwrap_or(f64::NAN),
                    clipped: found.clipped.unwrap_or(f64::NAN),
                    learning_rate: found.learning_rate.unwrap_or(f64::NAN),
                    coefficient: found.coefficient.unwrap_or(f64::NAN),
                    finite: found.finite,
                });
            }
        }
    }
}
