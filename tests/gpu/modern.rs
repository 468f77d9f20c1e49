//! The functions of the modern cells against the CPU engine's, which are computed in f64.

use unrolled::gpu::kernels::modern::{NAMES, modern};
use unrolled::gpu::{Recorder, Scratch};
use unrolled::math::functions::{expm1, gelu, gelu_slope, silu, silu_slope};

use crate::gpu_test;
use crate::harness::distance_each;

/// Relative, or absolute below one: two roundings or three of f32, and polynomials to 1e-7.
const TOLERANCE: f32 = 6e-7;

/// Up to where e^x − 1 is asked for; angles reach far.
const FUNCTIONS: [fn(f32) -> f32; 7] =
    [silu, silu_slope, expm1, gelu, gelu_slope, |x| libm::cos(f64::from(x)) as f32, |x| libm::sin(f64::from(x)) as f32];

gpu_test! {
    async fn modern_functions_are_the_cpus(gpu) {
        let edges = [f32::NAN, 0.0, 1e-30, -1e-30, 0.625, -0.625, 1.0, -1.0, -150.0, -1e4, f32::NEG_INFINITY];
        let x: Vec<f32> = (-20_000..=17_000).map(|k| k as f32 * 5e-3).chain(edges).collect();
        let (from, to) = (gpu.buffer_of(&x).unwrap().all(), gpu.buffer(x.len() * NAMES.len()).unwrap().all());
        let mut scratch = Scratch::default();
        let mut r = Recorder::new(gpu, &mut scratch);
        modern(&mut r, &from, &to).unwrap();
        gpu.submit(&[&r.finish().unwrap()]);
        let read = gpu.read(&[to]).await.unwrap().remove(0);
        for ((name, f), found) in NAMES.iter().zip(FUNCTIONS).zip(read.chunks_exact(x.len())) {
            let expected: Vec<f32> = x.iter().map(|x| f(*x)).collect();
            let worst = distance_each(name, &x, found, &expected);
            println!("{name}: {worst:e}");
            assert!(worst <= TOLERANCE, "{name}: {worst:e}; expected at most {TOLERANCE:e}");
            // Small values of those that go through zero keep their digits.
            let straight = ["e^x − 1", "sin"].contains(name);
            for (k, at) in x.iter().enumerate().filter(|(_, x)| x.abs() < 1.0 && x.abs() > 1e-20 && straight) {
                assert!((found[k] - expected[k]).abs() <= TOLERANCE * expected[k].abs(), "{name} at {at}: {}", found[k]);
            }
            let other: Vec<f32> = expected.iter().map(|y| y * (1.0 + 4.0 * TOLERANCE)).collect();
            assert!(distance_each(name, &x, &other, &expected) > TOLERANCE, "{name}: the comparison sees nothing");
        }
    }
}
