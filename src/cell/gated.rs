//! Gated cells: two functions about one hidden unit, written once, run for one or four units at a time.

use super::hold::{Free, Held, Hold, Holds};
use super::{Cell, Dims, Moment, MomentGradient, Params, Spec, Whole};
use crate::math::kernel::{Strided, fill_columns, multiply_add, sum_columns, transpose};
use crate::math::{Real, Scalar};

/// Most lanes or blocks of any gated cell; a test holds the registry to it.
pub const MAX: usize = 6;

/// The values of one unit (or of four): lanes, blocks.
pub type Values<V> = [V; MAX];

/// What the author of a gated cell writes. Lanes and blocks are indexed as in the `Spec`.
pub trait Unit: Send + Sync + 'static {
    const SPEC: &'static Spec;

    /// One step: fills every lane of `cur`. `ax` = W_i x_t + b_i and `ah` = W_h h_{t−1} + b_h, by block.
    fn forward<V: Real>(ax: &Values<V>, ah: &Values<V>, prev: &Values<V>, cur: &mut Values<V>, hold: &impl Hold<V>);

    /// The exact reverse of `forward`, in its order reversed. `d` arrives with ∂L/∂(output and carried lanes) and leaves with
    /// ∂L/∂(every lane); `dprev` accumulates. Reads nothing but the tape.
    fn backward<V: Real>(
        prev: &Values<V>,
        cur: &Values<V>,
        d: &mut Values<V>,
        dprev: &mut Values<V>,
        dax: &mut Values<V>,
        dah: &mut Values<V>,
        hold: &impl Hold<V>,
    );
}

/// Units j… of a column of `h`-long rows.
#[inline(always)]
fn gather<T: Scalar>(column: &[T], h: usize, j: usize, rows: usize) -> Values<T::Wide> {
    let mut values = [T::Wide::zero(); MAX];
    for (k, v) in values.iter_mut().enumerate().take(rows) {
        *v = T::load(&column[k * h + j..]);
    }
    values
}

#[inline(always)]
fn scatter<T: Scalar>(values: &Values<T::Wide>, column: &mut [T], h: usize, j: usize, rows: usize) {
    for (k, v) in values.iter().enumerate().take(rows) {
        T::store(*v, &mut column[k * h + j..]);
    }
}

#[inline(always)]
fn gather_one<T: Scalar>(column: &[T], h: usize, j: usize, rows: usize) -> Values<T> {
    let mut values = [T::zero(); MAX];
    for (k, v) in values.iter_mut().enumerate().take(rows) {
        *v = column[k * h + j];
    }
    values
}

#[inline(always)]
fn scatter_one<T: Scalar>(values: &Values<T>, column: &mut [T], h: usize, j: usize, rows: usize) {
    for (k, v) in values.iter().enumerate().take(rows) {
        column[k * h + j] = *v;
    }
}

/// Interventions on unit j of example b. Slow, and only on the path where somebody holds something.
fn held<T: Scalar>(holds: &Holds<T>, h: usize, b: usize, j: usize) -> Held<T, MAX> {
    let mut lanes = [(T::zero(), T::zero()); MAX];
    for lane in &holds.lanes {
        let at = b * h + j;
        if lane.mask[at] > T::zero() {
            lanes[lane.lane] = (lane.mask[at], lane.value[at]);
        }
    }
    Held(lanes)
}

impl<T: Scalar, U: Unit> Cell<T> for U {
    fn spec(&self) -> &'static Spec {
        U::SPEC
    }

    fn shapes(&self, dims: Dims) -> Vec<(&'static str, Vec<usize>)> {
        shapes(U::SPEC, dims)
    }

    fn pack(&self, dims: Dims, tensors: &[&[T]]) -> Vec<T> {
        pack(dims, tensors)
    }

    fn project(&self, params: &Params<T>, columns: usize, input: &[T], projected: &mut [T]) {
        project(params, columns, input, projected);
    }

    fn step(&self, params: &Params<T>, moment: &Moment<T>, tape: &mut [T], work: &mut Vec<T>) {
        let (h, lanes, blocks) = (params.dims.hidden, U::SPEC.lanes.len(), U::SPEC.blocks.len());
        let (rows, gh) = (lanes * h, blocks * h);
        work.clear();
        work.resize(gh * moment.batch + h * moment.batch, T::zero());
        let (ah, state) = work.split_at_mut(gh * moment.batch);
        let output = U::SPEC.output();
        for (column, before) in state.chunks_exact_mut(h).zip(moment.before.chunks_exact(rows)) {
            column.copy_from_slice(&before[output * h..(output + 1) * h]);
        }
        recurrent_product(params, moment.batch, gh, state, ah);
        for b in 0..moment.batch {
            let (ax, ah) = (&moment.projected[b * gh..(b + 1) * gh], &ah[b * gh..(b + 1) * gh]);
            let (prev, cur) = (&moment.before[b * rows..(b + 1) * rows], &mut tape[b * rows..(b + 1) * rows]);
            if let Some(holds) = moment.holds {
                for j in 0..h {
                    let mut values = [T::zero(); MAX];
                    let hold = held(holds, h, b, j);
                    U::forward(
                        &gather_one(ax, h, j, blocks),
                        &gather_one(ah, h, j, blocks),
                        &gather_one(prev, h, j, lanes),
                        &mut values,
                        &hold,
                    );
                    scatter_one(&values, cur, h, j, lanes);
                }
                continue;
            }
            let mut j = 0;
            while j + T::WIDTH <= h {
                let mut values = [T::Wide::zero(); MAX];
                U::forward(
                    &gather::<T>(ax, h, j, blocks),
                    &gather::<T>(ah, h, j, blocks),
                    &gather::<T>(prev, h, j, lanes),
                    &mut values,
                    &Free,
                );
                scatter::<T>(&values, cur, h, j, lanes);
                j += T::WIDTH;
            }
            for j in j..h {
                let mut values = [T::zero(); MAX];
                U::forward(
                    &gather_one(ax, h, j, blocks),
                    &gather_one(ah, h, j, blocks),
                    &gather_one(prev, h, j, lanes),
                    &mut values,
                    &Free,
                );
                scatter_one(&values, cur, h, j, lanes);
            }
        }
    }

    fn step_back(&self, params: &Params<T>, moment: &Moment<T>, tape: &[T], d: &mut MomentGradient<T>, work: &mut Vec<T>) {
        let (h, lanes, blocks) = (params.dims.hidden, U::SPEC.lanes.len(), U::SPEC.blocks.len());
        let (rows, gh) = (lanes * h, blocks * h);
        for b in 0..moment.batch {
            let (prev, cur) = (&moment.before[b * rows..(b + 1) * rows], &tape[b * rows..(b + 1) * rows]);
            let (dcur, dprev) = (&mut d.lanes[b * rows..(b + 1) * rows], &mut d.before[b * rows..(b + 1) * rows]);
            let (dax, dah) = (&mut d.projected[b * gh..(b + 1) * gh], &mut d.recurrent[b * gh..(b + 1) * gh]);
            if let Some(holds) = moment.holds {
                for j in 0..h {
                    let hold = held(holds, h, b, j);
                    back_one::<T, U>(h, j, lanes, blocks, (prev, cur), (dcur, dprev, dax, dah), &hold);
                }
                continue;
            }
            let mut j = 0;
            while j + T::WIDTH <= h {
                let (mut vd, mut vp) = (gather::<T>(dcur, h, j, lanes), gather::<T>(dprev, h, j, lanes));
                let (mut vx, mut vh) = ([T::Wide::zero(); MAX], [T::Wide::zero(); MAX]);
                U::backward(&gather::<T>(prev, h, j, lanes), &gather::<T>(cur, h, j, lanes), &mut vd, &mut vp, &mut vx, &mut vh, &Free);
                scatter::<T>(&vd, dcur, h, j, lanes);
                scatter::<T>(&vp, dprev, h, j, lanes);
                scatter::<T>(&vx, dax, h, j, blocks);
                scatter::<T>(&vh, dah, h, j, blocks);
                j += T::WIDTH;
            }
            for j in j..h {
                back_one::<T, U>(h, j, lanes, blocks, (prev, cur), (dcur, dprev, dax, dah), &Free);
            }
        }
        recurrent_product_back(params, moment.batch, gh, d.recurrent, work);
        let output = U::SPEC.output();
        for (dprev, add) in d.before.chunks_exact_mut(rows).zip(work.chunks_exact(h)) {
            for (y, x) in dprev[output * h..(output + 1) * h].iter_mut().zip(add) {
                *y += *x;
            }
        }
    }

    fn finish(&self, params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T]) {
        finish(params, whole, d_tensors, d_input);
        let h = params.dims.hidden;
        let gh = U::SPEC.blocks.len() * h;
        // dW_h (row-major) is, column-major, H × GH: Σ_t h_{t−1} dahᵀ.
        multiply_add(h, gh, whole.columns, whole.before, Strided::transposed(whole.d_recurrent, gh), &mut d_tensors[1]);
    }
}

type Flow<'a, T> = (&'a mut [T], &'a mut [T], &'a mut [T], &'a mut [T]);

#[inline(always)]
fn back_one<T: Scalar, U: Unit>(
    h: usize,
    j: usize,
    lanes: usize,
    blocks: usize,
    (prev, cur): (&[T], &[T]),
    (dcur, dprev, dax, dah): Flow<T>,
    hold: &impl Hold<T>,
) {
    let (mut vd, mut vp) = (gather_one(dcur, h, j, lanes), gather_one(dprev, h, j, lanes));
    let (mut vx, mut vh) = ([T::zero(); MAX], [T::zero(); MAX]);
    U::backward(&gather_one(prev, h, j, lanes), &gather_one(cur, h, j, lanes), &mut vd, &mut vp, &mut vx, &mut vh, hold);
    scatter_one(&vd, dcur, h, j, lanes);
    scatter_one(&vp, dprev, h, j, lanes);
    scatter_one(&vx, dax, h, j, blocks);
    scatter_one(&vh, dah, h, j, blocks);
}

// ---- shared with cells that multiply by W_h in their own way ----

/// PyTorch's four tensors: weight_ih (G·H, I), weight_hh (G·H, H), bias_ih and bias_hh (G·H).
pub fn shapes(spec: &Spec, dims: Dims) -> Vec<(&'static str, Vec<usize>)> {
    let gh = spec.blocks.len() * dims.hidden;
    let mut all = vec![("weight_ih", vec![gh, dims.input]), ("weight_hh", vec![gh, dims.hidden])];
    if dims.bias {
        all.extend([("bias_ih", vec![gh]), ("bias_hh", vec![gh])]);
    }
    all
}

/// Both matrices column-major: W_i, then W_h.
pub fn pack<T: Scalar>(dims: Dims, tensors: &[&[T]]) -> Vec<T> {
    let mut packed = transpose(tensors[0], dims.input);
    packed.extend(transpose(tensors[1], dims.hidden));
    packed
}

/// W_i x + b_i for a whole sequence: one product.
pub fn project<T: Scalar>(params: &Params<T>, columns: usize, input: &[T], projected: &mut [T]) {
    let gh = params.tensors[0].len() / params.dims.input.max(1);
    let bias: &[&[T]] = if params.dims.bias { &params.tensors[2..3] } else { &[] };
    fill_columns(projected, gh, bias);
    multiply_add(gh, columns, params.dims.input, params.packed, Strided::columns(input, params.dims.input), projected);
}

/// W_h as packed: column-major, G·H rows.
pub fn packed_recurrent<'a, T: Scalar>(params: &Params<'a, T>) -> &'a [T] {
    &params.packed[params.tensors[0].len()..]
}

fn recurrent_product<T: Scalar>(params: &Params<T>, batch: usize, gh: usize, state: &[T], ah: &mut [T]) {
    let bias: &[&[T]] = if params.dims.bias { &params.tensors[3..4] } else { &[] };
    fill_columns(ah, gh, bias);
    let h = params.dims.hidden;
    multiply_add(gh, batch, h, packed_recurrent(params), Strided::columns(state, h), ah);
}

/// W_hᵀ dah, into `work` (hidden × batch). Row-major W_h is column-major W_hᵀ.
fn recurrent_product_back<T: Scalar>(params: &Params<T>, batch: usize, gh: usize, dah: &[T], work: &mut Vec<T>) {
    let h = params.dims.hidden;
    work.clear();
    work.resize(h * batch, T::zero());
    multiply_add(h, batch, gh, params.tensors[1], Strided::columns(dah, gh), work);
}

/// Gradients of W_i, both biases and the input. (That of W_h depends on what the cell multiplies by it.)
pub fn finish<T: Scalar>(params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T]) {
    let i = params.dims.input;
    let gh = params.tensors[0].len() / i.max(1);
    multiply_add(i, gh, whole.columns, whole.input, Strided::transposed(whole.d_projected, gh), &mut d_tensors[0]);
    multiply_add(i, whole.columns, gh, params.tensors[0], Strided::columns(whole.d_projected, gh), d_input);
    if params.dims.bias {
        sum_columns(whole.d_projected, gh, &mut d_tensors[2]);
        sum_columns(whole.d_recurrent, gh, &mut d_tensors[3]);
    }
}
