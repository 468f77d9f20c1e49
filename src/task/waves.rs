//! Sine waves: the next value of a sum of waves whose periods, heights and beginnings differ from example to example.

use super::generated::{Column, Rule, generated};
use super::options::{Chosen, SEED, whole};
use super::{Answers, Baseline, Batch, Data, Form, Inputs, Kind, SUGGESTION, Spec, Suggestion, Task};
use crate::error::{Code, Error, Result};
use crate::math::rng::Rng;

pub const SPEC: Spec = Spec {
    name: "waves",
    title: "Sine waves",
    text: "The next value of a sum of sine waves. Every example has waves of its own, so a network has to find their periods while it \
           reads; then nothing is left to chance, and only its memory limits it.",
    kind: Kind::Regression,
    input: "the values so far: T×B×1",
    target: "at every step but the first third, the value so many steps ahead",
    labels: &[],
    examples: &[],
    metric: "root mean square error",
    baseline: "persistence, and always 0",
    published: &[],
    sources: &["a generator of our own"],
    options: &[
        whole("length", "Length T", [10, 1000, 100], "Steps of an example."),
        whole("waves", "Waves", [1, 4, 2], "How many waves are added up."),
        whole("shortest", "Shortest period", [4, 500, 8], "Steps of the fastest wave there can be."),
        whole("longest", "Longest period", [4, 500, 40], "Steps of the slowest; the same as the shortest for one period in all examples."),
        whole("horizon", "Steps ahead", [1, 100, 1], "How far ahead the value is asked."),
        SEED,
    ],
    data: None,
    suggestion: Suggestion { learning_rate: 5e-3, ..SUGGESTION },
    make,
};

struct Waves {
    steps: usize,
    waves: usize,
    periods: (f64, f64),
    horizon: usize,
}

fn make(chosen: &Chosen<'_>, _: &Data) -> Result<Box<dyn Task>> {
    let periods = (chosen.number("shortest"), chosen.number("longest"));
    if periods.0 > periods.1 {
        let message = format!("the shortest period is {}, the longest {}; expected a longest that is not shorter", periods.0, periods.1);
        return Err(Error::new(Code::OutOfRange, message));
    }
    let rule = Waves { steps: chosen.whole("length"), waves: chosen.whole("waves"), periods, horizon: chosen.whole("horizon") };
    Ok(generated(chosen, Box::new(rule)))
}

/// sin(2πx): the sine of so many turns. Errs by less than 1e-8; the same bits everywhere.
pub(super) fn sine(turns: f64) -> f64 {
    // A turn from −1/2 to 1/2, folded at the quarters, where the sine is symmetric.
    let x = turns - (turns + 0.5).floor();
    let x = if x > 0.25 {
        0.5 - x
    } else if x < -0.25 {
        -0.5 - x
    } else {
        x
    };
    // Taylor's series: its next term is below 7e-10 at a quarter of a turn.
    let a = std::f64::consts::TAU * x;
    let b = a * a;
    a * (1.0 - b / 6.0 * (1.0 - b / 20.0 * (1.0 - b / 42.0 * (1.0 - b / 72.0 * (1.0 - b / 110.0 * (1.0 - b / 156.0))))))
}

impl Waves {
    fn first_answer(&self) -> usize {
        self.steps / 3
    }
}

impl Rule for Waves {
    fn form(&self) -> Form {
        let (inputs, answers) = (Inputs::Numbers { width: 1 }, Answers::Numbers { width: 1 });
        Form { inputs, answers, steps: self.steps, last_only: false, streams: false }
    }

    /// For each wave its period, its beginning and its height, from a half to one; divided so that their sum has a variance near a half.
    fn draw(&self, rng: &mut Rng, to: &mut Column<'_>) {
        let mut waves = [(0.0, 0.0, 0.0); 4];
        for wave in &mut waves[..self.waves] {
            let period = self.periods.0 + rng.u() * (self.periods.1 - self.periods.0);
            *wave = (1.0 / period, rng.u(), (0.5 + 0.5 * rng.u()) / (self.waves as f64).sqrt());
        }
        let waves = &waves[..self.waves];
        let value = |t: usize| waves.iter().map(|(rate, start, height)| height * sine(start + rate * t as f64)).sum::<f64>();
        for t in 0..to.steps {
            *to.number(t, 0) = value(t) as f32;
            if t >= self.first_answer() {
                to.ask_number(t, value(t + self.horizon));
            }
        }
    }

    fn baselines(&self, examples: &Batch) -> Vec<Baseline> {
        let line = |name: &str, guess: &[f32]| {
            let score = super::score::squares(examples, guess, false, 1.0);
            let loss = score.sum / score.count.max(1.0);
            Baseline::measured(name, Some(loss), loss.sqrt())
        };
        vec![line("persistence: as the last value", &examples.numbers), line("always 0", &vec![0.0; examples.numbers.len()])]
    }

    fn root(&self) -> bool {
        true
    }

    fn one_direction(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_of_turns() {
        for k in -4000..4000 {
            let turns = f64::from(k) / 997.0;
            let expected = libm::sin(std::f64::consts::TAU * turns);
            assert!((sine(turns) - expected).abs() < 1e-8, "{turns}: {} beside {expected}", sine(turns));
        }
    }
}
