//! `Network`: make one, look at it, change it, run it.

use js_sys::Float32Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::convert::{float32, floats, from_js, from_js_exactly, indices, property, to_js};
use super::trace::Trace;
use crate::cell::Options;
use crate::error::{Code, Error};
use crate::io::safetensors::{Choices, GruChoices, Loaded, Names, read, write};
use crate::net::{Config, Embedding, Head, Hold, HoldUnits, Initial, Input, Net, Readout, Run, Start, block_spectral_radius};

/// A network with its parameters. Owns wasm memory: `free()` it.
#[wasm_bindgen]
pub struct Network {
    pub(super) net: Net<f32>,
    /// The file it came from: what was assumed, what was not used.
    pub(super) loaded: Loaded,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Beside {
    seed: f64,
    spectral_radius: Option<f64>,
    memory_bias: Option<f64>,
}

#[derive(Serialize)]
struct ParameterSummary<'a> {
    name: &'a str,
    shape: &'a [usize],
    count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    cell: &'a str,
    title: &'static str,
    input: usize,
    hidden: usize,
    layers: usize,
    bidirectional: bool,
    bias: bool,
    options: &'a Options,
    head: &'a Option<Head>,
    embedding: &'a Option<Embedding>,
    readout: Readout,
    file: &'a Loaded,
    assumed: &'a [String],
    parameters: Vec<ParameterSummary<'a>>,
    parameter_count: usize,
    state_bytes: usize,
    multiply_adds: usize,
    /// Elements of each lane per layer: the extents of its axes.
    lanes: Vec<Vec<&'a [usize]>>,
}

#[derive(Deserialize)]
struct RunShape {
    steps: usize,
    #[serde(default = "one")]
    batch: usize,
    #[serde(default)]
    hold: Vec<HoldShape>,
}

fn one() -> usize {
    1
}

#[derive(Deserialize)]
struct HoldShape {
    #[serde(default)]
    layer: usize,
    #[serde(default)]
    direction: usize,
    lane: String,
    value: f64,
    #[serde(default)]
    from: usize,
    to: Option<usize>,
}

#[wasm_bindgen]
impl Network {
    /// A network with random parameters from a seed. See `api.md` for the configuration.
    pub fn create(config: &JsValue) -> Result<Network, JsValue> {
        let beside: Beside = from_js("configuration", config)?;
        let bare = js_sys::Object::assign(&js_sys::Object::new(), config.unchecked_ref::<js_sys::Object>());
        for name in ["seed", "spectralRadius", "memoryBias"] {
            let _ = js_sys::Reflect::delete_property(&bare, &name.into());
        }
        let config: Config = from_js_exactly("configuration", &bare)?;
        if !(0.0..=9_007_199_254_740_991.0).contains(&beside.seed) || beside.seed.fract() != 0.0 {
            return Err(Error::new(Code::OutOfRange, format!("seed is {}; expected a whole number from 0 to 2^53 − 1", beside.seed)).into());
        }
        let start = Start { spectral_radius: beside.spectral_radius, memory_bias: beside.memory_bias };
        Ok(Network { net: Net::random(config, beside.seed as u64, start)?, loaded: Loaded::default() })
    }

    /// A network from a file that PyTorch wrote. What the file cannot tell is in `summary().assumed`.
    #[wasm_bindgen(js_name = fromSafetensors)]
    pub fn from_safetensors(bytes: &[u8], choices: &JsValue) -> Result<Network, JsValue> {
        if let Some(gru) = property(choices, "gru") {
            from_js_exactly::<GruChoices>("gru choices", &gru)?;
        }
        let choices: Choices = from_js_exactly("choices", choices)?;
        let (net, loaded) = read(bytes, &choices)?;
        Ok(Network { net, loaded })
    }

    /// A file that PyTorch's `load_state_dict` takes.
    #[wasm_bindgen(js_name = toSafetensors)]
    pub fn to_safetensors(&self, names: &JsValue) -> Result<Vec<u8>, JsValue> {
        let names: Names = from_js_exactly("names", names)?;
        Ok(write(&self.net, &names)?)
    }

    /// What the network is: sizes, options, parameters with shapes, state bytes.
    pub fn summary(&self) -> Result<JsValue, JsValue> {
        let config = self.net.config();
        let parameters = self.net.parameters().iter();
        to_js(&Summary {
            cell: &config.cell,
            title: self.net.cell().spec().title,
            input: config.input,
            hidden: config.hidden,
            layers: config.layers,
            bidirectional: config.bidirectional,
            bias: config.bias,
            options: &config.options,
            head: &config.head,
            embedding: &config.embedding,
            readout: config.readout,
            file: &self.loaded,
            assumed: &self.loaded.assumed,
            parameters: parameters.map(|p| ParameterSummary { name: &p.name, shape: &p.shape, count: p.values.len() }).collect(),
            parameter_count: self.net.parameter_count(),
            state_bytes: self.net.state_bytes(),
            multiply_adds: self.net.multiply_adds(),
            lanes: (0..config.layers)
                .map(|l| (0..self.net.cell().spec().lanes.len()).map(|k| self.net.layout(l).extents(k)).collect())
                .collect(),
        })
    }

    /// The self-description of this network's cell.
    pub fn spec(&self) -> Result<JsValue, JsValue> {
        to_js(self.net.cell().spec())
    }

    /// A copy of a tensor, row-major; PyTorch's names.
    pub fn parameter(&self, name: &str) -> Result<Float32Array, JsValue> {
        Ok(float32(&self.net.parameter(name)?.values))
    }

    #[wasm_bindgen(js_name = setParameter)]
    pub fn set_parameter(&mut self, name: &str, values: &JsValue) -> Result<(), JsValue> {
        Ok(self.net.set_parameter(name, &floats(name, values)?)?)
    }

    /// Scales each H×H block of every W_h to this spectral radius.
    #[wasm_bindgen(js_name = setSpectralRadius)]
    pub fn set_spectral_radius(&mut self, radius: f64) -> Result<(), JsValue> {
        Ok(self.net.set_spectral_radius(radius)?)
    }

    /// Sets the memory gate's bias (more keeps more).
    #[wasm_bindgen(js_name = setMemoryBias)]
    pub fn set_memory_bias(&mut self, bias: f64) -> Result<(), JsValue> {
        Ok(self.net.set_memory_bias(bias)?)
    }

    /// Spectral radius of one H×H block of a layer's W_h.
    #[wasm_bindgen(js_name = spectralRadius)]
    pub fn spectral_radius(&self, layer: usize, direction: usize, block: &str) -> Result<f64, JsValue> {
        Ok(block_spectral_radius(&self.net, layer, direction, block)?)
    }

    /// An independent copy.
    #[wasm_bindgen(js_name = clone)]
    pub fn copy(&self) -> Network {
        Network { net: self.net.clone(), loaded: self.loaded.clone() }
    }

    /// Runs the network. `input` is T×B×I, or T×B token ids where there is an embedding.
    pub fn run(&self, input: &JsValue, options: &JsValue) -> Result<Trace, JsValue> {
        let shape: RunShape = from_js("run", options)?;
        let input = match self.net.config().embedding {
            Some(_) => Input::Tokens(indices("input", input)?),
            None => Input::Values(floats("input", input)?),
        };
        let mut run = Run::new(shape.steps, shape.batch, input);
        if let Some(lengths) = property(options, "lengths") {
            run.lengths = Some(indices("lengths", &lengths)?);
        }
        if let Some(initial) = property(options, "initial") {
            for lane in js_sys::Object::keys(initial.unchecked_ref::<js_sys::Object>()).iter() {
                let lane = lane.as_string().unwrap_or_default();
                if let Some(values) = property(&initial, &lane) {
                    run.initial.push(Initial { values: floats(&format!("initial.{lane}"), &values)?, lane });
                }
            }
        }
        if let Some(masks) = property(options, "mask") {
            for mask in js_sys::Array::from(&masks).iter() {
                run.masks.push(floats("mask", &mask)?);
            }
        }
        let holds = property(options, "hold").map(|h| js_sys::Array::from(&h)).unwrap_or_default();
        for (hold, given) in shape.hold.into_iter().zip(holds.iter()) {
            let unit = property(&given, "unit");
            let units = match unit.as_ref().map(|u| (u.as_f64(), u.as_string())) {
                None => HoldUnits::All,
                Some((_, Some(all))) if all == "all" => HoldUnits::All,
                Some((Some(unit), _)) if unit >= 0.0 && unit.fract() == 0.0 => HoldUnits::One(unit as usize),
                Some((_, name)) => return Err(Error::unknown("unit", &name.unwrap_or_default(), ["a whole number", "all"]).into()),
            };
            let (layer, direction, lane, value) = (hold.layer, hold.direction, hold.lane, hold.value);
            run.holds.push(Hold { layer, direction, lane, units, value, from: hold.from, to: hold.to.unwrap_or(shape.steps) });
        }
        Ok(Trace::new(self.net.run(run)?))
    }
}
