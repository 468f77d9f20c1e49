//! Optimisers against the CPU's over several updates.

use unrolled::gpu::kernels::optimizer::{live, step};
use unrolled::gpu::{Gpu, Live, Recorder, Scratch};
use unrolled::train::{At, find_optimizer, optimizers};

use crate::gpu_test;
use crate::harness::{assert_close, distance, numbers};

/// Of the largest number, after `UPDATES`: a few roundings at each, of which a root and a quotient are not exact on a GPU.
const TOLERANCE: f32 = 2e-6;
const UPDATES: u64 = 12;

/// Gradients of an update: also zero and next to nothing.
fn gradients(update: u64, count: usize, scale: f32) -> Vec<f32> {
    let mut values = numbers(100 + update, count, scale);
    values.iter_mut().step_by(7).for_each(|g| *g = 0.0);
    values.iter_mut().skip(1).step_by(7).for_each(|g| *g *= 1e-6);
    values
}

/// Parameters and moments after the updates: the GPU's, the CPU's.
async fn both(gpu: &Gpu, name: &str, options: &[f64], count: usize, make: impl Fn(u64) -> Vec<f32>) -> [Vec<Vec<f32>>; 2] {
    let optimizer = find_optimizer(name).unwrap();
    let first = numbers(1, count, 1.0);
    let zeros = || optimizer.spec().moments.iter().map(|_| vec![0.0f32; count]);
    let mut expected = vec![first.clone()];
    expected.extend(zeros());
    let (told, g) = (gpu.buffer(Live::WORDS).unwrap(), gpu.buffer(count).unwrap());
    let all: Vec<_> = expected.iter().map(|values| gpu.buffer_of(values).unwrap().all()).collect();
    let mut scratch = Scratch::default();
    let mut r = Recorder::new(gpu, &mut scratch);
    step(&mut r, name, &told.all(), &all[0], &g.all(), &all[1..].iter().collect::<Vec<_>>()).unwrap();
    let plan = r.finish().unwrap();
    for update in 1..=UPDATES {
        let at = At { learning_rate: 0.1 / update as f64, update, options };
        let values = make(update);
        gpu.write(&g, 0, &values);
        gpu.write(&told, 0, &Live { optimizer: live(name, &at), ..Live::default() }.words());
        gpu.submit(&[&plan]);
        let (parameters, moments) = expected.split_at_mut(1);
        optimizer.f32(&at, &mut parameters[0], &values, moments);
    }
    [gpu.read(&all).await.unwrap(), expected]
}

/// By optimiser: its options.
const CASES: [(&str, &[f64]); 15] = [
    ("sgd", &[0.0, 0.0, 0.0]),
    ("sgd", &[0.0, 1.0, 0.1]),
    ("sgd", &[0.9, 0.0, 0.0]),
    ("sgd", &[0.9, 0.0, 0.01]),
    ("sgd", &[0.9, 1.0, 0.01]),
    ("rmsprop", &[0.99, 1e-8, 0.0, 0.0]),
    ("rmsprop", &[0.9, 1e-8, 0.9, 0.0]),
    ("rmsprop", &[0.9, 1e-3, 0.5, 0.1]),
    ("adam", &[0.9, 0.999, 1e-8, 0.0]),
    ("adam", &[0.3, 0.9, 1e-8, 0.0]),
    ("adam", &[0.9, 0.999, 1e-3, 0.1]),
    ("adam", &[0.0, 0.0, 1e-8, 0.0]),
    ("adamw", &[0.9, 0.999, 1e-8, 0.0]),
    ("adamw", &[0.9, 0.999, 1e-8, 0.01]),
    ("adamw", &[0.4, 0.99, 1e-3, 1.0]),
];

gpu_test! {
    async fn steps_are_the_cpus(gpu) {
        assert!(optimizers().iter().all(|o| CASES.iter().any(|(name, _)| *name == o.spec().name)), "every optimiser");
        for (name, options) in CASES {
            for (count, scale) in [(1, 1.0), (65, 100.0), (5000, 0.01)] {
                let [found, expected] = both(gpu, name, options, count, |update| gradients(update, count, scale)).await;
                for (k, (found, expected)) in found.iter().zip(&expected).enumerate() {
                    assert_close(&format!("{name} {options:?} × {count}, {k}"), found, expected, TOLERANCE);
                }
            }
        }
    }
}

gpu_test! {
    async fn what_is_not_finite_travels_into_parameters(gpu) {
        for (name, options) in CASES {
            let make = |update: u64| {
                let mut values = gradients(update, 65, 1.0);
                (values[3], values[64]) = if update == 2 { (f32::NAN, f32::INFINITY) } else { (values[3], values[64]) };
                values
            };
            let [found, expected] = both(gpu, name, options, 65, make).await;
            for (found, expected) in found.iter().zip(&expected) {
                assert!(distance(found, expected, 1e-3) <= TOLERANCE, "{name} {options:?}");
            }
            assert!(expected[0][3].is_nan() && !expected[0][64].is_finite());
        }
    }
}

gpu_test! {
    async fn other_names_are_refused(gpu) {
        let (at, buffer) = (At { learning_rate: 0.1, update: 1, options: &[] }, gpu.buffer(64).unwrap().all());
        let mut scratch = Scratch::default();
        let refused = step(&mut Recorder::new(gpu, &mut scratch), "lion", &buffer, &buffer, &buffer, &[]);
        assert!(refused.err().unwrap().message.contains("adamw"));
        assert_eq!(live("lion", &at), [0.0; 8]);
    }
}
