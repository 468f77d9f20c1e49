//! Gated cells against the CPU engine's.

use unrolled::gpu::forms::gated::{GRU, LSTM, RNN};
use unrolled::gpu::forms::gru_before::GRU_BEFORE;
use unrolled::gpu::kernels::recurrence::MOST_MOMENTS;
use unrolled::gpu::{Form, Gpu};
use unrolled::net::{Input, Run};

use crate::gpu_test;
use crate::track::{Case, Found, compare, compare_changed};

/// Of the largest number of a lane or a gradient: sums in another order, up to 1,000 steps of them.
const TOLERANCE: f32 = 2e-5;

/// Dispatches, whatever the number of moments: one product with the inputs and two for the recurrence; on the way back three for
/// the recurrence (with the reset gate before the product, else two), one for the outputs before, three or four products, two sums
/// for the biases. (A product or a sum over hundreds of numbers takes one more.)
const MOST_FORTH: usize = 3;
const MOST_BACK: usize = 10;

/// (input, hidden), (steps, batch)
type Shape = ((usize, usize), (usize, usize));

/// Every size of H at and around powers of two; one example, a few, more than a workgroup has.
const SHAPES: [Shape; 8] = [
    ((1, 1), (1, 1)),
    ((3, 2), (5, 257)),
    ((2, 3), (9, 5)),
    ((65, 5), (6, 64)),
    ((5, 63), (7, 3)),
    ((63, 64), (4, 65)),
    ((1, 65), (3, 2)),
    ((257, 256), (3, 1)),
];

/// Every `nth` shape, the directions, biases, lengths and initial states in turn.
async fn sweep(gpu: &Gpu, form: &dyn Form, base: Case, nth: usize) -> Found {
    let mut worst = Found::default();
    for (nth, (sizes, shape)) in SHAPES.into_iter().enumerate().step_by(nth) {
        for reverse in [false, true] {
            let all = Case::new(base.cell, sizes, shape);
            let (bias, ragged, initial) = (nth % 2 == 0 || reverse, nth % 3 != 0, nth % 4 != 1);
            let case = Case { options: base.options.clone(), reverse, bias, ragged, initial, ..all };
            let found = compare(gpu, form, &case, TOLERANCE).await;
            if case.steps * case.batch < 64 && case.hidden < 128 {
                assert!(found.dispatches.0 <= MOST_FORTH && found.dispatches.1 <= MOST_BACK, "{found:?}");
            }
            worst.worst.iter_mut().zip(found.worst).for_each(|(most, one)| *most = most.max(one));
            worst.dispatches = found.dispatches;
        }
    }
    worst
}

/// What a run may be beside its shape: long, large inputs, what is not finite.
async fn extremes(gpu: &Gpu, form: &dyn Form, base: Case) {
    compare(gpu, form, &Case { steps: 1000, batch: 2, ..base.clone() }, TOLERANCE).await;
    let case = Case { steps: 20, batch: 5, reverse: true, scale: 100.0, ..base };
    compare(gpu, form, &case, TOLERANCE).await;
    for (at, value) in [(31, f32::NAN), (17, f32::INFINITY)] {
        compare_changed(gpu, form, &case, TOLERANCE, |_, run| {
            if let Input::Values(x) = &mut run.input {
                x[at] = value;
            }
        })
        .await;
    }
}

/// Forms with dispatches for each moment: everything small, and what is too large for one workgroup.
async fn by_moments(gpu: &Gpu, form: &dyn Form, stepwise: &dyn Form, base: Case) {
    for (nth, (sizes, shape)) in [((1, 1), (1, 1)), ((2, 3), (7, 5)), ((5, 63), (4, 3)), ((3, 2), (2, 65))].into_iter().enumerate() {
        let (all, bias) = (Case::new(base.cell, sizes, shape), nth % 2 == 0);
        let case = Case { options: base.options.clone(), reverse: nth == 1, bias, initial: nth != 2, ..all };
        compare(gpu, stepwise, &case, TOLERANCE).await;
    }
    let case = Case { options: base.options.clone(), ..Case::new(base.cell, (2, 257), (3, 2)) };
    let found = compare(gpu, form, &case, TOLERANCE).await;
    assert!(found.dispatches.0 > 2 * 3, "{found:?}");
}

gpu_test! {
    async fn more_moments_than_one_dispatch_has(gpu) {
        let steps = MOST_MOMENTS + 50;
        for (nth, form) in [&LSTM as &dyn Form, &GRU, &GRU_BEFORE].into_iter().enumerate() {
            for reverse in [false, true] {
                let base = Case::new(form.cell(), (1, 2), (steps, 3));
                let case = Case { reverse, ..if nth == 2 { base.option("reset", "before") } else { base } };
                // One example ends in each of the dispatches.
                let lengths = |_: &mut _, run: &mut Run<f32>| run.lengths = Some(vec![steps, 20, MOST_MOMENTS + 10]);
                compare_changed(gpu, form, &case, TOLERANCE, lengths).await;
            }
        }
    }
}

gpu_test! {
    async fn rnn_is_the_cpus(gpu) {
        let base = Case::new("rnn", (3, 7), (5, 3));
        println!("{:?}", sweep(gpu, &RNN, base.clone(), 1).await);
        extremes(gpu, &RNN, base.clone()).await;
        by_moments(gpu, &RNN, &RNN.stepwise(), base.clone()).await;
        let relu = base.option("nonlinearity", "relu");
        println!("ReLU: {:?}", sweep(gpu, &RNN, relu.clone(), 3).await);
        extremes(gpu, &RNN, relu).await;
    }
}

gpu_test! {
    async fn lstm_is_the_cpus(gpu) {
        let base = Case::new("lstm", (3, 7), (5, 3));
        println!("{:?}", sweep(gpu, &LSTM, base.clone(), 1).await);
        extremes(gpu, &LSTM, base.clone()).await;
        by_moments(gpu, &LSTM, &LSTM.stepwise(), base).await;
    }
}

gpu_test! {
    async fn gru_is_the_cpus(gpu) {
        let base = Case::new("gru", (3, 7), (5, 3));
        println!("{:?}", sweep(gpu, &GRU, base.clone(), 1).await);
        extremes(gpu, &GRU, base.clone()).await;
        by_moments(gpu, &GRU, &GRU.stepwise(), base.clone()).await;
        println!("replace: {:?}", sweep(gpu, &GRU, base.option("update", "replace"), 3).await);
    }
}

gpu_test! {
    async fn gru_with_the_reset_before_is_the_cpus(gpu) {
        let base = Case::new("gru", (3, 7), (5, 3)).option("reset", "before");
        println!("{:?}", sweep(gpu, &GRU_BEFORE, base.clone(), 1).await);
        extremes(gpu, &GRU_BEFORE, base.clone()).await;
        by_moments(gpu, &GRU_BEFORE, &GRU_BEFORE.stepwise(), base.clone()).await;
        println!("replace: {:?}", sweep(gpu, &GRU_BEFORE, base.option("update", "replace"), 3).await);
    }
}
