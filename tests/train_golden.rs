//! Trainings are PyTorch's: losses, norms, learning rates and parameters over 24 updates (tests/golden/train.py).

#[path = "support/given.rs"]
mod given;

use given::Given;
use safetensors::SafeTensors;
use serde::Deserialize;
use unrolled::cell::Precision;
use unrolled::net::Config;
use unrolled::train::{Clip, ClipKind, Rule, Settings, Trainer, clip};

/// f64: this much of the largest value. Both sides round at 1e-16, and 24 updates amplify it: 4e-15 at most was seen.
const F64_RELATIVE: f64 = 1e-12;
/// f32: PyTorch's own f32 training goes this far from its f64 training times …
const F32_FACTOR: f64 = 4.0;
/// … since another order of sums may be as unlucky in another update, plus this much of the largest value.
const F32_FLOOR: f64 = 2e-6;

#[derive(Deserialize)]
struct Apart {
    losses: f64,
    norms: f64,
    rates: f64,
    parameters: f64,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    network: Config,
    training: Settings,
    task: Given,
    apart: Apart,
}

#[derive(Deserialize)]
struct Clipping {
    name: String,
    precision: String,
    kind: String,
    before: Vec<Vec<String>>,
    norm: String,
    after: Vec<Vec<String>>,
}

#[derive(Deserialize)]
struct Index {
    updates: usize,
    cases: Vec<Case>,
    clippings: Vec<Clipping>,
}

fn golden(file: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file)).unwrap()
}

fn index() -> Index {
    serde_json::from_slice(&golden("train.json")).unwrap()
}

fn stored(file: &SafeTensors, name: &str) -> Vec<f64> {
    let tensor = file.tensor(name).unwrap_or_else(|e| panic!("{name}: {e}"));
    tensor.data().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
}

/// What is compared of a training, in the order of `NAMES`.
const NAMES: [&str; 4] = ["losses", "norms", "rates", "parameters"];

fn trained<T: Rule + Precision>(case: &Case, updates: usize, change: impl FnOnce(&mut Settings)) -> [Vec<f64>; 4] {
    let mut settings = case.training.clone();
    change(&mut settings);
    let mut trainer = Trainer::<T>::new(Box::new(case.task.clone()), case.network.clone(), settings).unwrap();
    let reports: Vec<_> = (0..updates).map(|_| trainer.update().unwrap()).collect();
    assert!(reports.iter().all(|r| r.finite));
    let parameters = trainer.net().parameters().iter().flat_map(|p| p.values.iter().map(|v| v.f64())).collect();
    [
        reports.iter().map(|r| r.loss).collect(),
        reports.iter().map(|r| r.norm).collect(),
        reports.iter().map(|r| r.learning_rate).collect(),
        parameters,
    ]
}

/// The largest difference in units of what is tolerated: at most 1.
fn distance(found: &[f64], expected: &[f64], tolerance: f64) -> f64 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(a, b)| (a - b).abs() / tolerance).fold(0.0, |worst, d| if d <= worst { worst } else { d })
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, v| v.abs().max(most))
}

fn worst<T: Rule + Precision>(case: &Case, updates: usize, file: &SafeTensors, change: impl FnOnce(&mut Settings)) -> (f64, &'static str) {
    let apart = [case.apart.losses, case.apart.norms, case.apart.rates, case.apart.parameters];
    let found = trained::<T>(case, updates, change);
    let each = NAMES.into_iter().zip(found).zip(apart).map(|((name, found), apart)| {
        let expected = stored(file, &format!("{}/{name}", case.name));
        let double = F64_RELATIVE * largest(&expected);
        let single = F32_FACTOR * apart + F32_FLOOR * largest(&expected);
        (distance(&found, &expected, if size_of::<T>() == 8 { double } else { single }), name)
    });
    each.fold((0.0, ""), |worst, one| if one.0 <= worst.0 { worst } else { one })
}

fn every_case<T: Rule + Precision>() {
    let (index, bytes) = (index(), golden("train.safetensors"));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert!(index.cases.len() >= 60);
    let mut most = (0.0, "", "");
    for case in &index.cases {
        let (found, what) = worst::<T>(case, index.updates, &file, |_| {});
        assert!(found <= 1.0, "{}: {what} {found:.3} times what is tolerated", case.name);
        most = if found > most.0 { (found, &case.name, what) } else { most };
    }
    println!("nearest to its tolerance: {most:?}");
}

#[test]
fn trainings_in_f64_are_pytorchs() {
    every_case::<f64>();
}

#[test]
fn trainings_in_f32_are_as_near_as_pytorchs_own() {
    every_case::<f32>();
}

fn option(settings: &mut Settings, name: &str, value: f64) {
    settings.options.insert(name.into(), value);
}

/// A comparison that cannot fail shows nothing: small changes of what is compared are seen, in both precisions.
#[test]
fn a_slightly_different_training_is_seen() {
    let (index, bytes) = (index(), golden("train.safetensors"));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let case = |name: &str| index.cases.iter().find(|c| c.name == name).unwrap();
    type Change = fn(&mut Settings);
    let changes: [(&str, Change); 14] = [
        ("lstm sgd", |s| s.learning_rate *= 1.001),
        ("gru sgd-momentum", |s| s.clip.limit *= 1.01),
        ("rnn sgd-nesterov", |s| option(s, "nesterov", 0.0)),
        ("lstm sgd-decay", |s| option(s, "weightDecay", 0.101)),
        ("gru rmsprop", |s| option(s, "alpha", 0.9901)),
        ("gru rmsprop-momentum", |s| option(s, "eps", 1e-4)),
        ("rnn adam", |s| option(s, "beta2", 0.9991)),
        ("rnn adamw", |s| s.optimizer = "adam".into()),
        ("lstm stream carried", |s| s.carry = false),
        ("lstm truncated, every step", |s| s.truncate = Some(6)),
        ("gru accumulated", |s| s.accumulate = 2),
        ("lstm by value", |s| s.clip = Clip { kind: ClipKind::Norm, limit: 0.02 }),
        ("lstm dropout", |s| s.dropout = 0.31),
        ("lstm warm-up-cosine", |s| s.schedule.warm_up = 8),
    ];
    for (name, change) in changes {
        let one = case(name);
        let (double, single) = (worst::<f64>(one, index.updates, &file, change).0, worst::<f32>(one, index.updates, &file, change).0);
        assert!(double > 10.0 && single > 2.0, "{name}: only {double} and {single} times what is tolerated");
    }
}

fn numbers(text: &[Vec<String>]) -> Vec<Vec<f64>> {
    text.iter().map(|row| row.iter().map(|x| x.parse().unwrap()).collect()).collect()
}

/// Equal, both NaN, or as near as the precision rounds (what goes below the smallest number is 0 on one side only at times).
fn same(a: f64, b: f64, relative: f64, floor: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= relative * b.abs() + floor
}

fn clipped<T: Precision>(one: &Clipping, limit: f64) -> (f64, Vec<Vec<f64>>) {
    let kind = if one.kind == "norm" { ClipKind::Norm } else { ClipKind::Value };
    let mut gradients: Vec<Vec<T>> = numbers(&one.before).iter().map(|g| g.iter().map(|x| T::of(*x)).collect()).collect();
    let found = clip(&mut gradients, Clip { kind, limit });
    (found.norm, gradients.iter().map(|g| g.iter().map(|x| x.f64()).collect()).collect())
}

fn clips_as_pytorch(one: &Clipping, limit: f64) -> bool {
    let double = one.precision == "f64";
    let (norm, after) = if double { clipped::<f64>(one, limit) } else { clipped::<f32>(one, limit) };
    let (relative, floor) = if double { (1e-14, 0.0) } else { (3e-7, 1e-44) };
    let expected = numbers(&one.after);
    same(norm, one.norm.parse().unwrap(), relative, floor)
        && after.iter().flatten().zip(expected.iter().flatten()).all(|(a, b)| same(*a, *b, relative, floor))
}

#[test]
fn clipping_is_pytorchs_for_zero_infinity_nan_and_what_overflows() {
    let index = index();
    assert_eq!(index.clippings.len(), 44);
    for one in &index.clippings {
        assert!(clips_as_pytorch(one, 1.0), "{} {} {}", one.name, one.precision, one.kind);
    }
    let seen = index.clippings.iter().filter(|one| !clips_as_pytorch(one, 0.999)).count();
    assert!(seen >= 15, "another limit is seen in {seen} of them");
}
