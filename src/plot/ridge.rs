//! Histograms under each other over one axis of values: how often, as heights.

use plotters_backend::DrawingBackend;

use super::figure::{Layout, field};
use super::number::exact;
use super::palette;
use super::pen::{Pen, Rect, Side};
use crate::error::Result;

#[derive(Clone, Debug)]
pub struct Histogram {
    pub name: String,
    /// Where its bins lie on the time axis of the figure, in steps: one more than there are bins, rising.
    pub edges: Vec<f64>,
    pub counts: Vec<f64>,
    /// The values at the edges.
    pub values: Vec<f64>,
    /// Said at its right end.
    pub note: String,
}

#[derive(Clone, Debug)]
pub struct Ridge {
    /// What the heights are.
    pub title: String,
    pub rows: Vec<Histogram>,
    /// See [`palette::line_colour`].
    pub slot: usize,
    /// A step worth a line from top to bottom: where 0 lies.
    pub zero: Option<f64>,
}

impl Ridge {
    /// The height of a count: its logarithm, so that one value far out is seen beside thousands in the middle. Of 1 at the top.
    fn height(count: f64, most: f64) -> f64 {
        if count > 0.0 { (1.0 + count).ln() / (1.0 + most).ln() } else { 0.0 }
    }

    /// One row per bin.
    pub(super) fn csv(&self) -> String {
        let mut text = String::from("tensor,from,to,count\n");
        for row in &self.rows {
            for (ends, count) in row.values.windows(2).zip(&row.counts) {
                text += &format!("{},{},{},{}\n", field(&row.name), exact(ends[0]), exact(ends[1]), exact(*count));
            }
        }
        text
    }

    pub(super) fn draw<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, steps: usize, layout: &Layout) -> Result<()> {
        let inks = palette::inks(layout.theme);
        let colour = palette::line_colour(self.slot, layout.theme);
        let fill = palette::pale(colour, layout.theme);
        let font = layout.font;
        let room = rect.height / self.rows.len().max(1) as f64;
        let counts = || self.rows.iter().flat_map(|row| row.counts.iter().copied());
        let most = counts().filter(|c| c.is_finite()).fold(1.0, f64::max);
        if let Some(zero) = self.zero {
            pen.vertical(rect.x(zero, steps), rect.top, rect.bottom(), inks.grid, 1.0)?;
        }
        for (k, row) in self.rows.iter().enumerate() {
            let base = rect.top + room * (k + 1) as f64;
            let mut outline = vec![];
            for (bin, count) in row.counts.iter().enumerate() {
                let (Some(from), Some(to)) = (row.edges.get(bin), row.edges.get(bin + 1)) else { break };
                let y = base - (room - 1.1 * font).max(0.6 * room) * Self::height(*count, most);
                outline.extend([(rect.x(*from, steps), y), (rect.x(*to, steps), y)]);
            }
            if let (Some(first), Some(last)) = (outline.first().copied(), outline.last().copied()) {
                let mut shape = vec![(first.0, base)];
                shape.extend_from_slice(&outline);
                shape.push((last.0, base));
                pen.shape(&shape, fill, 1.0)?;
                pen.line(&outline, colour, 1.0, &[])?;
            }
            pen.horizontal(rect.left, rect.right(), base, if k + 1 == self.rows.len() { inks.axis } else { inks.grid }, 1.0)?;
            let at = base - room + 0.75 * font;
            pen.text(&row.name, (rect.left + 2.0, at), Side::Left, font, inks.text, false)?;
            pen.text(&row.note, (rect.right() - 2.0, at), Side::Right, font, inks.text, false)?;
        }
        Ok(())
    }
}
