//! A contestant for `benches/peers/web/rust.js`: the one library that this module was built with.

use wasm_bindgen::prelude::*;

use crate::{Cell, Contestant, Material, Workload};

#[wasm_bindgen]
pub struct Peer {
    one: Box<dyn Contestant>,
    material: Material,
}

#[wasm_bindgen]
impl Peer {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Peer {
        #[cfg(feature = "candle")]
        let one = Box::new(crate::in_candle::Candle::default());
        #[cfg(all(feature = "burn", not(feature = "candle")))]
        let one = Box::new(crate::in_burn::Burn::default());
        Peer { one, material: Material { weights: vec![], batches: vec![] } }
    }

    pub fn name(&self) -> String {
        self.one.name()
    }

    /// A weight, row-major, under PyTorch's name.
    pub fn weight(&mut self, name: String, shape: Vec<usize>, values: Vec<f32>) {
        self.material.weights.push((name, shape, values));
    }

    /// A batch, T×B×I, and its targets, B.
    pub fn batch(&mut self, x: Vec<f32>, y: Vec<f32>) {
        self.material.batches.push((x, y));
    }

    /// `sizes`: input, hidden, layers, steps, batch.
    pub fn prepare(&mut self, cell: &str, sizes: &[usize], learning_rate: f64, clip: f64) -> Result<(), String> {
        let cell = Cell::named(cell).ok_or_else(|| format!("there is no cell {cell}"))?;
        let [input, hidden, layers, steps, batch] = *sizes else { return Err("expected five sizes".into()) };
        self.one.prepare(Workload { cell, input, hidden, layers, steps, batch, learning_rate, clip }, &self.material)
    }

    /// One update: loss, and norm before clipping.
    pub fn update(&mut self) -> Result<Vec<f64>, String> {
        self.one.update().map(|(loss, norm)| vec![loss, norm])
    }
}
