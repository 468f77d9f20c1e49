//! Gated cells: two functions about one hidden unit, written once, run for one or four units at a time.

use super::hold::{Free, Held, Hold, Holds};
use super::{Cell, Dims, Moment, MomentGradient, Params, Spec, Tensors, Whole, Work};
use crate::math::kernel::{Strided, add_dots, fill_columns, multiply_add, multiply_packed, pack, packed_len, room, sum_columns};
use crate::math::{Real, Scalar};

/// Most lanes or blocks of any gated cell; a test holds the registry to it.
pub const MAX: usize = 6;

/// The values of one unit (or of four): lanes, blocks.
pub type Values<V> = [V; MAX];

/// What the author of a gated cell writes. Lanes and blocks are indexed as in the `Spec`.
pub trait Unit: Send + Sync + 'static {
    const SPEC: &'static Spec;

    /// `ax` and `ah` are only ever used as their sum, so that gradients of both are the same.
    const ONE_SUM: bool;

    /// One step: fills every lane of `cur`. `ax` = W_i x_t + b_i and `ah` = W_h h_{t−1} + b_h, by block.
    fn forward<V: Real>(ax: &Values<V>, ah: &Values<V>, prev: &Values<V>, cur: &mut Values<V>, hold: &impl Hold<V>);

    /// The exact reverse of `forward`, in its order reversed. `d` arrives with ∂L/∂(output and carried lanes) and leaves with
    /// ∂L/∂(every lane); `dprev` arrives as zero. Reads nothing but the tape.
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

/// The first `whole` groups of each row of a column that is wanted; rows are `h` long. The loops here and below go over constants,
/// so that they vanish, and with them the arrays: everything is in registers.
#[inline(always)]
pub(super) fn groups<T: Scalar>(column: &[T], h: usize, whole: usize, wanted: impl Fn(usize) -> bool) -> [&[T::Group]; MAX] {
    let mut all: [&[T::Group]; MAX] = [&[]; MAX];
    for k in 0..MAX {
        if wanted(k) {
            all[k] = &T::groups(&column[k * h..(k + 1) * h])[..whole];
        }
    }
    all
}

#[inline(always)]
pub(super) fn groups_mut<T: Scalar>(column: &mut [T], h: usize, whole: usize, wanted: impl Fn(usize) -> bool) -> [&mut [T::Group]; MAX] {
    let mut all: [&mut [T::Group]; MAX] = [&mut [], &mut [], &mut [], &mut [], &mut [], &mut []];
    let (mut rest, mut passed) = (column, 0);
    for k in 0..MAX {
        if wanted(k) {
            let (row, after) = rest[(k - passed) * h..].split_at_mut(h);
            all[k] = &mut T::groups_mut(row)[..whole];
            (rest, passed) = (after, k + 1);
        }
    }
    all
}

/// Group g of the rows that are wanted.
#[inline(always)]
pub(super) fn gather<T: Scalar>(rows: &[&[T::Group]; MAX], g: usize, wanted: impl Fn(usize) -> bool) -> Values<T::Wide> {
    let mut values = [T::Wide::zero(); MAX];
    for k in 0..MAX {
        if wanted(k) {
            values[k] = T::read(&rows[k][g]);
        }
    }
    values
}

#[inline(always)]
pub(super) fn scatter<T: Scalar>(values: &Values<T::Wide>, rows: &mut [&mut [T::Group]; MAX], g: usize, wanted: impl Fn(usize) -> bool) {
    for k in 0..MAX {
        if wanted(k) {
            rows[k][g] = T::write(values[k]);
        }
    }
}

#[inline(always)]
pub(super) fn gather_one<T: Scalar>(column: &[T], h: usize, j: usize, rows: usize) -> Values<T> {
    let mut values = [T::zero(); MAX];
    for (k, v) in values.iter_mut().enumerate().take(rows) {
        *v = column[k * h + j];
    }
    values
}

#[inline(always)]
pub(super) fn scatter_one<T: Scalar>(values: &Values<T>, column: &mut [T], h: usize, j: usize, rows: usize) {
    for (k, v) in values.iter().enumerate().take(rows) {
        column[k * h + j] = *v;
    }
}

/// Interventions on unit j of example b. Slow, and only where somebody holds something, or for units that make up no group.
pub(super) fn held<T: Scalar>(holds: Option<&Holds<T>>, h: usize, b: usize, j: usize) -> Held<T, MAX> {
    let mut lanes = [(T::zero(), T::zero()); MAX];
    for lane in holds.iter().flat_map(|holds| &holds.lanes) {
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

    fn recurrent_rows(&self, dims: Dims) -> usize {
        if U::ONE_SUM { 0 } else { U::SPEC.blocks.len() * dims.hidden }
    }

    fn packed_len(&self, dims: Dims) -> usize {
        let gh = U::SPEC.blocks.len() * dims.hidden;
        both_len(gh, dims.input) + both_len(gh, dims.hidden)
    }

    fn pack(&self, dims: Dims, tensors: &Tensors<T>, packed: &mut [T]) {
        let gh = U::SPEC.blocks.len() * dims.hidden;
        let rest = pack_both(gh, dims.input, tensors[0], packed);
        pack_both(gh, dims.hidden, tensors[1], rest);
    }

    fn project(&self, params: &Params<T>, columns: usize, input: &[T], projected: &mut [T], work: &mut Work<T>) {
        project(params, columns, input, projected, work);
    }

    fn step(&self, params: &Params<T>, moment: &Moment<T>, tape: &mut [T], work: &mut Work<T>) {
        let (h, lanes, blocks) = (params.dims.hidden, U::SPEC.lanes.len(), U::SPEC.blocks.len());
        let (rows, gh) = (lanes * h, blocks * h);
        let ah = room(&mut work.values, gh * moment.batch);
        fill_columns(ah, gh, params.dims.bias.then_some(params.tensors[3]));
        let state = Strided { data: &moment.before[U::SPEC.output() * h..], row: 1, column: rows };
        multiply_packed(gh, moment.batch, h, Packed::of(params).rest, state, ah, gh, &mut work.product);
        for b in 0..moment.batch {
            let (ax, ah) = (&moment.projected[b * gh..(b + 1) * gh], &ah[b * gh..(b + 1) * gh]);
            let (prev, cur) = (&moment.before[b * rows..(b + 1) * rows], &mut tape[b * rows..(b + 1) * rows]);
            let whole = if moment.holds.is_some() { 0 } else { h / T::WIDTH };
            let (ax_groups, ah_groups) = (groups(ax, h, whole, |k| k < blocks), groups(ah, h, whole, |k| k < blocks));
            let (prev_groups, mut cur_groups) = (groups(prev, h, whole, carried::<U>), groups_mut(cur, h, whole, |k| k < lanes));
            for g in 0..whole {
                let mut values = [T::Wide::zero(); MAX];
                U::forward(
                    &gather::<T>(&ax_groups, g, |k| k < blocks),
                    &gather::<T>(&ah_groups, g, |k| k < blocks),
                    &gather::<T>(&prev_groups, g, carried::<U>),
                    &mut values,
                    &Free,
                );
                scatter::<T>(&values, &mut cur_groups, g, |k| k < lanes);
            }
            for j in whole * T::WIDTH..h {
                let mut values = [T::zero(); MAX];
                let hold = held(moment.holds, h, b, j);
                let prev = gather_one(prev, h, j, lanes);
                U::forward(&gather_one(ax, h, j, blocks), &gather_one(ah, h, j, blocks), &prev, &mut values, &hold);
                scatter_one(&values, cur, h, j, lanes);
            }
        }
    }

    fn step_back(&self, params: &Params<T>, moment: &Moment<T>, tape: &[T], d: &mut MomentGradient<T>, work: &mut Work<T>) {
        let (h, lanes, blocks) = (params.dims.hidden, U::SPEC.lanes.len(), U::SPEC.blocks.len());
        let (rows, gh) = (lanes * h, blocks * h);
        let deep = if U::ONE_SUM { 0 } else { gh };
        for b in 0..moment.batch {
            let (prev, cur) = (&moment.before[b * rows..(b + 1) * rows], &tape[b * rows..(b + 1) * rows]);
            let (dcur, dprev) = (&mut d.lanes[b * rows..(b + 1) * rows], &mut d.before[b * rows..(b + 1) * rows]);
            let (dax, dah) = (&mut d.projected[b * gh..(b + 1) * gh], &mut d.recurrent[b * deep..(b + 1) * deep]);
            let whole = if moment.holds.is_some() { 0 } else { h / T::WIDTH };
            let apart = |k| k < blocks && !U::ONE_SUM;
            let (prev_groups, cur_groups) = (groups(prev, h, whole, carried::<U>), groups(cur, h, whole, |k| k < lanes));
            let (mut d_groups, mut dprev_groups) = (groups_mut(dcur, h, whole, |k| k < lanes), groups_mut(dprev, h, whole, carried::<U>));
            let (mut dax_groups, mut dah_groups) = (groups_mut(dax, h, whole, |k| k < blocks), groups_mut(dah, h, whole, apart));
            for g in 0..whole {
                let (prev, cur) = (gather::<T>(&prev_groups, g, carried::<U>), gather::<T>(&cur_groups, g, |k| k < lanes));
                let mut vd = [T::Wide::zero(); MAX];
                for k in 0..MAX {
                    if carried::<U>(k) {
                        vd[k] = T::read(&d_groups[k][g]);
                    }
                }
                let mut vp = [T::Wide::zero(); MAX];
                let (mut vx, mut vh) = ([T::Wide::zero(); MAX], [T::Wide::zero(); MAX]);
                U::backward(&prev, &cur, &mut vd, &mut vp, &mut vx, &mut vh, &Free);
                scatter::<T>(&vd, &mut d_groups, g, |k| k < lanes);
                scatter::<T>(&vp, &mut dprev_groups, g, carried::<U>);
                scatter::<T>(&vx, &mut dax_groups, g, |k| k < blocks);
                scatter::<T>(&vh, &mut dah_groups, g, apart);
            }
            for j in whole * T::WIDTH..h {
                let hold = held(moment.holds, h, b, j);
                back_one::<T, U>(h, j, (prev, cur), (dcur, dprev, dax, dah), &hold);
            }
        }
        let dah = Strided::columns(if U::ONE_SUM { &*d.projected } else { &*d.recurrent }, gh);
        let before = &mut d.before[U::SPEC.output() * h..];
        multiply_packed(h, moment.batch, gh, &Packed::of(params).rest[packed_len(gh, h)..], dah, before, rows, &mut work.product);
    }

    fn finish(&self, params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T], work: &mut Work<T>) {
        finish(params, whole, d_tensors, d_input, work);
        let h = params.dims.hidden;
        let gh = U::SPEC.blocks.len() * h;
        // dW_h (row-major) is, column-major, H × GH: Σ_t h_{t−1} dahᵀ.
        let dah = Strided::transposed(whole.d_recurrent(), gh);
        multiply_add(h, gh, whole.columns, whole.before, dah, &mut d_tensors[1], &mut work.product);
    }
}

/// Is lane k one that is handed to the next step?
#[inline(always)]
fn carried<U: Unit>(k: usize) -> bool {
    k < U::SPEC.lanes.len() && U::SPEC.lanes[k].carried
}

type Flow<'a, T> = (&'a mut [T], &'a mut [T], &'a mut [T], &'a mut [T]);

#[inline(always)]
fn back_one<T: Scalar, U: Unit>(h: usize, j: usize, (prev, cur): (&[T], &[T]), (dcur, dprev, dax, dah): Flow<T>, hold: &impl Hold<T>) {
    let (lanes, blocks) = (U::SPEC.lanes.len(), U::SPEC.blocks.len());
    let (mut vd, mut vp) = (gather_one(dcur, h, j, lanes), [T::zero(); MAX]);
    let (mut vx, mut vh) = ([T::zero(); MAX], [T::zero(); MAX]);
    U::backward(&gather_one(prev, h, j, lanes), &gather_one(cur, h, j, lanes), &mut vd, &mut vp, &mut vx, &mut vh, hold);
    scatter_one(&vd, dcur, h, j, lanes);
    U::SPEC.carried().for_each(|k| dprev[k * h + j] = vp[k]);
    scatter_one(&vx, dax, h, j, blocks);
    if !U::ONE_SUM {
        scatter_one(&vh, dah, h, j, blocks);
    }
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

/// What is packed of W_i, forth and back; and the rest.
pub struct Packed<'a, T> {
    pub input: &'a [T],
    pub input_back: &'a [T],
    pub rest: &'a [T],
}

impl<'a, T: Scalar> Packed<'a, T> {
    pub fn of(params: &Params<'a, T>) -> Self {
        let i = params.dims.input;
        let gh = params.tensors[0].len() / i.max(1);
        let (input, rest) = params.packed.split_at(packed_len(gh, i));
        let (input_back, rest) = rest.split_at(packed_len(i, gh));
        Packed { input, input_back, rest }
    }
}

/// Packs a matrix (row-major, m × k) and its transpose, and gives what is left of the memory.
pub fn pack_both<'a, T: Scalar>(m: usize, k: usize, matrix: &[T], packed: &'a mut [T]) -> &'a mut [T] {
    let (forth, rest) = packed.split_at_mut(packed_len(m, k));
    let (back, rest) = rest.split_at_mut(packed_len(k, m));
    pack(m, k, Strided::transposed(matrix, k), forth);
    pack(k, m, Strided::columns(matrix, k), back);
    rest
}

/// Length of what `pack_both` packs.
pub fn both_len(m: usize, k: usize) -> usize {
    packed_len(m, k) + packed_len(k, m)
}

/// W_i x + b_i for many moments: one product.
pub fn project<T: Scalar>(params: &Params<T>, columns: usize, input: &[T], projected: &mut [T], work: &mut Work<T>) {
    let i = params.dims.input;
    let gh = params.tensors[0].len() / i.max(1);
    let bias = params.dims.bias.then_some(params.tensors[2]);
    if i == 1 {
        for (column, x) in projected.chunks_exact_mut(gh).zip(input) {
            let column = column.iter_mut().zip(params.tensors[0]);
            match bias {
                Some(bias) => column.zip(bias).for_each(|((y, w), bias)| *y = *bias + *w * *x),
                None => column.for_each(|(y, w)| *y = T::zero() + *w * *x),
            }
        }
        return;
    }
    fill_columns(projected, gh, bias);
    multiply_packed(gh, columns, i, Packed::of(params).input, Strided::columns(input, i), projected, gh, &mut work.product);
}

/// Gradients of W_i, both biases and the input. (That of W_h depends on what the cell multiplies by it.)
pub fn finish<T: Scalar>(params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T], work: &mut Work<T>) {
    let i = params.dims.input;
    let gh = params.tensors[0].len() / i.max(1);
    let (x, d) = (Strided::columns(whole.input, i), whole.d_projected);
    multiply_add(i, gh, whole.columns, x, Strided::transposed(d, gh), &mut d_tensors[0], &mut work.product);
    if i == 1 {
        add_dots(gh, params.tensors[0], d, d_input);
    } else {
        multiply_packed(i, whole.columns, gh, Packed::of(params).input_back, Strided::columns(d, gh), d_input, i, &mut work.product);
    }
    if let [_, _, d_input_bias, d_recurrent_bias] = d_tensors {
        sum_columns(d, gh, d_input_bias);
        if whole.d_recurrent.is_empty() {
            d_recurrent_bias.copy_from_slice(d_input_bias);
        } else {
            sum_columns(whole.d_recurrent, gh, d_recurrent_bias);
        }
    }
}
