//! A figure: what a plot has made of its series, drawable on any backend, writable as SVG and CSV, sayable in a sentence.

use plotters::drawing::IntoDrawingArea;
use plotters_backend::DrawingBackend;
use serde::{Deserialize, Serialize};

use super::axis::{Scale, step_ticks};
use super::chart::{Chart, Style, shortened};
use super::heatmap::Heatmap;
use super::number::exact;
use super::palette::{self, Theme};
use super::pen::{Area, Pen, Rect, Side, text_width};
use super::ridge::Ridge;
use super::{PlotSpec, png};
use crate::error::Result;

#[derive(Clone, Debug)]
pub enum Panel {
    Chart(Chart),
    Heatmap(Heatmap),
    Ridge(Ridge),
}

/// A label on the time axis.
#[derive(Clone, Debug, Deserialize)]
pub struct Tick {
    pub t: usize,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct Figure {
    pub spec: &'static PlotSpec,
    /// The title with what was chosen: "Influence of step 12 on every later step".
    pub title: String,
    pub x_title: String,
    /// A short label for each step, or empty for the steps' numbers, which count from 1.
    pub labels: Vec<String>,
    /// What is written on the time axis; empty for evenly spaced labels.
    pub ticks: Vec<Tick>,
    pub steps: usize,
    /// Drawn from top to bottom over one time axis.
    pub panels: Vec<Panel>,
    /// One sentence made from the data.
    pub summary: String,
}

/// How large, how dense and with what around it a figure is drawn. Lengths are CSS pixels.
#[derive(Clone, Debug)]
pub struct Layout {
    pub width: f64,
    pub height: f64,
    /// The plotting rectangle's distance from both sides: the time axis is shared with other pictures.
    pub left: f64,
    pub right: f64,
    /// Device pixels per CSS pixel.
    pub dpr: f64,
    /// Backend units per device pixel: plotters' coordinates are whole numbers.
    pub precision: u32,
    /// 1 for a canvas; plotters' SVG backend divides font sizes by 1.24.
    pub text_scale: f64,
    /// Font size.
    pub font: f64,
    pub theme: Theme,
    /// Paint the background, the title and the legend too (for a file; the page has its own).
    pub complete: bool,
    /// The chosen step and the step under the pointer.
    pub cursor: Option<usize>,
    pub hover: Option<usize>,
    /// The row that is marked in a heatmap's cursor column: the chosen unit.
    pub unit: Option<usize>,
    /// Names of lines that are not drawn. The axes stay as they are.
    pub hidden: Vec<String>,
    /// The lane whose lines stand out.
    pub lane: Option<String>,
}

impl Default for Layout {
    fn default() -> Self {
        Layout {
            width: 760.0,
            height: 300.0,
            left: 64.0,
            right: 16.0,
            dpr: 1.0,
            precision: 4,
            text_scale: 1.0,
            font: 12.0,
            theme: Theme::Light,
            complete: false,
            cursor: None,
            hover: None,
            unit: None,
            hidden: vec![],
            lane: None,
        }
    }
}

impl Layout {
    /// The chosen step and the hovered one, as columns of the time axis.
    pub(super) fn cursors<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, steps: usize) -> Result<()> {
        let inks = palette::inks(self.theme);
        if let Some(t) = self.cursor.filter(|t| *t < steps) {
            pen.vertical(rect.x(t as f64, steps), rect.top, rect.bottom(), inks.cursor, 1.5)?;
        }
        if let Some(t) = self.hover.filter(|t| *t < steps && Some(*t) != self.cursor) {
            pen.vertical(rect.x(t as f64, steps), rect.top, rect.bottom(), inks.hover, 1.0)?;
        }
        Ok(())
    }
}

/// What the page needs to know of a line besides its values.
#[derive(Clone, Debug, Serialize)]
pub struct SeriesHead {
    pub name: String,
    /// The lane that it is about; "x" for the input.
    pub lane: String,
    pub ghost: bool,
    pub style: Style,
    /// "#rrggbb"
    pub colour: String,
    /// CSS pixels on, off, …; empty is solid.
    pub dashes: Vec<f64>,
    /// Which of the figure's panels it is drawn in.
    pub panel: usize,
}

/// A y axis, for the page.
#[derive(Clone, Debug, Serialize)]
pub struct AxisHead {
    pub title: String,
    pub unit: String,
    /// "linear" or "log"
    pub scale: &'static str,
    pub range: (f64, f64),
    pub floor: Option<f64>,
}

impl Figure {
    /// Draws on `area`, whose size is the layout's times `dpr · precision`. `blit` paints a heatmap's RGBA pixels into a
    /// rectangle (CSS pixels), without smoothing. Returns the plotting rectangle: step t lies at
    /// `left + (t + 0.5) / steps · width`.
    pub fn draw<B: DrawingBackend>(
        &self,
        area: &Area<B>,
        layout: &Layout,
        blit: &mut dyn FnMut(&Heatmap, Rect) -> Result<()>,
    ) -> Result<Rect> {
        let pen = Pen::new(area, layout.dpr, layout.precision, layout.text_scale);
        let inks = palette::inks(layout.theme);
        let font = layout.font;
        let inside = Rect { left: layout.left, top: 0.0, width: (layout.width - layout.left - layout.right).max(1.0), height: 0.0 };
        let mut top = 0.0;
        if layout.complete {
            pen.rect(Rect { left: 0.0, top: 0.0, width: layout.width, height: layout.height }, inks.background, 1.0)?;
            pen.text(&self.title, (inside.left, 1.4 * font), Side::Left, 1.2 * font, inks.text, true)?;
            top = 2.6 * font;
        }
        // Each panel: its axis title, its legend (in files), its plotting rectangle.
        let mut heads = vec![];
        for panel in &self.panels {
            let legend = match (layout.complete, panel) {
                (true, Panel::Chart(chart)) => chart.legend::<B>(None, inside, layout)?,
                _ => 0.0,
            };
            heads.push(1.7 * font + legend + if legend > 0.0 { 0.6 * font } else { 0.0 });
        }
        let foot = 3.0 * font;
        let gap = 0.9 * font;
        let gaps = gap * self.panels.len().saturating_sub(1) as f64;
        let free = (layout.height - top - foot - gaps - heads.iter().sum::<f64>()).max(self.panels.len() as f64);
        let shares: Vec<f64> = self.panels.iter().enumerate().map(|(k, _)| if k == 0 { 1.6 } else { 1.0 }).collect();
        let whole: f64 = shares.iter().sum();
        let start = top + heads.first().copied().unwrap_or(0.0);
        for (k, panel) in self.panels.iter().enumerate() {
            let title = match panel {
                Panel::Chart(chart) => chart.y.words(),
                Panel::Heatmap(map) => map.words(),
                Panel::Ridge(ridge) => ridge.title.clone(),
            };
            let title = if matches!(panel, Panel::Chart(_)) { shortened(&title, inside.width, font) } else { title };
            pen.text(&title, (inside.left, top + 0.9 * font), Side::Left, font, inks.quiet, false)?;
            let legend = Rect { top: top + 1.7 * font, ..inside };
            let rect = Rect { top: top + heads[k], height: free * shares[k] / whole, ..inside };
            match panel {
                Panel::Chart(chart) => {
                    if layout.complete {
                        chart.legend(Some(&pen), legend, layout)?;
                    }
                    chart.draw(&pen, rect, self.steps, layout)?;
                }
                Panel::Heatmap(map) => {
                    map.legend(&pen, Rect { top, ..inside }, layout)?;
                    blit(map, rect)?;
                    map.axes(&pen, rect, self.steps, layout)?;
                }
                Panel::Ridge(ridge) => ridge.draw(&pen, rect, self.steps, layout)?,
            }
            top = rect.bottom() + gap;
        }
        let rect = Rect { top: start, height: (top - gap - start).max(0.0), ..inside };
        self.time_axis(&pen, rect, layout)?;
        Ok(rect)
    }

    fn time_axis<B: DrawingBackend>(&self, pen: &Pen<B>, rect: Rect, layout: &Layout) -> Result<()> {
        let (font, inks) = (layout.font, palette::inks(layout.theme));
        let widest = self.labels.iter().map(|l| text_width(l, font)).fold(2.0 * font, f64::max) + font;
        let even = step_ticks(self.steps, rect.width, widest, !self.labels.is_empty());
        let labelled = |t: usize| Tick { t, text: self.labels.get(t).cloned().unwrap_or_else(|| (t + 1).to_string()) };
        let even: Vec<Tick> = even.into_iter().map(labelled).collect();
        for Tick { t, text } in if self.ticks.is_empty() { &even } else { &self.ticks } {
            let x = rect.x(*t as f64, self.steps);
            pen.vertical(x, rect.bottom(), rect.bottom() + 4.0, inks.axis, 1.0)?;
            pen.text(text, (x, rect.bottom() + 4.0 + 0.75 * font), Side::Centre, font, inks.quiet, false)?;
        }
        let place = (rect.right(), rect.bottom() + 4.0 + 2.1 * font);
        pen.text(&self.x_title, place, Side::Right, font, inks.quiet, false)
    }

    /// A complete SVG document. Heatmaps are in it as pictures of one pixel per value.
    pub fn svg(&self, layout: &Layout) -> Result<String> {
        let layout = Layout { complete: true, dpr: 1.0, precision: 4, text_scale: 1.24, ..layout.clone() };
        let unit = f64::from(layout.precision);
        let size = ((layout.width * unit) as u32, (layout.height * unit) as u32);
        let mut text = String::new();
        let mut pictures = String::new();
        {
            let area = plotters_svg(&mut text, size).into_drawing_area();
            self.draw(&area, &layout, &mut |map, rect| {
                let [x, y, width, height] = [rect.left, rect.top, rect.width, rect.height].map(|v| v * unit);
                pictures += &format!(
                    "<image x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" preserveAspectRatio=\"none\" \
                     style=\"image-rendering: pixelated\" href=\"data:image/png;base64,{}\"/>\n",
                    png::base64(&map.png(layout.theme, self.steps))
                );
                Ok(())
            })?;
            area.present().map_err(|e| crate::error::Error::new(crate::error::Code::Unsupported, e.to_string()))?;
        }
        // plotters writes its own units as the document's size; the size is the layout's, and what is said is in it too.
        let head = text.find('>').map_or(0, |at| at + 1);
        let (width, height) = (layout.width, layout.height);
        let opening = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" role=\"img\">\n\
             <title>{}</title>\n<desc>{}</desc>",
            size.0,
            size.1,
            escaped(&self.title),
            escaped(&self.summary)
        );
        text.replace_range(..head, &opening);
        // Behind everything but the background, which is drawn first.
        let behind = text.find("/>\n").map_or(text.len(), |at| at + 3);
        text.insert_str(behind, &pictures);
        Ok(text)
    }

    /// One row per step (counted from 1), or per place that a line has a value at; one column per line (or per row of a heatmap);
    /// numbers exact, nothing where there is none. Histograms: one row per bin.
    pub fn csv(&self) -> String {
        let mut columns: Vec<Column> = vec![];
        for panel in &self.panels {
            match panel {
                Panel::Chart(chart) => {
                    for line in &chart.lines {
                        let column = |name: String, values: &[f64]| Column { name, at: line.at.clone(), values: values.to_vec(), next: 0 };
                        match line.high.is_empty() {
                            true => columns.push(column(line.name.clone(), &line.values)),
                            false => {
                                columns.push(column(format!("{}, smallest", line.name), &line.values));
                                columns.push(column(format!("{}, largest", line.name), &line.high));
                            }
                        }
                    }
                }
                Panel::Heatmap(map) => columns.extend((0..map.rows).map(|row| Column {
                    name: format!("{} {} {}", map.title, map.rows_title, row + map.first),
                    at: map.at.clone(),
                    values: (0..map.columns).map(|t| map.value(row, t)).collect(),
                    next: 0,
                })),
                Panel::Ridge(ridge) => return ridge.csv(),
            }
        }
        let placed = columns.iter().any(|column| !column.at.is_empty());
        let named = !self.labels.is_empty();
        let mut text = String::from(if placed { self.x_title.as_str() } else { "step" });
        text += if named { ",label" } else { "" };
        for column in &columns {
            text += &format!(",{}", field(&column.name));
        }
        text.push('\n');
        let mut t = 0.0;
        loop {
            if placed {
                // The next place that any column has. Two values at one place are two rows.
                t = columns.iter().filter_map(Column::place).fold(f64::INFINITY, f64::min);
            }
            if t >= if placed { f64::INFINITY } else { self.steps as f64 } {
                return text;
            }
            text += &exact(t + 1.0);
            if named {
                text += &format!(",{}", field(self.labels.get(t as usize).map_or("", String::as_str)));
            }
            for column in &mut columns {
                text += &format!(",{}", exact(column.take(t)));
            }
            text.push('\n');
            t += 1.0;
        }
    }

    /// All lines of all charts with what the page needs to name and draw them, and their values.
    pub fn series(&self, theme: Theme) -> Vec<(SeriesHead, &[f64])> {
        let charts = self.panels.iter().enumerate().filter_map(|(k, panel)| match panel {
            Panel::Chart(chart) => Some((k, chart)),
            Panel::Heatmap(_) | Panel::Ridge(_) => None,
        });
        let head = |panel: usize, line: &super::chart::Line| SeriesHead {
            name: line.name.clone(),
            lane: line.lane.clone(),
            ghost: line.style == Style::Ghost,
            style: line.style,
            colour: palette::hex(line.colour(theme)),
            dashes: line.dashes().to_vec(),
            panel,
        };
        charts.flat_map(|(k, chart)| chart.lines.iter().map(move |line| (head(k, line), line.values.as_slice()))).collect()
    }

    /// The first panel's y axis.
    pub fn y(&self) -> AxisHead {
        match self.panels.first() {
            Some(Panel::Chart(chart)) => {
                let (scale, range) = match chart.y.scale {
                    Scale::Linear { low, high } => ("linear", (low, high)),
                    Scale::Log { low, high } => ("log", (10f64.powf(low), 10f64.powf(high))),
                };
                let floor = chart.y.floor.as_ref().map(|floor| floor.value);
                AxisHead { title: chart.y.title.clone(), unit: chart.y.unit.clone(), scale, range, floor }
            }
            Some(Panel::Heatmap(map)) => {
                AxisHead { title: map.rows_title.clone(), unit: String::new(), scale: "linear", range: (0.0, map.rows as f64), floor: None }
            }
            Some(Panel::Ridge(ridge)) => {
                AxisHead { title: ridge.title.clone(), unit: String::new(), scale: "log", range: (0.0, 1.0), floor: None }
            }
            None => AxisHead { title: String::new(), unit: String::new(), scale: "linear", range: (0.0, 1.0), floor: None },
        }
    }
}

/// A column of a table that is being written, row by row.
struct Column {
    name: String,
    /// Empty for one value at every step.
    at: Vec<f64>,
    values: Vec<f64>,
    next: usize,
}

impl Column {
    /// Where its next value lies.
    fn place(&self) -> Option<f64> {
        self.values.get(self.next)?;
        if self.at.is_empty() { Some(self.next as f64) } else { self.at.get(self.next).copied() }
    }

    /// Its value at a place, once.
    fn take(&mut self, t: f64) -> f64 {
        if self.place() != Some(t) {
            return f64::NAN;
        }
        self.next += 1;
        self.values[self.next - 1]
    }
}

fn plotters_svg(text: &mut String, size: (u32, u32)) -> plotters::backend::SVGBackend<'_> {
    plotters::backend::SVGBackend::with_string(text, size)
}

/// A CSV field, quoted where RFC 4180 asks for it.
pub(super) fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
