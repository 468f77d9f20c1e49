//! The matrix memory of the mLSTM: what a head writes, keeps and reads in one step, and the exact reverse. Both the bare cell and
//! the layer are built around it.
//!
//! Everything is computed relative to e^m, which no gate can overflow. If what is read did not have ε under it, it would not depend
//! on m at all; with it, on the way back, m is a quantity like any other.

use super::hold::Holds;
use crate::math::functions::{abs, larger};
use crate::math::{Real, Scalar};

pub const Q: usize = 0;
pub const K: usize = 1;
pub const V: usize = 2;
pub const LOG_I: usize = 3;
pub const LOG_F: usize = 4;
pub const M: usize = 5;
pub const I: usize = 6;
pub const F: usize = 7;
pub const C: usize = 8;
pub const N: usize = 9;
pub const D: usize = 10;
pub const R: usize = 11;
/// Lanes of the memory, in tape order.
pub const LANES: usize = 12;

/// Below what is read, beside the larger of |q·n| and e^−m (not inside of it).
pub const EPS: f64 = 1e-6;

/// Heads of keys and values, both this wide, and where the memory's lanes stand among those of the cell.
#[derive(Clone, Copy)]
pub struct MatrixMemory {
    pub heads: usize,
    pub width: usize,
    /// Number of the lane q.
    pub lane: usize,
    /// Its first row.
    pub row: usize,
}

impl MatrixMemory {
    fn lengths(self) -> [usize; LANES] {
        let (all, heads) = (self.heads * self.width, self.heads);
        [all, all, all, heads, heads, heads, heads, heads, all * self.width, all, heads, all]
    }

    pub fn rows(self) -> usize {
        self.lengths().iter().sum()
    }

    /// First row of one of the memory's lanes.
    pub fn start(self, lane: usize) -> usize {
        self.row + self.lengths()[..lane].iter().sum::<usize>()
    }

    /// The memory's lanes of a column.
    pub fn split<T>(self, column: &[T]) -> [&[T]; LANES] {
        let mut rest = &column[self.row..];
        self.lengths().map(|length| {
            let (lane, after) = rest.split_at(length);
            rest = after;
            lane
        })
    }

    pub fn split_mut<T>(self, column: &mut [T]) -> [&mut [T]; LANES] {
        let mut rest = &mut column[self.row..];
        self.lengths().map(|length| {
            let (lane, after) = std::mem::take(&mut rest).split_at_mut(length);
            rest = after;
            lane
        })
    }

    /// The step of one example. q, k, v, ln i and ln f stand in `cur`; `set` holds what is held of a lane.
    pub fn forward<T: Scalar>(self, prev: &[T], cur: &mut [T], set: &Set<T>) {
        let [.., m_before, _, _, c_before, n_before, _, _] = self.split(prev);
        let [q, k, v, log_i, log_f, m, i, f, c, n, d, r] = self.split_mut(cur);
        let set = |lane: usize, values: &mut [T]| set.lane(self.lane + lane, values);
        let (w, scale) = (self.width, self.scale::<T>());
        for h in 0..self.heads {
            m[h] = larger(log_f[h] + m_before[h], log_i[h]);
        }
        set(M, m);
        for h in 0..self.heads {
            i[h] = (log_i[h] - m[h]).exp();
            f[h] = (log_f[h] + m_before[h] - m[h]).exp();
        }
        set(I, i);
        set(F, f);
        for h in 0..self.heads {
            let v = &v[h * w..(h + 1) * w];
            for a in h * w..(h + 1) * w {
                let write = i[h] * (k[a] * scale);
                blend(f[h], &c_before[a * w..(a + 1) * w], write, v, &mut c[a * w..(a + 1) * w]);
                n[a] = f[h] * n_before[a] + write;
            }
        }
        set(C, c);
        set(N, n);
        for h in 0..self.heads {
            let head = h * w..(h + 1) * w;
            d[h] = larger(abs(dot(&q[head.clone()], &n[head])), (-m[h]).exp()) + T::of(EPS);
        }
        set(D, d);
        for h in 0..self.heads {
            let r = &mut r[h * w..(h + 1) * w];
            r.fill(T::zero());
            for a in h * w..(h + 1) * w {
                add_scaled(r, q[a], &c[a * w..(a + 1) * w]);
            }
            r.iter_mut().for_each(|r| *r = *r / d[h]);
        }
        set(R, r);
    }

    /// The reverse. `dcur` has ∂L/∂r and what arrives at C, n and m; it gets ∂L/∂ of all lanes of the memory, where q, k and v may
    /// have more to come and are not stopped. `work` has room for a head.
    pub fn backward<T: Scalar>(self, prev: &[T], cur: &[T], dcur: &mut [T], dprev: &mut [T], stop: &mut Stop<T>, work: &mut [T]) {
        let [.., m_before, _, _, c_before, n_before, _, _] = self.split(prev);
        let [q, k, v, log_i, log_f, m, i, f, c, n, d, r] = self.split(cur);
        let [dq, dk, dv, dlog_i, dlog_f, dm, di, df, dc, dn, dd, dr] = self.split_mut(dcur);
        let [.., dm_before, _, _, dc_before, dn_before, _, _] = self.split_mut(dprev);
        let mut stop = |lane: usize, d: &mut [T]| stop.lane(self.lane + lane, self.start(lane), d);
        let (w, scale, zero) = (self.width, self.scale::<T>(), T::zero());
        let head = |h: usize| h * w..(h + 1) * w;
        stop(R, dr);
        for h in 0..self.heads {
            dd[h] = -(dot(&dr[head(h)], &r[head(h)]) / d[h]);
        }
        stop(D, dd);
        for h in 0..self.heads {
            let (overlap, floor) = (dot(&q[head(h)], &n[head(h)]), (-m[h]).exp());
            let ruled = abs(overlap) > floor;
            // Where e^−m is infinite, nothing is read and ∂L/∂d is 0, which must not be multiplied by it.
            if !ruled && dd[h] != zero {
                dm[h] += -(dd[h] * floor);
            }
            let d_overlap = if ruled { T::select_gt(zero, overlap, -dd[h], dd[h]) } else { zero };
            let read = &mut work[..w];
            read.iter_mut().zip(&dr[head(h)]).for_each(|(x, dr)| *x = *dr / d[h]);
            for a in head(h) {
                add_scaled(&mut dc[a * w..(a + 1) * w], q[a], read);
                dq[a] = dot(&c[a * w..(a + 1) * w], read) + n[a] * d_overlap;
                dn[a] += q[a] * d_overlap;
            }
        }
        stop(C, dc);
        stop(N, dn);
        for h in 0..self.heads {
            let (mut d_write, mut d_keep) = (zero, zero);
            let (v, dv) = (&v[head(h)], &mut dv[head(h)]);
            dv.fill(zero);
            for a in head(h) {
                let (row, key) = (a * w..(a + 1) * w, k[a] * scale);
                let (written, kept) = row_back(f[h], i[h] * key, &dc[row.clone()], v, &c_before[row.clone()], &mut dc_before[row], dv);
                let written = written + dn[a];
                dk[a] = i[h] * scale * written;
                d_write += key * written;
                d_keep += kept + dn[a] * n_before[a];
                dn_before[a] = f[h] * dn[a];
            }
            (di[h], df[h]) = (d_write, d_keep);
        }
        stop(I, di);
        stop(F, df);
        for h in 0..self.heads {
            dm[h] += -(di[h] * i[h] + df[h] * f[h]);
        }
        stop(M, dm);
        for h in 0..self.heads {
            let kept = log_f[h] + m_before[h] > log_i[h];
            dlog_i[h] = di[h] * i[h] + if kept { zero } else { dm[h] };
            dlog_f[h] = df[h] * f[h] + if kept { dm[h] } else { zero };
            dm_before[h] = dlog_f[h];
        }
        stop(LOG_I, dlog_i);
        stop(LOG_F, dlog_f);
    }

    /// 1/√width: of keys.
    fn scale<T: Scalar>(self) -> T {
        T::of(1.0 / (self.width as f64).sqrt())
    }
}

/// Interventions on the lanes of one example.
pub struct Set<'a, T> {
    pub holds: Option<&'a Holds<T>>,
    pub example: usize,
}

impl<T: Scalar> Set<'_, T> {
    /// Puts the values that are held into a lane.
    pub fn lane(&self, lane: usize, values: &mut [T]) {
        let first = self.example * values.len();
        for held in self.holds.iter().flat_map(|holds| &holds.lanes).filter(|held| held.lane == lane) {
            for (k, value) in values.iter_mut().enumerate().filter(|(k, _)| held.mask[first + k] > T::zero()) {
                *value = held.value[first + k];
            }
        }
    }
}

/// The way back of interventions: what is held passes nothing on. Gradients are stopped in place and brought back at the end.
pub struct Stop<'a, T> {
    pub set: Set<'a, T>,
    /// A column of memory; not used where nothing is held.
    pub kept: &'a mut [T],
}

impl<T: Scalar> Stop<'_, T> {
    /// A lane's gradient, which is complete: what is held is set to zero.
    pub fn lane(&mut self, lane: usize, row: usize, d: &mut [T]) {
        let Some(holds) = self.set.holds else { return };
        self.kept[row..row + d.len()].copy_from_slice(d);
        let first = self.set.example * d.len();
        for held in holds.lanes.iter().filter(|held| held.lane == lane) {
            d.iter_mut().zip(&held.mask[first..]).filter(|(_, mask)| **mask > T::zero()).for_each(|(d, _)| *d = T::zero());
        }
    }

    /// The column's gradients as they were before they were stopped.
    pub fn bring_back(&self, column: &mut [T]) {
        if self.set.holds.is_some() {
            column.copy_from_slice(&self.kept[..column.len()]);
        }
    }
}

/// Σ x·y: groups side by side, then what they hold one after another, then the rest.
pub fn dot<T: Scalar>(x: &[T], y: &[T]) -> T {
    let mut sum = T::Wide::zero();
    for (x, y) in T::groups(x).iter().zip(T::groups(y)) {
        sum += T::read(x) * T::read(y);
    }
    let whole = x.len() - x.len() % T::WIDTH;
    along::<T>(sum) + x[whole..].iter().zip(&y[whole..]).fold(T::zero(), |sum, (x, y)| sum + *x * *y)
}

/// The sum of a group's numbers.
fn along<T: Scalar>(group: T::Wide) -> T {
    let mut values = [T::zero(); 8];
    T::store(group, &mut values[..T::WIDTH]);
    values[1..T::WIDTH].iter().fold(values[0], |sum, x| sum + *x)
}

/// y += a x
pub fn add_scaled<T: Scalar>(y: &mut [T], a: T, x: &[T]) {
    let (whole, factor) = (y.len() - y.len() % T::WIDTH, T::splat(a));
    for (y, x) in T::groups_mut(y).iter_mut().zip(T::groups(x)) {
        *y = T::write(T::read(y) + factor * T::read(x));
    }
    y[whole..].iter_mut().zip(&x[whole..]).for_each(|(y, x)| *y += a * *x);
}

/// to = keep · from + write · v
fn blend<T: Scalar>(keep: T, from: &[T], write: T, v: &[T], to: &mut [T]) {
    let (whole, factors) = (to.len() - to.len() % T::WIDTH, (T::splat(keep), T::splat(write)));
    for ((to, from), v) in T::groups_mut(to).iter_mut().zip(T::groups(from)).zip(T::groups(v)) {
        *to = T::write(factors.0 * T::read(from) + factors.1 * T::read(v));
    }
    for ((to, from), v) in to[whole..].iter_mut().zip(&from[whole..]).zip(&v[whole..]) {
        *to = keep * *from + write * *v;
    }
}

/// One row of the memory back: `to` = keep · d, dv += write · d; gives d·v and d·from.
fn row_back<T: Scalar>(keep: T, write: T, d: &[T], v: &[T], from: &[T], to: &mut [T], dv: &mut [T]) -> (T, T) {
    let (whole, factors) = (d.len() - d.len() % T::WIDTH, (T::splat(keep), T::splat(write)));
    let (mut written, mut kept) = (T::Wide::zero(), T::Wide::zero());
    let rows = T::groups(d).iter().zip(T::groups(v)).zip(T::groups(from));
    for (((d, v), from), (to, dv)) in rows.zip(T::groups_mut(to).iter_mut().zip(T::groups_mut(dv))) {
        let d = T::read(d);
        *to = T::write(factors.0 * d);
        *dv = T::write(T::read(dv) + factors.1 * d);
        written += d * T::read(v);
        kept += d * T::read(from);
    }
    let (mut written, mut kept) = (along::<T>(written), along::<T>(kept));
    for j in whole..d.len() {
        to[j] = keep * d[j];
        dv[j] += write * d[j];
        written += d[j] * v[j];
        kept += d[j] * from[j];
    }
    (written, kept)
}
