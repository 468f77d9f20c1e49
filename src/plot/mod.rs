//! Series become figures: line charts and heatmaps over the steps of a sequence, on any plotters backend, as SVG, as CSV and
//! as one sentence. The only module with colours.
//!
//! One file per plot: its `SPEC`, and `build`, which takes plain series (of `probe`) and gives a [`Figure`].

mod axis;
mod chart;
pub mod compare;
mod figure;
pub mod gates;
pub mod gradient_norms;
mod heatmap;
pub mod influence;
pub mod jacobian_norms;
pub mod number;
pub mod palette;
mod pen;
mod png;
mod ridge;
mod scene;
pub mod ssm_kernel;
pub mod state_heatmap;
pub mod state_norms;
pub mod train;

pub use axis::Scale;
pub use chart::{Axis, Chart, Floor, Level, Line, Mark, Style};
pub use figure::{AxisHead, Figure, Layout, Panel, SeriesHead, Tick};
pub use heatmap::Heatmap;
pub use pen::{Area, Rect};
pub use ridge::{Histogram, Ridge};
pub use scene::{Curve, Scene};

use serde::Serialize;

use crate::error::{Error, Result};

/// A choice that a plot offers.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PlotOption {
    pub name: &'static str,
    pub title: &'static str,
    /// On where nothing is said.
    pub default: bool,
}

/// What a plot says about itself.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PlotSpec {
    pub name: &'static str,
    pub title: &'static str,
    /// One or two sentences for a reader who sees it for the first time.
    pub text: &'static str,
    /// What the axes mean.
    pub x: &'static str,
    pub y: &'static str,
    pub options: &'static [PlotOption],
    /// Needs gradients.
    pub backward: bool,
    /// Costs more than a frame for long sequences: prepared in slices.
    pub heavy: bool,
}

const LOG: PlotOption = PlotOption { name: "log", title: "logarithmic", default: true };
const LINEAR: PlotOption = PlotOption { name: "log", title: "logarithmic", default: false };
const RELATIVE: PlotOption = PlotOption { name: "relative", title: "relative to its start", default: false };

/// All plots that every cell has, in the order in which a page shows them.
pub fn all() -> [&'static PlotSpec; 6] {
    [&state_norms::SPEC, &influence::SPEC, &gradient_norms::SPEC, &jacobian_norms::SPEC, &gates::SPEC, &state_heatmap::SPEC]
}

/// The plots that only this cell has.
pub fn of_cell(name: &str) -> &'static [&'static PlotSpec] {
    static LINEAR: [&PlotSpec; 1] = [&ssm_kernel::SPEC];
    if name == "s4d" { &LINEAR } else { &[] }
}

/// The plot of that name.
pub fn find(name: &str) -> Result<&'static PlotSpec> {
    let every = || all().into_iter().chain([&ssm_kernel::SPEC]);
    every().find(|spec| spec.name == name).ok_or_else(|| Error::unknown("plot", name, every().map(|spec| spec.name)))
}
