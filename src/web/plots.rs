//! Figures of a trace: options in, `plot::Figure` out. Heavy series are computed in slices and kept.

use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::convert::{Object, from_js, to_js};
use super::trace::{Place, View};
use crate::cell::{Kind, Lane, Spec};
use crate::error::{Code, Error};
use crate::plot::gates::Gate;
use crate::plot::palette::{Theme, slot};
use crate::plot::{
    self, Curve, Figure, Layout, Scene, Tick, gates, gradient_norms, influence, jacobian_norms, ssm_kernel, state_heatmap, state_norms,
};
use crate::probe::{Influence, RunningProduct, State, StepJacobians, half_life, lane_means, lane_norms, saturation};

/// What a figure shows. Everything has a default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Shown {
    pub layer: usize,
    pub direction: usize,
    pub example: usize,
    /// The chosen step.
    pub from: usize,
    /// Of the heatmap; the output lane by default.
    pub lane: Option<String>,
    /// Of the kernel; the one with the largest value by default.
    pub unit: Option<usize>,
    /// The elements of that lane that are its rows, and what one is called; all by default.
    pub rows: Option<Vec<usize>>,
    pub row: Option<String>,
    /// Name of the loss, for the title of gradients.
    pub loss: String,
    pub log: Option<bool>,
    pub relative: bool,
    /// A short label per step.
    pub labels: Vec<String>,
    /// `[{ t, text }]`: what is written on the time axis.
    pub ticks: Vec<Tick>,
    pub x_title: String,
}

impl Shown {
    fn place(&self) -> Place {
        (self.layer, self.direction, self.example)
    }
}

/// The lanes that are wanted: the output first, then what else is carried, then the rest.
fn states_first(spec: &Spec, wanted: fn(&Lane) -> bool) -> Vec<usize> {
    let rank = |lane: &Lane| (!lane.output as usize) + (!lane.carried as usize);
    (0..3).flat_map(|r| (0..spec.lanes.len()).filter(move |k| rank(&spec.lanes[*k]) == r && wanted(&spec.lanes[*k]))).collect()
}

type Series = Result<Vec<f64>, JsValue>;
/// One value per step of the input's and of the state's influence.
type Pair = (Vec<f64>, Vec<f64>);

impl View {
    /// Computes what a heavy figure needs, as long as `go_on` says so. Returns the share done, 0…1.
    pub(super) fn advance(&self, name: &str, shown: &Shown, go_on: &mut dyn FnMut() -> bool) -> Result<f64, JsValue> {
        let (trace, place) = (&self.trace, shown.place());
        if !plot::find(name)?.heavy {
            return Ok(1.0);
        }
        let mut kept = self.kept.borrow_mut();
        let kept = &mut *kept;
        let steps = kept.jacobians.get_or(place, |_| true, || StepJacobians::new(trace, place.0, place.1, place.2))?;
        if name == influence::SPEC.name {
            let influence =
                kept.influence.get_or(place, |i| i.from == shown.from, || Influence::new(trace, steps, place.0, place.1, shown.from))?;
            while influence.done() < 1.0 && go_on() {
                influence.advance(trace, steps)?;
            }
            return Ok(influence.done());
        }
        let product = kept.products.get_or(place, |_| true, || RunningProduct::new(trace, place.0, place.1, place.2, State::Output))?;
        let mut more = true;
        while more && go_on() {
            let (one, all) = (steps.advance(trace)?, product.advance(trace)?);
            more = one || all;
        }
        Ok((steps.done() + product.done()) / 2.0)
    }

    /// One figure, with the same series of the untouched run as ghosts. Heavy series are shown as far as they are known.
    pub(super) fn figure(&self, name: &str, shown: &Shown, ghost: Option<&View>) -> Result<Figure, JsValue> {
        let spec = plot::find(name)?;
        let ghost = ghost.filter(|g| self.comparable(g));
        let tape = self.trace.tape(shown.layer, shown.direction)?;
        if shown.example >= tape.batch || shown.from >= tape.steps {
            let message = format!("step {} of example {}; expected below {} and {}", shown.from, shown.example, tape.steps, tape.batch);
            return Err(Error::new(Code::OutOfRange, message).into());
        }
        let config = self.trace.net.config();
        let mut place = vec![];
        if config.layers > 1 {
            place.push(format!("layer {}", shown.layer + 1));
        }
        if config.bidirectional {
            place.push(if shown.direction == 1 { "reverse".into() } else { "forward".to_string() });
        }
        let place = place.join(", ");
        let scene = Scene {
            steps: tape.steps,
            reverse: shown.direction == 1,
            place: &place,
            labels: &shown.labels,
            ticks: &shown.ticks,
            x_title: &shown.x_title,
            from: shown.from,
            log: shown.log,
            relative: shown.relative,
        };
        match spec.name {
            n if n == state_norms::SPEC.name => self.state_norms(&scene, shown, ghost),
            n if n == gates::SPEC.name => self.gates(&scene, shown, ghost),
            n if n == state_heatmap::SPEC.name => self.heatmap(&scene, shown),
            n if n == gradient_norms::SPEC.name => self.gradient_norms(&scene, shown, ghost),
            n if n == ssm_kernel::SPEC.name => {
                let kernel = crate::probe::kernel(&self.trace.net, shown.layer, shown.direction, scene.steps)?;
                Ok(ssm_kernel::build(&scene, config.hidden, &kernel, shown.unit)?)
            }
            n if n == influence::SPEC.name => self.influence(&scene, shown, ghost),
            _ => self.jacobian_norms(&scene, shown, ghost),
        }
    }

    /// A ghost of another shape would be a different picture.
    fn comparable(&self, ghost: &View) -> bool {
        let (a, b) = (&self.trace, &ghost.trace);
        a.steps == b.steps && a.batch == b.batch && a.net.config() == b.net.config()
    }

    /// A series of some lanes, here and in the ghost, drawn by `build`.
    fn curves(
        &self,
        ghost: Option<&View>,
        lanes: &[usize],
        series: &dyn Fn(&View, &str) -> Series,
        build: &dyn Fn(&[Curve]) -> Figure,
    ) -> Result<Figure, JsValue> {
        let spec = self.trace.net.cell().spec();
        let mut values = vec![];
        for k in lanes {
            let name = spec.lanes[*k].name;
            values.push((name, slot(spec, *k), series(self, name)?, ghost.map(|g| series(g, name)).transpose()?));
        }
        let curves: Vec<Curve> =
            values.iter().map(|(name, slot, values, ghost)| Curve { name, slot: *slot, values, ghost: ghost.as_deref() }).collect();
        Ok(build(&curves))
    }

    fn state_norms(&self, scene: &Scene, shown: &Shown, ghost: Option<&View>) -> Result<Figure, JsValue> {
        let spec = self.trace.net.cell().spec();
        let lanes = states_first(spec, |lane| lane.carried);
        let (layer, direction, example) = shown.place();
        let series = |t: &View, lane: &str| Ok(lane_norms(&t.trace, layer, direction, example, lane)?);
        self.curves(ghost, &lanes, &series, &|curves| state_norms::build(scene, curves))
    }

    fn gradient_norms(&self, scene: &Scene, shown: &Shown, ghost: Option<&View>) -> Result<Figure, JsValue> {
        let spec = self.trace.net.cell().spec();
        let lanes = states_first(spec, |lane| lane.kind != Kind::Internal);
        let (layer, direction, example) = shown.place();
        let series = |t: &View, lane: &str| {
            let kept = t.kept.borrow();
            match &kept.gradients {
                Some(g) => Ok(crate::probe::gradient_norms(g, layer, direction, example, lane)?),
                None => Err(JsValue::from(Error::new(Code::Unsupported, "there are no gradients yet; expected a call of backward()"))),
            }
        };
        let ghost = ghost.filter(|g| g.kept.borrow().gradients.is_some());
        self.curves(ghost, &lanes, &series, &|curves| gradient_norms::build(scene, &shown.loss, curves))
    }

    fn gates(&self, scene: &Scene, shown: &Shown, ghost: Option<&View>) -> Result<Figure, JsValue> {
        let spec = self.trace.net.cell().spec();
        let (layer, direction, example) = shown.place();
        let mean = |t: &View, lane: &str| -> Series { Ok(lane_means(&t.trace, layer, direction, example, lane)?) };
        let share = |t: &View, lane: &str| -> Series {
            Ok(saturation(&t.trace, layer, direction, example, lane)?.iter().map(|s| s.low + s.high).collect())
        };
        let mut owned = vec![];
        for (k, lane) in spec.lanes.iter().enumerate().filter(|(_, l)| l.kind == Kind::Gate) {
            let here = (mean(self, lane.name)?, share(self, lane.name)?);
            let there = ghost.map(|g| Ok::<_, JsValue>((mean(g, lane.name)?, share(g, lane.name)?))).transpose()?;
            owned.push((k, lane, here, there));
        }
        let all: Vec<Gate> = owned
            .iter()
            .map(|(k, lane, here, there)| Gate {
                name: lane.name,
                title: lane.title,
                slot: slot(spec, *k),
                mean: &here.0,
                saturated: &here.1,
                ghost_mean: there.as_ref().map(|t| t.0.as_slice()),
                ghost_saturated: there.as_ref().map(|t| t.1.as_slice()),
            })
            .collect();
        Ok(gates::build(scene, &all))
    }

    fn heatmap(&self, scene: &Scene, shown: &Shown) -> Result<Figure, JsValue> {
        let tape = self.trace.tape(shown.layer, shown.direction)?;
        let name = shown.lane.as_deref().unwrap_or(tape.spec.lanes[tape.spec.output()].name);
        let k = tape.lane_index(name)?;
        let lane = &tape.spec.lanes[k];
        let rows = shown.rows.clone().unwrap_or_else(|| (0..tape.layout.length(k)).collect());
        if let Some(row) = rows.iter().find(|row| **row >= tape.layout.length(k)) {
            let message = format!("row {row} of {name}; expected below {}", tape.layout.length(k));
            return Err(Error::new(Code::OutOfRange, message).into());
        }
        let at = |t: usize, row: &usize| tape.lane(k, t, shown.example).get(*row).map_or(f64::NAN, |v| f64::from(*v));
        let values = (0..tape.steps).flat_map(|t| rows.iter().map(move |row| at(t, row))).collect();
        let range = lane.range.map(|(low, high)| if low < 0.0 { (low, high) } else { (0.0, high) });
        Ok(state_heatmap::build_rows(scene, name, shown.row.as_deref().unwrap_or("unit"), rows.len(), values, range)?)
    }

    fn influence(&self, scene: &Scene, shown: &Shown, ghost: Option<&View>) -> Result<Figure, JsValue> {
        let series = |t: &View| -> Result<Option<Pair>, JsValue> {
            let kept = t.kept.borrow();
            let Some(found) = kept.influence.get(shown.place()).filter(|i| i.from == shown.from) else { return Ok(None) };
            let (mut of_input, mut of_state) = (vec![f64::NAN; t.trace.steps], vec![f64::NAN; t.trace.steps]);
            for (n, at) in found.moments.iter().enumerate().take(found.of_state.len()) {
                (of_input[*at], of_state[*at]) = (found.of_input[n], found.of_state[n]);
            }
            Ok(Some((of_input, of_state)))
        };
        let (of_input, of_state) = series(self)?.unwrap_or_default();
        let there = ghost.map(series).transpose()?.flatten();
        let kept = self.kept.borrow();
        let found = kept.influence.get(shown.place()).filter(|i| i.from == shown.from && i.done() >= 1.0);
        let spec = self.trace.net.cell().spec();
        let all = influence::Influence {
            output: spec.lanes[spec.output()].name,
            state: state_name(spec),
            of_input: &of_input,
            of_state: &of_state,
            ghost_of_input: there.as_ref().map(|t| t.0.as_slice()),
            ghost_of_state: there.as_ref().map(|t| t.1.as_slice()),
            half_life_of_state: found.and_then(|i| half_life(&i.of_state)),
            half_life_of_input: found.and_then(|i| half_life(&i.of_input)),
        };
        Ok(influence::build(scene, &all))
    }

    fn jacobian_norms(&self, scene: &Scene, shown: &Shown, ghost: Option<&View>) -> Result<Figure, JsValue> {
        let series = |t: &View| {
            let kept = t.kept.borrow();
            let one = kept.jacobians.get(shown.place()).map_or(vec![f64::NAN; t.trace.steps], |j| j.norms().to_vec());
            let mut running = vec![f64::NAN; t.trace.steps];
            if let Some(product) = kept.products.get(shown.place()) {
                // What is held after a moment belongs to that moment.
                for (state, at) in t.trace.moments(shown.direction, shown.example).into_iter().enumerate() {
                    running[at] = product.norms[state + 1];
                }
            }
            (one, running)
        };
        let here = series(self);
        let there = ghost.map(series);
        let spec = self.trace.net.cell().spec();
        let name = state_name(spec);
        let ghost_one = there.as_ref().map(|t| t.0.as_slice());
        let one = Curve { name, slot: 1, values: &here.0, ghost: ghost_one };
        let running = Curve { name, slot: 0, values: &here.1, ghost: there.as_ref().map(|t| t.1.as_slice()) };
        Ok(jacobian_norms::build(scene, name, one, running))
    }
}

/// What the state is called that Jacobians are taken by: the output where it is carried, else all that is (`probe::State::Output`).
fn state_name(spec: &Spec) -> &'static str {
    let output = &spec.lanes[spec.output()];
    if output.carried { output.name } else { "state" }
}

/// Options of a figure from JavaScript.
pub(super) fn shown(options: &JsValue) -> Result<Shown, JsValue> {
    from_js("plot options", options)
}

/// Where and how a figure is drawn, in CSS pixels.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Drawing {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    dpr: f64,
    font: f64,
    theme: String,
    cursor: Option<usize>,
    hover: Option<usize>,
    unit: Option<usize>,
    hidden: Vec<String>,
    /// With background, title and legend, for a file.
    complete: bool,
    /// The lane that stands out.
    highlight: Option<String>,
}

impl Default for Drawing {
    fn default() -> Self {
        let d = Layout::default();
        let (theme, hidden) = (String::new(), vec![]);
        Drawing {
            width: d.width,
            height: d.height,
            left: d.left,
            right: d.right,
            dpr: 1.0,
            font: d.font,
            theme,
            cursor: None,
            hover: None,
            unit: None,
            hidden,
            complete: false,
            highlight: None,
        }
    }
}

/// A layout from JavaScript's options; sizes are kept within what a canvas can hold.
pub(super) fn layout(options: &JsValue) -> Result<Layout, JsValue> {
    let o: Drawing = from_js("plot options", options)?;
    let sizes = [o.width, o.height, o.left, o.right, o.dpr, o.font];
    if sizes.iter().any(|v| !v.is_finite() || *v < 0.0) || o.width > 20_000.0 || o.height > 20_000.0 || !(0.1..=8.0).contains(&o.dpr) {
        let message = "width, height, left, right, font and dpr must be sizes; expected 0 to 20000 pixels and a ratio of 0.1 to 8";
        return Err(Error::new(Code::OutOfRange, message).into());
    }
    Ok(Layout {
        width: o.width,
        height: o.height,
        left: o.left,
        right: o.right,
        dpr: o.dpr,
        font: o.font.clamp(4.0, 100.0),
        theme: Theme::from_name(&o.theme),
        cursor: o.cursor,
        hover: o.hover,
        unit: o.unit,
        hidden: o.hidden,
        complete: o.complete,
        lane: o.highlight,
        ..Layout::default()
    })
}

/// A figure's data for tables, read-outs and legends.
pub(super) fn data(figure: &Figure, options: &JsValue, done: f64) -> Result<JsValue, JsValue> {
    let theme = layout(options)?.theme;
    let series = js_sys::Array::new();
    for (head, values) in figure.series(theme) {
        let object = to_js(&head)?;
        let _ = js_sys::Reflect::set(&object, &"values".into(), &js_sys::Float64Array::from(values));
        series.push(&object);
    }
    let x = Object::new().set("title", figure.x_title.as_str());
    Ok(Object::new()
        .set("name", figure.spec.name)
        .set("title", figure.title.as_str())
        .set("summary", figure.summary.as_str())
        .set("x", x.into_js())
        .set("y", to_js(&figure.y())?)
        .set("series", series)
        .set("ready", done >= 1.0)
        .set("done", done)
        .into_js())
}
