//! SGD: as src/train/optimizer/sgd.rs.

use super::{OPTIMIZER, Rule, flag};
use crate::gpu::kernel::Kernel;
use crate::gpu::live::reads_live;
use crate::train::At;

pub(super) const RULE: Rule = Rule { name: "sgd", text, live };

fn text() -> Kernel {
    reads_live(Kernel::new(include_str!("sgd.wgsl")))
}

fn live(at: &At) -> [f64; OPTIMIZER] {
    let [momentum, nesterov, decay] = *at.options else { return [0.0; OPTIMIZER] };
    [-at.learning_rate, momentum, decay, flag(momentum != 0.0), flag(nesterov > 0.5), flag(decay != 0.0), 0.0, 0.0]
}
