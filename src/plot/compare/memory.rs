//! What one step's input still does to every later output, for each network.

use super::{Data, RELATIVE, Series};
use crate::plot::number::{count, number, subscript};
use crate::plot::scene::FACTORS;
use crate::plot::{Figure, Floor, LOG, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "compare-memory",
    title: "Memory of a step",
    text: "How much a small change of the chosen step’s input still changes the output t steps on: the norm of the exact derivative, not an experiment. A line that falls straight on the log axis forgets by the same factor at every step.",
    x: "step t",
    y: "norm of the derivative",
    options: &[LOG, RELATIVE],
    backward: false,
    heavy: true,
};

/// ‖∂y_t/∂x_k‖, NaN before the chosen step k; `found`: the half-life.
pub fn build(data: &Data) -> Figure {
    let k = subscript(&(data.from + 1).to_string());
    let floor = Floor { told: false, ..Floor::f32() };
    let chart = data.chart(&format!("‖∂yₜ/∂x{k}‖"), true, FACTORS, Some(floor));
    let said = data.series.iter().filter_map(|series| sentence(data, series)).collect();
    data.figure(&SPEC, format!("Memory of step {}", data.from + 1), chart, said)
}

fn sentence(data: &Data, series: &Series) -> Option<String> {
    let (first, last) = (series.first()?, series.last()?);
    let far = last.0 - first.0;
    if far == 0 {
        return Some(format!("{}: {}; there is no later step.", series.name, number(first.1, 2)));
    }
    let half = match series.found {
        Some(n) => format!("under half after {} for good", count(n, "step")),
        None if last.1 > first.1 => "grows".into(),
        None => "stays over half".into(),
    };
    let share = last.1 / first.1;
    let end = match share {
        _ if last.1 == 0.0 => "0".into(),
        share if share.is_finite() && !data.relative => format!("{}, {} times its start", number(last.1, 2), number(share, 2)),
        share => format!("{} times its start", number(share, 2)),
    };
    Some(format!("{}: {half}; {} on, {end}.", series.name, count(far, "step")))
}
