//! `Stream`: a network that reads one moment after the other.

use js_sys::Float32Array;
use wasm_bindgen::prelude::*;

use super::network::Network;
use crate::error::{Code, Error};
use crate::net;

/// A network with the state of one sequence. Owns wasm memory: `free()` it.
#[wasm_bindgen]
pub struct Stream {
    stream: net::Stream<f32>,
}

#[wasm_bindgen]
impl Network {
    /// A stream from a state of zeros, with the parameters of now.
    pub fn stream(&self) -> Result<Stream, JsValue> {
        Ok(Stream { stream: net::Stream::new(self.net.clone())? })
    }
}

#[wasm_bindgen]
impl Stream {
    /// Reads the numbers of the next moment; the prediction, or the last layer's output where there is no head.
    pub fn step(&mut self, input: &[f32]) -> Result<Float32Array, JsValue> {
        let room = self.stream.input();
        if input.len() != room.len() {
            return Err(Error::length("input", input.len(), room.len(), "input").into());
        }
        room.copy_from_slice(input);
        Ok(Float32Array::from(self.stream.step()))
    }

    /// The same for a network that reads one number and gives one: nothing is allocated on either side.
    #[wasm_bindgen(js_name = stepNumber)]
    pub fn step_number(&mut self, input: f32) -> Result<f32, JsValue> {
        if let [x] = self.stream.input() {
            *x = input;
            if let [y] = self.stream.step() {
                return Ok(*y);
            }
        }
        Err(Error::new(Code::Shape, "this network reads or gives more than one number; expected one of each, or `step`").into())
    }

    /// Back to a state of zeros.
    pub fn reset(&mut self) {
        self.stream.reset();
    }
}
