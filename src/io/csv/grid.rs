//! Rows in the order of their times, an equal step apart.

use serde::Serialize;

use super::{Kind, Table};
use crate::error::{Code, Error, Result};

/// The most rows of a grid.
const MAX_ROWS: usize = 2_000_000;
/// Steps from here on are months or years, whose lengths differ: then one row follows the other.
const MONTH: i64 = 27 * 86_400;

/// Columns of numbers, a row a step, NaN where there is nothing.
#[derive(Clone, Debug)]
pub struct Grid {
    pub names: Vec<String>,
    pub columns: Vec<Vec<f32>>,
    pub rows: usize,
    pub report: GridReport,
}

/// What was done to the rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GridReport {
    /// The column, or the two columns, that the times come from; empty where rows are taken as they stand.
    pub time: String,
    /// Seconds since 1970 of the first and the last row.
    pub first: i64,
    pub last: i64,
    /// Seconds from row to row; 0 where they are not all the same.
    pub step: i64,
    /// Rows without a time, left out.
    pub timeless: usize,
    /// Rows that stood after a later one.
    pub unordered: usize,
    /// Rows of a time that another row has: their readings are averaged.
    pub duplicates: usize,
    /// Rows between two steps, moved to the nearer one.
    pub moved: usize,
    /// How often rows are missing, how many, and the most in a row.
    pub gaps: usize,
    pub missing_rows: usize,
    pub longest_gap: usize,
}

impl Table {
    /// The columns of numbers by the times of a column: of the first one that has any, if none is named; an empty name takes the
    /// rows as they stand. Days and times of day in two columns belong together.
    ///
    /// # Errors
    /// `unknown-name` for a column that there is not or that holds no times, `format` where no grid fits the times.
    pub fn on_grid(&self, time: Option<&str>) -> Result<Grid> {
        let mut report = GridReport::default();
        let Some(times) = self.times(time, &mut report)? else {
            let columns = self.numbers().map(|column| column.numbers.clone()).collect();
            return Ok(Grid { names: self.names(), columns, rows: self.rows, report });
        };
        let mut order: Vec<(i64, u32)> = times.iter().zip(0..).filter_map(|(time, row)| time.map(|time| (time, row))).collect();
        report.timeless = self.rows - order.len();
        report.unordered = order.windows(2).filter(|pair| pair[1].0 < pair[0].0).count();
        if report.unordered > 0 {
            order.sort_unstable();
        }
        let (Some(first), Some(last)) = (order.first(), order.last()) else {
            return Err(Error::new(Code::Format, format!("the column {} holds no time; expected some", report.time)));
        };
        (report.first, report.last) = (first.0, last.0);
        let places = places(&order, &mut report)?;
        let rows = places.last().map_or(0, |place| place + 1);
        let columns = self.numbers().map(|column| spread(&column.numbers, &order, &places, rows)).collect();
        Ok(Grid { names: self.names(), columns, rows, report })
    }

    fn numbers(&self) -> impl Iterator<Item = &super::Column> {
        self.columns.iter().filter(|column| column.kind == Kind::Number)
    }

    fn names(&self) -> Vec<String> {
        self.numbers().map(|column| column.name.clone()).collect()
    }

    /// The time of every row, where a column has it.
    fn times(&self, name: Option<&str>, report: &mut GridReport) -> Result<Option<Vec<Option<i64>>>> {
        if name == Some("") {
            return Ok(None);
        }
        let of = |kind: Kind| self.columns.iter().filter(move |column| column.kind == kind);
        let found = match name {
            None => of(Kind::Time).next(),
            Some(name) => Some(
                of(Kind::Time)
                    .find(|column| column.name == name)
                    .ok_or_else(|| Error::unknown("column of times", name, of(Kind::Time).map(|column| column.name.as_str())))?,
            ),
        };
        let Some(column) = found else { return Ok(None) };
        report.time = column.name.clone();
        let whole_days = column.seconds.iter().flatten().all(|s| s % 86_400 == 0);
        if let (true, Some(clock)) = (whole_days, of(Kind::Clock).next()) {
            report.time = format!("{} + {}", column.name, clock.name);
            let both = |(day, clock): (&Option<i64>, &Option<i64>)| Some((*day)? + (*clock)?);
            return Ok(Some(column.seconds.iter().zip(&clock.seconds).map(both).collect()));
        }
        Ok(Some(column.seconds.clone()))
    }
}

/// The row of the grid of each time. `order` is sorted and has one or more.
fn places(order: &[(i64, u32)], report: &mut GridReport) -> Result<Vec<usize>> {
    let steps: Vec<i64> = order.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    report.duplicates = steps.iter().filter(|step| **step == 0).count();
    report.step = common(steps.iter().filter(|step| **step > 0).map(|step| (*step, 0)).collect());
    if report.step >= MONTH || report.step == 0 {
        report.step = 0;
        let mut place = 0;
        let later = |step: &i64| {
            place += usize::from(*step > 0);
            place
        };
        return Ok(std::iter::once(0).chain(steps.iter().map(later)).collect());
    }
    let (first, step) = (report.first, report.step);
    if (report.last - first) / step >= MAX_ROWS as i64 {
        let message = format!(
            "the times of {} reach over {} steps of {step} seconds; expected fewer than {MAX_ROWS}: is one of them wrong?",
            report.time,
            (report.last - first) / step
        );
        return Err(Error::new(Code::Format, message));
    }
    let place = |time: i64| ((time - first + step / 2) / step) as usize;
    let places: Vec<usize> = order.iter().map(|(time, _)| place(*time)).collect();
    report.moved = order.iter().filter(|(time, _)| (time - first) % step != 0).count();
    // Times that differ may have moved to the same step.
    report.duplicates = places.windows(2).filter(|pair| pair[0] == pair[1]).count();
    for pair in places.windows(2) {
        let gap = (pair[1] - pair[0]).saturating_sub(1);
        report.gaps += usize::from(gap > 0);
        report.missing_rows += gap;
        report.longest_gap = report.longest_gap.max(gap);
    }
    Ok(places)
}

/// The most common of some steps, the smallest of them; 0 if there is none. (Pairs, because pairs are sorted already: another sort of the
/// standard library's would weigh some kilobytes more.)
fn common(mut steps: Vec<(i64, u32)>) -> i64 {
    steps.sort_unstable();
    let (mut best, mut most) = (0, 0);
    let mut start = 0;
    for k in 0..steps.len() {
        if steps[k] != steps[start] {
            start = k;
        }
        if k - start + 1 > most {
            (best, most) = (steps[k].0, k - start + 1);
        }
    }
    best
}

/// A column on the grid; readings of the same place are averaged.
fn spread(numbers: &[f32], order: &[(i64, u32)], places: &[usize], rows: usize) -> Vec<f32> {
    let mut column = vec![f32::NAN; rows];
    let (mut at, mut sum, mut count) = (usize::MAX, 0.0, 0.0);
    for ((_, row), place) in order.iter().zip(places) {
        let value = numbers[*row as usize];
        if *place != at {
            (at, sum, count) = (*place, 0.0, 0.0);
        }
        if !value.is_nan() {
            (sum, count) = (sum + f64::from(value), count + 1.0);
            column[*place] = (sum / count) as f32;
        }
    }
    column
}
