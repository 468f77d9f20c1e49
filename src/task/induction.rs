//! Induction heads: what followed the sign, when it stood here before?

use super::generated::{Column, Rule, digits, generated};
use super::options::{Chosen, SEED, whole};
use super::{Answers, Baseline, Batch, Data, Form, Inputs, Kind, Part, Published, SUGGESTION, Spec, Suggestion, Task, Trust};
use crate::error::Result;
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "induction",
    title: "Induction heads",
    text: "Among random symbols a sign stands once, and again at the very end: the answer is the symbol that followed it the first \
           time. Validated on longer sequences than it was trained on.",
    kind: Kind::Classification,
    input: "random symbols with the sign at a random place and at the end, as token ids: T×B",
    target: "at the last step, the symbol after the first sign",
    labels: &[],
    examples: &[],
    metric: "accuracy, at the length that is validated",
    baseline: "guessing among the symbols",
    published: &[Published {
        text: "16 symbols, trained at T = 256: Mamba near 100 % up to T = 1,048,576; attention with absolute positions fails beyond \
               the length it was trained on",
        source: "Gu & Dao 2023",
        trust: Trust::Reported,
    }],
    sources: &[
        "C. Olsson et al.: In-context Learning and Induction Heads. 2022",
        "A. Gu, T. Dao: Mamba: Linear-Time Sequence Modeling with Selective State Spaces. 2023",
    ],
    options: &[
        whole("length", "Length in training", [4, 1024, 32], "Steps of the training sequences."),
        whole("testLength", "Length validated", [4, 2048, 64], "Steps of the sequences that are validated."),
        whole("vocabulary", "Symbols", [2, 256, 16], "How many different symbols there are, the sign not counted."),
        SEED,
    ],
    data: None,
    suggestion: Suggestion { cell: "gru", hidden: 64, batch: 64, updates: 3000, ..SUGGESTION },
    make,
};

struct Induction {
    length: usize,
    test_length: usize,
    vocabulary: usize,
}

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    let (length, test_length) = (chosen.whole("length"), chosen.whole("testLength"));
    Ok(generated(chosen, Box::new(Induction { length, test_length, vocabulary: chosen.whole("vocabulary") })))
}

impl Rule for Induction {
    fn form(&self) -> Form {
        let (inputs, answers) = (Inputs::Tokens { vocabulary: self.vocabulary + 1 }, Answers::Classes { count: self.vocabulary });
        Form { inputs, answers, steps: self.length.max(self.test_length), last_only: true, streams: false }
    }

    fn length(&self, part: Part, _: &mut Rng) -> usize {
        if part == Part::Train { self.length } else { self.test_length }
    }

    fn draw(&self, rng: &mut Rng, to: &mut Column<'_>) {
        for t in 0..to.steps {
            to.put(t, rng.int(self.vocabulary));
        }
        let sign = rng.int(to.steps - 2);
        to.put(sign, self.vocabulary);
        to.put(to.steps - 1, self.vocabulary);
        to.ask(to.steps - 1, to.token(sign + 1));
    }

    fn baselines(&self, _: &Batch) -> Vec<Baseline> {
        let n = self.vocabulary as f64;
        vec![Baseline::exact("guessing", libm::log(n), 100.0 / n)]
    }

    fn token(&self, id: u32) -> Option<String> {
        if id as usize == self.vocabulary { Some("sign".into()) } else { self.class(id) }
    }

    fn class(&self, id: u32) -> Option<String> {
        digits(id, self.vocabulary)
    }
}
