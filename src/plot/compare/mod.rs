//! Several networks in one figure: the same quantity of each, over the same steps. One colour and one kind of dashes a network,
//! in every figure the same; of many seeds the median with a band.

pub mod gradients;
pub mod lengths;
pub mod memory;
pub mod states;

use super::axis::{Scale, View};
use super::chart::{Axis, Chart, Floor, Line, Style};
use super::figure::Tick;
use super::{Figure, Panel, PlotOption, PlotSpec};
use crate::error::{Error, Result};

/// A quantity of one network.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// The network's name.
    pub name: String,
    /// See [`super::palette::line_colour`].
    pub slot: usize,
    /// Places on the axis counted from 0, where not every step has a value.
    pub at: Vec<f64>,
    /// Of one network, or the median of several seeds.
    pub values: Vec<f64>,
    /// The 10 % and 90 % quantiles of several seeds, else empty.
    pub low: Vec<f64>,
    pub high: Vec<f64>,
    /// What only a computation can tell: steps after which the memory stays under half; the length from which the gradient of step 1
    /// is under the floor. Of several seeds the median.
    pub found: Option<usize>,
}

/// What a figure of several networks is made from. Everything has a default.
#[derive(Clone, Debug, Default)]
pub struct Data {
    pub series: Vec<Series>,
    pub steps: usize,
    /// The chosen step, counted from 0.
    pub from: usize,
    /// What the gradient is taken with regard to: "x" for the input, "s" for the carried state.
    pub of: String,
    /// The loss in words; may be empty.
    pub loss: String,
    /// How many random starts a line stands for; 0 or 1: one network.
    pub seeds: usize,
    pub log: Option<bool>,
    pub relative: bool,
    pub labels: Vec<String>,
    pub ticks: Vec<Tick>,
    pub x_title: String,
}

pub(super) const RELATIVE: PlotOption = PlotOption { name: "relative", title: "relative to its largest", default: false };

/// All of them, in the order in which a page shows them.
pub fn all() -> [&'static PlotSpec; 4] {
    [&memory::SPEC, &gradients::SPEC, &states::SPEC, &lengths::SPEC]
}

/// The figure of that name.
///
/// # Errors
/// `unknown` for a name that no plot has.
pub fn build(name: &str, data: &Data) -> Result<Figure> {
    match name {
        n if n == memory::SPEC.name => Ok(memory::build(data)),
        n if n == gradients::SPEC.name => Ok(gradients::build(data)),
        n if n == states::SPEC.name => Ok(states::build(data)),
        n if n == lengths::SPEC.name => Ok(lengths::build(data)),
        _ => Err(Error::unknown("plot", name, all().map(|spec| spec.name))),
    }
}

impl Series {
    /// Largest finite value of the line.
    fn largest(&self) -> f64 {
        self.values.iter().copied().filter(|v| v.is_finite()).fold(f64::NAN, f64::max)
    }

    fn first(&self) -> Option<(usize, f64)> {
        self.values.iter().copied().enumerate().find(|(_, v)| !v.is_nan())
    }

    fn last(&self) -> Option<(usize, f64)> {
        self.values.iter().copied().enumerate().rfind(|(_, v)| !v.is_nan())
    }
}

impl Data {
    /// Each network's line, behind it its band.
    fn lines(&self) -> Vec<Line> {
        let mut lines = vec![];
        for series in &self.series {
            let scale = if self.relative { series.largest() } else { 1.0 };
            let scaled = |values: &[f64]| -> Vec<f64> { values.iter().map(|v| v / scale).collect() };
            let line = Line {
                name: series.name.clone(),
                lane: series.name.clone(),
                at: series.at.clone(),
                values: scaled(&series.values),
                high: vec![],
                style: Style::Plain,
                slot: series.slot,
            };
            if series.low.len() == series.values.len() && series.high.len() == series.values.len() && !series.low.is_empty() {
                let (name, high) = (format!("{}, 10–90 % of {} seeds", series.name, self.seeds), scaled(&series.high));
                lines.push(Line { name, high, values: scaled(&series.low), style: Style::Band, ..line.clone() });
            }
            lines.push(line);
        }
        lines
    }

    /// A chart of them: log or linear as asked.
    fn chart(&self, title: &str, log: bool, view: View, floor: Option<Floor>) -> Chart {
        let lines = self.lines();
        let all = || lines.iter().flat_map(|line| line.values.iter().chain(&line.high).copied());
        let floor = floor.filter(|_| !self.relative);
        let scale = if self.log.unwrap_or(log) {
            Scale::log(all(), floor.as_ref().map(|floor| floor.value), view)
        } else {
            Scale::linear(all(), None)
        };
        let title = if self.relative { format!("{title}, each relative to its largest") } else { title.into() };
        let floor = floor.filter(|_| matches!(scale, Scale::Log { .. }));
        let y = Axis { title, unit: String::new(), scale, floor, references: vec![] };
        Chart { y, lines, marks: vec![] }
    }

    fn figure(&self, spec: &'static PlotSpec, title: String, chart: Chart, said: Vec<String>) -> Figure {
        let x_title = if self.x_title.is_empty() { spec.x } else { &self.x_title };
        let several = if self.seeds > 1 { format!("Medians of {} random starts; bands: 10–90 %.\n", self.seeds) } else { String::new() };
        let summary = if said.is_empty() { "There are no values yet.".into() } else { several + &said.join("\n") };
        Figure {
            spec,
            title,
            x_title: x_title.into(),
            labels: self.labels.clone(),
            ticks: self.ticks.clone(),
            steps: self.steps,
            panels: vec![Panel::Chart(chart)],
            summary,
        }
    }
}

fn floor() -> f64 {
    f64::from(f32::MIN_POSITIVE)
}
