//! The trainer learns, and does the same thing twice.

use unrolled::net::Config;
use unrolled::task::{self, Data, Options, Value};
use unrolled::train::{Settings, Trainer};

fn adding(cell: &str, steps: usize, settings: Settings) -> Trainer<f32> {
    let options = Options::from([("length".to_string(), Value::Number(steps as f64))]);
    let task = task::make("adding", &options, &Data::default()).unwrap();
    Trainer::new(task, Config::new(cell, 0, 24), settings).unwrap()
}

#[test]
fn an_lstm_leaves_the_guesser_behind_on_adding() {
    let mut trainer = adding("lstm", 10, Settings { learning_rate: 1e-2, ..Settings::default() });
    let before = trainer.validate().unwrap();
    for _ in 0..400 {
        trainer.update().unwrap();
    }
    let after = trainer.validate().unwrap();
    assert_eq!((after.done, after.examples), (1.0, 512));
    assert!(before.loss > 0.16 && after.loss < 0.05, "{before:?} → {after:?}");
}

#[test]
fn the_same_seed_gives_the_same_losses_to_the_last_bit() {
    let losses = |seed: u64| {
        let mut trainer = adding("gru", 12, Settings { seed, dropout: 0.0, ..Settings::default() });
        (0..20).map(|_| trainer.update().unwrap().loss.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(losses(3), losses(3));
    assert_ne!(losses(3), losses(4));
}
