//! Slow motion from inside: answers with their losses, tensors with their gradients and what the optimiser remembers.

use js_sys::{Array, Float64Array, Uint8Array};
use wasm_bindgen::prelude::*;

use super::convert::{Object, float32};
use super::trainer::Trainer;
use super::trainer_view::held_object;

#[wasm_bindgen]
impl Trainer {
    /// Example `example` of the chunk in slow motion, as `held` has it, `asked` (0 or 1 at each step: of any example of the batch)
    /// and `losses`: what all examples add to the loss there. Their sum is the chunk's share of the loss.
    pub fn answers(&self, example: usize) -> Result<JsValue, JsValue> {
        let (held, losses) = self.trainer.answers(example)?;
        let asked: Vec<u8> = losses.iter().map(|loss| u8::from(loss.is_some())).collect();
        let losses: Vec<f64> = losses.iter().map(|loss| loss.unwrap_or(0.0)).collect();
        let object = held_object(&held).set("asked", Uint8Array::from(asked.as_slice()));
        Ok(object.set("losses", Float64Array::from(losses.as_slice())).into_js())
    }

    /// `[{ name, shape, values, gradient, norm, moments: [{ name, values }] }]`: each tensor with the gradient of this update, its
    /// norm, and what the optimiser remembers.
    pub fn tensors(&self) -> Array {
        let tensor = |one: crate::train::Inside<'_, f32>| {
            let shape: Array = one.shape.iter().map(|n| JsValue::from(*n as u32)).collect();
            let moment =
                |(name, values): &(&'static str, &[f32])| Object::new().set("name", *name).set("values", float32(values)).into_js();
            let moments: Array = one.moments.iter().map(moment).collect();
            let object = Object::new().set("name", one.name).set("shape", shape).set("values", float32(one.values));
            object.set("gradient", float32(one.gradient)).set("norm", one.norm).set("moments", moments).into_js()
        };
        self.trainer.inside().into_iter().map(tensor).collect()
    }
}
