//! How long the gradient is before and after clipping.

use super::{Data, Series, Style, all_of};
use crate::plot::axis::{Scale, View};
use crate::plot::number::number;
use crate::plot::{Chart, Figure, LOG, Panel, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "train-norm",
    title: "Gradient and clipping",
    text: "The norm of all gradients together before clipping, and dotted what is left of it. At the threshold the gradient is shortened and keeps its direction; one spike without clipping can undo a whole training.",
    x: "update",
    y: "norm",
    options: &[LOG],
    backward: true,
    heavy: false,
};

/// Two decades at least: a norm that stays where it is looks flat.
const VIEW: View = View { decades: 3, top: None };

/// Series of the roles "before" and "after"; levels are thresholds.
pub fn build(data: &Data) -> Figure {
    let mut lines: Vec<_> = data.of("before").flat_map(|series| data.noisy(series, "before clipping")).collect();
    for series in data.of("after") {
        let half = if data.plain { 0 } else { super::smooth::half_window(series.values.len()) };
        let mut line = data.line(series, "after clipping", Style::Broken);
        line.values = super::smooth::running_median(&line.values, half);
        lines.push(line);
    }
    let levels = data.levels.iter().map(|level| level.value);
    let all = all_of(&lines).chain(levels);
    let scale = if data.log.unwrap_or(true) { Scale::log(all, None, VIEW) } else { Scale::linear(all, None) };
    let chart = Chart { y: data.axis("norm of the gradient", "", scale), lines, marks: vec![] };
    let parts: Vec<String> = data.of("before").filter_map(|series| sentence(data, series)).collect();
    data.figure(&SPEC, Panel::Chart(chart), parts.join(" "))
}

fn sentence(data: &Data, series: &Series) -> Option<String> {
    let half = super::smooth::half_window(series.values.len());
    let (update, _) = series.last()?;
    let now = super::smooth::last_median(&series.values, half)?;
    let tops = if series.high.is_empty() { &series.values } else { &series.high };
    let largest = tops.iter().zip(&series.at).filter(|(v, _)| !v.is_nan());
    let largest = largest.reduce(|most, next| if *next.0 > *most.0 { next } else { most })?;
    let mut text = format!(
        "{} is {} at update {update}, at most {} (update {})",
        data.name(series, "gradient norm"),
        number(now, 2),
        number(*largest.0, 2),
        largest.1
    );
    if let Some(after) = data.of("after").find(|after| after.name == series.name) {
        let clipped = series.values.iter().zip(&after.values).filter(|(before, after)| **after < **before * 0.9999).count();
        text += &format!("; clipped in {:.0} % of what is shown", 100.0 * clipped as f64 / series.values.len() as f64);
    }
    if series.broken() > 0 {
        text += &format!("; {} of {} not finite", series.broken(), series.values.len());
    }
    Some(text + ".")
}
