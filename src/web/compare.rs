//! What the Compare screen asks of a network: one run with everything that is compared, made where nobody waits for it.

use js_sys::{Float32Array, Float64Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::convert::{Object, float32, floats, from_js, indices, numbers, property, to_js};
use super::network::Network;
use super::trace::loss_of;
use crate::error::{Code, Error};
use crate::net::{self, Input, Run};
use crate::probe::{self, InputMemory, half_life};
use crate::task::{Answers, Batch, Inputs, Part};

/// One run of one sequence and its way back from a loss at the last step, read at the last layer's forward direction. Owns wasm
/// memory: `free()` it.
#[wasm_bindgen]
pub struct Look {
    trace: net::Trace<f32>,
    gradients: net::Gradients<f32>,
    loss: f64,
    /// For the step that was asked for last.
    memory: Option<InputMemory>,
}

/// A run over the first `steps` steps, and its way back.
fn there_and_back(network: &Network, input: &JsValue, steps: usize, loss: &JsValue) -> Result<Look, JsValue> {
    let net = &network.net;
    let values = match net.config().embedding {
        Some(_) => Input::Tokens(indices("input", input)?),
        None => Input::Values(floats("input", input)?),
    };
    let trace = net.run(Run::new(steps, 1, values))?;
    let name = property(loss, "loss").and_then(|name| name.as_string());
    let name = name.ok_or_else(|| Error::new(Code::Format, "a comparison needs a loss; expected { loss: a name }"))?;
    let (loss, upstream) = trace.loss(&loss_of(&name, loss)?)?;
    let gradients = trace.backward(&upstream)?;
    Ok(Look { trace, gradients, loss, memory: None })
}

#[wasm_bindgen]
impl Look {
    /// `input`: T×I numbers or T token ids; `loss`: as `Trace.backward` takes it.
    pub fn of(network: &Network, input: &JsValue, steps: usize, loss: &JsValue) -> Result<Look, JsValue> {
        there_and_back(network, input, steps, loss)
    }

    #[wasm_bindgen(getter)]
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// The output lane, T×H.
    pub fn output(&self) -> Result<Float32Array, JsValue> {
        let tape = self.trace.tape(self.layer(), 0)?;
        Ok(float32(&tape.lane_all(tape.spec.output())))
    }

    /// With a head: T×outputs, or the outputs where it reads the final states; otherwise undefined.
    pub fn prediction(&self) -> Option<Float32Array> {
        self.trace.prediction().map(float32)
    }

    /// One number a step: "states" ‖s_t‖, "input-gradients" ‖∂L/∂x_t‖ (of the network's input), "state-gradients" ‖∂L/∂s_t‖, where
    /// s is everything that the last layer carries on; "memory" ‖∂y_t/∂x_k‖ as far as `remember` has come, NaN before step k.
    pub fn series(&self, name: &str) -> Result<Float64Array, JsValue> {
        const NAMES: [&str; 4] = ["states", "input-gradients", "state-gradients", "memory"];
        let (trace, layer) = (&self.trace, self.layer());
        let values = match name {
            "states" => probe::carried_norms(trace, layer, 0, 0)?,
            "input-gradients" => probe::input_gradient_norms(trace, &self.gradients, 0),
            "state-gradients" => probe::carried_gradient_norms(trace, &self.gradients, layer, 0, 0)?,
            "memory" => self.remembered(),
            other => return Err(Error::unknown("series", other, NAMES).into()),
        };
        Ok(Float64Array::from(values.as_slice()))
    }

    /// Computes the memory of step `from`, for about that many milliseconds. Returns the share done, 0…1.
    pub fn remember(&mut self, from: usize, milliseconds: f64) -> Result<f64, JsValue> {
        let until = js_sys::Date::now() + milliseconds;
        if self.memory.as_ref().is_none_or(|memory| memory.from != from) {
            self.memory = Some(InputMemory::new(&self.trace, self.layer(), 0, 0, from)?);
        }
        let Some(memory) = &mut self.memory else { return Ok(1.0) };
        while memory.done() < 1.0 && js_sys::Date::now() < until {
            memory.advance(&self.trace)?;
        }
        Ok(memory.done())
    }

    /// Steps after which the memory stays under half of its start; undefined where it never does, or is not known yet.
    #[wasm_bindgen(js_name = halfLife)]
    pub fn half_life(&self) -> Option<usize> {
        half_life(&self.memory.as_ref().filter(|memory| memory.done() >= 1.0)?.norms)
    }
}

impl Look {
    fn layer(&self) -> usize {
        self.trace.net.config().layers - 1
    }

    fn remembered(&self) -> Vec<f64> {
        let mut values = vec![f64::NAN; self.trace.steps];
        if let Some(memory) = &self.memory {
            memory.moments.iter().zip(&memory.norms).for_each(|(t, value)| values[*t] = *value);
        }
        values
    }
}

/// ‖∂L/∂x_1‖ of a run over the first `steps` steps.
#[wasm_bindgen(js_name = firstGradient)]
pub fn first_gradient(network: &Network, input: &JsValue, steps: usize, loss: &JsValue) -> Result<f64, JsValue> {
    let look = there_and_back(network, input, steps, loss)?;
    Ok(probe::input_gradient_norms(&look.trace, &look.gradients, 0).first().copied().unwrap_or(f64::NAN))
}

/// `{ low, median, high }`: the 10 %, 50 % and 90 % quantiles at every place of `runs` series that stand one after the other.
#[wasm_bindgen]
pub fn band(values: &JsValue, runs: usize) -> Result<JsValue, JsValue> {
    let values = numbers("values", values)?;
    if runs == 0 || values.len() % runs != 0 {
        return Err(Error::length("values", values.len(), runs, "a multiple of the number of runs").into());
    }
    let series: Vec<&[f64]> = values.chunks((values.len() / runs).max(1)).collect();
    let band = probe::band(&series);
    let array = |values: &[f64]| Float64Array::from(values);
    Ok(Object::new().set("low", array(&band.low)).set("median", array(&band.median)).set("high", array(&band.high)).into_js())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExampleShape {
    steps: usize,
    /// Of token ids; 0 where numbers go in.
    vocabulary: usize,
    /// Numbers a step; 0 where token ids go in.
    width: usize,
    /// Classes, or numbers that are asked.
    outputs: usize,
    classes: bool,
    /// A word for each token; for numbers none.
    words: Vec<String>,
    /// What is asked at the last step that counts, and that step: a class, or numbers.
    target: Vec<f64>,
    asked: Option<usize>,
    /// The class in words.
    answer: Option<String>,
}

/// One held-out example of a generated task `{ name, options }`: `{ input, steps, vocabulary, width, outputs, classes, words, target,
/// asked, answer }`, where the sequence ends with the last step that is asked about.
#[wasm_bindgen(js_name = taskExample)]
pub fn task_example(chosen: &JsValue, index: f64) -> Result<JsValue, JsValue> {
    let task = super::trainer::task_of(chosen, &JsValue::UNDEFINED)?;
    if !(0.0..1e9).contains(&index) || index.fract() != 0.0 {
        return Err(Error::new(Code::OutOfRange, format!("example {index}; expected a whole number from 0")).into());
    }
    let (form, mut batch) = (task.form(), Batch::default());
    let held = task.held_out(Part::Valid, 1).first().copied().unwrap_or(0);
    task.fill(Part::Valid, &[held + index as u64], &mut batch)?;
    let asked = batch.counts.iter().rposition(|counts| *counts);
    let steps = asked.map_or(batch.steps, |t| t + 1);
    let (vocabulary, width) = match form.inputs {
        Inputs::Tokens { vocabulary } => (vocabulary, 0),
        Inputs::Numbers { width } => (0, width),
    };
    let words = batch.tokens.iter().take(steps).map(|id| task.token(*id).unwrap_or_else(|| id.to_string())).collect();
    let (outputs, classes, target, answer) = match (form.answers, asked) {
        (Answers::Classes { count }, Some(t)) => {
            let class = batch.classes[t];
            (count, true, vec![f64::from(class)], Some(task.class(class).unwrap_or_else(|| class.to_string())))
        }
        (Answers::Classes { count }, None) => (count, true, vec![], None),
        (Answers::Numbers { width }, Some(t)) => {
            (width, false, batch.targets[t * width..(t + 1) * width].iter().map(|v| f64::from(*v)).collect(), None)
        }
        (Answers::Numbers { width }, None) => (width, false, vec![], None),
    };
    let shape = to_js(&ExampleShape { steps, vocabulary, width, outputs, classes, words, target, asked, answer })?;
    let input: JsValue = match form.inputs {
        Inputs::Tokens { .. } => js_sys::Uint32Array::from(&batch.tokens[..steps.min(batch.tokens.len())]).into(),
        Inputs::Numbers { width } => float32(&batch.numbers[..(steps * width).min(batch.numbers.len())]).into(),
    };
    let _ = js_sys::Reflect::set(&shape, &"input".into(), &input);
    Ok(shape)
}

/// `{ parameterCount, stateBytes }` of a network that is not made: `config` as `Network.create` takes it, less what is beside it.
#[wasm_bindgen(js_name = sizeOf)]
pub fn size_of(config: &JsValue) -> Result<JsValue, JsValue> {
    let net = net::Net::<f32>::zeros(from_js::<net::Config>("configuration", config)?)?;
    Ok(Object::new().set("parameterCount", net.parameter_count() as u32).set("stateBytes", net.state_bytes() as u32).into_js())
}
