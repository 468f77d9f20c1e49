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
    /// 1 / (1 + e^−x). Does not overflow.
    fn sigmoid(self) -> Self;
    /// ln(1 + e^x), without overflow.
    fn softplus(self) -> Self;
    /// Slope of softplus, from its value y: 1 − e^−y.
    fn softplus_slope(self) -> Self;
    /// `if a > b { x } else { y }`, lane by lane. With NaN in `a` or `b` it is `y`.
    fn select_gt(a: Self, b: Self, x: Self, y: Self) -> Self;

    fn zero() -> Self {
        Self::of(0.0)
    }
    fn one() -> Self {
        Self::of(1.0)
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
    /// As many numbers in memory.
    type Group: Copy;
    /// What is smaller than this on the way back of a training counts as nothing (`kernel::drop_nothing`).
    const NOTHING: f64;
    fn load(from: &[Self]) -> Self::Wide;
    fn store(value: Self::Wide, to: &mut [Self]);
    /// The same number side by side.
    fn splat(value: Self) -> Self::Wide;
    fn f64(self) -> f64;
    /// Whole groups; what is left at the end is left out.
    fn groups(values: &[Self]) -> &[Self::Group];
    fn groups_mut(values: &mut [Self]) -> &mut [Self::Group];
    fn read(group: &Self::Group) -> Self::Wide;
    fn write(value: Self::Wide) -> Self::Group;
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
    fn sigmoid(self) -> Self {
        1.0 / (1.0 + libm::exp(-self))
    }
    fn softplus(self) -> Self {
        super::functions::softplus(self)
    }
    fn softplus_slope(self) -> Self {
        -libm::expm1(-self)
    }
    fn select_gt(a: Self, b: Self, x: Self, y: Self) -> Self {
        if a > b { x } else { y }
    }
}

impl Scalar for f64 {
    type Wide = f64;
    type Group = [f64; 1];
    const WIDTH: usize = 1;
    const NOTHING: f64 = 0.0;
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
    fn groups(values: &[f64]) -> &[[f64; 1]] {
        values.as_chunks().0
    }
    fn groups_mut(values: &mut [f64]) -> &mut [[f64; 1]] {
        values.as_chunks_mut().0
    }
    fn read(group: &[f64; 1]) -> f64 {
        group[0]
    }
    fn write(value: f64) -> [f64; 1] {
        [value]
    }
}

/// What the f32 polynomials need beyond arithmetic.
trait Single: Real {
    /// 2^n, where `n` came of `MAGIC` + n for an integer n with |n| ≤ 126.
    fn pow2(magic_and_n: Self) -> Self;
    fn abs(self) -> Self;
    /// |self| with the sign of another number.
    fn with_sign(self, of: Self) -> Self;
    /// The smaller of both, the larger of both. NaN in `self` stays NaN.
    fn at_most(self, limit: Self) -> Self;
    fn at_least(self, limit: Self) -> Self;
}

impl Real for f32 {
    fn of(x: f64) -> Self {
        x as f32
    }
    fn exp(self) -> Self {
        exp(self)
    }
    #[inline(never)]
    fn tanh(self) -> Self {
        tanh(self)
    }
    #[inline(never)]
    fn sigmoid(self) -> Self {
        sigmoid(self)
    }
    fn softplus(self) -> Self {
        softplus(self)
    }
    fn softplus_slope(self) -> Self {
        softplus_slope(self)
    }
    fn select_gt(a: Self, b: Self, x: Self, y: Self) -> Self {
        if a > b { x } else { y }
    }
}

impl Single for f32 {
    #[inline(always)]
    fn pow2(magic_and_n: f32) -> f32 {
        f32::from_bits((magic_and_n.to_bits() << 23).wrapping_add(ONE))
    }
    fn abs(self) -> f32 {
        f32::abs(self)
    }
    fn with_sign(self, of: f32) -> f32 {
        self.copysign(of)
    }
    fn at_most(self, limit: f32) -> f32 {
        if limit < self { limit } else { self }
    }
    fn at_least(self, limit: f32) -> f32 {
        if limit > self { limit } else { self }
    }
}

impl Scalar for f32 {
    type Wide = f32x4;
    type Group = [f32; 4];
    const WIDTH: usize = 4;
    // 2^−96: times a small slope and a small weight it is still a normal number.
    const NOTHING: f64 = 1.262_177_448_353_619e-29;
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
    #[inline(always)]
    fn groups(values: &[f32]) -> &[[f32; 4]] {
        values.as_chunks().0
    }
    #[inline(always)]
    fn groups_mut(values: &mut [f32]) -> &mut [[f32; 4]] {
        values.as_chunks_mut().0
    }
    #[inline(always)]
    fn read(group: &[f32; 4]) -> f32x4 {
        f32x4::new(*group)
    }
    #[inline(always)]
    fn write(value: f32x4) -> [f32; 4] {
        value.to_array()
    }
}

impl Real for f32x4 {
    #[inline(always)]
    fn of(x: f64) -> Self {
        f32x4::splat(x as f32)
    }
    fn exp(self) -> Self {
        exp(self)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        tanh(self)
    }
    #[inline(always)]
    fn sigmoid(self) -> Self {
        sigmoid(self)
    }
    fn softplus(self) -> Self {
        softplus(self)
    }
    fn softplus_slope(self) -> Self {
        softplus_slope(self)
    }
    #[inline(always)]
    fn select_gt(a: Self, b: Self, x: Self, y: Self) -> Self {
        a.cmp_gt(b).blend(x, y)
    }
}

impl Single for f32x4 {
    #[inline(always)]
    fn pow2(magic_and_n: f32x4) -> f32x4 {
        let bits: i32x4 = bytemuck::cast(magic_and_n);
        bytemuck::cast((bits << 23) + i32x4::splat(ONE as i32))
    }
    #[inline(always)]
    fn abs(self) -> f32x4 {
        f32x4::abs(self)
    }
    #[inline(always)]
    fn with_sign(self, of: f32x4) -> f32x4 {
        self | (of & f32x4::splat(-0.0))
    }
    // What the two instructions give for NaN depends on the side, and that on the target.
    #[inline(always)]
    fn at_most(self, limit: f32x4) -> f32x4 {
        if cfg!(target_arch = "wasm32") { self.fast_min(limit) } else { limit.fast_min(self) }
    }
    #[inline(always)]
    fn at_least(self, limit: f32x4) -> f32x4 {
        if cfg!(target_arch = "wasm32") { self.fast_max(limit) } else { limit.fast_max(self) }
    }
}

/// Adding and taking away 1.5·2^23 rounds to the nearest integer, which in between stands in the lowest bits.
const MAGIC: f64 = 12_582_912.0;
/// The bits of 1.
const ONE: u32 = 127 << 23;

/// (`MAGIC` + n, e^r − 1), where x = n ln 2 + r: |r| ≤ ln 2 / 2, a polynomial of degree 7.
#[inline(always)]
fn reduced<V: Single>(x: V) -> (V, V) {
    let magic_and_n = x * V::of(std::f64::consts::LOG2_E) + V::of(MAGIC);
    let n = magic_and_n - V::of(MAGIC);
    let r = x - n * V::of(0.693_359_375) - n * V::of(-2.121_944_4e-4);
    // In pairs (Estrin), so that less has to wait for the multiplication before.
    let square = r * r;
    let first = V::of(1.987_569_15e-4) * r + V::of(1.398_199_950_7e-3);
    let second = V::of(8.333_451_907_3e-3) * r + V::of(4.166_579_589_4e-2);
    let third = V::of(1.666_666_545_9e-1) * r + V::of(0.500_000_012_01);
    (magic_and_n, ((first * square + second) * square + third) * square + r)
}

/// e^x, scaled by a power of two in two factors so that both the overflow to infinity and the subnormal numbers come out right.
fn exp<V: Single>(x: V) -> V {
    let (magic_and_n, y) = reduced(x.at_most(V::of(110.0)).at_least(V::of(-110.0)));
    let n = magic_and_n - V::of(MAGIC);
    let half = n * V::of(0.5) + V::of(MAGIC);
    let rest = n - (half - V::of(MAGIC)) + V::of(MAGIC);
    (y + V::one()) * V::pow2(half) * V::pow2(rest)
}

/// 1 / (1 + e^−x), and 0 where that is no normal number.
#[inline(always)]
fn sigmoid<V: Single>(x: V) -> V {
    let (n, y) = reduced((-x).at_most(V::of(87.5)).at_least(V::of(-87.5)));
    let y = V::one() / (V::one() + V::pow2(n) * (y + V::one()));
    V::select_gt(V::of(-87.0), x, V::zero(), y)
}

/// tanh |x| = (e^2|x| − 1) / (e^2|x| + 1), with the numerator as 2^n (e^r − 1) + (2^n − 1), so that nothing cancels near 0.
#[inline(always)]
fn tanh<V: Single>(x: V) -> V {
    let size = x.abs().at_most(V::of(9.1));
    let (n, y) = reduced(size + size);
    let power = V::pow2(n);
    let above = power * y + (power - V::one());
    (above / (above + V::of(2.0))).with_sign(x)
}

/// max(x, 0) + ln(1 + e), e = e^−|x| ≤ 1: with s = e / (2 + e) ≤ ⅓ that is 2 artanh s, an odd series, so that small values keep
/// all their digits.
fn softplus<V: Single>(x: V) -> V {
    let e = (-x.abs()).exp();
    let s = e / (V::of(2.0) + e);
    let q = s * s;
    let series = [11.0, 9.0, 7.0, 5.0, 3.0, 1.0].iter().fold(V::of(1.0 / 13.0), |sum, n| sum * q + V::of(1.0 / n));
    x.relu() + (s + s) * series
}

/// 1 − e^−y = −(2^n (e^r − 1) + (2^n − 1)): nothing cancels near 0.
fn softplus_slope<V: Single>(y: V) -> V {
    let (n, rest) = reduced((-y).at_most(V::of(87.0)).at_least(V::of(-87.0)));
    let power = V::pow2(n);
    -(power * rest + (power - V::one()))
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
        let (mut worst_softplus, mut worst_slope) = (0.0f64, 0.0f64);
        for x in grid() {
            let exact = libm::tanh(x as f64);
            worst_tanh = worst_tanh.max((x.tanh_f32() - exact).abs() / exact.abs().max(1e-30));
            let exact = 1.0 / (1.0 + libm::exp(-x as f64));
            worst_sigmoid = worst_sigmoid.max((Real::sigmoid(x) as f64 - exact).abs());
            if x.abs() < 87.0 {
                let exact = libm::exp(x as f64);
                worst_exp = worst_exp.max((Real::exp(x) as f64 - exact).abs() / exact);
                let exact = Real::softplus(x as f64);
                worst_softplus = worst_softplus.max((Real::softplus(x) as f64 - exact).abs() / exact);
                let exact = -libm::expm1(-x as f64);
                worst_slope = worst_slope.max((Real::softplus_slope(x) as f64 - exact).abs() / exact.abs().max(1e-30));
            }
        }
        assert!(worst_tanh < 3e-7, "tanh, relative: {worst_tanh}");
        assert!(worst_sigmoid < 3e-7, "sigmoid, absolute: {worst_sigmoid}");
        assert!(worst_exp < 3e-7, "exp, relative: {worst_exp}");
        assert!(worst_softplus < 4e-7, "softplus, relative: {worst_softplus}");
        assert!(worst_slope < 3e-7, "slope of softplus, relative: {worst_slope}");
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
                (Real::softplus(v), Real::softplus(x)),
                (Real::softplus_slope(v), Real::softplus_slope(x)),
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
        for y in [Real::exp(lanes), Real::tanh(lanes), Real::sigmoid(lanes), Real::relu(lanes), Real::softplus(lanes)] {
            assert!(y.to_array()[0].is_nan());
        }
        assert!(Real::relu(f32::NAN).is_nan() && Real::tanh(f32::NAN).is_nan() && Real::exp(f32::NAN).is_nan());
        assert_eq!(Real::relu_back(f32::NAN, 3.0), 3.0, "PyTorch lets the gradient through");
        assert_eq!(Real::relu_back(0.0f32, 3.0), 0.0);
        assert_eq!(Real::relu_back(2.0f32, 3.0), 3.0);
        assert_eq!(Real::relu_back(-0.0f64, 3.0), 0.0);
    }
}
