//! Products against the CPU engine's.

use unrolled::gpu::kernels::product::{Matrix, product};
use unrolled::gpu::{Gpu, Recorder, Scratch};
use unrolled::math::kernel::{Strided, multiply_add};

use crate::gpu_test;
use crate::harness::{SIZES, assert_close, distance, numbers};

/// Of the largest number: sums of up to 1,000 products in another order.
const TOLERANCE: f32 = 2e-6;

/// How A, B lie: row-major or column-major.
#[derive(Clone, Copy, Debug)]
struct Lie(bool, bool);

async fn on_gpu(
    gpu: &Gpu,
    (m, n, k): (usize, usize, usize),
    lie: Lie,
    a: &[f32],
    b: &[f32],
    bias: Option<&[f32]>,
    c: Option<&[f32]>,
) -> Vec<f32> {
    let mut scratch = Scratch::default();
    let (a, b) = (gpu.buffer_of(a).unwrap().all(), gpu.buffer_of(b).unwrap().all());
    let to = gpu.buffer(m * n).unwrap();
    gpu.write(&to, 0, c.unwrap_or(&vec![7.0; m * n]));
    let bias = bias.map(|bias| gpu.buffer_of(bias).unwrap().all());
    let mut r = Recorder::new(gpu, &mut scratch);
    let left = if lie.0 { Matrix::rows(&a, k) } else { Matrix::columns(&a, m) };
    let right = if lie.1 { Matrix::rows(&b, n) } else { Matrix::columns(&b, k) };
    product(&mut r, (m, n, k), left, right, Matrix::columns(&to.all(), m), bias.as_ref(), c.is_some()).unwrap();
    let plan = r.finish().unwrap();
    gpu.submit(&[&plan]);
    gpu.read(&[to.all()]).await.unwrap().remove(0)
}

/// The CPU engine's, from zero or added to what is there.
fn on_cpu((m, n, k): (usize, usize, usize), lie: Lie, a: &[f32], b: &[f32], bias: Option<&[f32]>, c: Option<&[f32]>) -> Vec<f32> {
    let mut to = match (c, bias) {
        (Some(c), _) => c.to_vec(),
        (None, Some(bias)) => bias.repeat(n),
        (None, None) => vec![0.0; m * n],
    };
    let left = if lie.0 { Strided::transposed(a, k) } else { Strided::columns(a, m) };
    let right = if lie.1 { Strided::transposed(b, n) } else { Strided::columns(b, k) };
    multiply_add(m, n, k, left, right, &mut to, &mut vec![]);
    to
}

const LIES: [Lie; 4] = [Lie(true, false), Lie(false, false), Lie(false, true), Lie(true, true)];

/// From zero, from a bias, added to what is there.
#[derive(Clone, Copy)]
enum Start {
    Zero,
    Bias,
    There,
}

async fn compare(gpu: &Gpu, sizes: (usize, usize, usize), lie: Lie, scale: f32) {
    compare_from(gpu, sizes, lie, scale, &[Start::Zero, Start::Bias, Start::There]).await;
}

async fn compare_from(gpu: &Gpu, sizes: (usize, usize, usize), lie: Lie, scale: f32, starts: &[Start]) {
    let (m, n, k) = sizes;
    let (a, b) = (numbers(1, m * k, scale), numbers(2, k * n, scale));
    let (bias, c) = (numbers(3, m, scale), numbers(4, m * n, scale));
    for start in starts {
        let bias = matches!(start, Start::Bias).then_some(&*bias);
        let c = matches!(start, Start::There).then_some(&*c);
        let found = on_gpu(gpu, sizes, lie, &a, &b, bias, c).await;
        let expected = on_cpu(sizes, lie, &a, &b, bias, c);
        assert_close(&format!("{m} × {n} × {k} {lie:?} {} {}", bias.is_some(), c.is_some()), &found, &expected, TOLERANCE);
    }
}

gpu_test! {
    async fn products_are_the_cpus(gpu) {
        for (nth, m) in SIZES.into_iter().enumerate() {
            for (other, n) in SIZES.into_iter().enumerate() {
                let k = SIZES[(3 * nth + 5 * other) % SIZES.len()];
                compare(gpu, (m, n, k), LIES[(nth + other) % 4], if nth % 2 == 0 { 1.0 } else { 100.0 }).await;
            }
        }
        // All four lies of one shape; the inner dimension in slices.
        for lie in LIES {
            compare(gpu, (65, 63, 130), lie, 1.0).await;
            compare(gpu, (5, 3, 1000), lie, 100.0).await;
        }
    }
}

gpu_test! {
    async fn large_products_are_the_cpus(gpu) {
        for (lie, start) in LIES.into_iter().zip([Start::Zero, Start::Bias, Start::There, Start::Zero]) {
            compare_from(gpu, (97, 12_300, 3), lie, 1.0, &[start]).await;
        }
        // In slices.
        compare_from(gpu, (129, 3000, 512), LIES[1], 1.0, &[Start::There]).await;
    }
}

gpu_test! {
    async fn what_is_not_finite_travels(gpu) {
        let sizes = (65, 3, 65);
        let (mut a, mut b) = (numbers(1, 65 * 65, 1.0), numbers(2, 65 * 3, 1.0));
        (a[7], a[65 * 64], b[130]) = (f32::INFINITY, f32::NAN, f32::NEG_INFINITY);
        let found = on_gpu(gpu, sizes, Lie(true, false), &a, &b, None, None).await;
        let expected = on_cpu(sizes, Lie(true, false), &a, &b, None, None);
        assert!(expected.iter().any(|x| x.is_nan()) && expected.iter().any(|x| x.is_infinite()) && expected.iter().any(|x| x.is_finite()));
        assert!(distance(&found, &expected, 1.0) <= TOLERANCE);
    }
}

gpu_test! {
    async fn products_of_parts_of_slices(gpu) {
        // Every matrix in rows 5 and on of columns that are 11 longer than its own.
        for (m, n, k) in [(5, 65, 3), (3, 2, 1000)] {
            let mut scratch = Scratch::default();
            let wide = |rows: usize| rows + 11;
            let (a, b) = (numbers(1, wide(m) * k, 1.0), numbers(2, wide(k) * n, 1.0));
            let inner = |values: &[f32], rows: usize| -> Vec<f32> { values.chunks_exact(wide(rows)).flat_map(|c| c[5..5 + rows].to_vec()).collect() };
            let expected = on_cpu((m, n, k), Lie(false, false), &inner(&a, m), &inner(&b, k), None, None);
            let (a, b) = (gpu.buffer_of(&a).unwrap().all(), gpu.buffer_of(&b).unwrap().all());
            let to = gpu.buffer_of(&vec![7.0f32; wide(m) * n]).unwrap();
            let mut r = Recorder::new(gpu, &mut scratch);
            let at = |data, rows| Matrix::columns(data, wide(rows)).at(5);
            product(&mut r, (m, n, k), at(&a, m), at(&b, k), at(&to.all(), m), None, false).unwrap();
            let plan = r.finish().unwrap();
            gpu.submit(&[&plan]);
            let found = gpu.read(&[to.all()]).await.unwrap().remove(0);
            assert_close(&format!("{m} × {n} × {k} in between"), &inner(&found, m), &expected, TOLERANCE);
            let around = found.chunks_exact(wide(m)).flat_map(|c| c[..5].iter().chain(&c[5 + m..]));
            assert!(around.copied().all(|x| x == 7.0), "what stands around is left alone");
        }
    }
}
