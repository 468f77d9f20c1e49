//! Temporal order: which came first, X or Y, among a hundred symbols that mean nothing?

use super::generated::{Column, Rule, generated};
use super::options::{Chosen, SEED, choice, value, whole};
use super::{Answers, Baseline, Batch, Data, Form, Inputs, Kind, Part, Published, SUGGESTION, Spec, Suggestion, Task, Trust};
use crate::error::Result;
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "temporal-order",
    title: "Temporal order",
    text: "Two symbols, X or Y each, stand far apart among others that mean nothing, and at the end their order is asked. How it starts \
           decides: with a forget bias of 1 an LSTM stays at chance, with chrono initialisation it is done in a few hundred updates.",
    kind: Kind::Classification,
    input: "symbols a b c d X Y, E at the beginning and B at the end, as token ids: T×B",
    target: "at the last step, which of X and Y stood where",
    labels: &[],
    examples: &[],
    metric: "accuracy",
    baseline: "guessing: 25 % (6b: 12.5 %)",
    published: &[
        Published {
            text: "an LSTM of 156 weights solves 6a after 31,390 sequences, one of 308 weights 6b after 571,100",
            source: "Hochreiter & Schmidhuber 1997",
            trust: Trust::Reported,
        },
        Published {
            text: "“cannot be solved at all by any other recurrent net learning algorithm we are aware of”",
            source: "Hochreiter & Schmidhuber 1997",
            trust: Trust::Exact,
        },
        Published {
            text: "6a, 32 units: LSTM with chrono initialisation 99.9 % after 300 updates; with forget bias 1, GRU and tanh RNN 25 % after 1,700 to 3,000",
            source: "PyTorch, Adam 5e-3, batch 64, one seed",
            trust: Trust::Measured,
        },
    ],
    sources: &[
        "S. Hochreiter, J. Schmidhuber: Long Short-Term Memory. Neural Computation 1997",
        "C. Tallec, Y. Ollivier: Can Recurrent Neural Networks Warp Time? ICLR 2018",
    ],
    options: &[
        whole("length", "Length T", [20, 1000, 100], "Sequences have T to 1.1 T steps; X and Y stand at 0.1–0.2 T and 0.5–0.6 T."),
        choice(
            "variant",
            "Variant",
            &[value("6a", "two symbols, four orders"), value("6b", "three symbols, eight orders")],
            "How many symbols are to be kept.",
        ),
        SEED,
    ],
    data: None,
    suggestion: Suggestion { batch: 64, learning_rate: 5e-3, updates: 500, ..SUGGESTION },
    make,
};

const SYMBOLS: [&str; 8] = ["a", "b", "c", "d", "X", "Y", "E", "B"];
const X: usize = 4;
const BEGIN: usize = 6;
const END: usize = 7;

struct Order {
    length: usize,
    /// Where X or Y may stand begins at these hundredths of the length, and is a tenth of it wide.
    places: &'static [usize],
}

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    let places: &[usize] = if chosen.text("variant") == "6b" { &[10, 33, 66] } else { &[10, 50] };
    Ok(generated(chosen, Box::new(Order { length: chosen.whole("length"), places })))
}

impl Rule for Order {
    fn form(&self) -> Form {
        let (inputs, answers) = (Inputs::Tokens { vocabulary: SYMBOLS.len() }, Answers::Classes { count: 1 << self.places.len() });
        Form { inputs, answers, steps: self.length + self.length / 10, last_only: true, streams: false }
    }

    fn length(&self, _: Part, rng: &mut Rng) -> usize {
        self.length + rng.int(self.length / 10 + 1)
    }

    fn draw(&self, rng: &mut Rng, to: &mut Column<'_>) {
        let mut at = [0; 3];
        for (at, place) in at.iter_mut().zip(self.places) {
            *at = place * self.length / 100 + rng.int(self.length / 10 + 1);
        }
        to.put(0, BEGIN);
        for t in 1..to.steps - 1 {
            to.put(t, rng.int(4));
        }
        to.put(to.steps - 1, END);
        let mut class = 0;
        for at in &at[..self.places.len()] {
            let y = rng.int(2);
            to.put(*at, X + y);
            class = 2 * class + y;
        }
        to.ask(to.steps - 1, class);
    }

    fn baselines(&self, _: &Batch) -> Vec<Baseline> {
        let n = f64::from(1 << self.places.len());
        vec![Baseline::exact("guessing", libm::log(n), 100.0 / n)]
    }

    fn token(&self, id: u32) -> Option<String> {
        SYMBOLS.get(id as usize).map(|symbol| symbol.to_string())
    }

    fn class(&self, id: u32) -> Option<String> {
        let n = self.places.len();
        (id < 1 << n).then(|| (0..n).rev().map(|bit| if id >> bit & 1 == 1 { 'Y' } else { 'X' }).collect())
    }
}
