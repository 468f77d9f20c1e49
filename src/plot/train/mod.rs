//! The plots of a training: over updates instead of steps, several runs in one figure. One file per plot, as above; each
//! takes what it needs of [`Data`].

pub mod held;
pub mod histograms;
pub mod loss;
pub mod metric;
pub mod norm;
pub mod rate;
pub mod saturation;
mod smooth;
pub mod step_norms;

use super::axis::Scale;
use super::chart::{Axis, Chart, Level, Line, Style};
use super::number::number;
use super::{Figure, Panel, PlotSpec};
use crate::error::{Error, Result};

/// One quantity of one run, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Name of the run, of the lane.
    pub name: String,
    /// What it is: "training", "validation"; "before", "after" (clipping); "truth", "prediction" and the like.
    pub role: String,
    /// See [`super::palette::line_colour`].
    pub slot: usize,
    /// Updates, counted from 1, rising. Empty in what is not over updates.
    pub at: Vec<f64>,
    /// One per update, or the mean of those that have become one.
    pub values: Vec<f64>,
    /// The smallest and largest of them; else empty.
    pub low: Vec<f64>,
    pub high: Vec<f64>,
}

/// How often values lie in each bin.
#[derive(Clone, Debug, Default)]
pub struct Tensor {
    pub name: String,
    /// One more than there are counts, rising.
    pub edges: Vec<f64>,
    pub counts: Vec<f64>,
    /// Those that have no bin: exact zeros, of powers of ten, and what is not a finite number.
    pub zeros: f64,
    pub not_finite: f64,
}

/// What a figure of a training is made from. Each plot says which of it it reads; everything has a default.
#[derive(Clone, Debug, Default)]
pub struct Data {
    pub series: Vec<Series>,
    /// What is worth a line across: baselines, a limit.
    pub levels: Vec<Level>,
    /// Where the axis of updates ends; at the last update if that is later.
    pub updates: usize,
    pub log: Option<bool>,
    /// Draw single values only, and no running median.
    pub plain: bool,
    /// "root mean square error", in "°C"
    pub quantity: String,
    pub unit: String,
    pub higher_is_better: bool,
    /// Columns of `steps` values, the step fastest, that end at these updates.
    pub at: Vec<f64>,
    pub steps: usize,
    pub values: Vec<f64>,
    /// Steps in a chunk, where the way back is cut.
    pub chunk: usize,
    pub tensors: Vec<Tensor>,
    /// A short label per step.
    pub labels: Vec<String>,
    /// Layer and direction, the run or the example, in words: goes into the title.
    pub place: String,
}

/// All plots of a training, in the order in which a page shows them.
pub fn all() -> [&'static PlotSpec; 9] {
    [
        &loss::SPEC,
        &metric::SPEC,
        &held::SPEC,
        &step_norms::SPEC,
        &norm::SPEC,
        &saturation::SPEC,
        &histograms::WEIGHTS,
        &histograms::GRADIENTS,
        &rate::SPEC,
    ]
}

/// The figure of that name.
///
/// # Errors
/// `unknown` for a name that no plot has, `length` for columns that are not as long as `steps` says.
pub fn build(name: &str, data: &Data) -> Result<Figure> {
    match name {
        n if n == loss::SPEC.name => Ok(loss::build(data)),
        n if n == metric::SPEC.name => Ok(metric::build(data)),
        n if n == held::SPEC.name => Ok(held::build(data)),
        n if n == step_norms::SPEC.name => step_norms::build(data),
        n if n == norm::SPEC.name => Ok(norm::build(data)),
        n if n == saturation::SPEC.name => Ok(saturation::build(data)),
        n if n == histograms::WEIGHTS.name => Ok(histograms::build(&histograms::WEIGHTS, data)),
        n if n == histograms::GRADIENTS.name => Ok(histograms::build(&histograms::GRADIENTS, data)),
        n if n == rate::SPEC.name => Ok(rate::build(data)),
        _ => Err(Error::unknown("plot", name, all().map(|spec| spec.name))),
    }
}

impl Series {
    /// Places of its points on the axis, counted from 0.
    fn places(&self) -> Vec<f64> {
        self.at.iter().map(|update| update - 1.0).collect()
    }

    /// A bucket with a value that is not finite shows that one.
    fn extremes(&self) -> (Vec<f64>, Vec<f64>) {
        let ends = |ends: &[f64]| -> Vec<f64> {
            self.values.iter().zip(ends).map(|(mean, end)| if mean.is_finite() || end.is_infinite() { *end } else { *mean }).collect()
        };
        (ends(&self.low), ends(&self.high))
    }

    /// The last value, with its update.
    fn last(&self) -> Option<(f64, f64)> {
        Some((*self.at.last()?, *self.values.last()?))
    }

    /// The best of the finite values, with its update.
    fn best(&self, higher: bool) -> Option<(f64, f64)> {
        let better = |a: f64, b: f64| if higher { a > b } else { a < b };
        let all = self.at.iter().copied().zip(self.values.iter().copied()).filter(|(_, v)| v.is_finite());
        all.reduce(|best, next| if better(next.1, best.1) { next } else { best })
    }

    /// How many values are not finite numbers.
    fn broken(&self) -> usize {
        self.values.iter().filter(|v| !v.is_finite()).count()
    }
}

impl Data {
    fn of<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a Series> + 'a {
        self.series.iter().filter(move |series| series.role == role)
    }

    /// "training" alone, "Run 2: training" beside others, "Run 2" where all are of one role.
    fn name(&self, series: &Series, role: &str) -> String {
        let several = self.series.iter().any(|other| other.name != series.name);
        let roles = self.series.iter().any(|other| other.role != series.role);
        match (several, roles) {
            (false, _) => role.into(),
            (true, false) => series.name.clone(),
            (true, true) => format!("{}: {role}", series.name),
        }
    }

    /// A line of one style through a series.
    fn line(&self, series: &Series, role: &str, style: Style) -> Line {
        Line {
            name: self.name(series, role),
            lane: series.name.clone(),
            at: series.places(),
            values: series.values.clone(),
            high: vec![],
            style,
            slot: series.slot,
        }
    }

    /// A series that jumps about: as it is, pale, and behind its running median.
    fn noisy(&self, series: &Series, role: &str) -> Vec<Line> {
        let mut raw = self.line(series, role, Style::Plain);
        if series.low.len() == series.values.len() && series.high.len() == series.values.len() {
            (raw.values, raw.high) = series.extremes();
        }
        let half = if self.plain { 0 } else { smooth::half_window(series.values.len()) };
        if half == 0 {
            return vec![raw];
        }
        let median = Line { values: smooth::running_median(&series.values, half), high: vec![], ..raw.clone() };
        let name = format!("{}, each update", raw.name);
        vec![Line { style: Style::Raw, name, ..raw }, median]
    }

    /// How many updates the newest point of a running median speaks for: those before it are half of its window.
    fn window(&self, series: &Series) -> usize {
        let n = series.values.len();
        let stride = if n > 1 { (series.at[n - 1] - series.at[0]) / (n - 1) as f64 } else { 1.0 };
        let points = smooth::half_window(n) + 1;
        if self.plain || points == 1 { 1 } else { (points as f64 * stride).round() as usize }
    }

    fn axis(&self, title: &str, unit: &str, scale: Scale) -> Axis {
        Axis { title: title.into(), unit: unit.into(), scale, floor: None, references: self.levels.clone() }
    }

    /// A figure over updates.
    fn figure(&self, spec: &'static PlotSpec, panel: Panel, summary: String) -> Figure {
        let last = self.series.iter().filter_map(|series| series.at.last()).chain(self.at.last()).copied().fold(1.0, f64::max);
        let title = if self.place.is_empty() { spec.title.into() } else { format!("{} ({})", spec.title, self.place) };
        let summary = if summary.is_empty() { "There are no values yet.".into() } else { summary };
        let steps = self.updates.max(last as usize);
        Figure { spec, title, x_title: "update".into(), labels: vec![], ticks: vec![], steps, panels: vec![panel], summary }
    }

    /// Who is under (or over) which baseline: "; better than persistence (0.98)".
    fn against(&self, value: f64) -> String {
        let better = |level: &&Level| if self.higher_is_better { value > level.value } else { value < level.value };
        let say = |level: &Level| format!("{} ({})", level.name, number(level.value, 3));
        let (over, under): (Vec<&Level>, Vec<&Level>) = self.levels.iter().partition(better);
        let list = |levels: &[&Level]| levels.iter().map(|level| say(level)).collect::<Vec<_>>().join(", ");
        match (over.as_slice(), under.as_slice()) {
            ([], []) => String::new(),
            (over, []) => format!(", better than {}", list(over)),
            ([], under) => format!(", not yet better than {}", list(under)),
            (over, under) => format!(", better than {}, not than {}", list(over), list(under)),
        }
    }
}

/// All values of some lines.
fn all_of(lines: &[Line]) -> impl Iterator<Item = f64> + '_ {
    lines.iter().flat_map(|line| line.values.iter().chain(&line.high).copied())
}

/// A chart of what is read at its height: log or linear. Single values far under the medians are marked and do not stretch it.
fn close_chart(data: &Data, log: bool, title: &str, unit: &str, lines: Vec<Line>) -> Panel {
    let levels = data.levels.iter().map(|level| level.value);
    let scale = if data.log.unwrap_or(log) {
        let firm = lines.iter().filter(|line| line.style != Style::Raw).flat_map(|line| line.values.iter().copied());
        let least = firm.chain(levels.clone()).filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min);
        Scale::close_log(all_of(&lines).map(|v| if v > 0.0 { v.max(least / 3.0) } else { v }).chain(levels))
    } else {
        Scale::linear(all_of(&lines).chain(levels), None)
    };
    Panel::Chart(Chart { y: data.axis(title, unit, scale), lines, marks: vec![] })
}
