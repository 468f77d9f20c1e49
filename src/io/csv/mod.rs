//! Tables that people bring: found out, read, and put on an even grid of times, with a report of what was left out and why.
//!
//! Separated by commas, semicolons, tabs or bars; decimal points or commas; UTF-8, UTF-16 or Latin-1. A cell that cannot be read as
//! its column's kind is missing, a row without the right number of cells is left out; both are counted, and the first line is named.

mod cell;
mod grid;
mod records;
mod time;

pub use grid::{Grid, GridReport};
pub use time::{Clock, Order};

use std::borrow::Cow;

use serde::Serialize;

use crate::error::{Code, Error, Result};
use cell::{Decimal, is_missing, number};
use records::Records;

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 64 << 20;
/// The most columns.
pub const MAX_COLUMNS: usize = 500;
/// Rows that decide what kind a column is.
const SAMPLE: usize = 1000;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Number,
    /// Points in time, or days.
    Time,
    /// Times of day, without a day.
    Clock,
    Text,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// A number a row, NaN where it is missing; empty for other kinds.
    pub numbers: Vec<f32>,
    /// Seconds since 1970-01-01T00Z (or since midnight) a row, `None` where it is missing; empty for other kinds.
    pub seconds: Vec<Option<i64>>,
    /// Cells that are empty or cannot be read.
    pub missing: usize,
}

/// Something that was left out: how often, and the line of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub reason: Reason,
    pub count: usize,
    pub line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A line that begins with #.
    Comment,
    /// A line before the header.
    Preamble,
    /// A row with fewer or more cells than the header.
    Cells,
    /// A cell that is no number in a column of numbers: taken as missing.
    Number,
    /// A cell that is no time in a column of times: taken as missing.
    Time,
}

/// How the file was read.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub encoding: &'static str,
    /// What separates cells; absent where there is one column.
    pub delimiter: Option<char>,
    /// "." or ","
    pub decimal: char,
    /// How dates such as 03/04/2013 were read, where there are any.
    pub order: Option<Order>,
    /// Whether the first row names the columns.
    pub header: bool,
    pub rows: usize,
    pub skipped: Vec<Skipped>,
}

impl Report {
    fn skip(&mut self, reason: Reason, line: usize) {
        match self.skipped.iter_mut().find(|s| s.reason == reason) {
            Some(known) => known.count += 1,
            None => self.skipped.push(Skipped { reason, count: 1, line }),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: usize,
    pub report: Report,
}

/// Reads a table.
///
/// # Errors
/// `format` with the line and what was expected there, where no table can be made out; bounded work and memory for any input.
pub fn read(bytes: &[u8]) -> Result<Table> {
    let (text, encoding) = records::decode(bytes)?;
    let shape = records::shape(&text)?;
    let report =
        Report { encoding, delimiter: shape.delimiter.map(char::from), decimal: '.', order: None, header: true, rows: 0, skipped: vec![] };
    Reader { text: &text, shape, report, names: vec![], first_row: 0 }.read()
}

struct Reader<'a> {
    text: &'a str,
    shape: records::Shape,
    report: Report,
    names: Vec<String>,
    /// Records before the first row of data.
    first_row: usize,
}

/// How the cells of a column were understood, counted over a sample.
#[derive(Clone, Copy, Default)]
struct Votes {
    filled: usize,
    point: usize,
    comma: usize,
    /// Numbers that only one of the two can be read as.
    only_point: usize,
    only_comma: usize,
    day_first: usize,
    month_first: usize,
    /// Dates for which it matters which of them comes first.
    ordered: usize,
    clock: usize,
}

/// What a cell of a column is to be read as.
#[derive(Clone, Copy)]
enum As {
    Number(Decimal),
    Time(Order),
    Clock,
    Text,
}

impl Reader<'_> {
    fn read(mut self) -> Result<Table> {
        self.header()?;
        let votes = self.votes(SAMPLE)?;
        let kinds = self.kinds(&votes)?;
        let mut columns = self.columns(&kinds);
        let (mut cells, mut record) = (vec![], 0);
        let mut records = Records::new(self.text, self.shape.delimiter);
        while let Some(line) = records.next(&mut cells)? {
            record += 1;
            if record <= self.first_row || self.left_out(&mut cells, line, true) {
                continue;
            }
            self.report.rows += 1;
            for ((column, kind), cell) in columns.iter_mut().zip(&kinds).zip(&cells) {
                if let Some(reason) = put(column, *kind, cell.trim()) {
                    self.report.skip(reason, line);
                }
            }
        }
        if self.report.rows == 0 {
            return Err(Error::new(Code::Format, "expected at least one row below the header"));
        }
        Ok(Table { columns, rows: self.report.rows, report: self.report })
    }

    /// Finds the names of the columns: the first record with as many cells as most have, unless it holds a number or a time.
    fn header(&mut self) -> Result<()> {
        let mut records = Records::new(self.text, self.shape.delimiter);
        let mut cells = vec![];
        while let Some(line) = records.next(&mut cells)? {
            if is_comment(&cells) {
                self.report.skip(Reason::Comment, line);
            } else if records::filled(&cells) == self.shape.columns || cells.len() == self.shape.columns {
                break;
            } else {
                self.report.skip(Reason::Preamble, line);
            }
            self.first_row += 1;
        }
        let is_value = |cell: &Cow<'_, str>| {
            let cell = cell.trim();
            let number = |decimal| number(cell, decimal).is_some();
            number(Decimal::Point) || number(Decimal::Comma) || time::parse(cell, Order::DayFirst).is_some()
        };
        self.report.header = !cells.iter().any(is_value);
        cells.resize(self.shape.columns, "".into());
        for (k, cell) in cells.iter().enumerate() {
            let words = cell.split(char::is_whitespace).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
            let name: String = words.chars().filter(|c| !c.is_control()).take(80).collect();
            let plain = self.report.header && !name.is_empty();
            let mut name = if plain { name } else { format!("column {}", k + 1) };
            while self.names.contains(&name) {
                name.push('\u{2032}');
            }
            self.names.push(name);
        }
        if self.report.header {
            self.first_row += 1;
        }
        Ok(())
    }

    /// Whether a record is no row; says so in the report if it is wanted.
    fn left_out(&mut self, cells: &mut Vec<Cow<'_, str>>, line: usize, report: bool) -> bool {
        let reason = if is_comment(cells) {
            Reason::Comment
        } else {
            // Some programs close every line with a separator, or leave out what is empty at its end.
            while cells.len() > self.names.len() && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
                cells.pop();
            }
            if cells.len() == self.names.len() {
                return false;
            }
            Reason::Cells
        };
        if report {
            self.report.skip(reason, line);
        }
        true
    }

    fn votes(&mut self, sample: usize) -> Result<Vec<Votes>> {
        let mut votes = vec![Votes::default(); self.names.len()];
        let (mut cells, mut record, mut rows) = (vec![], 0, 0);
        let mut records = Records::new(self.text, self.shape.delimiter);
        while rows < sample
            && let Some(line) = records.next(&mut cells)?
        {
            record += 1;
            if record <= self.first_row || self.left_out(&mut cells, line, false) {
                continue;
            }
            rows += 1;
            for (votes, cell) in votes.iter_mut().zip(&cells) {
                votes.count(cell.trim());
            }
        }
        Ok(votes)
    }

    fn kinds(&mut self, votes: &[Votes]) -> Result<Vec<As>> {
        let sum = |of: fn(&Votes) -> usize| votes.iter().map(of).sum::<usize>();
        // A comma between cells is no decimal comma, where nothing says otherwise.
        let comma = sum(|v| v.only_comma) > sum(|v| v.only_point);
        self.report.decimal = if comma { ',' } else { '.' };
        let mut kinds: Vec<As> = votes.iter().map(|v| v.kind(comma)).collect();
        // Whether days or months come first may only be seen far down.
        let undecided = |v: &Votes, kind: &As| matches!(kind, As::Time(_)) && v.ordered > 0 && v.day_first == v.month_first;
        if votes.iter().zip(&kinds).any(|(v, kind)| undecided(v, kind)) {
            let all = self.votes(usize::MAX)?;
            for ((kind, sample), all) in kinds.iter_mut().zip(votes).zip(&all) {
                if undecided(sample, kind) && all.month_first > all.day_first {
                    *kind = As::Time(Order::MonthFirst);
                }
            }
        }
        self.report.order = votes.iter().zip(&kinds).find_map(|(v, kind)| match kind {
            As::Time(order) if v.ordered > 0 => Some(*order),
            _ => None,
        });
        Ok(kinds)
    }

    fn columns(&self, kinds: &[As]) -> Vec<Column> {
        let column = |(name, kind): (&String, &As)| {
            let kind = match kind {
                As::Number(_) => Kind::Number,
                As::Time(_) => Kind::Time,
                As::Clock => Kind::Clock,
                As::Text => Kind::Text,
            };
            Column { name: name.clone(), kind, numbers: vec![], seconds: vec![], missing: 0 }
        };
        self.names.iter().zip(kinds).map(column).collect()
    }
}

impl Votes {
    fn count(&mut self, cell: &str) {
        if is_missing(cell) {
            return;
        }
        let (point, comma) = (number(cell, Decimal::Point).is_some(), number(cell, Decimal::Comma).is_some());
        self.filled += 1;
        self.point += usize::from(point);
        self.comma += usize::from(comma);
        self.only_point += usize::from(point && !comma);
        self.only_comma += usize::from(comma && !point);
        let (day, month) = (time::parse(cell, Order::DayFirst), time::parse(cell, Order::MonthFirst));
        self.day_first += usize::from(day.is_some());
        self.month_first += usize::from(month.is_some());
        self.ordered += usize::from(day != month);
        self.clock += usize::from(time::clock(cell).is_some());
    }

    /// What four in five of the cells are; a column without any is one of missing numbers.
    fn kind(&self, comma: bool) -> As {
        let most = |count: usize| 5 * count >= 4 * self.filled;
        let order = if self.month_first > self.day_first { Order::MonthFirst } else { Order::DayFirst };
        if self.filled > 0 && most(self.day_first.max(self.month_first)) {
            As::Time(order)
        } else if self.filled > 0 && most(self.clock) {
            As::Clock
        } else if most(self.point.max(self.comma)) {
            let comma = if comma { self.comma >= self.point } else { self.comma > self.point };
            As::Number(if comma { Decimal::Comma } else { Decimal::Point })
        } else {
            As::Text
        }
    }
}

/// Adds a cell to its column. Gives the reason where it is not missing and cannot be read.
fn put(column: &mut Column, kind: As, cell: &str) -> Option<Reason> {
    let missing = is_missing(cell);
    let (read, reason) = match kind {
        As::Text => (!missing, None),
        As::Number(decimal) => {
            let value = if missing { None } else { number(cell, decimal) };
            column.numbers.push(value.unwrap_or(f32::NAN));
            (value.is_some(), Some(Reason::Number))
        }
        As::Time(_) | As::Clock => {
            let value = match kind {
                As::Time(order) => time::parse(cell, order),
                _ => time::clock(cell),
            };
            column.seconds.push(value);
            (value.is_some(), Some(Reason::Time))
        }
    };
    column.missing += usize::from(!read);
    reason.filter(|_| !read && !missing)
}

fn is_comment(cells: &[Cow<'_, str>]) -> bool {
    cells.first().is_some_and(|cell| cell.starts_with('#'))
}

fn line_error(line: usize, message: &str) -> Error {
    Error::new(Code::Format, format!("line {line}: {message}"))
}
