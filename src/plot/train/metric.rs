//! The task's own measure on validation examples.

use super::{Data, Series, Style, close_chart};
use crate::plot::number::number;
use crate::plot::{Figure, LOG, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "train-metric",
    title: "Validation",
    text: "How well it does what it is for, on examples that are not trained on, in the task's own unit. The dashed lines are methods that learn little or nothing.",
    x: "update",
    y: "metric",
    options: &[LOG],
    backward: false,
    heavy: false,
};

/// Series of the role "validation"; levels are baselines, in the unit of the metric.
pub fn build(data: &Data) -> Figure {
    let lines: Vec<_> = data.of("validation").map(|series| data.line(series, "validation", Style::Marked)).collect();
    let title = if data.quantity.is_empty() { SPEC.y } else { &data.quantity };
    // A share that is to grow is read from 0; an error by its factors.
    let panel = close_chart(data, !data.higher_is_better, title, &data.unit, lines);
    let parts: Vec<String> = data.of("validation").filter_map(|series| sentence(data, series, title)).collect();
    data.figure(&SPEC, panel, parts.join(" "))
}

fn sentence(data: &Data, series: &Series, title: &str) -> Option<String> {
    let (best, last) = (series.best(data.higher_is_better)?, series.last()?);
    let unit = if data.unit.is_empty() { String::new() } else { format!(" {}", data.unit) };
    let mut text = format!("{}: best {}{unit} at update {}", data.name(series, title), number(best.1, 3), best.0);
    text += &data.against(best.1);
    if last.0 != best.0 {
        text += &format!("; {}{unit} at update {}", number(last.1, 3), last.0);
    }
    Some(text + ".")
}
