//! Cells whose gates and candidate depend on the input alone (Feng et al. 2024): one matrix, no biases, no recurrent weights.
//! As in `gated`, such a cell is two functions about one hidden unit, run for one or four units at a time; its output is all
//! that it hands on.

use std::marker::PhantomData;

use super::gated::{MAX, Values, gather, gather_one, groups, groups_mut, held, scatter, scatter_one};
use super::hold::{Free, Hold};
use super::linear::Linear;
use super::spec::{Recurrence, Spec};
use super::{Cell, Depth, Dims, Moment, MomentGradient, Params, Recognised, Tensors, Whole, Work, uniform};
use crate::math::kernel::Strided;
use crate::math::rng::Rng;
use crate::math::{Real, Scalar};

/// What the author of such a cell writes. Lanes are indexed as in the `Spec`.
pub trait Unit: Send + Sync + 'static {
    const SPEC: &'static Spec;

    /// The state as a recurrence whose terms depend on the input alone.
    const RECURRENCE: &'static Recurrence;

    /// Row blocks of the matrix: what a unit reads of the input.
    const BLOCKS: usize;

    /// One step: fills every lane of `cur`. `a` = W x_t by row block, `before` = h_{t−1}.
    fn forward<V: Real>(a: &Values<V>, before: V, cur: &mut Values<V>, hold: &impl Hold<V>);

    /// The exact reverse of `forward`. `d` arrives with ∂L/∂h and leaves with ∂L/∂(every lane); gives ∂L/∂h_{t−1}. Reads nothing
    /// but the tape.
    fn backward<V: Real>(before: V, cur: &Values<V>, d: &mut Values<V>, da: &mut Values<V>, hold: &impl Hold<V>) -> V;
}

/// g of the log-space form, for one or four numbers: x + ½ for x ≥ 0, σ(x) below.
#[inline(always)]
pub fn positive<V: Real>(x: V) -> V {
    V::select_gt(V::zero(), x, x.sigmoid(), x + V::of(0.5))
}

/// Slope of `positive`, from its value y.
#[inline(always)]
pub fn positive_slope<V: Real>(y: V) -> V {
    V::select_gt(V::of(0.5), y, y.sigmoid_slope(), V::one())
}

/// From the shape of the one matrix, where a file has it and no projection after the cell.
pub fn recognise(shape: &dyn Fn(&str) -> Option<Vec<usize>>, matrix: &str, blocks: usize) -> Option<Recognised> {
    match shape(matrix)?.as_slice() {
        [rows, input] if rows.is_multiple_of(blocks) && shape("to_out.weight").is_none() => {
            Some(Recognised { input: *input, hidden: rows / blocks, options: Default::default() })
        }
        _ => None,
    }
}

pub struct Minimal<U>(pub PhantomData<U>);

impl<U: Unit> Minimal<U> {
    const LANES: usize = U::SPEC.lanes.len();
    /// The lane of h: the last one.
    const H: usize = Self::LANES - 1;

    fn matrix(dims: Dims) -> Linear {
        Linear::new(U::BLOCKS * dims.hidden, dims.input)
    }
}

impl<T: Scalar, U: Unit> Cell<T> for Minimal<U> {
    fn spec(&self) -> &'static Spec {
        U::SPEC
    }

    fn shapes(&self, dims: Dims) -> Vec<(&'static str, Vec<usize>)> {
        vec![(U::SPEC.parameters[0].name, vec![U::BLOCKS * dims.hidden, dims.input])]
    }

    fn recurrence(&self) -> Option<&'static Recurrence> {
        Some(U::RECURRENCE)
    }

    /// As torch.nn.Linear: U(−1/√I, 1/√I).
    fn init(&self, dims: Dims, _: &str, _: Depth, rng: &mut Rng, values: &mut [T]) {
        uniform(1.0 / (dims.input as f64).sqrt(), rng, values);
    }

    /// The matrix, and keeping and adding in every unit.
    fn multiply_adds(&self, dims: Dims) -> usize {
        (U::BLOCKS * dims.input + 2) * dims.hidden
    }

    fn projected_rows(&self, dims: Dims) -> usize {
        U::BLOCKS * dims.hidden
    }

    fn recurrent_rows(&self, _: Dims) -> usize {
        0
    }

    fn packed_len(&self, dims: Dims) -> usize {
        Self::matrix(dims).packed_len()
    }

    fn pack(&self, dims: Dims, tensors: &Tensors<T>, packed: &mut [T]) {
        Self::matrix(dims).pack(tensors[0], packed);
    }

    fn project(&self, params: &Params<T>, columns: usize, input: &[T], projected: &mut [T], work: &mut Work<T>) {
        let (matrix, x) = (Self::matrix(params.dims), Strided::columns(input, params.dims.input));
        projected.fill(T::zero());
        matrix.forward(params.packed, x, columns, projected, matrix.rows, &mut work.product);
    }

    fn step(&self, params: &Params<T>, moment: &Moment<T>, tape: &mut [T], _: &mut Work<T>) {
        let h = params.dims.hidden;
        let (rows, wide) = (Self::LANES * h, U::BLOCKS * h);
        let whole = if moment.holds.is_some() { 0 } else { h / T::WIDTH };
        for b in 0..moment.batch {
            let a = &moment.projected[b * wide..(b + 1) * wide];
            let (before, cur) = (&moment.before[b * rows..(b + 1) * rows], &mut tape[b * rows..(b + 1) * rows]);
            let (a_groups, before_groups) = (groups(a, h, whole, |k| k < U::BLOCKS), groups(before, h, whole, |k| k == Self::H));
            let mut cur_groups = groups_mut(cur, h, whole, |k| k < Self::LANES);
            for g in 0..whole {
                let mut values = [T::Wide::zero(); MAX];
                let before = gather::<T>(&before_groups, g, |k| k == Self::H)[Self::H];
                U::forward(&gather::<T>(&a_groups, g, |k| k < U::BLOCKS), before, &mut values, &Free);
                scatter::<T>(&values, &mut cur_groups, g, |k| k < Self::LANES);
            }
            for j in whole * T::WIDTH..h {
                let mut values = [T::zero(); MAX];
                let before = before[Self::H * h + j];
                U::forward(&gather_one(a, h, j, U::BLOCKS), before, &mut values, &held(moment.holds, h, b, j));
                scatter_one(&values, cur, h, j, Self::LANES);
            }
        }
    }

    fn step_back(&self, params: &Params<T>, moment: &Moment<T>, tape: &[T], d: &mut MomentGradient<T>, _: &mut Work<T>) {
        let h = params.dims.hidden;
        let (rows, wide) = (Self::LANES * h, U::BLOCKS * h);
        let whole = if moment.holds.is_some() { 0 } else { h / T::WIDTH };
        for b in 0..moment.batch {
            let (before, cur) = (&moment.before[b * rows..(b + 1) * rows], &tape[b * rows..(b + 1) * rows]);
            let (d_before, d_cur) = (&mut d.before[b * rows..(b + 1) * rows], &mut d.lanes[b * rows..(b + 1) * rows]);
            let da = &mut d.projected[b * wide..(b + 1) * wide];
            let (lanes, blocks, state) = (|k| k < Self::LANES, |k| k < U::BLOCKS, |k| k == Self::H);
            let (before_groups, cur_groups) = (groups(before, h, whole, state), groups(cur, h, whole, lanes));
            let (mut d_before_groups, mut d_groups) = (groups_mut(d_before, h, whole, state), groups_mut(d_cur, h, whole, lanes));
            let mut da_groups = groups_mut(da, h, whole, blocks);
            for g in 0..whole {
                let (mut vd, mut va, mut passed) = ([T::Wide::zero(); MAX], [T::Wide::zero(); MAX], [T::Wide::zero(); MAX]);
                vd[Self::H] = T::read(&d_groups[Self::H][g]);
                let (before, cur) = (gather::<T>(&before_groups, g, state)[Self::H], gather::<T>(&cur_groups, g, lanes));
                passed[Self::H] = U::backward(before, &cur, &mut vd, &mut va, &Free);
                scatter::<T>(&vd, &mut d_groups, g, lanes);
                scatter::<T>(&va, &mut da_groups, g, blocks);
                scatter::<T>(&passed, &mut d_before_groups, g, state);
            }
            for j in whole * T::WIDTH..h {
                let (mut vd, mut va) = ([T::zero(); MAX], [T::zero(); MAX]);
                vd[Self::H] = d_cur[Self::H * h + j];
                let (before, cur) = (before[Self::H * h + j], gather_one(cur, h, j, Self::LANES));
                d_before[Self::H * h + j] = U::backward(before, &cur, &mut vd, &mut va, &held(moment.holds, h, b, j));
                scatter_one(&vd, d_cur, h, j, Self::LANES);
                scatter_one(&va, da, h, j, U::BLOCKS);
            }
        }
    }

    fn finish(&self, params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T], work: &mut Work<T>) {
        let (matrix, input, d) = (Self::matrix(params.dims), params.dims.input, whole.d_projected);
        let x = Strided::columns(whole.input, input);
        matrix.gradient(x, d, matrix.rows, whole.columns, &mut d_tensors[0], &mut work.product);
        matrix.back(params.packed, Strided::columns(d, matrix.rows), whole.columns, d_input, input, &mut work.product);
    }
}
