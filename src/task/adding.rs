//! The adding problem: the sum of two marked numbers among many.

use super::generated::{Column, Rule, generated};
use super::options::{Chosen, SEED, choice, value, whole};
use super::score::squares;
use super::{Answers, Baseline, Batch, Data, Form, Inputs, Kind, Part, Published, SUGGESTION, Spec, Suggestion, Task, Trust};
use crate::error::{Code, Error, Result};
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "adding",
    title: "Adding problem",
    text: "Two of many numbers are marked, and their sum is asked at the end: both must be kept through all that comes between. \
           A network that remembers nothing answers the mean and stays on its line.",
    kind: Kind::Regression,
    input: "at every step a number and a mark: T×B×2",
    target: "at the last step, the sum of the two marked numbers",
    labels: &[],
    examples: &[],
    metric: "mean square error; solved below 0.01",
    baseline: "always the mean: 1/6 (variant a: nearly 1/24)",
    published: &[
        Published {
            text: "LSTM gets below 0.167 up to T = 750; the tanh RNN never does at the longer lengths",
            source: "Arjovsky et al. 2016",
            trust: Trust::Reported,
        },
        Published { text: "the tanh RNN stays at the guesser from about T = 150 on", source: "Le et al. 2015", trust: Trust::Reported },
        Published {
            text: "variant a: an LSTM of 93 weights solves T = 100 after 74,000 sequences",
            source: "Hochreiter & Schmidhuber 1997",
            trust: Trust::Reported,
        },
        Published {
            text: "T = 100, 64 units: GRU below 0.005 after 1,000 updates, LSTM after 2,400, tanh RNN at the guesser after 3,200",
            source: "PyTorch, Adam 2e-3, batch 64, one seed",
            trust: Trust::Measured,
        },
    ],
    sources: &[
        "S. Hochreiter, J. Schmidhuber: Long Short-Term Memory. Neural Computation 1997",
        "M. Arjovsky, A. Shah, Y. Bengio: Unitary Evolution Recurrent Neural Networks. ICML 2016",
        "Q. V. Le, N. Jaitly, G. E. Hinton: A Simple Way to Initialize Recurrent Networks of Rectified Linear Units. 2015",
    ],
    options: &[
        whole("length", "Length T", [2, 2000, 100], "Steps of a sequence: the longer, the longer the numbers have to be kept."),
        choice(
            "variant",
            "Variant",
            &[
                value("c", "one mark in each half, numbers from 0 to 1 (Arjovsky et al. 2016)"),
                value("b", "marks anywhere, numbers from 0 to 1 (Le et al. 2015)"),
                value("a", "early marks, numbers from −1 to 1, T to 1.1 T steps (Hochreiter & Schmidhuber 1997)"),
            ],
            "Where the marks stand and how large the numbers are.",
        ),
        SEED,
    ],
    data: None,
    suggestion: Suggestion { hidden: 64, batch: 64, updates: 2500, ..SUGGESTION },
    make,
};

struct Adding {
    steps: usize,
    variant: Variant,
}

#[derive(Clone, Copy, PartialEq)]
enum Variant {
    A,
    B,
    C,
}

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    let variant = match chosen.text("variant") {
        "a" => Variant::A,
        "b" => Variant::B,
        _ => Variant::C,
    };
    let steps = chosen.whole("length");
    if variant == Variant::A && steps < 10 {
        return Err(Error::new(Code::OutOfRange, format!("length is {steps}; expected at least 10 in variant a, which marks early steps")));
    }
    Ok(generated(chosen, Box::new(Adding { steps, variant })))
}

impl Adding {
    /// The steps of the two marks.
    fn marks(&self, rng: &mut Rng) -> (usize, usize) {
        // The second mark of variants a and b is one of the others: numbers from the first one on move up by one.
        let other = |first: usize, draw: usize| (first, draw + usize::from(draw >= first));
        let half = self.steps / 2;
        match self.variant {
            Variant::C => (rng.int(half), half + rng.int(self.steps - half)),
            Variant::B => other(rng.int(self.steps), rng.int(self.steps - 1)),
            // (Of short sequences the first half has no ten steps.)
            Variant::A => other(rng.int(10.min(half - 1)), rng.int(half - 2)),
        }
    }

    /// Variant a: two numbers of variance 1/3 over 4 would make 1/24, less where the first step is marked and does not count.
    fn spread_of_a(&self) -> f64 {
        let first = 1.0 / 10.min(self.steps / 2 - 1) as f64;
        let either = first + (1.0 - first) / (self.steps / 2 - 2) as f64;
        (2.0 - either) / 48.0
    }

    /// What a network that learned nothing but the mean answers.
    fn mean(&self) -> f64 {
        if self.variant == Variant::A { 0.5 } else { 1.0 }
    }
}

impl Rule for Adding {
    fn form(&self) -> Form {
        let longest = if self.variant == Variant::A { self.steps + self.steps / 10 } else { self.steps };
        let (inputs, answers) = (Inputs::Numbers { width: 2 }, Answers::Numbers { width: 1 });
        Form { inputs, answers, steps: longest, last_only: true, streams: false }
    }

    fn length(&self, _: Part, rng: &mut Rng) -> usize {
        if self.variant == Variant::A { self.steps + rng.int(self.steps / 10 + 1) } else { self.steps }
    }

    fn draw(&self, rng: &mut Rng, to: &mut Column<'_>) {
        // The sum is formed of the numbers as drawn, before they are rounded to f32: they are drawn once more for it.
        let mut again = rng.clone();
        let number = |rng: &mut Rng| if self.variant == Variant::A { 2.0 * rng.u() - 1.0 } else { rng.u() };
        for t in 0..to.steps {
            *to.number(t, 0) = number(rng) as f32;
        }
        let (i, j) = self.marks(rng);
        let mut sum = 0.0;
        for t in 0..to.steps {
            let drawn = number(&mut again);
            if t == i || t == j {
                *to.number(t, 1) = 1.0;
                // In variant a the first step's number does not count.
                sum += if self.variant == Variant::A && t == 0 { 0.0 } else { drawn };
            }
        }
        let last = to.steps - 1;
        if self.variant == Variant::A {
            (*to.number(0, 1), *to.number(last, 1)) = (-1.0, -1.0);
            sum = 0.5 + sum / 4.0;
        }
        to.ask_number(last, sum);
    }

    fn baselines(&self, examples: &Batch) -> Vec<Baseline> {
        let mean = self.mean();
        let score = squares(examples, &vec![mean as f32; examples.size], true, 1.0);
        let measured = score.sum / score.count.max(1.0);
        let (name, exact) = if self.variant == Variant::A { ("always 0.5", self.spread_of_a()) } else { ("always 1", 1.0 / 6.0) };
        let solved = Baseline { source: "a convention: papers show curves".into(), ..Baseline::exact("solved", 0.01, 0.01) };
        let mut lines =
            vec![Baseline::exact(name, exact, exact), Baseline::measured(format!("{name}, on these examples"), Some(measured), measured)];
        if self.variant != Variant::A {
            lines.push(solved);
        }
        lines
    }
}
