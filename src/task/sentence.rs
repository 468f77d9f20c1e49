//! Sentences as token ids: the fixed vocabulary of our own grammars, and a tokenizer for a reader's own words.

use std::collections::BTreeMap;

use super::Part;
use crate::error::{Code, Error};
use crate::math::rng::Rng;

/// The id that fills up the shorter sentences of a batch. It is never read.
pub const PAD: u32 = 0;
/// The id of every word that is not in the vocabulary.
pub const UNK: u32 = 1;
/// The largest setting of the dial: phrases put between what decides a sentence and its end.
pub const MAX_DISTANCE: usize = 6;
/// The longest text that [`Vocabulary::tokenize`] takes, in bytes.
pub const MAX_TEXT: usize = 8192;

/// A generated sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Lower-case words without punctuation, every one of them in [`WORDS`].
    pub words: Vec<&'static str>,
    /// Index into the task's `Spec::labels`.
    pub label: usize,
    /// Phrases between what decides the label and the end, 0 to [`MAX_DISTANCE`].
    pub distance: usize,
}

/// How a task makes sentence `i` of a seed at a distance.
pub type Sample = fn(seed: u64, i: u64, distance: usize) -> Sentence;

/// `per_distance` sentences at every distance from 0 to [`MAX_DISTANCE`], made by a task's `sample(seed, i, distance)`.
/// With an even `per_distance` the labels are exactly balanced at every distance.
pub fn balanced(sample: Sample, seed: u64, per_distance: usize) -> Vec<Sentence> {
    (0..(MAX_DISTANCE + 1) * per_distance).map(|i| sample(seed, i as u64, i / per_distance)).collect()
}

/// The seed of the data set on which the shipped classifier was trained and measured.
pub const SEED: u64 = 2013;

/// One part of that data set: 3000 sentences at every distance to learn from, 300 to choose by, 500 to report on.
pub fn part(sample: Sample, part: Part) -> Vec<Sentence> {
    let per_distance = match part {
        Part::Train => 3000,
        Part::Valid => 300,
        Part::Test => 500,
    };
    balanced(sample, part.seed(SEED), per_distance)
}

/// One of several, each with the same chance.
pub(super) fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.int(from.len())]
}

/// A word of a reader's own sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// As it was read: lower-case, without punctuation.
    pub text: String,
    /// [`UNK`] if the vocabulary lacks the word.
    pub id: u32,
}

impl Token {
    /// Whether the vocabulary has the word.
    pub fn is_known(&self) -> bool {
        self.id != UNK
    }
}

/// The words that sentences are made of, each with its id.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    ids: BTreeMap<&'static str, u32>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self::new()
    }
}

impl Vocabulary {
    /// The one vocabulary of the shipped sentence classifier. Cheap, but worth keeping for many sentences.
    pub fn new() -> Self {
        Self { ids: WORDS.iter().zip(0..).map(|(&word, id)| (word, id)).collect() }
    }

    /// Number of ids, padding and unknown included.
    pub fn len(&self) -> usize {
        WORDS.len()
    }

    /// Never: there are always padding and unknown.
    pub fn is_empty(&self) -> bool {
        WORDS.is_empty()
    }

    /// The id of a lower-case word, [`UNK`] if it is not in the vocabulary.
    pub fn id(&self, word: &str) -> u32 {
        self.ids.get(word).copied().unwrap_or(UNK)
    }

    /// The ids of a generated sentence.
    pub fn encode(&self, words: &[&str]) -> Vec<u32> {
        words.iter().map(|word| self.id(word)).collect()
    }

    /// Splits a reader's text into words: lower-case, without punctuation, "wasn't" as "was not". A word that the
    /// vocabulary lacks keeps its text and gets the id [`UNK`].
    ///
    /// # Errors
    /// `Code::OutOfRange` for a text without a word or with more than [`MAX_TEXT`] bytes.
    pub fn tokenize(&self, text: &str) -> Result<Vec<Token>, Error> {
        if text.len() > MAX_TEXT {
            let found = text.len();
            let message = format!("expected a text of at most {MAX_TEXT} bytes, found {found}");
            return Err(Error::new(Code::OutOfRange, message));
        }
        let text = text.replace('\u{2019}', "'");
        let mut tokens = Vec::new();
        let mut push = |word: &str| {
            let word = word.replace('\'', "");
            if !word.is_empty() {
                let id = self.id(&word);
                tokens.push(Token { text: word, id });
            }
        };
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '\'') {
            // The vocabulary is ASCII; a word of other letters is unknown in any case, and stays as it was typed.
            let word = if word.is_ascii() { &word.to_ascii_lowercase() } else { word };
            match word.strip_suffix("n't") {
                Some(verb) if !verb.is_empty() => {
                    push(verb);
                    push("not");
                }
                _ => push(word),
            }
        }
        if tokens.is_empty() {
            return Err(Error::new(Code::OutOfRange, "expected at least one word".to_string()));
        }
        Ok(tokens)
    }
}

/// The vocabulary; a word's id is its place here. Shipped weights are tied to this order: words are only ever added, at
/// the end, together with weights trained anew.
#[rustfmt::skip]
pub const WORDS: &[&str] = &[
    "<pad>", "<unk>",
    // Both grammars.
    "the", "that", "near", "old", "new", "was", "not", "but", "on", "of",
    // Agreement: nouns, singular and plural.
    "sensor", "sensors", "gauge", "gauges", "camera", "cameras", "antenna", "antennas", "balloon", "balloons",
    "station", "stations", "tower", "towers", "harbor", "harbors", "bridge", "bridges", "lighthouse", "lighthouses",
    "engineer", "engineers", "pilot", "pilots", "guard", "guards", "sailor", "sailors", "student", "students",
    // Agreement: the other words.
    "behind", "beside", "opposite", "small", "tall", "local", "quiet",
    "calibrated", "repaired", "installed", "visited", "painted", "guarded", "trained", "helped", "called",
    // Sentiment: what is spoken of.
    "forecast", "report", "flight", "trip", "weekend", "view", "weather", "food",
    // Sentiment: what is said of it.
    "good", "great", "fine", "helpful", "reliable", "lovely", "pleasant", "wonderful",
    "bad", "awful", "poor", "useless", "unreliable", "gloomy", "unpleasant", "terrible",
    // Sentiment: what turns it round.
    "never", "hardly", "although", "it", "is", "true", "wrong", "to", "say", "or", "so", "we", "thought", "they", "said",
    // Sentiment: what only takes room.
    "very", "really", "monday", "friday", "from", "island", "over", "coast", "for", "next", "week", "about", "storm",
    "read", "according", "crew", "in", "words", "as", "told", "us", "most", "at", "least", "people", "after", "all",
    "during", "before", "lunch", "morning",
];

#[cfg(test)]
mod tests {
    use super::super::{agreement, all, sentiment};
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let tokens = Vocabulary::new().tokenize(text).expect("words");
        tokens.into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn every_word_has_one_id_and_the_grammars_use_them_all() {
        let vocabulary = Vocabulary::new();
        assert_eq!(vocabulary.ids.len(), WORDS.len(), "a word stands twice in WORDS");
        assert_eq!((vocabulary.id("<pad>"), vocabulary.id("<unk>")), (PAD, UNK));
        let mut used = vec![false; WORDS.len()];
        for sample in [agreement::sample, sentiment::sample] {
            for sentence in balanced(sample, 11, 1000) {
                for word in sentence.words {
                    let id = vocabulary.id(word);
                    assert!(id > UNK, "{word} is not in WORDS");
                    used[id as usize] = true;
                }
            }
        }
        let unused: Vec<_> = WORDS.iter().zip(used).skip(2).filter(|(_, used)| !used).collect();
        assert!(unused.is_empty(), "never generated: {unused:?}");
    }

    #[test]
    fn labels_are_balanced_at_every_distance() {
        for sample in [agreement::sample, sentiment::sample] {
            let sentences = balanced(sample, 3, 40);
            for distance in 0..=MAX_DISTANCE {
                let labels: Vec<usize> = sentences.iter().filter(|s| s.distance == distance).map(|s| s.label).collect();
                assert_eq!((labels.len(), labels.iter().sum::<usize>()), (40, 20), "distance {distance}");
            }
        }
    }

    #[test]
    fn longer_distances_make_longer_sentences() {
        for sample in [agreement::sample, sentiment::sample] {
            let mean = |distance: usize| (0..200).map(|i| sample(4, i, distance).words.len()).sum::<usize>() as f64 / 200.0;
            for distance in 1..=MAX_DISTANCE {
                assert!(mean(distance) > mean(distance - 1) + 2.0, "distance {distance}");
            }
            assert_eq!(sample(4, 0, 99), sample(4, 0, MAX_DISTANCE), "the dial ends at {MAX_DISTANCE}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_sentence_and_another_seed_another() {
        for sample in [agreement::sample, sentiment::sample] {
            let of = |seed: u64| (0..50).map(|i| sample(seed, i, 3)).collect::<Vec<_>>();
            assert_eq!(of(1), of(1));
            assert_ne!(of(1), of(2));
        }
    }

    #[test]
    fn examples_are_in_the_vocabulary() {
        let vocabulary = Vocabulary::new();
        for spec in all().iter().filter(|spec| !spec.examples.is_empty()) {
            assert!(spec.examples.len() >= 2, "{}", spec.name);
            for example in spec.examples {
                let tokens = vocabulary.tokenize(example.text).expect("words");
                let unknown: Vec<_> = tokens.iter().filter(|token| !token.is_known()).collect();
                assert!(unknown.is_empty(), "{}: {unknown:?}", example.text);
            }
        }
    }

    #[test]
    fn a_readers_own_words() {
        assert_eq!(texts("  The Forecast, wasn't BAD… "), ["the", "forecast", "was", "not", "bad"]);
        assert_eq!(texts("It wasn\u{2019}t so"), ["it", "was", "not", "so"]);
        assert_eq!(texts("'quoted' n't ÉTÉ well-read"), ["quoted", "nt", "ÉTÉ", "well", "read"]);
        assert_eq!(texts("<pad> <unk>"), ["pad", "unk"], "no one can type a special token");
    }

    #[test]
    fn unknown_words_are_marked() {
        let tokens = Vocabulary::new().tokenize("the zeppelin").expect("words");
        assert_eq!((tokens[0].is_known(), tokens[1].is_known(), tokens[1].id), (true, false, UNK));
        assert_eq!(tokens[1].text, "zeppelin");
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        let vocabulary = Vocabulary::new();
        for text in ["", "  \n", "?!… '"] {
            assert!(vocabulary.tokenize(text).is_err(), "{text:?}");
        }
        assert!(vocabulary.tokenize(&"a ".repeat(MAX_TEXT)).is_err());
        assert!(vocabulary.tokenize(&"a ".repeat(MAX_TEXT / 2)).is_ok());
    }
}
