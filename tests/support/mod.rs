//! Reads the golden values of tests/golden, draws the numbers that generate.py drew, and compares.
// Each test file uses its own part of this.
#![allow(dead_code)]

use std::path::PathBuf;

use safetensors::SafeTensors;
use serde::Deserialize;
use unrolled::cell::{Options, Precision, all, variants};
use unrolled::math::rng::Rng;
use unrolled::net::{Config, Embedding, Gradients, Head, Initial, Input, Net, Readout, Run, Trace, Upstream};

/// f32: times PyTorch's own distance of f32 from f64 (another order of sums may be as unlucky in another place) …
pub const F32_FACTOR: f64 = 20.0;
/// … plus this much of the tensor's largest value, or of 1.
pub const F32_FLOOR: f64 = 1e-6;
/// f64: this much of the tensor's largest value. Both sides round at 1e-16; 500 steps and 1e4-sized inputs amplify it.
pub const F64_RELATIVE: f64 = 1e-9;
/// f64: what is left of terms that cancel exactly.
pub const F64_FLOOR: f64 = 1e-13;
/// A sum of n errors with random signs stays below this times √n times the largest, except once in 1e13 (Hoeffding).
pub const PROJECTION_FACTOR: f64 = 8.0;

const SIGN_SEED: u64 = 0x5163;
const SAMPLE_SEED: u64 = 0x5A3B;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub group: String,
    pub kind: String,
    pub layers: usize,
    pub bidirectional: bool,
    pub bias: bool,
    pub steps: usize,
    pub batch: usize,
    pub width: usize,
    pub hidden: usize,
    pub seed: u64,
    #[serde(default)]
    pub layout: usize,
    /// All entries are stored up to the first number of them, beyond that the second number of samples.
    #[serde(default)]
    pub entries: (usize, usize),
    #[serde(default)]
    pub matrices: bool,
    #[serde(default)]
    pub lengths: Option<Vec<usize>>,
    #[serde(default)]
    pub dropout: Option<f64>,
    #[serde(default = "yes")]
    pub initial: bool,
    #[serde(default = "one")]
    pub input_scale: f64,
    #[serde(default)]
    pub nan_at: Option<(usize, usize)>,
    #[serde(default)]
    pub infinite_at: Option<(usize, usize)>,
    #[serde(default)]
    pub final_gradient: bool,
    #[serde(default)]
    pub outputs: usize,
    #[serde(default)]
    pub vocabulary: usize,
    #[serde(default)]
    pub readout: Option<Readout>,
}

fn yes() -> bool {
    true
}
fn one() -> f64 {
    1.0
}

#[derive(Deserialize)]
pub struct Index {
    pub layouts: Vec<Vec<String>>,
    pub cases: Vec<Case>,
    pub jacobians: Vec<Case>,
}

pub fn golden(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file)
}

pub fn index() -> Index {
    serde_json::from_slice(&std::fs::read(golden("index.json")).unwrap()).unwrap()
}

/// All f64 tensors of values.safetensors, read once.
pub struct Values(Vec<u8>);

impl Values {
    pub fn read() -> Self {
        Values(std::fs::read(golden("values.safetensors")).unwrap())
    }

    pub fn get(&self, name: &str) -> Vec<f64> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = file.tensor(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        tensor.data().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
    }
}

/// What generate.py stored of one tensor.
#[derive(Clone, Debug)]
pub struct Record {
    pub count: usize,
    pub largest: f64,
    pub f32_dev: f64,
    pub nans: usize,
    pub projection: f64,
    /// (index, value)
    pub sample: Vec<(usize, f64)>,
}

fn sample_indices(count: usize, (all_below, wanted): (usize, usize)) -> Vec<usize> {
    if count <= all_below {
        return (0..count).collect();
    }
    let mut rng = Rng::new(SAMPLE_SEED + count as u64);
    let middle = (0..wanted - 2).map(|_| rng.int(count));
    [0].into_iter().chain(middle).chain([count - 1]).collect()
}

/// The records of one case, one for each name of its layout.
pub fn records(numbers: &[f64], names: &[String], entries: (usize, usize)) -> Vec<Record> {
    let mut rest = numbers;
    let mut all = vec![];
    for _ in names {
        let indices = sample_indices(rest[0] as usize, entries);
        let sample = indices.iter().copied().zip(rest[5..].iter().copied()).collect();
        all.push(Record {
            count: rest[0] as usize,
            largest: rest[1],
            f32_dev: rest[2],
            nans: rest[3] as usize,
            projection: rest[4],
            sample,
        });
        rest = &rest[5 + indices.len()..];
    }
    assert!(rest.is_empty(), "{} numbers are left over", rest.len());
    all
}

impl Record {
    pub fn tolerance<T: Precision>(&self) -> f64 {
        if size_of::<T>() == 8 {
            F64_FLOOR + F64_RELATIVE * self.largest
        } else {
            F32_FACTOR * self.f32_dev + F32_FLOOR * self.largest.max(1.0)
        }
    }

    /// Holds `got` against the record; the error says where and by how much.
    pub fn compare<T: Precision>(&self, got: &[T]) -> Result<(), String> {
        if got.len() != self.count {
            return Err(format!("{} values, expected {}", got.len(), self.count));
        }
        let tolerance = self.tolerance::<T>();
        for (at, expected) in &self.sample {
            let value = got[*at].f64();
            let close = (value - expected).abs() <= tolerance || value == *expected || (value.is_nan() && expected.is_nan());
            if !close {
                return Err(format!("[{at}] is {value:e}, expected {expected:e}, tolerance {tolerance:e}"));
            }
        }
        let nans = got.iter().filter(|v| v.f64().is_nan()).count();
        if nans != self.nans {
            return Err(format!("{nans} NaN, expected {}", self.nans));
        }
        let mut rng = Rng::new(SIGN_SEED + self.count as u64);
        let mut projection = 0.0;
        for value in got {
            let sign = if rng.bits() >> 63 == 1 { -1.0 } else { 1.0 };
            projection += if value.f64().is_finite() { sign * value.f64() } else { 0.0 };
        }
        let tolerance = PROJECTION_FACTOR * (self.count as f64).sqrt() * tolerance;
        if (projection - self.projection).abs() > tolerance {
            return Err(format!("projection is {projection:e}, expected {:e}, tolerance {tolerance:e}", self.projection));
        }
        Ok(())
    }
}

/// `count` numbers (2u − 1)·scale, rounded to f32.
pub fn draw<T: Precision>(rng: &mut Rng, count: usize, scale: f64) -> Vec<T> {
    (0..count).map(|_| T::of(((2.0 * rng.u() - 1.0) * scale) as f32 as f64)).collect()
}

/// A case as the crate takes it.
pub struct Drawn<T: Precision> {
    pub net: Net<T>,
    pub run: Run<T>,
    pub upstream: Upstream<T>,
}

impl Case {
    pub fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    pub fn title(&self, number: usize) -> String {
        let Case { group, kind, layers, steps, batch, width, hidden, .. } = self;
        let direction = if self.bidirectional { "bi" } else { "uni" };
        let bias = if self.bias { "bias" } else { "no bias" };
        format!("case {number} ({group}: {kind}, {layers} layers, {direction}, {bias}, T {steps}, B {batch}, I {width}, H {hidden})")
    }

    pub fn config(&self) -> Config {
        let mut parts = self.kind.split('-');
        let cell = parts.next().unwrap();
        let names: &[&str] = if cell == "rnn" { &["nonlinearity"] } else { &["reset", "update"] };
        let options: Options = names.iter().map(ToString::to_string).zip(parts.map(ToString::to_string)).collect();
        let mut config = Config::new(cell, self.width, self.hidden);
        (config.layers, config.bidirectional, config.bias, config.options) = (self.layers, self.bidirectional, self.bias, options);
        config.head = (self.outputs > 0).then_some(Head { outputs: self.outputs });
        config.embedding = (self.vocabulary > 0).then_some(Embedding { vocabulary: self.vocabulary, width: self.width });
        config.readout = self.readout.unwrap_or_default();
        config
    }

    /// Draws everything in the order that generate.py documents.
    pub fn draw<T: Precision>(&self) -> Drawn<T> {
        let mut net = Net::<T>::zeros(self.config()).unwrap();
        let mut rng = Rng::new(self.seed);
        let names: Vec<(String, usize)> = net.parameters().iter().map(|p| (p.name.clone(), p.values.len())).collect();
        for (name, count) in names {
            let free = name.starts_with("head.") || name.starts_with("embedding.");
            let scale = if free { 1.0 } else { 1.2 / (self.hidden as f64).sqrt() };
            net.set_parameter(&name, &draw(&mut rng, count, scale)).unwrap();
        }
        let columns = self.steps * self.batch;
        let input = if self.vocabulary > 0 {
            Input::Tokens((0..columns).map(|_| rng.int(self.vocabulary)).collect())
        } else {
            let mut values: Vec<T> = draw(&mut rng, columns * self.width, self.input_scale);
            for (at, value) in [(self.nan_at, f64::NAN), (self.infinite_at, f64::INFINITY)] {
                if let Some((t, b)) = at {
                    values[(t * self.batch + b) * self.width..][..self.width].fill(T::of(value));
                }
            }
            Input::Values(values)
        };
        let mut run = Run::new(self.steps, self.batch, input);
        run.lengths = self.lengths.clone();
        let wide = self.directions() * self.hidden;
        let states = self.layers * self.directions() * self.batch * self.hidden;
        let carried: &[&str] = if self.kind == "lstm" { &["h", "c"] } else { &["h"] };
        if self.initial {
            run.initial = carried.iter().map(|lane| Initial { lane: lane.to_string(), values: draw(&mut rng, states, 0.8) }).collect();
        }
        let mut upstream = Upstream::default();
        if self.outputs > 0 {
            let rows = if self.readout == Some(Readout::Last) { columns } else { self.batch };
            upstream.prediction = Some(draw(&mut rng, rows * self.outputs, 1.0));
        } else {
            upstream.output = Some(draw(&mut rng, columns * wide, 1.0));
        }
        if self.final_gradient {
            upstream.last = carried.iter().map(|lane| (lane.to_string(), draw(&mut rng, states, 1.0))).collect();
        }
        if let Some(p) = self.dropout {
            let kept = T::of((1.0 / (1.0 - p)) as f32 as f64);
            let mask = |rng: &mut Rng| (0..columns * wide).map(|_| if rng.u() >= p { kept } else { T::zero() }).collect();
            run.masks = (1..self.layers).map(|_| mask(&mut rng)).collect();
        }
        Drawn { net, run, upstream }
    }
}

impl<T: Precision> Drawn<T> {
    pub fn go(&self) -> (Trace<T>, Gradients<T>) {
        let trace = self.net.run(self.run.clone()).unwrap();
        let gradients = trace.backward(&self.upstream).unwrap();
        (trace, gradients)
    }
}

/// The tensor that generate.py calls `name`.
pub fn tensor<T: Precision>(name: &str, trace: &Trace<T>, gradients: &Gradients<T>) -> Vec<T> {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["output"] => trace.output().to_vec(),
        ["prediction"] => trace.prediction().unwrap().to_vec(),
        ["h_n"] => trace.final_state("h").unwrap(),
        ["c_n"] => trace.final_state("c").unwrap(),
        [which @ ("lane" | "dlane"), layer, direction, lane] => {
            let (layer, direction) = (layer.parse().unwrap(), direction.parse().unwrap());
            let tape = if *which == "lane" { trace.tape(layer, direction) } else { gradients.tape(layer, direction) }.unwrap();
            tape.lane_all(tape.lane_index(lane).unwrap())
        }
        ["d", "input"] => gradients.input.clone(),
        ["d", "h0"] => gradients.initial("h").unwrap(),
        ["d", "c0"] => gradients.initial("c").unwrap(),
        ["d", parameter @ ..] => gradients.parameter(&parameter.join(".")).unwrap().values.clone(),
        _ => panic!("unknown tensor {name}"),
    }
}

/// Every cell of the registry in every variant, one layer deep.
pub fn every_config(input: usize, hidden: usize) -> Vec<Config> {
    let each = |family: &&'static dyn unrolled::cell::Family| {
        let name = family.name();
        variants(*family).into_iter().map(move |options| Config { options, ..Config::new(name, input, hidden) })
    };
    all().iter().flat_map(each).collect()
}
