//! How much gradient reaches step 1 from a loss at the end of longer and longer sequences.

use super::{Data, Series, floor};
use crate::plot::axis::View;
use crate::plot::number::{count, number};
use crate::plot::{Figure, Floor, LOG, Mark, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "compare-lengths",
    title: "Gradient of step 1 against length",
    text: "For each length T one run over the first T steps, and one way back from a loss at its end: how much gradient is left at step 1, computed in f32 as training does. Under the floor f32 loses digits, then everything: whatever optimiser and rate, step 1 can no longer be learned from.",
    x: "length T",
    y: "norm of the gradient",
    options: &[LOG],
    backward: true,
    heavy: true,
};

/// ‖∂L_T/∂x_1‖ at some lengths T; `from`: the length that the other figures show; `found`: the length from which it is under the floor.
pub fn build(data: &Data) -> Figure {
    let mut chart = data.chart("‖∂L/∂x₁‖", true, View { decades: 7, top: None }, Some(Floor::f32()));
    chart.marks.push(Mark { t: data.from, text: format!("T = {}", data.from + 1) });
    let said = data.series.iter().filter_map(|series| sentence(data, series)).collect();
    data.figure(&SPEC, SPEC.title.into(), chart, said)
}

fn sentence(data: &Data, series: &Series) -> Option<String> {
    let last = series.last()?;
    let length = series.at.get(last.0).map_or(data.steps, |at| *at as usize + 1);
    Some(match series.found {
        Some(n) => format!("{}: under the f32 floor from {} on.", series.name, count(n, "step")),
        None if last.1 < floor() => format!("{}: under the f32 floor at {}.", series.name, count(length, "step")),
        None => format!("{}: not under the floor up to {}, where it is {}.", series.name, count(length, "step"), number(last.1, 2)),
    })
}
