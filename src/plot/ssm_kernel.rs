//! What an input still adds to the read-out so many steps later: the kernel of a linear cell.

use super::axis::Scale;
use super::number::{count, number};
use super::scene::Scene;
use super::{Axis, Chart, Figure, Heatmap, Line, Panel, PlotSpec, Style};
use crate::error::Result;

pub static SPEC: PlotSpec = PlotSpec {
    name: "ssm-kernel",
    title: "Kernel",
    text: "What an input still adds to the read-out l steps later; the whole run is a convolution with it. Above: one unit. Below: all of them. It is the same for every input: the cell cannot choose what it remembers.",
    x: "lag l, in steps",
    y: "K_l",
    options: &[],
    backward: false,
    heavy: false,
};

/// A value counts as forgotten under this share of the kernel's largest.
const FORGOTTEN: f64 = 0.01;

/// `kernel`: units × lags, the lag fastest, with as many lags as the scene has steps. `unit` is drawn as a line; where nothing is
/// said, the one with the largest value.
pub fn build(scene: &Scene, units: usize, kernel: &[f64], unit: Option<usize>) -> Result<Figure> {
    let lags = scene.steps;
    let row = |unit: usize| kernel.get(unit * lags..(unit + 1) * lags).unwrap_or(&[]);
    let largest = (0..units).max_by(|a, b| peak(row(*a)).1.total_cmp(&peak(row(*b)).1)).unwrap_or(0);
    let unit = unit.filter(|unit| *unit < units).unwrap_or(largest);
    let end = peak(kernel).1.max(f64::MIN_POSITIVE);
    let by_lag = (0..lags).flat_map(|lag| (0..units).map(move |unit| kernel[unit * lags + lag])).collect();
    let map = Heatmap::new("Kₗ", units, lags, by_lag, (-end, end))?;
    let line = Line {
        name: format!("Kₗ of unit {unit}"),
        lane: String::new(),
        at: vec![],
        values: row(unit).to_vec(),
        high: vec![],
        style: Style::Plain,
        slot: 0,
    };
    let scale = Scale::linear(line.values.iter().copied(), None);
    let y = Axis { title: format!("Kₗ of unit {unit}"), unit: String::new(), scale, floor: None, references: vec![] };
    let panels = vec![Panel::Chart(Chart { y, lines: vec![line], marks: vec![] }), Panel::Heatmap(map)];
    // Lags count from 0; what the scene says of steps is not about them.
    let labels: Vec<String> = (0..lags).map(|lag| lag.to_string()).collect();
    let scene = Scene { labels: &labels, ticks: &[], x_title: SPEC.x, ..*scene };
    let spans: Vec<usize> = (0..units).map(|unit| span(row(unit))).collect();
    let summary = if lags == 0 || units == 0 { "There are no values.".into() } else { sentence(unit, row(unit), &spans) };
    Ok(scene.figure(&SPEC, SPEC.title.into(), panels, summary))
}

/// Where the size is largest, and that size.
fn peak(values: &[f64]) -> (usize, f64) {
    values.iter().enumerate().fold((0, 0.0), |most, (lag, v)| if v.abs() > most.1 { (lag, v.abs()) } else { most })
}

/// Lags until the kernel stays under `FORGOTTEN` of its largest size; all of them where it does not.
fn span(kernel: &[f64]) -> usize {
    let limit = FORGOTTEN * peak(kernel).1;
    kernel.iter().rposition(|v| v.abs() >= limit).map_or(0, |lag| lag + 1)
}

fn sentence(unit: usize, kernel: &[f64], spans: &[usize]) -> String {
    let (at, lags) = (peak(kernel).0, kernel.len());
    let percent = number(100.0 * FORGOTTEN, 1);
    let value = number(kernel[at], 2);
    let how_long = |span: usize| match span {
        span if span < lags => format!("stays under {percent} % of that after {}", count(span, "step")),
        _ => format!("has not fallen under {percent} % of that for good within {}", count(lags, "step")),
    };
    let mut text = format!("Unit {unit}: the kernel is largest at lag {at} ({value}) and {}.", how_long(spans[unit]));
    if spans.len() > 1 {
        let still = spans.iter().filter(|span| **span == lags).count();
        let (low, high) = spans.iter().fold((usize::MAX, 0), |(low, high), span| (low.min(*span), high.max(*span)));
        text += &match still {
            0 => format!(" Over all units that takes {low} to {}.", count(high, "step")),
            _ => format!(" Units that keep more than that to the end: {still} of {}.", spans.len()),
        };
    }
    text
}
