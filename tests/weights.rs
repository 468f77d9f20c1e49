//! The shipped weights do, in our own core, what their provenance says that they do.

use std::path::{Path, PathBuf};

use serde_json::Value;
use unrolled::io::safetensors::{self, Choices};
use unrolled::net::{Config, Input, Net, Run};
use unrolled::task::sentence::{self, Sample, Vocabulary, WORDS};
use unrolled::task::temperature::{Normalisation, WINDOW, Weather};
use unrolled::task::{Kind, Part, Spec, agreement, all, sentiment};

/// Weights are part of what the page loads.
const MAX_BYTES: usize = 150_000;
/// In °C. Trainer and core round differently, and tanh and sigmoid differ by up to 1e-6: a thousandth of a degree is far
/// more than that makes, and far less than any figure that is shown.
const RMSE_TOLERANCE: f64 = 1e-3;

/// Every cell of the registry has trained weights.
const FORECASTERS: [&str; 9] = ["rnn", "lstm", "gru", "mingru", "minlstm", "s4d", "mamba", "slstm", "mlstm"];

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")
}

fn index() -> Vec<Value> {
    let text = std::fs::read_to_string(assets().join("weights/index.json")).expect("the index");
    serde_json::from_str(&text).expect("a list")
}

fn entry(name: &str) -> Value {
    index().into_iter().find(|entry| entry["name"] == name).unwrap_or_else(|| panic!("no entry {name}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is not a text in {value}"))
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} is not a number in {value}"))
}

fn weather() -> Weather {
    Weather::parse(&std::fs::read(assets().join("data/weather-nyc-2013-hourly.csv")).expect("the data")).expect("well-formed")
}

/// The network of an entry's file, which has to be the one that the entry describes.
fn load(entry: &Value) -> Net<f32> {
    let config: Config = serde_json::from_value(entry["config"].clone()).expect("a configuration");
    let bytes = std::fs::read(assets().join("weights").join(text(entry, "file"))).expect("the file");
    let (net, loaded) = safetensors::read(&bytes, &Choices::default()).expect("PyTorch's names");
    assert_eq!(*net.config(), config.checked().expect("a possible network"));
    assert_eq!(loaded.unused, [""; 0]);
    net
}

/// `metrics` of one task of an entry.
fn metrics<'a>(entry: &'a Value, task: &str) -> &'a Value {
    let list = entry["metrics"].as_array().expect("a list");
    list.iter().find(|metrics| metrics["task"] == task).expect("metrics of the task")
}

#[test]
fn every_entry_agrees_with_the_registry_and_its_file() {
    let entries = index();
    assert_eq!(entries.len(), FORECASTERS.len() + 1);
    for entry in &entries {
        let size = std::fs::metadata(assets().join("weights").join(text(entry, "file"))).expect("the file").len();
        assert!(size as usize <= MAX_BYTES, "{}: {size} bytes", text(entry, "file"));
        let net = load(entry);
        let outputs = net.config().head.as_ref().expect("a head").outputs;
        for task in entry["tasks"].as_array().expect("a list") {
            let spec = all().iter().find(|spec| task["task"] == spec.name).expect("a task of the registry");
            assert_eq!(task["labels"], serde_json::json!(spec.labels));
            let of_task = task["outputs"].as_array().expect("a list");
            assert_eq!(of_task.len(), if spec.kind == Kind::Regression { 1 } else { spec.labels.len() });
            assert!(of_task.iter().all(|k| k.as_u64().expect("an index") < outputs as u64));
            metrics(entry, spec.name);
        }
        for key in ["trainer", "script", "data", "recipe", "sha256"] {
            assert!(!text(&entry["provenance"], key).is_empty());
        }
    }
}

#[test]
fn forecasters_err_as_much_as_they_say() {
    let weather = weather();
    let expected = weather.normalisation(&[0, 1, 2]).expect("readings");
    for cell in FORECASTERS {
        let entry = entry(&format!("temperature-{cell}"));
        let normalisation =
            Normalisation { mean: number(&entry["normalisation"], "mean"), deviation: number(&entry["normalisation"], "deviation") };
        assert_eq!(normalisation, expected);
        let metrics = metrics(&entry, "temperature");
        let station = weather.stations.iter().position(|s| s.name == text(metrics, "station")).expect("a station");
        let celsius = &weather.stations[station].celsius;
        let windows = weather.windows(station, Part::Test);
        assert_eq!(windows.len(), number(metrics, "targets") as usize);

        let (net, mut last) = (load(&entry), vec![]);
        // As many at once as a run of the largest tape may record.
        for some in windows.chunks(256) {
            let input = (0..WINDOW).flat_map(|t| some.iter().map(move |k| normalisation.apply(celsius[k + t]))).collect();
            let trace = net.run(Run::new(WINDOW, some.len(), Input::Values(input))).expect("a run");
            last.extend_from_slice(&trace.prediction().expect("a head")[(WINDOW - 1) * some.len()..]);
        }
        let rmse = |forecast: &dyn Fn(usize) -> f32| {
            let squares = windows.iter().enumerate().map(|(b, k)| f64::from(forecast(b) - celsius[k + WINDOW]).powi(2));
            (squares.sum::<f64>() / windows.len() as f64).sqrt()
        };
        let found = rmse(&|b| normalisation.invert(last[b]));
        let persistence = rmse(&|b| celsius[windows[b] + WINDOW - 1]);
        let yesterday = rmse(&|b| celsius[windows[b] + WINDOW - 24]);
        for (found, key) in [(found, "rmse"), (persistence, "persistenceRmse"), (yesterday, "sameHourYesterdayRmse")] {
            assert!((found - number(metrics, key)).abs() < RMSE_TOLERANCE, "{cell}: {key} is {found}");
        }
        assert!(found < persistence, "{cell} is no better than persistence");
        // Published nowhere near this on such data: below it, look for leakage first.
        assert!(found > 0.70, "{cell}: {found} is too good to be true");

        let view = &entry["view"];
        let start = weather.row(text(view, "start")).expect("a row");
        let shown = &weather.stations.iter().find(|s| s.name == text(view, "station")).expect("a station").celsius;
        let shown = &shown[start..=start + number(view, "steps") as usize];
        assert!(shown.iter().all(|x| !x.is_nan()), "the first view has a gap");
        assert!(weather.part(Part::Test).contains(&start), "the first view shows what was trained on");
    }
}

/// For each sentence the label that the classifier gives.
fn classify(net: &Net<f32>, sentences: &[Vec<usize>], outputs: &[usize]) -> Vec<usize> {
    let batch = sentences.len();
    let lengths: Vec<usize> = sentences.iter().map(Vec::len).collect();
    let steps = lengths.iter().copied().max().expect("a sentence");
    let pad = sentence::PAD as usize;
    let tokens = (0..steps).flat_map(|t| sentences.iter().map(move |s| s.get(t).copied().unwrap_or(pad))).collect();
    let mut run = Run::new(steps, batch, Input::Tokens(tokens));
    run.lengths = Some(lengths);
    let trace = net.run(run).expect("a run");
    let prediction = trace.prediction().expect("a head");
    let width = prediction.len() / batch;
    let argmax = |scores: &[f32]| usize::from(scores[outputs[1]] > scores[outputs[0]]);
    prediction.chunks_exact(width).map(argmax).collect()
}

fn outputs(entry: &Value, task: &str) -> Vec<usize> {
    let tasks = entry["tasks"].as_array().expect("a list");
    let task = tasks.iter().find(|t| t["task"] == task).expect("the task");
    task["outputs"].as_array().expect("a list").iter().map(|k| k.as_u64().expect("an index") as usize).collect()
}

#[test]
fn the_classifier_is_as_often_right_as_it_says() {
    let entry = entry("sentences-bilstm");
    assert_eq!(entry["vocabulary"], serde_json::json!(WORDS), "weights are tied to the vocabulary's order");
    let (net, vocabulary) = (load(&entry), Vocabulary::new());
    let ids = |words: &[&str]| -> Vec<usize> { vocabulary.encode(words).into_iter().map(|id| id as usize).collect() };
    let tasks: [(&Spec, Sample); 2] = [(&agreement::SPEC, agreement::sample), (&sentiment::SPEC, sentiment::sample)];
    for (spec, sample) in tasks {
        let metrics = metrics(&entry, spec.name);
        let outputs = outputs(&entry, spec.name);
        let test = sentence::part(sample, Part::Test);
        assert_eq!(test.len(), number(metrics, "sentences") as usize);
        let mut correct = 0;
        for some in test.chunks(500) {
            let said = classify(&net, &some.iter().map(|s| ids(&s.words)).collect::<Vec<_>>(), &outputs);
            correct += some.iter().zip(said).filter(|(s, said)| s.label == *said).count();
        }
        assert_eq!(correct, number(metrics, "correct") as usize, "{}", spec.name);
        let accuracy = correct as f64 / test.len() as f64;
        assert!((accuracy - number(metrics, "accuracy")).abs() < 1e-6);
        assert!(accuracy > number(metrics, "majority").max(number(metrics, "bagOfWords")));

        for example in spec.examples {
            let tokens = vocabulary.tokenize(example.text).expect("words");
            let said = classify(&net, &[tokens.iter().map(|token| token.id as usize).collect()], &outputs);
            assert_eq!(said, [example.label], "{}", example.text);
        }
    }
}
