//! PyTorch's networks in safetensors files: an 8-byte little-endian header length, a JSON header with each tensor's type,
//! shape and place, and the values without gaps (<https://github.com/huggingface/safetensors>).
//!
//! Networks of other cells stand in the same files under the names of their reference implementations (`families`).
//!
//! `header` opens the file, `names` finds the recurrent stack and what stands around it, `read` makes the network,
//! `write` the way back.

mod families;
mod header;
mod names;
mod read;
mod tensors;
mod write;

pub use read::read;
pub use tensors::{Named, Stored, note, read_tensors, write_tensors};
pub use write::write;

use serde::{Deserialize, Serialize};

use crate::cell::Options;
use crate::net::{Readout, words};

/// What a file cannot tell, or tells of more than one. Everything left out has a default, and what was taken is reported in
/// [`Loaded::assumed`]. A choice that concerns another cell than the file's is checked and otherwise not used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Choices {
    /// A cell by name: an error if the file holds only others.
    pub cell: Option<String>,
    /// Options of the file's cell that shapes do not tell, such as an S4D's `discretisation`.
    #[serde(deserialize_with = "words")]
    pub options: Options,
    /// The rnn's `tanh` (PyTorch's default) or `relu`.
    pub nonlinearity: Option<String>,
    pub gru: Option<GruChoices>,
    /// By default every step's output; the final states of both directions in a bidirectional network with a head.
    pub readout: Option<Readout>,
    /// The module of the recurrent layers, such as `encoder.lstm`, where a file holds several; of layers in modules of their own
    /// what stands before their numbers, or one of them (`backbone.layers`, `backbone.layers.3.mixer`).
    pub prefix: Option<String>,
    /// The module of the output layer, such as `fc`; the empty string for none.
    pub head: Option<String>,
    /// The module of the embedding; the empty string for none.
    pub embedding: Option<String>,
}

/// The GRU's conventions (see `cell::gru`): PyTorch's are `after` and `keep`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GruChoices {
    pub reset: Option<String>,
    pub update: Option<String>,
}

/// What a network was read from. Prefixes end with a dot, or are empty; the three fit [`Names`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Loaded {
    /// A sentence for each thing that the file does not say.
    pub assumed: Vec<String>,
    /// `lstm.` of `lstm.weight_ih_l0`; `{}` stands for the layer's number in `layers.{}.mixer.`.
    pub prefix: String,
    /// `fc.` of `fc.weight`.
    pub head_prefix: Option<String>,
    /// `embedding.` of `embedding.weight`.
    pub embedding_prefix: Option<String>,
    /// Tensors that the network has no place for, sorted.
    pub unused: Vec<String>,
}

/// Modules under which a network is written; with or without the final dot, empty for none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Names {
    /// By default the cell's name. Of cells that are not PyTorch's, `{}` stands for the layer's number (`layers.{}.mixer`); where it
    /// is absent, several layers are numbered after the prefix. The second direction is `…_reverse`.
    pub prefix: Option<String>,
    /// By default `fc`.
    pub head: Option<String>,
    /// By default `embedding`.
    pub embedding: Option<String>,
}

/// A module's name as tensors carry it: ends with a dot unless empty.
fn dotted(module: &str) -> String {
    if module.is_empty() || module.ends_with('.') { module.into() } else { format!("{module}.") }
}

/// A foreign name in a message: at most 60 characters, all of them printable.
fn clip(name: &str) -> String {
    shorten(name, 60)
}

/// Foreign text cut to a number of characters; those that steer a terminal or turn the line's direction are replaced.
fn shorten(text: &str, most: usize) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let mut rest = text.chars();
    let mut short: String = rest.by_ref().take(most).map(|c| if steers(c) { '\u{FFFD}' } else { c }).collect();
    if rest.next().is_some() {
        short.push('…');
    }
    short
}

/// `“a”, “b” and 7 more`
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 6;
    let mut names = names;
    let shown: Vec<String> = names.by_ref().take(MOST).map(|name| format!("“{}”", clip(name))).collect();
    match names.count() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `8 × 2`
fn extent(shape: &[usize]) -> String {
    const MOST: usize = 6;
    let mut text = shape.iter().take(MOST).map(ToString::to_string).collect::<Vec<_>>().join(" × ");
    if shape.len() > MOST {
        text.push_str(" × …");
    }
    if shape.is_empty() { "a single number".into() } else { text }
}
