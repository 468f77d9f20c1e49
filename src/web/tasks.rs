//! What tasks read: data handed over by JavaScript, and tables that people bring.

use js_sys::{Float32Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::convert::{float32, property, to_js};
use crate::error::{Code, Error};
use crate::io::csv::{self, Column, Grid, Kind};
use crate::task::Data;
use crate::task::table::Table;
use crate::task::temperature::Weather;

/// The data of a task: `{ weather?: string, text?: string, csv?: table }`, where a table is its file's bytes or text, or
/// `{ bytes, time }`: the column of times, by default the first, and "" for rows as they stand.
pub fn data(value: &JsValue) -> Result<Data, JsValue> {
    let text = |name: &str| property(value, name).and_then(|v| v.as_string());
    let weather = text("weather").map(|csv| Weather::parse(csv.as_bytes())).transpose()?;
    let csv = property(value, "csv").map(|file| table(&file)).transpose()?;
    Ok(Data { weather, text: text("text"), csv })
}

fn table(file: &JsValue) -> Result<Table, JsValue> {
    let (file, time) = match property(file, "bytes") {
        Some(bytes) => (bytes, property(file, "time").and_then(|t| t.as_string())),
        None => (file.clone(), None),
    };
    let grid = csv::read(&bytes(&file)?)?.on_grid(time.as_deref())?;
    Ok(Table { names: grid.names, columns: grid.columns, step: grid.report.step })
}

/// The bytes of a file: a `Uint8Array`, an `ArrayBuffer` or a text.
fn bytes(file: &JsValue) -> Result<Vec<u8>, JsValue> {
    if let Some(text) = file.as_string() {
        return Ok(text.into_bytes());
    }
    if file.is_instance_of::<Uint8Array>() || file.is_instance_of::<js_sys::ArrayBuffer>() {
        return Ok(Uint8Array::new(file).to_vec());
    }
    Err(Error::new(Code::Format, "csv: expected a Uint8Array, an ArrayBuffer or a text").into())
}

/// A table that somebody brings, as it was read. Owns wasm memory: `free()` it.
#[wasm_bindgen]
pub struct CsvTable {
    columns: Vec<Column>,
    rows: usize,
    report: csv::Report,
    grid: Grid,
}

#[derive(Serialize)]
struct ColumnSummary<'a> {
    name: &'a str,
    kind: Kind,
    missing: usize,
    /// Of a column of numbers that has any.
    min: Option<f32>,
    max: Option<f32>,
}

#[derive(Serialize)]
struct CsvSummary<'a> {
    rows: usize,
    columns: Vec<ColumnSummary<'a>>,
    report: &'a csv::Report,
    /// The rows in the order of their times.
    grid: &'a csv::GridReport,
    #[serde(rename = "gridRows")]
    grid_rows: usize,
}

#[wasm_bindgen]
impl CsvTable {
    /// `{ rows, columns: [{ name, kind: "number" | "time" | "clock" | "text", missing, min, max }], report, grid, gridRows }`.
    ///
    /// `report`: encoding, delimiter, decimal, order ("day-first", "month-first" where dates are ambiguous), header, rows, and skipped:
    /// `[{ reason: "comment" | "preamble" | "cells" | "number" | "time", count, line }]`, the line being that of the first.
    /// `grid`: time, first, last, step (in seconds), timeless, unordered, duplicates (averaged), moved, gaps, missingRows, longestGap.
    pub fn summary(&self) -> Result<JsValue, JsValue> {
        let column = |column: &'_ Column| {
            let mut range: Option<(f32, f32)> = None;
            for x in column.numbers.iter().copied().filter(|x| !x.is_nan()) {
                range = Some(range.map_or((x, x), |(min, max)| (min.min(x), max.max(x))));
            }
            (range.map(|r| r.0), range.map(|r| r.1))
        };
        let columns = self.columns.iter().map(|c| {
            let (min, max) = column(c);
            ColumnSummary { name: &c.name, kind: c.kind, missing: c.missing, min, max }
        });
        to_js(&CsvSummary {
            rows: self.rows,
            columns: columns.collect(),
            report: &self.report,
            grid: &self.grid.report,
            grid_rows: self.grid.rows,
        })
    }

    /// A column of numbers on the grid of times, NaN where nothing was measured.
    pub fn column(&self, name: &str) -> Result<Float32Array, JsValue> {
        let found = self.grid.names.iter().position(|known| known == name);
        let k = found.ok_or_else(|| Error::unknown("column of numbers", name, &self.grid.names))?;
        Ok(float32(&self.grid.columns[k]))
    }
}

/// Reads a table of somebody's own: bytes or text. `time` is the column of times; by default the first that holds any, and "" for
/// rows as they stand.
#[wasm_bindgen(js_name = readCsv)]
pub fn read_csv(file: &JsValue, time: Option<String>) -> Result<CsvTable, JsValue> {
    let table = csv::read(&bytes(file)?)?;
    let grid = table.on_grid(time.as_deref())?;
    Ok(CsvTable { columns: table.columns, rows: table.rows, report: table.report, grid })
}
