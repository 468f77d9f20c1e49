//! Examples drawn by two independent implementations, in Python and in JavaScript: `tests/golden/tasks-vectors.json`.

use serde_json::Value;
use unrolled::task::{self, Batch, Part};

use crate::{make, n, w};

fn vectors(key: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../golden/tasks-vectors.json")).unwrap();
    all[key].as_array().unwrap_or_else(|| panic!("no vectors {key}")).clone()
}

fn whole(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect()
}

/// The first examples of seed 1 one by one, beside what is expected of them.
fn beside(key: &str, name: &str, options: &[(&str, task::Value)], check: impl Fn(&Batch, &Value)) {
    let task = make(name, options);
    let expected = vectors(key);
    assert!(expected.len() >= 2);
    for (i, expected) in expected.iter().enumerate() {
        let mut batch = Batch::default();
        task.fill(Part::Train, &[i as u64], &mut batch).unwrap();
        check(&batch, expected);
    }
}

fn tokens(batch: &Batch) -> Vec<i64> {
    batch.tokens.iter().map(|id| i64::from(*id)).collect()
}

/// Classes where they count, −1 elsewhere.
fn classes(batch: &Batch) -> Vec<i64> {
    batch.classes.iter().zip(&batch.counts).map(|(class, counts)| if *counts { i64::from(*class) } else { -1 }).collect()
}

#[test]
fn adding() {
    let marks = |batch: &Batch| (0..batch.steps as i64).filter(|t| batch.numbers[2 * *t as usize + 1] != 0.0).collect::<Vec<_>>();
    beside("adding_c T=10", "adding", &[("length", n(10.0))], |batch, expected| {
        for (t, value) in expected["first_values"].as_array().unwrap().iter().enumerate() {
            assert_eq!(batch.numbers[2 * t], value.as_f64().unwrap() as f32);
        }
        assert_eq!(marks(batch), whole(&expected["marks"]));
        assert_eq!(batch.targets[9], expected["target"].as_f64().unwrap() as f32);
        assert_eq!(batch.counts.iter().filter(|c| **c).count(), 1);
    });
}

#[test]
fn copy() {
    beside("copy_memory T=5", "copy", &[("delay", n(5.0))], |batch, expected| {
        assert_eq!((tokens(batch), classes(batch)), (whole(&expected["x"]), whole(&expected["y"])));
    });
}

#[test]
fn parity() {
    beside("parity T=16", "parity", &[("length", n(16.0)), ("lengths", w("fixed"))], |batch, expected| {
        assert_eq!((tokens(batch), classes(batch)), (whole(&expected["x"]), whole(&expected["y"])));
    });
}

#[test]
fn selective_copying() {
    let options = [("noise", n(12.0)), ("tokens", n(4.0)), ("alphabet", n(16.0))];
    beside("selective_copying L=12 M=4 A=16", "selective-copying", &options, |batch, expected| {
        assert_eq!(tokens(batch), whole(&expected["x"]));
        assert_eq!(classes(batch)[..16], [-1; 16]);
        assert_eq!(classes(batch)[16..], whole(&expected["y"]));
    });
}

#[test]
fn induction() {
    beside("induction T=12 V=16", "induction", &[("length", n(12.0)), ("vocabulary", n(16.0))], |batch, expected| {
        assert_eq!(tokens(batch), whole(&expected["x"]));
        assert_eq!(classes(batch)[..11], [-1; 11]);
        assert_eq!(classes(batch)[11], expected["target"].as_i64().unwrap());
    });
}

#[test]
fn associative_recall() {
    let options = [("length", n(32.0)), ("pairs", n(4.0)), ("vocabulary", n(64.0)), ("power", n(0.01))];
    beside("mqar N=32 D=4 V=64 a=0.01", "mqar", &options, |batch, expected| {
        assert_eq!((tokens(batch), classes(batch)), (whole(&expected["x"]), whole(&expected["y"])));
    });
}

#[test]
fn temporal_order() {
    let task = make("temporal-order", &[]);
    beside("temporal_order 6a", "temporal-order", &[], |batch, expected| {
        let text: String = batch.tokens.iter().map(|id| task.token(*id).unwrap()).collect();
        assert_eq!(text, expected["x"].as_str().unwrap());
        let marked: Vec<i64> = (0..batch.steps as i64).filter(|t| (4..6).contains(&batch.tokens[*t as usize])).collect();
        assert_eq!(marked, whole(&expected["t"]));
        assert_eq!(*classes(batch).last().unwrap(), expected["cls"].as_i64().unwrap());
    });
}

#[test]
fn another_seed_or_part_does_not_meet_the_vectors() {
    let expected = vectors("copy_memory T=5");
    let first = |seed: f64, part| {
        let mut batch = Batch::default();
        make("copy", &[("delay", n(5.0)), ("seed", n(seed))]).fill(part, &[0], &mut batch).unwrap();
        tokens(&batch) == whole(&expected[0]["x"])
    };
    assert!(first(1.0, Part::Train) && first(0.0, Part::Valid));
    assert!(!first(2.0, Part::Train) && !first(1.0, Part::Valid));
}
