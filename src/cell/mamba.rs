//! The Mamba block (Gu & Dao 2023), as `mamba_simple.py` of the reference has it: in-projection, causal convolution, SiLU, a state
//! space whose step Δ, B and C are chosen by the input, D skip, gate, out-projection. No norm and no residual: they stand around it.
//!
//! E = expand·H channels with N states each, K taps of the convolution, Δ of rank R = ⌈H/16⌉. One step is the reference's `step()`:
//! the last K inputs of the convolution and the states are what is carried.

use super::linear::bias_gradient;
use super::mamba_scan::{
    B, Back, C, DELTA, H, Packed, REDUCED, Size, U, WINDOW, Y, Z, convolved, each, hold_all, hold_back_all, push, scan,
};
use super::mamba_spec::{OPTIONS, RECURRENCE, SPEC};
use super::spec::{CellOption, Recurrence, Spec};
use super::{Cell, Depth, Dims, Moment, MomentGradient, Options, Params, Recognised, Tensors, Whole, Work, plain_axis, uniform};
use crate::math::functions::{expm1, ln, silu_slope};
use crate::math::kernel::{Strided, room};
use crate::math::rng::Rng;
use crate::math::{Real, Scalar};

// Parameters, in the reference's order.
const A_LOG: usize = 0;
const SKIP: usize = 1;
const IN: usize = 2;
const CONV: usize = 3;
const CONV_BIAS: usize = 4;
const X_PROJ: usize = 5;
const DT: usize = 6;
const DT_BIAS: usize = 7;
const OUT: usize = 8;

pub struct Mamba;

impl<T: Scalar> Cell<T> for Mamba {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn shapes(&self, dims: Dims) -> Vec<(&'static str, Vec<usize>)> {
        let size = Size::of(dims);
        let Size { input, hidden, inner, states, taps, rank } = size;
        vec![
            ("A_log", vec![inner, states]),
            ("D", vec![inner]),
            ("in_proj.weight", vec![2 * inner, input]),
            ("conv1d.weight", vec![inner, 1, taps]),
            ("conv1d.bias", vec![inner]),
            ("x_proj.weight", vec![size.selected(), inner]),
            ("dt_proj.weight", vec![inner, rank]),
            ("dt_proj.bias", vec![inner]),
            ("out_proj.weight", vec![hidden, inner]),
        ]
    }

    fn axis(&self, dims: Dims, name: &str) -> usize {
        let size = Size::of(dims);
        match name {
            "E" => size.inner,
            "N" => size.states,
            "K" => size.taps,
            "R" => size.rank,
            _ => plain_axis(dims, name),
        }
    }

    /// As `mamba_simple.py`: A_log = ln(1…N), D = 1, Δ's bias such that Δ is log-uniform in 0.001…0.1; else torch.nn's defaults.
    fn init(&self, dims: Dims, name: &str, _: Depth, rng: &mut Rng, values: &mut [T]) {
        let size = Size::of(dims);
        let single = |v: f64| T::of(v as f32 as f64);
        let fan_in = match name {
            "A_log" => {
                for row in values.chunks_exact_mut(size.states) {
                    row.iter_mut().enumerate().for_each(|(n, v)| *v = single(ln(n as f64 + 1.0)));
                }
                return;
            }
            "D" => return values.fill(T::one()),
            "dt_proj.bias" => {
                let (low, high) = (ln(0.001), ln(0.1));
                for v in values.iter_mut() {
                    let delta = Real::exp(low + rng.u() * (high - low)).max(1e-4);
                    *v = single(delta + ln(-expm1(-delta)));
                }
                return;
            }
            "in_proj.weight" => size.input,
            "conv1d.weight" | "conv1d.bias" => size.taps,
            "dt_proj.weight" => size.rank,
            _ => size.inner,
        };
        uniform(1.0 / (fan_in as f64).sqrt(), rng, values);
    }

    fn recurrence(&self) -> Option<&'static Recurrence> {
        Some(&RECURRENCE)
    }

    /// The matrices and the convolution, and per state ΔA, decay·s, ΔB·u and C·s.
    fn multiply_adds(&self, dims: Dims) -> usize {
        let size = Size::of(dims);
        let Size { input, hidden, inner, states, taps, rank } = size;
        inner * (2 * input + taps + size.selected() + rank + hidden + 4 * states + 3)
    }

    fn projected_rows(&self, dims: Dims) -> usize {
        2 * Size::of(dims).inner
    }

    fn recurrent_rows(&self, dims: Dims) -> usize {
        Size::of(dims).d_exponent().end
    }

    fn packed_len(&self, dims: Dims) -> usize {
        let size = Size::of(dims);
        let matrices = [size.enter(), size.select(), size.step(), size.out()];
        matrices.iter().map(|m| m.packed_len()).sum::<usize>() + size.inner * size.states
    }

    fn pack(&self, dims: Dims, tensors: &Tensors<T>, packed: &mut [T]) {
        let size = Size::of(dims);
        let mut rest = packed;
        for (matrix, at) in [(size.enter(), IN), (size.select(), X_PROJ), (size.step(), DT), (size.out(), OUT)] {
            let done = matrix.pack(tensors[at], rest);
            rest = &mut rest[done..];
        }
        rest.iter_mut().zip(tensors[A_LOG]).for_each(|(a, log)| *a = -log.exp());
    }

    fn project(&self, params: &Params<T>, columns: usize, input: &[T], projected: &mut [T], work: &mut Work<T>) {
        let size = Size::of(params.dims);
        projected.fill(T::zero());
        let x = Strided::columns(input, size.input);
        size.enter().forward(Packed::of(&size, params.packed).into, x, columns, projected, 2 * size.inner, &mut work.product);
    }

    fn step(&self, params: &Params<T>, moment: &Moment<T>, tape: &mut [T], work: &mut Work<T>) {
        let (size, holds, batch) = (Size::of(params.dims), moment.holds, moment.batch);
        let (packed, rows, e, wide) = (Packed::of(&size, params.packed), size.rows(), size.inner, size.selected());
        let (selected, gated) = room(&mut work.values, (wide + e) * batch).split_at_mut(wide * batch);
        for (b, cur) in tape.chunks_exact_mut(rows).take(batch).enumerate() {
            let (prev, entering) = (&moment.before[b * rows..], &moment.projected[b * 2 * e..][..e]);
            let (window, rest) = cur.split_at_mut(size.lane(U).start);
            let taps = window.chunks_exact_mut(size.taps).zip(prev.chunks_exact(size.taps)).zip(entering);
            taps.for_each(|((now, before), x)| push(before, *x, now));
            hold_all(holds, WINDOW, b * window.len(), window);
            let u = &mut rest[..e];
            let weights = params.tensors[CONV].chunks_exact(size.taps).zip(params.tensors[CONV_BIAS]);
            for ((u, window), (w, bias)) in u.iter_mut().zip(window.chunks_exact(size.taps)).zip(weights) {
                *u = convolved(window, w, *bias);
            }
            each(u, |x| x * x.sigmoid(), |x| x * x.sigmoid());
            hold_all(holds, U, b * e, u);
        }
        selected.fill(T::zero());
        let u = Strided { data: &tape[size.lane(U).start..], row: 1, column: rows };
        size.select().forward(packed.select, u, batch, selected, wide, &mut work.product);
        for (b, cur) in tape.chunks_exact_mut(rows).take(batch).enumerate() {
            let (column, n) = (&mut selected[b * wide..(b + 1) * wide], size.states);
            hold_all(holds, REDUCED, b * size.rank, &mut column[..size.rank]);
            hold_all(holds, B, b * n, &mut column[size.rank..size.rank + n]);
            hold_all(holds, C, b * n, &mut column[size.rank + n..]);
            cur[size.lane(REDUCED).start..size.lane(C).end].copy_from_slice(column);
            cur[size.lane(DELTA)].copy_from_slice(params.tensors[DT_BIAS]);
        }
        let reduced = Strided { data: &*selected, row: 1, column: wide };
        size.step().forward(packed.step, reduced, batch, &mut tape[size.lane(DELTA).start..], rows, &mut work.product);
        for (b, cur) in tape.chunks_exact_mut(rows).take(batch).enumerate() {
            let z = &moment.projected[b * 2 * e + e..][..e];
            scan(&size, params.tensors[SKIP], packed.a, holds, b, &moment.before[b * rows..], z, cur);
            let gated = &mut gated[b * e..(b + 1) * e];
            gated.copy_from_slice(&cur[size.lane(Z)]);
            each(gated, |x| x * x.sigmoid(), |x| x * x.sigmoid());
            gated.iter_mut().zip(&cur[size.lane(Y)]).for_each(|(g, y)| *g = *y * *g);
            cur[size.lane(H)].fill(T::zero());
        }
        let h = size.lane(H);
        size.out().forward(packed.out, Strided::columns(gated, e), batch, &mut tape[h.start..], rows, &mut work.product);
        for (b, cur) in tape.chunks_exact_mut(rows).take(batch).enumerate() {
            hold_all(holds, H, b * size.hidden, &mut cur[h.clone()]);
        }
    }

    fn step_back(&self, params: &Params<T>, moment: &Moment<T>, tape: &[T], d: &mut MomentGradient<T>, work: &mut Work<T>) {
        let (size, holds, batch) = (Size::of(params.dims), moment.holds, moment.batch);
        let (packed, rows, e, wide) = (Packed::of(&size, params.packed), size.rows(), size.inner, size.selected());
        let deep = size.d_exponent().end;
        let buffer = room(&mut work.values, (e + size.rank) * batch);
        buffer.fill(T::zero());
        let (du, dr) = buffer.split_at_mut(e * batch);
        for (b, keep) in d.recurrent.chunks_exact_mut(deep).take(batch).enumerate() {
            keep[size.d_out()].copy_from_slice(&d.lanes[b * rows..][size.lane(H)]);
            hold_back_all(holds, H, b * size.hidden, &mut keep[size.d_out()]);
        }
        // First `du` is what comes back through the out-projection, then ∂L/∂u.
        size.out().back(packed.out, Strided { data: d.recurrent, row: 1, column: deep }, batch, du, e, &mut work.product);
        for b in 0..batch {
            let at = b * rows..(b + 1) * rows;
            let mut back = Back {
                size: &size,
                holds,
                b,
                prev: &moment.before[at.clone()],
                cur: &tape[at.clone()],
                lanes: &mut d.lanes[at.clone()],
                before: &mut d.before[at],
                keep: &mut d.recurrent[b * deep..(b + 1) * deep],
                projected: &mut d.projected[b * 2 * e..(b + 1) * 2 * e],
                du: &mut du[b * e..(b + 1) * e],
            };
            back.gate();
            back.scan(params.tensors[SKIP], packed.a);
        }
        let d_step = Strided { data: &d.recurrent[size.d_step().start..], row: 1, column: deep };
        size.step().back(packed.step, d_step, batch, dr, size.rank, &mut work.product);
        for b in 0..batch {
            let (lanes, keep) = (&mut d.lanes[b * rows..(b + 1) * rows], &mut d.recurrent[b * deep..(b + 1) * deep]);
            lanes[size.lane(REDUCED)].copy_from_slice(&dr[b * size.rank..(b + 1) * size.rank]);
            let (n, selected) = (size.states, &mut keep[size.d_selected()]);
            selected.copy_from_slice(&lanes[size.lane(REDUCED).start..size.lane(C).end]);
            hold_back_all(holds, REDUCED, b * size.rank, &mut selected[..size.rank]);
            hold_back_all(holds, B, b * n, &mut selected[size.rank..size.rank + n]);
            hold_back_all(holds, C, b * n, &mut selected[size.rank + n..wide]);
        }
        let d_selected = Strided { data: &d.recurrent[size.d_selected().start..], row: 1, column: deep };
        size.select().back(packed.select, d_selected, batch, du, e, &mut work.product);
        for b in 0..batch {
            let at = b * rows..(b + 1) * rows;
            let (lanes, keep) = (&mut d.lanes[at.clone()], &mut d.recurrent[b * deep..(b + 1) * deep]);
            let du = &mut du[b * e..(b + 1) * e];
            lanes[size.lane(U)].copy_from_slice(du);
            hold_back_all(holds, U, b * e, du);
            let (window, taps) = (&tape[at.clone()][size.lane(WINDOW)], size.taps);
            let weights = params.tensors[CONV].chunks_exact(taps).zip(params.tensors[CONV_BIAS]);
            let before = &mut d.before[at][size.lane(WINDOW)];
            for (((d_conv, du), window), (w, bias)) in keep[size.d_conv()].iter_mut().zip(du).zip(window.chunks_exact(taps)).zip(weights) {
                *d_conv = *du * silu_slope(convolved(window, w, *bias));
            }
            let d_window = &mut lanes[size.lane(WINDOW)];
            let weights = params.tensors[CONV].chunks_exact(taps).zip(&keep[size.d_conv()]);
            for (dw, (w, d)) in d_window.chunks_exact_mut(taps).zip(weights) {
                dw.iter_mut().zip(w).for_each(|(dw, w)| *dw += *d * *w);
            }
            before.copy_from_slice(d_window);
            hold_back_all(holds, WINDOW, b * before.len(), before);
            for (before, entering) in before.chunks_exact_mut(taps).zip(&mut d.projected[b * 2 * e..]) {
                *entering = before[taps - 1];
                before.copy_within(..taps - 1, 1);
                before[0] = T::zero();
            }
        }
    }

    fn finish(&self, params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T], work: &mut Work<T>) {
        let size = Size::of(params.dims);
        let (packed, rows, e, deep, columns) =
            (Packed::of(&size, params.packed), size.rows(), size.inner, size.d_exponent().end, whole.columns);
        let (keep, product) = (whole.d_recurrent, &mut work.product);
        let lane = |lane: usize| Strided { data: &whole.tape[size.lane(lane).start..], row: 1, column: rows };
        let x = Strided::columns(whole.input, size.input);
        size.enter().gradient(x, whole.d_projected, 2 * e, columns, &mut d_tensors[IN], product);
        size.enter().back(packed.into, Strided::columns(whole.d_projected, 2 * e), columns, d_input, size.input, product);
        size.select().gradient(lane(U), &keep[size.d_selected().start..], deep, columns, &mut d_tensors[X_PROJ], product);
        size.step().gradient(lane(REDUCED), &keep[size.d_step().start..], deep, columns, &mut d_tensors[DT], product);
        bias_gradient(&keep[size.d_step().start..], deep, columns, &mut d_tensors[DT_BIAS]);
        let gated = Strided { data: &keep[size.gated().start..], row: 1, column: deep };
        size.out().gradient(gated, keep, deep, columns, &mut d_tensors[OUT], product);
        bias_gradient(&keep[size.d_conv().start..], deep, columns, &mut d_tensors[CONV_BIAS]);
        let sums = room(&mut work.values, e * size.states);
        sums.fill(T::zero());
        for (column, keep) in whole.tape.chunks_exact(rows).zip(keep.chunks_exact(deep)) {
            let (window, u, delta) = (&column[size.lane(WINDOW)], &column[size.lane(U)], &column[size.lane(DELTA)]);
            for ((dw, window), d) in
                d_tensors[CONV].chunks_exact_mut(size.taps).zip(window.chunks_exact(size.taps)).zip(&keep[size.d_conv()])
            {
                dw.iter_mut().zip(window).for_each(|(dw, x)| *dw += *d * *x);
            }
            d_tensors[SKIP].iter_mut().zip(&keep[size.d_y()]).zip(u).for_each(|((sum, d), u)| *sum += *d * *u);
            let exponents = keep[size.d_exponent()].chunks_exact(size.states);
            for ((sums, d), delta) in sums.chunks_exact_mut(size.states).zip(exponents).zip(delta) {
                sums.iter_mut().zip(d).for_each(|(sum, d)| *sum += *d * *delta);
            }
        }
        // ∂A/∂A_log = A.
        d_tensors[A_LOG].iter_mut().zip(sums).zip(packed.a).for_each(|((d, sum), a)| *d += *sum * *a);
    }
}

/// The family, with its three sizes.
pub struct Family;

impl super::Family for Family {
    fn name(&self) -> &'static str {
        "mamba"
    }
    fn title(&self) -> &'static str {
        "Mamba"
    }
    fn options(&self) -> &'static [CellOption] {
        OPTIONS
    }
    fn recognise(&self, shape: &dyn Fn(&str) -> Option<Vec<usize>>) -> Option<Recognised> {
        let (a, conv, out, into) = (shape("A_log")?, shape("conv1d.weight")?, shape("out_proj.weight")?, shape("in_proj.weight")?);
        let ([inner, states], [_, 1, taps], [hidden, _], [_, input]) = (&a[..], &conv[..], &out[..], &into[..]) else { return None };
        let expand = inner.checked_div(*hidden).filter(|expand| expand * hidden == *inner)?;
        let sizes = [("state", *states), ("conv", *taps), ("expand", expand)];
        let options = sizes.map(|(name, size)| (name.to_string(), size.to_string())).into();
        Some(Recognised { input: *input, hidden: *hidden, options })
    }
    fn f32(&self, _: &Options) -> &'static dyn Cell<f32> {
        &Mamba
    }
    #[cfg(feature = "double")]
    fn f64(&self, _: &Options) -> &'static dyn Cell<f64> {
        &Mamba
    }
}
