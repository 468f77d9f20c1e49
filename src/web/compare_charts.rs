//! Figures of several networks, from plain objects.

use wasm_bindgen::prelude::*;

use super::charts::{count, items, list, text};
use super::convert::{from_js, property};
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

/// The figure of that name.
pub(super) fn figure(name: &str, object: &JsValue) -> Result<Figure, JsValue> {
    Ok(compare::build(name, &data(object)?)?)
}
