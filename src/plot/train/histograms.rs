//! How the numbers of each tensor are spread.

use super::{Data, Tensor};
use crate::plot::number::{count, number};
use crate::plot::{Figure, Histogram, Panel, PlotSpec, Ridge, Scale, Tick};

pub static WEIGHTS: PlotSpec = PlotSpec {
    name: "train-weights",
    title: "Weights",
    text: "How many weights of each tensor lie where; the height is the logarithm of the count. They start close together and spread as the network learns.",
    x: "value",
    y: "tensor",
    options: &[],
    backward: false,
    heavy: false,
};

pub static GRADIENTS: PlotSpec = PlotSpec {
    name: "train-gradients",
    title: "Gradients",
    text: "How many gradients of each tensor lie where, at the newest update; the height is the logarithm of the count. A tensor whose gradients all stand at nothing is not learning.",
    x: "value",
    y: "tensor",
    options: &[],
    backward: true,
    heavy: false,
};

/// Columns that values are told apart by: a figure's axis has whole steps.
const COLUMNS: usize = 1000;

/// `tensors`; with `log`, their edges are powers of ten of magnitudes.
pub fn build(spec: &'static PlotSpec, data: &Data) -> Figure {
    let log = data.log == Some(true);
    let edges = || data.tensors.iter().flat_map(|tensor| tensor.edges.iter().copied()).filter(|v| v.is_finite());
    let (low, high) = edges().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let (low, high) = if low < high { (low, high) } else { (-1.0, 1.0) };
    // Step k's column lies around k; the first begins at the low end.
    let place = |v: f64| (v - low) / (high - low) * COLUMNS as f64 - 0.5;
    let rows = data
        .tensors
        .iter()
        .map(|tensor| Histogram {
            name: tensor.name.clone(),
            edges: tensor.edges.iter().map(|v| place(*v)).collect(),
            values: tensor.edges.clone(),
            counts: tensor.counts.clone(),
            note: extent(tensor, log),
        })
        .collect();
    let scale = if log { Scale::Log { low, high } } else { Scale::Linear { low, high } };
    let tick = |(value, text): (f64, String)| {
        let at = place(if log { value.log10() } else { value });
        (at > -0.5 && at < COLUMNS as f64 - 0.5).then(|| Tick { t: (at.max(0.0)).round() as usize, text })
    };
    let ridge = Ridge {
        title: "count, logarithmic".into(),
        rows,
        slot: if spec.backward { 1 } else { 0 },
        zero: (!log && low < 0.0 && high > 0.0).then(|| place(0.0)),
    };
    let parts: Vec<String> = data.tensors.iter().filter_map(|tensor| sentence(tensor, log)).collect();
    let summary = parts.join("; ");
    let mut figure = data.figure(spec, Panel::Ridge(ridge), if summary.is_empty() { summary } else { summary + "." });
    figure.steps = COLUMNS;
    figure.x_title = if log { "size of the value" } else { "value" }.into();
    figure.ticks = scale.ticks(6).into_iter().filter_map(tick).collect();
    figure
}

/// From the first bin with anything in it to the last.
fn ends(edges: &[f64], counts: &[f64]) -> Option<(f64, f64)> {
    let (first, last) = (counts.iter().position(|c| *c > 0.0)?, counts.iter().rposition(|c| *c > 0.0)?);
    Some((*edges.get(first)?, *edges.get(last + 1)?))
}

fn extent(tensor: &Tensor, log: bool) -> String {
    let say = |v: f64| number(if log { 10f64.powf(v) } else { v }, 2);
    let mut text = ends(&tensor.edges, &tensor.counts).map_or(String::new(), |(low, high)| format!("{} … {}", say(low), say(high)));
    // In a linear histogram zeros have a bin.
    for (n, what) in [(if log { tensor.zeros } else { 0.0 }, "exactly 0"), (tensor.not_finite, "not finite")] {
        if n > 0.0 {
            text += &format!("{}{n} {what}", if text.is_empty() { "" } else { ", " });
        }
    }
    if text.is_empty() { "nothing".into() } else { text }
}

fn sentence(tensor: &Tensor, log: bool) -> Option<String> {
    let all = tensor.counts.iter().sum::<f64>() + tensor.not_finite + if log { tensor.zeros } else { 0.0 };
    (all > 0.0).then(|| format!("{}: {} in {}", tensor.name, count(all as usize, "value"), extent(tensor, log)))
}
