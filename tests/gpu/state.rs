//! The state that goes on from chunk to chunk: copied, bit for bit.

use std::ops::Range;

use unrolled::gpu::Live;
use unrolled::gpu::kernels::state::{begin, keep};

use crate::gpu_test;
use crate::harness::{distance, numbers};
use crate::ran::ran;

gpu_test! {
    async fn last_columns_are_kept(gpu) {
        let cases: [(usize, usize, usize, &[Range<usize>]); 6] = [
            (1, 1, 1, &[0..1, 1..1]),
            (2, 3, 5, &[]),
            (5, 65, 2, &[3..5, 0..2]),
            (64, 2, 63, &[1..3, 3..4, 60..64, 9..9]),
            (257, 1000, 1, &[0..257, 0..0]),
            (63, 5, 3, &[0..1, 2..3, 4..5, 6..7, 8..9, 10..11, 12..13, 14..15, 16..17, 18..19, 20..21, 22..23, 24..25, 62..63]),
        ];
        for (rows, steps, batch, carried) in cases {
            for reverse in [false, true] {
                let lengths: Vec<u32> = (0..batch).map(|b| (steps - (3 * b) % steps) as u32).collect();
                let mut tape = numbers(1, rows * steps * batch, 100.0);
                tape[0] = f32::NAN;
                let (data, l) = (gpu.buffer_of(&tape).unwrap().all(), gpu.buffer_of(&lengths).unwrap().all());
                let to = gpu.buffer_of(&vec![7.0f32; rows * batch]).unwrap().all();
                ran(gpu, |r| keep(r, &data, &l, (rows, batch), carried, reverse, &to));
                let found = gpu.read(&[to]).await.unwrap().remove(0);
                let mut expected = vec![0.0; rows * batch];
                for b in 0..batch {
                    let t = if reverse { 0 } else { lengths[b] as usize - 1 };
                    for row in carried.iter().cloned().flatten() {
                        expected[b * rows + row] = tape[(t * batch + b) * rows + row];
                    }
                }
                assert_eq!(distance(&found, &expected, 1.0), 0.0, "{rows} × {steps}·{batch}, {reverse}");
            }
        }
    }
}

gpu_test! {
    async fn chunks_begin_with_what_was_kept_or_zero(gpu) {
        for count in [1, 63, 257, 5000] {
            let mut kept = numbers(1, count, 100.0);
            kept[count / 2] = f32::NAN;
            kept[0] = f32::INFINITY;
            let data = gpu.buffer_of(&kept).unwrap().all();
            for fresh in [false, true] {
                let live = gpu.buffer_of(&Live { fresh, ..Live::default() }.words()).unwrap().all();
                let to = gpu.buffer_of(&vec![7.0f32; count]).unwrap().all();
                ran(gpu, |r| begin(r, &data, &live, &to));
                let found = gpu.read(&[to]).await.unwrap().remove(0);
                let expected = if fresh { vec![0.0; count] } else { kept.clone() };
                assert_eq!(distance(&found, &expected, 1.0), 0.0, "{count}, {fresh}");
            }
        }
    }
}
