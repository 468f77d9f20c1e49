//! Sums over columns against the CPU engine's.

use unrolled::gpu::kernels::columns::sum_columns;
use unrolled::gpu::{Gpu, Recorder, Scratch};
use unrolled::math::kernel;

use crate::gpu_test;
use crate::harness::{SIZES, assert_close, distance, numbers};

/// Of the largest number: sums of up to 65,000 numbers in another order (the CPU's, one after the other, is the less exact one).
const TOLERANCE: f32 = 2e-5;

async fn on_gpu(gpu: &Gpu, d: &[f32], rows: usize, columns: usize, to: &[f32]) -> Vec<f32> {
    let mut scratch = Scratch::default();
    let (d, to) = (gpu.buffer_of(d).unwrap().all(), gpu.buffer_of(to).unwrap().all());
    let mut r = Recorder::new(gpu, &mut scratch);
    sum_columns(&mut r, &d, rows, columns, &to).unwrap();
    gpu.submit(&[&r.finish().unwrap()]);
    gpu.read(&[to]).await.unwrap().remove(0)
}

async fn compare(gpu: &Gpu, rows: usize, columns: usize, scale: f32) {
    let (d, to) = (numbers(1, rows * columns, scale), numbers(2, rows, scale));
    let found = on_gpu(gpu, &d, rows, columns, &to).await;
    let mut expected = to.clone();
    kernel::sum_columns(&d, rows, &mut expected);
    assert_close(&format!("{rows} × {columns}"), &found, &expected, TOLERANCE);
    assert_eq!(found, on_gpu(gpu, &d, rows, columns, &to).await, "{rows} × {columns}: not the same bits again");
}

gpu_test! {
    async fn sums_over_columns_are_the_cpus(gpu) {
        for (nth, rows) in SIZES.into_iter().enumerate() {
            for columns in SIZES.into_iter().skip(nth % 2).step_by(2) {
                compare(gpu, rows, columns, if nth % 2 == 0 { 1.0 } else { 100.0 }).await;
            }
        }
        compare(gpu, 1, 65_000, 100.0).await;
        compare(gpu, 65, 8_001, 1.0).await;
    }
}

gpu_test! {
    async fn what_is_not_finite_is_seen_in_a_sum(gpu) {
        let (rows, columns) = (5, 1000);
        let mut d = numbers(1, rows * columns, 1.0);
        (d[4], d[rows * 999], d[rows * 500 + 1], d[rows * 700 + 1]) = (f32::NAN, f32::NEG_INFINITY, f32::INFINITY, f32::NEG_INFINITY);
        let found = on_gpu(gpu, &d, rows, columns, &[0.0; 5]).await;
        let mut expected = vec![0.0; rows];
        kernel::sum_columns(&d, rows, &mut expected);
        assert!(expected[4].is_nan() && expected[1].is_nan() && expected[0] == f32::NEG_INFINITY && expected[2].is_finite());
        assert!(distance(&found, &expected, 1.0) <= TOLERANCE);
    }
}
