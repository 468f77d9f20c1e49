//! Agreement: singular or plural, decided by a subject many words earlier, with other nouns in between.
//!
//! A sentence is what stands before the verb: "the sensors that the engineer near the old station calibrated …", to be
//! continued with "was" or "were". Every noun may be the subject, stand in a phrase after it or in one before it, and
//! each draws its number for itself: neither the nearest noun nor counting tells the answer.

use super::options::Chosen;
use super::sentence::{MAX_DISTANCE, Sentence, pick};
use super::sentences::{self, Sentences};
use super::{Data, Example, Kind, Spec, Task};
use crate::error::Result;
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "agreement",
    title: "Agreement: was or were",
    text: "The verb to come has to agree with the subject, with other nouns between that do not count: the number of the subject is \
           to be kept past all of them.",
    kind: Kind::Classification,
    input: "the words of a sentence up to its verb, as token ids: T×B",
    target: "the number of the subject, which the verb has to agree with",
    labels: &["singular", "plural"],
    examples: &[
        Example { text: "the sensors that the engineer near the old station calibrated", label: 1 },
        Example { text: "the sensor that the engineers near the old stations calibrated", label: 0 },
        Example { text: "behind the towers the camera beside the local guards", label: 0 },
        Example { text: "the pilots that the student that the sailor near the harbor helped called", label: 1 },
    ],
    metric: "accuracy over the test sentences, by distance",
    baseline: "half of the labels are singular; logistic regression on the words regardless of their order",
    published: &[],
    sources: &[
        "T. Linzen, E. Dupoux, Y. Goldberg: Assessing the Ability of LSTMs to Learn Syntax-Sensitive Dependencies. TACL 2016",
        "sentences from a grammar of our own",
    ],
    options: sentences::OPTIONS,
    data: None,
    suggestion: sentences::SUGGESTION,
    make,
};

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    Ok(Sentences::one(chosen, sample))
}

/// What a noun names: it says which verbs can be done to it.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    Instrument,
    Place,
    Person,
}

#[derive(Clone, Copy)]
struct Noun {
    forms: [&'static str; 2],
    class: Class,
}

const fn noun(singular: &'static str, plural: &'static str, class: Class) -> Noun {
    Noun { forms: [singular, plural], class }
}

const NOUNS: [Noun; 15] = [
    noun("sensor", "sensors", Class::Instrument),
    noun("gauge", "gauges", Class::Instrument),
    noun("camera", "cameras", Class::Instrument),
    noun("antenna", "antennas", Class::Instrument),
    noun("balloon", "balloons", Class::Instrument),
    noun("station", "stations", Class::Place),
    noun("tower", "towers", Class::Place),
    noun("harbor", "harbors", Class::Place),
    noun("bridge", "bridges", Class::Place),
    noun("lighthouse", "lighthouses", Class::Place),
    noun("engineer", "engineers", Class::Person),
    noun("pilot", "pilots", Class::Person),
    noun("guard", "guards", Class::Person),
    noun("sailor", "sailors", Class::Person),
    noun("student", "students", Class::Person),
];
/// Where the nouns of [`Class::Person`] begin in [`NOUNS`].
const PERSONS_FROM: usize = 10;

const ADJECTIVES: [&str; 6] = ["old", "new", "small", "tall", "local", "quiet"];
const PREPOSITIONS: [&str; 6] = ["near", "behind", "beside", "opposite", "on", "of"];
/// Those that may begin a sentence.
const LEADS: [&str; 4] = ["near", "behind", "beside", "opposite"];

/// What people do to a thing; in the past, where English verbs show no number.
fn verbs(class: Class) -> [&'static str; 3] {
    match class {
        Class::Instrument => ["calibrated", "repaired", "installed"],
        Class::Place => ["visited", "painted", "guarded"],
        Class::Person => ["trained", "helped", "called"],
    }
}

/// Clauses within clauses: at three, people lose the thread as well.
const MAX_NESTING: usize = 2;

/// Sentence `i` of a seed with `distance` phrases between the subject and the verb, at most [`MAX_DISTANCE`].
/// Even `i` are singular, odd ones plural. The order of draws is part of the definition.
pub fn sample(seed: u64, i: u64, distance: usize) -> Sentence {
    let mut rng = Rng::sample(seed, i);
    let label = (i % 2) as usize;
    let distance = distance.min(MAX_DISTANCE);
    let mut words = Vec::new();
    if rng.int(2) == 1 {
        words.push(pick(&mut rng, &LEADS));
        let number = rng.int(2);
        noun_phrase(&mut rng, &NOUNS, number, &mut words);
    }
    let subject = noun_phrase(&mut rng, &NOUNS, label, &mut words);
    phrases(&mut rng, subject, distance, 0, &mut words);
    Sentence { words, label, distance }
}

/// "the", perhaps an adjective, a noun. Gives the noun.
fn noun_phrase(rng: &mut Rng, nouns: &[Noun], number: usize, words: &mut Vec<&'static str>) -> Noun {
    words.push("the");
    if rng.int(3) == 0 {
        words.push(pick(rng, &ADJECTIVES));
    }
    let noun = pick(rng, nouns);
    words.push(noun.forms[number]);
    noun
}

/// `count` phrases after a noun: "near the towers …" or "that the pilot … repaired", each with a noun of random number.
fn phrases(rng: &mut Rng, noun: Noun, count: usize, nesting: usize, words: &mut Vec<&'static str>) {
    if count == 0 {
        return;
    }
    let mut left = count - 1;
    if nesting < MAX_NESTING && rng.int(2) == 1 {
        words.push("that");
        let number = rng.int(2);
        let person = noun_phrase(rng, &NOUNS[PERSONS_FROM..], number, words);
        let within = rng.int(left + 1);
        phrases(rng, person, within, nesting + 1, words);
        words.push(pick(rng, &verbs(noun.class)));
        left -= within;
        if left == 0 {
            return;
        }
        // What follows the clause's verb says where it was done.
        left -= 1;
    }
    words.push(pick(rng, &PREPOSITIONS));
    let number = rng.int(2);
    let place = noun_phrase(rng, &NOUNS, number, words);
    phrases(rng, place, left, nesting, words);
}

#[cfg(test)]
mod tests {
    use super::super::sentence::balanced;
    use super::*;

    fn number(word: &str) -> Option<usize> {
        NOUNS.iter().find_map(|noun| noun.forms.iter().position(|&form| form == word))
    }

    /// The subject's number, found by reading and not by generating: the first noun, unless the sentence begins with a
    /// preposition, whose own noun comes first.
    fn subject(words: &[&str]) -> Option<usize> {
        let mut nouns = words.iter().filter_map(|word| number(word));
        if LEADS.contains(&words[0]) { nouns.nth(1) } else { nouns.next() }
    }

    #[test]
    fn the_label_is_the_subjects_number() {
        for sentence in balanced(sample, 1, 400) {
            assert_eq!(subject(&sentence.words), Some(sentence.label), "{:?}", sentence.words);
        }
        for example in SPEC.examples {
            let words: Vec<&str> = example.text.split(' ').collect();
            assert_eq!(subject(&words), Some(example.label), "{}", example.text);
        }
    }

    #[test]
    fn every_phrase_brings_one_noun_after_the_subject() {
        for sentence in balanced(sample, 2, 200) {
            let nouns = sentence.words.iter().filter(|word| number(word).is_some()).count();
            let lead = usize::from(LEADS.contains(&sentence.words[0]));
            assert_eq!(nouns, 1 + lead + sentence.distance, "{:?}", sentence.words);
        }
    }

    #[test]
    fn every_clause_is_closed_by_a_verb() {
        let is_verb = |word: &&&str| [Class::Instrument, Class::Place, Class::Person].iter().any(|&class| verbs(class).contains(word));
        for sentence in balanced(sample, 5, 200) {
            let opened = sentence.words.iter().filter(|&&word| word == "that").count();
            let closed = sentence.words.iter().filter(is_verb).count();
            assert_eq!(opened, closed, "{:?}", sentence.words);
        }
    }

    #[test]
    fn the_nearest_noun_tells_nothing() {
        let sentences: Vec<_> = balanced(sample, 7, 2000).into_iter().filter(|s| s.distance > 0).collect();
        let right = sentences.iter().filter(|s| s.words.iter().rev().find_map(|word| number(word)) == Some(s.label)).count();
        let share = right as f64 / sentences.len() as f64;
        // Five standard deviations of a fair coin thrown 12,000 times.
        assert!((share - 0.5).abs() < 0.023, "the last noun is right in {share}");
    }

    #[test]
    fn persons_are_where_the_table_says() {
        assert!(NOUNS[PERSONS_FROM..].iter().all(|noun| noun.class == Class::Person));
        assert!(NOUNS[..PERSONS_FROM].iter().all(|noun| noun.class != Class::Person));
    }
}
