//! Optimisers: one file each and one line in `optimizers()`. The arithmetic is PyTorch's, operation by operation.

mod adam;
mod adamw;
mod rmsprop;
mod sgd;

use std::collections::BTreeMap;

use serde::Serialize;

use super::settings::number;
use crate::error::{Code, Error, Result};
use crate::math::Scalar;

/// One number that can be chosen.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OptionSpec {
    pub name: &'static str,
    pub title: &'static str,
    pub default: f64,
    pub low: f64,
    pub high: f64,
    /// A whole number: a switch, where it goes from 0 to 1.
    pub whole: bool,
}

/// What an optimiser says about itself.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    pub name: &'static str,
    pub title: &'static str,
    /// One sentence of what it does.
    pub text: &'static str,
    pub learning_rate: f64,
    pub options: &'static [OptionSpec],
    /// What it remembers for each parameter.
    pub moments: &'static [&'static str],
    pub sources: &'static [&'static str],
}

/// Which update this is.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    pub learning_rate: f64,
    /// Counted from 1.
    pub update: u64,
    /// In the order of `Spec::options`.
    pub options: &'a [f64],
}

/// One rule in both precisions. It is a function: what it remembers (`Spec::moments`, zero at first) is handed in.
pub trait Optimizer: Send + Sync {
    fn spec(&self) -> &'static Spec;
    fn f32(&self, at: &At, parameters: &mut [f32], gradients: &[f32], moments: &mut [Vec<f32>]);
    #[cfg(feature = "double")]
    fn f64(&self, at: &At, parameters: &mut [f64], gradients: &[f64], moments: &mut [Vec<f64>]);
}

const WEIGHT_DECAY: OptionSpec =
    OptionSpec { name: "weightDecay", title: "weight decay, added to the gradient", default: 0.0, low: 0.0, high: 10.0, whole: false };

/// √x, correctly rounded: from f64 the root of an f32 rounds to the f32 root.
fn root<T: Scalar>(x: T) -> T {
    T::of(x.f64().sqrt())
}

/// The registry: one line per optimiser.
pub fn optimizers() -> &'static [&'static dyn Optimizer] {
    &[&sgd::Sgd, &rmsprop::RmsProp, &adam::Adam, &adamw::AdamW]
}

pub fn find(name: &str) -> Result<&'static dyn Optimizer> {
    let all = optimizers();
    all.iter().find(|o| o.spec().name == name).copied().ok_or_else(|| Error::unknown("optimizer", name, all.iter().map(|o| o.spec().name)))
}

/// All options by name, defaults where nothing was chosen.
pub(super) fn completed(spec: &Spec, given: &BTreeMap<String, f64>) -> Result<BTreeMap<String, f64>> {
    let known = || spec.options.iter().map(|o| o.name);
    if let Some(name) = given.keys().find(|name| !known().any(|k| k == name.as_str())) {
        if spec.options.is_empty() {
            return Err(Error::new(Code::UnknownName, format!("optimizer “{}” has no options; found “{name:.40}”", spec.name)));
        }
        return Err(Error::unknown(&format!("option of optimizer “{}”", spec.name), name, known()));
    }
    let mut full = BTreeMap::new();
    for option in spec.options {
        let value = given.get(option.name).copied().unwrap_or(option.default);
        number(&format!("options.{}", option.name), value, option.low, option.high)?;
        if option.whole && value.fract() != 0.0 {
            return Err(Error::new(Code::OutOfRange, format!("options.{} is {value}; expected a whole number", option.name)));
        }
        full.insert(option.name.to_string(), value);
    }
    Ok(full)
}
