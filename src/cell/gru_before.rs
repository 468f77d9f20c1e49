//! The GRU with the reset gate before the product: n = tanh(W_in x + b_in + W_hn (r∘h) + b_hn). Cho et al. 2014, Keras with
//! `reset_after=False`, ONNX's default. Two dependent products in one step, so it implements `Cell` directly.

use super::gated::{Packed, both_len, finish, pack_both, project, shapes};
use super::gru::{BEFORE_KEEP, BEFORE_REPLACE, THROUGH_R, THROUGH_Z, blend, blend_back};
use super::hold::{hold, hold_back};
use super::spec::*;
use super::{Cell, Dims, Expr, Function, Moment, MomentGradient, Params, Tensors, Whole, Work};
use crate::math::Scalar;
use crate::math::kernel::{Strided, multiply_add, multiply_packed, packed_len, room};

const R: usize = 0;
const Z: usize = 1;
/// r∘h_{t−1}: what the candidate's recurrent weights see.
const Q: usize = 2;
const N: usize = 3;
const H: usize = 4;
const LANES: usize = 5;

/// `KEEP`: z = 1 keeps the old state.
pub struct GruBefore<const KEEP: bool>;

impl<T: Scalar, const KEEP: bool> Cell<T> for GruBefore<KEEP> {
    fn spec(&self) -> &'static Spec {
        if KEEP { &BEFORE_KEEP } else { &BEFORE_REPLACE }
    }

    fn shapes(&self, dims: Dims) -> Vec<(&'static str, Vec<usize>)> {
        shapes(<Self as Cell<T>>::spec(self), dims)
    }

    fn recurrent_rows(&self, _: Dims) -> usize {
        0
    }

    fn packed_len(&self, Dims { input, hidden, .. }: Dims) -> usize {
        both_len(3 * hidden, input) + both_len(2 * hidden, hidden) + both_len(hidden, hidden)
    }

    /// W_i, then W_h's rows for r and z, then those for n.
    fn pack(&self, Dims { input, hidden, .. }: Dims, tensors: &Tensors<T>, packed: &mut [T]) {
        let (gates, candidate) = tensors[1].split_at(2 * hidden * hidden);
        let rest = pack_both(3 * hidden, input, tensors[0], packed);
        let rest = pack_both(2 * hidden, hidden, gates, rest);
        pack_both(hidden, hidden, candidate, rest);
    }

    fn project(&self, params: &Params<T>, columns: usize, input: &[T], projected: &mut [T], work: &mut Work<T>) {
        project(params, columns, input, projected, work);
    }

    fn step(&self, params: &Params<T>, moment: &Moment<T>, tape: &mut [T], work: &mut Work<T>) {
        let (h, batch) = (params.dims.hidden, moment.batch);
        let rows = LANES * h;
        let bias = |k: usize, j: usize| if params.dims.bias { params.tensors[3][k * h + j] } else { T::zero() };
        let (gates, candidate) = Packed::of(params).rest.split_at(both_len(2 * h, h));
        let (a, an) = room(&mut work.values, 3 * h * batch).split_at_mut(2 * h * batch);
        a.fill(T::zero());
        an.fill(T::zero());
        let state = Strided { data: &moment.before[H * h..], row: 1, column: rows };
        multiply_packed(2 * h, batch, h, gates, state, a, 2 * h, &mut work.product);
        for b in 0..batch {
            let (ax, prev) = (&moment.projected[b * 3 * h..], &moment.before[b * rows..]);
            let cur = &mut tape[b * rows..(b + 1) * rows];
            for j in 0..h {
                let at = b * h + j;
                cur[R * h + j] = hold(moment.holds, R, at, (ax[j] + (a[b * 2 * h + j] + bias(0, j))).sigmoid());
                cur[Z * h + j] = hold(moment.holds, Z, at, (ax[h + j] + (a[b * 2 * h + h + j] + bias(1, j))).sigmoid());
                cur[Q * h + j] = hold(moment.holds, Q, at, cur[R * h + j] * prev[H * h + j]);
            }
        }
        let looked_at = Strided { data: &tape[Q * h..], row: 1, column: rows };
        multiply_packed(h, batch, h, candidate, looked_at, an, h, &mut work.product);
        for b in 0..batch {
            let (ax, prev) = (&moment.projected[b * 3 * h..], &moment.before[b * rows..]);
            let cur = &mut tape[b * rows..(b + 1) * rows];
            for j in 0..h {
                let at = b * h + j;
                cur[N * h + j] = hold(moment.holds, N, at, (ax[2 * h + j] + (an[at] + bias(2, j))).tanh());
                cur[H * h + j] = hold(moment.holds, H, at, blend::<T, KEEP>(cur[Z * h + j], cur[N * h + j], prev[H * h + j]));
            }
        }
    }

    fn step_back(&self, params: &Params<T>, moment: &Moment<T>, tape: &[T], d: &mut MomentGradient<T>, work: &mut Work<T>) {
        let (h, batch) = (params.dims.hidden, moment.batch);
        let rows = LANES * h;
        let (gates, candidate) = Packed::of(params).rest.split_at(both_len(2 * h, h));
        for b in 0..batch {
            let (prev, cur) = (&moment.before[b * rows..], &tape[b * rows..]);
            let (dcur, dprev) = (&mut d.lanes[b * rows..(b + 1) * rows], &mut d.before[b * rows..(b + 1) * rows]);
            let dax = &mut d.projected[b * 3 * h..(b + 1) * 3 * h];
            for j in 0..h {
                let at = b * h + j;
                let dh = hold_back(moment.holds, H, at, dcur[H * h + j]);
                let (dz, dn, dp) = blend_back::<T, KEEP>(dh, cur[Z * h + j], cur[N * h + j], prev[H * h + j]);
                (dcur[Z * h + j], dcur[N * h + j]) = (dz, dn);
                dprev[H * h + j] = dp;
                dax[2 * h + j] = hold_back(moment.holds, N, at, dn) * cur[N * h + j].tanh_slope();
                dax[h + j] = hold_back(moment.holds, Z, at, dz) * cur[Z * h + j].sigmoid_slope();
            }
        }
        // dq = W_hnᵀ da_n
        let dq = room(&mut work.values, h * batch);
        dq.fill(T::zero());
        let da_n = Strided { data: &d.projected[2 * h..], row: 1, column: 3 * h };
        multiply_packed(h, batch, h, &candidate[packed_len(h, h)..], da_n, dq, h, &mut work.product);
        for b in 0..batch {
            let (prev, cur) = (&moment.before[b * rows..], &tape[b * rows..]);
            let (dcur, dprev) = (&mut d.lanes[b * rows..(b + 1) * rows], &mut d.before[b * rows..(b + 1) * rows]);
            let dax = &mut d.projected[b * 3 * h..(b + 1) * 3 * h];
            for j in 0..h {
                let at = b * h + j;
                dcur[Q * h + j] = dq[at];
                let dq = hold_back(moment.holds, Q, at, dq[at]);
                dcur[R * h + j] = dq * prev[H * h + j];
                dprev[H * h + j] += dq * cur[R * h + j];
                dax[j] = hold_back(moment.holds, R, at, dcur[R * h + j]) * cur[R * h + j].sigmoid_slope();
            }
        }
        let da = Strided { data: &*d.projected, row: 1, column: 3 * h };
        let back = &gates[packed_len(2 * h, h)..];
        multiply_packed(h, batch, 2 * h, back, da, &mut d.before[H * h..], rows, &mut work.product);
    }

    fn finish(&self, params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T], work: &mut Work<T>) {
        finish(params, whole, d_tensors, d_input, work);
        let (h, columns) = (params.dims.hidden, whole.columns);
        let (head, tail) = d_tensors[1].split_at_mut(2 * h * h);
        let gates = Strided { data: whole.d_projected, row: 3 * h, column: 1 };
        multiply_add(h, 2 * h, columns, whole.before, gates, head, &mut work.product);
        // The candidate's weights multiply r∘h, which is on the tape.
        let looked_at = Strided { data: &whole.tape[Q * h..], row: 1, column: LANES * h };
        let candidate = Strided { data: &whole.d_projected[2 * h..], row: 3 * h, column: 1 };
        multiply_add(h, h, columns, looked_at, candidate, tail, &mut work.product);
    }
}

const H_BEFORE: Expr = Expr::Before { lane: "h" };
const NOW_Q: Expr = Expr::Now { lane: "q" };

pub const LOOKED_AT: Lane = Lane {
    name: "q",
    title: "old state as looked at",
    kind: Kind::Internal,
    range: Some((-1.0, 1.0)),
    carried: false,
    output: false,
    axes: PER_UNIT,
    equation: &Expr::Product { of: &[Expr::Now { lane: "r" }, H_BEFORE] },
};
pub const CANDIDATE: Lane = Lane {
    name: "n",
    title: "candidate",
    kind: Kind::Candidate,
    range: Some((-1.0, 1.0)),
    carried: false,
    output: false,
    axes: PER_UNIT,
    equation: &Expr::Call {
        function: Function::Tanh,
        of: &Expr::Sum { of: &[Expr::Input { block: "n" }, Expr::Recurrent { block: "n", of: &NOW_Q }] },
    },
};
const THROUGH_N: Expr = Expr::Transposed { block: "n", of: &Expr::BlockGradient { block: "n" } };
const D_Q: Expr = Expr::Gradient { lane: "q" };
pub const BACK_Q: BackStep = BackStep {
    target: Target::Lane { lane: "q" },
    title: "Old state as looked at",
    text: "Back through the candidate's recurrent weights.",
    equation: &THROUGH_N,
};
pub const BACK_R: BackStep = BackStep {
    target: Target::Lane { lane: "r" },
    title: "Reset gate",
    text: "The reset gate answers for the old state that it let through.",
    equation: &Expr::Product { of: &[D_Q, H_BEFORE] },
};
const LOOKED: Expr = Expr::Product { of: &[D_Q, Expr::Now { lane: "r" }] };
pub const PASSED_KEEP: BackStep = BackStep {
    target: Target::Passed { lane: "h" },
    title: "Passed to the step before",
    text: "Straight through where z keeps the old state, no matrix and no squashing; the rest through the reset gate and the recurrent weights, transposed.",
    equation: &Expr::Sum {
        of: &[Expr::Product { of: &[Expr::Gradient { lane: "h" }, Expr::Now { lane: "z" }] }, LOOKED, THROUGH_R, THROUGH_Z],
    },
};
pub const PASSED_REPLACE: BackStep = BackStep {
    equation: &Expr::Sum {
        of: &[
            Expr::Product { of: &[Expr::Gradient { lane: "h" }, Expr::OneMinus { of: &Expr::Now { lane: "z" } }] },
            LOOKED,
            THROUGH_R,
            THROUGH_Z,
        ],
    },
    ..PASSED_KEEP
};

pub const DIAGRAM: Diagram = Diagram {
    width: 120.0,
    height: 74.0,
    nodes: &[
        Node { id: "h_before", shape: Shape::Before { lane: "h" }, x: 8.0, y: 14.0 },
        Node { id: "x", shape: Shape::Input, x: 16.0, y: 68.0 },
        Node { id: "r", shape: Shape::Block { lane: "r" }, x: 26.0, y: 43.0 },
        Node { id: "reset", shape: Shape::Operation { sign: "×" }, x: 39.0, y: 28.0 },
        Node { id: "q", shape: Shape::Lane { lane: "q" }, x: 54.0, y: 28.0 },
        Node { id: "n", shape: Shape::Block { lane: "n" }, x: 68.0, y: 43.0 },
        Node { id: "z", shape: Shape::Block { lane: "z" }, x: 95.0, y: 43.0 },
        Node { id: "mix", shape: Shape::Operation { sign: "blend" }, x: 95.0, y: 14.0 },
        Node { id: "h", shape: Shape::Lane { lane: "h" }, x: 112.0, y: 14.0 },
    ],
    wires: &[
        Wire { from: "h_before", to: "mix", via: &[] },
        Wire { from: "h_before", to: "reset", via: &[(39.0, 14.0)] },
        Wire { from: "h_before", to: "r", via: &[(23.0, 14.0)] },
        Wire { from: "h_before", to: "z", via: &[(82.0, 14.0), (82.0, 43.0)] },
        Wire { from: "r", to: "reset", via: &[(29.0, 28.0)] },
        Wire { from: "reset", to: "q", via: &[] },
        Wire { from: "q", to: "n", via: &[(65.0, 28.0)] },
        Wire { from: "n", to: "mix", via: &[(71.0, 24.0), (92.0, 24.0)] },
        Wire { from: "z", to: "mix", via: &[] },
        Wire { from: "mix", to: "h", via: &[] },
        Wire { from: "x", to: "r", via: &[(16.0, 59.0), (26.0, 59.0)] },
        Wire { from: "x", to: "n", via: &[(16.0, 59.0), (68.0, 59.0)] },
        Wire { from: "x", to: "z", via: &[(16.0, 59.0), (95.0, 59.0)] },
    ],
};
