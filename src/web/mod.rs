//! The boundary: the only module that knows JavaScript. It translates and delegates; the contract is in `api.md`.

mod canvas;
mod charts;
mod compare;
mod compare_charts;
mod convert;
#[cfg(feature = "gpu")]
mod gpu;
mod gradients;
mod inside;
mod network;
mod plots;
#[cfg(feature = "gpu")]
mod product;
mod scan;
mod series;
mod stream;
mod tasks;
mod trace;
mod trainer;
#[cfg(feature = "gpu")]
mod trainer_remote;
mod trainer_view;

use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::cell::{self, CellOption, Options, Recurrence, Spec};
use crate::error::Error;
use crate::plot::{self, palette};
use crate::task;
use crate::train;
use convert::to_js;
use js_sys::Uint8Array;

/// The crate's version.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}

#[derive(Serialize)]
struct Variant {
    options: Options,
    spec: &'static Spec,
    /// s_t = a_t ∘ s_{t−1} + b_t, where the cell has such a state.
    recurrence: Option<&'static Recurrence>,
}

#[derive(Serialize)]
struct Family {
    name: &'static str,
    title: &'static str,
    options: &'static [CellOption],
    /// Those that it has beside the ones of every cell.
    plots: &'static [&'static plot::PlotSpec],
    variants: Vec<Variant>,
}

#[derive(Serialize)]
struct Registries {
    cells: Vec<Family>,
    tasks: Vec<&'static task::Spec>,
    optimizers: Vec<&'static train::Spec>,
    plots: [&'static plot::PlotSpec; 6],
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = globalThis, js_name = loadRestOfUnrolled)]
    fn load_rest();
}

/// Not for callers: it keeps the import above in the module. The build cuts the module in two (`xtask/split.mjs`), and the first
/// part calls that import where it needs the rest.
#[wasm_bindgen(js_name = loadRest, skip_typescript)]
pub fn rest() {
    load_rest();
}

/// RGBA colours for a "light" or "dark" background. 256 of them for "diverging" (−1 to 1) and "sequential" (0 to 1); for "lines"
/// the colours of lines that are told apart, in the order of their slots.
#[wasm_bindgen]
pub fn palette(kind: &str, theme: &str) -> Result<Uint8Array, JsValue> {
    let theme = palette::Theme::from_name(theme);
    if kind == "lines" {
        let lines: Vec<u8> = (0..palette::SLOTS).flat_map(|slot| palette::line_colour(slot, theme)).collect();
        let rgba: Vec<u8> = lines.chunks(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
        return Ok(Uint8Array::from(rgba.as_slice()));
    }
    let map = palette::Map::from_name(kind).ok_or_else(|| Error::unknown("palette", kind, ["diverging", "sequential", "lines"]))?;
    Ok(Uint8Array::from(palette::rgba(map, theme).as_slice()))
}

/// The registries: everything that can be chosen, each entry self-documenting.
#[wasm_bindgen]
pub fn describe() -> Result<JsValue, JsValue> {
    let variant = |f: &dyn cell::Family, options: Options| {
        let cell = f.f32(&options);
        Variant { spec: cell.spec(), recurrence: cell.recurrence(), options }
    };
    let family = |f: &&'static dyn cell::Family| Family {
        name: f.name(),
        title: f.title(),
        options: f.options(),
        plots: plot::of_cell(f.name()),
        variants: cell::variants(*f).into_iter().map(|options| variant(*f, options)).collect(),
    };
    to_js(&Registries {
        cells: cell::all().iter().map(family).collect(),
        tasks: task::all().to_vec(),
        optimizers: train::optimizers().iter().map(|o| o.spec()).collect(),
        plots: plot::all(),
    })
}
