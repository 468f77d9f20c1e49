//! What can be reached without learning, beside the figures that arithmetic and others' measurements give.

use unrolled::task::{Baseline, Batch, Part, Task};

use crate::{make, n, w};

fn line<'a>(lines: &'a [Baseline], name: &str, source: &str) -> &'a Baseline {
    let found = lines.iter().find(|line| line.name.contains(name) && line.source.contains(source));
    found.unwrap_or_else(|| panic!("no {name} ({source}) in {lines:?}"))
}

fn lines(task: &dyn Task, part: Part, count: u64) -> Vec<Baseline> {
    let count = task.examples(part).map_or(count, |n| n as u64);
    task.baselines(part, &(0..count).collect::<Vec<_>>()).unwrap()
}

#[test]
fn the_adding_problems_guesser() {
    for (variant, name, exact) in
        [("c", "always 1", 1.0 / 6.0), ("b", "always 1", 1.0 / 6.0), ("a", "always 0.5", (2.0 - 0.1 - 0.9 / 23.0) / 48.0)]
    {
        let lines = lines(&*make("adding", &[("variant", w(variant)), ("length", n(50.0))]), Part::Test, 4000);
        assert!((line(&lines, name, "exact").loss.unwrap() - exact).abs() < 1e-12);
        let measured = line(&lines, name, "measured").loss.unwrap();
        assert!((measured / exact - 1.0).abs() < 0.06, "{variant}: {measured}");
        assert!(measured != exact, "measured on the examples, not looked up");
    }
}

#[test]
fn variant_a_marks_early_and_closes_with_minus_one() {
    let task = make("adding", &[("variant", w("a")), ("length", n(100.0))]);
    let mut batch = Batch::default();
    let size = 500;
    task.fill(Part::Train, &(0..size as u64).collect::<Vec<_>>(), &mut batch).unwrap();
    assert!(batch.lengths.iter().all(|n| (100..=110).contains(n)) && batch.steps == 110);
    for b in 0..size {
        let last = batch.lengths[b] - 1;
        let at = |t: usize, k: usize| f64::from(batch.numbers[(t * size + b) * 2 + k]);
        assert_eq!((at(0, 1), at(last, 1)), (-1.0, -1.0));
        let marked: Vec<usize> = (0..last).filter(|t| at(*t, 1) == 1.0).collect();
        assert!(marked.iter().any(|t| *t < 10) || marked.len() == 1, "{marked:?}");
        assert!(marked.iter().all(|t| *t < 49), "{marked:?}");
        let sum: f64 = marked.iter().map(|t| at(*t, 0)).sum();
        let target = f64::from(batch.targets[last * size + b]);
        assert!((target - (0.5 + sum / 4.0)).abs() < 1e-6, "{target}");
    }
}

#[test]
fn the_copy_tasks_guesser() {
    for (delay, expected) in [(30.0, 0.41589), (50.0, 0.29706), (100.0, 0.17329), (1000.0, 0.02039)] {
        let lines = lines(&*make("copy", &[("delay", n(delay))]), Part::Valid, 1);
        assert!((lines[0].loss.unwrap() - expected).abs() < 5e-6 && lines[0].metric == Some(12.5));
    }
}

#[test]
fn copy_scores_only_the_last_ten() {
    let task = make("copy", &[("delay", n(30.0))]);
    let mut batch = Batch::default();
    task.fill(Part::Valid, &[0, 1], &mut batch).unwrap();
    // Blanks everywhere are right in 40 of 50 steps, and in none that is scored.
    let blanks: Vec<f32> = (0..50 * 2 * 9).map(|k| if k % 9 == 0 { 1.0 } else { 0.0 }).collect();
    let score = task.score(&batch, &blanks, false);
    assert_eq!((score.sum, score.count), (0.0, 20.0));
}

/// The figures of the shipped weights' provenance, which `train.py` measured with numpy, on JFK's November and December.
#[test]
fn simple_forecasts_of_the_temperature_reach_what_numpy_measured() {
    let index: serde_json::Value = serde_json::from_str(include_str!("../../assets/weights/index.json")).unwrap();
    let numpy = &index[0]["metrics"][0];
    let lines = lines(&*make("temperature", &[("answers", w("last")), ("stations", w("each"))]), Part::Test, 0);
    for (name, key, tolerance) in
        [("persistence", "persistenceRmse", 1e-6), ("day before", "sameHourYesterdayRmse", 1e-5), ("ridge", "ridge24Rmse", 1e-3)]
    {
        let (found, expected) = (line(&lines, name, "measured").metric.unwrap(), numpy[key].as_f64().unwrap());
        assert!((found - expected).abs() < tolerance, "{name}: {found} beside {expected}");
    }
}

#[test]
fn a_forecast_at_every_step_asks_for_every_hour_once_where_it_is_validated() {
    let task = make("temperature", &[]);
    let count = task.examples(Part::Valid).unwrap() as u64;
    let mut batch = Batch::default();
    task.fill(Part::Valid, &(0..count).collect::<Vec<_>>(), &mut batch).unwrap();
    let asked = batch.counts.iter().filter(|c| **c).count();
    // 61 days of hours, less the first window's beginning and what lies around 13 missing readings.
    assert!((1000..=61 * 24 - 24).contains(&asked), "{asked}");
    let lines = task.baselines(Part::Valid, &(0..count).collect::<Vec<_>>()).unwrap();
    let last = make("temperature", &[("answers", w("last"))]);
    let all = last.examples(Part::Valid).unwrap() as u64;
    let others = last.baselines(Part::Valid, &(0..all).collect::<Vec<_>>()).unwrap();
    for (every, last) in lines.iter().zip(&others) {
        assert!((every.metric.unwrap() / last.metric.unwrap() - 1.0).abs() < 0.05, "{every:?} beside {last:?}");
    }
}
