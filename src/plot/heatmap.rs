//! A matrix as colours, one column per step and one row per unit.

use plotters_backend::DrawingBackend;

use super::figure::Layout;
use super::palette::{self, Map, Theme};
use super::pen::{Pen, Rect, Side, text_width};
use super::png;
use crate::error::{Error, Result};

#[derive(Clone, Debug)]
pub struct Heatmap {
    /// What a row is: "unit".
    pub rows_title: String,
    /// What a value is: "hₜ".
    pub title: String,
    pub rows: usize,
    pub columns: usize,
    /// rows × columns, the row fastest: column t is moment t, as on the tape.
    pub values: Vec<f64>,
    /// The values at the ends of the colour map.
    pub range: (f64, f64),
    pub map: Map,
    /// The range is of powers of ten, and so are the colours. What is 0 or less has the lowest.
    pub log: bool,
    /// Where the columns end, in steps, rising; each reaches back to the one before. Empty for one at every step. A column that
    /// ends with NaN is shorter than the others; one of nothing else is not a number.
    pub at: Vec<f64>,
    /// Number of the first row, for its label.
    pub first: usize,
    /// Rows with a line over them.
    pub borders: Vec<usize>,
    /// What else there is to say about the colours, beside them.
    pub note: String,
}

/// Width of the colour scale in CSS pixels.
const BAR: f64 = 96.0;
/// Pixels of a picture whose columns lie at places of their own, from left to right.
const MOST: usize = 512;

impl Heatmap {
    /// Diverging around 0 where the range has negative values.
    pub fn new(title: &str, rows: usize, columns: usize, values: Vec<f64>, range: (f64, f64)) -> Result<Self> {
        if values.len() != rows * columns {
            return Err(Error::length("a heatmap", values.len(), rows * columns, "rows × columns"));
        }
        let map = if range.0 < 0.0 { Map::Diverging } else { Map::Sequential };
        let (rows_title, title) = ("unit".into(), title.into());
        let (at, borders, note) = (vec![], vec![], String::new());
        Ok(Heatmap { rows_title, title, rows, columns, values, range, map, log: false, at, first: 0, borders, note })
    }

    /// What the colours are, and of what.
    pub(super) fn words(&self) -> String {
        format!("{}, by {}", self.title, self.rows_title)
    }

    pub fn value(&self, row: usize, column: usize) -> f64 {
        self.values.get(column * self.rows + row).copied().unwrap_or(f64::NAN)
    }

    /// A value's place among the palette's colours; nothing for what is not a number.
    fn colour(&self, value: f64) -> Option<usize> {
        let (low, high) = self.range;
        if self.log && value <= 0.0 {
            return Some(0);
        }
        let value = if self.log { value.log10() } else { value };
        palette::index(
            self.map,
            match self.map {
                Map::Diverging => value / low.abs().max(high.abs()),
                Map::Sequential => (value - low) / (high - low),
            },
        )
    }

    /// The picture over a time axis of so many steps: its width, its height, and its RGBA bytes row by row from the top (row 0),
    /// as ImageData has them.
    pub fn picture(&self, theme: Theme, steps: usize) -> (usize, usize, Vec<u8>) {
        let colours = palette::table(self.map, theme);
        let inks = palette::inks(theme);
        // Each value once, however many pixels it has.
        let mut known: Vec<[u8; 3]> = self.values.iter().map(|v| self.colour(*v).map_or(inks.missing, |k| colours[k])).collect();
        if !self.at.is_empty() && self.rows > 0 {
            for (values, known) in self.values.chunks(self.rows).zip(known.chunks_mut(self.rows)) {
                let end = values.iter().rposition(|v| !v.is_nan()).map_or(self.rows, |last| last + 1);
                known[end..].fill(inks.background);
            }
        }
        let width = if self.at.is_empty() { self.columns } else { steps.min(MOST) };
        // The column that is shown at each pixel: the first that ends past its middle.
        let mut next = 0;
        let shown: Vec<Option<usize>> = (0..width)
            .map(|pixel| {
                if self.at.is_empty() {
                    return Some(pixel);
                }
                let middle = (pixel as f64 + 0.5) * steps as f64 / width as f64 - 1.0;
                while self.at.get(next).is_some_and(|at| *at < middle) {
                    next += 1;
                }
                (next < self.columns.min(self.at.len())).then_some(next)
            })
            .collect();
        let mut bytes = Vec::with_capacity(width * self.rows * 4);
        for row in 0..self.rows {
            for column in &shown {
                let colour = column.map_or(inks.background, |column| known[column * self.rows + row]);
                bytes.extend_from_slice(&[colour[0], colour[1], colour[2], 255]);
            }
        }
        (width, self.rows, bytes)
    }

    /// The picture as a PNG file, one pixel per value.
    pub fn png(&self, theme: Theme, steps: usize) -> Vec<u8> {
        let (width, height, bytes) = self.picture(theme, steps);
        png::encode(width, height, &bytes)
    }

    /// Row labels to the left of `rect`, the cursor in it. The values themselves are blitted by the caller before.
    pub(super) fn axes<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, steps: usize, layout: &Layout) -> Result<()> {
        let inks = palette::inks(layout.theme);
        let tall = rect.height / self.rows.max(1) as f64;
        let most = (rect.height / (2.0 * layout.font)).max(1.0);
        let step = super::axis::nice_step(self.rows as f64 / most).max(1.0) as usize;
        // Counted from 1, round numbers are labelled, as on the time axis.
        let from = if self.first > 0 { step.saturating_sub(self.first) } else { 0 };
        for row in (from..self.rows).step_by(step.max(1)) {
            let y = rect.top + (row as f64 + 0.5) * tall;
            pen.text(&(row + self.first).to_string(), (rect.left - 6.0, y), Side::Right, layout.font, inks.quiet, false)?;
        }
        for row in &self.borders {
            pen.horizontal(rect.left - 4.0, rect.right(), rect.top + *row as f64 * tall, inks.reference, 1.0)?;
        }
        layout.cursors(pen, rect, steps)
    }

    /// The colour scale with its ends, at the right end of the panel's title row.
    pub(super) fn legend<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, layout: &Layout) -> Result<()> {
        let inks = palette::inks(layout.theme);
        let colours = palette::table(self.map, layout.theme);
        let label = |v: f64| match self.log {
            true if v == 0.0 => "1".into(),
            true => super::number::power(v.round() as i32),
            false => super::number::number(v, 2),
        };
        let (low, high) = match self.map {
            Map::Diverging => {
                let end = self.range.0.abs().max(self.range.1.abs());
                (label(-end), label(end))
            }
            Map::Sequential => (label(self.range.0), label(self.range.1)),
        };
        let y = rect.top + 0.9 * layout.font;
        let right = rect.right() - text_width(&high, layout.font) - 8.0;
        let bar = Rect { left: right - BAR, top: y - 0.4 * layout.font, width: BAR, height: 0.8 * layout.font };
        for k in 0..64 {
            let left = bar.left + BAR / 64.0 * k as f64;
            // Each over the rest of the bar: between neighbours that end within a pixel the background would show.
            pen.rect(Rect { left, width: bar.right() - left, ..bar }, colours[k * 255 / 63], 1.0)?;
        }
        pen.text(&low, (bar.left - 6.0, y), Side::Right, layout.font, inks.quiet, false)?;
        pen.text(&high, (rect.right(), y), Side::Right, layout.font, inks.quiet, false)?;
        let left = bar.left - 1.3 * text_width(&low, layout.font) - 1.5 * layout.font;
        // Where there is room beside the panel's title.
        if self.note.is_empty()
            || left - rect.left < text_width(&self.note, layout.font) + text_width(&self.words(), layout.font) + layout.font
        {
            return Ok(());
        }
        pen.text(&self.note, (left, y), Side::Right, layout.font, inks.reference, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_where_the_values_are() {
        let map = Heatmap::new("h", 2, 3, vec![-1.0, 1.0, 0.0, f64::NAN, 9.0, 0.5], (-1.0, 1.0)).unwrap();
        let (_, _, bytes) = map.picture(Theme::Light, 3);
        assert_eq!(bytes.len(), 24);
        let pixel = |row: usize, column: usize| &bytes[(row * 3 + column) * 4..][..3];
        let colours = palette::table(Map::Diverging, Theme::Light);
        assert_eq!(pixel(0, 0), colours[0]);
        assert_eq!(pixel(1, 0), colours[255]);
        assert_eq!(pixel(0, 1), colours[128]);
        assert_eq!(pixel(1, 1), palette::inks(Theme::Light).missing);
        assert_eq!(pixel(0, 2), colours[255]);
        assert!(Heatmap::new("h", 2, 2, vec![0.0; 3], (0.0, 1.0)).is_err());
    }

    #[test]
    fn a_column_reaches_back_to_the_one_before() {
        let values = vec![1.0, 1e-4, 0.0, f64::INFINITY, 1.0, f64::NAN, f64::NAN, f64::NAN];
        let (log, map) = (true, Map::Sequential);
        let map = Heatmap { log, map, at: vec![1.0, 3.0, 4.0, 5.0], ..Heatmap::new("g", 2, 4, values, (-4.0, 0.0)).unwrap() };
        let (width, height, bytes) = map.picture(Theme::Light, 8);
        assert_eq!((width, height), (8, 2));
        let pixel = |row: usize, column: usize| &bytes[(row * 8 + column) * 4..][..3];
        let colours = palette::table(Map::Sequential, Theme::Light);
        let inks = palette::inks(Theme::Light);
        let expected = [
            (colours[255], colours[0]),
            (colours[255], colours[0]),
            (colours[0], colours[255]),
            (colours[0], colours[255]),
            (colours[255], inks.background),
            (inks.missing, inks.missing),
            (inks.background, inks.background),
            (inks.background, inks.background),
        ];
        for (column, (top, bottom)) in expected.iter().enumerate() {
            assert_eq!((pixel(0, column), pixel(1, column)), (&top[..], &bottom[..]), "column {column}");
        }
    }
}
