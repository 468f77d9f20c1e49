//! What one step does to a small change of the state, and what all the steps to the end do to it.

use super::number::{count, number};
use super::scene::{Curve, FACTORS, Scene, extent};
use super::{Figure, Floor, LOG, Level, Panel, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "jacobian-norms",
    title: "One step and all steps",
    text: "The largest factor by which one step can stretch a small change of the state, and the same for all the steps from t to the end. Under 1 at every step, the product vanishes; over 1, it may explode.",
    x: "step t",
    y: "spectral norm",
    options: &[LOG],
    backward: false,
    heavy: true,
};

/// `one_step[t]` = ‖∂h_t/∂h_{t−1}‖ (NaN at the first step), `running[t]` = ‖∂h_T/∂h_t‖, T being the step read last.
/// Curves' names are not used.
pub fn build(scene: &Scene, state: &str, one_step: Curve, running: Curve) -> Figure {
    let scene = Scene { relative: false, ..*scene };
    let (last, before) = if scene.reverse { ("1", "ₜ₊₁") } else { ("T", "ₜ₋₁") };
    let last = if scene.reverse { super::number::subscript(last) } else { format!("_{last}") };
    let names = [format!("one step ‖∂{state}ₜ/∂{state}{before}‖"), format!("to the end ‖∂{state}{last}/∂{state}ₜ‖")];
    let curves = [Curve { name: &names[0], slot: 1, ..one_step }, Curve { name: &names[1], slot: 0, ..running }];
    let mut lines = scene.lines(&curves, str::to_string, |_, _| None);
    lines.iter_mut().for_each(|line| line.lane = state.into());
    let references = vec![Level { value: 1.0, ..Level::default() }];
    let chart = scene.norms("spectral norm".into(), (true, FACTORS), Some(Floor { told: false, ..Floor::f32() }), references, lines);
    let parts = [of_steps(one_step.values), of_all(&scene, running.values)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let summary = if parts.is_empty() { "There are no values.".into() } else { parts.join(" ") };
    scene.figure(&SPEC, SPEC.title.into(), vec![Panel::Chart(chart)], summary)
}

fn of_steps(values: &[f64]) -> Option<String> {
    let (low, high, _) = extent(values)?;
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    // The largest that has at most half of them below it: a sort's code would weigh more than the whole figure's.
    let below = |v: &f64| finite.iter().filter(|w| *w < v).count();
    let median = finite.iter().copied().filter(|v| below(v) <= finite.len() / 2).fold(f64::NEG_INFINITY, f64::max);
    Some(format!(
        "One step stretches a change of the state at most {}-fold at the median, {} to {} over the sequence.",
        number(median, 2),
        number(low, 2),
        number(high, 2)
    ))
}

fn of_all(scene: &Scene, values: &[f64]) -> Option<String> {
    let (first, last) = (scene.first(values)?, scene.last(values)?);
    let far = first.0.abs_diff(last.0);
    (far > 0).then(|| format!("All {} together: {}-fold.", count(far, "step"), number(first.1, 2)))
}
