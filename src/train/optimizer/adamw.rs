//! AdamW, as `torch.optim.AdamW`: Adam whose weight decay acts on the parameters themselves.

use super::adam::{BETA1, BETA2, EPS, step};
use super::{At, OptionSpec, Spec};
use crate::math::Scalar;

pub struct AdamW;

const SPEC: Spec = Spec {
    name: "adamw",
    title: "AdamW",
    text: "Adam, and every parameter shrinks by the same share at each step, whatever its gradient.",
    learning_rate: 1e-3,
    options: &[
        BETA1,
        BETA2,
        EPS,
        OptionSpec {
            name: "weightDecay",
            title: "share of a parameter that is lost, in units of the learning rate",
            default: 0.01,
            low: 0.0,
            high: 10.0,
            whole: false,
        },
    ],
    moments: &["m", "v"],
    sources: &["I. Loshchilov, F. Hutter: Decoupled Weight Decay Regularization. ICLR 2019"],
};

impl super::Optimizer for AdamW {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }
    fn f32(&self, at: &At, parameters: &mut [f32], gradients: &[f32], moments: &mut [Vec<f32>]) {
        shrink(at, parameters);
        step(at, parameters, gradients, moments, 0.0);
    }
    #[cfg(feature = "double")]
    fn f64(&self, at: &At, parameters: &mut [f64], gradients: &[f64], moments: &mut [Vec<f64>]) {
        shrink(at, parameters);
        step(at, parameters, gradients, moments, 0.0);
    }
}

/// p ← p·(1 − lr·decay)
fn shrink<T: Scalar>(at: &At, parameters: &mut [T]) {
    let decay = at.options.get(3).copied().unwrap_or(0.0);
    if decay != 0.0 {
        let factor = T::of(1.0 - at.learning_rate * decay);
        parameters.iter_mut().for_each(|p| *p = *p * factor);
    }
}
