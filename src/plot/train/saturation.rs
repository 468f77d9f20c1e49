//! How many values are stuck at a limit, while the network learns.

use super::{Data, Style};
use crate::plot::axis::Scale;
use crate::plot::number::number;
use crate::plot::{Chart, Figure, Panel, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "train-saturation",
    title: "Saturation",
    text: "The share of each quantity's values that lie within 0.05 of a limit. There its slope is so flat that hardly any gradient passes to its weights: a gate that saturates stops learning.",
    x: "update",
    y: "saturated share",
    options: &[],
    backward: false,
    heavy: false,
};

/// One series per lane, named as it is to be called.
pub fn build(data: &Data) -> Figure {
    let lines: Vec<_> = data
        .series
        .iter()
        .map(|series| {
            let mut line = data.line(series, "", Style::Plain);
            line.name = series.name.clone();
            line
        })
        .collect();
    let y = data.axis(SPEC.y, "", Scale::Linear { low: 0.0, high: 1.0 });
    let parts: Vec<String> = data
        .series
        .iter()
        .filter_map(|series| {
            let (first, last) = (series.values.first()?, series.last()?);
            let percent = |share: f64| number(100.0 * share, 2);
            Some(format!("{}: {} % (at first {} %)", series.name, percent(last.1), percent(*first)))
        })
        .collect();
    let update = data.series.iter().filter_map(|series| series.at.last()).copied().fold(0.0, f64::max);
    let summary = if parts.is_empty() { String::new() } else { format!("Saturated at update {update}: {}.", parts.join("; ")) };
    data.figure(&SPEC, Panel::Chart(Chart { y, lines, marks: vec![] }), summary)
}
