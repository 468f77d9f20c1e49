//! Drawing in CSS pixels on any plotters backend. plotters' coordinates are whole numbers; the pen multiplies by the device
//! pixel ratio and a precision, so that curves are smooth and hairlines lie on device pixels.

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontFamily, IntoTextStyle, RGBColor, ShapeStyle};
use plotters_backend::DrawingBackend;

use super::palette::Rgb;
use crate::error::{Code, Error, Result};

pub type Area<B> = plotters::drawing::DrawingArea<B, Shift>;

/// A rectangle in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Default, serde::Serialize)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub fn holds(&self, x: f64, y: f64) -> bool {
        x >= self.left && x <= self.right() && y >= self.top && y <= self.bottom()
    }

    pub fn meets(&self, other: &Rect) -> bool {
        self.left < other.right() && other.left < self.right() && self.top < other.bottom() && other.top < self.bottom()
    }

    /// Where step t of so many lies: the time axis that everything on the page shares.
    pub fn x(&self, t: f64, steps: usize) -> f64 {
        self.left + (t + 0.5) / steps.max(1) as f64 * self.width
    }
}

/// Horizontal anchor of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Side {
    Left,
    Centre,
    Right,
}

pub struct Pen<'a, B: DrawingBackend> {
    area: &'a Area<B>,
    /// Device pixels per CSS pixel.
    dpr: f64,
    /// Backend units per device pixel.
    precision: f64,
    /// What a backend multiplies font sizes by (SVG divides by 1.24), undone.
    text_scale: f64,
}

impl<'a, B: DrawingBackend> Pen<'a, B> {
    pub fn new(area: &'a Area<B>, dpr: f64, precision: u32, text_scale: f64) -> Self {
        Pen { area, dpr, precision: f64::from(precision.max(1)), text_scale }
    }

    fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let unit = self.dpr * self.precision;
        ((x * unit).round() as i32, (y * unit).round() as i32)
    }

    /// On a device pixel's edge.
    fn snapped(&self, x: f64) -> i32 {
        ((x * self.dpr).round() * self.precision) as i32
    }

    fn stroke(&self, colour: Rgb, width: f64) -> ShapeStyle {
        let width = (width * self.dpr * self.precision).round().max(1.0) as u32;
        RGBColor(colour[0], colour[1], colour[2]).stroke_width(width)
    }

    fn fill(&self, colour: Rgb, alpha: f64) -> ShapeStyle {
        RGBColor(colour[0], colour[1], colour[2]).mix(alpha).filled()
    }

    pub fn line(&self, points: &[(f64, f64)], colour: Rgb, width: f64, dashes: &[f64]) -> Result<()> {
        for piece in dashed(points, dashes) {
            let piece: Vec<_> = piece.into_iter().map(|p| self.at(p)).collect();
            self.area.draw(&PathElement::new(piece, self.stroke(colour, width))).map_err(undrawn)?;
        }
        Ok(())
    }

    pub fn rect(&self, rect: Rect, colour: Rgb, alpha: f64) -> Result<()> {
        let corners = [self.at((rect.left, rect.top)), self.at((rect.right(), rect.bottom()))];
        self.area.draw(&Rectangle::new(corners, self.fill(colour, alpha))).map_err(undrawn)
    }

    /// A horizontal hairline, at least one device pixel thick and never between two.
    pub fn horizontal(&self, left: f64, right: f64, y: f64, colour: Rgb, width: f64) -> Result<()> {
        let top = self.snapped(y);
        let corners = [(self.snapped(left), top), (self.snapped(right), top + self.hair(width))];
        self.area.draw(&Rectangle::new(corners, self.fill(colour, 1.0))).map_err(undrawn)
    }

    pub fn vertical(&self, x: f64, top: f64, bottom: f64, colour: Rgb, width: f64) -> Result<()> {
        let left = self.snapped(x - width / 2.0);
        let corners = [(left, self.snapped(top)), (left + self.hair(width), self.snapped(bottom))];
        self.area.draw(&Rectangle::new(corners, self.fill(colour, 1.0))).map_err(undrawn)
    }

    fn hair(&self, width: f64) -> i32 {
        ((width * self.dpr).round().max(1.0) * self.precision) as i32
    }

    pub fn dot(&self, at: (f64, f64), radius: f64, colour: Rgb) -> Result<()> {
        let radius = (radius * self.dpr * self.precision).round() as i32;
        self.area.draw(&Circle::new(self.at(at), radius, self.fill(colour, 1.0))).map_err(undrawn)
    }

    /// A triangle whose tip is at (x, y): `up` points to the top of the page.
    pub fn triangle(&self, (x, y): (f64, f64), up: bool, size: f64, colour: Rgb) -> Result<()> {
        let base = if up { y + 7.0 * size } else { y - 7.0 * size };
        self.shape(&[(x, y), (x - 4.0 * size, base), (x + 4.0 * size, base)], colour, 1.0)
    }

    pub fn cross(&self, (x, y): (f64, f64), reach: f64, colour: Rgb) -> Result<()> {
        let r = 0.7 * reach;
        self.line(&[(x - r, y - r), (x + r, y + r)], colour, 0.5 * reach, &[])?;
        self.line(&[(x - r, y + r), (x + r, y - r)], colour, 0.5 * reach, &[])
    }

    /// A filled shape.
    pub fn shape(&self, points: &[(f64, f64)], colour: Rgb, alpha: f64) -> Result<()> {
        let points: Vec<_> = points.iter().map(|p| self.at(*p)).collect();
        self.area.draw(&Polygon::new(points, self.fill(colour, alpha))).map_err(undrawn)
    }

    /// One line of text over a veil of the background, so that it can be read where lines run.
    pub fn note(&self, text: &str, (x, y): (f64, f64), side: Side, size: f64, colour: Rgb, background: Rgb) -> Result<()> {
        let width = text_width(text, size) + 4.0;
        let left = match side {
            Side::Left => x - 2.0,
            Side::Centre => x - width / 2.0,
            Side::Right => x + 2.0 - width,
        };
        self.rect(Rect { left, top: y - 0.65 * size, width, height: 1.3 * size }, background, 0.8)?;
        self.text(text, (x, y), side, size, colour, false)
    }

    /// One line of text, vertically centred at y.
    pub fn text(&self, text: &str, (x, y): (f64, f64), side: Side, size: f64, colour: Rgb, bold: bool) -> Result<()> {
        let horizontal = match side {
            Side::Left => HPos::Left,
            Side::Centre => HPos::Center,
            Side::Right => HPos::Right,
        };
        let size = size * self.dpr * self.precision * self.text_scale;
        let font = plotters::style::FontDesc::new(
            FontFamily::Name("system-ui, sans-serif"),
            size,
            if bold { plotters::style::FontStyle::Bold } else { plotters::style::FontStyle::Normal },
        );
        let colour = RGBColor(colour[0], colour[1], colour[2]);
        let style = font.into_text_style(self.area).color(&colour).pos(Pos::new(horizontal, VPos::Center));
        self.area.draw_text(text, &style, self.at((x, y))).map_err(undrawn)
    }
}

/// About how wide a text is in CSS pixels, without asking the document: figures must come out the same everywhere.
pub fn text_width(text: &str, size: f64) -> f64 {
    let narrow = |c: char| "iljtfr.,:;'|!()[]·‖ ₁⁻₋⁰¹²³⁴⁵⁶⁷⁸⁹₀₂₃₄₅₆₇₈₉ₜₖ".contains(c);
    let wide = |c: char| "mwMW%∂∞∑—".contains(c);
    let em = |c: char| {
        if narrow(c) {
            0.36
        } else if wide(c) || c.is_uppercase() {
            0.74
        } else {
            0.56
        }
    };
    text.chars().map(em).sum::<f64>() * size
}

/// A polyline cut into dashes (on, off, …), measured along it.
fn dashed(points: &[(f64, f64)], dashes: &[f64]) -> Vec<Vec<(f64, f64)>> {
    if dashes.is_empty() || points.len() < 2 {
        return vec![points.to_vec()];
    }
    let (mut pieces, mut piece) = (vec![], vec![points[0]]);
    let (mut which, mut left) = (0, dashes[0]);
    for pair in points.windows(2) {
        let ((mut x, mut y), end) = (pair[0], pair[1]);
        loop {
            let rest = (end.0 - x).hypot(end.1 - y);
            if rest < left {
                left -= rest;
                if rest > 0.0 {
                    piece.push(end);
                }
                break;
            }
            let share = left / rest.max(1e-9);
            (x, y) = (x + share * (end.0 - x), y + share * (end.1 - y));
            piece.push((x, y));
            if which % 2 == 0 {
                pieces.push(std::mem::take(&mut piece));
            }
            piece = vec![(x, y)];
            which = (which + 1) % dashes.len();
            left = dashes[which].max(0.1);
        }
    }
    if which % 2 == 0 && piece.first() != piece.last() {
        pieces.push(piece);
    }
    pieces
}

fn undrawn(error: impl std::fmt::Display) -> Error {
    Error::new(Code::Unsupported, format!("the figure could not be drawn here: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_what_they_should() {
        let pieces = dashed(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], &[3.0, 2.0]);
        assert_eq!(pieces.len(), 4);
        assert_eq!(pieces[0], [(0.0, 0.0), (3.0, 0.0)]);
        assert_eq!(pieces[1], [(5.0, 0.0), (8.0, 0.0)]);
        assert_eq!(pieces[2], [(10.0, 0.0), (10.0, 3.0)]);
        assert_eq!(dashed(&[(0.0, 0.0), (1.0, 0.0)], &[]).len(), 1);
    }

    #[test]
    fn steps_lie_in_the_middle_of_their_columns() {
        let rect = Rect { left: 50.0, top: 0.0, width: 100.0, height: 1.0 };
        assert_eq!(rect.x(0.0, 4), 62.5);
        assert_eq!(rect.x(3.0, 4), 137.5);
    }
}
