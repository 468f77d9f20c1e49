//! Parity: whether the ones so far are even or odd.

use super::generated::{Column, Rule, generated};
use super::options::{Chosen, SEED, choice, value, whole};
use super::{Answers, Baseline, Batch, Data, Form, Inputs, Kind, Part, Published, SUGGESTION, Spec, Suggestion, Task, Trust};
use crate::error::Result;
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "parity",
    title: "Parity",
    text: "A state with two values that every 1 turns over: the smallest machine that a recurrent network can be. Whoever learns the \
           rule on short sequences has it for all lengths, which is what is validated.",
    kind: Kind::Classification,
    input: "bits, as token ids: T×B",
    target: "whether the number of ones is even or odd",
    labels: &["even", "odd"],
    examples: &[],
    metric: "accuracy, at lengths that were never seen in training",
    baseline: "guessing: 50 %",
    published: &[
        Published {
            text: "RNN and LSTM 100 % at all lengths to 500, trained on up to 40; transformers at chance",
            source: "Delétang et al. 2023",
            trust: Trust::Reported,
        },
        Published {
            text: "linear recurrences whose transitions have positive eigenvalues only cannot solve it in finite precision",
            source: "Grazzi et al. 2025",
            trust: Trust::Exact,
        },
        Published {
            text: "running, 32 units: GRU and LSTM 100 % at length 256 after 400 updates, tanh RNN 90 % after 6,000",
            source: "PyTorch, Adam 2e-3, batch 64, one seed",
            trust: Trust::Measured,
        },
    ],
    sources: &[
        "G. Delétang et al.: Neural Networks and the Chomsky Hierarchy. ICLR 2023",
        "R. Grazzi et al.: Unlocking State-Tracking in Linear RNNs Through Negative Eigenvalues. ICLR 2025",
    ],
    options: &[
        whole("length", "Longest in training", [2, 500, 40], "Training sequences have at most so many bits."),
        choice(
            "lengths",
            "Lengths in training",
            &[value("mixed", "1 to the longest"), value("fixed", "all the longest")],
            "Whether training sequences have every length or one.",
        ),
        whole("testLength", "Length validated", [2, 1000, 100], "Sequences that are validated have so many bits."),
        choice(
            "answers",
            "Asked",
            &[value("running", "at every step"), value("last", "at the last step")],
            "At every step the state is shown to the network as it changes, which it learns far faster.",
        ),
        SEED,
    ],
    data: None,
    suggestion: Suggestion { batch: 64, updates: 500, ..SUGGESTION },
    make,
};

struct Parity {
    length: usize,
    mixed: bool,
    test_length: usize,
    running: bool,
}

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    let rule = Parity {
        length: chosen.whole("length"),
        mixed: chosen.text("lengths") == "mixed",
        test_length: chosen.whole("testLength"),
        running: chosen.text("answers") == "running",
    };
    Ok(generated(chosen, Box::new(rule)))
}

impl Rule for Parity {
    fn form(&self) -> Form {
        let (inputs, answers) = (Inputs::Tokens { vocabulary: 2 }, Answers::Classes { count: 2 });
        let steps = self.length.max(self.test_length);
        Form { inputs, answers, steps, last_only: !self.running, streams: false }
    }

    fn length(&self, part: Part, rng: &mut Rng) -> usize {
        match part {
            Part::Train if self.mixed => 1 + rng.int(self.length),
            Part::Train => self.length,
            Part::Valid | Part::Test => self.test_length,
        }
    }

    fn draw(&self, rng: &mut Rng, to: &mut Column<'_>) {
        let mut odd = 0;
        for t in 0..to.steps {
            let bit = rng.int(2);
            odd ^= bit;
            to.put(t, bit);
            if self.running || t + 1 == to.steps {
                to.ask(t, odd);
            }
        }
    }

    fn baselines(&self, _: &Batch) -> Vec<Baseline> {
        vec![Baseline::exact("guessing", libm::log(2.0), 50.0)]
    }

    fn token(&self, id: u32) -> Option<String> {
        ["0", "1"].get(id as usize).map(|bit| bit.to_string())
    }

    fn class(&self, id: u32) -> Option<String> {
        SPEC.labels.get(id as usize).map(|label| label.to_string())
    }
}
