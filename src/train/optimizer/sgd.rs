//! Stochastic gradient descent with momentum, as `torch.optim.SGD` (without dampening).

use super::{At, OptionSpec, Spec, WEIGHT_DECAY};
use crate::math::Scalar;

pub struct Sgd;

const SPEC: Spec = Spec {
    name: "sgd",
    title: "SGD",
    text: "Each step goes down the gradient; with momentum, along a running sum of the gradients so far.",
    learning_rate: 0.1,
    options: &[
        OptionSpec { name: "momentum", title: "share of the last step that goes on", default: 0.0, low: 0.0, high: 0.9999, whole: false },
        OptionSpec {
            name: "nesterov",
            title: "1: the gradient is added once more ahead of the momentum",
            default: 0.0,
            low: 0.0,
            high: 1.0,
            whole: true,
        },
        WEIGHT_DECAY,
    ],
    moments: &["momentum"],
    sources: &[
        "B. Polyak: Some methods of speeding up the convergence of iteration methods. USSR Comp. Math. 4(5), 1964",
        "I. Sutskever et al.: On the importance of initialization and momentum in deep learning. ICML 2013",
    ],
};

impl super::Optimizer for Sgd {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }
    fn f32(&self, at: &At, parameters: &mut [f32], gradients: &[f32], moments: &mut [Vec<f32>]) {
        step(at, parameters, gradients, moments);
    }
    #[cfg(feature = "double")]
    fn f64(&self, at: &At, parameters: &mut [f64], gradients: &[f64], moments: &mut [Vec<f64>]) {
        step(at, parameters, gradients, moments);
    }
}

/// b ← μb + g; p ← p − lr·b, or p ← p − lr·(g + μb) with Nesterov, where g ← g + decay·p. (b is 0 at first, so that the first
/// step's b is g, as PyTorch's.)
fn step<T: Scalar>(at: &At, parameters: &mut [T], gradients: &[T], moments: &mut [Vec<T>]) {
    let [momentum, nesterov, decay] = *at.options else { return };
    let [buffer] = moments else { return };
    let (mu, down, decay_t) = (T::of(momentum), T::of(-at.learning_rate), T::of(decay));
    for ((p, g), b) in parameters.iter_mut().zip(gradients).zip(buffer.iter_mut()) {
        let mut g = if decay == 0.0 { *g } else { *g + decay_t * *p };
        if momentum != 0.0 {
            *b = *b * mu + g;
            g = if nesterov > 0.5 { g + mu * *b } else { *b };
        }
        *p += down * g;
    }
}
