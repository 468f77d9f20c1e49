//! Writes the tasks' data for `train.py`, so that what is learned in Python is what the project generates.
//!
//!     cargo run --example dump_tasks -- DIRECTORY

use std::path::Path;

use serde_json::{Value, json};
use unrolled::task::sentence::{self, PAD, Sample, UNK, Vocabulary, WORDS};
use unrolled::task::temperature::{WINDOW, Weather};
use unrolled::task::{Part, Spec, agreement, sentiment};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let directory = std::env::args().nth(1).ok_or("expected one argument: the directory to write to")?;
    let directory = Path::new(&directory);
    std::fs::create_dir_all(directory)?;
    temperature(directory)?;
    sentences(directory)
}

/// `temperature.json`: windows and normalisation. `celsius.f32`, `normalised.f32`: stations × hours, little-endian.
fn temperature(directory: &Path) -> Result<(), Failure> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/data/weather-nyc-2013-hourly.csv");
    let weather = Weather::parse(&std::fs::read(file)?).map_err(|e| e.to_string())?;
    let stations: Vec<usize> = (0..weather.stations.len()).collect();
    // The networks learn from all stations, so all of them set the scale.
    let normalisation = weather.normalisation(&stations).map_err(|e| e.to_string())?;
    let windows = |part| stations.iter().map(|&k| weather.windows(k, part)).collect::<Vec<_>>();
    let description = json!({
        "window": WINDOW,
        "stations": weather.stations.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
        "hours": weather.hours(),
        "mean": normalisation.mean,
        "deviation": normalisation.deviation,
        "windows": {
            "train": windows(Part::Train),
            "valid": windows(Part::Valid),
            "test": windows(Part::Test),
        },
    });
    std::fs::write(directory.join("temperature.json"), description.to_string())?;
    let readings = || weather.stations.iter().flat_map(|s| &s.celsius);
    let celsius: Vec<u8> = readings().flat_map(|x| x.to_le_bytes()).collect();
    let normalised: Vec<u8> = readings().flat_map(|&x| normalisation.apply(x).to_le_bytes()).collect();
    std::fs::write(directory.join("celsius.f32"), celsius)?;
    std::fs::write(directory.join("normalised.f32"), normalised)?;
    Ok(())
}

/// `sentences.json`: the vocabulary and, for each task and part, ids, label and distance of every sentence.
fn sentences(directory: &Path) -> Result<(), Failure> {
    let vocabulary = Vocabulary::new();
    let task = |spec: &Spec, sample: Sample| {
        let part = |part| -> Vec<Value> {
            let encode = |s: sentence::Sentence| json!([vocabulary.encode(&s.words), s.label, s.distance]);
            sentence::part(sample, part).into_iter().map(encode).collect()
        };
        json!({
            "name": spec.name,
            "labels": spec.labels,
            "train": part(Part::Train),
            "valid": part(Part::Valid),
            "test": part(Part::Test),
        })
    };
    let description = json!({
        "words": WORDS,
        "pad": PAD,
        "unk": UNK,
        "seed": sentence::SEED,
        "tasks": [task(&agreement::SPEC, agreement::sample), task(&sentiment::SPEC, sentiment::sample)],
    });
    std::fs::write(directory.join("sentences.json"), description.to_string())?;
    Ok(())
}
