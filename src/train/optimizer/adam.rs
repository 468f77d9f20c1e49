//! Adam, as `torch.optim.Adam`.

use super::{At, OptionSpec, Spec, WEIGHT_DECAY, root};
use crate::math::Scalar;

pub struct Adam;

pub(super) const BETA1: OptionSpec =
    OptionSpec { name: "beta1", title: "memory of the mean gradient", default: 0.9, low: 0.0, high: 0.999_999, whole: false };
pub(super) const BETA2: OptionSpec =
    OptionSpec { name: "beta2", title: "memory of the mean squared gradient", default: 0.999, low: 0.0, high: 0.999_999_9, whole: false };
pub(super) const EPS: OptionSpec = OptionSpec { name: "eps", title: "added to the root", default: 1e-8, low: 0.0, high: 1.0, whole: false };

const SPEC: Spec = Spec {
    name: "adam",
    title: "Adam",
    text: "Every parameter gets steps of about the same size: its mean gradient divided by the root of its mean squared gradient.",
    learning_rate: 1e-3,
    options: &[BETA1, BETA2, EPS, WEIGHT_DECAY],
    moments: &["m", "v"],
    sources: &["D. Kingma, J. Ba: Adam: A Method for Stochastic Optimization. ICLR 2015"],
};

impl super::Optimizer for Adam {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }
    fn f32(&self, at: &At, parameters: &mut [f32], gradients: &[f32], moments: &mut [Vec<f32>]) {
        step(at, parameters, gradients, moments, at.options[3]);
    }
    #[cfg(feature = "double")]
    fn f64(&self, at: &At, parameters: &mut [f64], gradients: &[f64], moments: &mut [Vec<f64>]) {
        step(at, parameters, gradients, moments, at.options[3]);
    }
}

/// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; p ← p − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε), where g ← g + decay·p.
pub(super) fn step<T: Scalar>(at: &At, parameters: &mut [T], gradients: &[T], moments: &mut [Vec<T>], decay: f64) {
    let [beta1, beta2, eps, ..] = *at.options else { return };
    let [m, v] = moments else { return };
    let size = at.learning_rate / (1.0 - libm::pow(beta1, at.update as f64));
    let correction = (1.0 - libm::pow(beta2, at.update as f64)).sqrt();
    let (keep1, rest1) = (T::of(beta1), T::of(1.0 - beta1));
    let (keep2, rest2) = (T::of(beta2), T::of(1.0 - beta2));
    let (down, correction, eps, decay_t) = (T::of(-size), T::of(correction), T::of(eps), T::of(decay));
    for (((p, g), m), v) in parameters.iter_mut().zip(gradients).zip(m.iter_mut()).zip(v.iter_mut()) {
        let g = if decay == 0.0 { *g } else { *g + decay_t * *p };
        // PyTorch's `lerp` goes from the nearer end.
        *m = if beta1 > 0.5 { *m + rest1 * (g - *m) } else { g - (g - *m) * keep1 };
        *v = *v * keep2 + rest2 * g * g;
        *p += down * *m / (root(*v) / correction + eps);
    }
}
