//! Adam: as src/train/optimizer/adam.rs.

use super::{OPTIMIZER, Rule};
use crate::gpu::kernel::Kernel;
use crate::gpu::live::reads_live;
use crate::train::At;

pub(super) const RULE: Rule = Rule { name: "adam", text: || text(false), live };

/// With weight decay added to the gradient, or decoupled from it: adamw.rs.
pub(super) fn text(decoupled: bool) -> Kernel {
    reads_live(Kernel::new(include_str!("adam.wgsl"))).with("DECOUPLED", decoupled)
}

pub(super) fn live(at: &At) -> [f64; OPTIMIZER] {
    let [beta1, beta2, eps, decay] = *at.options else { return [0.0; OPTIMIZER] };
    let size = at.learning_rate / (1.0 - libm::pow(beta1, at.update as f64));
    let correction = (1.0 - libm::pow(beta2, at.update as f64)).sqrt();
    [-size, beta1, 1.0 - beta1, beta2, 1.0 - beta2, correction, eps, decay]
}
