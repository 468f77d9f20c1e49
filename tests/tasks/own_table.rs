//! Forecasts of somebody's own table: what is chosen, what is left out, and what never leaks.

use unrolled::error::{Code, Error};
use unrolled::io::csv;
use unrolled::task::{self, Batch, Data, Part, Task, Value, table::Table};

use crate::{n, options, w};

/// Made the way the page makes it: bytes, a grid of times, a task.
fn make(text: &str, pairs: &[(&str, Value)]) -> Result<Box<dyn Task>, Error> {
    let grid = csv::read(text.as_bytes())?.on_grid(None)?;
    let csv = Some(Table { names: grid.names, columns: grid.columns, step: grid.report.step });
    task::make("csv", &options(pairs), &Data { csv, ..Data::default() })
}

/// A column's name and its value at an hour.
type Rule = (&'static str, fn(usize) -> Option<f64>);

/// A cell a row for every hour of 400, from a rule; missing where it gives nothing.
fn hours(columns: &[Rule]) -> String {
    let mut text = String::from("time");
    columns.iter().for_each(|(name, _)| text += &format!(";{name}"));
    for k in 0..400 {
        text += &format!("\n{:02}.01.2013 {:02}:00", 1 + k / 24, k % 24);
        for (_, rule) in columns {
            text += &rule(k).map_or(";".into(), |x| format!(";{x}").replace('.', ","));
        }
    }
    text
}

fn rise(k: usize) -> Option<f64> {
    Some(k as f64)
}

fn day(k: usize) -> Option<f64> {
    Some(20.0 + 5.0 * f64::sin(k as f64 * std::f64::consts::TAU / 24.0))
}

fn gappy(k: usize) -> Option<f64> {
    (k % 10 != 3).then_some(k as f64)
}

fn filled(task: &dyn Task, part: Part, index: u64) -> Batch {
    let mut batch = Batch::default();
    task.fill(part, &[index], &mut batch).unwrap();
    batch
}

const SMALL: [(&str, f64); 2] = [("window", 6.0), ("horizon", 2.0)];

fn small(more: &[(&'static str, Value)]) -> Vec<(&'static str, Value)> {
    SMALL.iter().map(|(name, value)| (*name, n(*value))).chain(more.iter().cloned()).collect()
}

#[test]
fn targets_are_so_many_rows_ahead_in_natural_units() {
    let task = make(&hours(&[("rise", rise)]), &small(&[])).unwrap();
    let batch = filled(&*task, Part::Train, 7);
    for t in 0..6 {
        let (read, asked) = (task.natural(batch.numbers[t]), task.natural(batch.targets[t]));
        assert!((read - (7 + t) as f32).abs() < 1e-2);
        // The first third of a window is read before anything is asked.
        assert_eq!(batch.counts[t], t >= 2);
        assert!(t < 2 || (asked - (9 + t) as f32).abs() < 1e-2, "{t}: {asked}");
    }
    // Two rows ahead on a slope of one: persistence errs by two, a line by almost nothing.
    let lines = task.baselines(Part::Valid, &task.held_out(Part::Valid, 100)).unwrap();
    let metric = |name: &str| lines.iter().find(|line| line.name.contains(name)).and_then(|line| line.metric).unwrap();
    assert!((metric("persistence") - 2.0).abs() < 1e-3);
    assert!(metric("ridge") < 0.5, "{}", metric("ridge"));
}

#[test]
fn no_part_reads_or_asks_for_another_ones_rows() {
    let task = make(&hours(&[("rise", rise)]), &small(&[])).unwrap();
    let span = |part| {
        let (mut least, mut most) = (f32::MAX, f32::MIN);
        for index in 0..task.examples(part).unwrap() as u64 {
            let batch = filled(&*task, part, index);
            let targets = batch.targets.iter().zip(&batch.counts).filter(|(_, counts)| **counts).map(|(x, _)| x);
            for x in batch.numbers.iter().chain(targets) {
                (least, most) = (least.min(task.natural(*x)), most.max(task.natural(*x)));
            }
        }
        (least.round() as usize, most.round() as usize)
    };
    let [train, valid, test] = Part::ALL.map(span);
    // 70, 15 and 15 per cent of 400 rows.
    assert_eq!((train, valid.0, test.0), ((0, 279), 280, 340));
    assert!(valid.1 < 340 && test.1 < 400 && valid.1 > 330 && test.1 > 390, "{valid:?} {test:?}");
}

#[test]
fn what_comes_later_does_not_change_the_scale() {
    let early = make(&hours(&[("x", day)]), &small(&[])).unwrap();
    let later = make(&hours(&[("x", |k| if k < 280 { day(k) } else { Some(1000.0 + k as f64) })]), &small(&[])).unwrap();
    assert_eq!(filled(&*early, Part::Train, 3), filled(&*later, Part::Train, 3));
    assert_ne!(filled(&*early, Part::Valid, 0), filled(&*later, Part::Valid, 0));
}

#[test]
fn columns_are_chosen_by_name_the_targets_own_past_first() {
    let text = hours(&[("rise", rise), ("Temp. °C", day), ("gaps", gappy)]);
    let width = |task: &dyn Task| filled(task, Part::Train, 0).numbers.len() / 6;
    let all = make(&text, &small(&[("target", w("Temp. °C")), ("missing", w("last"))])).unwrap();
    assert_eq!(width(&*all), 3);
    let first = filled(&*all, Part::Train, 0).numbers[3];
    assert!((f64::from(all.natural(first)) - day(1).unwrap()).abs() < 1e-2);
    let two = make(&text, &small(&[("target", w("Temp. °C")), ("features", w("rise\n"))])).unwrap();
    assert_eq!(width(&*two), 2);
    let alone = make(&text, &small(&[("target", w("rise")), ("features", w("rise"))])).unwrap();
    assert_eq!(width(&*alone), 1);
    for pairs in [[("target", w("Temp"))], [("features", w("rise\nnothing"))]] {
        let error = make(&text, &small(&pairs)).map(|_| ()).unwrap_err();
        assert!(error.code == Code::UnknownName && error.message.contains("“Temp. °C”"), "{error}");
    }
}

#[test]
fn gaps_leave_windows_out_or_the_last_reading_stands_in() {
    let text = hours(&[("gaps", gappy)]);
    // Nine readings between two gaps: windows of six fit, of ten do not.
    let skip = make(&text, &small(&[])).unwrap();
    assert!(filled(&*skip, Part::Train, 0).numbers.iter().all(|x| x.is_finite()));
    let error = make(&text, &[("window", n(10.0))]).map(|_| ()).unwrap_err();
    assert!(error.code == Code::Format && error.message.contains("expected 10 rows in a row"), "{error}");
    let last = make(&text, &[("window", n(10.0)), ("missing", w("last"))]).unwrap();
    let batch = filled(&*last, Part::Train, 0);
    assert!((last.natural(batch.numbers[3]) - 2.0).abs() < 1e-2, "row 3 was not measured: row 2 stands in");
    let asked: Vec<usize> = (0..10).filter(|t| batch.counts[*t]).collect();
    assert_eq!(asked, [3, 4, 5, 6, 7, 8, 9], "rows 4 to 10 were measured");
    assert_eq!((0..10).filter(|t| filled(&*last, Part::Train, 4).counts[*t]).collect::<Vec<_>>(), [3, 4, 5, 6, 7, 9], "row 13 was not");
}

#[test]
fn tables_that_cannot_be_learned_from_say_why() {
    let refused = |text: &str| make(text, &small(&[])).map(|_| ()).unwrap_err().message;
    assert!(refused("time;name\n1.1.2013;a\n2.1.2013;b\n").contains("no column of numbers"));
    assert!(refused(&hours(&[("same", |_| Some(4.0))])).contains("“same” has no readings that differ"));
    assert!(refused("x\n1\n2\n3\n").contains("rows"));
    // A column that never changes is read along and harms nothing.
    let task = make(&hours(&[("same", |_| Some(4.0)), ("rise", rise)]), &small(&[])).unwrap();
    assert!(filled(&*task, Part::Train, 0).numbers.iter().all(|x| x.is_finite()));
}
