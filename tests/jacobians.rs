//! Jacobians over time, their norms, and what an input does to every later state, against autograd (tests/golden/jacobians.py).

mod support;

use nalgebra::DMatrix;
use support::{Case, Drawn, Values, index};
use unrolled::cell::Precision;
use unrolled::math::norm::spectral_norm;
use unrolled::net::{Input, Trace, Upstream};
use unrolled::probe::{Influence, RunningProduct, State, StepJacobians, jacobian};

/// Of the largest value: f64 rounds at 1e-16, and 40 steps of products and a singular value lie in between.
const F64_TOLERANCE: f64 = 1e-9;
/// Of the largest value, or of 1: f32 rounds at 6e-8, in every one of up to 40 products.
const F32_TOLERANCE: f64 = 2e-5;

fn assert_close<P: Precision>(got: &[f64], expected: &[f64], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let tolerance = if size_of::<P>() == 8 { F64_TOLERANCE * largest } else { F32_TOLERANCE * largest.max(1.0) };
    for (k, (x, y)) in got.iter().zip(expected).enumerate() {
        assert!((x - y).abs() <= tolerance, "{what}: [{k}] is {x:e}, expected {y:e}, tolerance {tolerance:e}");
    }
}

/// Takes values off the front of a case's list.
struct Reader<'a>(&'a [f64]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [f64] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }
}

/// What autograd found for one layer and direction.
struct Expected<'a> {
    full: Option<&'a [f64]>,
    norm_full: &'a [f64],
    norm_h: &'a [f64],
    step_h: &'a [f64],
    input: &'a [f64],
}

impl<'a> Expected<'a> {
    fn read(case: &Case, size: usize, reader: &mut Reader<'a>) -> Self {
        let steps = case.steps;
        let full = case.matrices.then(|| reader.take((steps + 1) * size * size));
        let (norm_full, norm_h) = (reader.take(steps + 1), reader.take(steps + 1));
        reader.take(steps); // step_full
        Expected { full, norm_full, norm_h, step_h: reader.take(steps), input: reader.take(steps * steps) }
    }
}

fn running<T: Precision>(trace: &Trace<T>, layer: usize, direction: usize, state: State) -> Vec<f64> {
    let mut product = RunningProduct::new(trace, layer, direction, 0, state).unwrap();
    while product.advance(trace).unwrap() {}
    product.norms
}

fn check_direction<T: Precision>(case: &Case, trace: &Trace<T>, layer: usize, direction: usize, expected: &Expected, what: &str) {
    let steps = case.steps;
    if let Some(full) = expected.full {
        let entries = full.len() / (steps + 1);
        for from in 0..=steps {
            let expected = &full[from * entries..][..entries];
            let got = jacobian(trace, layer, direction, 0, (from, steps), State::Full).unwrap();
            let rows: Vec<f64> = got.values.transpose().iter().copied().collect();
            assert_close::<T>(&rows, expected, &format!("{what}: d s_T / d s_{from}"));
            let over_h = jacobian(trace, layer, direction, 0, (from, steps), State::Output).unwrap();
            let block = got.values.view((0, 0), (case.hidden, case.hidden)).into_owned();
            assert_close::<T>(over_h.values.as_slice(), block.as_slice(), &format!("{what}: d h_T / d h_{from}"));
        }
    }
    assert_close::<T>(&running(trace, layer, direction, State::Full), expected.norm_full, &format!("{what}: norms, full state"));
    assert_close::<T>(&running(trace, layer, direction, State::Output), expected.norm_h, &format!("{what}: norms over h"));
    let mut one_step = StepJacobians::new(trace, layer, direction, 0).unwrap();
    while one_step.advance(trace).unwrap() {}
    let mut by_order = one_step.norms().to_vec();
    if direction == 1 {
        by_order.reverse();
    }
    assert_close::<T>(&by_order, expected.step_h, &format!("{what}: one-step norms"));
    for k in 0..steps {
        let mut influence = Influence::new(trace, &mut one_step, layer, direction, k).unwrap();
        while influence.advance(trace, &mut one_step).unwrap() {}
        let of_input: Vec<f64> = influence.moments.iter().map(|t| expected.input[t * steps + k]).collect();
        assert_close::<T>(&influence.of_input, &of_input, &format!("{what}: influence of x_{k}"));
        // State index of what stands after moment k.
        let state = if direction == 0 { k + 1 } else { steps - k };
        let last = influence.of_state.last().unwrap();
        assert_close::<T>(&[*last], &[expected.norm_h[state]], &format!("{what}: influence of h_{k}"));
    }
}

/// ‖d output_t / d input_k‖ through the whole stack, from the backward pass, one unit of the output at a time.
fn through_the_stack<T: Precision>(case: &Case, drawn: &Drawn<T>, trace: &Trace<T>) -> Vec<f64> {
    let (steps, width, out) = (case.steps, case.width, case.directions() * case.hidden);
    let mut norms = vec![];
    for t in 0..steps {
        let by_unit: Vec<Vec<T>> = (0..out)
            .map(|j| {
                let mut d = vec![T::zero(); steps * out];
                d[t * out + j] = T::one();
                trace.backward(&Upstream { output: Some(d), ..Upstream::default() }).unwrap().input
            })
            .collect();
        for k in 0..steps {
            norms.push(spectral_norm(&DMatrix::from_fn(out, width, |r, c| by_unit[r][k * width + c].f64())));
        }
    }
    assert_eq!(drawn.run.steps, steps);
    norms
}

fn check<T: Precision>() {
    let (index, values) = (index(), Values::read());
    assert_eq!(index.jacobians.len(), 21);
    for (number, case) in index.jacobians.iter().enumerate() {
        let numbers = values.get(&format!("jacobian.{number}"));
        let mut reader = Reader(&numbers);
        let drawn = case.draw::<T>();
        let trace = drawn.net.run(drawn.run.clone()).unwrap();
        let size = if case.kind == "lstm" { 2 * case.hidden } else { case.hidden };
        for layer in 0..case.layers {
            for direction in 0..case.directions() {
                let expected = Expected::read(case, size, &mut reader);
                let what = format!("{}, layer {layer}, direction {direction}", case.title(number));
                check_direction(case, &trace, layer, direction, &expected, &what);
            }
        }
        if case.matrices {
            let expected = reader.take(case.steps * case.steps);
            let got = through_the_stack(case, &drawn, &trace);
            assert_close::<T>(&got, expected, &format!("{}: through the stack", case.title(number)));
        }
        assert!(reader.0.is_empty());
    }
}

#[test]
fn jacobians_and_norms_in_f64() {
    check::<f64>();
}

#[test]
fn jacobians_and_norms_in_f32() {
    check::<f32>();
}

/// NaN in a run is NaN in its Jacobians, not a number made up for it, and every loop over them ends.
#[test]
fn nan_stays_nan() {
    let mut drawn = index().jacobians[0].draw::<f32>();
    let Input::Values(x) = &mut drawn.run.input else { panic!("the cases read numbers") };
    x[3 * 2] = f32::NAN;
    let trace = drawn.net.run(drawn.run.clone()).unwrap();
    let mut one_step = StepJacobians::new(&trace, 0, 0, 0).unwrap();
    while one_step.advance(&trace).unwrap() {}
    let nans: Vec<bool> = one_step.norms().iter().map(|n| n.is_nan()).collect();
    assert_eq!(nans, [false, false, false, true, true, true]);
    assert_eq!(one_step.done(), 1.0);
    assert!(running(&trace, 0, 0, State::Full)[..6].iter().all(|n| n.is_nan()));
}

/// The norms tell a slightly different network apart, so the comparison above is one.
#[test]
fn a_disturbed_network_has_other_jacobians() {
    let (index, values) = (index(), Values::read());
    for (number, case) in index.jacobians.iter().enumerate().filter(|(_, case)| case.matrices && case.layers == 1) {
        let mut drawn = case.draw::<f64>();
        let mut weights = drawn.net.parameter("weight_hh_l0").unwrap().values.clone();
        weights.iter_mut().for_each(|w| *w *= 1.0001);
        drawn.net.set_parameter("weight_hh_l0", &weights).unwrap();
        let trace = drawn.net.run(drawn.run.clone()).unwrap();
        let size = if case.kind == "lstm" { 2 * case.hidden } else { case.hidden };
        let numbers = values.get(&format!("jacobian.{number}"));
        let expected = Expected::read(case, size, &mut Reader(&numbers));
        let got = running(&trace, 0, 0, State::Full);
        let apart = got.iter().zip(expected.norm_full).map(|(x, y)| (x - y).abs() / y).fold(0.0f64, f64::max);
        assert!(apart > 100.0 * F64_TOLERANCE, "{}: {apart:e}", case.title(number));
    }
}
