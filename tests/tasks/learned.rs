//! What a task claims about networks, tried out on small ones.

use unrolled::net::Config;
use unrolled::task::Part;
use unrolled::train::{Settings, Trainer};

use crate::{make, n};

/// The validated accuracy of tagging after a short training, and the best that one direction can do on the same sentences.
fn tagging(bidirectional: bool) -> (f64, f64) {
    let task = make("tagging", &[("examples", n(4000.0)), ("distance", n(2.0))]);
    let settings = Settings { learning_rate: 1e-2, validation: 300, ..Settings::default() };
    let lines = task.baselines(Part::Valid, &task.held_out(Part::Valid, settings.validation)).unwrap();
    let best = lines.iter().find(|line| line.name.contains("one direction")).and_then(|line| line.metric).unwrap();
    let config = Config { bidirectional, ..Config::new("gru", 0, 16) };
    let mut trainer = Trainer::<f32>::new(task, config, settings).unwrap();
    for _ in 0..300 {
        trainer.update().unwrap();
    }
    (trainer.validate().unwrap().metric, best)
}

#[test]
fn two_directions_win_at_tagging_and_one_cannot() {
    let (both, best) = tagging(true);
    assert!(both > 99.0 && both > best + 5.0, "both directions {both} %, the best of one {best} %");
    let (one, best) = tagging(false);
    // Half of the guesses at 1,500 undecided words, to within five standard deviations.
    assert!(one < best + 2.0 && one > best - 5.0, "one direction {one} %, the best of one {best} %");
}

/// The mean square error of a small network at replacing what is stored, after a short training.
fn nearest(cell: &str) -> f64 {
    let task = make("nearest", &[("length", n(32.0))]);
    let settings = Settings { learning_rate: 1e-2, validation: 500, ..Settings::default() };
    let mut trainer = Trainer::<f32>::new(task, Config::new(cell, 0, 8), settings).unwrap();
    for _ in 0..600 {
        trainer.update().unwrap();
    }
    trainer.validate().unwrap().metric
}

#[test]
fn an_exponential_gate_replaces_what_a_sigmoid_averages() {
    let (exponential, sigmoid) = (nearest("slstm"), nearest("lstm"));
    assert!(exponential < 0.045 && exponential < 0.65 * sigmoid, "sLSTM {exponential}, LSTM {sigmoid}");
}
