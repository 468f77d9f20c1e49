//! The boundary: the only module that knows JavaScript. It translates and delegates; the contract is in `api.md`.

mod convert;
mod gradients;
mod network;
mod series;
mod trace;

use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::cell::{self, CellOption, Options, Spec};
use crate::task;
use convert::to_js;

/// The crate's version.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}

#[derive(Serialize)]
struct Variant {
    options: Options,
    spec: &'static Spec,
}

#[derive(Serialize)]
struct Family {
    name: &'static str,
    title: &'static str,
    options: &'static [CellOption],
    variants: Vec<Variant>,
}

#[derive(Serialize)]
struct Registries {
    cells: Vec<Family>,
    tasks: Vec<&'static task::Spec>,
    optimizers: Vec<()>,
    plots: Vec<()>,
}

/// The registries: everything that can be chosen, each entry self-documenting.
#[wasm_bindgen]
pub fn describe() -> Result<JsValue, JsValue> {
    let family = |f: &&'static dyn cell::Family| Family {
        name: f.name(),
        title: f.title(),
        options: f.options(),
        variants: cell::variants(*f).into_iter().map(|options| Variant { spec: f.f32(&options).spec(), options }).collect(),
    };
    to_js(&Registries { cells: cell::all().iter().map(family).collect(), tasks: task::all().to_vec(), optimizers: vec![], plots: vec![] })
}
