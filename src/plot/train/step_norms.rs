//! How much gradient reaches each step, while the network learns.

use super::Data;
use crate::error::Result;
use crate::plot::axis::{Scale, View};
use crate::plot::number::number;
use crate::plot::{Figure, Floor, Heatmap, LOG, Panel, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "train-step-norms",
    title: "Gradient at every step, over training",
    text: "One column per update, one row per step of the sequence; the colour is how large ∂L/∂h still is there, in powers of ten. Where it fades, training cannot learn from those steps; lines are borders of chunks, which no gradient crosses.",
    x: "update",
    y: "step t",
    options: &[LOG],
    backward: true,
    heavy: false,
};

/// What is always in view, so that a gradient that vanishes looks different from one that does not.
const VIEW: View = View { decades: 8, top: Some(0) };

/// `at`, `steps`, `values`: one column of ‖∂L/∂h_t‖ per update; `chunk`.
pub fn build(data: &Data) -> Result<Figure> {
    let floor = Floor::f32();
    let all = || data.values.iter().copied();
    let log = data.log.unwrap_or(true);
    let (range, lowest) = match (log, Scale::log(all(), Some(floor.value), VIEW)) {
        (true, Scale::Log { low, high }) => ((low, high), low),
        _ => ((0.0, all().filter(|v| v.is_finite()).fold(f64::MIN_POSITIVE, f64::max)), 0.0),
    };
    let mut map = Heatmap::new("‖∂L/∂hₜ‖", data.steps, data.at.len(), data.values.clone(), range)?;
    // Exponents are no reason for a diverging palette.
    map.map = crate::plot::palette::Map::Sequential;
    map.rows_title = "step t".into();
    map.first = 1;
    map.log = log;
    map.at = data.at.iter().map(|update| update - 1.0).collect();
    if data.chunk > 0 {
        map.borders = (1..data.steps.div_ceil(data.chunk)).map(|k| k * data.chunk).collect();
    }
    if log {
        let below = lowest - floor.value.log10();
        map.note = if below > 0.5 { format!("f32 floor {below:.0} decades lower") } else { floor.label };
    }
    let summary = sentence(data).unwrap_or_default();
    Ok(data.figure(&SPEC, Panel::Heatmap(map), summary))
}

/// Of the newest column: where it is largest, where it ends, how it was at first.
fn sentence(data: &Data) -> Option<String> {
    let update = data.at.last()?;
    let column = |k: usize| -> Vec<f64> {
        let values = data.values.chunks(data.steps.max(1)).nth(k).unwrap_or(&[]);
        values.iter().copied().take_while(|v| !v.is_nan()).collect()
    };
    let now = column(data.at.len() - 1);
    let (first, last) = (*now.first()?, *now.last()?);
    let say = |v: f64| number(v, 2);
    let mut text = format!("At update {update} the gradient is {} at step {} and {} at step 1", say(last), now.len(), say(first));
    if now.len() > 1 && last > 0.0 && first > 0.0 {
        text += &format!(", {} of it", say(first / last));
    }
    let floor = f64::from(f32::MIN_POSITIVE);
    if let Some(t) = now.iter().rposition(|v| *v < floor) {
        text += &format!("; up to step {} it is under the smallest normal f32", t + 1);
    }
    if data.chunk > 0 && data.chunk < data.steps {
        text += &format!("; chunks of {} steps, no gradient crosses their borders", data.chunk);
    }
    let begun = column(0);
    if data.at.len() > 1
        && let (Some(first), Some(last)) = (begun.first(), begun.last())
    {
        text += &format!(". At update {} it was {} and {}", data.at[0], say(*last), say(*first));
    }
    Some(text + ".")
}
