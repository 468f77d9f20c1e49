//! Dropout masks as a function of their place, so that any engine draws the same ones.

use crate::math::Scalar;
use crate::math::rng::Rng;

/// Fills a mask: 0 with probability `share`, else 1 / (1 − share), as `torch.nn.Dropout`. Element k depends on the key and k alone.
pub fn fill_mask<T: Scalar>(share: f64, key: u32, mask: &mut [T]) {
    let below = (share * 4_294_967_296.0) as u64;
    let kept = T::of(1.0 / (1.0 - share));
    for (k, m) in mask.iter_mut().enumerate() {
        *m = if u64::from(hash(key ^ hash(k as u32))) < below { T::zero() } else { kept };
    }
}

/// The key of one gap between layers of one run.
pub fn key(seed: u64, run: u64, gap: usize) -> u32 {
    let mut rng = Rng::sample(seed, run);
    (0..gap).for_each(|_| {
        rng.bits();
    });
    (rng.bits() >> 32) as u32
}

/// A 32-bit mixing function of low bias, which shader languages can compute too (C. Wellons: hash-prospector, 2018: lowbias32).
fn hash(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    let x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}
