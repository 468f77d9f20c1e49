//! Figures of a training and of several networks, from plain objects: what a page has gathered, drawn by the module.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use super::convert::{Object, numbers, property, to_js};
use super::plots::layout;
use crate::plot::compare;
use crate::plot::train::{self, Data, Series, Tensor};
use crate::plot::{Figure, Level};

/// A text, empty where it is absent.
pub(super) fn text(object: &JsValue, name: &str) -> String {
    property(object, name).and_then(|v| v.as_string()).unwrap_or_default()
}

pub(super) fn number(object: &JsValue, name: &str) -> f64 {
    property(object, name).and_then(|v| v.as_f64()).unwrap_or(f64::NAN)
}

/// A whole number that is not negative; 0 where it is absent.
pub(super) fn count(object: &JsValue, name: &str) -> usize {
    // (Of NaN, `as` makes 0.)
    number(object, name) as usize
}

/// Numbers, none where they are absent.
pub(super) fn list(object: &JsValue, name: &str) -> Result<Vec<f64>, JsValue> {
    property(object, name).map_or(Ok(vec![]), |values| numbers(name, &values))
}

/// What an array holds, none where it is absent.
pub(super) fn items(object: &JsValue, name: &str) -> Vec<JsValue> {
    property(object, name).filter(Array::is_array).map_or(vec![], |v| Array::from(&v).to_vec())
}

/// `{ series: [{ name, role, slot, at, values, low?, high? }], levels: [{ name, value }], updates, log, plain, quantity, unit,
/// higherIsBetter, at, steps, values, chunk, tensors: [{ name, edges, counts, zeros, notFinite }], labels, place }`: see `plot::train::Data`.
fn data(object: &JsValue) -> Result<Data, JsValue> {
    let mut series = vec![];
    for one in items(object, "series") {
        series.push(Series {
            name: text(&one, "name"),
            role: text(&one, "role"),
            slot: count(&one, "slot"),
            at: list(&one, "at")?,
            values: list(&one, "values")?,
            low: list(&one, "low")?,
            high: list(&one, "high")?,
        });
    }
    let mut tensors = vec![];
    for one in items(object, "tensors") {
        tensors.push(Tensor {
            name: text(&one, "name"),
            edges: list(&one, "edges")?,
            counts: list(&one, "counts")?,
            zeros: number(&one, "zeros"),
            not_finite: number(&one, "notFinite"),
        });
    }
    let yes = |name: &str| property(object, name).and_then(|v| v.as_bool());
    Ok(Data {
        series,
        levels: items(object, "levels").iter().map(|one| Level { value: number(one, "value"), name: text(one, "name") }).collect(),
        updates: count(object, "updates"),
        log: yes("log"),
        plain: yes("plain").unwrap_or(false),
        quantity: text(object, "quantity"),
        unit: text(object, "unit"),
        higher_is_better: yes("higherIsBetter").unwrap_or(false),
        at: list(object, "at")?,
        steps: count(object, "steps"),
        values: list(object, "values")?,
        chunk: count(object, "chunk"),
        tensors,
        labels: items(object, "labels").iter().filter_map(|one| one.as_string()).collect(),
        place: text(object, "place"),
    })
}

fn figure(name: &str, object: &JsValue) -> Result<Figure, JsValue> {
    if compare::all().iter().any(|spec| spec.name == name) {
        return super::compare_charts::figure(name, object);
    }
    Ok(train::build(name, &data(object)?)?)
}

/// All plots of a training ("train-…"), then those of several networks ("compare-…"), each self-documenting.
#[wasm_bindgen]
pub fn charts() -> Result<JsValue, JsValue> {
    let all: Vec<_> = train::all().into_iter().chain(compare::all()).collect();
    to_js(&all)
}

/// Draws a figure over the whole canvas, as `Trace.draw` does. Returns `{ plot, steps, title, summary, x, y, series }`: where its
/// axes are, in CSS pixels; update u lies at `left + (u − 0.5) / steps · width`.
#[wasm_bindgen(js_name = drawChart)]
pub fn draw_chart(canvas: &web_sys::HtmlCanvasElement, name: &str, data: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
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
#[wasm_bindgen(js_name = chartSvg)]
pub fn chart_svg(name: &str, data: &JsValue, options: &JsValue) -> Result<String, JsValue> {
    Ok(figure(name, data)?.svg(&layout(options)?)?)
}

/// Its numbers.
#[wasm_bindgen(js_name = chartCsv)]
pub fn chart_csv(name: &str, data: &JsValue) -> Result<String, JsValue> {
    Ok(figure(name, data)?.csv())
}

/// What it says, in a sentence or two.
#[wasm_bindgen(js_name = chartText)]
pub fn chart_text(name: &str, data: &JsValue) -> Result<String, JsValue> {
    Ok(figure(name, data)?.summary)
}
