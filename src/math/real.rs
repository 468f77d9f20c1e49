//! One arithmetic for f64, f32 and four f32 at once, so that a cell is written once.
//!
//! The f32 functions are polynomials (Cephes, S. Moshier) evaluated with plain multiplications and additions: the same bits
//! natively, in every browser, and in every lane of the four-wide type. Their error is about one unit in the last
//! place; `tests` below hold them to 3e-7. f64 is the reference and uses `libm`, which is the same code everywhere.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use wide::{CmpGt, f32x4, i32x4};

/// A number, or several side by side. Nothing here branches on a value.
pub trait Real:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + Send
    + Sync
    + 'static
{
    fn of(x: f64) -> Self;
    fn exp(self) -> Self;
    fn tanh(self) -> Self;
    /// `if a > b { x } else { y }`, lane by lane. With NaN in `a` or `b` it is `y`.
    fn select_gt(a: Self, b: Self, x: Self, y: Self) -> Self;

    fn zero() -> Self {
        Self::of(0.0)
    }
    fn one() -> Self {
        Self::of(1.0)
    }
    /// 1 / (1 + e^−x). Does not overflow.
    fn sigmoid(self) -> Self {
        Self::one() / (Self::one() + (-self).exp())
    }
    /// max(x, 0); NaN stays NaN, as in PyTorch.
    fn relu(self) -> Self {
        Self::select_gt(Self::zero(), self, Self::zero(), self)
    }
    /// Slope of the sigmoid, from its value y.
    fn sigmoid_slope(self) -> Self {
        self * (Self::one() - self)
    }
    /// Slope of tanh, from its value y.
    fn tanh_slope(self) -> Self {
        Self::one() - self * self
    }
    /// `d` where the ReLU's value `self` is positive or NaN, else 0 (the slope at 0 is 0, as in PyTorch).
    fn relu_back(self, d: Self) -> Self {
        let nothing = Self::zero();
        Self::select_gt(self, nothing, d, Self::select_gt(Self::one(), self, nothing, d))
    }
}

/// A single number that can be read back, and the widest group of it that the target computes at once.
pub trait Scalar: Real + nalgebra::Scalar + PartialOrd + Default {
    type Wide: Real;
    const WIDTH: usize;
    fn load(from: &[Self]) -> Self::Wide;
    fn store(value: Self::Wide, to: &mut [Self]);
    /// The same number side by side.
    fn splat(value: Self) -> Self::Wide;
    fn f64(self) -> f64;
}

impl Real for f64 {
    fn of(x: f64) -> Self {
        x
    }
    fn exp(self) -> Self {
        libm::exp(self)
    }
    fn tanh(self) -> Self {
        libm::tanh(self)
    }
    fn select_gt(a: Self, b: Self, x: Self, y: Self) -> Self {
        if a > b { x } else { y }
    }
}

impl Scalar for f64 {
    type Wide = f64;
    const WIDTH: usize = 1;
    fn load(from: &[f64]) -> f64 {
        from[0]
    }
    fn store(value: f64, to: &mut [f64]) {
        to[0] = value;
    }
    fn splat(value: f64) -> f64 {
        value
    }
    fn f64(self) -> f64 {
        self
    }
}

/// What the f32 polynomials need beyond arithmetic.
trait Single: Real {
    /// 2^n for an integer-valued n with |n| ≤ 126.
    fn pow2(n: Self) -> Self;
}

impl Real for f32 {
    fn of(x: f64) -> Self {
        x as f32
    }
    fn exp(self) -> Self {
        exp(self)
    }
    fn tanh(self) -> Self {
        tanh(self)
    }
    fn select_gt(a: Self, b: Self, x: Self, y: Self) -> Self {
        if a > b { x } else { y }
    }
}

impl Single for f32 {
    fn pow2(n: f32) -> f32 {
        f32::from_bits(((n as i32 + 127) as u32) << 23)
    }
}

impl Scalar for f32 {
    type Wide = f32x4;
    const WIDTH: usize = 4;
    #[inline(always)]
    fn load(from: &[f32]) -> f32x4 {
        let mut four = [0.0; 4];
        four.copy_from_slice(&from[..4]);
        f32x4::new(four)
    }
    #[inline(always)]
    fn store(value: f32x4, to: &mut [f32]) {
        to[..4].copy_from_slice(&value.to_array());
    }
    #[inline(always)]
    fn splat(value: f32) -> f32x4 {
        f32x4::splat(value)
    }
    fn f64(self) -> f64 {
        self as f64
    }
}

impl Real for f32x4 {
    fn of(x: f64) -> Self {
        f32x4::splat(x as f32)
    }
    fn exp(self) -> Self {
        exp(self)
    }
    fn tanh(self) -> Self {
        tanh(self)
    }
    fn select_gt(a: Self, b: Self, x: Self, y: Self) -> Self {
        a.cmp_gt(b).blend(x, y)
    }
}

impl Single for f32x4 {
    fn pow2(n: f32x4) -> f32x4 {
        let bits: i32x4 = (n.trunc_int() + i32x4::splat(127)) << 23;
        bytemuck::cast(bits)
    }
}

fn clamp<V: Real>(x: V, limit: V) -> V {
    let x = V::select_gt(x, limit, limit, x);
    V::select_gt(-limit, x, -limit, x)
}

/// e^x: reduce to |r| ≤ ln 2 / 2, a polynomial of degree 7, scale by a power of two in two factors so that both the
/// overflow to infinity and the subnormal numbers come out right.
fn exp<V: Single>(x: V) -> V {
    let x = clamp(x, V::of(110.0));
    // Adding and taking away 1.5·2^23 rounds to the nearest integer.
    let magic = V::of(12_582_912.0);
    let n = (x * V::of(std::f64::consts::LOG2_E) + magic) - magic;
    let r = x - n * V::of(0.693_359_375) - n * V::of(-2.121_944_4e-4);
    let mut p = V::of(1.987_569_15e-4);
    for c in [1.398_199_950_7e-3, 8.333_451_907_3e-3, 4.166_579_589_4e-2, 1.666_666_545_9e-1, 0.500_000_012_01] {
        p = p * r + V::of(c);
    }
    let y = p * r * r + r + V::one();
    let half = (n * V::of(0.5) + magic) - magic;
    y * V::pow2(half) * V::pow2(n - half)
}

/// tanh: a polynomial near 0, where 1 − 2/(e^2x + 1) would cancel, and that formula elsewhere.
fn tanh<V: Single>(x: V) -> V {
    let z = x * x;
    let mut p = V::of(-5.704_988_727_45e-3);
    for c in [2.063_908_879_54e-2, -5.373_971_555_31e-2, 1.333_144_220_36e-1, -3.333_328_194_22e-1] {
        p = p * z + V::of(c);
    }
    let small = p * z * x + x;
    let size = V::select_gt(V::zero(), x, -x, x);
    let large = V::one() - V::of(2.0) / (exp(size + size) + V::one());
    let large = V::select_gt(V::zero(), x, -large, large);
    V::select_gt(V::of(0.625), size, small, large)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> impl Iterator<Item = f32> {
        (-400_000..=400_000).map(|k| k as f32 * 2.5e-4).chain([1e-30, -1e-30, 1e4, -1e4, 0.0, 0.625, -0.625])
    }

    #[test]
    fn f32_functions_are_accurate() {
        let (mut worst_tanh, mut worst_sigmoid, mut worst_exp) = (0.0f64, 0.0f64, 0.0f64);
        for x in grid() {
            let exact = libm::tanh(x as f64);
            worst_tanh = worst_tanh.max((x.tanh_f32() - exact).abs() / exact.abs().max(1e-30));
            let exact = 1.0 / (1.0 + libm::exp(-x as f64));
            worst_sigmoid = worst_sigmoid.max((Real::sigmoid(x) as f64 - exact).abs());
            if x.abs() < 87.0 {
                let exact = libm::exp(x as f64);
                worst_exp = worst_exp.max((Real::exp(x) as f64 - exact).abs() / exact);
            }
        }
        assert!(worst_tanh < 3e-7, "tanh, relative: {worst_tanh}");
        assert!(worst_sigmoid < 3e-7, "sigmoid, absolute: {worst_sigmoid}");
        assert!(worst_exp < 3e-7, "exp, relative: {worst_exp}");
    }

    trait Tanh {
        fn tanh_f32(self) -> f64;
    }
    impl Tanh for f32 {
        fn tanh_f32(self) -> f64 {
            Real::tanh(self) as f64
        }
    }

    #[test]
    fn four_wide_gives_the_bits_of_one() {
        for x in grid().step_by(7).chain([f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN_POSITIVE]) {
            let v = f32x4::splat(x);
            for (wide, one) in [
                (Real::exp(v), Real::exp(x)),
                (Real::tanh(v), Real::tanh(x)),
                (Real::sigmoid(v), Real::sigmoid(x)),
                (Real::relu(v), Real::relu(x)),
            ] {
                assert_eq!(wide.to_array()[2].to_bits(), one.to_bits(), "at {x}");
            }
        }
    }

    #[test]
    fn extremes() {
        assert_eq!(Real::exp(1e4f32), f32::INFINITY);
        assert_eq!(Real::exp(-1e4f32), 0.0);
        assert!(Real::exp(-100f32) > 0.0, "subnormal numbers are not flushed");
        assert_eq!(Real::sigmoid(-1e4f32), 0.0);
        assert_eq!(Real::sigmoid(1e4f32), 1.0);
        assert_eq!(Real::tanh(f32::NEG_INFINITY), -1.0);
    }

    #[test]
    fn nan_is_never_hidden() {
        let lanes = f32x4::splat(f32::NAN);
        for y in [Real::exp(lanes), Real::tanh(lanes), Real::sigmoid(lanes), Real::relu(lanes)] {
            assert!(y.to_array()[0].is_nan());
        }
        assert!(Real::relu(f32::NAN).is_nan() && Real::tanh(f32::NAN).is_nan() && Real::exp(f32::NAN).is_nan());
        assert_eq!(Real::relu_back(f32::NAN, 3.0), 3.0, "PyTorch lets the gradient through");
        assert_eq!(Real::relu_back(0.0f32, 3.0), 0.0);
        assert_eq!(Real::relu_back(2.0f32, 3.0), 3.0);
        assert_eq!(Real::relu_back(-0.0f64, 3.0), 0.0);
    }
}
