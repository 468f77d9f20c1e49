//! What the network says about an example that it was not trained on, beside what is true.

use super::{Data, Series, Style};
use crate::plot::axis::Scale;
use crate::plot::number::{count, number};
use crate::plot::{Chart, Figure, Line, Panel, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "train-held",
    title: "An example held out",
    text: "What the network, as it is now, says about one example that it is not trained on, beside what is true, in the task's own unit. Where classes are asked: the probability that it gives to the right one, a cross where another got more.",
    x: "step t",
    y: "value",
    options: &[],
    backward: false,
    heavy: false,
};

/// Series over the example's steps, NaN where nothing is asked: of numbers "input", "truth" and "prediction"; of classes "right"
/// and "wrong", the probability of the true class where the answer is or is not the true one. Levels: guessing.
pub fn build(data: &Data) -> Figure {
    let line = |series: &Series, style: Style| Line {
        name: series.name.clone(),
        lane: series.role.clone(),
        at: vec![],
        values: series.values.clone(),
        high: vec![],
        style,
        slot: series.slot,
    };
    let style = |series: &Series| match series.role.as_str() {
        "input" => Style::Ghost,
        "right" => Style::Dots,
        "wrong" => Style::Crosses,
        _ => Style::Plain,
    };
    let lines: Vec<Line> = data.series.iter().map(|series| line(series, style(series))).collect();
    let classes = data.series.iter().any(|series| series.role == "right");
    let values = || data.series.iter().flat_map(|series| series.values.iter().copied());
    let scale = if classes { Scale::Linear { low: 0.0, high: 1.0 } } else { around(values()) };
    let title = match (classes, data.quantity.as_str()) {
        (true, _) => "probability of the right class",
        (false, "") => SPEC.y,
        (false, quantity) => quantity,
    };
    let unit = if classes { "" } else { &data.unit };
    let chart = Chart { y: data.axis(title, unit, scale), lines, marks: vec![] };
    let summary = if classes { of_classes(data) } else { of_numbers(data) };
    let mut figure = data.figure(&SPEC, Panel::Chart(chart), summary.unwrap_or_default());
    figure.steps = data.series.iter().map(|series| series.values.len()).max().unwrap_or(0);
    figure.x_title = "step t".into();
    figure.labels = data.labels.clone();
    figure
}

/// Values with a unit need not show 0.
fn around(values: impl Iterator<Item = f64>) -> Scale {
    let (low, high) = values.filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return Scale::Linear { low: 0.0, high: 1.0 };
    }
    let span = (high - low).max(0.2 * high.abs()).max(1e-3);
    let step = crate::plot::axis::nice_step(span / 4.0);
    Scale::Linear { low: (low / step - 0.2).floor() * step, high: (high / step + 0.2).ceil() * step }
}

fn of_numbers(data: &Data) -> Option<String> {
    let (truth, said) = (data.of("truth").next()?, data.of("prediction").next()?);
    let pairs = || truth.values.iter().zip(&said.values).enumerate().filter(|(_, (a, b))| !a.is_nan() && !b.is_nan());
    let n = pairs().count();
    let (t, (a, b)) = pairs().reduce(|worst, next| {
        let off = |(_, (a, b)): (usize, (&f64, &f64))| (a - b).abs();
        if off(next) > off(worst) { next } else { worst }
    })?;
    let unit = if data.unit.is_empty() { String::new() } else { format!(" {}", data.unit) };
    let say = |v: f64| number(v, 3);
    if n == 1 {
        return Some(format!("At step {} the truth is {}{unit}, the prediction {}{unit}.", t + 1, say(*a), say(*b)));
    }
    let error = (pairs().map(|(_, (a, b))| (a - b) * (a - b)).sum::<f64>() / n as f64).sqrt();
    Some(format!(
        "Root mean square error {}{unit} over {}; furthest off at step {}: {} where {} is true.",
        say(error),
        count(n, "answer"),
        t + 1,
        say(*b),
        say(*a)
    ))
}

fn of_classes(data: &Data) -> Option<String> {
    let known = |role: &'static str| data.of(role).flat_map(|series| series.values.iter().copied()).filter(|v| !v.is_nan());
    let (right, all) = (known("right").count(), known("right").count() + known("wrong").count());
    let mean = known("right").chain(known("wrong")).sum::<f64>() / all as f64;
    (all > 0)
        .then(|| format!("{right} of {} right; the right class has a probability of {} on average.", count(all, "answer"), number(mean, 2)))
}
