//! Outputs, final states, every lane and every gradient against PyTorch, over the grid of tests/golden/generate.py.

mod support;

use support::{Case, Drawn, Record, Values, index, records, tensor};
use unrolled::cell::Precision;

struct Checked {
    cases: usize,
    tensors: usize,
    wrong: Vec<String>,
    /// Cases without a wrong tensor.
    right: Vec<String>,
}

/// Runs every case of the groups, up to `longest` steps, in one precision. `disturb` may change what runs.
fn check<T: Precision>(groups: &[&str], longest: usize, disturb: impl Fn(&Case, &mut Drawn<T>)) -> Checked {
    let (index, values) = (index(), Values::read());
    let mut checked = Checked { cases: 0, tensors: 0, wrong: vec![], right: vec![] };
    let chosen = |case: &Case| groups.contains(&case.group.as_str()) && case.steps <= longest;
    for (number, case) in index.cases.iter().enumerate().filter(|(_, case)| chosen(case)) {
        let names = &index.layouts[case.layout];
        let mut drawn = case.draw::<T>();
        disturb(case, &mut drawn);
        let (trace, gradients) = drawn.go();
        checked.cases += 1;
        let before = checked.wrong.len();
        for (name, record) in names.iter().zip(records(&values.get(&format!("case.{number}")), names, case.entries)) {
            checked.tensors += 1;
            if let Err(what) = record.compare(&tensor(name, &trace, &gradients)) {
                checked.wrong.push(format!("{}: {name}{what}", case.title(number)));
            }
        }
        if checked.wrong.len() == before {
            checked.right.push(case.title(number));
        }
    }
    checked
}

fn assert_equal<T: Precision>(groups: &[&str], at_least: usize) {
    let checked = check::<T>(groups, usize::MAX, |_, _| {});
    assert!(checked.cases >= at_least, "{} cases", checked.cases);
    let shown: Vec<&String> = checked.wrong.iter().take(20).collect();
    assert!(checked.wrong.is_empty(), "{} of {} tensors differ from PyTorch:\n{shown:#?}", checked.wrong.len(), checked.tensors);
}

const GRID: &[&str] = &["grid"];
const SIZES: &[&str] = &["sizes"];
const SHAPES: &[&str] = &["lengths", "final-gradient", "no-initial", "dropout", "readout"];
const EXTREMES: &[&str] = &["saturated", "zero", "nan", "infinite"];

#[test]
fn grid_in_f32() {
    assert_equal::<f32>(GRID, 672);
}

#[test]
fn grid_in_f64() {
    assert_equal::<f64>(GRID, 672);
}

#[test]
fn sizes_around_the_vector_width() {
    assert_equal::<f32>(SIZES, 70);
    assert_equal::<f64>(SIZES, 70);
}

#[test]
fn lengths_initial_states_dropout_and_readouts() {
    assert_equal::<f32>(SHAPES, 150);
    assert_equal::<f64>(SHAPES, 150);
}

#[test]
fn saturated_zero_nan_and_infinite_inputs() {
    assert_equal::<f32>(EXTREMES, 50);
    assert_equal::<f64>(EXTREMES, 50);
}

/// Every case notices recurrent weights that are off by a thousandth, in both precisions. (All units of a ReLU may be at rest.)
#[test]
fn a_disturbed_network_fails() {
    fn nudge<T: Precision>(_: &Case, drawn: &mut Drawn<T>) {
        let name = "weight_hh_l0";
        let mut values = drawn.net.parameter(name).unwrap().values.clone();
        values.iter_mut().for_each(|w| *w = *w * T::of(1.001));
        drawn.net.set_parameter(name, &values).unwrap();
    }
    let groups = ["grid", "sizes", "lengths", "final-gradient", "no-initial", "dropout", "readout"];
    for checked in [check::<f32>(&groups, 9, nudge), check::<f64>(&groups, 9, nudge)] {
        let unseen: Vec<&String> = checked.right.iter().filter(|title| !title.contains("relu")).collect();
        assert!(unseen.is_empty(), "{} of {} cases: {unseen:#?}", unseen.len(), checked.cases);
        assert!(checked.right.len() * 20 < checked.cases, "{:#?}", checked.right);
    }
}

/// Each convention that a reader could mix up is told apart by the values.
#[test]
fn a_wrong_convention_fails() {
    let (index, values) = (index(), Values::read());
    for (number, case) in index.cases.iter().enumerate().filter(|(_, c)| c.group == "dropout" || c.group == "lengths") {
        let names = &index.layouts[case.layout];
        let stored = records(&values.get(&format!("case.{number}")), names, case.entries);
        let wrong = |case: &Case, forget: fn(&mut Drawn<f32>)| {
            let mut drawn = case.draw::<f32>();
            forget(&mut drawn);
            let (trace, gradients) = drawn.go();
            names.iter().zip(&stored).any(|(name, record)| record.compare(&tensor(name, &trace, &gradients)).is_err())
        };
        let other = match case.kind.as_str() {
            "rnn-tanh" => "rnn-relu",
            "rnn-relu" => "rnn-tanh",
            "gru-after-keep" => "gru-after-replace",
            "gru-after-replace" => "gru-after-keep",
            "gru-before-keep" => "gru-before-replace",
            "gru-before-replace" => "gru-before-keep",
            _ => "lstm",
        };
        let title = case.title(number);
        if other != case.kind {
            assert!(wrong(&Case { kind: other.into(), ..case.clone() }, |_| {}), "{title} as {other}");
        }
        assert!(wrong(case, |drawn| drawn.run.initial.clear()), "{title} without initial states");
        if case.dropout.is_some() {
            assert!(wrong(case, |drawn| drawn.run.masks.clear()), "{title} without masks");
        }
        if case.lengths.is_some() {
            assert!(wrong(case, |drawn| drawn.run.lengths = None), "{title} without lengths");
        }
    }
}

/// The comparison itself: every kind of wrong tensor is refused, in sampled places and in all others.
#[test]
fn the_comparison_can_fail() {
    let (index, values) = (index(), Values::read());
    let mut tried = 0;
    for (number, case) in index.cases.iter().enumerate().filter(|(_, c)| c.steps <= 9) {
        let names = &index.layouts[case.layout];
        let (trace, gradients) = case.draw::<f32>().go();
        for (name, record) in names.iter().zip(records(&values.get(&format!("case.{number}")), names, case.entries)) {
            let right = tensor(name, &trace, &gradients);
            let refused = |wrong: &[f32], how: &str| {
                assert!(record.compare(wrong).is_err(), "{}: {name} passes {how}", case.title(number));
            };
            let step = |record: &Record, factor: f64| (factor * record.tolerance::<f32>()) as f32;
            let (at, _) = record.sample[record.sample.len() / 2];
            let mut wrong = right.clone();
            wrong[at] += step(&record, 3.0);
            if wrong[at].is_finite() && wrong[at] != right[at] {
                refused(&wrong, "with a sampled value moved by three tolerances");
            }
            wrong[at] = if right[at].is_nan() { 0.0 } else { f32::NAN };
            refused(&wrong, "with a NaN gained or lost");
            let mut wrong = right.clone();
            let elsewhere = (0..right.len()).find(|k| record.sample.iter().all(|(at, _)| at != k) && right[*k].is_finite());
            if let Some(at) = elsewhere {
                wrong[at] += step(&record, 3.0 * support::PROJECTION_FACTOR * (record.count as f64).sqrt());
                refused(&wrong, "with another value moved");
            }
            refused(&right[1..], "with a value missing");
            tried += 1;
        }
    }
    assert!(tried > 5_000, "{tried}");
}
