//! Files that torch wrote are read and predict what torch predicts; files that this crate writes are taken by torch.
//!
//! tests/golden/fixtures.py made the first kind. The second: `cargo test --test safetensors_interop -- --ignored` writes them to
//! target/written, tests/golden/check_written.py loads each with `load_state_dict` and commits what torch says as written.json.

#[path = "support/sha256.rs"]
mod sha256;
mod support;

use serde::{Deserialize, Serialize};
use sha256::sha256;
use support::{F32_FACTOR, F32_FLOOR, draw, golden};
use unrolled::cell::{Options, Precision};
use unrolled::io::safetensors::{Choices, Names, read, write};
use unrolled::math::rng::Rng;
use unrolled::net::{Config, Embedding, Head, Input, Net, Readout, Run, Start};

#[derive(Deserialize)]
struct Expected {
    files: Vec<Fixture>,
}

#[derive(Deserialize)]
struct Fixture {
    file: String,
    options: Choices,
    dtype: String,
    steps: usize,
    batch: usize,
    input: Option<Vec<f64>>,
    tokens: Option<Vec<usize>>,
    prediction: Option<Vec<f64>>,
    output: Option<Vec<f64>>,
    f32_dev: f64,
}

impl Fixture {
    /// Our network's answer to the file's input: its prediction, or its output where it has no head.
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
    let expected: Expected = serde_json::from_slice(&std::fs::read(golden("files/expected.json")).unwrap()).unwrap();
    let read = |f: Fixture| {
        let bytes = std::fs::read(golden("files").join(&f.file)).unwrap();
        (f, bytes)
    };
    expected.files.into_iter().map(read).collect()
}

/// Largest difference.
fn apart(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

#[test]
fn files_of_torch_predict_what_torch_predicts() {
    let fixtures = fixtures();
    assert_eq!(fixtures.len(), 15);
    for (fixture, bytes) in &fixtures {
        let (exact, _) = read::<f64>(bytes, &fixture.options).unwrap();
        let difference = apart(&fixture.answer(&exact), fixture.expected());
        assert!(difference < 1e-13, "{} in f64: {difference:e}", fixture.file);
        let (single, loaded) = read::<f32>(bytes, &fixture.options).unwrap();
        let difference = apart(&fixture.answer(&single), fixture.expected());
        // A file of f64 numbers is rounded to f32 on top of that.
        let rounding = if fixture.dtype == "float64" { 1e-6 } else { 0.0 };
        let tolerance = F32_FACTOR * fixture.f32_dev + F32_FLOOR + rounding;
        assert!(difference <= tolerance, "{} in f32: {difference:e}, tolerance {tolerance:e}", fixture.file);
        assert!(loaded.unused.is_empty(), "{}: {:?}", fixture.file, loaded.unused);
        // The comparison sees one weight of the file changed in its last bits.
        let mut disturbed = exact.clone();
        let first = disturbed.parameters()[0].clone();
        let values: Vec<f64> = first.values.iter().map(|v| v * 1.000001).collect();
        disturbed.set_parameter(&first.name, &values).unwrap();
        assert!(apart(&fixture.answer(&disturbed), fixture.expected()) > 1e-13, "{}", fixture.file);
    }
}

/// What a file cannot tell has PyTorch's default, and that is said.
#[test]
fn what_a_file_cannot_tell_is_reported() {
    for (fixture, bytes) in fixtures() {
        let (net, loaded) = read::<f32>(&bytes, &Choices::default()).unwrap();
        let said = |what: &str| loaded.assumed.iter().any(|a| a.starts_with(what));
        let config = net.config();
        assert_eq!(said("nonlinearity"), config.cell == "rnn", "{}: {:?}", fixture.file, loaded.assumed);
        assert_eq!(said("reset") && said("update"), config.cell == "gru", "{}: {:?}", fixture.file, loaded.assumed);
        assert_eq!(said("readout"), config.bidirectional && config.head.is_some(), "{}: {:?}", fixture.file, loaded.assumed);
        assert_eq!(said("precision"), fixture.dtype == "float64", "{}: {:?}", fixture.file, loaded.assumed);
    }
}

#[test]
fn a_choice_that_matters_changes_the_prediction() {
    let fixtures = fixtures();
    let find = |name: &str| fixtures.iter().find(|(f, _)| f.file == name).unwrap();
    let (relu, bytes) = find("rnn-relu.safetensors");
    let (tanh, _) = read::<f64>(bytes, &Choices::default()).unwrap();
    assert!(apart(&relu.answer(&tanh), relu.expected()) > 1e-3, "tanh instead of relu");
    let (gru, bytes) = find("gru-fc.safetensors");
    for text in [r#"{"gru": {"reset": "before"}}"#, r#"{"gru": {"update": "replace"}}"#] {
        let (other, _) = read::<f64>(bytes, &serde_json::from_str(text).unwrap()).unwrap();
        assert!(apart(&gru.answer(&other), gru.expected()) > 1e-3, "{text}");
    }
}

/// Reading what was written gives the same network, under the same names.
#[test]
fn a_round_trip_loses_nothing() {
    for (fixture, bytes) in fixtures() {
        let (net, loaded) = read::<f32>(&bytes, &fixture.options).unwrap();
        let names =
            Names { prefix: Some(loaded.prefix.clone()), head: loaded.head_prefix.clone(), embedding: loaded.embedding_prefix.clone() };
        let written = write(&net, &names).unwrap();
        assert_eq!(written, write(&net, &names).unwrap(), "the same bytes every time");
        let (again, loaded_again) = read::<f32>(&written, &fixture.options).unwrap();
        assert!(again.parameters() == net.parameters(), "{}", fixture.file);
        assert_eq!((again.config(), &loaded_again.prefix), (net.config(), &loaded.prefix), "{}", fixture.file);
        let shapes = |bytes: &[u8]| {
            let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
            let mut all: Vec<(String, Vec<usize>)> = file.iter().map(|(name, t)| (name.to_string(), t.shape().to_vec())).collect();
            all.sort();
            all
        };
        assert_eq!(shapes(&written), shapes(&bytes), "{}: names and shapes", fixture.file);
        if fixture.dtype == "float32" {
            let data = |bytes: &[u8]| {
                let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
                let mut all: Vec<(String, Vec<u8>)> = file.iter().map(|(name, t)| (name.to_string(), t.data().to_vec())).collect();
                all.sort();
                all
            };
            assert_eq!(data(&written), data(&bytes), "{}: every bit of every tensor", fixture.file);
        }
    }
}

/// A network that torch was asked to load, and how.
#[derive(Serialize)]
struct Written {
    name: &'static str,
    /// As `generate.py` names kinds.
    kind: &'static str,
    config: Config,
    prefix: &'static str,
    steps: usize,
    batch: usize,
    input: Vec<f32>,
    tokens: Vec<usize>,
    #[serde(skip)]
    net: Option<Net<f32>>,
}

impl Written {
    fn bytes(&self) -> Vec<u8> {
        let names = Names { prefix: Some(self.prefix.into()), ..Names::default() };
        write(self.net.as_ref().unwrap(), &names).unwrap()
    }

    fn answer(&self) -> Vec<f64> {
        let input = if self.tokens.is_empty() { Input::Values(self.input.clone()) } else { Input::Tokens(self.tokens.clone()) };
        let trace = self.net.as_ref().unwrap().run(Run::new(self.steps, self.batch, input)).unwrap();
        trace.prediction().unwrap_or(trace.output()).iter().map(|v| *v as f64).collect()
    }
}

/// Name, kind, prefix, and what is not the default.
type Shape = (&'static str, &'static str, &'static str, fn(&mut Config));

fn written() -> Vec<Written> {
    let shapes: [Shape; 6] = [
        ("forecaster", "lstm", "lstm", |c| (c.hidden, c.layers, c.head) = (64, 2, Some(Head { outputs: 1 }))),
        ("gru", "gru-after-keep", "module.encoder.gru", |c| (c.layers, c.head) = (3, Some(Head { outputs: 2 }))),
        ("classifier", "lstm", "lstm", |c| {
            (c.bidirectional, c.head, c.readout) = (true, Some(Head { outputs: 3 }), Readout::FinalStates);
            (c.input, c.embedding) = (4, Some(Embedding { vocabulary: 11, width: 4 }));
        }),
        ("rnn-tanh", "rnn-tanh", "rnn", |c| c.bidirectional = true),
        ("rnn-relu", "rnn-relu", "", |c| {
            c.bias = false;
            c.options = Options::from([("nonlinearity".to_string(), "relu".to_string())]);
        }),
        ("lstm-no-bias", "lstm", "", |c| (c.bias, c.bidirectional, c.layers) = (false, true, 2)),
    ];
    let make = |(k, (name, kind, prefix, set)): (usize, Shape)| {
        let mut config = Config::new(kind.split('-').next().unwrap(), 3, 7);
        set(&mut config);
        let (steps, batch, mut rng) = (9, 3, Rng::new(70 + k as u64));
        let net = Net::<f32>::random(config, 40 + k as u64, Start::default()).unwrap();
        let config = net.config().clone();
        let (mut input, mut tokens) = (vec![], vec![]);
        match &config.embedding {
            Some(e) => tokens = (0..steps * batch).map(|_| rng.int(e.vocabulary)).collect(),
            None => input = draw(&mut rng, steps * batch * config.input, 1.0),
        }
        Written { name, kind, config, prefix, steps, batch, input, tokens, net: Some(net) }
    };
    shapes.into_iter().enumerate().map(make).collect()
}

/// Puts the files where `check_written.py` reads them, so that a change of the writer needs no second way to make them.
fn write_files_for_torch(written: &[Written]) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/written");
    std::fs::create_dir_all(&folder).unwrap();
    for one in written {
        std::fs::write(folder.join(format!("{}.safetensors", one.name)), one.bytes()).unwrap();
        std::fs::write(folder.join(format!("{}.json", one.name)), serde_json::to_vec(&one).unwrap()).unwrap();
    }
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

/// torch loaded exactly these bytes, strictly, and computed what we compute.
#[test]
fn torch_takes_what_is_written() {
    let proof: Proof = serde_json::from_slice(&std::fs::read(golden("written.json")).unwrap()).unwrap();
    let written = written();
    write_files_for_torch(&written);
    assert_eq!(proof.files.len(), written.len());
    for (one, proven) in written.iter().zip(&proof.files) {
        assert_eq!(one.name, proven.name);
        let again = "the written bytes changed: run check_written.py again";
        assert_eq!(sha256(&one.bytes()), proven.sha256, "{}: {again}", one.name);
        let difference = apart(&one.answer(), &proven.answer);
        assert!(difference <= F32_FACTOR * proven.f32_dev + F32_FLOOR, "{}: {difference:e}", one.name);
    }
}

#[test]
fn sha256_of_known_texts() {
    assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    assert_eq!(sha256(long), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
