//! RMSprop: as src/train/optimizer/rmsprop.rs.

use super::{OPTIMIZER, Rule, flag};
use crate::gpu::kernel::Kernel;
use crate::gpu::live::reads_live;
use crate::train::At;

pub(super) const RULE: Rule = Rule { name: "rmsprop", text, live };

fn text() -> Kernel {
    reads_live(Kernel::new(include_str!("rmsprop.wgsl")))
}

fn live(at: &At) -> [f64; OPTIMIZER] {
    let [alpha, eps, momentum, decay] = *at.options else { return [0.0; OPTIMIZER] };
    [-at.learning_rate, alpha, 1.0 - alpha, eps, momentum, decay, flag(momentum > 0.0), flag(decay != 0.0)]
}
