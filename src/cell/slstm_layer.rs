//! What the whole sLSTM layer has around its cell: a causal convolution of the input, gates that read it head by head, and a norm of
//! what each head shows.

use super::hold::{hold, hold_back};
use super::slstm::{GATES, Plan, Slstm};
use super::{Moment, MomentGradient, Params, Whole, Work};
use crate::math::kernel::{Strided, room};
use crate::math::{Scalar, functions};

/// Of the norm over a head.
const EPSILON: f64 = 1e-5;

impl<const STABLE: bool, const WHOLE: bool> Slstm<STABLE, WHOLE> {
    pub(super) fn gate<T: Scalar>(p: Plan, packed: &[T], g: usize) -> &[T] {
        &packed[p.recurrent().packed_len() + g * p.gate().packed_len()..]
    }

    pub(super) fn encoder<T: Scalar>(p: Plan, packed: &[T]) -> &[T] {
        Self::gate(p, packed, GATES)
    }

    /// What a gate's weights multiply: i and f read the smoothed input, z and o the newest input as it is.
    pub(super) fn gate_input<T: Scalar>(p: Plan, g: usize, tape: &[T]) -> Strided<'_, T> {
        let column = Self::rows(p);
        if g < 2 {
            Strided { data: &tape[Self::row(p, Self::SMOOTH)..], row: 1, column }
        } else {
            Strided { data: &tape[Self::row(p, Self::WINDOW) + p.kernel - 1..], row: p.kernel, column }
        }
    }

    /// The convolution at unit j, before its SiLU.
    fn smoothed<T: Scalar>(params: &Params<T>, window: &[T], j: usize) -> T {
        let p = Plan::of(params.dims);
        let weights = &params.tensors[p.first()][j * p.kernel..(j + 1) * p.kernel];
        weights.iter().zip(&window[j * p.kernel..]).fold(params.tensors[p.first() + 1][j], |sum, (w, x)| sum + *w * *x)
    }

    /// Moves the window on by one step, and smooths the input.
    pub(super) fn window<T: Scalar>(params: &Params<T>, moment: &Moment<T>, b: usize, now: &mut [T]) {
        let p = Plan::of(params.dims);
        let (k, smooth) = (p.kernel, Self::row(p, Self::SMOOTH));
        let before = &moment.before[b * Self::rows(p)..];
        for at in 0..p.units * k {
            let value = if (at + 1).is_multiple_of(k) { moment.projected[b * p.units + at / k] } else { before[at + 1] };
            now[at] = hold(moment.holds, Self::WINDOW, b * p.units * k + at, value);
        }
        for j in 0..p.units {
            let value = functions::silu(Self::smoothed(params, now, j));
            now[smooth + j] = hold(moment.holds, Self::SMOOTH, b * p.units + j, value);
        }
    }

    /// From the gates' gradients to the window's, the window's before, and the newest input's.
    pub(super) fn window_back<T: Scalar>(
        params: &Params<T>,
        moment: &Moment<T>,
        tape: &[T],
        d: &mut MomentGradient<T>,
        work: &mut Work<T>,
    ) {
        let (p, batch) = (Plan::of(params.dims), moment.batch);
        let (rows, k, smooth, deep) = (Self::rows(p), p.kernel, Self::row(p, Self::SMOOTH), (GATES + 3) * p.units);
        let Work { values, product } = work;
        let d_newest = room(values, p.units * batch);
        d_newest.fill(T::zero());
        d.lanes.chunks_exact_mut(rows).for_each(|column| column[smooth..smooth + p.units].fill(T::zero()));
        for g in 0..GATES {
            let (weights, da) = (Self::gate(p, params.packed, g), Strided { data: &d.recurrent[g * p.width..], row: 1, column: deep });
            let (to, stride) = if g < 2 { (&mut d.lanes[smooth..], rows) } else { (&mut *d_newest, p.units) };
            p.gate().back(weights, da, batch, to, stride, product);
        }
        for b in 0..batch {
            let now = &tape[b * rows..(b + 1) * rows];
            let (lanes, before) = (&mut d.lanes[b * rows..(b + 1) * rows], &mut d.before[b * rows..(b + 1) * rows]);
            for j in 0..p.units {
                let du = hold_back(moment.holds, Self::SMOOTH, b * p.units + j, lanes[smooth + j]);
                let da = du * functions::silu_slope(Self::smoothed(params, now, j));
                d.recurrent[b * deep + GATES * p.units + j] = da;
                let weights = &params.tensors[p.first()][j * k..(j + 1) * k];
                lanes[j * k..(j + 1) * k].iter_mut().zip(weights).for_each(|(d, w)| *d += da * *w);
                lanes[(j + 1) * k - 1] += d_newest[b * p.units + j];
                before[j * k] = T::zero();
                for at in j * k..(j + 1) * k {
                    let passed = hold_back(moment.holds, Self::WINDOW, b * p.units * k + at, lanes[at]);
                    if at + 1 < (j + 1) * k {
                        before[at + 1] = passed;
                    } else {
                        d.projected[b * p.units + j] = passed;
                    }
                }
            }
        }
    }

    fn mean<T: Scalar>(values: impl Iterator<Item = T>, p: Plan) -> T {
        values.fold(T::zero(), |sum, v| sum + v) * T::of(1.0 / p.width as f64)
    }

    /// Mean of one head's h, and how far it spreads about it.
    fn moments<T: Scalar>(p: Plan, h: &[T]) -> (T, T) {
        let mean = Self::mean(h.iter().copied(), p);
        let variance = Self::mean(h.iter().map(|h| (*h - mean) * (*h - mean)), p);
        (mean, functions::sqrt(variance + T::of(EPSILON)))
    }

    /// Each head's h, centred and divided by its spread, times 1 + weight.
    pub(super) fn norm<T: Scalar>(params: &Params<T>, moment: &Moment<T>, b: usize, now: &mut [T]) {
        let p = Plan::of(params.dims);
        let (h, y, weight) = (Self::row(p, Self::H), Self::row(p, Self::Y), params.tensors[p.first() + 8]);
        for head in 0..p.heads {
            let units = head * p.width..(head + 1) * p.width;
            let (mean, spread) = Self::moments(p, &now[h..][units.clone()]);
            for j in units {
                now[y + j] = hold(moment.holds, Self::Y, b * p.units + j, (T::one() + weight[j]) * ((now[h + j] - mean) / spread));
            }
        }
    }

    /// From y's gradient to that of h; what the norm's weight answers for is kept for `finish`.
    pub(super) fn norm_back<T: Scalar>(params: &Params<T>, moment: &Moment<T>, b: usize, now: &[T], d: &mut MomentGradient<T>) {
        let p = Plan::of(params.dims);
        let (h, y, weight) = (Self::row(p, Self::H), Self::row(p, Self::Y), params.tensors[p.first() + 8]);
        let lanes = &mut d.lanes[b * now.len()..(b + 1) * now.len()];
        let kept = &mut d.recurrent[(b * (GATES + 3) + GATES + 1) * p.units..][..p.units];
        for head in 0..p.heads {
            let units = head * p.width..(head + 1) * p.width;
            let (mean, spread) = Self::moments(p, &now[h..][units.clone()]);
            let normed = |j: usize| (now[h + j] - mean) / spread;
            // ∂L/∂ of what the weight multiplies stands for now where what the weight answers for will.
            for j in units.clone() {
                kept[j] = hold_back(moment.holds, Self::Y, b * p.units + j, lanes[y + j]) * (T::one() + weight[j]);
            }
            let centre = Self::mean(kept[units.clone()].iter().copied(), p);
            let tilt = Self::mean(units.clone().map(|j| kept[j] * normed(j)), p);
            for j in units {
                lanes[h + j] += (kept[j] - centre - normed(j) * tilt) / spread;
                kept[j] = hold_back(moment.holds, Self::Y, b * p.units + j, lanes[y + j]) * normed(j);
            }
        }
    }

    /// Gradients of the layer's parameters but the encoder's.
    pub(super) fn finish_layer<T: Scalar>(params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], work: &mut Work<T>) {
        let (p, n) = (Plan::of(params.dims), whole.columns);
        let (first, rows, deep) = (p.first(), Self::rows(p), (GATES + 3) * p.units);
        for g in 0..GATES {
            let (x, d) = (Self::gate_input(p, g, whole.tape), &whole.d_recurrent[g * p.width..]);
            p.gate().gradient(x, d, deep, n, &mut d_tensors[first + 2 + g], &mut work.product);
        }
        let h = Strided { data: &whole.d_recurrent[(GATES + 2) * p.units..], row: 1, column: deep };
        p.recurrent().gradient(h, whole.d_recurrent, deep, n, &mut d_tensors[first + 6], &mut work.product);
        for (d, now) in whole.d_recurrent.chunks_exact(deep).zip(whole.tape.chunks_exact(rows)) {
            for j in 0..p.units {
                (0..GATES).for_each(|g| d_tensors[first + 7][g * p.units + j] += d[p.slot(g, j)]);
                let smoothed = d[GATES * p.units + j];
                let weights = d_tensors[first][j * p.kernel..(j + 1) * p.kernel].iter_mut();
                weights.zip(&now[j * p.kernel..]).for_each(|(w, x)| *w += smoothed * *x);
                d_tensors[first + 1][j] += smoothed;
                d_tensors[first + 8][j] += d[(GATES + 1) * p.units + j];
            }
        }
    }
}
