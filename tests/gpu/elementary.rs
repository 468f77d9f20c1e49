//! The elementary functions against the CPU engine's.

use unrolled::gpu::kernels::elementary::{NAMES, functions};
use unrolled::gpu::{Recorder, Scratch};
use unrolled::math::Real;

use crate::gpu_test;
use crate::harness::distance_each;

/// Relative, or absolute below one: the same polynomials, whose operations a shader may order and fuse otherwise; the CPU's are
/// within 4e-7 of the exact value. (Numbers below the normal ones may be zero on a device.)
const TOLERANCE: f32 = 1e-6;

const FUNCTIONS: [fn(f32) -> f32; 6] = [Real::exp, Real::sigmoid, Real::tanh, Real::relu, Real::softplus, Real::softplus_slope];

gpu_test! {
    async fn functions_are_the_cpus(gpu) {
        let edges = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, 1e-30, -1e-30, 0.625, -0.625, 1e4, -1e4, 1e30, -1e30];
        let x: Vec<f32> = (-20_000..=20_000).map(|k| k as f32 * 5e-3).chain(edges).collect();
        let (from, to) = (gpu.buffer_of(&x).unwrap().all(), gpu.buffer(x.len() * NAMES.len()).unwrap().all());
        let mut scratch = Scratch::default();
        let mut r = Recorder::new(gpu, &mut scratch);
        functions(&mut r, &from, &to).unwrap();
        gpu.submit(&[&r.finish().unwrap()]);
        let read = gpu.read(&[to]).await.unwrap().remove(0);
        for ((name, f), found) in NAMES.iter().zip(FUNCTIONS).zip(read.chunks_exact(x.len())) {
            let expected: Vec<f32> = x.iter().map(|x| f(*x)).collect();
            let worst = distance_each(name, &x, found, &expected);
            println!("{name}: {worst:e}");
            assert!(worst <= TOLERANCE, "{name}: {worst:e}; expected at most {TOLERANCE:e}");
            // Small values of those that go through zero keep their digits.
            for (at, k) in x.iter().zip(0..).filter(|(x, _)| x.abs() < 1.0 && x.abs() > 1e-20 && *name == "tanh") {
                assert!((found[k] - expected[k]).abs() <= TOLERANCE * expected[k].abs(), "{name} at {at}: {}", found[k]);
            }
            let other: Vec<f32> = expected.iter().map(|y| y * (1.0 + 4.0 * TOLERANCE)).collect();
            assert!(distance_each(name, &x, &other, &expected) > TOLERANCE, "{name}: the comparison sees nothing");
        }
    }
}
