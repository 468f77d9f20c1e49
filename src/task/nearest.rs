//! Nearest neighbour search: the value that came with the best match so far, which a better one replaces at once.
//!
//! After figure 2 of M. Beck et al. 2024, which asks for it at the sequence's end; sizes and draws are ours. Example i of a part has T
//! steps of three numbers. Compared by scores: step t has a score and a value, drawn in this order, both uniform in [0, 1); the network
//! reads (score, 0, value) and is asked at every step for the value of the highest score so far: the revision of what is stored,
//! and nothing else. Compared by vectors: step t has an angle (in turns) and a value, drawn alike; the network reads
//! (cos, sin, value). Step 0 is the reference, its value says nothing. From step 1 on the target is the value of that step in 1…t
//! whose vector is nearest to it.

use super::generated::{Column, Rule, generated};
use super::options::{Chosen, SEED, choice, value, whole};
use super::waves::sine;
use super::{Answers, Baseline, Batch, Data, Form, Inputs, Kind, Published, SUGGESTION, Spec, Suggestion, Task, Trust};
use crate::error::Result;
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "nearest",
    title: "Nearest neighbour",
    text: "Of all things seen so far, the value of the one that matches best. A better match must replace what is stored at once, \
           however firmly it was stored: a gate that can only add a little to the old cannot do that.",
    kind: Kind::Regression,
    input: "two numbers to compare, and a value from 0 to 1: T×B×3",
    target: "at every step, the value that came with the best match so far",
    labels: &[],
    examples: &[],
    metric: "mean square error",
    baseline: "always 0.5: 1/12; the value just read",
    published: &[Published {
        text: "by vectors, asked at the end: an LSTM struggles to revise a stored value, xLSTM does not (curves)",
        source: "Beck et al. 2024, figure 2",
        trust: Trust::Reported,
    }],
    sources: &["M. Beck et al.: xLSTM: Extended Long Short-Term Memory. NeurIPS 2024, arXiv:2405.04517"],
    options: &[
        whole("length", "Length T", [2, 512, 64], "Steps of an example."),
        choice(
            "compared",
            "Compared by",
            &[value("score", "a score that is given"), value("vectors", "its distance from the first vector")],
            "With a score only storing is hard; with vectors the network has to compare too.",
        ),
        SEED,
    ],
    data: None,
    suggestion: Suggestion { cell: "slstm", hidden: 16, learning_rate: 5e-3, updates: 2000, ..SUGGESTION },
    make,
};

struct Nearest {
    steps: usize,
    vectors: bool,
}

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    let rule = Nearest { steps: chosen.whole("length"), vectors: chosen.text("compared") == "vectors" };
    Ok(generated(chosen, Box::new(rule)))
}

impl Rule for Nearest {
    fn form(&self) -> Form {
        let (inputs, answers) = (Inputs::Numbers { width: 3 }, Answers::Numbers { width: 1 });
        Form { inputs, answers, steps: self.steps, last_only: false, streams: false }
    }

    fn draw(&self, rng: &mut Rng, to: &mut Column<'_>) {
        let (mut key, mut best, mut answer) = (0.0, f64::NEG_INFINITY, 0.0);
        for t in 0..to.steps {
            let (drawn, value) = (rng.u(), rng.u());
            // The cosine of the angle between: the nearest of vectors with norm 1 has the largest.
            let found = if self.vectors { sine(drawn - key + 0.25) } else { drawn };
            if self.vectors {
                (*to.number(t, 0), *to.number(t, 1)) = (sine(drawn + 0.25) as f32, sine(drawn) as f32);
            } else {
                *to.number(t, 0) = drawn as f32;
            }
            *to.number(t, 2) = value as f32;
            if self.vectors && t == 0 {
                key = drawn;
                continue;
            }
            if found > best {
                (best, answer) = (found, value);
            }
            to.ask_number(t, answer);
        }
    }

    fn baselines(&self, examples: &Batch) -> Vec<Baseline> {
        let line = |name: &str, guess: &[f32]| {
            let score = super::score::squares(examples, guess, false, 1.0);
            let mean = score.sum / score.count.max(1.0);
            Baseline::measured(name, Some(mean), mean)
        };
        let values: Vec<f32> = examples.numbers.chunks_exact(3).map(|step| step[2]).collect();
        let half = vec![0.5; values.len()];
        vec![
            Baseline::exact("always 0.5", 1.0 / 12.0, 1.0 / 12.0),
            line("always 0.5, on these examples", &half),
            line("the value just read", &values),
        ]
    }

    fn one_direction(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, Part, Value, make};
    use super::*;

    /// Targets found again from what the network reads.
    #[test]
    fn the_target_is_the_value_of_the_best_match_so_far() {
        for compared in ["score", "vectors"] {
            let options = Options::from([("length".into(), Value::Number(20.0)), ("compared".into(), Value::Text(compared.into()))]);
            let task = make("nearest", &options, &Data::default()).unwrap();
            let mut batch = Batch::default();
            task.fill(Part::Train, &[3, 4, 5], &mut batch).unwrap();
            let mut replaced = 0;
            for b in 0..3 {
                let read = |t: usize, k: usize| batch.numbers[(t * 3 + b) * 3 + k];
                let first = usize::from(compared == "vectors");
                assert_eq!(batch.counts[b], first == 0, "{compared}: the reference is no match of itself");
                let found = |t: usize| if first == 0 { read(t, 0) } else { read(t, 0) * read(0, 0) + read(t, 1) * read(0, 1) };
                for t in first..20 {
                    let best = (first..=t).fold(first, |best, t| if found(t) > found(best) { t } else { best });
                    replaced += usize::from(best == t);
                    assert!(batch.counts[t * 3 + b]);
                    assert_eq!(batch.targets[t * 3 + b], read(best, 2), "{compared}, example {b}, step {t}");
                }
            }
            assert!((5..40).contains(&replaced), "{replaced} replacements");
        }
    }
}
