//! Sentences of our grammars as a task: a fixed set for each part, asked for one label each or for one at every word.

use super::options::{Chosen, TaskOption, whole};
use super::score::accuracy;
use super::sentence::{MAX_DISTANCE, SEED, Sample, Vocabulary, WORDS};
use super::{Answers, Baseline, Batch, Form, Inputs, Part, Score, Spec, Suggestion, Task, no_example};
use crate::error::Result;

/// What the tasks of one label a sentence have in common.
pub(super) const OPTIONS: &[TaskOption] = &[DISTANCE, EXAMPLES];

pub(super) const DISTANCE: TaskOption = whole(
    "distance",
    "Distance",
    [0, MAX_DISTANCE as u32, MAX_DISTANCE as u32],
    "Phrases between what decides and the end: 0 to so many, each as often.",
);
pub(super) const EXAMPLES: TaskOption = whole(
    "examples",
    "Sentences to learn from",
    [20, 21_000, 21_000],
    "With few, a network learns them by heart: watch the validation error rise.",
);

pub(super) const SUGGESTION: Suggestion = Suggestion { hidden: 24, bidirectional: true, learning_rate: 5e-3, ..super::SUGGESTION };

/// One part: sentence k is `tokens[starts[k]..starts[k + 1]]`, and its label, or labels, stand at the same places of `classes`.
#[derive(Default)]
pub(super) struct Set {
    tokens: Vec<u32>,
    classes: Vec<u32>,
    starts: Vec<usize>,
}

impl Set {
    /// Adds a sentence with a class at every word. (Where one is asked at the end, only the last one's is read.)
    pub fn push(&mut self, tokens: impl Iterator<Item = u32>, classes: impl Iterator<Item = u32>) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.tokens.extend(tokens);
        self.classes.extend(classes);
        self.starts.push(self.tokens.len());
    }

    fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    fn range(&self, k: usize) -> std::ops::Range<usize> {
        self.starts[k]..self.starts[k + 1]
    }
}

pub struct Sentences {
    spec: &'static Spec,
    words: &'static [&'static str],
    labels: &'static [&'static str],
    /// A label at every word.
    every: bool,
    sets: [Set; 3],
    form: Form,
    /// Of each sentence, the labels that nothing before them decides; empty where that is not known.
    undecided: [Vec<u32>; 3],
}

/// Sentences at each distance in a part.
pub(super) fn per_distance(chosen: &Chosen<'_>, part: Part) -> usize {
    match part {
        // An even number keeps the labels balanced.
        Part::Train => chosen.whole("examples").div_ceil(2 * (chosen.whole("distance") + 1)) * 2,
        Part::Valid => 300,
        Part::Test => 500,
    }
}

impl Sentences {
    fn new(spec: &'static Spec, words: &'static [&'static str], labels: &'static [&'static str], every: bool, sets: [Set; 3]) -> Self {
        let longest = |set: &Set| (0..set.len()).map(|k| set.range(k).len()).max().unwrap_or(0);
        let form = Form {
            inputs: Inputs::Tokens { vocabulary: words.len() },
            answers: Answers::Classes { count: labels.len() },
            steps: sets.iter().map(longest).max().unwrap_or(0),
            last_only: !every,
            streams: false,
        };
        Self { spec, words, labels, every, sets, form, undecided: Default::default() }
    }

    /// The task of one grammar.
    pub(super) fn one(chosen: &Chosen<'_>, sample: Sample) -> Box<dyn Task> {
        let vocabulary = Vocabulary::new();
        let sets = Part::ALL.map(|part| {
            let mut set = Set::default();
            let per_distance = per_distance(chosen, part);
            add(&mut set, &vocabulary, sample, part, per_distance, chosen.whole("distance") + 1, 0);
            set
        });
        Box::new(Self::new(chosen.spec(), WORDS, chosen.spec().labels, false, sets))
    }

    /// A label at every word. `undecided`: of each sentence, how many labels nothing before them decides between two.
    pub(super) fn every_word(
        spec: &'static Spec,
        words: &'static [&'static str],
        labels: &'static [&'static str],
        sets: [Set; 3],
        undecided: [Vec<u32>; 3],
    ) -> Box<dyn Task> {
        Box::new(Self { undecided, ..Self::new(spec, words, labels, true, sets) })
    }
}

/// Adds a grammar's sentences at the distances below `distances`; its classes begin at `first`.
fn add(set: &mut Set, vocabulary: &Vocabulary, sample: Sample, part: Part, per_distance: usize, distances: usize, first: u32) {
    for i in 0..per_distance * distances {
        let sentence = sample(part.seed(SEED), i as u64, i / per_distance);
        let class = first + sentence.label as u32;
        let tokens = sentence.words.iter().map(|word| vocabulary.id(word));
        set.push(tokens, sentence.words.iter().map(|_| class));
    }
}

/// The data of the shipped classifier, which serves two grammars: classes 0 and 1 are agreement's, 2 and 3 sentiment's.
pub fn both() -> Box<dyn Task> {
    let vocabulary = Vocabulary::new();
    let sets = Part::ALL.map(|part| {
        let mut set = Set::default();
        let per_distance = [3000, 300, 500][part as usize];
        add(&mut set, &vocabulary, super::agreement::sample, part, per_distance, MAX_DISTANCE + 1, 0);
        add(&mut set, &vocabulary, super::sentiment::sample, part, per_distance, MAX_DISTANCE + 1, 2);
        set
    });
    let labels = &["singular", "plural", "negative", "positive"];
    Box::new(Sentences::new(&super::agreement::SPEC, WORDS, labels, false, sets))
}

impl Sentences {
    fn set(&self, part: Part, index: u64) -> Result<(&Set, usize)> {
        let set = &self.sets[part as usize];
        let k = usize::try_from(index).ok().filter(|k| *k < set.len());
        Ok((set, k.ok_or_else(|| no_example(part, index, set.len()))?))
    }

    /// How often each word goes with each class in the training part: words × classes.
    fn counts(&self) -> Vec<f64> {
        let set = &self.sets[0];
        let mut counts = vec![0.0; self.words.len() * self.labels.len()];
        for (token, class) in set.tokens.iter().zip(&set.classes) {
            counts[*token as usize * self.labels.len() + *class as usize] += 1.0;
        }
        counts
    }

    /// The log-probabilities of the classes given each word by itself: words × classes.
    fn evidence(&self) -> Vec<f32> {
        let classes = self.labels.len();
        let mut counts = self.counts();
        let mut totals = vec![1.0; classes];
        for row in counts.chunks_exact(classes) {
            totals.iter_mut().zip(row).for_each(|(total, count)| *total += count);
        }
        for row in counts.chunks_exact_mut(classes) {
            // At every word its most frequent tag; over a sentence every class by its share of the words.
            for (count, total) in row.iter_mut().zip(&totals) {
                *count = libm::log((*count + 1.0) / if self.every { 1.0 } else { *total });
            }
        }
        counts.into_iter().map(|x| x as f32).collect()
    }
}

impl Task for Sentences {
    fn spec(&self) -> &'static Spec {
        self.spec
    }

    fn form(&self) -> Form {
        self.form
    }

    fn examples(&self, part: Part) -> Option<usize> {
        Some(self.sets[part as usize].len())
    }

    fn fill(&self, part: Part, indices: &[u64], batch: &mut Batch) -> Result<()> {
        let mut longest = 0;
        for index in indices {
            let (set, k) = self.set(part, *index)?;
            longest = longest.max(set.range(k).len());
        }
        batch.reset(&self.form, longest, indices.len());
        for (b, index) in indices.iter().enumerate() {
            let (set, k) = self.set(part, *index)?;
            let range = set.range(k);
            batch.lengths[b] = range.len();
            for (t, at) in range.clone().enumerate() {
                let place = t * batch.size + b;
                batch.tokens[place] = set.tokens[at];
                if self.every || at + 1 == range.end {
                    batch.classes[place] = set.classes[at];
                    batch.counts[place] = true;
                }
            }
        }
        Ok(())
    }

    fn score(&self, batch: &Batch, predictions: &[f32], per_example: bool) -> Score {
        accuracy(batch, predictions, per_example, |_, _| true)
    }

    fn unit(&self) -> &str {
        "%"
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn baselines(&self, part: Part, indices: &[u64]) -> Result<Vec<Baseline>> {
        let mut batch = Batch::default();
        self.fill(part, indices, &mut batch)?;
        let (evidence, classes) = (self.evidence(), self.labels.len());
        let mut predictions = vec![0.0; batch.tokens.len() * classes];
        for t in 0..batch.steps {
            for b in 0..batch.size {
                let place = t * batch.size + b;
                let token = batch.tokens[place] as usize;
                for k in 0..classes {
                    // Over a sentence the words' evidence adds up.
                    let before = if self.every || t == 0 { 0.0 } else { predictions[(place - batch.size) * classes + k] };
                    predictions[place * classes + k] = before + evidence[token * classes + k];
                }
            }
        }
        let score = accuracy(&batch, &predictions, false, |_, _| true);
        let words = if self.every { "the most frequent tag of each word" } else { "the words regardless of their order (naive Bayes)" };
        let measured = Baseline::measured(words, None, score.sum / score.count.max(1.0));
        let n = classes as f64;
        let mut lines = vec![Baseline::exact("guessing", libm::log(n), 100.0 / n), measured];
        if self.every {
            // Where a coin decides between two labels, half of the guesses are right, and each costs ln 2.
            let undecided: f64 = indices.iter().map(|i| f64::from(self.undecided[part as usize][*i as usize])).sum();
            let share = undecided / score.count.max(1.0);
            let best = Baseline::measured("the best that one direction can do", Some(share * libm::log(2.0)), 100.0 - 50.0 * share);
            lines.push(best);
        }
        Ok(lines)
    }

    fn token(&self, id: u32) -> Option<String> {
        self.words.get(id as usize).map(|word| word.to_string())
    }

    fn class(&self, id: u32) -> Option<String> {
        self.labels.get(id as usize).map(|label| label.to_string())
    }
}
