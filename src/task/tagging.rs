//! Tagging: what each word is, which only the words after it tell.
//!
//! "the river bridge" is about a bridge, "the bridge garden" about a garden: every noun of this grammar may also stand before
//! another one and only describe it. "the pilot trained near the bridge" tells what the pilot did, unless the sentence goes on:
//! "the pilot trained near the bridge slept". Both are drawn by a coin that falls after the word, so that a reader from left to right
//! can do no better than guess there, and one from right to left knows.

use super::options::Chosen;
use super::sentence::{MAX_DISTANCE, SEED, pick};
use super::sentences::{self, Sentences, Set, per_distance};
use super::{Data, Kind, Part, Published, Spec, Task, Trust};
use crate::error::Result;
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "tagging",
    title: "Tagging: what each word is",
    text: "Every word gets a tag, and half of the words can only be tagged by what comes after them: “the river bridge”, “the bridge \
           garden”. A network in two directions reads both ways and wins; one direction has to guess.",
    kind: Kind::Classification,
    input: "the words of a sentence, as token ids: T×B",
    target: "for every word its tag",
    labels: &["determiner", "modifier", "noun", "preposition", "verb", "participle"],
    examples: &[],
    metric: "accuracy over all words",
    baseline: "the most frequent tag of each word; the best that one direction can do",
    published: &[Published {
        text: "on real English (parts of speech): LSTM of 32 units in one direction 86.4 %, in both 88.6–89.3 %",
        source: "PyTorch, UD English EWT, two seeds",
        trust: Trust::Measured,
    }],
    sources: &[
        "T. G. Bever: The Cognitive Basis for Linguistic Structures. 1970 (the horse raced past the barn fell)",
        "a grammar of our own",
    ],
    options: sentences::OPTIONS,
    data: None,
    suggestion: sentences::SUGGESTION,
    make,
};

const DETERMINER: u32 = 0;
const MODIFIER: u32 = 1;
const NOUN: u32 = 2;
const PREPOSITION: u32 = 3;
const VERB: u32 = 4;
const PARTICIPLE: u32 = 5;

const PERSONS: [&str; 6] = ["pilot", "sailor", "guard", "student", "engineer", "singer"];
/// Each may be what a phrase is about, or describe it.
const THINGS: [&str; 12] =
    ["river", "bridge", "garden", "stone", "winter", "station", "tower", "glass", "harbor", "island", "market", "school"];
/// Past tense and participle in one form.
const EITHER: [&str; 6] = ["trained", "painted", "called", "guarded", "dressed", "taught"];
/// Past tense only.
const FINITE: [&str; 6] = ["slept", "sang", "fell", "left", "smiled", "waited"];
const PREPOSITIONS: [&str; 6] = ["near", "behind", "beside", "opposite", "on", "by"];

/// All words; a word's id is its place.
const WORDS: [&str; 38] = {
    let mut all = ["<pad>"; 38];
    all[1] = "the";
    let lists: [&[&str]; 5] = [&PERSONS, &THINGS, &EITHER, &FINITE, &PREPOSITIONS];
    let (mut list, mut at) = (0, 2);
    while list < 5 {
        let mut k = 0;
        while k < lists[list].len() {
            all[at] = lists[list][k];
            (k, at) = (k + 1, at + 1);
        }
        list += 1;
    }
    all
};

/// The most things that describe another.
const MAX_MODIFIERS: usize = 3;

/// A sentence: each word's id and tag, and how many of the tags could as well have been another one for all that stood before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tagged {
    pub words: Vec<u32>,
    pub tags: Vec<u32>,
    pub undecided: usize,
}

impl Tagged {
    fn push(&mut self, word: &str, tag: u32) {
        self.words.push(WORDS.iter().position(|w| *w == word).unwrap_or(0) as u32);
        self.tags.push(tag);
    }

    /// "near the harbor market": after each thing a coin says whether another follows, which makes it a modifier.
    fn phrase(&mut self, rng: &mut Rng) {
        self.push(pick(rng, &PREPOSITIONS), PREPOSITION);
        self.push("the", DETERMINER);
        for _ in 0..MAX_MODIFIERS {
            let word = pick(rng, &THINGS);
            let last = rng.int(2) == 0;
            self.push(word, if last { NOUN } else { MODIFIER });
            self.undecided += 1;
            if last {
                return;
            }
        }
        self.push(pick(rng, &THINGS), NOUN);
    }
}

/// Sentence `i` of a seed with `distance` phrases between the verb and the end, at most [`MAX_DISTANCE`]. The order of draws is part
/// of the definition.
pub fn sample(seed: u64, i: u64, distance: usize) -> Tagged {
    let mut rng = Rng::sample(seed, i);
    let rng = &mut rng;
    let mut sentence = Tagged::default();
    if rng.int(3) == 0 {
        sentence.phrase(rng);
    }
    sentence.push("the", DETERMINER);
    sentence.push(pick(rng, &PERSONS), NOUN);
    let goes_on = rng.int(2) == 1;
    sentence.push(pick(rng, &EITHER), if goes_on { PARTICIPLE } else { VERB });
    sentence.undecided += 1;
    for _ in 0..distance.min(MAX_DISTANCE) {
        sentence.phrase(rng);
    }
    if goes_on {
        sentence.push(pick(rng, &FINITE), VERB);
    }
    sentence
}

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    let mut undecided = [vec![], vec![], vec![]];
    let sets = Part::ALL.map(|part| {
        let mut set = Set::default();
        let per_distance = per_distance(chosen, part);
        for i in 0..per_distance * (chosen.whole("distance") + 1) {
            let sentence = sample(part.seed(SEED), i as u64, i / per_distance);
            set.push(sentence.words.into_iter(), sentence.tags.into_iter());
            undecided[part as usize].push(sentence.undecided as u32);
        }
        set
    });
    Ok(Sentences::every_word(&SPEC, &WORDS, SPEC.labels, sets, undecided))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(seed: u64) -> impl Iterator<Item = Tagged> {
        (0..2000).map(move |i| sample(seed, i, i as usize % 7))
    }

    fn is_in(list: &[&str], word: u32) -> bool {
        list.contains(&WORDS[word as usize])
    }

    /// The tags, found by reading from right to left and not by generating.
    fn read(words: &[u32]) -> Vec<u32> {
        let mut tags: Vec<u32> = vec![];
        for (k, word) in words.iter().enumerate().rev() {
            let after = words.get(k + 1);
            let goes_on = words[k..].iter().any(|w| is_in(&FINITE, *w));
            tags.push(match *word {
                1 => DETERMINER,
                w if is_in(&PERSONS, w) => NOUN,
                w if is_in(&THINGS, w) => {
                    if after.is_some_and(|w| is_in(&THINGS, *w)) {
                        MODIFIER
                    } else {
                        NOUN
                    }
                }
                w if is_in(&EITHER, w) => {
                    if goes_on {
                        PARTICIPLE
                    } else {
                        VERB
                    }
                }
                w if is_in(&FINITE, w) => VERB,
                _ => PREPOSITION,
            });
        }
        tags.reverse();
        tags
    }

    #[test]
    fn the_tags_are_what_reading_from_the_right_gives() {
        for sentence in all(1) {
            assert_eq!(read(&sentence.words), sentence.tags);
            assert!(sentence.words.iter().all(|w| *w > 0 && (*w as usize) < WORDS.len()));
        }
    }

    #[test]
    fn every_word_stands_once_in_the_list() {
        assert!(WORDS.iter().enumerate().all(|(k, word)| !WORDS[..k].contains(word)));
        let used: Vec<u32> = all(2).flat_map(|s| s.words).collect();
        assert!((1..WORDS.len() as u32).all(|word| used.contains(&word)));
    }

    #[test]
    fn what_stands_before_tells_nothing_about_the_undecided() {
        // A thing is a modifier as often as not, whatever its word and however many things stand before it, up to the last that can.
        for run in 0..MAX_MODIFIERS {
            let (mut modifiers, mut n) = (0.0, 0.0);
            for s in all(3) {
                for k in 0..s.words.len() {
                    let before = s.words[..k].iter().rev().take_while(|w| is_in(&THINGS, **w)).count();
                    if is_in(&THINGS, s.words[k]) && before == run {
                        n += 1.0;
                        modifiers += f64::from(u8::from(s.tags[k] == MODIFIER));
                    }
                }
            }
            // Five standard deviations of a fair coin.
            assert!((modifiers - 0.5 * n).abs() < 2.5 * f64::sqrt(n), "{run}: {modifiers} of {n}");
        }
        let participles = all(4).filter(|s| s.tags.contains(&PARTICIPLE)).count();
        assert!(participles.abs_diff(1000) < 112, "{participles}");
    }

    #[test]
    fn longer_distances_make_longer_sentences() {
        let mean = |distance| (0..500).map(|i| sample(5, i, distance).words.len()).sum::<usize>() as f64 / 500.0;
        assert!((1..=MAX_DISTANCE).all(|d| mean(d) > mean(d - 1) + 3.0));
        assert_eq!(sample(5, 0, 99), sample(5, 0, MAX_DISTANCE));
    }
}
