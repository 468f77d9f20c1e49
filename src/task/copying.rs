//! Copy memory: ten symbols, a long silence, and the ten symbols again.

use super::generated::{Column, Rule, generated};
use super::options::{Chosen, SEED, whole};
use super::{Answers, Baseline, Batch, Data, Form, Inputs, Kind, Published, SUGGESTION, Spec, Suggestion, Task, Trust};
use crate::error::Result;
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "copy",
    title: "Copy memory",
    text: "Ten symbols are read, then nothing for T steps, then a sign to say the ten again, in order: every one has to survive the \
           silence. Nearly all answers are blanks, so look at the accuracy of the last ten.",
    kind: Kind::Classification,
    input: "ten symbols of eight, T − 1 blanks, the sign, ten blanks, as token ids: (T + 20)×B",
    target: "at every step one of nine classes: T + 10 blanks, then the ten symbols",
    labels: &["blank", "1", "2", "3", "4", "5", "6", "7", "8"],
    examples: &[],
    metric: "accuracy over the last ten steps; the loss is averaged over all of them",
    baseline: "blanks, then guessing: 10 ln 8 / (T + 20), and 12.5 % of the ten",
    published: &[
        Published {
            text: "the tanh RNN stays on the baseline, LSTM gets under it slowly at T = 100 and stays on it for longer T",
            source: "Arjovsky et al. 2016",
            trust: Trust::Reported,
        },
        Published {
            text: "T = 30, 100 units: GRU 20 % of the ten after 1,100 updates, LSTM 35 % after 6,000, tanh RNN at the baseline",
            source: "PyTorch, Adam 2e-3, batch 64, one seed",
            trust: Trust::Measured,
        },
    ],
    sources: &[
        "M. Arjovsky, A. Shah, Y. Bengio: Unitary Evolution Recurrent Neural Networks. ICML 2016",
        "S. Hochreiter, J. Schmidhuber: Long Short-Term Memory. Neural Computation 1997",
    ],
    options: &[whole("delay", "Silence T", [1, 1000, 30], "Steps between the symbols and the sign to repeat them."), SEED],
    data: None,
    suggestion: Suggestion { cell: "gru", hidden: 100, batch: 64, updates: 3000, ..SUGGESTION },
    make,
};

/// Symbols to be kept.
const KEPT: usize = 10;
const SYMBOLS: usize = 8;
const SIGN: usize = 9;

struct Copying {
    delay: usize,
}

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    Ok(generated(chosen, Box::new(Copying { delay: chosen.whole("delay") })))
}

impl Rule for Copying {
    fn form(&self) -> Form {
        let (inputs, answers) = (Inputs::Tokens { vocabulary: SYMBOLS + 2 }, Answers::Classes { count: SYMBOLS + 1 });
        Form { inputs, answers, steps: self.delay + 2 * KEPT, last_only: false, streams: false }
    }

    fn draw(&self, rng: &mut Rng, to: &mut Column<'_>) {
        for k in 0..KEPT {
            to.put(k, 1 + rng.int(SYMBOLS));
        }
        let answers = self.delay + KEPT;
        to.put(answers - 1, SIGN);
        for t in 0..to.steps {
            let class = if t < answers { 0 } else { to.token(t - answers) };
            to.ask(t, class);
        }
    }

    fn scored(&self, t: usize, steps: usize) -> bool {
        t + KEPT >= steps
    }

    fn baselines(&self, _: &Batch) -> Vec<Baseline> {
        let loss = KEPT as f64 * libm::log(SYMBOLS as f64) / (self.delay + 2 * KEPT) as f64;
        vec![Baseline::exact("blanks, then guessing", loss, 100.0 / SYMBOLS as f64)]
    }

    fn token(&self, id: u32) -> Option<String> {
        Some(if id as usize == SIGN { "say".into() } else { self.class(id)? })
    }

    fn class(&self, id: u32) -> Option<String> {
        SPEC.labels.get(id as usize).map(|label| label.to_string())
    }
}
