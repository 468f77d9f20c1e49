//! Files of the modern cells' reference implementations are read and predict what those predict; files that this crate writes are
//! taken by them.
//!
//! tests/golden/modern/interop.py made the first kind. The second: `the_references_take_what_is_written` writes them to
//! target/written-modern, `interop.py check` loads each with `load_state_dict(strict=True)` and commits what the references say.

#[path = "support/sha256.rs"]
mod sha256;
mod support;

use serde::{Deserialize, Serialize};
use sha256::sha256;
use support::{F32_FACTOR, F32_FLOOR, draw, golden};
use unrolled::cell::{Options, Precision};
use unrolled::io::safetensors::{Choices, Names, read, write};
use unrolled::math::rng::Rng;
use unrolled::net::{Config, Head, Input, Net, Run, Start};

/// Convolutions by FFT and gates in log space stand between the references and the bits of f64.
const F64_TOLERANCE: f64 = 2e-13;

#[derive(Deserialize)]
struct Expected {
    files: Vec<Fixture>,
}

#[derive(Deserialize)]
struct Fixture {
    file: String,
    cell: String,
    choices: Choices,
    steps: usize,
    batch: usize,
    input: Option<Vec<f64>>,
    tokens: Option<Vec<usize>>,
    prediction: Option<Vec<f64>>,
    output: Option<Vec<f64>>,
    f32_dev: f64,
}

impl Fixture {
    /// Our prediction, or our output where there is no head.
    fn answer<T: Precision>(&self, net: &Net<T>) -> Vec<f64> {
        let input = match (&self.input, &self.tokens) {
            (Some(values), None) => Input::Values(values.iter().map(|v| T::of(*v)).collect()),
            (None, Some(ids)) => Input::Tokens(ids.clone()),
            _ => panic!("{}: numbers or tokens", self.file),
        };
        let trace = net.run(Run::new(self.steps, self.batch, input)).unwrap();
        let answer = if self.prediction.is_some() { trace.prediction().expect("a head") } else { trace.output() };
        answer.iter().map(|v| v.f64()).collect()
    }

    fn expected(&self) -> &[f64] {
        self.prediction.as_ref().or(self.output.as_ref()).unwrap()
    }
}

fn fixtures() -> Vec<(Fixture, Vec<u8>)> {
    let expected: Expected = serde_json::from_slice(&std::fs::read(golden("modern/files/expected.json")).unwrap()).unwrap();
    let read = |f: Fixture| {
        let bytes = std::fs::read(golden("modern/files").join(&f.file)).unwrap();
        (f, bytes)
    };
    expected.files.into_iter().map(read).collect()
}

/// Largest difference, in units of the largest value or of 1.
fn apart(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    let largest = right.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    left.iter().zip(right).map(|(x, y)| (x - y).abs() / largest).fold(0.0, f64::max)
}

#[test]
fn files_of_the_references_predict_what_those_predict() {
    let fixtures = fixtures();
    assert_eq!(fixtures.len(), 9);
    for (fixture, bytes) in &fixtures {
        let (exact, _) = read::<f64>(bytes, &fixture.choices).unwrap();
        assert_eq!(exact.config().cell, fixture.cell, "{}", fixture.file);
        let difference = apart(&fixture.answer(&exact), fixture.expected());
        assert!(difference < F64_TOLERANCE, "{} in f64: {difference:e}", fixture.file);
        let (single, loaded) = read::<f32>(bytes, &fixture.choices).unwrap();
        let difference = apart(&fixture.answer(&single), fixture.expected());
        let tolerance = F32_FACTOR * fixture.f32_dev + F32_FLOOR;
        assert!(difference <= tolerance, "{} in f32: {difference:e}, tolerance {tolerance:e}", fixture.file);
        assert!(loaded.unused.is_empty(), "{}: {:?}", fixture.file, loaded.unused);
        assert_eq!(loaded.assumed.iter().any(|a| a.starts_with("layout: ")), fixture.file == "slstm-cuda.safetensors");
        // The comparison sees a thousandth of any tensor.
        for p in exact.parameters() {
            let mut disturbed = exact.clone();
            let values: Vec<f64> = p.values.iter().map(|v| v + 1e-3).collect();
            disturbed.set_parameter(&p.name, &values).unwrap();
            assert!(apart(&fixture.answer(&disturbed), fixture.expected()) > F64_TOLERANCE, "{} {}", fixture.file, p.name);
        }
    }
}

/// Reading what was written gives the same network, under the same names; only the CUDA layout is not written.
#[test]
fn a_round_trip_loses_nothing() {
    for (fixture, bytes) in fixtures() {
        let (net, loaded) = read::<f32>(&bytes, &fixture.choices).unwrap();
        let names =
            Names { prefix: Some(loaded.prefix.clone()), head: loaded.head_prefix.clone(), embedding: loaded.embedding_prefix.clone() };
        let written = write(&net, &names).unwrap();
        let (again, loaded_again) = read::<f32>(&written, &fixture.choices).unwrap();
        assert!(again.parameters() == net.parameters(), "{}", fixture.file);
        assert_eq!((again.config(), &loaded_again.prefix), (net.config(), &loaded.prefix), "{}", fixture.file);
        if fixture.file != "slstm-cuda.safetensors" {
            let data = |bytes: &[u8]| {
                let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
                let mut all: Vec<(String, Vec<usize>, Vec<u8>)> =
                    file.iter().map(|(name, t)| (name.to_string(), t.shape().to_vec(), t.data().to_vec())).collect();
                all.sort();
                all
            };
            let (mut ours, theirs) = (data(&written), data(&bytes));
            // A head without a bias is written with zeros.
            ours.retain(|(name, _, bytes)| theirs.iter().any(|(n, ..)| n == name) || bytes.iter().any(|b| *b != 0));
            assert!(ours == theirs, "{}: every bit of every tensor", fixture.file);
        }
    }
}

/// A network that a reference was asked to load.
#[derive(Serialize)]
struct Written {
    name: &'static str,
    config: Config,
    prefix: &'static str,
    steps: usize,
    batch: usize,
    input: Vec<f32>,
    #[serde(skip)]
    net: Net<f32>,
}

impl Written {
    fn bytes(&self) -> Vec<u8> {
        write(&self.net, &Names { prefix: Some(self.prefix.into()), ..Names::default() }).unwrap()
    }

    fn answer(&self) -> Vec<f64> {
        let trace = self.net.run(Run::new(self.steps, self.batch, Input::Values(self.input.clone()))).unwrap();
        trace.prediction().unwrap_or(trace.output()).iter().map(|v| *v as f64).collect()
    }
}

/// Name, cell, width, hidden size, layers, directions, prefix, and options that are not the default.
type Shape = (&'static str, &'static str, usize, usize, usize, usize, &'static str, &'static [(&'static str, &'static str)]);

/// In the order of their names, as `interop.py check` reads them.
fn written() -> Vec<Written> {
    let shapes: [Shape; 7] = [
        ("mamba-both", "mamba", 4, 4, 1, 2, "mamba", &[("state", "4")]),
        ("mamba-layers", "mamba", 4, 4, 2, 1, "backbone.layers.{}.mixer", &[]),
        ("mingru", "mingru", 3, 5, 2, 1, "rnn", &[]),
        ("minlstm", "minlstm", 3, 5, 1, 1, "minlstm", &[]),
        ("mlstm", "mlstm", 4, 4, 1, 1, "mlstm", &[("layer", "full"), ("heads", "2")]),
        ("s4d", "s4d", 4, 4, 2, 1, "s4d", &[("layer", "full"), ("state", "6")]),
        ("slstm", "slstm", 6, 6, 2, 1, "blocks.{}.xlstm", &[("layer", "full"), ("heads", "2")]),
    ];
    let make = |(k, (name, cell, input, hidden, layers, directions, prefix, options)): (usize, Shape)| {
        let options: Options = options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let config = Config { layers, bidirectional: directions == 2, options, ..Config::new(cell, input, hidden) };
        let config = Config { head: (k % 2 == 1).then_some(Head { outputs: 2 }), ..config };
        let (steps, batch, mut rng) = (9, 3, Rng::new(170 + k as u64));
        let mut net = Net::<f32>::random(config, 140 + k as u64, Start::default()).unwrap();
        // What a reference starts at 0 or 1 would hide an exchange.
        let parameters: Vec<(String, Vec<f32>)> = net.parameters().iter().map(|p| (p.name.clone(), p.values.clone())).collect();
        for (name, values) in parameters {
            let moved: Vec<f32> = draw::<f32>(&mut rng, values.len(), 0.3).iter().zip(&values).map(|(d, v)| d + v).collect();
            net.set_parameter(&name, &moved).unwrap();
        }
        Written { name, config: net.config().clone(), prefix, steps, batch, input: draw(&mut rng, steps * batch * input, 1.0), net }
    };
    shapes.into_iter().enumerate().map(make).collect()
}

#[derive(Deserialize)]
struct Proof {
    files: Vec<Proven>,
}

#[derive(Deserialize)]
struct Proven {
    name: String,
    sha256: String,
    answer: Vec<f64>,
    f32_dev: f64,
}

/// The references loaded exactly these bytes, strictly, and computed what we compute.
#[test]
fn the_references_take_what_is_written() {
    let written = written();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/written-modern");
    std::fs::create_dir_all(&folder).unwrap();
    for one in &written {
        std::fs::write(folder.join(format!("{}.safetensors", one.name)), one.bytes()).unwrap();
        std::fs::write(folder.join(format!("{}.json", one.name)), serde_json::to_vec(&one).unwrap()).unwrap();
    }
    let proof: Proof = serde_json::from_slice(&std::fs::read(golden("modern/written.json")).unwrap()).unwrap();
    assert_eq!(proof.files.len(), written.len());
    for (one, proven) in written.iter().zip(&proof.files) {
        assert_eq!(one.name, proven.name);
        let again = "the written bytes changed: run interop.py check again";
        assert_eq!(sha256(&one.bytes()), proven.sha256, "{}: {again}", one.name);
        let difference = apart(&one.answer(), &proven.answer);
        assert!(difference <= F32_FACTOR * proven.f32_dev + F32_FLOOR, "{}: {difference:e}", one.name);
    }
}
