//! How large the state is at each step.

use super::axis::View;
use super::number::number;
use super::scene::{Curve, Scene, norm_of};
use super::{Figure, LINEAR, Panel, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "state-norms",
    title: "Size of the state",
    text: "The Euclidean norm of what the cell hands on. Where it jumps, something was written; where it sinks, something was forgotten.",
    x: "step t",
    y: "norm",
    options: &[LINEAR],
    backward: false,
    heavy: false,
};

/// `states`: the norm of each carried lane at every step.
pub fn build(scene: &Scene, states: &[Curve]) -> Figure {
    let scene = Scene { relative: false, ..*scene };
    let lines = scene.lines(states, norm_of, |_, _| None);
    let chart = scene.norms("norm of the state".into(), (false, View { decades: 3, top: None }), None, vec![], lines);
    let parts: Vec<String> = states.iter().filter_map(|state| sentence(&scene, state)).collect();
    let summary = if parts.is_empty() { "There are no values.".into() } else { format!("{}.", parts.join("; ")) };
    scene.figure(&SPEC, SPEC.title.into(), vec![Panel::Chart(chart)], summary)
}

fn sentence(scene: &Scene, state: &Curve) -> Option<String> {
    let (first, last) = (scene.first(state.values)?, scene.last(state.values)?);
    let peak = state.values.iter().copied().enumerate().filter(|(_, v)| !v.is_nan()).fold(first, |a, b| if b.1 > a.1 { b } else { a });
    let name = norm_of(state.name);
    let say = |v: f64| number(v, 3);
    Some(format!(
        "{name} is {} at step {}, largest at step {} ({}), and {} at step {}",
        say(first.1),
        first.0 + 1,
        peak.0 + 1,
        say(peak.1),
        say(last.1),
        last.0 + 1
    ))
}
