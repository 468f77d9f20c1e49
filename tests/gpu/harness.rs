//! A device for each test, numbers, and comparisons.

use unrolled::gpu::{Adapter, Gpu};
use unrolled::math::rng::Rng;

/// Sizes at and around the edges of tiles and workgroups.
pub const SIZES: [usize; 8] = [1, 2, 3, 5, 63, 64, 65, 257];

/// An async test with a device, natively and in the browser.
#[macro_export]
macro_rules! gpu_test {
    (async fn $name:ident($gpu:ident) $body:block) => {
        #[cfg(not(target_arch = "wasm32"))]
        #[test]
        fn $name() {
            pollster::block_on(async {
                let $gpu = &$crate::harness::open().await;
                $body
                $gpu.check().unwrap();
            });
        }
        #[cfg(target_arch = "wasm32")]
        #[wasm_bindgen_test::wasm_bindgen_test]
        async fn $name() {
            let $gpu = &$crate::harness::open().await;
            $body
            $gpu.check().unwrap();
        }
    };
}

/// `cargo xtask test` installs a software adapter, so that there always is one: a machine without fails, it does not skip.
pub async fn open() -> Gpu {
    let found = Gpu::open(Adapter::Any).await;
    found.unwrap_or_else(|e| panic!("{}: these tests need Vulkan (Debian: mesa-vulkan-drivers) or a browser with WebGPU", e.message))
}

/// Numbers from −scale to scale.
pub fn numbers(seed: u64, count: usize, scale: f32) -> Vec<f32> {
    let mut rng = Rng::new(seed);
    (0..count).map(|_| (2.0 * rng.u() as f32 - 1.0) * scale).collect()
}

/// Largest |a − b| in units of the largest |b| (at least `floor`). NaN and infinities have to stand at the same places.
pub fn distance(found: &[f32], expected: &[f32], floor: f32) -> f32 {
    assert_eq!(found.len(), expected.len(), "lengths");
    let size = expected.iter().filter(|x| x.is_finite()).fold(floor, |size, x| size.max(x.abs()));
    let mut worst = 0.0f32;
    for (k, (a, b)) in found.iter().zip(expected).enumerate() {
        match (a.is_finite(), b.is_finite()) {
            (true, true) => worst = worst.max((a - b).abs() / size),
            _ => assert!(a == b || (a.is_nan() && b.is_nan()), "at {k}: {a}; expected {b}"),
        }
    }
    worst
}

/// Asserts that `found` is `expected` within `tolerance` of the largest number, and that one changed number would be seen.
pub fn assert_close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    let worst = distance(found, expected, 1e-30);
    assert!(worst <= tolerance, "{what}: {worst:e} of the largest number; expected at most {tolerance:e}");
    // The negative control: the largest number off by four tolerances.
    let largest = (0..expected.len()).filter(|k| expected[*k].is_finite()).max_by(|a, b| expected[*a].abs().total_cmp(&expected[*b].abs()));
    if let Some(k) = largest.filter(|k| expected[*k] != 0.0) {
        let mut other = found.to_vec();
        other[k] *= 1.0 + 4.0 * tolerance;
        assert!(distance(&other, expected, 1e-30) > tolerance, "{what}: the comparison sees nothing");
    }
}

/// Of a function of x, number by number: largest difference, relative, or absolute below one. NaN and infinities stand at the same
/// places.
pub fn distance_each(name: &str, x: &[f32], found: &[f32], expected: &[f32]) -> f32 {
    let mut worst = 0.0f32;
    for ((x, a), b) in x.iter().zip(found).zip(expected) {
        if a.is_finite() && b.is_finite() {
            worst = worst.max((a - b).abs() / b.abs().max(1.0));
        } else {
            assert!(a == b || (a.is_nan() && b.is_nan()), "{name} at {x}: {a}; expected {b}");
        }
    }
    worst
}
