//! Trains the shipped weights with the project's own trainer, measures them and writes down what was measured.
//!
//!     cargo xtask weights                # everything
//!     cargo xtask weights gru sentences  # some cells (rnn, lstm, …, mlstm) or sentences; the others keep their entries
//!
//! Seeds are fixed and arithmetic is the same everywhere, so that the same source gives the same bytes on any machine. Baselines
//! in `index.json` are those of `train.py`, which trained the same networks with PyTorch; everything else is measured here.

#[path = "../../tests/support/sha256.rs"]
mod sha256;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};
use unrolled::error::Result as Checked;
use unrolled::io::safetensors::{self, Names};
use unrolled::math::rng::Rng;
use unrolled::net::{Config, Embedding, Input, Net, Run};
use unrolled::task::sentence::{self, MAX_DISTANCE, Sample, UNK, Vocabulary};
use unrolled::task::temperature::{WINDOW, Weather};
use unrolled::task::{self, Baseline, Batch, Data, Form, Part, Score, Spec, Task, agreement, sentences, sentiment};
use unrolled::train::{Schedule, ScheduleKind, Settings, Trainer};

type Failure = Box<dyn std::error::Error>;

const BATCH: usize = 64;
/// Validation chooses among these, each trained to the end of its schedule. It does not choose a network on the way: while the rate
/// is high the error jumps, and the luckiest moment says little about other months.
const FORECAST_SEEDS: [u64; 3] = [1, 2, 3];
const FORECAST_EPOCHS: usize = 30;
const FORECAST_RATE: f64 = 0.006;
/// The forecasters: about the same number of parameters each (4,200 to 4,600). Cells that read nothing of their own past but through
/// an elementwise recurrence get two layers, as in their papers (one alone would see a single number at each step), or their
/// reference's layer with its convolution.
const FORECASTERS: [Forecaster; 9] = [
    Forecaster { hidden: 32, ..Forecaster::new("lstm") },
    Forecaster { hidden: 37, ..Forecaster::new("gru") },
    Forecaster { hidden: 64, beta1: 0.9, ..Forecaster::new("rnn") },
    Forecaster { hidden: 46, layers: 2, ..Forecaster::new("mingru") },
    Forecaster { hidden: 38, layers: 2, ..Forecaster::new("minlstm") },
    Forecaster { hidden: 28, layers: 2, options: &[("layer", "full"), ("state", "8")], ..Forecaster::new("s4d") },
    Forecaster { hidden: 16, layers: 2, options: &[("state", "8")], ..Forecaster::new("mamba") },
    Forecaster { hidden: 32, ..Forecaster::new("slstm") },
    Forecaster { hidden: 32, options: &[("layer", "full"), ("heads", "2")], ..Forecaster::new("mlstm") },
];

/// One cell's network, and Adam's β₁ (PyTorch's one-cycle schedule, which came before, went from 0.95 to 0.85 and back).
struct Forecaster {
    cell: &'static str,
    hidden: usize,
    layers: usize,
    options: &'static [(&'static str, &'static str)],
    beta1: f64,
}

impl Forecaster {
    const fn new(cell: &'static str) -> Self {
        Forecaster { cell, hidden: 32, layers: 1, options: &[], beta1: 0.95 }
    }

    fn config(&self) -> Config {
        let options = self.options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Config { layers: self.layers, options, ..Config::new(self.cell, 0, self.hidden) }
    }
}
/// The first step that is asked in training: with less to go by a network can only guess.
const FORECAST_FROM: usize = 12;
const SENTENCE_SEED: u64 = 1;
const SENTENCE_EPOCHS: usize = 10;
const SENTENCE_RATE: f64 = 0.005;
const SENTENCE_HIDDEN: usize = 24;
const EMBEDDING: usize = 16;
/// A word is hidden this often in training, so that an unknown one is something the network has met.
const UNKNOWN_SHARE: f64 = 0.02;

fn main() -> Result<(), Failure> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let all: Vec<&str> = FORECASTERS.iter().map(|f| f.cell).chain(["sentences"]).collect();
    if let Some(other) = wanted.iter().find(|w| !all.contains(&w.as_str())) {
        return Err(format!("“{other}”; expected some of {}", all.join(", ")).into());
    }
    for what in all.into_iter().filter(|what| wanted.is_empty() || wanted.iter().any(|w| w == what)) {
        match FORECASTERS.iter().find(|f| f.cell == what) {
            Some(one) => forecaster(one)?,
            None => sentences()?,
        }
    }
    Ok(())
}

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")
}

/// As often as the schedule says, with twenty validations on the way.
fn trained(mut trainer: Trainer<f32>, updates: usize, what: &str) -> Checked<Trainer<f32>> {
    for k in 1..=updates {
        let report = trainer.update()?;
        if k % (updates / 20) == 0 {
            let found = trainer.validate()?;
            println!("{what}: update {k} of {updates}, loss {:.5}, validation {:.5}, {:.5}", report.loss, found.loss, found.metric);
        }
    }
    Ok(trainer)
}

fn settings(rate: f64, updates: usize, seed: u64) -> Settings {
    let schedule = Schedule { kind: ScheduleKind::WarmUpCosine, warm_up: updates as u64 / 10, updates: updates as u64, floor: 0.0 };
    Settings { learning_rate: rate, schedule, batch: BATCH, seed, validation: 10_000, ..Settings::default() }
}

/// Changes an entry of the index and writes the network's file.
fn ship(name: &str, net: &Net<f32>, provenance: Value, change: impl FnOnce(&mut Value)) -> Result<(), Failure> {
    let bytes = safetensors::write(net, &Names::default())?;
    std::fs::write(assets().join(format!("weights/{name}.safetensors")), &bytes)?;
    let path = assets().join("weights/index.json");
    let mut index: Vec<Value> = serde_json::from_slice(&std::fs::read(&path)?)?;
    if !index.iter().any(|entry| entry["name"] == name) {
        let mut new = index.iter().find(|entry| entry["name"] == "temperature-lstm").ok_or("no entry to begin with")?.clone();
        (new["name"], new["file"]) = (json!(name), json!(format!("{name}.safetensors")));
        index.push(new);
    }
    let entry = index.iter_mut().find(|entry| entry["name"] == name).ok_or("no such entry")?;
    entry["provenance"] = provenance;
    entry["provenance"]["trainer"] = json!("Unrolled’s own, in f32 on one thread");
    entry["provenance"]["script"] = json!("assets/weights/train.rs");
    entry["provenance"]["sha256"] = json!(sha256::sha256(&bytes));
    change(entry);
    let mut text = vec![];
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    index.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))?;
    text.push(b'\n');
    std::fs::write(path, text)?;
    Ok(())
}

/// Seven digits: what f32 holds.
fn rounded(value: f64) -> f64 {
    format!("{value:.6e}").parse().unwrap_or(value)
}

// Temperature

/// RMSE in °C of the forecast after the last step of every window of JFK's.
fn rmse(net: &Net<f32>, weather: &Weather, part: Part) -> Result<f64, Failure> {
    let normalisation = weather.normalisation(&[0, 1, 2])?;
    let (celsius, windows) = (&weather.stations[0].celsius, weather.windows(0, part));
    let mut squares = 0.0;
    // As many at once as a run of the largest tape may record.
    for some in windows.chunks(256) {
        let input = (0..WINDOW).flat_map(|t| some.iter().map(move |k| normalisation.apply(celsius[k + t]))).collect();
        let trace = net.run(Run::new(WINDOW, some.len(), Input::Values(input)))?;
        let last = &trace.prediction().ok_or("no head")?[(WINDOW - 1) * some.len()..];
        let square = |(k, y): (&usize, &f32)| f64::from(normalisation.invert(*y) - celsius[k + WINDOW]).powi(2);
        squares += some.iter().zip(last).map(square).sum::<f64>();
    }
    Ok((squares / windows.len() as f64).sqrt())
}

/// The task, asked from [`FORECAST_FROM`] on in the training part instead of from the first third on. One hour ahead, the answer is
/// the next step's reading.
struct Sooner(Box<dyn Task>);

impl Task for Sooner {
    fn spec(&self) -> &'static Spec {
        self.0.spec()
    }
    fn form(&self) -> Form {
        self.0.form()
    }
    fn examples(&self, part: Part) -> Option<usize> {
        self.0.examples(part)
    }
    fn fill(&self, part: Part, indices: &[u64], batch: &mut Batch) -> Checked<()> {
        self.0.fill(part, indices, batch)?;
        if part == Part::Train {
            for place in FORECAST_FROM * batch.size..WINDOW / 3 * batch.size {
                batch.targets[place] = batch.numbers[place + batch.size];
                batch.counts[place] = true;
            }
        }
        Ok(())
    }
    fn score(&self, batch: &Batch, predictions: &[f32], per_example: bool) -> Score {
        self.0.score(batch, predictions, per_example)
    }
    fn metric(&self, mean: f64) -> f64 {
        self.0.metric(mean)
    }
    fn baselines(&self, _: Part, _: &[u64]) -> Checked<Vec<Baseline>> {
        Ok(vec![])
    }
}

fn forecaster(of: &Forecaster) -> Result<(), Failure> {
    let (cell, beta1) = (of.cell, of.beta1);
    let weather = Weather::parse(&std::fs::read(assets().join("data/weather-nyc-2013-hourly.csv"))?)?;
    let data = Data { weather: Some(weather.clone()), ..Data::default() };
    let options = [("stations", "each"), ("answers", "every")].map(|(name, value)| (name.to_string(), value.into()));
    let one = |seed: u64| -> Result<(u64, f64, f64, Net<f32>), String> {
        let task = Sooner(task::make("temperature", &options.clone().into_iter().collect(), &data).map_err(|e| e.message)?);
        let updates = task.examples(Part::Train).ok_or("a finite set")? / BATCH * FORECAST_EPOCHS;
        let rule = [("beta1".to_string(), beta1)].into();
        let settings = Settings { options: rule, ..settings(FORECAST_RATE, updates, seed) };
        let trainer = Trainer::new(Box::new(task), of.config(), settings).map_err(|e| e.message)?;
        let net = trained(trainer, updates, &format!("{cell} seed {seed}")).map_err(|e| e.message)?.net().clone();
        let [valid, test] = [Part::Valid, Part::Test].map(|part| rmse(&net, &weather, part).map_err(|e| e.to_string()));
        let (valid, test) = (valid?, test?);
        println!("{cell} seed {seed}: {valid:.4} °C on the validation part, {test:.4} °C on the test part");
        Ok((seed, valid, test, net))
    };
    // One after the other would give the same: a seed's run knows nothing of the others.
    let nets = std::thread::scope(|scope| {
        let all = FORECAST_SEEDS.map(|seed| scope.spawn(move || one(seed)));
        all.into_iter().map(|thread| thread.join().map_err(|_| "a seed's thread ended early".to_string())?).collect::<Result<Vec<_>, _>>()
    })?;
    let tests: Vec<f64> = nets.iter().map(|n| rounded(n.2)).collect();
    let (seed, valid, test, net) = nets.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).ok_or("no seeds")?;
    let provenance = json!({
        "seed": seed,
        "data": "assets/data/weather-nyc-2013-hourly.csv, training part (January to August 2013) of all three stations; \
                 chosen on JFK, September and October; measured on JFK, November and December",
        "recipe": format!(
            "Adam with β₁ = {beta1}, rate warming up to {FORECAST_RATE} and down a cosine, {FORECAST_EPOCHS} epochs of batches \
             of {BATCH}, gradient norm clipped at 1; mean squared error at every step from {FORECAST_FROM} on; the seed out of \
             {FORECAST_SEEDS:?} that validation prefers"
        ),
    });
    ship(&format!("temperature-{cell}"), &net, provenance, |entry| {
        // Baselines, normalisation and first view are the same for all of them.
        entry["title"] = json!(format!("{}, next hour’s temperature", net.cell().spec().title));
        entry["config"] = json!(net.config());
        // Only what was chosen: the rest may still be changed by who looks at the network.
        entry["config"]["options"] = json!(of.options.iter().copied().collect::<BTreeMap<_, _>>());
        let metrics = &mut entry["metrics"][0];
        (metrics["rmse"], metrics["validRmse"], metrics["rmseOfSeeds"]) = (json!(rounded(test)), json!(rounded(valid)), json!(tests));
    })
}

// Sentences

/// The two grammars, of which no sentence that is asked for later is learned from, and with words hidden. Every copy of the
/// training part has other words hidden.
struct Hiding {
    inner: Box<dyn Task>,
    kept: Vec<u64>,
    copies: usize,
}

impl Hiding {
    fn new(inner: Box<dyn Task>, copies: usize) -> Checked<Self> {
        let mut asked = BTreeSet::new();
        let mut batch = Batch::default();
        for part in [Part::Valid, Part::Test] {
            for k in 0..inner.examples(part).unwrap_or(0) as u64 {
                inner.fill(part, &[k], &mut batch)?;
                asked.insert((batch.tokens.clone(), batch.lengths[0]));
            }
        }
        let mut kept = vec![];
        for k in 0..inner.examples(Part::Train).unwrap_or(0) as u64 {
            inner.fill(Part::Train, &[k], &mut batch)?;
            if !asked.contains(&(batch.tokens.clone(), batch.lengths[0])) {
                kept.push(k);
            }
        }
        Ok(Hiding { inner, kept, copies })
    }
}

impl Task for Hiding {
    fn spec(&self) -> &'static Spec {
        self.inner.spec()
    }
    fn form(&self) -> Form {
        self.inner.form()
    }
    fn examples(&self, part: Part) -> Option<usize> {
        if part == Part::Train { Some(self.kept.len() * self.copies) } else { self.inner.examples(part) }
    }
    fn fill(&self, part: Part, indices: &[u64], batch: &mut Batch) -> Checked<()> {
        if part != Part::Train {
            return self.inner.fill(part, indices, batch);
        }
        let inner: Vec<u64> = indices.iter().map(|k| self.kept[*k as usize % self.kept.len()]).collect();
        self.inner.fill(part, &inner, batch)?;
        for (b, index) in indices.iter().enumerate() {
            let mut rng = Rng::sample(SENTENCE_SEED, *index);
            for t in 0..batch.lengths[b] {
                if rng.u() < UNKNOWN_SHARE {
                    batch.tokens[t * batch.size + b] = UNK;
                }
            }
        }
        Ok(())
    }
    fn score(&self, batch: &Batch, predictions: &[f32], per_example: bool) -> Score {
        self.inner.score(batch, predictions, per_example)
    }
    fn baselines(&self, _: Part, _: &[u64]) -> Checked<Vec<Baseline>> {
        Ok(vec![])
    }
}

/// For each sentence of a grammar whether the pair of outputs from `first` on gives its label.
fn right(net: &Net<f32>, of: &[sentence::Sentence], first: usize) -> Result<Vec<bool>, Failure> {
    let vocabulary = Vocabulary::new();
    let mut right = vec![];
    for some in of.chunks(500) {
        let ids: Vec<Vec<u32>> = some.iter().map(|s| vocabulary.encode(&s.words)).collect();
        let steps = ids.iter().map(Vec::len).max().unwrap_or(0);
        let token = |t: usize, ids: &Vec<u32>| ids.get(t).map_or(sentence::PAD as usize, |id| *id as usize);
        let tokens = (0..steps).flat_map(|t| ids.iter().map(move |ids| token(t, ids))).collect();
        let mut run = Run::new(steps, some.len(), Input::Tokens(tokens));
        run.lengths = Some(ids.iter().map(Vec::len).collect());
        let trace = net.run(run)?;
        let scores = trace.prediction().ok_or("no head")?.chunks_exact(4);
        right.extend(some.iter().zip(scores).map(|(s, y)| usize::from(y[first + 1] > y[first]) == s.label));
    }
    Ok(right)
}

fn sentences() -> Result<(), Failure> {
    let task = Hiding::new(sentences::both(), SENTENCE_EPOCHS)?;
    let (learned, updates) = (task.kept.clone(), task.kept.len() * SENTENCE_EPOCHS / BATCH);
    let embedding = Some(Embedding { vocabulary: sentence::WORDS.len(), width: EMBEDDING });
    let config = Config { embedding, bidirectional: true, ..Config::new("lstm", 0, SENTENCE_HIDDEN) };
    let trainer = trained(Trainer::new(Box::new(task), config, settings(SENTENCE_RATE, updates, SENTENCE_SEED))?, updates, "sentences")?;
    let (best, net) = (trainer.best(), trainer.best_net().ok_or("no validation")?);
    let half = sentence::part(agreement::sample, Part::Train).len() as u64;
    let grammars: [(&Spec, Sample); 2] = [(&agreement::SPEC, agreement::sample), (&sentiment::SPEC, sentiment::sample)];
    let mut measured = vec![];
    for (k, (spec, sample)) in grammars.into_iter().enumerate() {
        let test = sentence::part(sample, Part::Test);
        let right = right(&net, &test, 2 * k)?;
        let at = |distance: usize| {
            let those: Vec<bool> = test.iter().zip(&right).filter(|(s, _)| s.distance == distance).map(|(_, r)| *r).collect();
            rounded(those.iter().filter(|r| **r).count() as f64 / those.len() as f64)
        };
        let correct = right.iter().filter(|r| **r).count();
        println!("{}: {correct} of {} right", spec.name, test.len());
        let trained = learned.iter().filter(|index| (**index >= half) == (k == 1)).count();
        let by_distance: Vec<f64> = (0..=MAX_DISTANCE).map(at).collect();
        measured.push((spec.name, trained, correct, rounded(correct as f64 / test.len() as f64), by_distance));
    }
    let provenance = json!({
        "seed": SENTENCE_SEED,
        "data": format!(
            "sentences from the grammars in src/task/agreement.rs and src/task/sentiment.rs, seed {}; none of those measured was \
             trained on",
            sentence::SEED
        ),
        "recipe": format!(
            "Adam, rate warming up to {SENTENCE_RATE} and down a cosine, {SENTENCE_EPOCHS} epochs of batches of {BATCH}, gradient norm \
             clipped at 1; cross-entropy over the four outputs; {:.0}% of the words hidden; best of twenty validations (after {} updates)",
            100.0 * UNKNOWN_SHARE,
            best.map_or(0, |best| best.update)
        ),
    });
    ship("sentences-bilstm", &net, provenance, |entry| {
        for (name, trained, correct, accuracy, by_distance) in measured {
            for metrics in entry["metrics"].as_array_mut().into_iter().flatten().filter(|metrics| metrics["task"] == name) {
                (metrics["trainSentences"], metrics["correct"]) = (json!(trained), json!(correct));
                (metrics["accuracy"], metrics["accuracyByDistance"]) = (json!(accuracy), json!(by_distance));
            }
        }
    })
}
