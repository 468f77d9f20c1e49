//! Sentiment: positive or negative, with negation, contrast and late reversals.
//!
//! "The forecast was not bad", "the report was great but the trip was awful", "the view was lovely or so we thought": the
//! same words in another order, or one word more, and the meaning turns round. Each turn is drawn as often as not, so
//! that no word by itself, however strong, says anything about the label.

use super::options::Chosen;
use super::sentence::{MAX_DISTANCE, Sentence, pick};
use super::sentences::{self, Sentences};
use super::{Data, Example, Kind, Spec, Task};
use crate::error::Result;
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "sentiment",
    title: "Sentiment with reversals",
    text: "A sentence that praises or blames, turned round by a not, a but, or a late “or so we thought”: no word tells the answer \
           by itself.",
    kind: Kind::Classification,
    input: "the words of a sentence, as token ids: T×B",
    target: "what the sentence says in the end: negative or positive",
    labels: &["negative", "positive"],
    examples: &[
        Example { text: "the forecast was not bad but the trip was awful", label: 0 },
        Example { text: "the forecast was not bad although the trip was awful", label: 1 },
        Example { text: "the view over the coast was according to the crew really lovely or so we thought", label: 0 },
        Example { text: "it is not true that the food was poor", label: 1 },
    ],
    metric: "accuracy over the test sentences, by distance",
    baseline: "half of the labels are negative; logistic regression on the words regardless of their order",
    published: &[],
    sources: &["L. Polanyi, A. Zaenen: Contextual Valence Shifters. 2006", "sentences from a grammar of our own"],
    options: sentences::OPTIONS,
    data: None,
    suggestion: sentences::SUGGESTION,
    make,
};

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    Ok(Sentences::one(chosen, sample))
}

const SUBJECTS: [&str; 8] = ["forecast", "report", "flight", "trip", "weekend", "view", "weather", "food"];
/// What is said, by polarity: negative, positive.
const JUDGEMENTS: [[&str; 8]; 2] = [
    ["bad", "awful", "poor", "useless", "unreliable", "gloomy", "unpleasant", "terrible"],
    ["good", "great", "fine", "helpful", "reliable", "lovely", "pleasant", "wonderful"],
];
const NEGATIONS: [&str; 3] = ["not", "never", "hardly"];
const DEGREES: [&str; 2] = ["very", "really"];
const DENIALS: [&str; 2] = ["it is not true that", "it is wrong to say that"];
const REVERSALS: [&str; 2] = ["or so we thought", "or so they said"];

/// The places of a clause where phrases that only take room may stand, and the phrases that fit there. Each list is as
/// long as the dial goes.
const AFTER_SUBJECT: [&str; 6] = ["on monday", "from the island", "over the coast", "for next week", "about the storm", "that we read"];
const BEFORE_JUDGEMENT: [&str; 6] =
    ["according to the crew", "in the words of the pilot", "as they told us", "for most of us", "at least for the people", "after all"];
const AFTER_JUDGEMENT: [&str; 6] =
    ["on friday", "during the storm", "before lunch", "in the morning", "for the people on the island", "near the old station"];
const PLACES: [[&str; 6]; 3] = [AFTER_SUBJECT, BEFORE_JUDGEMENT, AFTER_JUDGEMENT];

/// How a sentence is put together.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// "A"
    Plain,
    /// "it is not true that A": turns A round.
    Denied,
    /// "A or so we thought": turns A round.
    Reversed,
    /// "A but B": B counts.
    But,
    /// "A but B or so we thought": B counts, turned round.
    ButReversed,
    /// "although A B": B counts.
    Although,
    /// "B although A": B counts.
    LateAlthough,
}

const FORMS: [Form; 7] = [Form::Plain, Form::Denied, Form::Reversed, Form::But, Form::ButReversed, Form::Although, Form::LateAlthough];

/// Sentence `i` of a seed with `distance` phrases that only take room, at most [`MAX_DISTANCE`]. Even `i` are negative,
/// odd ones positive. The order of draws is part of the definition.
pub fn sample(seed: u64, i: u64, distance: usize) -> Sentence {
    let mut rng = Rng::sample(seed, i);
    let label = (i % 2) as usize;
    let distance = distance.min(MAX_DISTANCE);
    let form = pick(&mut rng, &FORMS);
    let turned = matches!(form, Form::Denied | Form::Reversed | Form::ButReversed);
    let two = !matches!(form, Form::Plain | Form::Denied | Form::Reversed);

    // How many phrases come to each place: three places a clause.
    let mut phrases = [[0; 3]; 2];
    for _ in 0..distance {
        let place = rng.int(if two { 6 } else { 3 });
        phrases[place / 3][place % 3] += 1;
    }
    let decisive = label ^ usize::from(turned);
    let main = clause(&mut rng, decisive, phrases[0]);
    // The other clause says the opposite: that is what "but" and "although" are for.
    let other = if two { clause(&mut rng, 1 - decisive, phrases[1]) } else { Vec::new() };

    let mut words = Vec::new();
    match form {
        Form::Plain => words.extend(main),
        Form::Denied => {
            words.extend(pick(&mut rng, &DENIALS).split(' '));
            words.extend(main);
        }
        Form::Reversed => words.extend(main),
        Form::But | Form::ButReversed => {
            words.extend(other);
            words.push("but");
            words.extend(main);
        }
        Form::Although => {
            words.push("although");
            words.extend(other);
            words.extend(main);
        }
        Form::LateAlthough => {
            words.extend(main);
            words.push("although");
            words.extend(other);
        }
    }
    if matches!(form, Form::Reversed | Form::ButReversed) {
        words.extend(pick(&mut rng, &REVERSALS).split(' '));
    }
    Sentence { words, label, distance }
}

/// "the forecast … was (not) … (very) good …", of the given polarity as a whole.
fn clause(rng: &mut Rng, polarity: usize, phrases: [usize; 3]) -> Vec<&'static str> {
    let mut words = vec!["the", pick(rng, &SUBJECTS)];
    fill(rng, 0, phrases[0], &mut words);
    words.push("was");
    let negated = rng.int(2);
    if negated == 1 {
        words.push(pick(rng, &NEGATIONS));
    }
    fill(rng, 1, phrases[1], &mut words);
    if rng.int(3) == 0 {
        words.push(pick(rng, &DEGREES));
    }
    words.push(pick(rng, &JUDGEMENTS[polarity ^ negated]));
    fill(rng, 2, phrases[2], &mut words);
    words
}

/// `count` different phrases that fit a place.
fn fill(rng: &mut Rng, place: usize, count: usize, words: &mut Vec<&'static str>) {
    for k in rng.choose(PLACES[place].len(), count) {
        words.extend(PLACES[place][k].split(' '));
    }
}

#[cfg(test)]
mod tests {
    use super::super::sentence::{WORDS, balanced};
    use super::*;

    /// The polarity of one clause, found by reading: its judgement, turned round by a negation.
    fn read_clause(words: &[&str]) -> usize {
        let negations = words.iter().filter(|word| NEGATIONS.contains(word)).count();
        let judgement = |polarity: usize| words.iter().filter(|word| JUDGEMENTS[polarity].contains(word)).count();
        assert_eq!(judgement(0) + judgement(1), 1, "{words:?}");
        judgement(1) ^ (negations % 2)
    }

    /// The label, found by reading and not by generating.
    fn read(words: &[&str]) -> usize {
        let text = words.join(" ");
        let (text, reversed) = match REVERSALS.iter().find_map(|tail| text.strip_suffix(tail)) {
            Some(rest) => (rest.to_string(), 1),
            None => (text, 0),
        };
        let (text, denied) = match DENIALS.iter().find_map(|head| text.strip_prefix(head)) {
            Some(rest) => (rest.to_string(), 1),
            None => (text, 0),
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let at = |word: &str| words.iter().position(|&other| other == word);
        let decisive = match (at("but"), at("although")) {
            (Some(k), None) => &words[k + 1..],
            // The second clause begins at the second "the" before a subject.
            (None, Some(0)) => {
                let starts = |k: &usize| words[k - 1] == "the" && SUBJECTS.contains(&words[*k]);
                let second = (1..words.len()).filter(starts).nth(1).expect("two clauses");
                &words[second..]
            }
            (None, Some(k)) => &words[..k],
            (None, None) => &words[..],
            (Some(_), Some(_)) => panic!("no sentence has both: {words:?}"),
        };
        read_clause(decisive) ^ reversed ^ denied
    }

    #[test]
    fn the_label_is_what_reading_gives() {
        for sentence in balanced(sample, 1, 400) {
            assert_eq!(read(&sentence.words), sentence.label, "{:?}", sentence.words);
        }
        for example in SPEC.examples {
            let words: Vec<&str> = example.text.split(' ').collect();
            assert_eq!(read(&words), example.label, "{}", example.text);
        }
    }

    #[test]
    fn no_word_by_itself_tells_the_label() {
        let sentences = balanced(sample, 2, 3000);
        for word in &WORDS[2..] {
            let having: Vec<_> = sentences.iter().filter(|s| s.words.contains(word)).collect();
            let positive = having.iter().filter(|s| s.label == 1).count() as f64;
            let n = having.len() as f64;
            // Half, to within five standard deviations of a fair coin.
            assert!((positive - 0.5 * n).abs() <= 2.5 * n.sqrt(), "{word}: {positive} of {n}");
        }
    }

    #[test]
    fn phrases_differ_within_a_place_and_turn_nothing_round() {
        let turns: Vec<&str> = NEGATIONS.iter().chain(JUDGEMENTS.as_flattened()).copied().collect();
        for phrase in PLACES.as_flattened() {
            for word in phrase.split(' ') {
                assert!(!turns.contains(&word) && !["but", "although", "or"].contains(&word), "{phrase}");
                assert!(!SUBJECTS.contains(&word), "{phrase} looks like a clause");
            }
        }
        assert!(PLACES.iter().all(|list| list.len() >= MAX_DISTANCE), "a place may get every phrase");
    }
}
