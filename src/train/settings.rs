//! What may be chosen for a training, checked before anything is allocated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::clip::{Clip, ClipKind};
use super::optimizer;
use super::schedule::Schedule;
use crate::error::{Code, Error, Result};

/// How parameters begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// PyTorch's distribution.
    #[default]
    Pytorch,
    /// Biases for memories as long as the task (C. Tallec, Y. Ollivier: Can recurrent neural networks warp time? ICLR 2018).
    Chrono,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// A name of `optimizers()`.
    pub optimizer: String,
    /// The optimiser's options by name, completed with their defaults.
    pub options: BTreeMap<String, f64>,
    pub learning_rate: f64,
    pub schedule: Schedule,
    pub clip: Clip,
    /// Examples side by side.
    pub batch: usize,
    /// Batches whose gradients make one update.
    pub accumulate: usize,
    /// Truncated BPTT: steps of a chunk; the whole sequence where absent.
    pub truncate: Option<usize>,
    /// On a stream, the state is carried from batch to batch, without gradient; else it starts from zero.
    pub carry: bool,
    /// Share of the values between layers that is dropped.
    pub dropout: f64,
    pub start: Start,
    /// Bias of the memory gate, in the sense that more keeps more; as drawn where absent.
    pub forget_bias: Option<f64>,
    /// Early stopping: validations without improvement.
    pub patience: Option<usize>,
    /// Updates between validations.
    pub validate_every: usize,
    /// Examples validated, where there are that many.
    pub validation: usize,
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            optimizer: "adam".into(),
            options: BTreeMap::new(),
            learning_rate: 2e-3,
            schedule: Schedule::default(),
            clip: Clip::default(),
            batch: 32,
            accumulate: 1,
            truncate: None,
            carry: false,
            dropout: 0.0,
            start: Start::Pytorch,
            forget_bias: None,
            patience: None,
            validate_every: 100,
            validation: 512,
            seed: 1,
        }
    }
}

impl Settings {
    /// Completes the optimiser's options and refuses what cannot be.
    pub fn checked(mut self) -> Result<Self> {
        self.options = optimizer::completed(optimizer::find(&self.optimizer)?.spec(), &self.options)?;
        number("learningRate", self.learning_rate, 0.0, 1e3)?;
        number("schedule.floor", self.schedule.floor, 0.0, 1.0)?;
        within("schedule.warmUp", self.schedule.warm_up, 0, 1 << 40)?;
        within("schedule.updates", self.schedule.updates, 1, 1 << 40)?;
        if self.clip.kind != ClipKind::None && !(self.clip.limit > 0.0 && self.clip.limit < f64::INFINITY) {
            return Err(out_of_range("clip.limit", self.clip.limit, "a number above 0"));
        }
        within("batch", self.batch as u64, 1, 4096)?;
        within("accumulate", self.accumulate as u64, 1, 1024)?;
        within("validateEvery", self.validate_every as u64, 1, 1 << 40)?;
        within("validation", self.validation as u64, 1, 1_000_000)?;
        within("truncate", self.truncate.unwrap_or(1) as u64, 1, 1_000_000)?;
        within("patience", self.patience.unwrap_or(1) as u64, 1, 1_000_000)?;
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(out_of_range("dropout", self.dropout, "at least 0 and below 1"));
        }
        number("forgetBias", self.forget_bias.unwrap_or(0.0), -1e6, 1e6)?;
        if self.start == Start::Chrono && self.forget_bias.is_some() {
            let message = "start “chrono” and forgetBias both set the forget gate's bias; expected one of them";
            return Err(Error::new(Code::Unsupported, message));
        }
        Ok(self)
    }

    /// Every number that need not be whole, in a fixed order.
    pub(super) fn numbers(&mut self) -> Vec<&mut f64> {
        let mut all = vec![&mut self.learning_rate, &mut self.schedule.floor, &mut self.clip.limit, &mut self.dropout];
        all.extend(self.forget_bias.as_mut());
        all.extend(self.options.values_mut());
        all
    }
}

fn out_of_range(what: &str, value: f64, expected: &str) -> Error {
    Error::new(Code::OutOfRange, format!("{what} is {value}; expected {expected}"))
}

pub(super) fn number(what: &str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(out_of_range(what, value, &format!("a number from {low} to {high}")))
}

fn within(what: &str, value: u64, low: u64, high: u64) -> Result<()> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::new(Code::OutOfRange, format!("{what} is {value}; expected {low} to {high}")))
}
