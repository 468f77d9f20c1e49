//! Multi-query associative recall: pairs of keys and values, then each key again, to be answered with its value.

use super::generated::{Column, MAX_CHOSEN, Rule, choose, generated};
use super::options::{Chosen, SEED, TaskOption, Values, whole};
use super::{Answers, Baseline, Batch, Data, Form, Inputs, Kind, Published, SUGGESTION, Spec, Suggestion, Task, Trust};
use crate::error::{Code, Error, Result};
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "mqar",
    title: "Associative recall",
    text: "Pairs of a key and a value are read, then every key comes back once and its value is asked. The state has to hold all the \
           pairs at once: watch the accuracy fall as there are more than it can hold.",
    kind: Kind::Classification,
    input: "D pairs, then fillers with each key once among them, as token ids: N×B",
    target: "at each key that comes back, its value",
    labels: &[],
    examples: &[],
    metric: "accuracy over the keys asked",
    baseline: "guessing: any value, or one of the values seen",
    published: &[Published {
        text: "8,192 tokens, 4 to 64 pairs: attention recalls all of them at width 64; recurrent models and gated convolutions need a \
                   width that grows with the pairs",
        source: "Arora et al. 2023",
        trust: Trust::Reported,
    }],
    sources: &["S. Arora, S. Eyuboglu et al.: Zoology: Measuring and Improving Recall in Efficient Language Models. 2023"],
    options: &[
        whole("length", "Length N", [8, 512, 64], "Steps of a sequence, an even number; at least four for a pair."),
        whole("pairs", "Pairs D", [1, MAX_CHOSEN as u32, 4], "Keys and values to be held at once."),
        whole("vocabulary", "Vocabulary", [8, 1024, 64], "Token ids in all, an even number: half of them keys, half values."),
        TaskOption {
            name: "power",
            title: "When keys come back",
            text: "Near 0 most keys come back soon after the pairs; at 1 anywhere.",
            values: Values::Number { min: 0.01, max: 1.0, default: 0.01 },
        },
        SEED,
    ],
    data: None,
    suggestion: Suggestion { cell: "gru", hidden: 64, batch: 64, updates: 4000, ..SUGGESTION },
    make,
};

struct Recall {
    length: usize,
    pairs: usize,
    vocabulary: usize,
    /// How likely each gap is.
    weights: Vec<f64>,
}

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    let (length, pairs, vocabulary) = (chosen.whole("length"), chosen.whole("pairs"), chosen.whole("vocabulary"));
    let wrong = |message: String| Err(Error::new(Code::OutOfRange, message));
    if length % 2 == 1 || vocabulary % 2 == 1 {
        return wrong(format!("length is {length} and vocabulary {vocabulary}; expected even numbers"));
    }
    if 4 * pairs > length {
        return wrong(format!("length is {length} with {pairs} pairs; expected at least {}, four for a pair", 4 * pairs));
    }
    if pairs >= vocabulary / 2 {
        return wrong(format!("vocabulary is {vocabulary} with {pairs} pairs; expected at least {}", 2 * pairs + 2));
    }
    let power = chosen.number("power") - 1.0;
    let weight = |g: usize| libm::exp(power * libm::log((g + 1) as f64));
    let weights = (0..(length - 2 * pairs) / 2).map(weight).collect();
    Ok(generated(chosen, Box::new(Recall { length, pairs, vocabulary, weights })))
}

impl Recall {
    /// A gap that is not among `taken`, drawn by weight.
    fn gap(&self, rng: &mut Rng, taken: &[usize]) -> usize {
        let free = || self.weights.iter().enumerate().filter(|(g, _)| !taken.contains(g));
        let r = rng.u() * free().map(|(_, weight)| weight).sum::<f64>();
        let (mut sum, mut last) = (0.0, 0);
        for (g, weight) in free() {
            (sum, last) = (sum + weight, g);
            if sum > r {
                break;
            }
        }
        last
    }
}

impl Rule for Recall {
    fn form(&self) -> Form {
        let (inputs, answers) = (Inputs::Tokens { vocabulary: self.vocabulary }, Answers::Classes { count: self.vocabulary });
        Form { inputs, answers, steps: self.length, last_only: false, streams: false }
    }

    fn draw(&self, rng: &mut Rng, to: &mut Column<'_>) {
        let (mut keys, mut values, mut gaps) = ([0; MAX_CHOSEN], [0; MAX_CHOSEN], [0; MAX_CHOSEN]);
        let half = self.vocabulary / 2;
        choose(rng, half - 1, &mut keys[..self.pairs]);
        choose(rng, half, &mut values[..self.pairs]);
        for i in 0..self.pairs {
            let (key, value) = (1 + keys[i], half + values[i]);
            to.put(2 * i, key);
            to.put(2 * i + 1, value);
            gaps[i] = self.gap(rng, &gaps[..i]);
            let t = 2 * self.pairs + 2 * gaps[i];
            to.put(t, key);
            to.ask(t, value);
        }
    }

    fn baselines(&self, _: &Batch) -> Vec<Baseline> {
        let line = |name: &str, n: usize| Baseline::exact(name, libm::log(n as f64), 100.0 / n as f64);
        vec![line("any value", self.vocabulary / 2), line("one of the values seen", self.pairs)]
    }

    fn token(&self, id: u32) -> Option<String> {
        let (id, half) = (id as usize, self.vocabulary / 2);
        match id {
            0 => Some("·".into()),
            _ if id < half => Some(format!("k{id}")),
            _ if id < self.vocabulary => Some(format!("v{}", id - half)),
            _ => None,
        }
    }

    fn class(&self, id: u32) -> Option<String> {
        self.token(id)
    }
}
