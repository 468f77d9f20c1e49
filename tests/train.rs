//! Laws of training: it learns, does the same thing twice, goes on from a file as if it had never stopped, refuses what cannot be.

#[path = "support/given.rs"]
mod given;

use std::sync::OnceLock;

use given::Given;
use unrolled::error::Code;
use unrolled::net::{Config, Parameter};
use unrolled::task::{Data, Options, Part, Value, make};
use unrolled::train::{ClipKind, Examples, Phase, Rule, Settings, Start, Trainer, fill_mask};

fn adding(cell: &str, steps: usize, settings: Settings) -> Trainer<f32> {
    let options = Options::from([("length".to_string(), Value::Number(steps as f64))]);
    Trainer::new(make("adding", &options, &Data::default()).unwrap(), Config::new(cell, 0, 24), settings).unwrap()
}

fn given() -> Given {
    Given {
        steps: 12,
        inputs: 3,
        vocabulary: None,
        outputs: Some(2),
        classes: None,
        answers: "some".into(),
        lengths: false,
        stream: Some(7),
        first: OnceLock::from(0),
    }
}

fn small() -> Settings {
    Settings { batch: 4, learning_rate: 0.01, validation: 24, ..Settings::default() }
}

fn trainer<T: Rule>(task: Given, change: impl FnOnce(&mut Config, &mut Settings)) -> unrolled::error::Result<Trainer<T>> {
    let (mut config, mut settings) = (Config::new("lstm", 0, 6), small());
    change(&mut config, &mut settings);
    Trainer::new(Box::new(task), config, settings)
}

fn option(settings: &mut Settings, name: &str, value: f64) {
    settings.options.insert(name.into(), value);
}

fn updates<T: Rule>(trainer: &mut Trainer<T>, count: usize) {
    for _ in 0..count {
        trainer.update().unwrap();
    }
}

fn bits<T: Rule>(trainer: &Trainer<T>) -> Vec<u64> {
    trainer.net().parameters().iter().flat_map(|p: &Parameter<T>| p.values.iter().map(|v| v.f64().to_bits())).collect()
}

#[test]
fn an_lstm_leaves_the_guesser_behind_on_adding() {
    let mut trainer = adding("lstm", 10, Settings { learning_rate: 1e-2, ..Settings::default() });
    let before = trainer.validate().unwrap();
    for _ in 0..400 {
        trainer.update().unwrap();
    }
    let after = trainer.validate().unwrap();
    assert_eq!((after.done, after.examples, after.update), (1.0, 512, 400));
    assert!(before.loss > 0.15 && after.loss < 0.05, "{before:?} → {after:?}");
}

#[test]
fn the_same_seed_gives_the_same_losses_to_the_last_bit() {
    let losses = |seed: u64| {
        let mut trainer =
            trainer::<f32>(given(), |config, settings| (config.layers, settings.seed, settings.dropout) = (2, seed, 0.2)).unwrap();
        (0..20).map(|_| trainer.update().unwrap().loss.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(losses(3), losses(3));
    assert_ne!(losses(3), losses(4));
}

type Way = fn(&mut Config, &mut Settings);

/// Ways to train whose state between updates differs.
fn ways() -> Vec<(&'static str, Way)> {
    vec![
        ("sgd", |_, s| {
            s.optimizer = "sgd".into();
            s.options.insert("momentum".into(), 0.1 + 0.2);
        }),
        ("rmsprop", |_, s| s.optimizer = "rmsprop".into()),
        ("adamw, gru, chrono", |c, s| {
            c.cell = "gru".into();
            (s.optimizer, s.start) = ("adamw".into(), Start::Chrono);
        }),
        ("in the midst of a sequence", |_, s| s.truncate = Some(5)),
        ("a stream", |c, s| (c.cell, s.carry, s.truncate) = ("rnn".into(), true, Some(12))),
        ("dropout and accumulation", |c, s| (c.layers, s.dropout, s.accumulate) = (3, 0.4, 2)),
        ("both directions", |c, _| c.bidirectional = true),
    ]
}

fn goes_on_as_if_it_had_never_stopped<T: Rule>() {
    for (name, way) in ways() {
        let mut straight = trainer::<T>(given(), way).unwrap();
        for _ in 0..4 {
            straight.update().unwrap();
        }
        straight.validate().unwrap();
        straight.update().unwrap();
        let file = straight.save("about it").unwrap();
        assert_eq!(unrolled::train::about(&file).unwrap(), "about it");
        let mut restored = Trainer::<T>::restore(Box::new(given()), &file).unwrap();
        assert_eq!(restored.save("about it").unwrap(), file, "{name}: saved again at once");
        assert_eq!(restored.settings(), straight.settings());
        for _ in 0..6 {
            assert_eq!(restored.update().unwrap(), straight.update().unwrap(), "{name}");
        }
        assert_eq!(bits(&restored), bits(&straight), "{name}");
        assert_eq!(restored.validate().unwrap(), straight.validate().unwrap(), "{name}");
        assert_eq!(restored.best(), straight.best(), "{name}");
    }
}

#[test]
fn a_restored_training_goes_on_as_if_it_had_never_stopped() {
    goes_on_as_if_it_had_never_stopped::<f32>();
    goes_on_as_if_it_had_never_stopped::<f64>();
}

/// What the test above compares differs where something is not restored.
#[test]
fn a_training_that_is_not_restored_in_full_is_seen() {
    for (name, way) in ways() {
        let mut straight = trainer::<f32>(given(), way).unwrap();
        updates(&mut straight, 5);
        let mut fresh = trainer::<f32>(given(), way).unwrap();
        assert_ne!(fresh.update().unwrap().loss, straight.update().unwrap().loss, "{name}");
    }
}

#[test]
fn damaged_checkpoints_are_refused_with_a_reason() {
    let mut trained = trainer::<f32>(given(), |_, s| s.truncate = Some(5)).unwrap();
    updates(&mut trained, 2);
    trained.validate().unwrap();
    let file = trained.save("{}").unwrap();
    let restore = |bytes: &[u8]| Trainer::<f32>::restore(Box::new(given()), bytes).map(|_| ());
    restore(&file).unwrap();
    for end in (0..file.len()).step_by(97) {
        let error = restore(&file[..end]).unwrap_err();
        assert!(matches!(error.code, Code::Format | Code::Shape), "{end}: {error:?}");
        assert!(error.message.len() > 20, "{error}");
    }
    let text = String::from_utf8_lossy(&file[8..]).into_owned();
    let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let changed = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = text.find(from).filter(|at| *at < header).unwrap_or_else(|| panic!("{from}"));
        let mut bytes = file.clone();
        bytes[8 + at..8 + at + from.len()].copy_from_slice(to.as_bytes());
        restore(&bytes).unwrap_err()
    };
    assert_eq!(changed("\\\"version\\\":1", "\\\"version\\\":2").code, Code::Unsupported);
    assert_eq!(changed("\\\"batch\\\":4", "\\\"batch\\\":0").code, Code::OutOfRange);
    assert_eq!(changed("\\\"adam\\\"", "\\\"adem\\\"").code, Code::UnknownName);
    assert_eq!(changed("\\\"hidden\\\":6", "\\\"hidden\\\":7").code, Code::Shape);
    assert_eq!(changed("\\\"at\\\":10", "\\\"at\\\":99").code, Code::Format);
    assert_eq!(changed("optimizer.lstm.bias_hh_l0.m", "optimizer.lstm.bias_hh_l0.x").code, Code::Format);
    assert_eq!(changed("\"unrolled\"", "\"unrelled\"").code, Code::Format);
    let mut other = given();
    other.inputs = 4;
    assert_eq!(Trainer::<f32>::restore(Box::new(other), &file).map(|_| ()).unwrap_err().code, Code::Shape);
    // A file of weights alone is no checkpoint, but a checkpoint is a file of weights.
    let weights = unrolled::io::safetensors::write(trained.net(), &Default::default()).unwrap();
    assert_eq!(restore(&weights).unwrap_err().code, Code::Format);
    let (net, _) = unrolled::io::safetensors::read::<f32>(&file, &Default::default()).unwrap();
    assert_eq!(net.parameters(), trained.net().parameters());
}

#[test]
fn phases_one_by_one_are_the_update() {
    for (name, way) in ways() {
        let (mut slow, mut fast) = (trainer::<f32>(given(), way).unwrap(), trainer::<f32>(given(), way).unwrap());
        for round in 0..3 {
            let report = fast.update().unwrap();
            let mut last = None;
            for (k, phase) in Phase::NAMES.iter().enumerate().take(if round == 1 { 2 } else { 5 }) {
                assert_eq!(slow.phase(Phase::Update).is_err(), k < 4, "{name}: out of turn");
                if k < 4 {
                    last = Some(slow.phase(Phase::from_name(phase).unwrap()).unwrap());
                    assert!(slow.save("").is_err(), "an update is half done");
                }
            }
            let last = last.unwrap();
            if round == 1 {
                assert_eq!(slow.update().unwrap(), report, "{name}: the rest at once");
            } else {
                let found = (last.loss, last.norm, last.clipped, last.coefficient);
                assert_eq!(found, (Some(report.loss), Some(report.norm), Some(report.clipped), Some(report.coefficient)), "{name}");
            }
        }
        assert_eq!(bits(&slow), bits(&fast), "{name}");
    }
}

#[test]
fn accumulating_k_batches_is_one_batch_k_times_as_large() {
    // (Not every example has an answer, so that a mean of means would be another number.)
    let run = |batch: usize, accumulate: usize| {
        let mut trainer = trainer::<f64>(given(), |_, s| (s.batch, s.accumulate) = (batch, accumulate)).unwrap();
        let losses: Vec<f64> = (0..10).map(|_| trainer.update().unwrap().loss).collect();
        (losses, trainer.net().parameters().iter().flat_map(|p| p.values.clone()).collect::<Vec<_>>())
    };
    let far = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let (one, parts, other) = (run(12, 1), run(4, 3), run(6, 3));
    assert!(far(&one.0, &parts.0) < 1e-12 && far(&one.1, &parts.1) < 1e-12);
    assert!(far(&one.0, &other.0) > 1e-4);
}

#[test]
fn masks_drop_the_share_that_was_asked_for_and_scale_the_rest() {
    for share in [0.0, 0.1, 0.5, 0.9] {
        let mut mask = vec![0.0f64; 100_000];
        fill_mask(share, 12345, &mut mask);
        let dropped = mask.iter().filter(|m| **m == 0.0).count() as f64 / 1e5;
        // Five standard deviations.
        assert!((dropped - share).abs() <= 5.0 * (share * (1.0 - share) / 1e5).sqrt(), "{share}: {dropped}");
        assert!(mask.iter().all(|m| *m == 0.0 || (m * (1.0 - share) - 1.0).abs() < 1e-12));
        let neighbours = mask.windows(2).filter(|w| w[0] == 0.0 && w[1] == 0.0).count() as f64 / 1e5;
        assert!((neighbours - share * share).abs() < 0.01, "one falls whatever its neighbour does");
        let mut again = vec![0.0f64; 1000];
        fill_mask(share, 12345, &mut again);
        assert_eq!(again, mask[..1000]);
        fill_mask(share, 12346, &mut again);
        assert_eq!(again == mask[..1000], share == 0.0, "another key drops others");
    }
}

#[test]
fn every_epoch_has_every_example_once_in_an_order_of_its_own() {
    let order = |seed: u64, drawn: u64, size: usize| {
        let mut indices = vec![];
        Examples::new(seed, Some(50)).draw(drawn, size, &mut indices);
        indices
    };
    let sorted = |mut v: Vec<u64>| {
        v.sort_unstable();
        v
    };
    let all: Vec<u64> = (0..50).collect();
    let (first, second) = (order(1, 0, 50), order(1, 50, 50));
    assert_eq!((sorted(first.clone()), sorted(second.clone())), (all.clone(), all));
    assert!(first != second && first != order(2, 0, 50));
    assert_eq!(order(1, 40, 20), [&first[40..], &second[..10]].concat(), "a batch may reach over the end");
    let mut drawn = vec![];
    Examples::new(1, None).draw(7, 3, &mut drawn);
    assert_eq!(drawn[1].wrapping_sub(drawn[0]), 1);
}

#[test]
fn the_best_parameters_are_kept_and_patience_ends() {
    // A learning rate that ruins what was learned: from some time on nothing gets better.
    let mut trainer = trainer::<f64>(given(), |_, s| {
        (s.learning_rate, s.patience) = (0.02, Some(2));
        s.schedule = serde_json::from_value(serde_json::json!({ "kind": "warm-up", "warmUp": 40 })).unwrap();
        s.clip.kind = ClipKind::None;
    })
    .unwrap();
    let mut seen: Vec<(u64, f64)> = vec![];
    loop {
        updates(&mut trainer, 20);
        let found = trainer.validate().unwrap();
        let better = seen.iter().all(|(_, loss)| found.loss < *loss);
        assert_eq!(found.best, better);
        seen.push((found.update, found.loss));
        if better {
            assert_eq!(
                bits(&trainer),
                trainer.best_net().unwrap().parameters().iter().flat_map(|p| p.values.iter().map(|v| v.to_bits())).collect::<Vec<_>>()
            );
        }
        let best = *seen.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert_eq!(trainer.best().map(|b| (b.update, b.loss)), Some(best));
        assert_eq!(
            found.stop,
            seen.len() >= 3
                && seen[seen.len() - 2..].iter().all(|s| s.1 > best.1 || s.0 < best.0)
                && seen[seen.len() - 2..].iter().all(|s| s.0 > best.0)
        );
        if found.stop || seen.len() > 60 {
            break;
        }
    }
    assert!(seen.len() <= 60, "it overfits the twenty-four examples it is asked about, or stops");
}

#[test]
fn a_validation_in_slices_measures_the_network_as_it_was_when_it_began() {
    let mut sliced = trainer::<f64>(given(), |_, _| {}).unwrap();
    let mut whole = trainer::<f64>(given(), |_, _| {}).unwrap();
    let expected = whole.validate().unwrap();
    let mut found = sliced.validate_some(5).unwrap();
    assert!(found.done < 1.0);
    while found.done < 1.0 {
        sliced.update().unwrap();
        found = sliced.validate_some(5).unwrap();
    }
    assert!((found.loss - expected.loss).abs() < 1e-12 && found.update == 0);
}

#[test]
fn a_training_that_diverges_says_so_and_goes_on() {
    let mut trainer = trainer::<f32>(given(), |_, s| {
        (s.optimizer, s.learning_rate, s.clip.kind) = ("sgd".into(), 1e3, ClipKind::None);
    })
    .unwrap();
    let reports: Vec<_> = (0..60).map(|_| trainer.update().unwrap()).collect();
    let gone = reports.iter().position(|r| !r.finite).expect("it diverges");
    assert!(reports[gone..].iter().all(|r| !r.finite), "and stays so");
    assert!(reports[gone..].iter().all(|r| !r.loss.is_finite() || !r.norm.is_finite()), "and is not hidden");
    assert!(!trainer.validate().unwrap().best);
}

#[test]
fn held_out_examples_are_in_natural_units() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/data/weather-nyc-2013-hourly.csv");
    let weather = unrolled::task::temperature::Weather::parse(&std::fs::read(file).unwrap()).unwrap();
    let task = make("temperature", &Options::new(), &Data { weather: Some(weather), ..Data::default() }).unwrap();
    let trainer = Trainer::<f32>::new(task, Config::new("gru", 0, 8), Settings::default()).unwrap();
    let held = trainer.held(Part::Valid, 3).unwrap();
    assert_eq!((held.counts.len(), held.target.len(), held.prediction.len()), (held.steps, held.steps, held.steps));
    for (counts, target) in held.counts.iter().zip(&held.target) {
        assert_eq!(*counts, !target.is_nan());
        assert!(!counts || (-5.0..40.0).contains(target), "{target} °C in September or October");
    }
    let task = make("agreement", &Options::new(), &Data::default()).unwrap();
    let config = Config { bidirectional: true, ..Config::new("lstm", 0, 5) };
    let held = Trainer::<f32>::new(task, config, Settings::default()).unwrap().held(Part::Test, 0).unwrap();
    assert_eq!(held.counts.iter().filter(|c| **c).count(), 1);
    let answered = held.counts.iter().position(|c| *c).unwrap();
    let said = &held.prediction[answered * held.classes.len()..];
    assert!((said[..held.classes.len()].iter().sum::<f32>() - 1.0).abs() < 1e-6, "probabilities");
    assert!(held.tokens.iter().all(|word| !word.is_empty()));
}

#[test]
fn what_cannot_be_is_refused_with_what_was_expected() {
    type Change = fn(&mut Config, &mut Settings);
    let refused: [(Code, Change); 22] = [
        (Code::UnknownName, |_, s| s.optimizer = "adagrad".into()),
        (Code::UnknownName, |_, s| option(s, "momentum", 0.5)),
        (Code::OutOfRange, |_, s| option(s, "beta1", 1.0)),
        (Code::OutOfRange, |_, s| option(s, "eps", f64::NAN)),
        (Code::OutOfRange, |_, s| {
            s.optimizer = "sgd".into();
            s.options.insert("nesterov".into(), 0.5);
        }),
        (Code::OutOfRange, |_, s| s.learning_rate = f64::INFINITY),
        (Code::OutOfRange, |_, s| s.learning_rate = -1.0),
        (Code::OutOfRange, |_, s| s.clip.limit = 0.0),
        (Code::OutOfRange, |_, s| s.clip.limit = f64::NAN),
        (Code::OutOfRange, |_, s| s.schedule.floor = 2.0),
        (Code::OutOfRange, |_, s| s.schedule.updates = 0),
        (Code::OutOfRange, |_, s| s.batch = 0),
        (Code::OutOfRange, |_, s| s.accumulate = 0),
        (Code::OutOfRange, |_, s| s.truncate = Some(0)),
        (Code::OutOfRange, |_, s| s.dropout = 1.0),
        (Code::OutOfRange, |_, s| s.validate_every = 0),
        (Code::OutOfRange, |_, s| s.validation = 0),
        (Code::OutOfRange, |_, s| s.patience = Some(0)),
        (Code::Unsupported, |_, s| (s.start, s.forget_bias) = (Start::Chrono, Some(1.0))),
        (Code::Unsupported, |c, s| (c.cell, s.start) = ("rnn".into(), Start::Chrono)),
        (Code::Unsupported, |c, s| (c.bidirectional, s.truncate) = (true, Some(3))),
        (Code::Unsupported, |c, s| (c.bidirectional, s.carry) = (true, true)),
    ];
    for (k, (code, change)) in refused.into_iter().enumerate() {
        let error = trainer::<f32>(given(), change).map(|_| ()).unwrap_err();
        assert_eq!(error.code, code, "{k}: {error}");
        assert!(error.message.contains("expected"), "{k}: {error}");
    }
    trainer::<f32>(given(), |_, s| s.forget_bias = Some(1.0)).unwrap();
}
