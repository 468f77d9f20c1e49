//! RMSprop, as `torch.optim.RMSprop` (not centred).

use super::{At, OptionSpec, Spec, WEIGHT_DECAY, root};
use crate::math::Scalar;

pub struct RmsProp;

const SPEC: Spec = Spec {
    name: "rmsprop",
    title: "RMSprop",
    text: "Each parameter's gradient is divided by the root of its mean squared gradient, so that steep and flat directions go at one pace.",
    learning_rate: 1e-3,
    options: &[
        OptionSpec { name: "alpha", title: "memory of the mean squared gradient", default: 0.99, low: 0.0, high: 0.999_999, whole: false },
        OptionSpec { name: "eps", title: "added to the root", default: 1e-8, low: 0.0, high: 1.0, whole: false },
        OptionSpec { name: "momentum", title: "share of the last step that goes on", default: 0.0, low: 0.0, high: 0.9999, whole: false },
        WEIGHT_DECAY,
    ],
    moments: &["v", "momentum"],
    sources: &["T. Tieleman, G. Hinton: Neural Networks for Machine Learning, lecture 6.5. Coursera 2012"],
};

impl super::Optimizer for RmsProp {
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

/// v ← αv + (1 − α)g²; p ← p − lr·g/(√v + ε), or with momentum b ← μb + g/(√v + ε), p ← p − lr·b; where g ← g + decay·p.
fn step<T: Scalar>(at: &At, parameters: &mut [T], gradients: &[T], moments: &mut [Vec<T>]) {
    let [alpha, eps, momentum, decay] = *at.options else { return };
    let [v, buffer] = moments else { return };
    let (keep, rest, eps, mu) = (T::of(alpha), T::of(1.0 - alpha), T::of(eps), T::of(momentum));
    let (down, decay_t) = (T::of(-at.learning_rate), T::of(decay));
    for (((p, g), v), b) in parameters.iter_mut().zip(gradients).zip(v.iter_mut()).zip(buffer.iter_mut()) {
        let g = if decay == 0.0 { *g } else { *g + decay_t * *p };
        *v = *v * keep + rest * g * g;
        let size = root(*v) + eps;
        if momentum > 0.0 {
            *b = *b * mu + g / size;
            *p += down * *b;
        } else {
            *p += down * g / size;
        }
    }
}
