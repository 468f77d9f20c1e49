//! How far the gates are open, and how many of their values are stuck at a limit.

use super::axis::Scale;
use super::number::number;
use super::scene::{Curve, Scene, at_step, extent};
use super::{Axis, Chart, Figure, Panel, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "gates",
    title: "Gates",
    text: "Above: the mean over all units of each gate, 1 is open, 0 is shut. Below: the share of its values within 0.05 of a limit, where its slope is so flat that little gradient passes to its weights.",
    x: "step t",
    y: "mean",
    options: &[],
    backward: false,
    heavy: false,
};

/// One gate over time.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    pub name: &'a str,
    /// "forget gate"
    pub title: &'a str,
    pub slot: usize,
    pub mean: &'a [f64],
    /// Share of values within 0.05 of the lane's limits, 0…1.
    pub saturated: &'a [f64],
    pub ghost_mean: Option<&'a [f64]>,
    pub ghost_saturated: Option<&'a [f64]>,
}

/// Cells without gates get a figure that says so.
pub fn build(scene: &Scene, gates: &[Gate]) -> Figure {
    let scene = Scene { relative: false, ..*scene };
    let means: Vec<Curve> = gates.iter().map(|g| Curve { name: g.name, slot: g.slot, values: g.mean, ghost: g.ghost_mean }).collect();
    let shares: Vec<Curve> =
        gates.iter().map(|g| Curve { name: g.name, slot: g.slot, values: g.saturated, ghost: g.ghost_saturated }).collect();
    let axis = |title: &str| Axis {
        title: title.into(),
        unit: String::new(),
        scale: Scale::Linear { low: 0.0, high: 1.0 },
        floor: None,
        references: vec![],
    };
    let mean = |lane: &str| format!("{} mean", at_step(lane, "t"));
    let share = |lane: &str| format!("{} saturated", at_step(lane, "t"));
    let panels = vec![
        Panel::Chart(Chart { y: axis("mean over the units"), lines: scene.lines(&means, mean, |_, _| None), marks: vec![] }),
        Panel::Chart(Chart { y: axis("saturated share"), lines: scene.lines(&shares, share, |_, _| None), marks: vec![] }),
    ];
    let parts: Vec<String> = gates.iter().filter_map(sentence).collect();
    let summary = if gates.is_empty() {
        "This cell has no gates: nothing decides what is kept.".into()
    } else if parts.is_empty() {
        "There are no values.".into()
    } else {
        parts.join(" ")
    };
    scene.figure(&SPEC, SPEC.title.into(), panels, summary)
}

fn sentence(gate: &Gate) -> Option<String> {
    let (low, high, mean) = extent(gate.mean)?;
    let saturated = extent(gate.saturated)?.2;
    let say = |v: f64| number(v, 2);
    Some(format!(
        "The {} {} is {} on average ({} to {}), {:.0} % of it saturated.",
        gate.title,
        gate.name,
        say(mean),
        say(low),
        say(high),
        100.0 * saturated
    ))
}
