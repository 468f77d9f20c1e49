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
    ("rnn sgd", 0x8c8ae1a258aba318),
    ("rnn rmsprop", 0xdb8a90db4c45b0b6),
    ("rnn adam", 0xfc859f6328a32734),
    ("rnn adamw", 0x6c1708220a57f36f),
    ("rnn tokens, dropout", 0x4b367a000d60392d),
    ("rnn stream", 0x6e715fa10a5b65bd),
    ("rnn truncated, scheduled", 0xf9731df80cb981df),
    ("lstm sgd", 0x002c86e126c15e54),
    ("lstm rmsprop", 0x2d6bd6d016e1928a),
    ("lstm adam", 0x4e9a40c50233e3ff),
    ("lstm adamw", 0x79c4ff1a5d1df02e),
    ("lstm tokens, dropout", 0x0edec60ba8ee60aa),
    ("lstm stream", 0x62ecaa8730637e73),
    ("lstm truncated, scheduled", 0xfde5cf6750ab6f5a),
    ("gru sgd", 0x702bdad251fe8772),
    ("gru rmsprop", 0x736377813fdb601d),
    ("gru adam", 0x7db1d4e59d996f89),
    ("gru adamw", 0xcc2b32dc72aca4b3),
    ("gru tokens, dropout", 0x9dd9a7948313604c),
    ("gru stream", 0xb7cffa19667240fc),
    ("gru truncated, scheduled", 0xe44ba614181c6e1a),
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
