//! `Gradients`: everything that one way back computed.

use std::rc::Rc;

use js_sys::Float32Array;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::convert::{Object, float32, from_js};
use super::trace::explain;
use crate::cell::{Expr, Target};
use crate::error::{Code, Error};
use crate::net;
use crate::probe::Evaluator;

/// Gradients of one run. Owns wasm memory: `free()` it.
#[wasm_bindgen]
pub struct Gradients {
    pub(super) gradients: Rc<net::Gradients<f32>>,
    pub(super) trace: Rc<net::Trace<f32>>,
    pub(super) loss: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Example {
    example: usize,
}

fn singles(values: &[f64]) -> Float32Array {
    float32(&values.iter().map(|v| *v as f32).collect::<Vec<_>>())
}

#[wasm_bindgen]
impl Gradients {
    /// The loss, where the way back started from one.
    #[wasm_bindgen(getter)]
    pub fn loss(&self) -> Option<f64> {
        self.loss
    }

    /// ∂L/∂ of a tensor, in its shape.
    pub fn parameter(&self, name: &str) -> Result<Float32Array, JsValue> {
        Ok(float32(&self.gradients.parameter(name)?.values))
    }

    /// ∂L/∂x, T×B×I (of the embedded input, where there is an embedding).
    pub fn input(&self) -> Float32Array {
        float32(&self.gradients.input)
    }

    /// ∂L/∂ of the initial states: one array per carried lane, (L·D)×B×H.
    pub fn initial(&self) -> Result<JsValue, JsValue> {
        let spec = self.trace.net.cell().spec();
        let mut object = Object::new();
        for k in spec.carried() {
            let lane = spec.lanes[k].name;
            object = object.set(lane, float32(&self.gradients.initial(lane)?));
        }
        Ok(object.into_js())
    }

    /// ∂L/∂lane at every step, T×B×H.
    pub fn lane(&self, layer: usize, direction: usize, name: &str) -> Result<Float32Array, JsValue> {
        let tape = self.gradients.tape(layer, direction)?;
        Ok(float32(&tape.lane_all(tape.lane_index(name)?)))
    }

    /// Everything that flows back through one moment: lanes, blocks (before the nonlinearity), what is passed to the step
    /// before, what arrived from the step after, and what came from above.
    pub fn values(&self, layer: usize, direction: usize, t: usize, options: &JsValue) -> Result<JsValue, JsValue> {
        let Example { example } = from_js("values", options)?;
        let (tape, spec) = (self.gradients.tape(layer, direction)?, self.trace.net.cell().spec());
        if example >= tape.batch || t >= self.trace.lengths[example] {
            return Err(Error::new(Code::OutOfRange, format!("step {t} of example {example}; expected inside the sequence")).into());
        }
        let e = Evaluator { trace: &self.trace, gradients: Some(&self.gradients), layer, direction, example };
        let (mut lanes, mut blocks, mut passed, mut arriving) = (Object::new(), Object::new(), Object::new(), Object::new());
        for (k, lane) in spec.lanes.iter().enumerate() {
            lanes = lanes.set(lane.name, float32(tape.lane(k, t, example)));
        }
        for block in spec.blocks {
            blocks = blocks.set(block, singles(&e.target(Target::Block { block }, t)));
        }
        for k in spec.carried() {
            let lane = spec.lanes[k].name;
            passed = passed.set(lane, singles(&e.target(Target::Passed { lane }, t)));
            arriving = arriving.set(lane, singles(&e.eval(&Expr::Arriving { lane }, t)));
        }
        let upstream = singles(&e.eval(&Expr::Upstream, t));
        let all = Object::new().set("lanes", lanes.into_js()).set("blocks", blocks.into_js()).set("passed", passed.into_js());
        Ok(all.set("arriving", arriving.into_js()).set("upstream", upstream).into_js())
    }

    /// As `Trace.explain`, with these gradients.
    pub fn explain(&self, layer: usize, direction: usize, wanted: &str, options: &JsValue) -> Result<JsValue, JsValue> {
        explain(&self.trace, Some(&self.gradients), (layer, direction), wanted, options)
    }
}
