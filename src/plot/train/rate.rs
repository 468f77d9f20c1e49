//! The learning rate.

use super::{Data, Style, close_chart};
use crate::plot::number::number;
use crate::plot::{Figure, LINEAR, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "train-rate",
    title: "Learning rate",
    text: "How far each update goes, as its schedule has it: constant, risen from nothing (warm-up), or let down along a cosine.",
    x: "update",
    y: "learning rate",
    options: &[LINEAR],
    backward: false,
    heavy: false,
};

/// One series per run.
pub fn build(data: &Data) -> Figure {
    let lines: Vec<_> = data.series.iter().map(|series| data.line(series, SPEC.y, Style::Plain)).collect();
    let panel = close_chart(data, false, SPEC.y, "", lines);
    let parts: Vec<String> = data
        .series
        .iter()
        .filter_map(|series| {
            let ((update, last), top) = (series.last()?, series.best(true)?);
            let name = data.name(series, SPEC.y);
            Some(format!("{name} is {} at update {update}; its largest was {} at update {}.", number(last, 3), number(top.1, 3), top.0))
        })
        .collect();
    data.figure(&SPEC, panel, parts.join(" "))
}
