//! `Trainer`: learn a task, one update after the other.

use js_sys::Float64Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::convert::{from_js, from_js_exactly, property, to_js};
use super::network::Network;
use super::tasks;
use crate::error::{Code, Error};
use crate::io::safetensors::Loaded;
use crate::net::Config;
use crate::task::{self, Answers, Baseline, Form, Inputs, Part, Task};
use crate::train::{self, Best, Clip, Report, Schedule, Settings};

/// A training under way. Owns wasm memory: `free()` it.
#[wasm_bindgen]
pub struct Trainer {
    pub(super) trainer: train::Trainer<f32>,
    /// The `task` of the configuration, as JSON: a checkpoint says by it what it was trained on.
    about: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FormSummary {
    inputs: &'static str,
    input_width: usize,
    answers: &'static str,
    outputs: usize,
    steps: usize,
    last_only: bool,
    streams: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TaskSummary<'a> {
    name: &'static str,
    title: &'static str,
    metric: &'static str,
    unit: &'a str,
    higher_is_better: bool,
    form: FormSummary,
    /// Examples of each part; absent for a generator.
    examples: [Option<usize>; 3],
}

#[derive(Serialize)]
struct Baselines {
    valid: Vec<Baseline>,
}

#[derive(Serialize)]
struct Piece {
    steps: usize,
    count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    task: TaskSummary<'a>,
    network: &'a Config,
    parameter_count: usize,
    settings: &'a Settings,
    /// Steps of a chunk and chunks of a sequence: truncated BPTT.
    chunk: Piece,
    updates: u64,
    best: Option<Best>,
    baselines: Baselines,
}

/// The task of `{ name, options }`.
pub(super) fn task_of(chosen: &JsValue, data: &JsValue) -> Result<Box<dyn Task>, JsValue> {
    known("task", chosen, &["name", "options"])?;
    let name = property(chosen, "name").and_then(|n| n.as_string());
    let name = name.ok_or_else(|| Error::new(Code::Format, "configuration: expected { task: { name } }"))?;
    let options = from_js("task's options", &property(chosen, "options").unwrap_or_default())?;
    Ok(task::make(&name, &options, &tasks::data(data)?)?)
}

/// Refuses properties of other names.
fn known(what: &str, value: &JsValue, names: &[&str]) -> Result<(), JsValue> {
    let Some(object) = value.dyn_ref::<js_sys::Object>() else {
        return Err(Error::new(Code::Format, format!("{what}: expected an object with {}", names.join(", "))).into());
    };
    match js_sys::Object::keys(object).iter().filter_map(|key| key.as_string()).find(|key| !names.contains(&key.as_str())) {
        Some(key) => Err(Error::unknown(&format!("property of the {what}"), &key, names).into()),
        None => Ok(()),
    }
}

/// The settings, every name in them known.
fn settings(value: Option<JsValue>) -> Result<Settings, JsValue> {
    let value = value.unwrap_or_default();
    for (name, check) in [("schedule", check::<Schedule> as fn(&str, &JsValue) -> Result<(), JsValue>), ("clip", check::<Clip>)] {
        if let Some(part) = property(&value, name) {
            check(name, &part)?;
        }
    }
    from_js_exactly("training settings", &value)
}

fn check<T: serde::de::DeserializeOwned>(what: &str, value: &JsValue) -> Result<(), JsValue> {
    from_js_exactly::<T>(what, value).map(|_| ())
}

fn form(form: &Form) -> FormSummary {
    let (inputs, input_width) = match form.inputs {
        Inputs::Numbers { width } => ("numbers", width),
        Inputs::Tokens { vocabulary } => ("tokens", vocabulary),
    };
    let (answers, outputs) = match form.answers {
        Answers::Numbers { width } => ("numbers", width),
        Answers::Classes { count } => ("classes", count),
    };
    FormSummary { inputs, input_width, answers, outputs, steps: form.steps, last_only: form.last_only, streams: form.streams }
}

/// The last report, and the history of all.
pub(super) fn told(reports: &[Report]) -> Result<JsValue, JsValue> {
    let row = |r: &Report| [r.loss, r.norm, r.clipped, r.learning_rate, r.coefficient];
    let history: Vec<f64> = reports.iter().flat_map(row).collect();
    let mut last = reports.last().copied().unwrap_or_default();
    last.finite = reports.iter().all(|r| r.finite);
    let report = to_js(&last)?;
    let _ = js_sys::Reflect::set(&report, &"history".into(), &Float64Array::from(history.as_slice()).into());
    Ok(report)
}

#[wasm_bindgen]
impl Trainer {
    /// A training that has not begun. `config` is `{ task: { name, options }, network: { cell, hidden, … }, training: { … } }`,
    /// `data` what the task reads: `{ weather, text, csv }`.
    pub fn create(config: &JsValue, data: &JsValue) -> Result<Trainer, JsValue> {
        known("configuration", config, &["task", "network", "training"])?;
        let chosen = property(config, "task").unwrap_or_default();
        let network = property(config, "network").unwrap_or_default();
        let network: Config = from_js_exactly("network", &network)?;
        let trainer = train::Trainer::new(task_of(&chosen, data)?, network, settings(property(config, "training"))?)?;
        let about = js_sys::JSON::stringify(&chosen).ok().and_then(|text| text.as_string()).unwrap_or_default();
        Ok(Trainer { trainer, about })
    }

    /// Goes on from a checkpoint of [`Trainer::save`], as if it had never stopped. `data` as in `create`.
    pub fn restore(bytes: &[u8], data: &JsValue) -> Result<Trainer, JsValue> {
        let about = train::about(bytes)?;
        let chosen = js_sys::JSON::parse(&about)
            .map_err(|_| Error::new(Code::Format, "the checkpoint does not say what it was trained on; expected { name, options }"))?;
        Ok(Trainer { trainer: train::Trainer::restore(task_of(&chosen, data)?, bytes)?, about })
    }

    /// `n` updates. The report of the last, and `history`: n×5 of loss, norm, clipped norm, learning rate, coefficient.
    pub fn update(&mut self, n: Option<usize>) -> Result<JsValue, JsValue> {
        let reports = (0..n.unwrap_or(1).max(1)).map(|_| self.trainer.update()).collect::<Result<Vec<_>, Error>>()?;
        told(&reports)
    }

    /// Validates for about that many milliseconds, or to the end: `{ done, loss, metric, examples }`. Call again until `done` is 1.
    pub fn validate(&mut self, milliseconds: Option<f64>) -> Result<JsValue, JsValue> {
        let until = milliseconds.map(|m| js_sys::Date::now() + m);
        loop {
            let found = self.trainer.validate_some(16)?;
            if found.done >= 1.0 || until.is_some_and(|until| js_sys::Date::now() >= until) {
                return to_js(&found);
            }
        }
    }

    /// What is trained on what, with every setting and the baselines.
    pub fn summary(&self) -> Result<JsValue, JsValue> {
        let task = self.trainer.task();
        let (spec, form_of) = (task.spec(), task.form());
        let steps = self.trainer.settings().truncate.unwrap_or(form_of.steps).min(form_of.steps);
        to_js(&Summary {
            task: TaskSummary {
                name: spec.name,
                title: spec.title,
                metric: spec.metric,
                unit: task.unit(),
                higher_is_better: task.higher_is_better(),
                form: form(&form_of),
                examples: Part::ALL.map(|part| task.examples(part)),
            },
            network: self.trainer.net().config(),
            parameter_count: self.trainer.net().parameter_count(),
            settings: self.trainer.settings(),
            chunk: Piece { steps, count: form_of.steps.div_ceil(steps.max(1)) },
            best: self.trainer.best(),
            updates: self.trainer.updates(),
            baselines: Baselines { valid: task.baselines(Part::Valid, &task.held_out(Part::Valid, self.trainer.settings().validation))? },
        })
    }

    /// A copy of the network with the parameters of now.
    pub fn network(&self) -> Network {
        Network { net: self.trainer.net().clone(), loaded: Loaded::default() }
    }

    /// The network as it was at the best validation; undefined before the first.
    #[wasm_bindgen(js_name = bestNetwork)]
    pub fn best_network(&self) -> Option<Network> {
        self.trainer.best_net().map(|net| Network { net, loaded: Loaded::default() })
    }

    /// A checkpoint: safetensors with the parameters under PyTorch's names, and everything that going on needs beside them.
    pub fn save(&self) -> Result<Vec<u8>, JsValue> {
        Ok(self.trainer.save(&self.about)?)
    }
}

/// What the `Settings` are where nothing is chosen.
#[wasm_bindgen(js_name = trainingDefaults)]
pub fn training_defaults() -> Result<JsValue, JsValue> {
    to_js(&Settings::default())
}
