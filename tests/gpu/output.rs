//! Outputs, dropout masks and final outputs: nothing is computed but one product, so all is equal bit for bit.

use unrolled::gpu::kernels::output::{final_outputs, final_outputs_back, mask_back, output};
use unrolled::gpu::{Gpu, Live};
use unrolled::train::fill_mask;

use crate::gpu_test;
use crate::harness::numbers;
use crate::ran::ran;

/// Tape rows, first of the output lane, its length; width, offset; columns.
const CASES: [(usize, usize, usize, usize, usize, usize); 6] = [
    (1, 0, 1, 1, 0, 1),
    (7, 2, 2, 4, 2, 65),
    (5, 2, 3, 3, 0, 257),
    (64, 1, 63, 126, 0, 63),
    (70, 5, 65, 130, 65, 3),
    (257, 0, 257, 257, 0, 2),
];

fn same(what: &str, found: &[f32], expected: &[f32]) {
    let bits = |x: &f32| if x.is_nan() { f32::NAN.to_bits() } else { (x + 0.0).to_bits() };
    let differ = found.iter().zip(expected).filter(|(a, b)| bits(a) != bits(b)).count();
    assert!(found.len() == expected.len() && differ == 0, "{what}: {differ} of {} differ", expected.len());
}

/// What the host tells, with keys that all differ.
fn live(gpu: &Gpu) -> (Live, unrolled::gpu::Slice) {
    let live = Live { keys: std::array::from_fn(|k| 0x9E37_79B9u32.wrapping_mul(k as u32 + 1)), ..Live::default() };
    (live, gpu.buffer_of(&live.words()).unwrap().all())
}

fn mask(share: f64, key: u32, count: usize) -> Vec<f32> {
    let mut mask = vec![0.0; count];
    fill_mask(share, key, &mut mask);
    mask
}

gpu_test! {
    async fn outputs_are_the_tapes_lane_times_the_mask(gpu) {
        let (told, at) = live(gpu);
        for (nth, (rows, first, h, width, offset, columns)) in CASES.into_iter().enumerate() {
            let mut tape = numbers(1, rows * columns, 100.0);
            tape[first] = f32::INFINITY;
            *tape.last_mut().unwrap() = f32::NAN;
            let before = numbers(2, width * columns, 1.0);
            let data = gpu.buffer_of(&tape).unwrap().all();
            for share in [None, Some(0.0), Some(0.1), Some(0.5), Some(0.999)] {
                let to = gpu.buffer_of(&before).unwrap().all();
                let gap = 2 * nth;
                let given = share.map(|share| (&at, gap, share));
                ran(gpu, |r| output(r, &data, (rows, first, h), (width, offset), columns, given, &to));
                let found = gpu.read(&[to]).await.unwrap().remove(0);
                let factors = share.map_or(vec![1.0; width * columns], |share| mask(share, told.keys[gap], width * columns));
                let mut expected = before.clone();
                for (column, from) in tape.chunks_exact(rows).enumerate() {
                    for j in 0..h {
                        let k = column * width + offset + j;
                        expected[k] = from[first + j] * factors[k];
                    }
                }
                same(&format!("{rows} {width} × {columns}, {share:?}"), &found, &expected);
            }
        }
    }
}

gpu_test! {
    async fn masks_are_the_cpus_bit_for_bit(gpu) {
        let (told, at) = live(gpu);
        for (count, gap, share) in [(1, 0, 0.5), (65, 14, 0.3), (100_003, 3, 0.2), (2_500_000, 7, 1e-3)] {
            let ones = vec![1.0f32; count];
            let d = gpu.buffer_of(&ones).unwrap().all();
            ran(gpu, |r| mask_back(r, &d, count, (&at, gap, share)));
            let found = gpu.read(&[d]).await.unwrap().remove(0);
            let expected = mask(share, told.keys[gap], count);
            same(&format!("{count}, {share}"), &found, &expected);
            if count > 100 {
                let dropped = expected.iter().filter(|m| **m == 0.0).count() as f64 / count as f64;
                assert!((dropped / share - 1.0).abs() < 0.1, "{dropped}; expected {share}");
                assert_ne!(expected, mask(share, told.keys[gap] + 1, count), "another key is another mask");
            }
        }
    }
}

gpu_test! {
    async fn final_outputs_stand_where_examples_end(gpu) {
        for (h, directions, steps, batch) in [(1, 1, 1, 1), (3, 2, 5, 2), (64, 1, 3, 65), (63, 2, 65, 5), (2, 2, 1000, 3)] {
            let width = h * directions;
            let lengths: Vec<u32> = (0..batch).map(|b| (steps - (2 * b) % steps) as u32).collect();
            let at = |k: usize| {
                let (b, row) = (k / width, k % width);
                let t = if row < h { lengths[b] as usize - 1 } else { 0 };
                (t * batch + b) * width + row
            };
            let (y, d) = (numbers(1, width * steps * batch, 100.0), numbers(2, width * batch, 100.0));
            let (from, l) = (gpu.buffer_of(&y).unwrap().all(), gpu.buffer_of(&lengths).unwrap().all());
            let (to, back) = (gpu.buffer(width * batch).unwrap().all(), gpu.buffer_of(&d).unwrap().all());
            ran(gpu, |r| {
                final_outputs(r, &from, &l, (h, directions, batch), &to)?;
                final_outputs_back(r, &back, &l, (h, directions, batch), &from)
            });
            let found = gpu.read(&[to, from]).await.unwrap();
            let what = format!("{h}·{directions} × {steps}·{batch}");
            same(&what, &found[0], &(0..width * batch).map(|k| y[at(k)]).collect::<Vec<_>>());
            let mut expected = y.clone();
            d.iter().enumerate().for_each(|(k, d)| expected[at(k)] += d);
            same(&what, &found[1], &expected);
        }
    }
}
