//! The mLSTM against the CPU engine's: the bare cell and the layer.

use unrolled::cell::{self, Dims};
use unrolled::gpu::form::find;
use unrolled::gpu::{Form, Gpu};
use unrolled::net::{Input, Net, Run};

use crate::gpu_test;
use crate::harness::numbers;
use crate::track::{Case, Found, compare_changed};

/// Of the largest number of a lane or of a parameter's gradient (at least a hundredth of the largest of all: what is read hardly
/// depends on how strongly all of it is written): sums in another order, quotients whose divisor may be small.
const TOLERANCE: f32 = 1e-4;
/// Of the gradients of lanes: that of m is what is left where all else cancels.
const CANCELLED: f32 = 3e-4;

fn form_of(case: &Case) -> Option<&'static dyn Form> {
    let (family, options) = cell::find(case.cell, &case.options).unwrap();
    let dims = Dims { input: case.input, hidden: case.hidden, bias: case.bias, sizes: cell::sizes(family, &options) };
    find(case.cell, &options, dims)
}

/// Both where gates are at their ends, and the gradients of all parameters by the largest of all: tests/mlstm.rs allows as much
/// between f32 and f64.
const AT_ENDS: f32 = 2e-3;

/// Gates that depend on the input (at the start of training they do not), with these biases where there are some.
fn gates(net: &mut Net<f32>, biases: Option<(f32, f32)>) {
    for p in net.parameters().to_vec().iter().filter(|p| p.name.contains("igate") || p.name.contains("fgate")) {
        let mut values = numbers(11, p.values.len(), 1.5);
        if let Some((i, f)) = biases.filter(|_| p.name.contains("bias")) {
            values.fill(if p.name.contains("igate") { i } else { f });
        }
        net.set_parameter(&p.name, &values).unwrap();
    }
}

async fn compare(gpu: &Gpu, case: &Case, tolerance: f32, change: impl Fn(&mut Net<f32>, &mut Run<f32>)) -> Found {
    let found = compare_changed(gpu, form_of(case).unwrap(), case, tolerance, change).await;
    println!("{:?} {found:?}", case.options);
    found
}

async fn check(gpu: &Gpu, case: &Case, change: impl Fn(&mut Net<f32>, &mut Run<f32>)) {
    let found = compare(gpu, case, CANCELLED, change).await;
    assert!(found.worst[0] <= TOLERANCE && found.worst[2] <= TOLERANCE, "{case:?}: {found:?}; expected at most {TOLERANCE:e}");
}

/// Both; in the browser, where all takes ten times as long, now one and now the other.
fn directions(nth: usize) -> Vec<bool> {
    if cfg!(target_arch = "wasm32") { vec![nth % 2 == 1] } else { vec![false, true] }
}

fn bare(heads: usize, sizes: (usize, usize), shape: (usize, usize)) -> Case {
    let case = Case { cancels: 1e-2, ..Case::new("mlstm", sizes, shape) };
    case.option("layer", "bare").option("heads", &heads.to_string())
}

fn full(heads: usize, taps: usize, sizes: (usize, usize), shape: (usize, usize)) -> Case {
    let case = Case { cancels: 1e-2, ..Case::new("mlstm", sizes, shape) };
    case.option("layer", "full").option("heads", &heads.to_string()).option("conv", &taps.to_string())
}

gpu_test! {
    async fn the_bare_m_lstm_is_the_cpus(gpu) {
        let cases = [
            bare(1, (1, 1), (1, 1)),
            bare(1, (3, 2), (2, 3)),
            bare(3, (2, 3), (5, 2)),
            bare(5, (5, 5), (17, 3)),
            bare(1, (257, 63), (5, 2)),
            bare(16, (3, 64), (65, 1)),
            bare(1, (63, 65), (3, 2)),
            bare(2, (2, 4), (1000, 2)),
        ];
        for (nth, case) in cases.into_iter().enumerate() {
            for reverse in directions(nth) {
                let case = Case { reverse, ragged: nth != 3, initial: nth != 2, ..case.clone() };
                check(gpu, &case, |net, _| gates(net, None)).await;
            }
        }
    }
}

gpu_test! {
    async fn the_m_lstm_layer_is_the_cpus(gpu) {
        let cases = [
            full(1, 4, (1, 1), (1, 1)),
            full(4, 4, (3, 2), (2, 3)),
            full(16, 1, (2, 5), (5, 2)),
            full(2, 3, (5, 33), (3, 2)),
            full(8, 8, (65, 3), (17, 1)),
            full(16, 4, (2, 3), (65, 2)),
        ];
        for (nth, case) in cases.into_iter().enumerate() {
            for reverse in directions(nth) {
                let case = Case { reverse, ragged: nth != 1, initial: nth != 2, ..case.clone() };
                check(gpu, &case, |net, _| gates(net, None)).await;
            }
        }
    }
}

gpu_test! {
    async fn no_gate_overflows(gpu) {
        for case in [bare(2, (3, 4), (30, 2)), full(16, 4, (3, 2), (9, 2))] {
            let case = Case { cancels: 1.0, ..case };
            let ends = [(100.0, 100.0), (-1000.0, 1000.0), (100.0, -100.0), (-100.0, 100.0), (-100.0, -100.0), (1000.0, -1000.0)];
            for biases in &ends[..if cfg!(target_arch = "wasm32") { 2 } else { 6 }] {
                compare(gpu, &case, AT_ENDS, |net, _| gates(net, Some(*biases))).await;
            }
        }
    }
}

gpu_test! {
    async fn what_is_not_finite_goes_through_memories(gpu) {
        for case in [bare(2, (3, 4), (20, 2)), full(16, 4, (3, 2), (9, 2))] {
            for reverse in [false, true] {
                let case = Case { reverse, ..case.clone() };
                check(gpu, &case, |net, run| {
                    gates(net, None);
                    if let Input::Values(x) = &mut run.input {
                        x[3 * 2 * 3] = f32::NAN;
                    }
                }).await;
            }
        }
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn memories_that_are_too_large_are_refused() {
    assert!(form_of(&bare(1, (3, 700), (1, 1))).is_some() && form_of(&full(1, 4, (3, 350), (1, 1))).is_some());
    assert!(form_of(&bare(1, (3, 800), (1, 1))).is_none() && form_of(&full(1, 4, (3, 400), (1, 1))).is_none());
}
