//! How large the carried state of each network is.

use super::{Data, RELATIVE, Series};
use crate::plot::axis::View;
use crate::plot::number::number;
use crate::plot::{Figure, LINEAR, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "compare-states",
    title: "Size of the carried state",
    text: "The Euclidean norm of everything that the cell hands on to the next step, all carried lanes together. Where it jumps, something was written; where it sinks, something was forgotten; a network that explodes rises straight on the log axis.",
    x: "step t",
    y: "norm",
    options: &[LINEAR, RELATIVE],
    backward: false,
    heavy: false,
};

/// ‖s_t‖
pub fn build(data: &Data) -> Figure {
    let chart = data.chart("‖sₜ‖, s: all that is carried", false, View { decades: 3, top: None }, None);
    let said = data.series.iter().filter_map(sentence).collect();
    data.figure(&SPEC, SPEC.title.into(), chart, said)
}

fn sentence(series: &Series) -> Option<String> {
    let (first, last) = (series.first()?, series.last()?);
    let finite = series.values.iter().copied().enumerate().filter(|(_, v)| !v.is_nan());
    let peak = finite.fold(first, |a, b| if b.1 > a.1 { b } else { a });
    let say = |v: f64| number(v, 3);
    Some(format!("{}: {} at the end, largest at step {} ({}).", series.name, say(last.1), peak.0 + 1, say(peak.1)))
}
