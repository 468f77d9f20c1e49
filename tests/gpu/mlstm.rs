//! The mLSTM against the CPU engine's.

use unrolled::cell::{self, Dims};
use unrolled::gpu::form::find;
use unrolled::gpu::{Form, Gpu};

use crate::gpu_test;
use crate::track::{Case, Found, compare};

/// Of the largest number of a lane or gradient: sums in another order, a quotient whose divisor may be small.
const TOLERANCE: f32 = 1e-3;

fn form_of(case: &Case) -> &'static dyn Form {
    let (family, options) = cell::find(case.cell, &case.options).unwrap();
    let dims = Dims { input: case.input, hidden: case.hidden, bias: case.bias, sizes: cell::sizes(family, &options) };
    find(case.cell, &options, dims).unwrap_or_else(|| panic!("{case:?}: expected a form"))
}

async fn check(gpu: &Gpu, case: Case) -> Found {
    compare(gpu, form_of(&case), &case, TOLERANCE).await
}

/// Heads, of input and units, of steps and batch.
const BARE: [(usize, (usize, usize), (usize, usize)); 8] = [
    (1, (1, 1), (1, 1)),
    (1, (3, 2), (2, 3)),
    (3, (2, 3), (5, 2)),
    (5, (5, 5), (17, 3)),
    (1, (65, 63), (9, 2)),
    (16, (3, 64), (65, 2)),
    (1, (63, 65), (3, 5)),
    (2, (2, 4), (1000, 2)),
];

gpu_test! {
    async fn the_bare_m_lstm_is_the_cpus(gpu) {
        for (heads, sizes, shape) in BARE {
            for reverse in [false, true] {
                let case = Case { reverse, ..Case::new("mlstm", sizes, shape) };
                let found = check(gpu, case.option("layer", "bare").option("heads", &heads.to_string())).await;
                println!("bare {heads} {sizes:?} {shape:?} {found:?}");
            }
        }
    }
}

/// Heads, taps of the convolution, of input and units, of steps and batch.
const FULL: [(usize, usize, (usize, usize), (usize, usize)); 6] = [
    (1, 4, (1, 1), (1, 1)),
    (4, 4, (3, 2), (2, 3)),
    (16, 1, (2, 5), (5, 2)),
    (2, 3, (5, 33), (17, 3)),
    (8, 8, (65, 3), (65, 1)),
    (16, 4, (2, 3), (257, 2)),
];

gpu_test! {
    async fn the_m_lstm_layer_is_the_cpus(gpu) {
        for (heads, taps, sizes, shape) in FULL {
            for reverse in [false, true] {
                let case = Case { reverse, ..Case::new("mlstm", sizes, shape) };
                let case = case.option("layer", "full").option("heads", &heads.to_string()).option("conv", &taps.to_string());
                println!("full {heads} {taps} {sizes:?} {shape:?} {:?}", check(gpu, case).await);
            }
        }
    }
}
