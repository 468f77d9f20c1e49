//! What the full S4D layer puts on top of y, and its way back.

use super::linear::{Linear, add_bias};
use super::s4d::{OUT_BIAS, Sizes, hold, hold_back};
use super::s4d_spec::{G, HIDDEN, O, V, Y};
use super::{Moment, MomentGradient, Params, Work};
use crate::math::functions::{gelu, gelu_slope};
use crate::math::kernel::{Strided, room};
use crate::math::{Real, Scalar};

impl Sizes {
    /// What the full layer puts on top of y: GELU, W g + b, the one half through the other's sigmoid.
    pub(super) fn layer<T: Scalar>(&self, output: Linear, params: &Params<T>, moment: &Moment<T>, tape: &mut [T], work: &mut Work<T>) {
        let (h, rows) = (self.h, self.rows());
        for (b, column) in tape.chunks_exact_mut(rows).enumerate() {
            let (y, g) = column[self.lane(Y).start..].split_at_mut(h);
            g.iter_mut().zip(y).for_each(|(g, y)| *g = gelu(*y));
            hold(moment.holds, G, b, &mut g[..h]);
        }
        let a = room(&mut work.values, 2 * h * moment.batch);
        a.fill(T::zero());
        add_bias(self.own(&params.tensors)[OUT_BIAS], moment.batch, a, 2 * h);
        let g = Strided { data: &tape[self.lane(G).start..], row: 1, column: rows };
        output.forward(self.matrices(params.packed).1, g, moment.batch, a, 2 * h, &mut work.product);
        for (b, (column, a)) in tape.chunks_exact_mut(rows).zip(a.chunks_exact(2 * h)).enumerate() {
            let (v, rest) = column[self.lane(V).start..].split_at_mut(h);
            let (o, out) = rest.split_at_mut(h);
            v.copy_from_slice(&a[..h]);
            o.iter_mut().zip(&a[h..]).for_each(|(o, a)| *o = Real::sigmoid(*a));
            hold(moment.holds, V, b, v);
            hold(moment.holds, O, b, o);
            out.iter_mut().zip(v).zip(o).for_each(|((h, v), o)| *h = *v * *o);
            hold(moment.holds, HIDDEN, b, out);
        }
    }

    pub(super) fn layer_back<T: Scalar>(
        &self,
        output: Linear,
        params: &Params<T>,
        moment: &Moment<T>,
        tape: &[T],
        d: &mut MomentGradient<T>,
        work: &mut Work<T>,
    ) {
        let (h, rows, deep, glu) = (self.h, self.rows(), self.recurrent_rows(), self.passing_glu());
        let (v, o, out) = (self.lane(V), self.lane(O), self.lane(HIDDEN));
        let dh = room(&mut work.values, h);
        for b in 0..moment.batch {
            let (column, dcolumn) = (&tape[b * rows..(b + 1) * rows], &mut d.lanes[b * rows..(b + 1) * rows]);
            dh.copy_from_slice(&dcolumn[out.clone()]);
            hold_back(moment.holds, HIDDEN, b, dh);
            let (dv, da) = d.recurrent[b * deep + glu..(b + 1) * deep].split_at_mut(h);
            for j in 0..h {
                (dv[j], da[j]) = (dh[j] * column[o.start + j], dh[j] * column[v.start + j]);
            }
            dcolumn[v.clone()].copy_from_slice(dv);
            dcolumn[o.clone()].copy_from_slice(da);
            hold_back(moment.holds, V, b, dv);
            hold_back(moment.holds, O, b, da);
            da.iter_mut().zip(&column[o.clone()]).for_each(|(d, o)| *d = *d * o.sigmoid_slope());
            dcolumn[self.lane(G)].fill(T::zero());
        }
        let (packed, da) = (self.matrices(params.packed).1, Strided { data: &d.recurrent[glu..], row: 1, column: deep });
        output.back(packed, da, moment.batch, &mut d.lanes[self.lane(G).start..], rows, &mut work.product);
        for b in 0..moment.batch {
            let (y, dg) = d.lanes[b * rows + self.lane(Y).start..][..2 * h].split_at_mut(h);
            y.copy_from_slice(dg);
            hold_back(moment.holds, G, b, y);
            let of = &tape[b * rows..][self.lane(Y)];
            y.iter_mut().zip(of).for_each(|(d, y)| *d = *d * gelu_slope(*y));
        }
    }
}
