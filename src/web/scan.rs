//! Why a network trains in parallel: the states of a run by a scan over time, and what both ways take on this device.

use js_sys::{Array, Reflect, Uint32Array};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::convert::{Object, float32, from_js};
use super::trace::Trace;
use crate::error::{Code, Error};
use crate::probe::Scan;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    example: usize,
    element: usize,
    /// For `scanTimes`.
    milliseconds: Option<f64>,
}

/// What one measured piece takes at least, so that the clock's grain does not matter. Milliseconds.
const PIECE: f64 = 2.0;
/// Calls of a piece at most.
const MOST: usize = 1 << 20;
/// Pieces of each way, at least and at most.
const PIECES: (usize, usize) = (5, 25);

#[wasm_bindgen]
impl Trace {
    /// The states of a linear recurrence by a scan over time, of one element as a tree:
    /// `{ moments, width, complex, levels: [{ distance, a, b }], states, deviation, largest }`. `moments` are the steps in the order in
    /// which the direction meets them, and everything else is in that order; `levels` begins with the leaves; complex numbers are
    /// all real parts, then all imaginary parts. `states` are the run's own. `deviation` is the largest difference between scan and
    /// run over all elements and steps, `largest` the largest state. Options: `example`, `element`.
    pub fn scan(&self, layer: usize, direction: usize, options: &JsValue) -> Result<JsValue, JsValue> {
        let o: Wanted = from_js("scan", options)?;
        let (trace, place) = (self.trace(), (layer, direction, o.example));
        let mut kept = self.kept();
        let scan = kept.scans.get_or(place, |_| true, || Scan::new(trace, layer, direction, o.example))?;
        let (levels, (deviation, largest)) = (scan.tree(o.element)?, scan.deviation());
        let level = |level: &crate::probe::Level<f32>| {
            Object::new().set("distance", level.distance as u32).set("a", float32(&level.a)).set("b", float32(&level.b)).into_js()
        };
        let moments: Vec<u32> = scan.moments.iter().map(|t| *t as u32).collect();
        Ok(Object::new()
            .set("moments", Uint32Array::from(moments.as_slice()))
            .set("width", scan.width as u32)
            .set("complex", scan.complex)
            .set("levels", levels.iter().map(level).collect::<Array>())
            .set("states", float32(&scan.states(o.element)))
            .set("deviation", deviation)
            .set("largest", largest)
            .into_js())
    }

    /// `{ sequential, scan, elements, steps }`: milliseconds that all states of a layer and direction take, one after the other and by
    /// the scan, both from a_t and b_t: medians of pieces that take turns, measured now for about `milliseconds` (60).
    #[wasm_bindgen(js_name = scanTimes)]
    pub fn scan_times(&self, layer: usize, direction: usize, options: &JsValue) -> Result<JsValue, JsValue> {
        let o: Wanted = from_js("scanTimes", options)?;
        let (trace, place) = (self.trace(), (layer, direction, o.example));
        let mut kept = self.kept();
        let scan = kept.scans.get_or(place, |_| true, || Scan::new(trace, layer, direction, o.example))?;
        let clock = Clock::new()?;
        let until = clock.now() + o.milliseconds.unwrap_or(60.0);
        let ways: [fn(&mut Scan<f32>); 2] = [run_sequential, run_scan];
        let (mut counts, mut taken) = ([1, 1], [vec![], vec![]]);
        while taken.iter().any(|t| t.len() < PIECES.0) || clock.now() < until && taken[0].len() < PIECES.1 {
            for k in 0..2 {
                let spent = piece(&clock, scan, ways[k], counts[k]);
                // Too short a piece says nothing but that all have to be longer: those before it were held up by something else.
                if spent < PIECE && counts[k] < MOST {
                    counts[k] *= 2;
                    taken[k].clear();
                } else {
                    taken[k].push(spent / counts[k] as f64);
                }
            }
        }
        let [sequential, by_scan] = taken.map(median);
        let object = Object::new().set("sequential", sequential).set("scan", by_scan);
        Ok(object.set("elements", scan.width as u32).set("steps", scan.moments.len() as u32).into_js())
    }
}

fn run_sequential(scan: &mut Scan<f32>) {
    scan.sequential();
}

fn run_scan(scan: &mut Scan<f32>) {
    scan.scan();
}

/// Milliseconds of so many calls.
fn piece(clock: &Clock, scan: &mut Scan<f32>, way: fn(&mut Scan<f32>), count: usize) -> f64 {
    let begun = clock.now();
    for _ in 0..count {
        way(scan);
    }
    clock.now() - begun
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// `performance.now()`, which pages, workers and Node have.
struct Clock {
    performance: JsValue,
    now: js_sys::Function,
}

impl Clock {
    fn new() -> Result<Self, JsValue> {
        let performance = Reflect::get(&js_sys::global(), &"performance".into())?;
        let now = Reflect::get(&performance, &"now".into())?;
        let now =
            now.dyn_into().map_err(|_| Error::new(Code::Unsupported, "no performance.now() here; expected a clock to measure with"))?;
        Ok(Clock { performance, now })
    }

    fn now(&self) -> f64 {
        self.now.call0(&self.performance).ok().and_then(|now| now.as_f64()).unwrap_or(f64::NAN)
    }
}
