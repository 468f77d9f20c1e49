//! The Mamba block (Gu & Dao 2023), as `mamba_simple.py` of the reference has it: in-projection, causal convolution, SiLU, a state
//! space whose step Δ, B and C are chosen by the input, D skip, gate, out-projection. No norm and no residual: they stand around it.
//!
//! E = expand·H channels with N states each, K taps of the convolution, Δ of rank R = ⌈H/16⌉. One step is the reference's `step()`:
//! the last K inputs of the convolution and the states are what is carried.

use std::ops::Range;

use super::hold::Holds;
use super::linear::{Linear, bias_gradient};
use super::mamba_spec::{OPTIONS, SPEC};
use super::spec::{CellOption, Spec};
use super::{Cell, Depth, Dims, Moment, MomentGradient, Options, Params, Recognised, Tensors, Whole, Work, plain_axis, uniform};
use crate::math::functions::{expm1, ln, silu_slope};
use crate::math::kernel::{Strided, room};
use crate::math::rng::Rng;
use crate::math::{Real, Scalar};

// Lanes, in tape order: r, B and C as x_proj makes them.
const WINDOW: usize = 0;
const U: usize = 1;
const REDUCED: usize = 2;
const B: usize = 3;
const C: usize = 4;
const DELTA: usize = 5;
const DECAY: usize = 6;
const S: usize = 7;
const Y: usize = 8;
const Z: usize = 9;
const H: usize = 10;

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

/// Every extent of a layer.
#[derive(Clone, Copy)]
struct Size {
    input: usize,
    hidden: usize,
    /// Channels E.
    inner: usize,
    states: usize,
    taps: usize,
    rank: usize,
}

impl Size {
    fn of(Dims { input, hidden, sizes, .. }: Dims) -> Self {
        Size { input, hidden, inner: sizes[2] * hidden, states: sizes[0], taps: sizes[1], rank: hidden.div_ceil(16) }
    }

    /// Rows of x_proj: r, B, C.
    fn selected(&self) -> usize {
        self.rank + 2 * self.states
    }

    fn lengths(&self) -> [usize; 11] {
        let Size { hidden, inner: e, states: n, taps, rank, .. } = *self;
        [e * taps, e, rank, n, n, e, e * n, e * n, e, e, hidden]
    }

    /// A lane's rows within a column.
    fn lane(&self, lane: usize) -> Range<usize> {
        let lengths = self.lengths();
        let start = lengths[..lane].iter().sum();
        start..start + lengths[lane]
    }

    fn rows(&self) -> usize {
        self.lengths().iter().sum()
    }

    // ---- what `step_back` leaves for `finish`, per column ----

    /// ∂L/∂ of what the out-projection made.
    fn d_out(&self) -> Range<usize> {
        0..self.hidden
    }
    /// y∘SiLU(z): what the out-projection reads.
    fn gated(&self) -> Range<usize> {
        self.hidden..self.hidden + self.inner
    }
    /// ∂L/∂y, as far as it passes.
    fn d_y(&self) -> Range<usize> {
        let from = self.gated().end;
        from..from + self.inner
    }
    /// ∂L/∂ before the softplus.
    fn d_step(&self) -> Range<usize> {
        let from = self.d_y().end;
        from..from + self.inner
    }
    /// ∂L/∂ before the SiLU.
    fn d_conv(&self) -> Range<usize> {
        let from = self.d_step().end;
        from..from + self.inner
    }
    /// ∂L/∂ of r, B and C, as far as it passes.
    fn d_selected(&self) -> Range<usize> {
        let from = self.d_conv().end;
        from..from + self.selected()
    }
    /// ∂L/∂ of ΔA.
    fn d_exponent(&self) -> Range<usize> {
        let from = self.d_selected().end;
        from..from + self.inner * self.states
    }

    // ---- the products ----

    fn enter(&self) -> Linear {
        Linear::new(2 * self.inner, self.input)
    }
    fn select(&self) -> Linear {
        Linear::new(self.selected(), self.inner)
    }
    fn step(&self) -> Linear {
        Linear::new(self.inner, self.rank)
    }
    fn out(&self) -> Linear {
        Linear::new(self.hidden, self.inner)
    }
}

/// What is packed: the four matrices and A = −exp(A_log).
struct Packed<'a, T> {
    into: &'a [T],
    select: &'a [T],
    step: &'a [T],
    out: &'a [T],
    a: &'a [T],
}

impl<'a, T: Scalar> Packed<'a, T> {
    fn of(size: &Size, packed: &'a [T]) -> Self {
        let (into, rest) = packed.split_at(size.enter().packed_len());
        let (select, rest) = rest.split_at(size.select().packed_len());
        let (step, rest) = rest.split_at(size.step().packed_len());
        let (out, a) = rest.split_at(size.out().packed_len());
        Packed { into, select, step, out, a }
    }
}

/// Puts held values of example b in place; `at` is where `values` start within the lane, which has `length` values.
fn hold_all<T: Scalar>(holds: Option<&Holds<T>>, lane: usize, first: usize, values: &mut [T]) {
    let Some(holds) = holds else { return };
    for held in holds.lanes.iter().filter(|held| held.lane == lane) {
        for (j, v) in values.iter_mut().enumerate() {
            if held.mask[first + j] > T::zero() {
                *v = held.value[first + j];
            }
        }
    }
}

/// No gradient passes to what would have made a held value.
fn hold_back_all<T: Scalar>(holds: Option<&Holds<T>>, lane: usize, first: usize, d: &mut [T]) {
    let Some(holds) = holds else { return };
    for held in holds.lanes.iter().filter(|held| held.lane == lane) {
        for (d, mask) in d.iter_mut().zip(&held.mask[first..]) {
            if *mask > T::zero() {
                *d = T::zero();
            }
        }
    }
}

/// The same function of every value, as many at once as the target computes.
fn each<T: Scalar>(values: &mut [T], wide: impl Fn(T::Wide) -> T::Wide, one: impl Fn(T) -> T) {
    let whole = values.len() / T::WIDTH * T::WIDTH;
    let (groups, rest) = values.split_at_mut(whole);
    T::groups_mut(groups).iter_mut().for_each(|group| *group = T::write(wide(T::read(group))));
    rest.iter_mut().for_each(|v| *v = one(*v));
}

/// The convolution of one channel at one moment: weights · the last inputs + bias.
fn convolved<T: Scalar>(window: &[T], weights: &[T], bias: T) -> T {
    window.iter().zip(weights).fold(T::zero(), |sum, (x, w)| sum + *x * *w) + bias
}

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

/// A register moves on by one place; the new value comes last.
fn push<T: Scalar>(before: &[T], new: T, now: &mut [T]) {
    let last = now.len() - 1;
    now[..last].copy_from_slice(&before[1..]);
    now[last] = new;
}

/// From Δ before its softplus to y, and z.
#[allow(clippy::too_many_arguments)]
fn scan<T: Scalar>(size: &Size, skip: &[T], a: &[T], holds: Option<&Holds<T>>, b: usize, prev: &[T], z: &[T], cur: &mut [T]) {
    let (e, n) = (size.inner, size.states);
    let (head, tail) = cur.split_at_mut(size.lane(DECAY).start);
    let (decay, tail) = tail.split_at_mut(e * n);
    let (s, tail) = tail.split_at_mut(e * n);
    let (y, tail) = tail.split_at_mut(e);
    let delta = &mut head[size.lane(DELTA)];
    each(delta, |x| x.softplus(), |x| x.softplus());
    hold_all(holds, DELTA, b * e, delta);
    let (delta, u) = (&head[size.lane(DELTA)], &head[size.lane(U)]);
    let (into, from) = (&head[size.lane(B)], &head[size.lane(C)]);
    for ((decay, a), delta) in decay.chunks_exact_mut(n).zip(a.chunks_exact(n)).zip(delta) {
        decay.iter_mut().zip(a).for_each(|(decay, a)| *decay = *delta * *a);
    }
    each(decay, |x| x.exp(), |x| x.exp());
    hold_all(holds, DECAY, b * e * n, decay);
    let rows = s.chunks_exact_mut(n).zip(decay.chunks_exact(n)).zip(prev[size.lane(S)].chunks_exact(n));
    for (((s, decay), prev), (delta, u)) in rows.zip(delta.iter().zip(u)) {
        let dose = *delta * *u;
        s.iter_mut().zip(decay).zip(prev).zip(into).for_each(|(((s, decay), prev), into)| *s = *decay * *prev + dose * *into);
    }
    hold_all(holds, S, b * e * n, s);
    for (((y, s), u), skip) in y.iter_mut().zip(s.chunks_exact(n)).zip(u).zip(skip) {
        *y = s.iter().zip(from).fold(T::zero(), |sum, (s, c)| sum + *s * *c) + *skip * *u;
    }
    hold_all(holds, Y, b * e, y);
    tail[..e].copy_from_slice(z);
    hold_all(holds, Z, b * e, &mut tail[..e]);
}

/// One example of one moment on its way back.
struct Back<'a, T> {
    size: &'a Size,
    holds: Option<&'a Holds<T>>,
    b: usize,
    prev: &'a [T],
    cur: &'a [T],
    lanes: &'a mut [T],
    before: &'a mut [T],
    keep: &'a mut [T],
    projected: &'a mut [T],
    /// In: ∂L/∂ of y∘SiLU(z). Out: ∂L/∂u, but for what comes through r, B and C.
    du: &'a mut [T],
}

impl<T: Scalar> Back<'_, T> {
    /// Through the gate: y and z.
    fn gate(&mut self) {
        let (size, e) = (self.size, self.size.inner);
        let (y, z) = (&self.cur[size.lane(Y)], &self.cur[size.lane(Z)]);
        for j in 0..e {
            // One sigmoid for SiLU and its slope.
            let share = z[j].sigmoid();
            let gate = z[j] * share;
            self.keep[size.gated().start + j] = y[j] * gate;
            self.lanes[size.lane(Y).start + j] = self.du[j] * gate;
            self.lanes[size.lane(Z).start + j] = self.du[j] * y[j] * (share + z[j] * share.sigmoid_slope());
        }
        self.keep[size.d_y()].copy_from_slice(&self.lanes[size.lane(Y)]);
        hold_back_all(self.holds, Y, self.b * e, &mut self.keep[size.d_y()]);
        self.projected[e..].copy_from_slice(&self.lanes[size.lane(Z)]);
        hold_back_all(self.holds, Z, self.b * e, &mut self.projected[e..]);
    }

    /// Through the state: s, decay, B, C, Δ and most of u.
    fn scan(&mut self, skip: &[T], a: &[T]) {
        let (size, e, n) = (self.size, self.size.inner, self.size.states);
        let (u, delta) = (&self.cur[size.lane(U)], &self.cur[size.lane(DELTA)]);
        let (into, from) = (&self.cur[size.lane(B)], &self.cur[size.lane(C)]);
        let (head, tail) = self.lanes.split_at_mut(size.lane(DECAY).start);
        let (d_decay, d_s) = tail[..2 * e * n].split_at_mut(e * n);
        let (head, d_delta) = head.split_at_mut(size.lane(DELTA).start);
        let (d_into, d_from) = head[size.lane(B).start..].split_at_mut(n);
        d_into.fill(T::zero());
        d_from.fill(T::zero());
        let (keep, d_exponent) = self.keep.split_at_mut(size.d_exponent().start);
        let (d_y, passed) = (&keep[size.d_y()], &mut self.before[size.lane(S)]);
        for j in 0..e {
            let row = j * n..(j + 1) * n;
            let first = self.b * e * n + j * n;
            let (s, decay, prev) =
                (&self.cur[size.lane(S)][row.clone()], &self.cur[size.lane(DECAY)][row.clone()], &self.prev[size.lane(S)][row.clone()]);
            let (d_s, d_decay, passed) = (&mut d_s[row.clone()], &mut d_decay[row.clone()], &mut passed[row.clone()]);
            let (d_exponent, a) = (&mut d_exponent[row.clone()], &a[row]);
            for k in 0..n {
                d_s[k] += d_y[j] * from[k];
                d_from[k] += d_y[j] * s[k];
            }
            // What passes the state; at the end, what passes to the step before.
            passed.copy_from_slice(d_s);
            hold_back_all(self.holds, S, first, passed);
            let dose = delta[j] * u[j];
            for k in 0..n {
                d_decay[k] = passed[k] * prev[k];
                d_exponent[k] = d_decay[k] * decay[k];
                d_into[k] += passed[k] * dose;
            }
            hold_back_all(self.holds, DECAY, first, d_exponent);
            let (mut written, mut kept) = (T::zero(), T::zero());
            for k in 0..n {
                written += passed[k] * into[k];
                kept += d_exponent[k] * a[k];
                passed[k] = passed[k] * decay[k];
            }
            d_delta[j] = written * u[j] + kept;
            self.du[j] = d_y[j] * skip[j] + written * delta[j];
        }
        let d_step = &mut keep[size.d_step()];
        d_step.copy_from_slice(delta);
        each(d_step, |y| y.softplus_slope(), |y| y.softplus_slope());
        d_step.iter_mut().zip(&*d_delta).for_each(|(slope, d)| *slope = *d * *slope);
        hold_back_all(self.holds, DELTA, self.b * e, d_step);
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
