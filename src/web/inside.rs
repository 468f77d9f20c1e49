//! Slow motion from inside: answers with their losses, tensors with their gradients and what the optimiser remembers.

use js_sys::{Array, Float64Array};
use wasm_bindgen::prelude::*;

use super::convert::{Object, float32};
use super::trainer::Trainer;
use super::trainer_view::held_object;

#[wasm_bindgen]
impl Trainer {
    /// Example `example` of the chunk in slow motion, as `held` has it, and `losses`: what all examples of the batch add to the
    /// loss at each step, NaN where nothing is asked. Their sum is the chunk's share of the loss.
    pub fn answers(&self, example: usize) -> Result<JsValue, JsValue> {
        let (held, losses) = self.trainer.answers(example)?;
        Ok(held_object(&held).set("losses", Float64Array::from(losses.as_slice())).into_js())
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
