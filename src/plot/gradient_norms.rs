//! How much of the loss's gradient reaches each step on the way back.

use super::axis::View;
use super::number::number;
use super::scene::{Curve, Scene, at_step};
use super::{Figure, Floor, LOG, Panel, PlotSpec, RELATIVE};

pub static SPEC: PlotSpec = PlotSpec {
    name: "gradient-norms",
    title: "Gradient at every step",
    text: "How large ∂L/∂ of each quantity still is at step t. It travels from right to left; where it has shrunk to nothing, training cannot learn from that step.",
    x: "step t",
    y: "norm of the gradient",
    options: &[LOG, RELATIVE],
    backward: true,
    heavy: false,
};

/// A gradient's size is the loss's; what is always in view is how far it falls.
const VIEW: View = View { decades: 7, top: None };

/// `lanes`: ‖∂L/∂lane‖ at every step. Relative values are relative to where the gradient starts: the step read last.
pub fn build(scene: &Scene, loss: &str, lanes: &[Curve]) -> Figure {
    let name = |lane: &str| format!("‖∂L/∂{}‖", at_step(lane, "t"));
    let lines = scene.lines(lanes, name, |scene, values| Some(scene.last(values)?.1));
    let chart = scene.norms("norm of the gradient".into(), (true, VIEW), Some(Floor::f32()), vec![], lines);
    let summary = lanes.first().and_then(|lane| sentence(scene, &name(lane.name), lane.values));
    let title = if loss.is_empty() { SPEC.title.into() } else { format!("{}, loss: {loss}", SPEC.title) };
    scene.figure(&SPEC, title, vec![Panel::Chart(chart)], summary.unwrap_or_else(|| "There are no values.".into()))
}

/// The gradient starts where the direction read last.
fn sentence(scene: &Scene, name: &str, values: &[f64]) -> Option<String> {
    let (end, start) = (scene.first(values)?, scene.last(values)?);
    let say = |v: f64| number(v, 2);
    let mut text = format!("{name} is {} at step {}", say(start.1), start.0 + 1);
    if end.0 == start.0 {
        return Some(text + ".");
    }
    text += &format!(" and {} at step {}", say(end.1), end.0 + 1);
    let factor = end.1 / start.1;
    if factor.is_finite() && factor > 0.0 {
        text += &if factor < 1.0 { format!(", {} of that", say(factor)) } else { format!(", {} times that", say(factor)) };
    }
    let floor = f64::from(f32::MIN_POSITIVE);
    // Counted back from where the gradient starts.
    let mut back: Vec<usize> = scene.order().collect();
    back.reverse();
    if let Some(t) = back.into_iter().find(|t| values.get(*t).is_some_and(|v| *v < floor)) {
        text += &format!("; at step {} it is under the smallest normal f32", t + 1);
    }
    Some(text + ".")
}
