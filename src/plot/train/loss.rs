//! The loss of training and validation over updates.

use super::{Data, Series, Style, close_chart};
use crate::plot::number::{count, number};
use crate::plot::{Figure, LOG, PlotSpec};

pub static SPEC: PlotSpec = PlotSpec {
    name: "train-loss",
    title: "Loss",
    text: "What training makes small: pale for each batch, the line is its running median; dots are the loss on examples that are not trained on. When the dots rise while the line falls, the network learns its examples by heart.",
    x: "update",
    y: "loss",
    options: &[LOG],
    backward: false,
    heavy: false,
};

/// Series of the roles "training" and "validation"; levels are baselines.
pub fn build(data: &Data) -> Figure {
    let mut lines: Vec<_> = data.of("training").flat_map(|series| data.noisy(series, "training")).collect();
    lines.extend(data.of("validation").map(|series| data.line(series, "validation", Style::Marked)));
    let unit = if data.unit.is_empty() { "loss".into() } else { format!("loss: {}", data.unit) };
    let panel = close_chart(data, true, &unit, "", lines);
    let parts: Vec<String> = data.of("training").filter_map(|series| sentence(data, series)).collect();
    data.figure(&SPEC, panel, parts.join(" "))
}

fn sentence(data: &Data, training: &Series) -> Option<String> {
    let (update, _) = training.last()?;
    let window = data.window(training);
    let half = if data.plain { 0 } else { super::smooth::half_window(training.values.len()) };
    let now = super::smooth::last_median(&training.values, half)?;
    let mut text = format!("{} is {} at update {update}", data.name(training, "training loss"), number(now, 3));
    if window > 1 {
        text += &format!(" (running median over the last {window} updates)");
    }
    if training.broken() > 0 {
        text += &format!("; {} not finite", count(training.broken(), "value"));
    }
    let validation = data.of("validation").find(|series| series.name == training.name);
    if let Some((at, best)) = validation.and_then(|series| series.best(false)) {
        text += &format!("; lowest validation loss {} at update {at}{}", number(best, 3), data.against(best));
    }
    Some(text + ".")
}
