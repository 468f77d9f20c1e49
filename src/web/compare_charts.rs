//! Figures of several networks, from plain objects.

use wasm_bindgen::prelude::*;

use super::charts::{count, items, list, text};
use super::convert::{Object, from_js, property, to_js};
use super::plots::layout;
use crate::plot::compare::{self, Data, Series};
use crate::plot::{Figure, Tick};

/// `{ series: [{ name, slot, at?, values, low?, high?, found? }], steps, from, of, loss, seeds, log?, relative, labels, ticks:
/// [{ t, text }], xTitle }`: see `plot::compare::Data`.
fn data(object: &JsValue) -> Result<Data, JsValue> {
    let mut series = vec![];
    for one in items(object, "series") {
        series.push(Series {
            name: text(&one, "name"),
            slot: count(&one, "slot"),
            at: list(&one, "at")?,
            values: list(&one, "values")?,
            low: list(&one, "low")?,
            high: list(&one, "high")?,
            found: property(&one, "found").and_then(|v| v.as_f64()).map(|v| v as usize),
        });
    }
    let ticks = property(object, "ticks").map_or(Ok(vec![]), |ticks| from_js::<Vec<Tick>>("ticks", &ticks))?;
    let yes = |name: &str| property(object, name).and_then(|v| v.as_bool());
    Ok(Data {
        series,
        steps: count(object, "steps"),
        from: count(object, "from"),
        of: text(object, "of"),
        loss: text(object, "loss"),
        seeds: count(object, "seeds"),
        log: yes("log"),
        relative: yes("relative").unwrap_or(false),
        labels: items(object, "labels").iter().filter_map(|one| one.as_string()).collect(),
        ticks,
        x_title: text(object, "xTitle"),
    })
}

fn figure(name: &str, object: &JsValue) -> Result<Figure, JsValue> {
    Ok(compare::build(name, &data(object)?)?)
}

/// All plots of a comparison, each self-documenting.
#[wasm_bindgen(js_name = comparisons)]
pub fn specs() -> Result<JsValue, JsValue> {
    to_js(&compare::all())
}

/// Draws a figure over the whole canvas, as `Trace.draw` does. Returns `{ plot, steps, title, summary, x, y, series }`, where series
/// have no values: they are those that were given.
#[wasm_bindgen(js_name = drawComparison)]
pub fn draw_comparison(canvas: &web_sys::HtmlCanvasElement, name: &str, data: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    let (figure, layout) = (figure(name, data)?, layout(options)?);
    let plot = super::canvas::draw(canvas, &figure, &layout)?;
    let heads: Vec<_> = figure.series(layout.theme).into_iter().map(|(head, _)| head).collect();
    Ok(Object::new()
        .set("plot", to_js(&plot)?)
        .set("steps", figure.steps as u32)
        .set("title", figure.title.as_str())
        .set("summary", figure.summary.as_str())
        .set("x", figure.x_title.as_str())
        .set("y", to_js(&figure.y())?)
        .set("series", to_js(&heads)?)
        .into_js())
}

/// A figure as an SVG document.
#[wasm_bindgen(js_name = comparisonSvg)]
pub fn comparison_svg(name: &str, data: &JsValue, options: &JsValue) -> Result<String, JsValue> {
    Ok(figure(name, data)?.svg(&layout(options)?)?)
}

/// Its numbers.
#[wasm_bindgen(js_name = comparisonCsv)]
pub fn comparison_csv(name: &str, data: &JsValue) -> Result<String, JsValue> {
    Ok(figure(name, data)?.csv())
}
