//! What a network is made of, checked before anything is allocated.

use serde::{Deserialize, Serialize};

use crate::cell::{self, Dims, Options, Sizes};
use crate::error::{Code, Error, Result};

/// Upper bounds that keep a mistyped number from asking for gigabytes.
pub struct Limits {
    pub width: usize,
    pub layers: usize,
    pub vocabulary: usize,
    pub parameters: usize,
    /// Values on all tapes of one run.
    pub tape: usize,
}

pub const LIMITS: Limits = Limits { width: 4096, layers: 16, vocabulary: 200_000, parameters: 64_000_000, tape: 256_000_000 };

/// What the head reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readout {
    /// Every step's output: a prediction per step; the last one is the answer where one is wanted.
    #[default]
    Last,
    /// The last layer's final states of all directions, concatenated: one prediction per sequence.
    FinalStates,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub outputs: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedding {
    pub vocabulary: usize,
    pub width: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub cell: String,
    /// Width of x_t; with an embedding, its width.
    #[serde(default)]
    pub input: usize,
    pub hidden: usize,
    #[serde(default = "one")]
    pub layers: usize,
    #[serde(default)]
    pub bidirectional: bool,
    #[serde(default = "yes")]
    pub bias: bool,
    #[serde(default, deserialize_with = "words")]
    pub options: Options,
    #[serde(default)]
    pub head: Option<Head>,
    #[serde(default)]
    pub embedding: Option<Embedding>,
    #[serde(default)]
    pub readout: Readout,
}

/// Options by name; a size may come as a number.
pub(crate) fn words<'de, D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Options, D::Error> {
    let words: std::collections::BTreeMap<String, Word> = Deserialize::deserialize(from)?;
    Ok(words.into_iter().map(|(name, word)| (name, word.0)).collect())
}

struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Word;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a word or a whole number")
            }
            fn visit_str<E>(self, v: &str) -> std::result::Result<Word, E> {
                Ok(Word(v.into()))
            }
            fn visit_u64<E>(self, v: u64) -> std::result::Result<Word, E> {
                Ok(Word(v.to_string()))
            }
            fn visit_i64<E>(self, v: i64) -> std::result::Result<Word, E> {
                Ok(Word(v.to_string()))
            }
            fn visit_f64<E>(self, v: f64) -> std::result::Result<Word, E> {
                Ok(Word(v.to_string()))
            }
        }
        from.deserialize_any(Visitor)
    }
}

fn one() -> usize {
    1
}
fn yes() -> bool {
    true
}

impl Config {
    pub fn new(cell: &str, input: usize, hidden: usize) -> Self {
        Config {
            cell: cell.into(),
            input,
            hidden,
            layers: 1,
            bidirectional: false,
            bias: true,
            options: Options::new(),
            head: None,
            embedding: None,
            readout: Readout::Last,
        }
    }

    /// Completes defaults (options, the embedding's width) and refuses what cannot be.
    pub fn checked(mut self) -> Result<Self> {
        self.options = cell::find(&self.cell, &self.options)?.1;
        if let Some(e) = &self.embedding {
            within("embedding.vocabulary", e.vocabulary, 1, LIMITS.vocabulary)?;
            within("embedding.width", e.width, 1, LIMITS.width)?;
            if self.input != 0 && self.input != e.width {
                return Err(Error::new(
                    Code::Shape,
                    format!("input is {} but the embedding is {} wide; expected the same, or no input", self.input, e.width),
                ));
            }
            self.input = e.width;
        }
        within("input", self.input, 1, LIMITS.width)?;
        within("hidden", self.hidden, 1, LIMITS.width)?;
        within("layers", self.layers, 1, LIMITS.layers)?;
        if let Some(head) = &self.head {
            within("head.outputs", head.outputs, 1, LIMITS.vocabulary)?;
        }
        let (family, options) = cell::find(&self.cell, &self.options)?;
        let cell = family.f32(&options);
        // In u64: wasm's usize would wrap around.
        let wide = |n: usize| n as u64;
        let mut per_layer = 0;
        for layer in 0..self.layers.min(2) {
            if let Some(why) = cell.refuse(self.dims(layer)) {
                return Err(Error::new(Code::OutOfRange, why));
            }
            let shapes = cell.shapes(self.dims(layer));
            per_layer = per_layer.max(shapes.iter().map(|(_, shape)| shape.iter().map(|n| wide(*n)).product::<u64>()).sum());
        }
        let embedding = self.embedding.as_ref().map_or(0, |e| wide(e.vocabulary) * wide(e.width));
        let head = self.head.as_ref().map_or(0, |h| wide(h.outputs) * wide(self.output_width() + 1));
        let total = per_layer * wide(self.layers * self.directions()) + embedding + head;
        if total > wide(LIMITS.parameters) {
            return Err(Error::new(
                Code::OutOfRange,
                format!("this network would have about {total} parameters; expected at most {}", LIMITS.parameters),
            ));
        }
        Ok(self)
    }

    pub fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    /// Width of the last layer's output: directions × hidden.
    pub fn output_width(&self) -> usize {
        self.directions() * self.hidden
    }

    pub fn dims(&self, layer: usize) -> Dims {
        let sizes = cell::find(&self.cell, &self.options).map_or(Sizes::default(), |(family, options)| cell::sizes(family, &options));
        Dims { input: if layer == 0 { self.input } else { self.output_width() }, hidden: self.hidden, bias: self.bias, sizes }
    }
}

pub(crate) fn within(what: &str, value: usize, low: usize, high: usize) -> Result<()> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::new(Code::OutOfRange, format!("{what} is {value}; expected {low} to {high}")))
}
