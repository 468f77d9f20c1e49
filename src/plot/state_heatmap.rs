//! One lane of all units over time.

use super::number::{count, number};
use super::scene::{Scene, at_step};
use super::{Figure, Heatmap, Panel, PlotSpec};
use crate::error::Result;

pub static SPEC: PlotSpec = PlotSpec {
    name: "state-heatmap",
    title: "Every unit at every step",
    text: "One column per step, one row per hidden unit, on an absolute scale. Rows that keep their colour remember.",
    x: "step t",
    y: "unit",
    options: &[],
    backward: false,
    heavy: false,
};

/// `values`: units × steps, the unit fastest. `range` is the lane's own where it has one; without it, the largest size of the
/// values sets both ends.
pub fn build(scene: &Scene, lane: &str, units: usize, values: Vec<f64>, range: Option<(f64, f64)>) -> Result<Figure> {
    build_rows(scene, lane, "unit", units, values, range)
}

/// The same where a row is something else than a unit: `row` names it, in the singular.
pub fn build_rows(scene: &Scene, lane: &str, row: &str, rows: usize, values: Vec<f64>, range: Option<(f64, f64)>) -> Result<Figure> {
    let largest = values.iter().copied().filter(|v| v.is_finite()).fold(0.0f64, |m, v| m.max(v.abs()));
    let range = range.unwrap_or((-largest.max(f64::MIN_POSITIVE), largest.max(f64::MIN_POSITIVE)));
    let mut map = Heatmap::new(&at_step(lane, "t"), rows, scene.steps, values, range)?;
    map.rows_title = row.into();
    let summary = sentence(scene, lane, &map);
    Ok(scene.figure(&SPEC, format!("{lane}: every {row} at every step"), vec![Panel::Heatmap(map)], summary))
}

fn sentence(scene: &Scene, lane: &str, map: &Heatmap) -> String {
    let mut peak: Option<(usize, usize, f64)> = None;
    for t in 0..map.columns {
        for unit in 0..map.rows {
            let value = map.value(unit, t);
            if !value.is_nan() && peak.is_none_or(|(_, _, most)| value.abs() > most.abs()) {
                peak = Some((unit, t, value));
            }
        }
    }
    let Some((unit, t, value)) = peak else { return "There are no values.".into() };
    // A unit that keeps its sign over the second half of what was read.
    let half: Vec<usize> = scene.order().skip(scene.steps / 2).collect();
    let keeps = |unit: &usize| {
        let signs = || half.iter().map(|t| map.value(*unit, *t));
        signs().all(|v| v > 0.0) || signs().all(|v| v < 0.0)
    };
    let kept = (0..map.rows).filter(keeps).count();
    format!(
        "The largest value is {} ({} {unit}, step {}); {} of {} keep their sign of {lane} over the second half.",
        number(value, 3),
        map.rows_title,
        t + 1,
        kept,
        count(map.rows, &map.rows_title),
    )
}
