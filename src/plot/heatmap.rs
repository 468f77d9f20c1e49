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
}

/// Width of the colour scale in CSS pixels.
const BAR: f64 = 96.0;

impl Heatmap {
    /// Diverging around 0 where the range has negative values.
    pub fn new(title: &str, rows: usize, columns: usize, values: Vec<f64>, range: (f64, f64)) -> Result<Self> {
        if values.len() != rows * columns {
            return Err(Error::length("a heatmap", values.len(), rows * columns, "rows × columns"));
        }
        let map = if range.0 < 0.0 { Map::Diverging } else { Map::Sequential };
        Ok(Heatmap { rows_title: "unit".into(), title: title.into(), rows, columns, values, range, map })
    }

    pub fn value(&self, row: usize, column: usize) -> f64 {
        self.values.get(column * self.rows + row).copied().unwrap_or(f64::NAN)
    }

    /// columns × rows RGBA bytes, row by row from the top (unit 0), as ImageData has them.
    pub fn rgba(&self, theme: Theme) -> Vec<u8> {
        let colours = palette::table(self.map, theme);
        let missing = palette::inks(theme).missing;
        let mut bytes = Vec::with_capacity(self.values.len() * 4);
        let (low, high) = self.range;
        for row in 0..self.rows {
            for column in 0..self.columns {
                let value = self.value(row, column);
                let place = match self.map {
                    Map::Diverging => value / low.abs().max(high.abs()),
                    Map::Sequential => (value - low) / (high - low),
                };
                let colour = palette::index(self.map, place).map_or(missing, |k| colours[k]);
                bytes.extend_from_slice(&[colour[0], colour[1], colour[2], 255]);
            }
        }
        bytes
    }

    /// The picture as a PNG file, one pixel per value.
    pub fn png(&self, theme: Theme) -> Vec<u8> {
        png::encode(self.columns, self.rows, &self.rgba(theme))
    }

    /// Row labels to the left of `rect`, the cursor in it. The values themselves are blitted by the caller before.
    pub(super) fn axes<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, layout: &Layout) -> Result<()> {
        let inks = palette::inks(layout.theme);
        let tall = rect.height / self.rows.max(1) as f64;
        let most = (rect.height / (2.0 * layout.font)).max(1.0);
        let step = super::axis::nice_step(self.rows as f64 / most).max(1.0) as usize;
        for row in (0..self.rows).step_by(step.max(1)) {
            let y = rect.top + (row as f64 + 0.5) * tall;
            pen.text(&row.to_string(), (rect.left - 6.0, y), Side::Right, layout.font, inks.quiet, false)?;
        }
        layout.cursors(pen, rect, self.columns)
    }

    /// The colour scale with its ends, at the right end of the panel's title row.
    pub(super) fn legend<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, layout: &Layout) -> Result<()> {
        let inks = palette::inks(layout.theme);
        let colours = palette::table(self.map, layout.theme);
        let label = |v: f64| super::number::number(v, 2);
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
            pen.rect(Rect { left, width: BAR / 64.0, ..bar }, colours[k * 255 / 63], 1.0)?;
        }
        pen.text(&low, (bar.left - 6.0, y), Side::Right, layout.font, inks.quiet, false)?;
        pen.text(&high, (rect.right(), y), Side::Right, layout.font, inks.quiet, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_where_the_values_are() {
        let map = Heatmap::new("h", 2, 3, vec![-1.0, 1.0, 0.0, f64::NAN, 9.0, 0.5], (-1.0, 1.0)).unwrap();
        let bytes = map.rgba(Theme::Light);
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
}
