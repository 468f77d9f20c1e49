//! Tasks: what a network reads and what it is asked, made from real data or from a seed.
//!
//! A task knows nothing of networks. Its [`Spec`] says in words what goes in, what is asked, how an answer is scored and
//! what an answer must beat, what can be set, and how to make it. A new task is one new file and one line in [`all`].

pub mod adding;
pub mod agreement;
mod batch;
mod characters;
mod copying;
mod forecast;
mod generated;
mod induction;
mod nearest;
mod options;
mod order;
mod parity;
mod recall;
mod ridge;
pub mod score;
mod selective;
pub mod sentence;
pub mod sentences;
pub mod sentiment;
pub mod table;
pub mod tagging;
pub mod temperature;
mod waves;

pub use batch::{Answers, Baseline, Batch, Form, Inputs, Score, Task};
pub use options::{ChoiceValue, Chosen, Options, TaskOption, Value, Values};

use crate::error::{Code, Error, Result};

/// What kind of answer a task asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A number.
    Regression,
    /// One of [`Spec::labels`].
    Classification,
}

/// A task's description of itself.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// The stable name, as in `assets/weights/index.json` and in links.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What it is and what it shows, for a reader who sees it for the first time.
    pub text: &'static str,
    /// Whether a number or a label is asked for.
    pub kind: Kind,
    /// What the network reads, with shape and unit.
    pub input: &'static str,
    /// What it is asked.
    pub target: &'static str,
    /// The possible answers of a classification, in the order of the outputs; empty where the options decide how many there are,
    /// and for a regression.
    pub labels: &'static [&'static str],
    /// Sentences to start from, with their labels; empty where the input is not a sentence.
    pub examples: &'static [Example],
    /// How answers are scored.
    pub metric: &'static str,
    /// What a method that learns nothing, or little, reaches; its measured value stands in the weights' provenance.
    pub baseline: &'static str,
    /// What others reached.
    pub published: &'static [Published],
    /// Where the data or the idea comes from.
    pub sources: &'static [&'static str],
    pub options: &'static [TaskOption],
    /// The data that it reads, where it does not draw them from a seed.
    pub data: Option<DataKind>,
    pub suggestion: Suggestion,
    /// Makes the task from checked options.
    #[serde(skip)]
    pub make: fn(&Chosen<'_>, &Data) -> Result<Box<dyn Task>>,
}

/// A sentence and the index of its label.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Example {
    pub text: &'static str,
    pub label: usize,
}

/// A result from the literature.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Published {
    pub text: &'static str,
    pub source: &'static str,
    pub trust: Trust,
}

/// How a published figure came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Read in the paper or in its authors' code, or arithmetic.
    Exact,
    /// Quoted from memory: no more than an orientation.
    Reported,
    /// Measured for this project with PyTorch: one seed, a small budget.
    Measured,
}

/// Data that come from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DataKind {
    /// Hourly temperatures: `assets/data/weather-nyc-2013-hourly.csv`.
    Weather,
    /// A text: somebody's own, or `assets/lessons/memory.txt`.
    Text,
    /// A table that somebody brings.
    Csv,
}

/// A set-up with which the task is learned in some minutes or less.
#[derive(Clone, Copy, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    pub cell: &'static str,
    pub hidden: usize,
    pub bidirectional: bool,
    /// Examples an update.
    pub batch: usize,
    /// Of Adam.
    pub learning_rate: f64,
    /// The norm to which gradients are clipped.
    pub clip: f64,
    /// Updates after which it is usually learned.
    pub updates: usize,
}

/// What most tasks begin with.
const SUGGESTION: Suggestion =
    Suggestion { cell: "lstm", hidden: 32, bidirectional: false, batch: 32, learning_rate: 2e-3, clip: 1.0, updates: 1000 };

/// The data that tasks may ask for.
#[derive(Clone, Debug, Default)]
pub struct Data {
    pub weather: Option<temperature::Weather>,
    pub text: Option<String>,
    pub csv: Option<table::Table>,
}

/// Every task, in the order in which it is shown.
pub fn all() -> &'static [&'static Spec] {
    &[
        &temperature::SPEC,
        &agreement::SPEC,
        &sentiment::SPEC,
        &tagging::SPEC,
        &characters::SPEC,
        &adding::SPEC,
        &copying::SPEC,
        &selective::SPEC,
        &induction::SPEC,
        &recall::SPEC,
        &order::SPEC,
        &parity::SPEC,
        &nearest::SPEC,
        &waves::SPEC,
        &table::SPEC,
    ]
}

/// A task by name, with options and data.
///
/// # Errors
/// `unknown-name` for a task, an option or a choice that there is not, `out-of-range` for a value outside its bounds, `format` where
/// the data are missing or not such as the task needs.
pub fn make(name: &str, options: &Options, data: &Data) -> Result<Box<dyn Task>> {
    let spec = find(name)?;
    (spec.make)(&Chosen::new(spec, options)?, data)
}

/// A task's description.
///
/// # Errors
/// `unknown-name`
pub fn find(name: &str) -> Result<&'static Spec> {
    let found = all().iter().find(|spec| spec.name == name);
    found.copied().ok_or_else(|| Error::unknown("task", name, all().iter().map(|spec| spec.name)))
}

/// The error of a task whose data were not handed over.
fn missing(spec: &Spec, property: &str) -> Error {
    Error::new(Code::Format, format!("the task “{}” reads data of its own; expected them as `{property}`", spec.name))
}

/// The error of an example that a part does not have.
fn no_example(part: Part, index: u64, count: usize) -> Error {
    let message = format!("example {index} of the {} part; expected one below {count}", part.name());
    Error::new(Code::OutOfRange, message)
}

/// The three parts of a data set. What is learned comes from the first, what is chosen from the second, and what is
/// reported from the third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Train,
    Valid,
    Test,
}

impl Part {
    pub const ALL: [Part; 3] = [Part::Train, Part::Valid, Part::Test];

    /// "train", "valid" or "test".
    pub fn name(self) -> &'static str {
        match self {
            Part::Train => "train",
            Part::Valid => "valid",
            Part::Test => "test",
        }
    }

    /// The seed of this part, given a task's seed s: s, s + 1, s + 2. Parts are never cut from one random stream.
    pub fn seed(self, s: u64) -> u64 {
        s.wrapping_add(self as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_different_and_every_field_says_something() {
        let specs = all();
        for (k, spec) in specs.iter().enumerate() {
            assert!(specs[..k].iter().all(|other| other.name != spec.name), "{} twice", spec.name);
            for text in [spec.name, spec.title, spec.text, spec.input, spec.target, spec.metric, spec.baseline] {
                assert!(!text.is_empty(), "{} leaves something unsaid", spec.name);
            }
            assert!(!spec.sources.is_empty(), "{} has no source", spec.name);
            assert!(spec.labels.is_empty() || spec.kind == Kind::Classification, "{}", spec.name);
            assert!(spec.examples.iter().all(|example| example.label < spec.labels.len()), "{}", spec.name);
        }
    }
}
