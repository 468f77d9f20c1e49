//! Where everything of Mamba stands on its tape and in its memory, and the scan of one example of one moment, forth and back.

use std::ops::Range;

use super::Dims;
use super::hold::Holds;
use super::linear::Linear;
use crate::math::{Real, Scalar};

// Lanes, in tape order: r, B and C as x_proj makes them.
pub const WINDOW: usize = 0;
pub const U: usize = 1;
pub const REDUCED: usize = 2;
pub const B: usize = 3;
pub const C: usize = 4;
pub const DELTA: usize = 5;
pub const DECAY: usize = 6;
pub const S: usize = 7;
pub const Y: usize = 8;
pub const Z: usize = 9;
pub const H: usize = 10;

/// Every extent of a layer.
#[derive(Clone, Copy)]
pub struct Size {
    pub input: usize,
    pub hidden: usize,
    /// Channels E.
    pub inner: usize,
    pub states: usize,
    pub taps: usize,
    pub rank: usize,
}

impl Size {
    pub fn of(Dims { input, hidden, sizes, .. }: Dims) -> Self {
        Size { input, hidden, inner: sizes[2] * hidden, states: sizes[0], taps: sizes[1], rank: hidden.div_ceil(16) }
    }

    /// Rows of x_proj: r, B, C.
    pub fn selected(&self) -> usize {
        self.rank + 2 * self.states
    }

    pub fn lengths(&self) -> [usize; 11] {
        let Size { hidden, inner: e, states: n, taps, rank, .. } = *self;
        [e * taps, e, rank, n, n, e, e * n, e * n, e, e, hidden]
    }

    /// A lane's rows within a column.
    pub fn lane(&self, lane: usize) -> Range<usize> {
        let lengths = self.lengths();
        let start = lengths[..lane].iter().sum();
        start..start + lengths[lane]
    }

    pub fn rows(&self) -> usize {
        self.lengths().iter().sum()
    }

    // ---- what `step_back` leaves for `finish`, per column ----

    /// ∂L/∂ of what the out-projection made.
    pub fn d_out(&self) -> Range<usize> {
        0..self.hidden
    }
    /// y∘SiLU(z): what the out-projection reads.
    pub fn gated(&self) -> Range<usize> {
        self.hidden..self.hidden + self.inner
    }
    /// ∂L/∂y, as far as it passes.
    pub fn d_y(&self) -> Range<usize> {
        let from = self.gated().end;
        from..from + self.inner
    }
    /// ∂L/∂ before the softplus.
    pub fn d_step(&self) -> Range<usize> {
        let from = self.d_y().end;
        from..from + self.inner
    }
    /// ∂L/∂ before the SiLU.
    pub fn d_conv(&self) -> Range<usize> {
        let from = self.d_step().end;
        from..from + self.inner
    }
    /// ∂L/∂ of r, B and C, as far as it passes.
    pub fn d_selected(&self) -> Range<usize> {
        let from = self.d_conv().end;
        from..from + self.selected()
    }
    /// ∂L/∂ of ΔA.
    pub fn d_exponent(&self) -> Range<usize> {
        let from = self.d_selected().end;
        from..from + self.inner * self.states
    }

    // ---- the products ----

    pub fn enter(&self) -> Linear {
        Linear::new(2 * self.inner, self.input)
    }
    pub fn select(&self) -> Linear {
        Linear::new(self.selected(), self.inner)
    }
    pub fn step(&self) -> Linear {
        Linear::new(self.inner, self.rank)
    }
    pub fn out(&self) -> Linear {
        Linear::new(self.hidden, self.inner)
    }
}

/// What is packed: the four matrices and A = −exp(A_log).
pub struct Packed<'a, T> {
    pub into: &'a [T],
    pub select: &'a [T],
    pub step: &'a [T],
    pub out: &'a [T],
    pub a: &'a [T],
}

impl<'a, T: Scalar> Packed<'a, T> {
    pub fn of(size: &Size, packed: &'a [T]) -> Self {
        let (into, rest) = packed.split_at(size.enter().packed_len());
        let (select, rest) = rest.split_at(size.select().packed_len());
        let (step, rest) = rest.split_at(size.step().packed_len());
        let (out, a) = rest.split_at(size.out().packed_len());
        Packed { into, select, step, out, a }
    }
}

/// Puts held values of example b in place; `at` is where `values` start within the lane, which has `length` values.
pub fn hold_all<T: Scalar>(holds: Option<&Holds<T>>, lane: usize, first: usize, values: &mut [T]) {
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
pub fn hold_back_all<T: Scalar>(holds: Option<&Holds<T>>, lane: usize, first: usize, d: &mut [T]) {
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
pub fn each<T: Scalar>(values: &mut [T], wide: impl Fn(T::Wide) -> T::Wide, one: impl Fn(T) -> T) {
    let whole = values.len() / T::WIDTH * T::WIDTH;
    let (groups, rest) = values.split_at_mut(whole);
    T::groups_mut(groups).iter_mut().for_each(|group| *group = T::write(wide(T::read(group))));
    rest.iter_mut().for_each(|v| *v = one(*v));
}

/// The convolution of one channel at one moment: weights · the last inputs + bias.
pub fn convolved<T: Scalar>(window: &[T], weights: &[T], bias: T) -> T {
    window.iter().zip(weights).fold(T::zero(), |sum, (x, w)| sum + *x * *w) + bias
}

/// A register moves on by one place; the new value comes last.
pub fn push<T: Scalar>(before: &[T], new: T, now: &mut [T]) {
    let last = now.len() - 1;
    now[..last].copy_from_slice(&before[1..]);
    now[last] = new;
}

/// From Δ before its softplus to y, and z.
#[allow(clippy::too_many_arguments)]
pub fn scan<T: Scalar>(size: &Size, skip: &[T], a: &[T], holds: Option<&Holds<T>>, b: usize, prev: &[T], z: &[T], cur: &mut [T]) {
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
pub struct Back<'a, T> {
    pub size: &'a Size,
    pub holds: Option<&'a Holds<T>>,
    pub b: usize,
    pub prev: &'a [T],
    pub cur: &'a [T],
    pub lanes: &'a mut [T],
    pub before: &'a mut [T],
    pub keep: &'a mut [T],
    pub projected: &'a mut [T],
    /// In: ∂L/∂ of y∘SiLU(z). Out: ∂L/∂u, but for what comes through r, B and C.
    pub du: &'a mut [T],
}

impl<T: Scalar> Back<'_, T> {
    /// Through the gate: y and z.
    pub fn gate(&mut self) {
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
    pub fn scan(&mut self, skip: &[T], a: &[T]) {
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
