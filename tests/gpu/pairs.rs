//! Sums over columns of products of two rows against the sums one by one.

use unrolled::gpu::kernels::pairs::{Meeting, Rows, pairs};

use crate::gpu_test;
use crate::harness::{assert_close, numbers};
use crate::ran::ran;

/// Of the largest number: sums of up to 1,000 products in another order.
const TOLERANCE: f32 = 2e-6;

gpu_test! {
    async fn pairs_of_rows_are_added_up(gpu) {
        // Numbers, columns, and which rows meet.
        let cases = [
            (1, 1, Meeting::SAME),
            (63, 2, Meeting::SAME),
            (65, 1000, Meeting::SAME),
            (6, 257, Meeting::several(3)),
            (64, 65, Meeting::several(64)),
            (32, 63, Meeting::blocks(4)),
            (257 * 9, 5, Meeting::blocks(3)),
        ];
        for (nth, (count, columns, meeting)) in cases.into_iter().enumerate() {
            let row_a = |i: usize| 2 + i / meeting.a_each;
            let row_b = |i: usize| 3 + i / meeting.b_each * meeting.b_block + i % meeting.b_block;
            let (rows_a, rows_b) = (row_a(count), row_b(count) + meeting.b_block);
            let (mut a, b) = (numbers(1, rows_a * columns, 100.0), numbers(2, rows_b * columns, 1.0));
            if nth == 2 {
                (a[rows_a + 5], a[7]) = (f32::INFINITY, f32::NAN);
            }
            let there = numbers(3, count, 1.0);
            let (x, y, to) = (gpu.buffer_of(&a).unwrap().all(), gpu.buffer_of(&b).unwrap().all(), gpu.buffer_of(&there).unwrap().all());
            let (left, right) = (Rows { data: &x, first: 2, rows: rows_a }, Rows { data: &y, first: 3, rows: rows_b });
            ran(gpu, |r| pairs(r, columns, left, right, meeting, &to));
            let found = gpu.read(&[to]).await.unwrap().remove(0);
            let sum = |i: usize| (0..columns).map(|c| a[c * rows_a + row_a(i)] * b[c * rows_b + row_b(i)]).sum::<f32>();
            let expected: Vec<f32> = there.iter().enumerate().map(|(i, there)| there + sum(i)).collect();
            assert_close(&format!("{count} × {columns}"), &found, &expected, TOLERANCE);
        }
    }
}
