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
    /// As measured, thin and pale: it stands behind its own smoothed line and needs no name.
    Raw,
    /// Joined dots: measured now and then.
    Marked,
    /// Dotted: the second of a pair in one colour.
    Broken,
    /// Dots and crosses that nothing joins.
    Dots,
    Crosses,
    /// What lies between `values` and `high`, filled, behind the line that it belongs to.
    Band,
}

/// One value per step, or values at places of their own. Without places NaN is a gap; with them it is news, and marked at the
/// upper edge. ±∞ is a mark at the edge.
#[derive(Clone, Debug)]
pub struct Line {
    pub name: String,
    /// The lane that it is about; "x" for the input. In training, the run.
    pub lane: String,
    /// Where the values lie, in steps, rising; empty for one at every step.
    pub at: Vec<f64>,
    pub values: Vec<f64>,
    /// Where many values have become one: the largest of them, `values` being the smallest. Else empty.
    pub high: Vec<f64>,
    pub style: Style,
    /// See [`palette::line_colour`] and [`palette::dashes`].
    pub slot: usize,
}

impl Line {
    pub fn colour(&self, theme: palette::Theme) -> Rgb {
        match self.style {
            Style::Ghost => palette::inks(theme).ghost,
            Style::Raw => palette::pale(palette::line_colour(self.slot, theme), theme),
            _ => palette::line_colour(self.slot, theme),
        }
    }

    /// Dash pattern in CSS pixels; empty is solid.
    pub fn dashes(&self) -> &'static [f64] {
        match self.style {
            Style::Plain | Style::Ghost => palette::dashes(self.slot),
            Style::Broken => palette::dashes(2),
            _ => &[],
        }
    }

    /// Drawn behind the others.
    fn is_behind(&self) -> bool {
        matches!(self.style, Style::Ghost | Style::Raw | Style::Band)
    }

    /// Place and value of the k-th point; a smallest and a largest value are two points.
    fn point(&self, k: usize) -> Option<(f64, f64)> {
        let (k, values) = match self.high.is_empty() {
            true => (k, &self.values),
            false => (k / 2, if k.is_multiple_of(2) { &self.values } else { &self.high }),
        };
        let at = if self.at.is_empty() { Some(k as f64) } else { self.at.get(k).copied() };
        Some((at?, *values.get(k)?))
    }
}

/// A value worth a line across the chart.
#[derive(Clone, Debug, Default)]
pub struct Level {
    pub value: f64,
    /// Written on it; may be empty.
    pub name: String,
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
    pub references: Vec<Level>,
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
/// How much of its colour a band has: two of them, over each other, are both seen.
const BAND: f64 = 0.18;
/// Marks of values that cannot be drawn keep this distance, in CSS pixels.
const MARK_ROOM: f64 = 8.0;

impl Chart {
    /// Draws everything inside `rect`, over a time axis of so many steps, and the y axis' labels to its left.
    pub(super) fn draw<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, steps: usize, layout: &Layout) -> Result<()> {
        let inks = palette::inks(layout.theme);
        self.grid(pen, rect, layout, &inks)?;
        for mark in &self.marks {
            let x = rect.x(mark.t as f64, steps);
            pen.line(&[(x, rect.top), (x, rect.bottom())], inks.axis, 1.0, &[3.0, 3.0])?;
        }
        layout.cursors(pen, rect, steps)?;
        let shown = |line: &&Line| !layout.hidden.contains(&line.name);
        let (ghosts, plain): (Vec<&Line>, Vec<&Line>) = self.lines.iter().filter(shown).partition(|l| l.is_behind());
        for line in ghosts.iter().chain(&plain) {
            match line.style {
                Style::Band => self.band(pen, rect, steps, layout, line)?,
                _ => self.line(pen, rect, steps, layout, line)?,
            }
        }
        if let Some(t) = layout.hover.or(layout.cursor) {
            for line in &plain {
                let found = if line.at.is_empty() { line.point(t) } else { None };
                if let Some((x, y)) = found.and_then(|point| self.point(rect, steps, point)) {
                    pen.dot((x, y), 4.5, inks.background)?;
                    pen.dot((x, y), 3.5, line.colour(layout.theme))?;
                }
            }
        }
        self.notes(pen, rect, steps, layout, &inks)?;
        if plain.iter().all(|line| line.values.iter().all(|v| v.is_nan() && line.at.is_empty())) && !plain.is_empty() {
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
        for level in &self.y.references {
            if let Some(y) = height(self.y.scale.place(level.value)) {
                pen.line(&[(rect.left, y), (rect.right(), y)], inks.axis, 1.0, &[5.0, 4.0])?;
            }
        }
        if let Some(y) = self.y.floor.as_ref().and_then(|floor| height(self.y.scale.place(floor.value))) {
            pen.line(&[(rect.left, y), (rect.right(), y)], inks.reference, 1.5, &[6.0, 3.0])?;
        }
        Ok(())
    }

    /// Words about the floor and the marks: over the lines, on a veil.
    fn notes<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, steps: usize, layout: &Layout, inks: &Inks) -> Result<()> {
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
                && low > floor.value.log10()
            {
                let below = (low - floor.value.log10()).round();
                let words = format!("↓ {}, {below} decades lower", floor.label);
                let place = (rect.left + 1.5 * font, rect.bottom() - 0.9 * font);
                pen.note(&words, place, Side::Left, font, inks.reference, inks.background)?;
            }
        }
        for mark in &self.marks {
            let (x, width) = (rect.x(mark.t as f64, steps), text_width(&mark.text, font));
            let (x, side) = if x + width + 8.0 < rect.right() { (x + 5.0, Side::Left) } else { (x - 5.0, Side::Right) };
            pen.note(&mark.text, (x, rect.bottom() - 2.6 * font), side, font, inks.text, inks.background)?;
        }
        self.level_names(pen, rect, steps, layout, inks)
    }

    /// Names on their lines: over or under it, at the end where fewest values are in the way, never on each other.
    fn level_names<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, steps: usize, layout: &Layout, inks: &Inks) -> Result<()> {
        let font = layout.font;
        let mut placed: Vec<Rect> = vec![];
        for level in self.y.references.iter().filter(|level| !level.name.is_empty()) {
            let Some((_, y)) = self.point(rect, 1, (0.0, level.value)) else { continue };
            let name = shortened(&level.name, 0.5 * rect.width, font);
            let (width, height) = (text_width(&name, font) + 8.0, 1.6 * font);
            // The left end, the right end, then what lies between.
            let free = rect.width - font - width;
            let lefts = [0.0, 1.0, 0.25, 0.75, 0.5].map(|share| rect.left + 0.5 * font + share * free);
            let places = lefts.into_iter().flat_map(|left| [y - height, y].map(|top| Rect { left, top, width, height }));
            let mut best: Option<(usize, Rect)> = None;
            for place in places {
                let inside = place.top >= rect.top - 0.3 * font && place.bottom() <= rect.bottom();
                if !inside || placed.iter().any(|other| place.meets(other)) {
                    continue;
                }
                let points = self.lines.iter().flat_map(|line| (0..).map_while(|k| line.point(k)));
                let crowd = points.filter(|p| self.point(rect, steps, *p).is_some_and(|(x, y)| place.holds(x, y))).count();
                if best.is_none_or(|(least, _)| crowd < least) {
                    best = Some((crowd, place));
                }
            }
            // Where there is no room, the line stays without a name.
            if let Some((_, place)) = best {
                pen.note(&name, (place.left + 4.0, place.top + 0.5 * height), Side::Left, font, inks.quiet, inks.background)?;
                placed.push(place);
            }
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

    fn point(&self, rect: Rect, steps: usize, (t, value): (f64, f64)) -> Option<(f64, f64)> {
        match self.place(value) {
            Place::At(at) => Some((rect.x(t, steps), rect.bottom() - at * rect.height)),
            _ => None,
        }
    }

    fn line<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, steps: usize, layout: &Layout, line: &Line) -> Result<()> {
        let colour = line.colour(layout.theme);
        let stands_out = line.style != Style::Ghost && layout.lane.as_ref().is_some_and(|lane| *lane == line.lane);
        let size = layout.font / 12.0;
        let stroke = match line.style {
            Style::Raw => 1.0,
            Style::Marked | Style::Broken => 1.5,
            _ => STROKE,
        };
        let width = if stands_out { 2.0 * stroke * size } else { stroke * size };
        let mut run: Vec<(f64, f64)> = vec![];
        let mut last_mark = [f64::NEG_INFINITY; 3];
        // What is behind a smoothed line has the marks of both: one that stands out, and none that is missing.
        let smoothed = line.style == Style::Plain && self.lines.iter().any(|other| other.style == Style::Raw && other.lane == line.lane);
        let mark = if line.style == Style::Raw { palette::line_colour(line.slot, layout.theme) } else { colour };
        for k in 0.. {
            let next = line.point(k);
            if let Some(point) = next.and_then(|next| self.point(rect, steps, next)) {
                run.push(point);
                continue;
            }
            // More points than pixels: as many as can be seen.
            if run.len() as f64 > rect.width && line.style != Style::Crosses {
                run = extremes(&run);
            }
            self.run(pen, &run, line, (colour, width, size))?;
            run.clear();
            let Some((t, value)) = next else { break };
            let x = rect.x(t, steps);
            let kind = match self.place(value) {
                Place::Above => 0,
                Place::Below => 1,
                _ if line.at.is_empty() => continue,
                _ => 2,
            };
            if !smoothed && x - last_mark[kind] >= MARK_ROOM * size {
                match kind {
                    0 => pen.triangle((x, rect.top), true, size, mark)?,
                    1 => pen.triangle((x, self.bottom(rect)), false, size, mark)?,
                    _ => pen.cross((x, rect.top + 5.0 * size), 4.0 * size, mark)?,
                }
                last_mark[kind] = x;
            }
        }
        Ok(())
    }

    /// The area between two values, in pieces where there are none. What lies beyond an end of the axis ends there.
    fn band<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, steps: usize, layout: &Layout, line: &Line) -> Result<()> {
        let (height, bottom) = (|place: f64| rect.bottom() - place * rect.height, self.bottom(rect));
        let y = |value: f64| match self.place(value) {
            Place::At(at) => Some(height(at)),
            Place::Above => Some(rect.top),
            Place::Below => Some(bottom),
            Place::Nowhere => None,
        };
        let at = |k: usize| if line.at.is_empty() { Some(k as f64) } else { line.at.get(k).copied() };
        let edges =
            line.values.iter().zip(&line.high).enumerate().map(|(k, (low, high))| Some((rect.x(at(k)?, steps), y(*low)?, y(*high)?)));
        let edges: Vec<Option<(f64, f64, f64)>> = edges.collect();
        for piece in edges.split(Option::is_none) {
            let piece: Vec<_> = piece.iter().copied().flatten().collect();
            let around: Vec<(f64, f64)> = piece.iter().map(|p| (p.0, p.1)).chain(piece.iter().rev().map(|p| (p.0, p.2))).collect();
            if piece.len() > 1 {
                pen.shape(&around, line.colour(layout.theme), BAND)?;
            }
        }
        Ok(())
    }

    /// Points that follow each other without a gap.
    fn run<B: DrawingBackend>(&self, pen: &Pen<B>, run: &[(f64, f64)], line: &Line, (colour, width, size): (Rgb, f64, f64)) -> Result<()> {
        match (line.style, run) {
            (_, []) => return Ok(()),
            (Style::Dots | Style::Crosses, _) => {}
            (_, [alone]) => return pen.dot(*alone, 2.5 * size, colour),
            _ => pen.line(run, colour, width, line.dashes())?,
        }
        if matches!(line.style, Style::Marked | Style::Dots | Style::Crosses) {
            // As many as can be told apart.
            let mut last = f64::NEG_INFINITY;
            for point in run {
                if line.style == Style::Marked && point.0 - last < MARK_ROOM * size {
                    continue;
                }
                last = point.0;
                if line.style == Style::Crosses { pen.cross(*point, 3.5 * size, colour)? } else { pen.dot(*point, 2.75 * size, colour)? }
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
        let plain = self.lines.iter().filter(shown).filter(|line| !line.is_behind());
        // One word for all ghosts.
        let ghost = self.lines.iter().filter(shown).find(|line| line.style == Style::Ghost);
        for line in plain.chain(ghost) {
            let name = if line.style == Style::Ghost { "untouched" } else { &line.name };
            let width = SAMPLE + 6.0 + text_width(name, layout.font);
            if x > rect.left && x + width > rect.right() {
                (x, y) = (rect.left, y + row);
            }
            if let Some(pen) = pen {
                let colour = line.colour(layout.theme);
                if !matches!(line.style, Style::Dots | Style::Crosses) {
                    pen.line(&[(x, y), (x + SAMPLE, y)], colour, STROKE, line.dashes())?;
                }
                match line.style {
                    Style::Marked | Style::Dots => pen.dot((x + SAMPLE / 2.0, y), 2.75, colour)?,
                    Style::Crosses => pen.cross((x + SAMPLE / 2.0, y), 3.5, colour)?,
                    _ => {}
                }
                pen.text(name, (x + SAMPLE + 6.0, y), Side::Left, layout.font, inks.text, false)?;
            }
            x += width + 16.0;
        }
        Ok(y + row / 2.0 - rect.top)
    }
}

/// As much of a text as there is room for.
pub(super) fn shortened(text: &str, room: f64, font: f64) -> String {
    let mut short = text.to_string();
    while text_width(&short, font) > room && short.chars().count() > 4 {
        short = short.chars().take(short.chars().count() - 2).chain("…".chars()).collect();
    }
    short
}

/// Of the points in each pixel's column the highest and the lowest, in the order in which they come.
fn extremes(run: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = vec![];
    let mut rest = run;
    while let Some(first) = rest.first() {
        let end = rest.iter().position(|p| p.0.floor() != first.0.floor()).unwrap_or(rest.len());
        let (mut low, mut high) = (0, 0);
        for k in 1..end {
            if rest[k].1 < rest[low].1 {
                low = k;
            }
            if rest[k].1 > rest[high].1 {
                high = k;
            }
        }
        kept.push(rest[low.min(high)]);
        if low != high {
            kept.push(rest[low.max(high)]);
        }
        rest = &rest[end..];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::extremes;

    #[test]
    fn no_extreme_is_lost_and_the_order_is_kept() {
        let run: Vec<(f64, f64)> = (0..1000).map(|k| (f64::from(k) / 50.0, f64::from((k * 37) % 101))).collect();
        let kept = extremes(&run);
        assert!(kept.len() == 40 && kept.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for pixel in 0..20 {
            let of = |points: &[(f64, f64)], sign: f64| {
                points.iter().filter(|p| p.0.floor() == f64::from(pixel)).map(|p| sign * p.1).fold(f64::NEG_INFINITY, f64::max)
            };
            assert!(of(&run, 1.0) == of(&kept, 1.0) && of(&run, -1.0) == of(&kept, -1.0));
        }
        assert_eq!(extremes(&run[..1]), run[..1]);
        assert!(extremes(&[]).is_empty());
    }
}
