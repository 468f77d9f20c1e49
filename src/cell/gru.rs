//! The GRU; gate order r, z, n. Reset after the product is `torch.nn.GRU`; before it is in `gru_before`.
//!
//! Two conventions live in the literature, and they are independent: where the reset gate acts, and whether z = 1 keeps the
//! old state (PyTorch, Keras, Cho et al. 2014) or replaces it (Chung et al. 2014, most textbooks).

use super::gated::{Unit, Values};
use super::gru_before::GruBefore;
use super::hold::Hold;
use super::spec::*;
use super::{Cell, Expr, Function, Options};
use crate::math::Real;

const R: usize = 0;
const Z: usize = 1;
const N: usize = 2;
/// W_hn h + b_hn: the candidate's recurrent part, before the reset gate is applied.
const U: usize = 3;
const H: usize = 4;

/// Reset after the product. `KEEP`: z = 1 keeps the old state.
pub struct Gru<const KEEP: bool>;

impl<const KEEP: bool> Unit for Gru<KEEP> {
    const SPEC: &'static Spec = if KEEP { &AFTER_KEEP } else { &AFTER_REPLACE };
    const ONE_SUM: bool = false;

    #[inline(always)]
    fn forward<V: Real>(ax: &Values<V>, ah: &Values<V>, prev: &Values<V>, cur: &mut Values<V>, hold: &impl Hold<V>) {
        cur[R] = hold.at(R, (ax[R] + ah[R]).sigmoid());
        cur[Z] = hold.at(Z, (ax[Z] + ah[Z]).sigmoid());
        cur[U] = hold.at(U, ah[N]);
        cur[N] = hold.at(N, (ax[N] + cur[R] * cur[U]).tanh());
        cur[H] = hold.at(H, blend::<V, KEEP>(cur[Z], cur[N], prev[H]));
    }

    #[inline(always)]
    fn backward<V: Real>(
        prev: &Values<V>,
        cur: &Values<V>,
        d: &mut Values<V>,
        dprev: &mut Values<V>,
        dax: &mut Values<V>,
        dah: &mut Values<V>,
        hold: &impl Hold<V>,
    ) {
        let dh = hold.back(H, d[H]);
        let (dz, dn, dp) = blend_back::<V, KEEP>(dh, cur[Z], cur[N], prev[H]);
        (d[Z], d[N]) = (dz, dn);
        dprev[H] += dp;
        dax[N] = hold.back(N, d[N]) * cur[N].tanh_slope();
        d[U] = dax[N] * cur[R];
        d[R] = dax[N] * cur[U];
        dax[R] = hold.back(R, d[R]) * cur[R].sigmoid_slope();
        dax[Z] = hold.back(Z, d[Z]) * cur[Z].sigmoid_slope();
        dah[R] = dax[R];
        dah[Z] = dax[Z];
        dah[N] = hold.back(U, d[U]);
    }
}

/// h_t from z, n and h_{t−1}, in either sense of z.
#[inline(always)]
pub fn blend<V: Real, const KEEP: bool>(z: V, n: V, h: V) -> V {
    if KEEP { (V::one() - z) * n + z * h } else { (V::one() - z) * h + z * n }
}

/// The reverse of `blend`: ∂L/∂ of z, n and h_{t−1}.
#[inline(always)]
pub fn blend_back<V: Real, const KEEP: bool>(dh: V, z: V, n: V, h: V) -> (V, V, V) {
    if KEEP { (dh * (h - n), dh * (V::one() - z), dh * z) } else { (dh * (n - h), dh * z, dh * (V::one() - z)) }
}

/// The family: `reset` after (default, PyTorch) or before; `update` keep (default, PyTorch) or replace.
pub struct Family;

impl super::Family for Family {
    fn name(&self) -> &'static str {
        "gru"
    }
    fn title(&self) -> &'static str {
        "GRU"
    }
    fn options(&self) -> &'static [CellOption] {
        &[
            CellOption {
                name: "reset",
                title: "Reset gate acts",
                values: &[
                    OptionValue { name: "after", title: "after the product (PyTorch)" },
                    OptionValue { name: "before", title: "before the product (Cho et al. 2014)" },
                ],
                size: None,
            },
            CellOption {
                name: "update",
                title: "z = 1",
                values: &[
                    OptionValue { name: "keep", title: "keeps the old state (PyTorch)" },
                    OptionValue { name: "replace", title: "replaces it (most textbooks)" },
                ],
                size: None,
            },
        ]
    }
    fn f32(&self, options: &Options) -> &'static dyn Cell<f32> {
        match (options["reset"].as_str(), options["update"].as_str()) {
            ("before", "replace") => &GruBefore::<false>,
            ("before", _) => &GruBefore::<true>,
            (_, "replace") => &Gru::<false>,
            _ => &Gru::<true>,
        }
    }
    #[cfg(feature = "double")]
    fn f64(&self, options: &Options) -> &'static dyn Cell<f64> {
        match (options["reset"].as_str(), options["update"].as_str()) {
            ("before", "replace") => &GruBefore::<false>,
            ("before", _) => &GruBefore::<true>,
            (_, "replace") => &Gru::<false>,
            _ => &Gru::<true>,
        }
    }
}

const H_BEFORE: Expr = Expr::Before { lane: "h" };
const A_R: Expr = Expr::Sum { of: &[Expr::Input { block: "r" }, Expr::Recurrent { block: "r", of: &H_BEFORE }] };
const A_Z: Expr = Expr::Sum { of: &[Expr::Input { block: "z" }, Expr::Recurrent { block: "z", of: &H_BEFORE }] };
const NOW_R: Expr = Expr::Now { lane: "r" };
const NOW_Z: Expr = Expr::Now { lane: "z" };
const NOW_N: Expr = Expr::Now { lane: "n" };
const GATE_R: Expr = Expr::Call { function: Function::Sigmoid, of: &A_R };
const GATE_Z: Expr = Expr::Call { function: Function::Sigmoid, of: &A_Z };
const NOT_Z: Expr = Expr::OneMinus { of: &NOW_Z };

pub const RESET: Lane = Lane {
    name: "r",
    title: "reset gate",
    kind: Kind::Gate,
    range: Some((0.0, 1.0)),
    carried: false,
    output: false,
    axes: PER_UNIT,
    equation: &GATE_R,
};
pub const UPDATE: Lane = Lane {
    name: "z",
    title: "update gate",
    kind: Kind::Gate,
    range: Some((0.0, 1.0)),
    carried: false,
    output: false,
    axes: PER_UNIT,
    equation: &GATE_Z,
};
const CANDIDATE: Lane = Lane {
    name: "n",
    title: "candidate",
    kind: Kind::Candidate,
    range: Some((-1.0, 1.0)),
    carried: false,
    output: false,
    axes: PER_UNIT,
    equation: &Expr::Call {
        function: Function::Tanh,
        of: &Expr::Sum { of: &[Expr::Input { block: "n" }, Expr::Product { of: &[NOW_R, Expr::Now { lane: "u" }] }] },
    },
};
const RECURRENT: Lane = Lane {
    name: "u",
    title: "recurrent part of the candidate",
    kind: Kind::Internal,
    range: None,
    carried: false,
    output: false,
    axes: PER_UNIT,
    equation: &Expr::Recurrent { block: "n", of: &H_BEFORE },
};
const STATE: Lane = Lane {
    name: "h",
    title: "hidden state",
    kind: Kind::State,
    range: Some((-1.0, 1.0)),
    carried: true,
    output: true,
    axes: PER_UNIT,
    equation: &KEEP_EQUATION,
};
const KEEP_EQUATION: Expr = Expr::Sum { of: &[Expr::Product { of: &[NOT_Z, NOW_N] }, Expr::Product { of: &[NOW_Z, H_BEFORE] }] };
const REPLACE_EQUATION: Expr = Expr::Sum { of: &[Expr::Product { of: &[NOT_Z, H_BEFORE] }, Expr::Product { of: &[NOW_Z, NOW_N] }] };
pub const STATE_KEEP: Lane = STATE;
pub const STATE_REPLACE: Lane = Lane { equation: &REPLACE_EQUATION, ..STATE };

pub const KEEP_STEP: SubStep = SubStep {
    lane: "h",
    title: "New hidden state",
    text: "A blend of old and new: z near 1 keeps the old state, z near 0 takes the candidate. What is kept is not squashed again.",
};
pub const REPLACE_STEP: SubStep = SubStep {
    lane: "h",
    title: "New hidden state",
    text: "A blend of old and new: z near 1 takes the candidate, z near 0 keeps the old state. What is kept is not squashed again.",
};
pub const RESET_STEP: SubStep = SubStep { lane: "r", title: "Reset gate", text: "How much of the old state the candidate may look at." };
const UPDATE_KEEP: SubStep = SubStep { lane: "z", title: "Update gate", text: "How much of the old state stays: 1 keeps it whole." };
const UPDATE_REPLACE: SubStep =
    SubStep { lane: "z", title: "Update gate", text: "How much of the old state is replaced: 1 replaces it whole." };
const RECURRENT_STEP: SubStep = SubStep {
    lane: "u",
    title: "Recurrent part of the candidate",
    text: "The old state through its weights; the reset gate acts on the result.",
};
pub const CANDIDATE_STEP: SubStep =
    SubStep { lane: "n", title: "Candidate", text: "The new content that could be written, between −1 and 1." };

const D_H: Expr = Expr::Gradient { lane: "h" };
pub const BACK_H: BackStep = BackStep {
    target: Target::Lane { lane: "h" },
    title: "Gradient of the hidden state",
    text: "What arrives from above at this step, plus what the following step passed back.",
    equation: &Expr::Sum { of: &[Expr::Upstream, Expr::Arriving { lane: "h" }] },
};
pub const BACK_Z_KEEP: BackStep = BackStep {
    target: Target::Lane { lane: "z" },
    title: "Update gate",
    text: "The update gate answers for the difference between old and new.",
    equation: &Expr::Product { of: &[D_H, Expr::Difference { a: &H_BEFORE, b: &NOW_N }] },
};
pub const BACK_Z_REPLACE: BackStep =
    BackStep { equation: &Expr::Product { of: &[D_H, Expr::Difference { a: &NOW_N, b: &H_BEFORE }] }, ..BACK_Z_KEEP };
pub const BACK_N_KEEP: BackStep = BackStep {
    target: Target::Lane { lane: "n" },
    title: "Candidate",
    text: "The candidate answers as far as it was let in.",
    equation: &Expr::Product { of: &[D_H, NOT_Z] },
};
pub const BACK_N_REPLACE: BackStep = BackStep { equation: &Expr::Product { of: &[D_H, NOW_Z] }, ..BACK_N_KEEP };
pub const BACK_A_N: BackStep = BackStep {
    target: Target::Block { block: "n" },
    title: "Through the candidate's tanh",
    text: "Times the slope 1 − n².",
    equation: &Expr::Product { of: &[Expr::Gradient { lane: "n" }, Expr::Call { function: Function::TanhSlope, of: &NOW_N }] },
};
const BACK_U: BackStep = BackStep {
    target: Target::Lane { lane: "u" },
    title: "Recurrent part of the candidate",
    text: "What the reset gate lets through.",
    equation: &Expr::Product { of: &[Expr::BlockGradient { block: "n" }, NOW_R] },
};
const BACK_R: BackStep = BackStep {
    target: Target::Lane { lane: "r" },
    title: "Reset gate",
    text: "The reset gate answers for the recurrent part.",
    equation: &Expr::Product { of: &[Expr::BlockGradient { block: "n" }, Expr::Now { lane: "u" }] },
};
pub const BACK_A_R: BackStep = BackStep {
    target: Target::Block { block: "r" },
    title: "Through the reset gate's sigmoid",
    text: "Times the slope r(1 − r): nothing passes a gate that is fully open or shut.",
    equation: &Expr::Product { of: &[Expr::Gradient { lane: "r" }, Expr::Call { function: Function::SigmoidSlope, of: &NOW_R }] },
};
pub const BACK_A_Z: BackStep = BackStep {
    target: Target::Block { block: "z" },
    title: "Through the update gate's sigmoid",
    text: "Times the slope z(1 − z).",
    equation: &Expr::Product { of: &[Expr::Gradient { lane: "z" }, Expr::Call { function: Function::SigmoidSlope, of: &NOW_Z }] },
};
pub const THROUGH_R: Expr = Expr::Transposed { block: "r", of: &Expr::BlockGradient { block: "r" } };
pub const THROUGH_Z: Expr = Expr::Transposed { block: "z", of: &Expr::BlockGradient { block: "z" } };
const THROUGH_U: Expr = Expr::Transposed { block: "n", of: &Expr::Gradient { lane: "u" } };
const PASSED_KEEP: BackStep = BackStep {
    target: Target::Passed { lane: "h" },
    title: "Passed to the step before",
    text: "Straight through where z keeps the old state, no matrix and no squashing; the rest through the recurrent weights, transposed.",
    equation: &Expr::Sum { of: &[Expr::Product { of: &[D_H, NOW_Z] }, THROUGH_R, THROUGH_Z, THROUGH_U] },
};
const PASSED_REPLACE: BackStep =
    BackStep { equation: &Expr::Sum { of: &[Expr::Product { of: &[D_H, NOT_Z] }, THROUGH_R, THROUGH_Z, THROUGH_U] }, ..PASSED_KEEP };

const fn memory(keeps: f64) -> Option<Memory> {
    Some(Memory { block: "z", title: "update bias", keeps })
}

static AFTER_KEEP: Spec = Spec {
    name: "gru",
    title: "GRU",
    lanes: &[RESET, UPDATE, CANDIDATE, RECURRENT, STATE_KEEP],
    complex: &[],
    derived: &[],
    blocks: &["r", "z", "n"],
    parameters: &[
        Parameter { name: "weight_ih", title: "input weights W_i", shape: &["3H", "I"], bias: false },
        Parameter { name: "weight_hh", title: "recurrent weights W_h", shape: &["3H", "H"], bias: false },
        Parameter { name: "bias_ih", title: "input bias b_i", shape: &["3H"], bias: true },
        Parameter { name: "bias_hh", title: "recurrent bias b_h", shape: &["3H"], bias: true },
    ],
    count: "3H·(I + H + 2)",
    steps: &[RESET_STEP, UPDATE_KEEP, RECURRENT_STEP, CANDIDATE_STEP, KEEP_STEP],
    backward: &[BACK_H, BACK_Z_KEEP, BACK_N_KEEP, BACK_A_N, BACK_U, BACK_R, BACK_A_R, BACK_A_Z, PASSED_KEEP],
    memory: memory(1.0),
    matrix: None,
    diagram: AFTER_DIAGRAM,
    sources: &[
        "K. Cho et al. Learning Phrase Representations using RNN Encoder–Decoder. arXiv:1406.1078, 2014.",
        "J. Chung et al. Empirical Evaluation of Gated Recurrent Neural Networks. arXiv:1412.3555, 2014.",
        "torch.nn.GRU",
    ],
};

static AFTER_REPLACE: Spec = Spec {
    title: "GRU (z = 1 replaces)",
    lanes: &[RESET, UPDATE, CANDIDATE, RECURRENT, STATE_REPLACE],
    steps: &[RESET_STEP, UPDATE_REPLACE, RECURRENT_STEP, CANDIDATE_STEP, REPLACE_STEP],
    backward: &[BACK_H, BACK_Z_REPLACE, BACK_N_REPLACE, BACK_A_N, BACK_U, BACK_R, BACK_A_R, BACK_A_Z, PASSED_REPLACE],
    memory: memory(0.0),
    matrix: None,
    ..AFTER_KEEP
};

const RESET_TEXT: SubStep = SubStep {
    lane: "q",
    title: "What of the old state is looked at",
    text: "The old state, unit by unit times the reset gate, before any weights.",
};

pub static BEFORE_KEEP: Spec = Spec {
    title: "GRU (reset before)",
    lanes: &[RESET, UPDATE, super::gru_before::LOOKED_AT, super::gru_before::CANDIDATE, STATE_KEEP],
    steps: &[RESET_STEP, UPDATE_KEEP, RESET_TEXT, CANDIDATE_STEP, KEEP_STEP],
    backward: &[
        BACK_H,
        BACK_Z_KEEP,
        BACK_N_KEEP,
        BACK_A_N,
        super::gru_before::BACK_Q,
        super::gru_before::BACK_R,
        BACK_A_R,
        BACK_A_Z,
        super::gru_before::PASSED_KEEP,
    ],
    diagram: super::gru_before::DIAGRAM,
    ..AFTER_KEEP
};

pub static BEFORE_REPLACE: Spec = Spec {
    title: "GRU (reset before, z = 1 replaces)",
    lanes: &[RESET, UPDATE, super::gru_before::LOOKED_AT, super::gru_before::CANDIDATE, STATE_REPLACE],
    steps: &[RESET_STEP, UPDATE_REPLACE, RESET_TEXT, CANDIDATE_STEP, REPLACE_STEP],
    backward: &[
        BACK_H,
        BACK_Z_REPLACE,
        BACK_N_REPLACE,
        BACK_A_N,
        super::gru_before::BACK_Q,
        super::gru_before::BACK_R,
        BACK_A_R,
        BACK_A_Z,
        super::gru_before::PASSED_REPLACE,
    ],
    memory: memory(0.0),
    matrix: None,
    ..BEFORE_KEEP
};

const AFTER_DIAGRAM: Diagram = Diagram {
    width: 120.0,
    height: 74.0,
    nodes: &[
        Node { id: "h_before", shape: Shape::Before { lane: "h" }, x: 8.0, y: 14.0 },
        Node { id: "x", shape: Shape::Input, x: 16.0, y: 68.0 },
        Node { id: "r", shape: Shape::Block { lane: "r" }, x: 26.0, y: 43.0 },
        Node { id: "u", shape: Shape::Block { lane: "u" }, x: 44.0, y: 28.0 },
        Node { id: "reset", shape: Shape::Operation { sign: "×" }, x: 44.0, y: 43.0 },
        Node { id: "n", shape: Shape::Block { lane: "n" }, x: 65.0, y: 43.0 },
        Node { id: "z", shape: Shape::Block { lane: "z" }, x: 91.0, y: 43.0 },
        Node { id: "mix", shape: Shape::Operation { sign: "blend" }, x: 91.0, y: 14.0 },
        Node { id: "h", shape: Shape::Lane { lane: "h" }, x: 112.0, y: 14.0 },
    ],
    wires: &[
        Wire { from: "h_before", to: "mix", via: &[] },
        Wire { from: "h_before", to: "u", via: &[(44.0, 14.0)] },
        Wire { from: "h_before", to: "r", via: &[(26.0, 14.0)] },
        Wire { from: "h_before", to: "z", via: &[(77.0, 14.0), (77.0, 43.0)] },
        Wire { from: "u", to: "reset", via: &[] },
        Wire { from: "r", to: "reset", via: &[] },
        Wire { from: "reset", to: "n", via: &[] },
        Wire { from: "n", to: "mix", via: &[(65.0, 24.0), (88.0, 24.0)] },
        Wire { from: "z", to: "mix", via: &[] },
        Wire { from: "mix", to: "h", via: &[] },
        Wire { from: "x", to: "r", via: &[(16.0, 59.0), (26.0, 59.0)] },
        Wire { from: "x", to: "n", via: &[(16.0, 59.0), (65.0, 59.0)] },
        Wire { from: "x", to: "z", via: &[(16.0, 59.0), (91.0, 59.0)] },
    ],
};
