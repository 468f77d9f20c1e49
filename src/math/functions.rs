//! Functions that the modern cells need beside those of `Real`. f32 is computed in f64 and rounded, with `libm`, whose code is
//! the same everywhere: the same bits natively and in every browser, and no cancellation that f64 does not have either.

use super::{Real, Scalar};

fn by<T: Scalar>(x: T, f: impl Fn(f64) -> f64) -> T {
    T::of(f(x.f64()))
}

/// e^x − 1
pub fn expm1<T: Scalar>(x: T) -> T {
    by(x, libm::expm1)
}

/// ln x
pub fn ln<T: Scalar>(x: T) -> T {
    by(x, libm::log)
}

/// ln(1 + e^x), without overflow.
pub fn softplus<T: Scalar>(x: T) -> T {
    by(x, |x| if x > 0.0 { x + libm::log1p(libm::exp(-x)) } else { libm::log1p(libm::exp(x)) })
}

/// ln σ(x) = −softplus(−x)
pub fn log_sigmoid<T: Scalar>(x: T) -> T {
    -softplus(-x)
}

/// x σ(x)
pub fn silu<V: Real>(x: V) -> V {
    x * x.sigmoid()
}

/// Slope of `silu` at x.
pub fn silu_slope<V: Real>(x: V) -> V {
    let y = x.sigmoid();
    y + x * y.sigmoid_slope()
}

/// x Φ(x), Φ the normal distribution: the exact form, not the one with tanh.
pub fn gelu<T: Scalar>(x: T) -> T {
    by(x, |x| 0.5 * x * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2)))
}

/// Slope of `gelu` at x.
pub fn gelu_slope<T: Scalar>(x: T) -> T {
    by(x, |x| {
        let density = libm::exp(-0.5 * x * x) * 0.398_942_280_401_432_7;
        0.5 * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2)) + x * density
    })
}

/// x + ½ for x ≥ 0, σ(x) below: positive, continuous, increasing (Feng et al. 2024, arXiv:2410.01201, appendix B).
pub fn positive<T: Scalar>(x: T) -> T {
    let half = T::of(0.5);
    if x >= T::zero() { x + half } else { x.sigmoid() }
}

/// Slope of `positive` at x.
pub fn positive_slope<T: Scalar>(x: T) -> T {
    if x >= T::zero() { T::one() } else { x.sigmoid().sigmoid_slope() }
}

pub fn sqrt<T: Scalar>(x: T) -> T {
    by(x, libm::sqrt)
}

/// x to the power of an exponent.
pub fn power<T: Scalar>(x: T, exponent: f64) -> T {
    by(x, |x| libm::pow(x, exponent))
}

/// |x|; NaN stays NaN.
pub fn abs<T: Scalar>(x: T) -> T {
    by(x, f64::abs)
}

/// The larger of both; NaN in either stays NaN, as in PyTorch.
pub fn larger<T: Scalar>(a: T, b: T) -> T {
    if a > b || a.f64().is_nan() { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from torch 2.15 in f64.
    #[test]
    fn functions_are_those_of_torch() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-14 * b.abs().max(1.0), "{a} {b}");
        close(softplus(-1.5), 0.201_413_277_982_752_4);
        close(softplus(40.0), 40.0);
        close(log_sigmoid(-800.0), -800.0);
        close(silu(1.5), 1.226_361_714_290_465_5);
        close(gelu(-0.7), -0.169_374_556_556_151_1);
        close(positive(-1.0), 0.268_941_421_369_995_1);
        close(positive(2.0), 2.5);
        assert!(larger(f64::NAN, 1.0).is_nan() && larger(1.0, f64::NAN).is_nan());
    }

    #[test]
    fn slopes_are_slopes() {
        type Of = fn(f64) -> f64;
        let pairs: [(Of, Of); 4] =
            [(silu, silu_slope), (gelu, gelu_slope), (positive, positive_slope), (softplus, |x| crate::math::Real::sigmoid(x))];
        for (f, slope) in pairs {
            for x in [-3.0, -0.4, 0.3, 2.5] {
                let found = (f(x + 1e-6) - f(x - 1e-6)) / 2e-6;
                assert!((found - slope(x)).abs() < 1e-8, "{found} {}", slope(x));
            }
        }
    }
}
