//! minGRU: the GRU without its recurrent weights, so that gate and candidate depend on the input alone.
//!
//! `form`: "log" is what runs in log space at scale (the candidate is made positive by g, no other change of value), "plain" the
//! paper's first form. In both z = 1 replaces the old state. The state is computed step by step; that a scan over time gives the
//! same is shown by `probe::Scan`.

use std::marker::PhantomData;

use super::gated::Values;
use super::gru::{blend, blend_back};
use super::hold::Hold;
use super::minimal::{Minimal, Unit, positive, positive_slope, recognise};
use super::spec::*;
use super::{Cell, Expr, Function, Options, Recognised};
use crate::math::Real;

const Z: usize = 0;
const N: usize = 1;
const H: usize = 2;

/// Row blocks of the matrix: the candidate's come first.
const CANDIDATE_ROWS: usize = 0;
const GATE_ROWS: usize = 1;

const MATRIX: &str = "to_hidden_and_gate.weight";

/// `LOG`: the candidate goes through g.
struct MinGru<const LOG: bool>;

impl<const LOG: bool> Unit for MinGru<LOG> {
    const SPEC: &'static Spec = if LOG { &LOG_SPEC } else { &PLAIN_SPEC };
    const RECURRENCE: &'static Recurrence =
        &Recurrence { real: Part { lane: "h", decay: &KEPT, input: &Expr::Product { of: &[NOW_Z, NOW_N] } }, imaginary: None };
    const BLOCKS: usize = 2;

    #[inline(always)]
    fn forward<V: Real>(a: &Values<V>, before: V, cur: &mut Values<V>, hold: &impl Hold<V>) {
        cur[Z] = hold.at(Z, a[GATE_ROWS].sigmoid());
        cur[N] = hold.at(N, if LOG { positive(a[CANDIDATE_ROWS]) } else { a[CANDIDATE_ROWS] });
        cur[H] = hold.at(H, blend::<V, false>(cur[Z], cur[N], before));
    }

    #[inline(always)]
    fn backward<V: Real>(before: V, cur: &Values<V>, d: &mut Values<V>, da: &mut Values<V>, hold: &impl Hold<V>) -> V {
        let (dz, dn, passed) = blend_back::<V, false>(hold.back(H, d[H]), cur[Z], cur[N], before);
        (d[Z], d[N]) = (dz, dn);
        da[GATE_ROWS] = hold.back(Z, dz) * cur[Z].sigmoid_slope();
        da[CANDIDATE_ROWS] = hold.back(N, dn) * if LOG { positive_slope(cur[N]) } else { V::one() };
        passed
    }
}

/// The family: `form` log (default) or plain.
pub struct Family;

impl super::Family for Family {
    fn name(&self) -> &'static str {
        "mingru"
    }
    fn title(&self) -> &'static str {
        "minGRU"
    }
    fn options(&self) -> &'static [CellOption] {
        &[FORM]
    }
    fn recognise(&self, shape: &dyn Fn(&str) -> Option<Vec<usize>>) -> Option<Recognised> {
        recognise(shape, MATRIX, 2)
    }
    fn f32(&self, options: &Options) -> &'static dyn Cell<f32> {
        if options["form"] == "plain" { &Minimal::<MinGru<false>>(PhantomData) } else { &Minimal::<MinGru<true>>(PhantomData) }
    }
    #[cfg(feature = "double")]
    fn f64(&self, options: &Options) -> &'static dyn Cell<f64> {
        if options["form"] == "plain" { &Minimal::<MinGru<false>>(PhantomData) } else { &Minimal::<MinGru<true>>(PhantomData) }
    }
}

/// Of minGRU and minLSTM.
pub const FORM: CellOption = CellOption {
    name: "form",
    title: "Candidate",
    values: &[OptionValue { name: "log", title: "positive, by g (log space)" }, OptionValue { name: "plain", title: "any number (plain)" }],
    size: None,
};

const NOW_Z: Expr = Expr::Now { lane: "z" };
const NOW_N: Expr = Expr::Now { lane: "n" };
const H_BEFORE: Expr = Expr::Before { lane: "h" };
const D_H: Expr = Expr::Gradient { lane: "h" };
const KEPT: Expr = Expr::OneMinus { of: &NOW_Z };
const A_Z: Expr = Expr::Affine { weight: MATRIX, bias: None, skip: PER_UNIT, axes: PER_UNIT, of: &Expr::X };
const A_N: Expr = Expr::Affine { weight: MATRIX, bias: None, skip: &[], axes: PER_UNIT, of: &Expr::X };

const GATE: Lane = Lane {
    name: "z",
    title: "update gate",
    kind: Kind::Gate,
    range: Some((0.0, 1.0)),
    carried: false,
    output: false,
    axes: PER_UNIT,
    equation: &Expr::Call { function: Function::Sigmoid, of: &A_Z },
};
const CANDIDATE: Lane = Lane {
    name: "n",
    title: "candidate",
    kind: Kind::Candidate,
    range: None,
    carried: false,
    output: false,
    axes: PER_UNIT,
    equation: &Expr::Call { function: Function::Positive, of: &A_N },
};
const STATE: Lane = Lane {
    name: "h",
    title: "hidden state",
    kind: Kind::State,
    range: None,
    carried: true,
    output: true,
    axes: PER_UNIT,
    equation: &Expr::Sum { of: &[Expr::Product { of: &[KEPT, H_BEFORE] }, Expr::Product { of: &[NOW_Z, NOW_N] }] },
};

const STEP_Z: SubStep = SubStep {
    lane: "z",
    title: "Update gate",
    text: "How much of the candidate replaces the old state: 0 nothing, 1 all. Only the input decides; the state is not asked.",
};
const STEP_N: SubStep = SubStep {
    lane: "n",
    title: "Candidate",
    text: "The new content, from the input alone. The function g keeps it above 0, so that its logarithm exists when the scan over time is done in log space.",
};
const STEP_H: SubStep = SubStep {
    lane: "h",
    title: "Hidden state",
    text: "A share of the old, a share of the new, nothing squashed. As no gate looks at the old state, all steps can be done at once, in a tree.",
};

static LOG_SPEC: Spec = Spec {
    name: "mingru",
    title: "minGRU",
    lanes: &[GATE, CANDIDATE, STATE],
    blocks: &[],
    parameters: &[Parameter { name: MATRIX, title: "weights of candidate and gate, W", shape: &["2H", "I"], bias: false }],
    count: "2H·I",
    steps: &[STEP_Z, STEP_N, STEP_H],
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
            equation: &Expr::Product { of: &[D_H, NOW_Z] },
        },
        BackStep {
            target: Target::Lane { lane: "z" },
            title: "Update gate",
            text: "The gate answers for the difference it made: candidate minus old state.",
            equation: &Expr::Product { of: &[D_H, Expr::Difference { a: &NOW_N, b: &H_BEFORE }] },
        },
        BackStep {
            target: Target::Passed { lane: "h" },
            title: "Passed to the step before",
            text: "Only 1 − z stands in the way: no matrix, no squashing, and no other unit. The gates were known before the run began, and so is how much arrives.",
            equation: &Expr::Product { of: &[D_H, KEPT] },
        },
    ],
    memory: None,
    complex: &[],
    derived: &[],
    matrix: None,
    diagram: Diagram {
        width: 120.0,
        height: 66.0,
        nodes: &[
            Node { id: "h_before", shape: Shape::Before { lane: "h" }, x: 8.0, y: 14.0 },
            Node { id: "x", shape: Shape::Input, x: 16.0, y: 60.0 },
            Node { id: "n", shape: Shape::Block { lane: "n" }, x: 42.0, y: 36.0 },
            Node { id: "z", shape: Shape::Block { lane: "z" }, x: 72.0, y: 36.0 },
            Node { id: "mix", shape: Shape::Operation { sign: "blend" }, x: 72.0, y: 14.0 },
            Node { id: "h", shape: Shape::Lane { lane: "h" }, x: 112.0, y: 14.0 },
        ],
        wires: &[
            Wire { from: "h_before", to: "mix", via: &[] },
            Wire { from: "n", to: "mix", via: &[(42.0, 24.0), (69.0, 24.0)] },
            Wire { from: "z", to: "mix", via: &[] },
            Wire { from: "mix", to: "h", via: &[] },
            Wire { from: "x", to: "n", via: &[(16.0, 51.0), (42.0, 51.0)] },
            Wire { from: "x", to: "z", via: &[(16.0, 51.0), (72.0, 51.0)] },
        ],
    },
    sources: SOURCES,
};

static PLAIN_SPEC: Spec = Spec {
    lanes: &[GATE, Lane { equation: &A_N, ..CANDIDATE }, STATE],
    steps: &[STEP_Z, SubStep { text: "The new content, from the input alone, as the matrix gives it: without bounds.", ..STEP_N }, STEP_H],
    ..LOG_SPEC
};

/// Of minGRU and minLSTM.
pub const SOURCES: &[&str] = &[
    "L. Feng, F. Tung, M. O. Ahmed, Y. Bengio, H. Hajimirsadeghi. Were RNNs All We Needed? 2024, arXiv:2410.01201: section 3; log-space form: appendix B.",
    "lucidrains/minGRU-pytorch",
];
