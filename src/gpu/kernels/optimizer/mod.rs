//! The optimisers: as `train::optimizer`, over all parameters at once.

mod adam;
mod adamw;
mod rmsprop;
mod sgd;

use super::spread;
use crate::error::{Error, Result};
use crate::gpu::device::Slice;
use crate::gpu::kernel::Kernel;
use crate::gpu::live::OPTIMIZER;
use crate::gpu::plan::Recorder;
use crate::train::At;

/// One optimiser on the device.
struct Rule {
    /// As its `Spec`'s.
    name: &'static str,
    text: fn() -> Kernel,
    /// What the host computes at every update, in f64, rounded.
    live: fn(&At) -> [f64; OPTIMIZER],
}

/// The rules: one line per optimiser.
const RULES: [Rule; 4] = [sgd::RULE, rmsprop::RULE, adam::RULE, adamw::RULE];

fn find(name: &str) -> Result<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name).ok_or_else(|| Error::unknown("optimizer", name, RULES.iter().map(|rule| rule.name)))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    RULES.iter().map(|rule| (rule.name, (rule.text)())).collect()
}

/// Records one step of an optimiser. Parameters, gradients and each of the moments (in the order of `Spec::moments`) have the same
/// length; `live` is `Live`, with what `live` says of the update.
///
/// # Errors
/// `unknown-name` for an optimiser that is not here.
pub fn step(r: &mut Recorder, name: &str, live: &Slice, parameters: &Slice, gradients: &Slice, moments: &[&Slice]) -> Result<()> {
    let bound = [&[live, parameters, gradients], moments].concat();
    r.dispatch((find(name)?.text)(), &[parameters.len().into()], &bound, spread(parameters.len()))
}

/// What `Live::optimizer` has to be for an update; zeros for an optimiser that is not here, of which `step` records nothing.
pub fn live(name: &str, at: &At) -> [f32; OPTIMIZER] {
    find(name).map_or([0.0; OPTIMIZER], |rule| (rule.live)(at).map(|x| x as f32))
}

/// Is an option chosen? 1 or 0.
fn flag(chosen: bool) -> f64 {
    f64::from(u8::from(chosen))
}
