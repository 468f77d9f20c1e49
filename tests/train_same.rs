//! The same seed gives the same training natively and in every browser: losses, norms and parameters, to the last bit.
//!
//! Kernels, elementary functions and order of sums are one code everywhere (tests/same_numbers.rs); here they meet the losses, the
//! clipping, every optimiser, dropout, truncation and the carried state.

#[path = "support/given.rs"]
mod given;

use std::sync::OnceLock;

use given::Given;
use unrolled::net::Config;
use unrolled::train::{Settings, Trainer, optimizers};

/// FNV-1a of all bits, in f64 (every f32 is one exactly).
fn add(found: &mut u64, value: f64) {
    for byte in value.to_bits().to_le_bytes() {
        *found = (*found ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

fn task(classes: bool) -> Given {
    Given {
        steps: 12,
        inputs: 3,
        vocabulary: classes.then_some(9),
        outputs: (!classes).then_some(2),
        classes: classes.then_some(5),
        answers: "some".into(),
        lengths: classes,
        stream: Some(5),
        first: OnceLock::from(0),
    }
}

fn fingerprint(classes: bool, cell: &str, change: impl FnOnce(&mut Config, &mut Settings)) -> u64 {
    let (mut config, mut settings) = (Config::new(cell, 0, 7), Settings { batch: 5, ..Settings::default() });
    config.layers = 2;
    settings.clip.limit = 0.2;
    change(&mut config, &mut settings);
    let mut trainer = Trainer::<f32>::new(Box::new(task(classes)), config, settings).unwrap();
    let mut found = 0xcbf2_9ce4_8422_2325;
    for _ in 0..25 {
        let report = trainer.update().unwrap();
        assert!(report.finite);
        [report.loss, report.norm, report.clipped, report.learning_rate].iter().for_each(|v| add(&mut found, *v));
    }
    trainer.net().parameters().iter().flat_map(|p| &p.values).for_each(|v| add(&mut found, f64::from(*v)));
    let validation = trainer.validate().unwrap();
    add(&mut found, validation.loss);
    found
}

fn found() -> Vec<(String, u64)> {
    let mut found = vec![];
    for cell in ["rnn", "lstm", "gru"] {
        for rule in optimizers() {
            let name = rule.spec().name;
            let one = fingerprint(false, cell, |_, s| {
                (s.optimizer, s.learning_rate) = (name.into(), rule.spec().learning_rate);
                if name == "sgd" {
                    s.options.insert("momentum".into(), 0.9);
                }
            });
            found.push((format!("{cell} {name}"), one));
        }
        found.push((format!("{cell} tokens, dropout"), fingerprint(true, cell, |_, s| s.dropout = 0.3)));
        let stream = |_: &mut Config, s: &mut Settings| (s.carry, s.truncate) = (true, Some(12));
        found.push((format!("{cell} stream"), fingerprint(false, cell, stream)));
        let cut = |_: &mut Config, s: &mut Settings| {
            (s.truncate, s.accumulate) = (Some(5), 2);
            s.schedule = serde_json::from_value(serde_json::json!({ "kind": "warm-up-cosine", "warmUp": 5, "updates": 20 })).unwrap();
        };
        found.push((format!("{cell} truncated, scheduled"), fingerprint(false, cell, cut)));
    }
    found
}

/// Taken from the message of the native test, and the browser has to agree. A change of the order of sums changes these, on purpose.
const EXPECTED: [(&str, u64); 21] = [
    ("rnn sgd", 0xa7b6bd313dcb1ab6),
    ("rnn rmsprop", 0x52fc451715643a99),
    ("rnn adam", 0x5ffae6044fad673c),
    ("rnn adamw", 0x2968b1ae130154bd),
    ("rnn tokens, dropout", 0xe32f8664ecb112ed),
    ("rnn stream", 0xbbb6da59e9c60b6c),
    ("rnn truncated, scheduled", 0xfcdc28f1fd998e87),
    ("lstm sgd", 0xa8dca6601c519920),
    ("lstm rmsprop", 0x3639aaf470efd97b),
    ("lstm adam", 0xdca3749f58f99f38),
    ("lstm adamw", 0x9e0933927029248c),
    ("lstm tokens, dropout", 0xdedfbd72bc875e7c),
    ("lstm stream", 0xb7fd98b3f46c06e5),
    ("lstm truncated, scheduled", 0x081dcee624e551fc),
    ("gru sgd", 0xc6b00f2a47feb59c),
    ("gru rmsprop", 0xb5b0411521ef1f49),
    ("gru adam", 0xce7252a21f2b9fa0),
    ("gru adamw", 0x25db58592a779b15),
    ("gru tokens, dropout", 0x9344f8f0ea5890a9),
    ("gru stream", 0x64595fe847bc17fc),
    ("gru truncated, scheduled", 0x07fd43845f9133cd),
];

fn compare() {
    let found = found();
    let same = found.len() == EXPECTED.len() && found.iter().zip(EXPECTED).all(|(a, b)| (a.0.as_str(), a.1) == b);
    let list: String = found.iter().map(|(name, bits)| format!("(\"{name}\", {bits:#018x}),\n")).collect();
    assert!(same, "other bits than elsewhere:\n{list}");
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn trainings_are_the_same_natively() {
    compare();
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    fn trainings_are_the_same_in_a_browser() {
        super::compare();
    }
}
