//! `Trace`: a run and what can be asked of it.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use js_sys::Float32Array;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::convert::{Object, float32, floats, from_js, indices, numbers, property, to_js};
use super::gradients::Gradients;
use super::plots::{data, layout, shown};
use crate::error::{Code, Error};
use crate::net::{self, Loss, LossAt, LossKind, Upstream};
use crate::probe::{Evaluator, Explanation, Influence, RunningProduct, Scan, State, StepJacobians, Wanted, jacobian};
use crate::tape::Tape;

/// Layer, direction, example.
pub(super) type Place = (usize, usize, usize);

/// A few values by place. (A map's code would be larger than everything kept in it.)
pub(super) struct Shelf<X>(Vec<(Place, X)>);

impl<X> Default for Shelf<X> {
    fn default() -> Self {
        Shelf(vec![])
    }
}

impl<X> Shelf<X> {
    pub fn get(&self, place: Place) -> Option<&X> {
        self.0.iter().find(|(at, _)| *at == place).map(|(_, x)| x)
    }

    /// What is kept there if it is still good, else what `make` makes.
    pub fn get_or<E>(&mut self, place: Place, good: impl Fn(&X) -> bool, make: impl FnOnce() -> Result<X, E>) -> Result<&mut X, E> {
        let at = match self.0.iter().position(|(at, _)| *at == place) {
            Some(at) if good(&self.0[at].1) => at,
            Some(at) => {
                self.0[at].1 = make()?;
                at
            }
            None => {
                self.0.push((place, make()?));
                self.0.len() - 1
            }
        };
        Ok(&mut self.0[at].1)
    }
}

/// What is computed once and kept, because it is asked for at every frame.
#[derive(Default)]
pub(super) struct Kept {
    pub jacobians: Shelf<StepJacobians<f32>>,
    pub products: Shelf<RunningProduct<f32>>,
    /// For the moment that was asked for last.
    pub influence: Shelf<Influence<f32>>,
    pub scans: Shelf<Scan<f32>>,
    /// The gradients that were asked for last.
    pub gradients: Option<Rc<net::Gradients<f32>>>,
}

/// A run with what was computed from it. Shared between a trace and those it is a ghost of.
#[derive(Clone)]
pub(super) struct View {
    pub trace: Rc<net::Trace<f32>>,
    pub kept: Rc<RefCell<Kept>>,
}

/// A run and everything it computed, with its own snapshot of the parameters. Owns wasm memory: `free()` it.
#[wasm_bindgen]
pub struct Trace {
    view: View,
    trace: Rc<net::Trace<f32>>,
    ghost: Option<View>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Moment {
    t: usize,
    unit: usize,
    example: usize,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JacobianOptions {
    from: usize,
    to: usize,
    example: usize,
    state: Option<String>,
}

impl Trace {
    pub(super) fn new(trace: net::Trace<f32>) -> Self {
        let trace = Rc::new(trace);
        Trace { view: View { trace: trace.clone(), kept: Rc::default() }, trace, ghost: None }
    }

    pub(super) fn trace(&self) -> &net::Trace<f32> {
        &self.trace
    }

    pub(super) fn kept(&self) -> RefMut<'_, Kept> {
        self.view.kept.borrow_mut()
    }

    /// A run whose way back is known already.
    pub(super) fn with_gradients(trace: net::Trace<f32>, gradients: net::Gradients<f32>, loss: f64) -> (Trace, Gradients) {
        let (trace, gradients) = (Trace::new(trace), Rc::new(gradients));
        trace.view.kept.borrow_mut().gradients = Some(gradients.clone());
        let of = Gradients { gradients, trace: trace.trace.clone(), loss: Some(loss) };
        (trace, of)
    }
}

fn state(name: Option<&str>) -> Result<State, JsValue> {
    match name {
        None | Some("h") => Ok(State::Output),
        Some("full") => Ok(State::Full),
        Some(other) => Err(Error::unknown("state", other, ["h", "full"]).into()),
    }
}

pub(super) fn loss_of(name: &str, options: &JsValue) -> Result<Loss, JsValue> {
    const NAMES: [&str; 4] = ["last-mean-square", "every-mean-square", "last-cross-entropy", "every-cross-entropy"];
    let (kind, at) = match name {
        "last-mean-square" => (LossKind::MeanSquare, LossAt::Last),
        "every-mean-square" => (LossKind::MeanSquare, LossAt::Every),
        "last-cross-entropy" => (LossKind::CrossEntropy, LossAt::Last),
        "every-cross-entropy" => (LossKind::CrossEntropy, LossAt::Every),
        other => return Err(Error::unknown("loss", other, NAMES).into()),
    };
    let target = match property(options, "target") {
        Some(target) if target.as_f64().is_some() => target.as_f64().into_iter().collect(),
        Some(target) => numbers("target", &target)?,
        None => vec![],
    };
    let classes = property(options, "classes").map_or(Ok(vec![]), |c| indices("classes", &c))?;
    Ok(Loss { kind, at, target, classes })
}

/// `explain` of one number, as a plain object.
pub(super) fn explain(
    trace: &net::Trace<f32>,
    gradients: Option<&net::Gradients<f32>>,
    (layer, direction): (usize, usize),
    wanted: &str,
    options: &JsValue,
) -> Result<JsValue, JsValue> {
    let at: Moment = from_js("explain", options)?;
    let evaluator = Evaluator { trace, gradients, layer, direction, example: at.example };
    let explanation: Explanation = evaluator.explain(&Wanted::parse(wanted), at.t, at.unit)?;
    to_js(&explanation)
}

#[wasm_bindgen]
impl Trace {
    #[wasm_bindgen(getter)]
    pub fn steps(&self) -> usize {
        self.trace.steps
    }

    #[wasm_bindgen(getter)]
    pub fn batch(&self) -> usize {
        self.trace.batch
    }

    /// The last layer's output, T×B×(D·H).
    pub fn output(&self) -> Float32Array {
        float32(self.trace.output())
    }

    /// With a head: T×B×outputs, or B×outputs where it reads the final states; otherwise undefined.
    pub fn prediction(&self) -> Option<Float32Array> {
        self.trace.prediction().map(float32)
    }

    /// One array per carried lane, (L·D)×B×(its elements).
    #[wasm_bindgen(js_name = final)]
    pub fn last(&self) -> Result<JsValue, JsValue> {
        let spec = self.trace.net.cell().spec();
        let mut object = Object::new();
        for k in spec.carried() {
            let lane = spec.lanes[k].name;
            object = object.set(lane, float32(&self.trace.final_state(lane)?));
        }
        Ok(object.into_js())
    }

    /// Names of the recorded lanes, in tape order.
    pub fn lanes(&self, layer: usize, direction: usize) -> Result<Vec<String>, JsValue> {
        Ok(self.trace.tape(layer, direction)?.spec.lanes.iter().map(|l| l.name.into()).collect())
    }

    /// One lane, T×B×(its elements).
    pub fn lane(&self, layer: usize, direction: usize, name: &str) -> Result<Float32Array, JsValue> {
        let tape = self.trace.tape(layer, direction)?;
        Ok(float32(&tape.lane_all(tape.lane_index(name)?)))
    }

    /// The input of a layer, T×B×width.
    #[wasm_bindgen(js_name = layerInput)]
    pub fn layer_input(&self, layer: usize) -> Result<Float32Array, JsValue> {
        Ok(float32(self.trace.layer_input(layer)?))
    }

    /// Everything at one moment: each lane, the moment before, the input. Cheap enough for every frame.
    pub fn values(&self, layer: usize, direction: usize, t: usize, options: &JsValue) -> Result<JsValue, JsValue> {
        let at: Moment = from_js("values", options)?;
        let tape = self.trace.tape(layer, direction)?;
        if t >= tape.steps || at.example >= tape.batch {
            let message = format!("step {t} of example {}; expected below {} and {}", at.example, tape.steps, tape.batch);
            return Err(Error::new(Code::OutOfRange, message).into());
        }
        let before = self.trace.column_before(layer, direction, t, at.example)?;
        let (mut now, mut earlier) = (Object::new(), Object::new());
        for (k, lane) in tape.spec.lanes.iter().enumerate() {
            now = now.set(lane.name, float32(tape.lane(k, t, at.example)));
            earlier = earlier.set(lane.name, float32(&before[tape.layout.range(k)]));
        }
        let width = self.trace.net.dims_of(layer).input;
        let from = (t * tape.batch + at.example) * width;
        let x = &self.trace.layer_input(layer)?[from..from + width];
        Ok(now.set("x", float32(x)).set("before", earlier.into_js()).into_js())
    }

    /// Back-propagation through time from a loss, or from a gradient of the output or the prediction.
    pub fn backward(&self, from: &JsValue) -> Result<Gradients, JsValue> {
        let mut upstream = Upstream::<f32>::default();
        let mut value = None;
        if let Some(name) = property(from, "loss") {
            let name = name.as_string().ok_or_else(|| Error::new(Code::Format, "loss is not a name; expected e.g. “last-mean-square”"))?;
            let (loss, d) = self.trace.loss(&loss_of(&name, from)?)?;
            (value, upstream) = (Some(loss), d);
        }
        if let Some(d) = property(from, "output") {
            upstream.output = Some(floats("output", &d)?);
        }
        if let Some(d) = property(from, "prediction") {
            upstream.prediction = Some(floats("prediction", &d)?);
        }
        if upstream == Upstream::default() {
            return Err(Error::new(Code::Format, "backward needs { loss }, { output } or { prediction }").into());
        }
        let gradients = Rc::new(self.trace.backward(&upstream)?);
        self.view.kept.borrow_mut().gradients = Some(gradients.clone());
        Ok(Gradients { gradients, trace: self.trace.clone(), loss: value })
    }

    /// ∂ state_to / ∂ state_from, over h alone or the full carried state (h first). State k is what is held after k steps.
    pub fn jacobian(&self, layer: usize, direction: usize, options: &JsValue) -> Result<JsValue, JsValue> {
        let o: JacobianOptions = from_js("jacobian", options)?;
        let j = jacobian(&self.trace, layer, direction, o.example, (o.from, o.to), state(o.state.as_deref())?)?;
        let values: Vec<f32> = j.values.transpose().iter().map(|v| *v as f32).collect();
        let (rows, cols) = (j.values.nrows() as u32, j.values.ncols() as u32);
        Ok(Object::new().set("rows", rows).set("cols", cols).set("values", float32(&values)).set("norm", j.norm).into_js())
    }

    /// Spectral norms of ∂ state_T / ∂ state_t for t = 0…T.
    #[wasm_bindgen(js_name = jacobianNorms)]
    pub fn jacobian_norms(&self, layer: usize, direction: usize, options: &JsValue) -> Result<Float32Array, JsValue> {
        let o: JacobianOptions = from_js("jacobianNorms", options)?;
        let mut product = RunningProduct::new(&self.trace, layer, direction, o.example, state(o.state.as_deref())?)?;
        while product.advance(&self.trace)? {}
        Ok(float32(&product.norms.iter().map(|n| *n as f32).collect::<Vec<_>>()))
    }

    /// Where a number comes from: its equation, evaluated, with its terms. `lane` is a lane's name; with gradients (of the last
    /// `backward`) also `d:lane`, `da:block` or `passed:lane`.
    pub fn explain(&self, layer: usize, direction: usize, lane: &str, options: &JsValue) -> Result<JsValue, JsValue> {
        let gradients = self.view.kept.borrow().gradients.clone();
        explain(&self.trace, gradients.as_deref(), (layer, direction), lane, options)
    }

    /// Computes what a heavy figure needs, for about that many milliseconds. Returns the share done, 0…1.
    pub fn prepare(&self, name: &str, options: &JsValue, milliseconds: f64) -> Result<f64, JsValue> {
        let until = js_sys::Date::now() + milliseconds;
        self.view.advance(name, &shown(options)?, &mut || js_sys::Date::now() < until)
    }

    /// A figure's data: title, summary, axes, series.
    pub fn plot(&self, name: &str, options: &JsValue) -> Result<JsValue, JsValue> {
        let shown = shown(options)?;
        let ready = self.view.advance(name, &shown, &mut || false)?;
        let figure = self.view.figure(name, &shown, self.ghost.as_ref())?;
        data(&figure, options, ready)
    }

    /// Draws a figure over the whole canvas, whose pixel size is set to `width · dpr` × `height · dpr`. Heavy series are drawn as
    /// far as they are known. Returns `{ plot: { left, top, width, height } }` in CSS pixels: step t lies at
    /// `left + (t + 0.5) / steps · width`.
    pub fn draw(&self, canvas: &web_sys::HtmlCanvasElement, name: &str, options: &JsValue) -> Result<JsValue, JsValue> {
        let figure = self.view.figure(name, &shown(options)?, self.ghost.as_ref())?;
        let plot = super::canvas::draw(canvas, &figure, &layout(options)?)?;
        Ok(Object::new().set("plot", to_js(&plot)?).into_js())
    }

    /// A figure as an SVG document.
    pub fn svg(&self, name: &str, options: &JsValue) -> Result<String, JsValue> {
        let shown = shown(options)?;
        self.view.advance(name, &shown, &mut || true)?;
        Ok(self.view.figure(name, &shown, self.ghost.as_ref())?.svg(&layout(options)?)?)
    }

    /// "lanes", "gradients", or a figure's series, as CSV.
    pub fn csv(&self, name: &str, options: &JsValue) -> Result<String, JsValue> {
        if name == "lanes" {
            return Ok(tapes_csv(&self.trace, &|layer, direction| self.trace.tape(layer, direction))?);
        }
        if name == "gradients" {
            let kept = self.view.kept.borrow();
            let gradients = kept.gradients.as_ref();
            let gradients =
                gradients.ok_or_else(|| Error::new(Code::Unsupported, "there are no gradients yet; expected a call of backward()"))?;
            return Ok(tapes_csv(&self.trace, &|layer, direction| gradients.tape(layer, direction))?);
        }
        let shown = shown(options)?;
        self.view.advance(name, &shown, &mut || true)?;
        Ok(self.view.figure(name, &shown, self.ghost.as_ref())?.csv())
    }

    /// The untouched run of the same network, drawn behind this one in figures.
    #[wasm_bindgen(js_name = setGhost)]
    pub fn set_ghost(&mut self, ghost: &Trace) {
        self.ghost = Some(ghost.view.clone());
    }
}

/// A row a step, a column a unit: `t,example,layer0.forward.i[0],…`.
fn tapes_csv<'a>(
    trace: &net::Trace<f32>,
    tape: &dyn Fn(usize, usize) -> crate::error::Result<&'a Tape<f32>>,
) -> crate::error::Result<String> {
    let config = trace.net.config();
    let mut tapes = vec![];
    for layer in 0..config.layers {
        for direction in 0..config.directions() {
            tapes.push((layer, ["forward", "reverse"][direction], tape(layer, direction)?));
        }
    }
    let mut csv = String::from("t,example");
    for (layer, direction, tape) in &tapes {
        for (k, lane) in tape.spec.lanes.iter().enumerate() {
            (0..tape.layout.length(k)).for_each(|j| csv.push_str(&format!(",layer{layer}.{direction}.{}[{j}]", lane.name)));
        }
    }
    csv.push('\n');
    for (b, length) in trace.lengths.iter().enumerate() {
        for t in 0..*length {
            csv.push_str(&format!("{t},{b}"));
            for (_, _, tape) in &tapes {
                tape.column(t, b).iter().for_each(|v| csv.push_str(&format!(",{v}")));
            }
            csv.push('\n');
        }
    }
    Ok(csv)
}
