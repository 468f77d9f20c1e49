//! The embedding against its sums one by one.

use unrolled::gpu::kernels::embed::{embed, embed_back, sorted};
use unrolled::math::rng::Rng;

use crate::gpu_test;
use crate::harness::{assert_close, numbers};
use crate::ran::ran;

/// Of the largest number: sums of up to 1,000 columns in another order.
const TOLERANCE: f32 = 1e-6;

/// Width, steps, batch, vocabulary.
const CASES: [(usize, usize, usize, usize); 7] =
    [(1, 1, 1, 1), (2, 3, 5, 257), (3, 65, 2, 2), (5, 2, 63, 64), (64, 3, 3, 5), (65, 5, 1, 3), (257, 1000, 1, 2)];

fn draw(seed: u64, count: usize, below: usize) -> Vec<u32> {
    let mut rng = Rng::new(seed);
    (0..count).map(|_| (rng.u() * below as f64) as u32).collect()
}

gpu_test! {
    async fn columns_are_rows_of_the_table(gpu) {
        for (width, steps, batch, vocabulary) in CASES {
            let (table, tokens) = (numbers(1, vocabulary * width, 100.0), draw(2, steps * batch, vocabulary));
            let lengths: Vec<u32> = (0..batch).map(|b| (steps - b % steps) as u32).collect();
            let to = gpu.buffer_of(&vec![7.0f32; width * steps * batch]).unwrap().all();
            let (t, i, l) = (gpu.buffer_of(&table).unwrap(), gpu.buffer_of(&tokens).unwrap(), gpu.buffer_of(&lengths).unwrap());
            ran(gpu, |r| embed(r, &t.all(), &i.all(), &l.all(), (width, steps, batch), &to));
            let found = gpu.read(&[to]).await.unwrap().remove(0);
            let mut expected = vec![];
            for (column, token) in tokens.iter().enumerate() {
                let inside = column / batch < lengths[column % batch] as usize;
                let row = &table[*token as usize * width..][..width];
                expected.extend(row.iter().map(|x| if inside { *x } else { 0.0 }));
            }
            assert_eq!(found, expected, "{width} × {steps}·{batch} of {vocabulary}");
        }
    }
}

gpu_test! {
    async fn gradients_are_added_to_their_rows(gpu) {
        for (width, steps, batch, vocabulary) in CASES {
            let (columns, given) = (steps * batch, numbers(4, vocabulary * width, 1.0));
            let (mut d, tokens) = (numbers(3, width * columns, 100.0), draw(5, columns, vocabulary));
            if columns > 100 {
                (d[7], d[width * columns / 2]) = (f32::INFINITY, f32::NAN);
            }
            let (order, starts) = sorted(&tokens);
            assert_eq!((order.len(), starts.len()), (columns, 2 * columns + 2));
            let to = gpu.buffer_of(&given).unwrap().all();
            let (x, o, s) = (gpu.buffer_of(&d).unwrap(), gpu.buffer_of(&order).unwrap(), gpu.buffer_of(&starts).unwrap());
            ran(gpu, |r| embed_back(r, &x.all(), &o.all(), &s.all(), (width, columns), &to));
            let found = gpu.read(&[to]).await.unwrap().remove(0);
            let mut expected = given;
            for (token, column) in tokens.iter().zip(d.chunks_exact(width)) {
                let row = &mut expected[*token as usize * width..][..width];
                row.iter_mut().zip(column).for_each(|(d, x)| *d += *x);
            }
            assert_close(&format!("{width} × {columns} of {vocabulary}"), &found, &expected, TOLERANCE);
        }
    }
}

#[test]
fn columns_stand_by_token_in_their_order() {
    assert_eq!(sorted(&[3, 1, 3, 0, 1]), (vec![3, 1, 4, 0, 2], vec![0, 0, 1, 1, 3, 3, 5, 5, 5, 5, 5, 5]));
    assert_eq!(sorted(&[]), (vec![], vec![0, 0]));
}
