//! What the chosen step still does to every later state.

use super::number::{count, number, subscript};
use super::scene::{Curve, FACTORS, Scene};
use super::{Figure, Floor, LOG, Mark, Panel, PlotSpec, RELATIVE};

pub static SPEC: PlotSpec = PlotSpec {
    name: "influence",
    title: "Memory of the chosen step",
    text: "How much a small change of the chosen step's input, or of its state, still changes the state t steps on: the exact derivative, not an experiment.",
    x: "step t",
    y: "norm of the derivative",
    options: &[LOG, RELATIVE],
    backward: false,
    heavy: true,
};

/// The norms of the derivatives of every later state, NaN before the chosen step.
#[derive(Clone, Copy, Debug)]
pub struct Influence<'a> {
    /// What is derived, as it is called: "h".
    pub output: &'a str,
    /// By which state: "h" too, where the output is carried.
    pub state: &'a str,
    /// ‖∂h_t/∂x_k‖
    pub of_input: &'a [f64],
    /// ‖∂h_t/∂h_k‖, or ‖∂h_t/∂s_k‖ for all that is carried
    pub of_state: &'a [f64],
    pub ghost_of_input: Option<&'a [f64]>,
    pub ghost_of_state: Option<&'a [f64]>,
    /// Steps after which the influence of the state (of the input) stays under half of its start.
    pub half_life_of_state: Option<usize>,
    pub half_life_of_input: Option<usize>,
}

/// The chosen step k is `scene.from`.
pub fn build(scene: &Scene, influence: &Influence) -> Figure {
    let (h, s, k) = (influence.output, influence.state, scene.from);
    let of = |what: &str| format!("‖∂{h}ₜ/∂{what}{}‖", subscript(&(k + 1).to_string()));
    let (of_input, of_state) = (of("x"), of(s));
    let curves = [
        Curve { name: s, slot: 0, values: influence.of_state, ghost: influence.ghost_of_state },
        Curve { name: "x", slot: 1, values: influence.of_input, ghost: influence.ghost_of_input },
    ];
    let name = |lane: &str| if lane == s { of_state.clone() } else { of_input.clone() };
    let lines = scene.lines(&curves, name, |scene, values| Some(scene.first(values)?.1));
    let mut chart =
        scene.norms(format!("norm of the derivative of {h}ₜ"), (true, FACTORS), Some(Floor { told: false, ..Floor::f32() }), vec![], lines);
    if let Some(n) = influence.half_life_of_state {
        let t = if scene.reverse { k.checked_sub(n) } else { Some(k + n).filter(|t| *t < scene.steps) };
        chart.marks.extend(t.map(|t| Mark { t, text: format!("half-life {}", count(n, "step")) }));
    }
    let state = sentence(scene, &of_state, influence.of_state, influence.half_life_of_state);
    let input = sentence(scene, &of_input, influence.of_input, influence.half_life_of_input);
    let summary: Vec<String> = [state, input].into_iter().flatten().collect();
    let summary = if summary.is_empty() { "There are no values.".into() } else { summary.join(" ") };
    scene.figure(&SPEC, format!("Memory of step {}", k + 1), vec![Panel::Chart(chart)], summary)
}

fn sentence(scene: &Scene, name: &str, values: &[f64], half_life: Option<usize>) -> Option<String> {
    let (first, last) = (scene.first(values)?, scene.last(values)?);
    let far = last.0.abs_diff(first.0);
    if far == 0 {
        return Some(format!("{name} is {}; there is no later step.", number(first.1, 2)));
    }
    let half = match half_life {
        Some(n) => format!("falls under half after {} for good", count(n, "step")),
        None if last.1 > first.1 => "grows".into(),
        None => "stays over half to the end".into(),
    };
    let share = last.1 / first.1;
    let end = if last.1 == 0.0 {
        "0: nothing of it is left".into()
    } else if share.is_finite() && first.1 != 1.0 {
        format!("{}, {} its start", number(last.1, 2), times(share))
    } else {
        number(last.1, 2)
    };
    Some(format!("{name} {half}; {} on it is {end}.", count(far, "step")))
}

/// A ratio: "2.1·10⁻⁹ of" or "3.4 times"
fn times(share: f64) -> String {
    if share < 1.0 { format!("{} of", number(share, 2)) } else { format!("{} times", number(share, 2)) }
}
