//! minLSTM: the LSTM without its recurrent weights, its output gate and its cell state; the forget and the input gate are
//! normalised to shares of 1, so that the state's scale does not depend on time. `form` as minGRU's.

use std::marker::PhantomData;

use super::gated::Values;
use super::hold::Hold;
use super::mingru::{FORM, SOURCES};
use super::minimal::{Minimal, Unit, positive, positive_slope, recognise};
use super::spec::*;
use super::{Cell, Expr, Function, Options, Recognised};
use crate::math::Real;

/// Scores of the forget and the input gate, before their sigmoids.
const P: usize = 0;
const Q: usize = 1;
const F: usize = 2;
const I: usize = 3;
const N: usize = 4;
const H: usize = 5;

/// Row blocks of the matrix.
const CANDIDATE_ROWS: usize = 0;
const FORGET_ROWS: usize = 1;
const INPUT_ROWS: usize = 2;

const MATRIX: &str = "to_hidden_and_f_i_gate.weight";

/// `LOG`: the candidate goes through g.
struct MinLstm<const LOG: bool>;

/// σ(p) / (σ(p) + σ(q)) and σ(q) / (σ(p) + σ(q)). Both sigmoids may be 0 in f32; their reciprocals 1 + e^−p and 1 + e^−q, without
/// the largest of 1, e^−p and e^−q as a common factor, are neither 0 together nor infinite.
#[inline(always)]
fn shares<V: Real>(p: V, q: V) -> (V, V) {
    let least = V::select_gt(p, q, q, p);
    let least = V::select_gt(least, V::zero(), V::zero(), least);
    let one = least.exp();
    let (of_p, of_q) = (one + (least - q).exp(), one + (least - p).exp());
    let sum = of_p + of_q;
    (of_p / sum, of_q / sum)
}

impl<const LOG: bool> Unit for MinLstm<LOG> {
    const SPEC: &'static Spec = if LOG { &LOG_SPEC } else { &PLAIN_SPEC };
    const RECURRENCE: &'static Recurrence =
        &Recurrence { real: Part { lane: "h", decay: &NOW_F, input: &Expr::Product { of: &[NOW_I, NOW_N] } }, imaginary: None };
    const BLOCKS: usize = 3;

    #[inline(always)]
    fn forward<V: Real>(a: &Values<V>, before: V, cur: &mut Values<V>, hold: &impl Hold<V>) {
        cur[P] = hold.at(P, a[FORGET_ROWS]);
        cur[Q] = hold.at(Q, a[INPUT_ROWS]);
        let (f, i) = shares(cur[P], cur[Q]);
        cur[F] = hold.at(F, f);
        cur[I] = hold.at(I, i);
        cur[N] = hold.at(N, if LOG { positive(a[CANDIDATE_ROWS]) } else { a[CANDIDATE_ROWS] });
        cur[H] = hold.at(H, cur[F] * before + cur[I] * cur[N]);
    }

    /// f = σ(s) and i = σ(−s) for s = softplus(−q) − softplus(−p), whose slopes are σ(−p) at p and −σ(−q) at q.
    #[inline(always)]
    fn backward<V: Real>(before: V, cur: &Values<V>, d: &mut Values<V>, da: &mut Values<V>, hold: &impl Hold<V>) -> V {
        let dh = hold.back(H, d[H]);
        d[F] = dh * before;
        d[I] = dh * cur[N];
        d[N] = dh * cur[I];
        let ds = hold.back(F, d[F]) * cur[F].sigmoid_slope() - hold.back(I, d[I]) * cur[I].sigmoid_slope();
        d[P] = ds * (-cur[P]).sigmoid();
        d[Q] = -(ds * (-cur[Q]).sigmoid());
        da[FORGET_ROWS] = hold.back(P, d[P]);
        da[INPUT_ROWS] = hold.back(Q, d[Q]);
        da[CANDIDATE_ROWS] = hold.back(N, d[N]) * if LOG { positive_slope(cur[N]) } else { V::one() };
        dh * cur[F]
    }
}

/// The family: `form` log (default) or plain.
pub struct Family;

impl super::Family for Family {
    fn name(&self) -> &'static str {
        "minlstm"
    }
    fn title(&self) -> &'static str {
        "minLSTM"
    }
    fn options(&self) -> &'static [CellOption] {
        &[FORM]
    }
    fn recognise(&self, shape: &dyn Fn(&str) -> Option<Vec<usize>>) -> Option<Recognised> {
        recognise(shape, MATRIX, 3)
    }
    fn f32(&self, options: &Options) -> &'static dyn Cell<f32> {
        if options["form"] == "plain" { &Minimal::<MinLstm<false>>(PhantomData) } else { &Minimal::<MinLstm<true>>(PhantomData) }
    }
    #[cfg(feature = "double")]
    fn f64(&self, options: &Options) -> &'static dyn Cell<f64> {
        if options["form"] == "plain" { &Minimal::<MinLstm<false>>(PhantomData) } else { &Minimal::<MinLstm<true>>(PhantomData) }
    }
}

const NOW_P: Expr = Expr::Now { lane: "p" };
const NOW_Q: Expr = Expr::Now { lane: "q" };
const NOW_F: Expr = Expr::Now { lane: "f" };
const NOW_I: Expr = Expr::Now { lane: "i" };
const NOW_N: Expr = Expr::Now { lane: "n" };
const H_BEFORE: Expr = Expr::Before { lane: "h" };
const D_H: Expr = Expr::Gradient { lane: "h" };
const A_P: Expr = Expr::Affine { weight: MATRIX, bias: None, skip: &["H"], axes: PER_UNIT, of: &Expr::X };
const A_Q: Expr = Expr::Affine { weight: MATRIX, bias: None, skip: &["H", "H"], axes: PER_UNIT, of: &Expr::X };
const A_N: Expr = Expr::Affine { weight: MATRIX, bias: None, skip: &[], axes: PER_UNIT, of: &Expr::X };
const SIGMOID_P: Expr = Expr::Call { function: Function::Sigmoid, of: &NOW_P };
const SIGMOID_Q: Expr = Expr::Call { function: Function::Sigmoid, of: &NOW_Q };
const BOTH: Expr = Expr::Sum { of: &[SIGMOID_P, SIGMOID_Q] };
/// What the two gates answer for together: ∂L/∂ of the logarithm of f/i.
const D_RATIO: Expr = Expr::Difference {
    a: &Expr::Product { of: &[Expr::Gradient { lane: "f" }, Expr::Call { function: Function::SigmoidSlope, of: &NOW_F }] },
    b: &Expr::Product { of: &[Expr::Gradient { lane: "i" }, Expr::Call { function: Function::SigmoidSlope, of: &NOW_I }] },
};

const FORGET_SCORE: Lane = Lane {
    name: "p",
    title: "forget score",
    kind: Kind::Internal,
    range: None,
    carried: false,
    output: false,
    axes: PER_UNIT,
    equation: &A_P,
};
const INPUT_SCORE: Lane = Lane { name: "q", title: "input score", equation: &A_Q, ..FORGET_SCORE };
const FORGET: Lane = Lane {
    name: "f",
    title: "forget gate",
    kind: Kind::Gate,
    range: Some((0.0, 1.0)),
    equation: &Expr::Quotient { a: &SIGMOID_P, b: &BOTH },
    ..FORGET_SCORE
};
const INPUT: Lane = Lane { name: "i", title: "input gate", equation: &Expr::Quotient { a: &SIGMOID_Q, b: &BOTH }, ..FORGET };
const CANDIDATE: Lane = Lane {
    name: "n",
    title: "candidate",
    kind: Kind::Candidate,
    equation: &Expr::Call { function: Function::Positive, of: &A_N },
    ..FORGET_SCORE
};
const STATE: Lane = Lane {
    name: "h",
    title: "hidden state",
    kind: Kind::State,
    range: None,
    carried: true,
    output: true,
    axes: PER_UNIT,
    equation: &Expr::Sum { of: &[Expr::Product { of: &[NOW_F, H_BEFORE] }, Expr::Product { of: &[NOW_I, NOW_N] }] },
};

const STEP_P: SubStep =
    SubStep { lane: "p", title: "Forget score", text: "How much the input speaks for keeping, on an open scale. The state is not asked." };
const STEP_Q: SubStep = SubStep { lane: "q", title: "Input score", text: "How much the input speaks for writing, on an open scale." };
const STEP_F: SubStep = SubStep {
    lane: "f",
    title: "Forget gate",
    text: "The share of the old state that is kept: the forget gate's part of what both gates want, so that f and i make 1 together.",
};
const STEP_I: SubStep =
    SubStep { lane: "i", title: "Input gate", text: "The share of the candidate that is written: the other part, i = 1 − f." };
const STEP_N: SubStep = SubStep {
    lane: "n",
    title: "Candidate",
    text: "The new content, from the input alone. The function g keeps it above 0, so that its logarithm exists when the scan over time is done in log space.",
};
const STEP_H: SubStep = SubStep {
    lane: "h",
    title: "Hidden state",
    text: "A mean of old and new, weighted by the two shares; nothing squashed. As no gate looks at the old state, all steps can be done at once, in a tree.",
};

static LOG_SPEC: Spec = Spec {
    name: "minlstm",
    title: "minLSTM",
    lanes: &[FORGET_SCORE, INPUT_SCORE, FORGET, INPUT, CANDIDATE, STATE],
    blocks: &[],
    parameters: &[Parameter { name: MATRIX, title: "weights of candidate, forget and input gate, W", shape: &["3H", "I"], bias: false }],
    count: "3H·I",
    steps: &[STEP_P, STEP_Q, STEP_F, STEP_I, STEP_N, STEP_H],
    backward: &[
        BackStep {
            target: Target::Lane { lane: "h" },
            title: "Gradient of the hidden state",
            text: "What arrives from above at this step, plus what the following step passed back.",
            equation: &Expr::Sum { of: &[Expr::Upstream, Expr::Arriving { lane: "h" }] },
        },
        BackStep {
            target: Target::Lane { lane: "n" },
            title: "Candidate",
            text: "The candidate answers as far as it was let in.",
            equation: &Expr::Product { of: &[D_H, NOW_I] },
        },
        BackStep {
            target: Target::Lane { lane: "i" },
            title: "Input gate",
            text: "The input gate answers for the candidate.",
            equation: &Expr::Product { of: &[D_H, NOW_N] },
        },
        BackStep {
            target: Target::Lane { lane: "f" },
            title: "Forget gate",
            text: "The forget gate answers for the old state.",
            equation: &Expr::Product { of: &[D_H, H_BEFORE] },
        },
        BackStep {
            target: Target::Lane { lane: "p" },
            title: "Forget score",
            text: "More of f is less of i: what both gates answer for meets in one number, times f(1 − f) each, times the part of σ(p) that is left to 1.",
            equation: &Expr::Product { of: &[D_RATIO, Expr::OneMinus { of: &SIGMOID_P }] },
        },
        BackStep {
            target: Target::Lane { lane: "q" },
            title: "Input score",
            text: "The same number with its sign turned, times the part of σ(q) that is left to 1.",
            equation: &Expr::Product { of: &[Expr::Constant { value: -1.0 }, D_RATIO, Expr::OneMinus { of: &SIGMOID_Q }] },
        },
        BackStep {
            target: Target::Passed { lane: "h" },
            title: "Passed to the step before",
            text: "Only f stands in the way: no matrix, no squashing, and no other unit. The gates were known before the run began, and so is how much arrives.",
            equation: &Expr::Product { of: &[D_H, NOW_F] },
        },
    ],
    memory: None,
    complex: &[],
    derived: &[],
    matrix: None,
    diagram: Diagram {
        width: 120.0,
        height: 80.0,
        nodes: &[
            Node { id: "h_before", shape: Shape::Before { lane: "h" }, x: 8.0, y: 14.0 },
            Node { id: "x", shape: Shape::Input, x: 10.0, y: 73.0 },
            Node { id: "p", shape: Shape::Block { lane: "p" }, x: 30.0, y: 59.0 },
            Node { id: "q", shape: Shape::Block { lane: "q" }, x: 54.0, y: 59.0 },
            Node { id: "n", shape: Shape::Block { lane: "n" }, x: 80.0, y: 59.0 },
            Node { id: "share", shape: Shape::Operation { sign: "÷" }, x: 42.0, y: 46.0 },
            Node { id: "f", shape: Shape::Lane { lane: "f" }, x: 30.0, y: 29.0 },
            Node { id: "i", shape: Shape::Lane { lane: "i" }, x: 54.0, y: 29.0 },
            Node { id: "keep", shape: Shape::Operation { sign: "×" }, x: 30.0, y: 14.0 },
            Node { id: "write", shape: Shape::Operation { sign: "×" }, x: 80.0, y: 29.0 },
            Node { id: "add", shape: Shape::Operation { sign: "+" }, x: 80.0, y: 14.0 },
            Node { id: "h", shape: Shape::Lane { lane: "h" }, x: 112.0, y: 14.0 },
        ],
        wires: &[
            Wire { from: "h_before", to: "keep", via: &[] },
            Wire { from: "f", to: "keep", via: &[] },
            Wire { from: "keep", to: "add", via: &[] },
            Wire { from: "i", to: "write", via: &[] },
            Wire { from: "n", to: "write", via: &[] },
            Wire { from: "write", to: "add", via: &[] },
            Wire { from: "add", to: "h", via: &[] },
            Wire { from: "p", to: "share", via: &[(30.0, 46.0)] },
            Wire { from: "q", to: "share", via: &[(54.0, 46.0)] },
            Wire { from: "share", to: "f", via: &[(42.0, 38.0), (30.0, 38.0)] },
            Wire { from: "share", to: "i", via: &[(42.0, 38.0), (54.0, 38.0)] },
            Wire { from: "x", to: "p", via: &[(30.0, 73.0)] },
            Wire { from: "x", to: "q", via: &[(54.0, 73.0)] },
            Wire { from: "x", to: "n", via: &[(80.0, 73.0)] },
        ],
    },
    sources: SOURCES,
};

static PLAIN_SPEC: Spec = Spec {
    lanes: &[FORGET_SCORE, INPUT_SCORE, FORGET, INPUT, Lane { equation: &A_N, ..CANDIDATE }, STATE],
    steps: &[
        STEP_P,
        STEP_Q,
        STEP_F,
        STEP_I,
        SubStep { text: "The new content, from the input alone, as the matrix gives it: without bounds.", ..STEP_N },
        STEP_H,
    ],
    ..LOG_SPEC
};

#[cfg(test)]
mod tests {
    use super::*;

    /// f = σ(softplus(−q) − softplus(−p)), where f/(f + i) of f32 sigmoids is 0/0 too.
    #[test]
    fn shares_are_numbers_wherever_scores_are() {
        for (p, q) in [(-120.0, -121.0), (-1e4, -1e4), (200.0, -300.0), (-3e38, 3e38), (0.0, 0.0), (1.5, -0.3), (90.0, 89.0)] {
            let (f, i) = shares(p as f32, q as f32);
            let exact = crate::math::functions::softplus(-q) - crate::math::functions::softplus(-p);
            assert!((f as f64 - Real::sigmoid(exact)).abs() < 1e-6, "{p} {q}: {f}");
            assert!((f + i - 1.0).abs() < 1e-6 && f >= 0.0 && i >= 0.0, "{p} {q}: {f} {i}");
        }
        assert!(shares(f32::NAN, 0.0).0.is_nan() && shares(0.0, f32::NAN).0.is_nan(), "NaN is not hidden");
    }
}
