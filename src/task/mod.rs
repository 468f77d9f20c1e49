//! Tasks: what a network reads and what it is asked, made from real data or from a seed.
//!
//! A task knows nothing of networks. Its [`Spec`] says in words what goes in, what is asked, how an answer is scored and
//! what an answer must beat. A new task is one new file and one line in [`all`].

pub mod adding;
pub mod agreement;
mod batch;
pub mod sentence;
pub mod sentiment;
pub mod temperature;
mod temperature_task;

pub use batch::{Answers, Baseline, Batch, Form, Inputs, Score, Task};
pub use temperature_task::Temperature;

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
    /// Whether a number or a label is asked for.
    pub kind: Kind,
    /// What the network reads, with shape and unit.
    pub input: &'static str,
    /// What it is asked.
    pub target: &'static str,
    /// The possible answers of a classification, in the order of the outputs; empty for a regression.
    pub labels: &'static [&'static str],
    /// Sentences to start from, with their labels; empty where the input is not a sentence.
    pub examples: &'static [Example],
    /// How answers are scored.
    pub metric: &'static str,
    /// What a method that learns nothing, or little, reaches; its measured value stands in the weights' provenance.
    pub baseline: &'static str,
    /// Where the data or the idea comes from.
    pub sources: &'static [&'static str],
}

/// A sentence and the index of its label.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Example {
    pub text: &'static str,
    pub label: usize,
}

/// Every task, in the order in which it is shown.
pub fn all() -> [&'static Spec; 3] {
    [&temperature::SPEC, &agreement::SPEC, &sentiment::SPEC]
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
            for text in [spec.name, spec.title, spec.input, spec.target, spec.metric, spec.baseline] {
                assert!(!text.is_empty(), "{} leaves something unsaid", spec.name);
            }
            assert!(!spec.sources.is_empty(), "{} has no source", spec.name);
            assert_eq!(spec.labels.is_empty(), spec.kind == Kind::Regression, "{}", spec.name);
            assert!(spec.examples.iter().all(|example| example.label < spec.labels.len()), "{}", spec.name);
        }
    }
}
