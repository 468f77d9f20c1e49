//! What the networks read: weather, sentences.

use js_sys::Float32Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::convert::{float32, from_js, to_js};
use crate::error::{Code, Error};
use crate::task::sentence::{MAX_DISTANCE, Vocabulary, WORDS};
use crate::task::{agreement, sentiment, temperature};

/// Hourly temperatures of several stations. Owns wasm memory: `free()` it.
#[wasm_bindgen]
pub struct Weather {
    weather: temperature::Weather,
}

#[derive(Serialize)]
struct TokenShape<'a> {
    token: &'a str,
    id: u32,
    known: bool,
}

#[derive(Serialize)]
struct SentenceShape {
    tokens: Vec<&'static str>,
    ids: Vec<u32>,
    label: usize,
    distance: usize,
    text: String,
}

#[wasm_bindgen]
impl Weather {
    /// Reads a table of hourly temperatures (see `assets/data/README.md`).
    pub fn parse(csv: &str) -> Result<Weather, JsValue> {
        Ok(Weather { weather: temperature::Weather::parse(csv.as_bytes())? })
    }

    /// The first hour, counted from 1970-01-01T00Z.
    #[wasm_bindgen(getter)]
    pub fn start(&self) -> f64 {
        self.weather.start as f64
    }

    #[wasm_bindgen(getter)]
    pub fn hours(&self) -> usize {
        self.weather.hours()
    }

    /// Names of the stations.
    #[wasm_bindgen(getter)]
    pub fn stations(&self) -> Vec<String> {
        self.weather.stations.iter().map(|s| s.name.clone()).collect()
    }

    /// One station's readings in °C, an hour each; NaN where nothing was measured.
    pub fn series(&self, station: &str) -> Result<Float32Array, JsValue> {
        let found = self.weather.stations.iter().find(|s| s.name.eq_ignore_ascii_case(station));
        let known = || Error::unknown("station", station, self.weather.stations.iter().map(|s| s.name.as_str()));
        Ok(float32(&found.ok_or_else(known)?.celsius))
    }
}

/// Reads a table of hourly temperatures.
#[wasm_bindgen]
pub fn weather(csv: &str) -> Result<Weather, JsValue> {
    Weather::parse(csv)
}

/// The words of the shipped sentence classifier; a word's id is its place.
#[wasm_bindgen]
pub fn vocabulary() -> Vec<String> {
    WORDS.iter().map(|w| w.to_string()).collect()
}

/// A reader's text as tokens: `[{ token, id, known }]`.
#[wasm_bindgen]
pub fn tokenize(text: &str) -> Result<JsValue, JsValue> {
    let tokens = Vocabulary::new().tokenize(text)?;
    to_js(&tokens.iter().map(|t| TokenShape { token: &t.text, id: t.id, known: t.is_known() }).collect::<Vec<_>>())
}

#[derive(Deserialize)]
#[serde(default)]
struct Wanted {
    seed: u32,
    index: u32,
    distance: usize,
}

impl Default for Wanted {
    fn default() -> Self {
        Wanted { seed: 1, index: 0, distance: 2 }
    }
}

/// A sentence of one of our grammars ("agreement", "sentiment"): `{ tokens, ids, label, distance, text }`.
#[wasm_bindgen]
pub fn sentence(task: &str, options: &JsValue) -> Result<JsValue, JsValue> {
    let wanted: Wanted = from_js("sentence", options)?;
    if wanted.distance > MAX_DISTANCE {
        let message = format!("distance is {}; expected 0 to {MAX_DISTANCE}", wanted.distance);
        return Err(Error::new(Code::OutOfRange, message).into());
    }
    let sample = match task {
        "agreement" => agreement::sample,
        "sentiment" => sentiment::sample,
        other => return Err(Error::unknown("task of sentences", other, ["agreement", "sentiment"]).into()),
    };
    let s = sample(wanted.seed.into(), wanted.index.into(), wanted.distance);
    let ids = Vocabulary::new().encode(&s.words);
    to_js(&SentenceShape { text: s.words.join(" "), tokens: s.words, ids, label: s.label, distance: s.distance })
}
