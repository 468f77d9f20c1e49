//! A line chart over the steps of a sequence: plain data, and how it is drawn inside a given rectangle.

use plotters_backend::DrawingBackend;
use serde::Serialize;

use super::axis::{Place, Scale};
use super::figure::Layout;
use super::palette::{self, Inks, Rgb};
use super::pen::{Pen, Rect, Side, text_width};
use crate::error::Result;

/// What a line stands for, which decides how it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// In the colour and dashes of its slot.
    Plain,
    /// The run without interventions: grey, behind the others.
    Ghost,
}

/// One value per step. NaN is a gap, ±∞ a mark at the edge.
#[derive(Clone, Debug)]
pub struct Line {
    pub name: String,
    /// The lane that it is about; "x" for the input.
    pub lane: String,
    pub values: Vec<f64>,
    pub style: Style,
    /// See [`palette::line_colour`] and [`palette::dashes`].
    pub slot: usize,
}

impl Line {
    pub fn colour(&self, theme: palette::Theme) -> Rgb {
        match self.style {
            Style::Plain => palette::line_colour(self.slot, theme),
            Style::Ghost => palette::inks(theme).ghost,
        }
    }

    /// Dash pattern in CSS pixels; empty is solid.
    pub fn dashes(&self) -> &'static [f64] {
        palette::dashes(self.slot)
    }
}

/// The smallest value that f32 carries in full precision, as a limit on the axis: what lies under it is marked, not drawn.
#[derive(Clone, Debug)]
pub struct Floor {
    pub value: f64,
    pub label: String,
    /// Say how far away it is when it is not in view.
    pub told: bool,
}

impl Floor {
    /// The smallest normal f32. Gradients under it lose digits, and under 1.4·10⁻⁴⁵ they are zero.
    pub fn f32() -> Self {
        Floor { value: f64::from(f32::MIN_POSITIVE), label: "f32 floor 1.2·10⁻³⁸".into(), told: true }
    }
}

#[derive(Clone, Debug)]
pub struct Axis {
    pub title: String,
    /// Empty where the quantity has none.
    pub unit: String,
    pub scale: Scale,
    pub floor: Option<Floor>,
    /// Values worth a line across the chart.
    pub references: Vec<f64>,
}

impl Axis {
    pub fn is_log(&self) -> bool {
        matches!(self.scale, Scale::Log { .. })
    }

    /// Title with unit.
    pub fn words(&self) -> String {
        if self.unit.is_empty() { self.title.clone() } else { format!("{} ({})", self.title, self.unit) }
    }
}

/// A moment worth a word, such as the half-life.
#[derive(Clone, Debug)]
pub struct Mark {
    pub t: usize,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct Chart {
    pub y: Axis,
    pub lines: Vec<Line>,
    pub marks: Vec<Mark>,
}

/// Of a line, at a font of 12 pixels.
const STROKE: f64 = 2.0;
/// Marks of values that cannot be drawn keep this distance, in CSS pixels.
const MARK_ROOM: f64 = 8.0;

impl Chart {
    pub fn steps(&self) -> usize {
        self.lines.iter().map(|line| line.values.len()).max().unwrap_or(0)
    }

    /// Draws everything inside `rect`, and the y axis' labels to its left.
    pub(super) fn draw<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, layout: &Layout) -> Result<()> {
        let inks = palette::inks(layout.theme);
        self.grid(pen, rect, layout, &inks)?;
        let steps = self.steps();
        for mark in &self.marks {
            let x = rect.x(mark.t as f64, steps);
            pen.line(&[(x, rect.top), (x, rect.bottom())], inks.axis, 1.0, &[3.0, 3.0])?;
        }
        layout.cursors(pen, rect, steps)?;
        let shown = |line: &&Line| !layout.hidden.contains(&line.name);
        let (ghosts, plain): (Vec<&Line>, Vec<&Line>) = self.lines.iter().filter(shown).partition(|l| l.style == Style::Ghost);
        for line in ghosts.iter().chain(&plain) {
            self.line(pen, rect, layout, line)?;
        }
        if let Some(t) = layout.hover.or(layout.cursor) {
            for line in &plain {
                if let Some((x, y)) = self.point(rect, steps, line, t) {
                    pen.dot((x, y), 4.5, inks.background)?;
                    pen.dot((x, y), 3.5, line.colour(layout.theme))?;
                }
            }
        }
        self.notes(pen, rect, layout, &inks)?;
        if plain.iter().all(|line| line.values.iter().all(|v| v.is_nan())) && !plain.is_empty() {
            let middle = (rect.left + rect.width / 2.0, rect.top + rect.height / 2.0);
            pen.text("no values", middle, Side::Centre, layout.font, inks.quiet, false)?;
        }
        Ok(())
    }

    fn grid<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, layout: &Layout, inks: &Inks) -> Result<()> {
        let height = |place: Place| match place {
            Place::At(at) => Some(rect.bottom() - at * rect.height),
            _ => None,
        };
        for (value, label) in self.y.scale.ticks((rect.height / (2.4 * layout.font)) as usize) {
            let Some(y) = height(self.y.scale.place(value)) else { continue };
            pen.horizontal(rect.left, rect.right(), y, inks.grid, 1.0)?;
            pen.text(&label, (rect.left - 6.0, y), Side::Right, layout.font, inks.quiet, false)?;
        }
        pen.horizontal(rect.left, rect.right(), rect.bottom(), inks.axis, 1.0)?;
        for value in &self.y.references {
            if let Some(y) = height(self.y.scale.place(*value)) {
                pen.line(&[(rect.left, y), (rect.right(), y)], inks.axis, 1.0, &[5.0, 4.0])?;
            }
        }
        if let Some(y) = self.y.floor.as_ref().and_then(|floor| height(self.y.scale.place(floor.value))) {
            pen.line(&[(rect.left, y), (rect.right(), y)], inks.reference, 1.5, &[6.0, 3.0])?;
        }
        Ok(())
    }

    /// Words about the floor and the marks: over the lines, on a veil.
    fn notes<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, layout: &Layout, inks: &Inks) -> Result<()> {
        let font = layout.font;
        let height = |value: f64| match self.y.scale.place(value) {
            Place::At(at) => Some(rect.bottom() - at * rect.height),
            _ => None,
        };
        if let Some(floor) = &self.y.floor {
            if let Some(y) = height(floor.value) {
                pen.note(&floor.label, (rect.left + 1.5 * font, y - 0.9 * font), Side::Left, font, inks.reference, inks.background)?;
            } else if let Scale::Log { low, .. } = self.y.scale
                && floor.told
                && f64::from(low) > floor.value.log10()
            {
                let below = (f64::from(low) - floor.value.log10()).round();
                let words = format!("↓ {}, {below} decades lower", floor.label);
                let place = (rect.left + 1.5 * font, rect.bottom() - 0.9 * font);
                pen.note(&words, place, Side::Left, font, inks.reference, inks.background)?;
            }
        }
        for mark in &self.marks {
            let (x, width) = (rect.x(mark.t as f64, self.steps()), text_width(&mark.text, font));
            let (x, side) = if x + width + 8.0 < rect.right() { (x + 5.0, Side::Left) } else { (x - 5.0, Side::Right) };
            pen.note(&mark.text, (x, rect.bottom() - 2.6 * font), side, font, inks.text, inks.background)?;
        }
        Ok(())
    }

    /// Where a value is drawn: its own height, or the edge that it lies beyond.
    fn place(&self, value: f64) -> Place {
        let place = self.y.scale.place(value);
        match &self.y.floor {
            Some(floor) if self.y.is_log() && value < floor.value => Place::Below,
            _ => place,
        }
    }

    /// Where values that are too small are marked: on the floor if it is in view, else at the lower end.
    fn bottom(&self, rect: Rect) -> f64 {
        match self.y.floor.as_ref().map(|floor| self.y.scale.place(floor.value)) {
            Some(Place::At(at)) if self.y.is_log() => rect.bottom() - at * rect.height,
            _ => rect.bottom(),
        }
    }

    fn point(&self, rect: Rect, steps: usize, line: &Line, t: usize) -> Option<(f64, f64)> {
        match self.place(*line.values.get(t)?) {
            Place::At(at) => Some((rect.x(t as f64, steps), rect.bottom() - at * rect.height)),
            _ => None,
        }
    }

    fn line<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, layout: &Layout, line: &Line) -> Result<()> {
        let steps = self.steps();
        let (colour, ghost) = (line.colour(layout.theme), line.style == Style::Ghost);
        let stands_out = !ghost && layout.lane.as_ref().is_some_and(|lane| *lane == line.lane);
        let size = layout.font / 12.0;
        let width = if stands_out { 2.0 * STROKE * size } else { STROKE * size };
        let mut run: Vec<(f64, f64)> = vec![];
        let mut last_mark = [f64::NEG_INFINITY; 2];
        for t in 0..=line.values.len() {
            if let Some(point) = self.point(rect, steps, line, t) {
                run.push(point);
                continue;
            }
            match run.as_slice() {
                [] => {}
                [alone] => pen.dot(*alone, 2.5 * size, colour)?,
                _ => pen.line(&run, colour, width, line.dashes())?,
            }
            run.clear();
            let Some(value) = line.values.get(t) else { break };
            let (up, y) = match self.place(*value) {
                Place::Above => (true, rect.top),
                Place::Below => (false, self.bottom(rect)),
                _ => continue,
            };
            let x = rect.x(t as f64, steps);
            if x - last_mark[usize::from(up)] >= MARK_ROOM * size {
                pen.triangle((x, y), up, size, colour)?;
                last_mark[usize::from(up)] = x;
            }
        }
        Ok(())
    }

    /// Line samples with names, from the left, wrapped; returns the height taken. With no pen it only measures.
    pub(super) fn legend<B: DrawingBackend>(&self, pen: Option<&Pen<B>>, rect: Rect, layout: &Layout) -> Result<f64> {
        const SAMPLE: f64 = 26.0;
        let row = 1.5 * layout.font;
        let inks = palette::inks(layout.theme);
        let (mut x, mut y) = (rect.left, rect.top + row / 2.0);
        let shown = |line: &&Line| !layout.hidden.contains(&line.name);
        let plain = self.lines.iter().filter(shown).filter(|line| line.style == Style::Plain);
        // One word for all ghosts.
        let ghost = self.lines.iter().filter(shown).find(|line| line.style == Style::Ghost);
        for line in plain.chain(ghost) {
            let name = if line.style == Style::Ghost { "untouched" } else { &line.name };
            let width = SAMPLE + 6.0 + text_width(name, layout.font);
            if x > rect.left && x + width > rect.right() {
                (x, y) = (rect.left, y + row);
            }
            if let Some(pen) = pen {
                pen.line(&[(x, y), (x + SAMPLE, y)], line.colour(layout.theme), STROKE, line.dashes())?;
                pen.text(name, (x + SAMPLE + 6.0, y), Side::Left, layout.font, inks.text, false)?;
            }
            x += width + 16.0;
        }
        Ok(y + row / 2.0 - rect.top)
    }
}
