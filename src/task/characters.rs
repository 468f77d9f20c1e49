//! The next character of a text, as a person writes it.

use super::options::{Chosen, whole};
use super::score::nats;
use super::{
    Answers, Baseline, Batch, Data, DataKind, Form, Inputs, Kind, Part, Published, SUGGESTION, Score, Spec, Suggestion, Task, Trust,
    missing, no_example,
};
use crate::error::{Code, Error, Result};

pub const SPEC: Spec = Spec {
    name: "characters",
    title: "Next character of a text",
    text: "One character after the other of a text, and each time the next one is asked. First the network learns how often each letter \
           comes, then which follow each other, then words. Paste a text of your own; a short one is soon learned by heart.",
    kind: Kind::Classification,
    input: "characters, as token ids: T×B",
    target: "at every step, the next character",
    labels: &[],
    examples: &[],
    metric: "bits a character (the loss is in nats: a bit is 0.693 nats)",
    baseline: "how often each character follows the one or two before it, counted in the training part",
    published: &[Published {
        text: "250 KB of Shakespeare, one layer of 128, 1,500 updates: tanh RNN 2.32, GRU 2.19, LSTM 2.22 bits; counts of the four \
               characters before 2.25",
        source: "PyTorch, one seed",
        trust: Trust::Measured,
    }],
    sources: &[
        "A. Karpathy: The Unreasonable Effectiveness of Recurrent Neural Networks. 2015",
        "I. H. Witten, T. C. Bell: The Zero-Frequency Problem. IEEE Transactions on Information Theory 1991 (the counts)",
    ],
    options: &[whole("length", "Characters read", [8, 500, 64], "Steps of an example.")],
    data: Some(DataKind::Text),
    suggestion: Suggestion { hidden: 64, learning_rate: 3e-3, updates: 500, ..SUGGESTION },
    make,
};

/// The longest text, in characters.
pub const MAX_TEXT: usize = 2_000_000;
/// Different characters that are told apart; rarer ones are all read as [`OTHER`].
const MAX_CHARACTERS: usize = 255;
const OTHER: char = '\u{fffd}';
/// Every code that a character can have.
const CODES: usize = 0x11_0000;

struct Characters {
    /// A character's id is its place. The first stands for all others.
    alphabet: Vec<char>,
    ids: Vec<u32>,
    /// Where validation and test begin.
    from: [usize; 4],
    length: usize,
}

fn make(chosen: &Chosen<'_>, data: &Data) -> Result<Box<dyn Task>> {
    let text = data.text.as_ref().ok_or_else(|| missing(&SPEC, "text"))?;
    Ok(Box::new(Characters::new(text, chosen.whole("length"))?))
}

impl Characters {
    /// Line ends of any kind are read as one character.
    fn new(text: &str, length: usize) -> Result<Self> {
        let mut characters = vec![];
        let mut last = ' ';
        for c in text.strip_prefix('\u{feff}').unwrap_or(text).chars() {
            if !(last == '\r' && c == '\n') {
                characters.push(if c == '\r' { '\n' } else { c });
            }
            last = c;
        }
        let count = characters.len();
        // The last tenth has to hold one example and the character after it.
        let needed = 10 * (length + 1);
        if !(needed..=MAX_TEXT).contains(&count) {
            let message = format!("the text has {count} characters; expected {needed} to {MAX_TEXT} for examples of {length}");
            return Err(Error::new(Code::OutOfRange, message));
        }
        let alphabet = alphabet(&characters);
        let mut id_of = vec![0; CODES];
        for (id, c) in alphabet.iter().enumerate().skip(1) {
            id_of[*c as usize] = id as u32;
        }
        let ids = characters.iter().map(|c| id_of[*c as usize]).collect();
        Ok(Self { alphabet, ids, from: [0, count * 8 / 10, count * 9 / 10, count], length })
    }

    fn range(&self, part: Part) -> std::ops::Range<usize> {
        self.from[part as usize]..self.from[part as usize + 1]
    }

    /// Characters from one example to the next: training begins anywhere, what is validated is asked once.
    fn stride(&self, part: Part) -> usize {
        if part == Part::Train { 1 } else { self.length }
    }

    fn write(&self, first: usize, b: usize, batch: &mut Batch) {
        for t in 0..batch.steps {
            let place = t * batch.size + b;
            batch.tokens[place] = self.ids[first + t];
            batch.classes[place] = self.ids[first + t + 1];
            batch.counts[place] = true;
        }
    }

    /// Where an example begins.
    fn first(&self, part: Part, index: u64) -> Result<usize> {
        let count = self.count(part);
        let k = usize::try_from(index).ok().filter(|k| *k < count).ok_or_else(|| no_example(part, index, count))?;
        Ok(self.range(part).start + k * self.stride(part))
    }

    fn count(&self, part: Part) -> usize {
        (self.range(part).len() - self.length - 1) / self.stride(part) + 1
    }
}

/// The characters of a text, by how often they come; at most [`MAX_CHARACTERS`] and the one for all others.
fn alphabet(characters: &[char]) -> Vec<char> {
    let mut counts = vec![0u32; CODES];
    characters.iter().for_each(|c| counts[*c as usize] += 1);
    let mut found: Vec<(char, u32)> = ('\0'..=char::MAX).map(|c| (c, counts[c as usize])).filter(|(_, count)| *count > 0).collect();
    let mut alphabet = vec![OTHER];
    while !found.is_empty() && alphabet.len() <= MAX_CHARACTERS {
        let most = (1..found.len()).fold(0, |most, k| if found[k].1 > found[most].1 { k } else { most });
        alphabet.push(found.swap_remove(most).0);
    }
    alphabet
}

/// How often each character follows `order` others, interpolated with shorter contexts (Witten & Bell).
struct Counts {
    classes: usize,
    /// For each length of context: contexts × characters.
    tables: Vec<Vec<u32>>,
}

impl Counts {
    /// As long contexts as fit a table of four million numbers, two at most.
    fn of(ids: &[u32], classes: usize) -> Self {
        let orders = (0..3u32).filter(|order| classes.pow(order + 1) <= 1 << 22);
        let table = |order: u32| {
            let mut counts = vec![0; classes.pow(order + 1)];
            for k in order as usize..ids.len() {
                counts[place(&ids[k - order as usize..=k], classes)] += 1;
            }
            counts
        };
        Self { classes, tables: orders.map(table).collect() }
    }

    /// The probability of the last of these characters after the others, from contexts of `order` characters and shorter ones.
    fn probability(&self, ids: &[u32], order: usize) -> f64 {
        let mut p = 1.0 / self.classes as f64;
        for n in 0..=order.min(ids.len() - 1) {
            let at = place(&ids[ids.len() - 1 - n..], self.classes);
            let row = &self.tables[n][at - at % self.classes..][..self.classes];
            let total: u32 = row.iter().sum();
            let kinds = row.iter().filter(|count| **count > 0).count() as f64;
            if total > 0 {
                p = (f64::from(row[at % self.classes]) + kinds * p) / (f64::from(total) + kinds);
            }
        }
        p
    }
}

/// Where a context and the character after it stand in their table.
fn place(ids: &[u32], classes: usize) -> usize {
    ids.iter().fold(0, |place, id| place * classes + *id as usize)
}

impl Task for Characters {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn form(&self) -> Form {
        let n = self.alphabet.len();
        let (inputs, answers) = (Inputs::Tokens { vocabulary: n }, Answers::Classes { count: n });
        Form { inputs, answers, steps: self.length, last_only: false, streams: true }
    }

    fn examples(&self, part: Part) -> Option<usize> {
        Some(self.count(part))
    }

    fn fill(&self, part: Part, indices: &[u64], batch: &mut Batch) -> Result<()> {
        for index in indices {
            self.first(part, *index)?;
        }
        batch.reset(&self.form(), self.length, indices.len());
        for (b, index) in indices.iter().enumerate() {
            self.write(self.first(part, *index)?, b, batch);
        }
        Ok(())
    }

    /// The part in `size` pieces of the same length, read side by side.
    fn stream(&self, part: Part, k: usize, steps: usize, size: usize, batch: &mut Batch) -> Result<bool> {
        let range = self.range(part);
        let piece = (range.len() - 1) / size.max(1);
        if (k + 1) * steps > piece {
            return Ok(false);
        }
        batch.reset(&self.form(), steps, size);
        for b in 0..size {
            self.write(range.start + b * piece + k * steps, b, batch);
        }
        Ok(true)
    }

    fn score(&self, batch: &Batch, predictions: &[f32], per_example: bool) -> Score {
        nats(batch, predictions, per_example)
    }

    fn metric(&self, mean: f64) -> f64 {
        mean / std::f64::consts::LN_2
    }

    fn unit(&self) -> &str {
        "bits"
    }

    fn one_direction(&self) -> bool {
        true
    }

    fn baselines(&self, part: Part, indices: &[u64]) -> Result<Vec<Baseline>> {
        let counts = Counts::of(&self.ids[self.range(Part::Train)], self.alphabet.len());
        let names = ["how often each character comes", "the character before", "the two characters before"];
        let mut lines = vec![];
        for (order, name) in names.iter().enumerate().take(counts.tables.len()) {
            let (mut sum, mut n) = (0.0, 0.0);
            for index in indices {
                let first = self.first(part, *index)?;
                for at in first + 1..=first + self.length {
                    sum -= libm::log(counts.probability(&self.ids[at.saturating_sub(order)..=at], order));
                    n += 1.0;
                }
            }
            let mean = sum / f64::max(n, 1.0);
            lines.push(Baseline::measured(*name, Some(mean), self.metric(mean)));
        }
        Ok(lines)
    }

    fn token(&self, id: u32) -> Option<String> {
        self.alphabet.get(id as usize).map(|c| c.to_string())
    }

    fn class(&self, id: u32) -> Option<String> {
        self.token(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(text: &str) -> Characters {
        Characters::new(text, 8).expect("a text that is long enough")
    }

    #[test]
    fn characters_are_known_by_how_often_they_come_and_line_ends_are_one() {
        let task = task(&format!("\u{feff}{}", "aaab\r\na\rb\n".repeat(20)));
        assert_eq!(task.alphabet, [OTHER, 'a', '\n', 'b'][..]);
        assert_eq!(task.ids[..8], [1, 1, 1, 3, 2, 1, 2, 3]);
    }

    #[test]
    fn characters_beyond_the_alphabet_are_read_as_one() {
        let text: String = (0..400u32).filter_map(|k| char::from_u32(0x4e00 + k)).flat_map(|c| [c, 'x', 'x']).collect();
        let task = task(&text);
        assert_eq!(task.alphabet.len(), MAX_CHARACTERS + 1);
        assert_eq!((task.alphabet[1], task.ids[1]), ('x', 1));
        assert_eq!(task.ids.iter().filter(|id| **id == 0).count(), 400 - (MAX_CHARACTERS - 1));
    }

    #[test]
    fn parts_follow_each_other_and_answers_are_the_next_characters() {
        let text: String = (0..500).map(|k| char::from(b'a' + (k * k % 23) as u8)).collect();
        let task = task(&text);
        for part in Part::ALL {
            let range = task.range(part);
            let last = task.count(part) - 1;
            let mut batch = Batch::default();
            task.fill(part, &[0, last as u64], &mut batch).expect("both are there");
            assert_eq!(
                batch.tokens.iter().step_by(2).skip(1).collect::<Vec<_>>(),
                batch.classes.iter().step_by(2).take(7).collect::<Vec<_>>()
            );
            let first = range.start + last * task.stride(part);
            assert!(first + task.length < range.end && first + task.length + task.stride(part) >= range.end, "no character is left out");
        }
    }

    #[test]
    fn what_is_too_short_or_too_long_is_refused_with_what_is_needed() {
        let error = Characters::new("too short", 8).map(|_| ()).expect_err("too short");
        assert!(error.message.contains("has 9 characters; expected 90"), "{error}");
        assert!(Characters::new(&"x".repeat(MAX_TEXT + 1), 8).is_err());
    }

    #[test]
    fn counts_are_probabilities() {
        let task = task(&"the cat sat on the mat and the dog lay on the rug; ".repeat(10));
        let counts = Counts::of(&task.ids, task.alphabet.len());
        for order in 0..3 {
            for context in [[1, 2], [5, 3], [0, 0]] {
                let sum: f64 = (0..task.alphabet.len() as u32).map(|c| counts.probability(&[context[0], context[1], c], order)).sum();
                assert!((sum - 1.0).abs() < 1e-12, "{order}: {sum}");
            }
        }
        let id = |c: char| task.alphabet.iter().position(|a| *a == c).expect("in the text") as u32;
        assert!(counts.probability(&[id('t'), id('h'), id('e')], 2) > 0.9, "after th comes e");
    }
}
