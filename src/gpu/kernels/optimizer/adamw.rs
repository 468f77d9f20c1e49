//! AdamW: as src/train/optimizer/adamw.rs.

use super::{OPTIMIZER, Rule, adam};
use crate::train::At;

pub(super) const RULE: Rule = Rule { name: "adamw", text: || adam::text(true), live };

fn live(at: &At) -> [f64; OPTIMIZER] {
    let [rest @ .., decay] = adam::live(at);
    let [a, b, c, d, e, f, g] = rest;
    [a, b, c, d, e, f, g, 1.0 - at.learning_rate * decay]
}
