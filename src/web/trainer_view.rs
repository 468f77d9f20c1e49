//! What can be looked at in a `Trainer`: the last update from inside, held-out examples, slow motion.

use js_sys::{Array, Float32Array, Uint8Array};
use wasm_bindgen::prelude::*;

use super::convert::{Object, float32, to_js};
use super::gradients::Gradients;
use super::trace::Trace;
use super::trainer::Trainer;
use crate::error::{Code, Error};
use crate::net;
use crate::task::Part;
use crate::train::{Held, Phase, saturation, spread, step_norms};

fn nothing_yet(what: &str) -> Error {
    Error::new(Code::Unsupported, format!("there is no {what} yet; expected an update before"))
}

pub(super) fn part_of(name: &str) -> Result<Part, Error> {
    Part::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| Error::unknown("part", name, Part::ALL.map(Part::name)))
}

fn words(list: &[String]) -> Array {
    list.iter().map(|word| JsValue::from_str(word)).collect()
}

/// An example with what is said about it, as an object.
pub(super) fn held_object(held: &Held) -> Object {
    let counts: Vec<u8> = held.counts.iter().map(|c| u8::from(*c)).collect();
    let object = Object::new().set("steps", held.steps as u32).set("input", float32(&held.input)).set("tokens", words(&held.tokens));
    let object = object.set("counts", Uint8Array::from(counts.as_slice())).set("target", float32(&held.target));
    object.set("prediction", float32(&held.prediction)).set("classes", words(&held.classes))
}

impl Trainer {
    fn run(&self) -> Result<&net::Trace<f32>, Error> {
        self.trainer.engine().trace().ok_or_else(|| nothing_yet("run"))
    }

    fn way_back(&self) -> Result<&net::Gradients<f32>, Error> {
        self.trainer.engine().last_gradients().ok_or_else(|| nothing_yet("way back"))
    }
}

#[wasm_bindgen]
impl Trainer {
    /// ‖∂L/∂h_t‖ over all units and examples, for every step of the last chunk: T values.
    #[wasm_bindgen(js_name = stepNorms)]
    pub fn step_norms(&self, layer: usize, direction: usize) -> Result<Float32Array, JsValue> {
        Ok(float32(&step_norms(self.way_back()?, layer, direction)?))
    }

    /// `[{ layer, direction, lane, share }]`: the share of each bounded lane's values near a limit, in the last run.
    pub fn saturation(&self) -> Result<JsValue, JsValue> {
        to_js(&saturation(self.run()?)?)
    }

    /// `[{ name, edges, counts, zeros, notFinite }]` of the "weights" or of the last update's "gradients", clipped if they were.
    /// With `log`, the edges are powers of ten of magnitudes.
    pub fn histogram(&self, what: &str, bins: usize, log: Option<bool>) -> Result<JsValue, JsValue> {
        let (parameters, gradients) = (self.trainer.net().parameters(), self.trainer.engine().gradients());
        let all = parameters.iter().zip(gradients).map(|(p, g)| {
            let values = match what {
                "weights" => &p.values,
                "gradients" => g,
                other => return Err(Error::unknown("histogram", other, ["weights", "gradients"])),
            };
            spread(&p.name, values, bins, log.unwrap_or(false))
        });
        to_js(&all.collect::<Result<Vec<_>, Error>>()?)
    }

    /// Example `k` of the "valid", "test" or "train" part, read by the network as it is now:
    /// `{ steps, input, tokens, counts, target, prediction, classes }`, target and prediction in natural units (or class numbers and
    /// probabilities, T×classes), NaN where there is none.
    pub fn held(&self, part: &str, k: usize) -> Result<JsValue, JsValue> {
        Ok(held_object(&self.trainer.held(part_of(part)?, k)?).into_js())
    }

    /// Slow motion: the next phase of an update, "forward", "loss", "backward", "clip" or "update", with its numbers. The five of
    /// them are what `update` does at once.
    pub fn phase(&mut self, name: &str) -> Result<JsValue, JsValue> {
        to_js(&self.trainer.phase(Phase::from_name(name)?)?)
    }

    /// The phase that comes next.
    #[wasm_bindgen(js_name = nextPhase)]
    pub fn next_phase(&self) -> String {
        self.trainer.next_phase().name().into()
    }

    /// A copy of the last chunk's run, with its way back where it has been taken.
    pub fn trace(&self) -> Result<Trace, JsValue> {
        let run = self.run()?.clone();
        Ok(match self.trainer.engine().last_gradients() {
            Some(gradients) => Trace::with_gradients(run, gradients.clone(), self.trainer.engine().last_loss()).0,
            None => Trace::new(run),
        })
    }

    /// A copy of the last chunk's way back.
    pub fn gradients(&self) -> Result<Gradients, JsValue> {
        let (run, gradients) = (self.run()?.clone(), self.way_back()?.clone());
        Ok(Trace::with_gradients(run, gradients, self.trainer.engine().last_loss()).1)
    }
}
