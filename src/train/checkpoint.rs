//! A training as a file, from which it goes on as if it had never stopped: parameters under PyTorch's names, what the optimiser
//! remembers, the carried state, the best parameters so far, and a note with the settings and the counters.

use serde::{Deserialize, Serialize};

use super::engine::Rule;
use super::settings::Settings;
use super::trainer::Trainer;
use super::validation::Best;
use crate::error::{Code, Error, Result};
use crate::io::safetensors::{Named, Stored, note, read_tensors, write_tensors};
use crate::net::{Config, Initial};
use crate::task::Task;

const VERSION: u32 = 1;

/// Everything beside the tensors. Numbers that JSON would round stand in `exact` too, as their bits.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Note {
    version: u32,
    /// The caller's own: which task this is.
    about: String,
    settings: Settings,
    network: Config,
    counters: Counters,
    best: Option<BestNote>,
    exact: Vec<u64>,
}

/// Where a training stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counters {
    /// Updates made.
    pub updates: u64,
    /// Examples drawn.
    pub drawn: u64,
    /// Step at which the next chunk of the batch begins.
    pub at: usize,
    /// The next chunk of the stream.
    pub stream: u64,
    /// Chunks run.
    pub runs: u64,
    /// Validations since the best.
    pub since: usize,
}

/// (Loss and metric may be infinite, which JSON does not know.)
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BestNote {
    update: u64,
    loss: u64,
    metric: u64,
}

/// What the caller said of a file when it was saved.
pub fn about(bytes: &[u8]) -> Result<String> {
    Ok(parse(&note(bytes)?)?.about)
}

fn parse(note: &str) -> Result<Note> {
    let note: Note = serde_json::from_str(note).map_err(|e| {
        let message: String = e.to_string().chars().take(160).collect();
        Error::new(Code::Format, format!("the checkpoint's note: {message}"))
    })?;
    if note.version != VERSION {
        let message = format!("the checkpoint is of version {}; expected {VERSION}", note.version);
        return Err(Error::new(Code::Unsupported, message));
    }
    Ok(note)
}

/// A parameter's name in the file: that of `io::safetensors::write`, which PyTorch's `load_state_dict` takes.
fn file_name(config: &Config, name: &str) -> String {
    match name.strip_prefix("head.") {
        Some(leaf) => format!("fc.{leaf}"),
        None if name.starts_with("embedding.") => name.into(),
        None => format!("{}.{name}", config.cell),
    }
}

impl<T: Rule> Trainer<T> {
    /// `about` comes back from [`about`]. The same training gives the same bytes.
    pub fn save(&self, about: &str) -> Result<Vec<u8>> {
        if self.slow.is_some() {
            let message = "an update is half done; expected its last phase before a checkpoint";
            return Err(Error::new(Code::Unsupported, message));
        }
        self.here("a checkpoint")?;
        let config = self.net().config();
        let mut tensors = vec![];
        let kinds = self.engine.optimizer().spec().moments;
        for (k, p) in self.net().parameters().iter().enumerate() {
            let name = file_name(config, &p.name);
            for (kind, moment) in kinds.iter().zip(&self.engine.moments[k]) {
                tensors.push(Named { name: format!("optimizer.{name}.{kind}"), shape: p.shape.clone(), values: moment });
            }
            if let Some((_, best)) = &self.best {
                tensors.push(Named { name: format!("best.{name}.value"), shape: p.shape.clone(), values: &best[k] });
            }
            tensors.push(Named { name, shape: p.shape.clone(), values: &p.values });
        }
        let carried = if self.goes_on() { self.engine.carried()? } else { vec![] };
        for carried in &carried {
            tensors.push(Named { name: format!("state.{}", carried.lane), shape: vec![carried.values.len()], values: &carried.values });
        }
        let mut settings = self.settings.clone();
        let exact = settings.numbers().into_iter().map(|x| x.to_bits()).collect();
        let best = self.best.as_ref().map(|(b, _)| BestNote { update: b.update, loss: b.loss.to_bits(), metric: b.metric.to_bits() });
        let counters = Counters { runs: self.engine.runs, ..self.counters };
        let note = Note { version: VERSION, about: about.into(), settings, network: config.clone(), counters, best, exact };
        let note = serde_json::to_string(&note).map_err(|e| Error::new(Code::Format, format!("the note could not be written: {e}")))?;
        write_tensors(&tensors, &note)
    }

    /// Goes on from a file of [`Trainer::save`] with the task that it was saved with.
    ///
    /// # Errors
    /// `format` for damaged bytes, `shape` where task and file do not fit.
    pub fn restore(task: Box<dyn Task>, bytes: &[u8]) -> Result<Self> {
        let (mut stored, note) = read_tensors::<T>(bytes)?;
        let note = parse(&note)?;
        let mut settings = note.settings;
        for (x, bits) in settings.numbers().into_iter().zip(&note.exact) {
            *x = f64::from_bits(*bits);
        }
        let mut trainer = Trainer::<T>::new(task, note.network.clone(), settings)?;
        if *trainer.net().config() != note.network {
            return Err(Error::new(Code::Shape, "the checkpoint's network does not fit this task; expected the task it was trained on"));
        }
        let kinds = trainer.engine.optimizer().spec().moments;
        let mut best = note.best.as_ref().map(|b| {
            let (loss, metric) = (f64::from_bits(b.loss), f64::from_bits(b.metric));
            (Best { update: b.update, loss, metric }, vec![])
        });
        for k in 0..trainer.net().parameters().len() {
            let p = &trainer.net().parameters()[k];
            let (own, name) = (p.name.clone(), file_name(&note.network, &p.name));
            let shape = p.shape.clone();
            for (m, kind) in kinds.iter().enumerate() {
                trainer.engine.moments[k][m] = take(&mut stored, &format!("optimizer.{name}.{kind}"), &shape)?;
            }
            if let Some((_, values)) = &mut best {
                values.push(take(&mut stored, &format!("best.{name}.value"), &shape)?);
            }
            trainer.engine.set_parameter(&own, &take(&mut stored, &name, &shape)?)?;
        }
        trainer.best = best;
        trainer.engine.restored = Some(carried(stored, &trainer)?);
        trainer.engine.runs = note.counters.runs;
        trainer.resume(note.counters)?;
        Ok(trainer)
    }
}

fn take<T>(stored: &mut Stored<T>, name: &str, shape: &[usize]) -> Result<Vec<T>> {
    let Some((found, values)) = stored.remove(name) else {
        return Err(Error::new(Code::Format, format!("the checkpoint has no tensor “{name}”; expected one for every parameter")));
    };
    if found != shape {
        return Err(Error::new(Code::Shape, format!("tensor “{name}” is {found:?}; expected {shape:?}")));
    }
    Ok(values)
}

/// The state that the next chunk begins with. What is left over then does not belong there.
fn carried<T: Rule>(mut stored: Stored<T>, trainer: &Trainer<T>) -> Result<Vec<Initial<T>>> {
    let spec = trainer.net().cell().spec();
    let mut carried = vec![];
    for k in spec.carried() {
        let (lane, name) = (spec.lanes[k].name, format!("state.{}", spec.lanes[k].name));
        if stored.contains_key(&name) {
            let length = trainer.net().state_length(k, trainer.settings.batch);
            carried.push(Initial { lane: lane.into(), values: take(&mut stored, &name, &[length])? });
        }
    }
    match stored.keys().next() {
        Some(name) => {
            let name: String = name.chars().take(60).collect();
            Err(Error::new(Code::Format, format!("the checkpoint has a tensor “{name}”; expected none of that name")))
        }
        None => Ok(carried),
    }
}
