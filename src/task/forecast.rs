//! Forecasts of a series on an even grid of times: windows, streams, scores and the simple forecasts to beat.
//!
//! A missing reading is NaN. No window of inputs has one, no missing target counts, and nothing is filled in, with one exception:
//! in a stream, which cannot leave a step out, the last reading stands in for a missing one (and does not count as a target).
//! Every row that an example touches lies in its part, and what normalises the readings comes from the training part alone.

use std::ops::Range;

use super::ridge::Ridge;
use super::score::squares;
use super::{Answers, Baseline, Batch, Form, Inputs, Part, Score, Spec, Task, no_example};
use crate::error::{Code, Error, Result};

/// `normalised = (reading - mean) / deviation`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalisation {
    /// In the series' unit.
    pub mean: f64,
    /// Standard deviation of the population, in the series' unit.
    pub deviation: f64,
}

impl Normalisation {
    /// Of all readings that are not NaN; `None` where there are none, or they are all the same.
    pub fn of<'a>(readings: impl Iterator<Item = &'a f32> + Clone) -> Option<Self> {
        let readings = readings.filter(|x| !x.is_nan()).map(|x| f64::from(*x));
        let n = readings.clone().count() as f64;
        let mean = readings.clone().sum::<f64>() / n;
        let deviation = (readings.map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
        (deviation > 0.0).then_some(Self { mean, deviation })
    }

    /// From the series' unit to the network's. NaN stays NaN.
    pub fn apply(self, reading: f32) -> f32 {
        ((f64::from(reading) - self.mean) / self.deviation) as f32
    }

    /// From the network's unit back to the series'.
    pub fn invert(self, normalised: f32) -> f32 {
        (f64::from(normalised) * self.deviation + self.mean) as f32
    }
}

/// Normalised readings, a row a step.
pub(super) struct Series {
    /// What is read side by side. The first one is the past of what is forecast.
    pub inputs: Vec<Vec<f32>>,
    /// What is forecast, only where it was measured.
    pub target: Vec<f32>,
}

/// Puts the last reading in place of each that is missing after it.
pub(super) fn fill_forward(column: &mut [f32]) {
    for k in 1..column.len() {
        if column[k].is_nan() {
            column[k] = column[k - 1];
        }
    }
}

/// How examples are cut from the series.
pub(super) struct Cut {
    /// Rows of each part.
    pub parts: [Range<usize>; 3],
    /// Steps of an example.
    pub window: usize,
    /// Rows from the last reading to the target.
    pub horizon: usize,
    /// An answer at every step but the first third of them, instead of one at the last step.
    pub every: bool,
    /// Rows of a day; 0 where a day is no whole number of rows.
    pub day: usize,
}

pub(super) struct Forecast {
    spec: &'static Spec,
    unit: String,
    /// Training reads all of them, validation and test the first one.
    series: Vec<Series>,
    scale: Normalisation,
    cut: Cut,
    /// Of each part: (which series, first row).
    windows: [Vec<(u32, u32)>; 3],
    /// What streams read, of each series: as its inputs, the last reading in place of a missing one, the mean where there is none.
    filled: Vec<Vec<Vec<f32>>>,
}

impl Forecast {
    /// All series have as many features and rows as the first.
    ///
    /// # Errors
    /// `format` where a part has no window.
    pub fn new(spec: &'static Spec, unit: &str, series: Vec<Series>, scale: Normalisation, cut: Cut) -> Result<Self> {
        let mut task = Self { spec, unit: unit.into(), series, scale, cut, windows: Default::default(), filled: vec![] };
        for part in Part::ALL {
            let all = if part == Part::Train { task.series.len() } else { 1 };
            let windows: Vec<_> = (0..all).flat_map(|k| task.cut_windows(k, part)).collect();
            if windows.is_empty() {
                let (window, horizon, rows) = (task.cut.window, task.cut.horizon, task.cut.parts[part as usize].len());
                let message = format!(
                    "the {} part has {rows} rows, but none of them begins a window without a missing reading; expected {window} rows \
                     in a row for the window and a reading {horizon} after it",
                    part.name()
                );
                return Err(Error::new(Code::Format, message));
            }
            task.windows[part as usize] = windows;
        }
        let filled = |column: &Vec<f32>| {
            let mut column = column.clone();
            fill_forward(&mut column);
            column.into_iter().map(|x| if x.is_nan() { 0.0 } else { x }).collect()
        };
        task.filled = task.series.iter().map(|series| series.inputs.iter().map(filled).collect()).collect();
        Ok(task)
    }

    /// The first step whose answer counts. What stands before is read to have something to answer from, so that a forecast from the
    /// last 24 hours and a network's are asked the same.
    fn first_answer(&self) -> usize {
        if self.cut.every { self.cut.window / 3 } else { self.cut.window - 1 }
    }

    fn cut_windows(&self, series: usize, part: Part) -> Vec<(u32, u32)> {
        let Range { start, end } = self.cut.parts[part as usize];
        let Cut { window, horizon, every, .. } = self.cut;
        let Series { inputs, target } = &self.series[series];
        // Training takes every window; what is validated asks for each row once.
        let stride = if every && part != Part::Train { window - self.first_answer() } else { 1 };
        let (mut windows, mut measured, mut next) = (vec![], 0, start);
        for row in start..end {
            measured = if inputs.iter().any(|column| column[row].is_nan()) { 0 } else { measured + 1 };
            if measured < window || row + horizon >= end || row + 1 - window < next {
                continue;
            }
            let first = row + 1 - window;
            let asked = &target[first + self.first_answer() + horizon..=row + horizon];
            if asked.iter().any(|x| !x.is_nan()) {
                windows.push((series as u32, first as u32));
                next = first + stride;
            }
        }
        windows
    }

    fn window(&self, part: Part, index: u64) -> Result<(&Series, usize)> {
        let windows = &self.windows[part as usize];
        let found = usize::try_from(index).ok().and_then(|k| windows.get(k));
        let (series, row) = found.ok_or_else(|| no_example(part, index, windows.len()))?;
        Ok((&self.series[*series as usize], *row as usize))
    }

    /// The rows of the readings from which the answers of these examples are asked: (series, row).
    fn asked(&self, part: Part, indices: &[u64]) -> Result<Vec<(&Series, usize)>> {
        let mut asked = vec![];
        for index in indices {
            let (series, first) = self.window(part, *index)?;
            let rows = first + self.first_answer()..first + self.cut.window;
            asked.extend(rows.filter(|row| !series.target[row + self.cut.horizon].is_nan()).map(|row| (series, row)));
        }
        Ok(asked)
    }

    /// A forecast's loss and metric on what is asked.
    fn reached(&self, name: String, asked: &[(&Series, usize)], forecast: impl Fn(&[f32], usize) -> f64) -> Baseline {
        let error = |(series, row): &(&Series, usize)| {
            let error = forecast(&series.inputs[0], *row) - f64::from(series.target[row + self.cut.horizon]);
            error * error
        };
        let loss = asked.iter().map(error).sum::<f64>() / asked.len().max(1) as f64;
        Baseline::measured(name, Some(loss), self.scale.deviation * loss.sqrt())
    }

    /// Readings that the linear forecast gets: a day of hours, or what every answer has before it.
    fn lags(&self) -> usize {
        24.min(self.first_answer() + 1)
    }

    fn ridge(&self) -> Ridge {
        let (lags, horizon) = (self.lags(), self.cut.horizon);
        let Range { start, end } = self.cut.parts[Part::Train as usize];
        let rows = start + lags - 1..end.saturating_sub(horizon);
        let examples = self.series.iter().flat_map(|series| {
            let Series { inputs, target } = series;
            rows.clone().map(move |row| (&inputs[0][row + 1 - lags..=row], target[row + horizon]))
        });
        Ridge::fit(lags, examples.filter(|(x, y)| !y.is_nan() && x.iter().all(|x| !x.is_nan())))
    }
}

impl Task for Forecast {
    fn spec(&self) -> &'static Spec {
        self.spec
    }

    fn form(&self) -> Form {
        Form {
            inputs: Inputs::Numbers { width: self.series[0].inputs.len() },
            answers: Answers::Numbers { width: 1 },
            steps: self.cut.window,
            last_only: !self.cut.every,
            streams: self.cut.every,
        }
    }

    fn examples(&self, part: Part) -> Option<usize> {
        Some(self.windows[part as usize].len())
    }

    fn fill(&self, part: Part, indices: &[u64], batch: &mut Batch) -> Result<()> {
        for index in indices {
            self.window(part, *index)?;
        }
        batch.reset(&self.form(), self.cut.window, indices.len());
        for (b, index) in indices.iter().enumerate() {
            let (series, first) = self.window(part, *index)?;
            for t in 0..self.cut.window {
                let place = t * batch.size + b;
                for (k, column) in series.inputs.iter().enumerate() {
                    batch.numbers[place * series.inputs.len() + k] = column[first + t];
                }
                let target = series.target[first + t + self.cut.horizon];
                if t >= self.first_answer() && !target.is_nan() {
                    batch.targets[place] = target;
                    batch.counts[place] = true;
                }
            }
        }
        Ok(())
    }

    /// The part in `size` strips of the same length, read side by side; several series take turns.
    fn stream(&self, part: Part, k: usize, steps: usize, size: usize, batch: &mut Batch) -> Result<bool> {
        let series = if part == Part::Train { self.series.len().min(size.max(1)) } else { 1 };
        let Range { start, end } = self.cut.parts[part as usize];
        let strips = size.div_ceil(series).max(1);
        let length = end.saturating_sub(start + self.cut.horizon) / strips;
        if !self.cut.every || (k + 1) * steps > length {
            return Ok(false);
        }
        batch.reset(&self.form(), steps, size);
        for b in 0..size {
            let (inputs, target) = (&self.filled[b % series], &self.series[b % series].target);
            let first = start + (b / series) * length + k * steps;
            for t in 0..steps {
                let (row, place) = (first + t, t * size + b);
                for (j, column) in inputs.iter().enumerate() {
                    batch.numbers[place * inputs.len() + j] = column[row];
                }
                let target = target[row + self.cut.horizon];
                if !target.is_nan() {
                    batch.targets[place] = target;
                    batch.counts[place] = true;
                }
            }
        }
        Ok(true)
    }

    fn score(&self, batch: &Batch, predictions: &[f32], per_example: bool) -> Score {
        squares(batch, predictions, per_example, self.scale.deviation)
    }

    fn metric(&self, mean: f64) -> f64 {
        mean.sqrt()
    }

    fn unit(&self) -> &str {
        &self.unit
    }

    fn baselines(&self, part: Part, indices: &[u64]) -> Result<Vec<Baseline>> {
        let asked = self.asked(part, indices)?;
        let Cut { horizon, day, .. } = self.cut;
        let persistence = self.reached("persistence: as the last reading".into(), &asked, |x, row| f64::from(x[row]));
        let mut lines = vec![persistence];
        if day > 1 && horizon % day != 0 {
            let back = day * horizon.div_ceil(day);
            lines.push(self.reached("as at the same hour the day before".into(), &asked, |x, row| {
                let before = (row + horizon).checked_sub(back).map_or(f32::NAN, |k| x[k]);
                f64::from(if before.is_nan() { x[row] } else { before })
            }));
        }
        let (lags, ridge) = (self.lags(), self.ridge());
        let name = format!("ridge regression on the last {lags} readings");
        lines.push(self.reached(name, &asked, |x, row| ridge.predict(&x[row + 1 - lags..=row])));
        Ok(lines)
    }

    fn one_direction(&self) -> bool {
        self.cut.every
    }

    fn natural(&self, value: f32) -> f32 {
        self.scale.invert(value)
    }
}
