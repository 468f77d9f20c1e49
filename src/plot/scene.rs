//! What all plots are built from: the chosen step, the scales that were asked for, and named series.

use super::axis::{Scale, View};
use super::chart::{Axis, Chart, Floor, Level, Line, Style};
use super::figure::{Figure, Panel, Tick};
use super::{PlotSpec, number};

/// What a plot is about, besides its series.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene<'a> {
    pub steps: usize,
    /// The direction reads from the last step to the first.
    pub reverse: bool,
    /// Layer and direction in words, where there is more than one: "layer 2, reverse". Else empty.
    pub place: &'a str,
    /// A short label per step (hours, tokens), or nothing for the steps' numbers.
    pub labels: &'a [String],
    /// What is written on the time axis; nothing for evenly spaced labels.
    pub ticks: &'a [Tick],
    /// What the time axis counts; empty is "step t".
    pub x_title: &'a str,
    /// The chosen step, counted from 0 like all steps here; what people read counts from 1.
    pub from: usize,
    /// A logarithmic axis; nothing is the plot's own choice.
    pub log: Option<bool>,
    /// Divide each line by its value at its start. Hides how large things are: the axis says so.
    pub relative: bool,
}

/// Of factors: everything from a millionth to ten is always in view, so that a network that remembers looks different from
/// one that does not.
pub(super) const FACTORS: View = View { decades: 7, top: Some(1) };

/// A series with its name, and the same of the untouched run where there is one.
#[derive(Clone, Copy, Debug)]
pub struct Curve<'a> {
    /// The lane's name; "x" for the input.
    pub name: &'a str,
    /// See [`super::palette::slot`].
    pub slot: usize,
    /// One per step; NaN where there is none.
    pub values: &'a [f64],
    pub ghost: Option<&'a [f64]>,
}

impl Scene<'_> {
    pub(super) fn figure(&self, spec: &'static PlotSpec, title: String, panels: Vec<Panel>, summary: String) -> Figure {
        let title = if self.place.is_empty() { title } else { format!("{title} ({})", self.place) };
        let x_title = if self.x_title.is_empty() { "step t" } else { self.x_title };
        Figure {
            spec,
            title,
            x_title: x_title.into(),
            labels: self.labels.to_vec(),
            ticks: self.ticks.to_vec(),
            steps: self.steps,
            panels,
            summary,
        }
    }

    /// The steps in the order in which this direction reads them.
    pub(super) fn order(&self) -> Box<dyn Iterator<Item = usize>> {
        if self.reverse { Box::new((0..self.steps).rev()) } else { Box::new(0..self.steps) }
    }

    /// The first value that there is in reading order, with its step.
    pub(super) fn first(&self, values: &[f64]) -> Option<(usize, f64)> {
        self.order().filter_map(|t| Some((t, *values.get(t)?))).find(|(_, v)| !v.is_nan())
    }

    /// The last value that there is in reading order, with its step.
    pub(super) fn last(&self, values: &[f64]) -> Option<(usize, f64)> {
        self.order().filter_map(|t| Some((t, *values.get(t)?))).filter(|(_, v)| !v.is_nan()).last()
    }

    /// Lines for the curves and, behind them, for their untouched runs; `name` says what a lane's curve is called, `start`
    /// where a curve begins, for relative values.
    pub(super) fn lines(
        &self,
        curves: &[Curve],
        name: impl Fn(&str) -> String,
        start: impl Fn(&Scene, &[f64]) -> Option<f64>,
    ) -> Vec<Line> {
        let values = |values: &[f64]| match (self.relative, start(self, values)) {
            (true, Some(start)) => values.iter().map(|v| v / start).collect(),
            (true, None) => vec![f64::NAN; values.len()],
            (false, _) => values.to_vec(),
        };
        let plain = curves.iter().map(|c| Line {
            name: name(c.name),
            lane: c.name.into(),
            at: vec![],
            values: values(c.values),
            high: vec![],
            style: Style::Plain,
            slot: c.slot,
        });
        let ghosts = curves.iter().filter_map(|c| {
            Some(Line {
                name: format!("{} (untouched)", name(c.name)),
                lane: c.name.into(),
                at: vec![],
                values: values(c.ghost?),
                high: vec![],
                style: Style::Ghost,
                slot: c.slot,
            })
        });
        plain.chain(ghosts).collect()
    }

    /// A chart of norms: log or linear as asked.
    pub(super) fn norms(
        &self,
        title: String,
        (log, view): (bool, View),
        floor: Option<Floor>,
        references: Vec<Level>,
        lines: Vec<Line>,
    ) -> Chart {
        let all = || lines.iter().flat_map(|line| line.values.iter().copied());
        let floor = if self.relative { None } else { floor };
        let scale = if self.log.unwrap_or(log) {
            Scale::log(all(), floor.as_ref().map(|floor| floor.value), view)
        } else {
            Scale::linear(all(), None)
        };
        let title = if self.relative { format!("{title}, relative to its start") } else { title };
        let floor = floor.filter(|_| matches!(scale, Scale::Log { .. }));
        Chart { y: Axis { title, unit: String::new(), scale, floor, references }, lines, marks: vec![] }
    }
}

/// "one unit of loss" and the like stay out of it: a norm has no unit of its own. "h" → "‖hₜ‖"
pub(super) fn norm_of(lane: &str) -> String {
    format!("‖{}‖", at_step(lane, "t"))
}

/// "h", "t-1" → "hₜ₋₁"
pub(super) fn at_step(lane: &str, t: &str) -> String {
    format!("{lane}{}", number::subscript(t))
}

/// Smallest and largest of the finite values, and their mean; nothing where there is none.
pub(super) fn extent(values: &[f64]) -> Option<(f64, f64, f64)> {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let n = finite().count();
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    (n > 0).then(|| (low, high, finite().sum::<f64>() / n as f64))
}
