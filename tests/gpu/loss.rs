//! Losses against the CPU's, which adds up in f64, and the ring of results.

use unrolled::gpu::kernels::loss::loss;
use unrolled::gpu::kernels::results::record;
use unrolled::gpu::{Gpu, Live};
use unrolled::math::rng::Rng;
use unrolled::task::{Answers, Batch, Form, Inputs};
use unrolled::train::batch_loss;

use crate::gpu_test;
use crate::harness::{assert_close, distance, numbers};
use crate::ran::ran;

/// Of the largest number: a few roundings of f32 and a sum of up to 65,000 numbers, in trees.
const TOLERANCE: f32 = 2e-6;

fn form(answers: Answers) -> Form {
    Form { inputs: Inputs::Numbers { width: 1 }, answers, steps: 1, last_only: false, streams: false }
}

/// Answers count at about every other place, or where `per_example` at one step of each example, but the last's.
fn batch(form: &Form, steps: usize, size: usize, per_example: bool, scale: f32) -> Batch {
    let (mut batch, mut rng) = (Batch::default(), Rng::new(9));
    batch.reset(form, steps, size);
    let chosen: Vec<usize> = (0..size).map(|_| (rng.u() * steps as f64) as usize).collect();
    for place in 0..steps * size {
        let at = place % size;
        batch.counts[place] =
            if per_example { place / size == chosen[at] && (at + 1 < size || size == 1) } else { place == 0 || rng.u() < 0.5 };
    }
    batch.targets = numbers(3, batch.targets.len(), scale);
    if let Answers::Classes { count } = form.answers {
        batch.classes.iter_mut().for_each(|class| *class = (rng.u() * count as f64) as u32);
    }
    batch
}

/// Loss (added to 0.5) and ∂/∂y.
async fn on_gpu(gpu: &Gpu, form: &Form, batch: &Batch, per_example: bool, share: f32, y: &[f32]) -> (f32, Vec<f32>) {
    let counts: Vec<u32> = batch.counts.iter().map(|c| u32::from(*c)).collect();
    let targets = match form.answers {
        Answers::Numbers { .. } => gpu.buffer_of(&batch.targets),
        Answers::Classes { .. } => gpu.buffer_of(&batch.classes),
    };
    let live = Live { share, ..Live::default() };
    let (targets, counts, live) =
        (targets.unwrap().all(), gpu.buffer_of(&counts).unwrap().all(), gpu.buffer_of(&live.words()).unwrap().all());
    let (at, d, total) =
        (gpu.buffer_of(y).unwrap().all(), gpu.buffer_of(&vec![7.0f32; y.len()]).unwrap().all(), gpu.buffer_of(&[0.5f32]).unwrap().all());
    ran(gpu, |r| loss(r, form, per_example, (batch.steps, batch.size), &at, &targets, &counts, &live, &d, &total));
    let mut found = gpu.read(&[total, d]).await.unwrap();
    (found[0][0], found.remove(1))
}

async fn compare(gpu: &Gpu, answers: Answers, (steps, size): (usize, usize), per_example: bool, scale: f32) {
    let form = form(answers);
    let batch = batch(&form, steps, size, per_example, scale);
    let (Answers::Numbers { width } | Answers::Classes { count: width }) = answers;
    let y = numbers(1, width * if per_example { size } else { steps * size }, scale);
    let share = 1.0 / batch.counts.iter().filter(|c| **c).count().max(1) as f32;
    let (found, d_found) = on_gpu(gpu, &form, &batch, per_example, share, &y).await;
    let mut d = vec![];
    let expected = batch_loss(&form, &batch, &y, per_example, f64::from(share), &mut d).unwrap();
    let what = format!("{answers:?} × {steps}·{size}, {per_example}, ±{scale}");
    assert_close(&what, &[found], &[(0.5 + expected) as f32], TOLERANCE);
    assert_close(&what, &d_found, &d, TOLERANCE);
}

gpu_test! {
    async fn mean_squares_are_the_cpus(gpu) {
        let cases = [(1, (1, 1), 1.0), (1, (1000, 65), 100.0), (2, (3, 5), 100.0), (3, (65, 2), 0.01), (5, (2, 63), 1.0), (64, (3, 3), 1.0), (257, (5, 64), 100.0)];
        for (width, shape, scale) in cases {
            for per_example in [false, true] {
                compare(gpu, Answers::Numbers { width }, shape, per_example, scale).await;
            }
        }
    }
}

gpu_test! {
    async fn cross_entropies_are_the_cpus(gpu) {
        let cases = [(1, (1, 1), 1.0), (2, (1000, 13), 100.0), (3, (65, 2), 0.01), (5, (2, 63), 1.0), (64, (3, 3), 10.0), (65, (5, 5), 100.0), (257, (2, 64), 3.0)];
        for (count, shape, scale) in cases {
            for per_example in [false, true] {
                compare(gpu, Answers::Classes { count }, shape, per_example, scale).await;
            }
        }
        compare(gpu, Answers::Classes { count: 200_000 }, (2, 2), false, 10.0).await;
    }
}

gpu_test! {
    async fn what_is_not_finite_travels_into_losses(gpu) {
        for (answers, bad) in [
            (Answers::Numbers { width: 3 }, [f32::INFINITY, f32::NAN]),
            (Answers::Classes { count: 3 }, [f32::INFINITY, f32::NAN]),
            (Answers::Classes { count: 3 }, [f32::NEG_INFINITY, -1e30]),
            (Answers::Classes { count: 65 }, [f32::NAN, f32::NEG_INFINITY]),
        ] {
            for bad in bad {
                let form = form(answers);
                let (Answers::Numbers { width } | Answers::Classes { count: width }) = answers;
                let mut batch = batch(&form, 3, 2, false, 1.0);
                (batch.counts[1], batch.counts[2]) = (true, true);
                batch.classes.iter_mut().for_each(|class| *class = 2);
                let mut y = numbers(1, width * 6, 1.0);
                y[width + 1] = bad;
                let (found, d_found) = on_gpu(gpu, &form, &batch, false, 0.25, &y).await;
                let mut d = vec![];
                let expected = batch_loss(&form, &batch, &y, false, 0.25, &mut d).unwrap() as f32;
                assert!(distance(&[found], &[0.5 + expected], 1.0) <= TOLERANCE, "{answers:?} {bad}: {found}; expected {expected}");
                assert!(distance(&d_found, &d, 1.0) <= TOLERANCE, "{answers:?} {bad}");
                assert!(d.iter().any(|d| d.is_finite()));
            }
        }
    }
}

gpu_test! {
    async fn results_stand_in_their_slot(gpu) {
        let (total, found) = (gpu.buffer_of(&[3.0f32]).unwrap().all(), gpu.buffer_of(&[5.0, f32::INFINITY, f32::NAN]).unwrap().all());
        let ring = gpu.buffer_of(&[7.0f32; 12]).unwrap().all();
        let live = gpu.buffer_of(&Live { slot: 5, ..Live::default() }.words()).unwrap().all();
        ran(gpu, |r| record(r, &total, &found, &live, &ring, 3));
        let read = gpu.read(&[total, ring]).await.unwrap();
        assert_eq!(read[0], [0.0]);
        let expected = [[7.0; 8].as_slice(), &[3.0, 5.0, f32::INFINITY, f32::NAN]].concat();
        assert_eq!(distance(&read[1], &expected, 1.0), 0.0);
    }
}
