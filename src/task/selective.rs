//! Selective copying: a few symbols among blanks, to be said again in order.

use super::generated::{Column, MAX_CHOSEN, Rule, choose, digits, generated};
use super::options::{Chosen, SEED, choice, value, whole};
use super::{Answers, Baseline, Batch, Data, Form, Inputs, Kind, Published, SUGGESTION, Spec, Suggestion, Task, Trust};
use crate::error::Result;
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "selective-copying",
    title: "Selective copying",
    text: "A few symbols stand at random among blanks and are to be said again in order. A network that only shifts its input in time \
           cannot do it: it has to decide, symbol by symbol, what to keep.",
    kind: Kind::Classification,
    input: "symbols among blanks, then as many times the sign to answer, as token ids: (L + 2M)×B",
    target: "at the last M steps, the symbols in order",
    labels: &[],
    examples: &[],
    metric: "accuracy over the symbols asked",
    baseline: "guessing among the symbols",
    published: &[Published {
        text: "length 4096, 16 symbols: S4 18 %, with a selective state (S6) 97 %, Mamba 99.8 %",
        source: "Gu & Dao 2023",
        trust: Trust::Reported,
    }],
    sources: &["A. Gu, T. Dao: Mamba: Linear-Time Sequence Modeling with Selective State Spaces. 2023"],
    options: &[
        whole("noise", "Blanks L", [4, 512, 32], "How many blanks the symbols are scattered among."),
        whole("tokens", "Symbols M", [1, MAX_CHOSEN as u32, 4], "How many symbols are to be kept."),
        whole("alphabet", "Alphabet", [4, 64, 10], "Token ids in all, the blank and the sign included."),
        choice(
            "positions",
            "Where they stand",
            &[value("random", "anywhere"), value("first", "at the beginning")],
            "At the beginning it is plain copying, a fixed shift in time.",
        ),
        SEED,
    ],
    data: None,
    suggestion: Suggestion { cell: "gru", hidden: 64, batch: 64, updates: 3000, ..SUGGESTION },
    make,
};

struct Selective {
    noise: usize,
    tokens: usize,
    alphabet: usize,
    scattered: bool,
}

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    let (noise, tokens, alphabet) = (chosen.whole("noise"), chosen.whole("tokens"), chosen.whole("alphabet"));
    Ok(generated(chosen, Box::new(Selective { noise, tokens, alphabet, scattered: chosen.text("positions") == "random" })))
}

impl Rule for Selective {
    fn form(&self) -> Form {
        let (inputs, answers) = (Inputs::Tokens { vocabulary: self.alphabet }, Answers::Classes { count: self.alphabet - 1 });
        Form { inputs, answers, steps: self.noise + 2 * self.tokens, last_only: false, streams: false }
    }

    fn draw(&self, rng: &mut Rng, to: &mut Column<'_>) {
        let mut data = [0; MAX_CHOSEN];
        for symbol in &mut data[..self.tokens] {
            *symbol = 1 + rng.int(self.alphabet - 2);
        }
        let mut positions = [0; MAX_CHOSEN];
        let positions = &mut positions[..self.tokens];
        if self.scattered {
            choose(rng, self.noise + self.tokens, positions);
            // By insertion: there are few of them.
            for k in 1..positions.len() {
                let mut at = k;
                while at > 0 && positions[at - 1] > positions[at] {
                    positions.swap(at - 1, at);
                    at -= 1;
                }
            }
        } else {
            positions.iter_mut().enumerate().for_each(|(k, position)| *position = k);
        }
        for (k, position) in positions.iter().enumerate() {
            to.put(*position, data[k]);
            let t = self.noise + self.tokens + k;
            to.put(t, self.alphabet - 1);
            to.ask(t, data[k]);
        }
    }

    fn baselines(&self, _: &Batch) -> Vec<Baseline> {
        let n = (self.alphabet - 2) as f64;
        vec![Baseline::exact("guessing", libm::log(n), 100.0 / n)]
    }

    fn token(&self, id: u32) -> Option<String> {
        if id as usize + 1 == self.alphabet { Some("say".into()) } else { self.class(id) }
    }

    fn class(&self, id: u32) -> Option<String> {
        if id == 0 { Some("blank".into()) } else { digits(id, self.alphabet - 1) }
    }
}
