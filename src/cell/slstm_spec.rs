//! What the sLSTM says of itself: lanes with their equations, parameters, sub-steps. The way back is in `slstm_back`, the pictures
//! in `slstm_diagram`.
//!
//! Axes: NH heads of D units; E the same units where weights read them; G gates; K steps of the convolution.

use super::slstm_back::{BACK_BARE, BACK_BARE_FREE, BACK_FULL, BACK_FULL_FREE};
use super::slstm_diagram::{DIAGRAM_BARE, DIAGRAM_BARE_FREE, DIAGRAM_FULL, DIAGRAM_FULL_FREE};
use super::spec::*;
use super::{Expr, Function};

pub const HEADS_OUT: &[&str] = &["NH", "D"];
pub const HEADS_IN: &[&str] = &["NH", "E"];
pub const HEADS: &[&str] = &["NH", "D", "E"];
const GATES_HEADS: &[&str] = &["NH", "G", "D", "E"];

pub const KERNEL: Expr = Expr::Parameter { name: "_recurrent_kernel_", axes: GATES_HEADS };
pub const KERNEL_FULL: Expr = Expr::Parameter { name: "slstm_cell._recurrent_kernel_", axes: GATES_HEADS };
const BIAS_FULL: Expr = Expr::Parameter { name: "slstm_cell._bias_", axes: &["G", "H"] };

pub const NOW_A_I: Expr = Expr::Now { lane: "ĩ" };
pub const NOW_A_F: Expr = Expr::Now { lane: "f̃" };
pub const NOW_K: Expr = Expr::Now { lane: "k" };
pub const NOW_M: Expr = Expr::Now { lane: "m" };
pub const NOW_I: Expr = Expr::Now { lane: "i" };
pub const NOW_F: Expr = Expr::Now { lane: "f" };
pub const NOW_Z: Expr = Expr::Now { lane: "z" };
pub const NOW_O: Expr = Expr::Now { lane: "o" };
pub const NOW_C: Expr = Expr::Now { lane: "c" };
pub const NOW_N: Expr = Expr::Now { lane: "n" };
pub const C_BEFORE: Expr = Expr::Before { lane: "c" };
pub const N_BEFORE: Expr = Expr::Before { lane: "n" };

/// R_g·h_{t−1} of gate number g: each head's matrix times its own units.
macro_rules! recurrent {
    ($kernel:expr, $gate:literal) => {
        Expr::Along {
            axes: PER_UNIT,
            of: &Expr::SumOver {
                axis: "E",
                of: &Expr::Product {
                    of: &[
                        Expr::Pick { axis: "G", index: $gate, of: &$kernel },
                        Expr::Along { axes: HEADS_IN, of: &Expr::Before { lane: "h" } },
                    ],
                },
            },
        }
    };
}

/// W_g·x_t + R_g·h_{t−1} + b_g of the bare cell; the gates before this one are skipped.
macro_rules! bare {
    ($gate:literal, $skip:expr) => {
        Expr::Sum {
            of: &[
                Expr::Affine { weight: "weight_ih", bias: Some("_bias_"), skip: $skip, axes: PER_UNIT, of: &Expr::X },
                recurrent!(KERNEL, $gate),
            ],
        }
    };
}

/// The same of the whole layer, whose gates read `of` head by head.
macro_rules! full {
    ($gate:literal, $weight:literal, $of:expr) => {
        Expr::Sum {
            of: &[
                Expr::Along {
                    axes: PER_UNIT,
                    of: &Expr::SumOver {
                        axis: "E",
                        of: &Expr::Product {
                            of: &[Expr::Parameter { name: $weight, axes: HEADS }, Expr::Along { axes: HEADS_IN, of: &$of }],
                        },
                    },
                },
                recurrent!(KERNEL_FULL, $gate),
                Expr::Pick { axis: "G", index: $gate, of: &BIAS_FULL },
            ],
        }
    };
}

const A_Z: Expr = bare!(2, &["H", "H"]);
const A_O: Expr = bare!(3, &["H", "H", "H"]);
const NEWEST: Expr = Expr::Newest { axis: "K", of: &Expr::Now { lane: "window" } };
const SMOOTH: Expr = Expr::Now { lane: "u" };
const A_Z_FULL: Expr = full!(2, "zgate.weight", NEWEST);
const A_O_FULL: Expr = full!(3, "ogate.weight", NEWEST);

const ONE: Expr = Expr::Constant { value: 1.0 };
/// 1 once something has been written, else 0.
pub const WRITTEN: Expr = Expr::Greater {
    a: &Expr::SumOver { axis: "H", of: &Expr::Call { function: Function::Abs, of: &N_BEFORE } },
    b: &Expr::Constant { value: 0.0 },
};
pub const EMPTY: Expr = Expr::OneMinus { of: &WRITTEN };
const LEFT: Expr = Expr::Difference { a: &NOW_K, b: &NOW_M };

const LANE: Lane =
    Lane { name: "", title: "", kind: Kind::Internal, range: None, carried: false, output: false, axes: PER_UNIT, equation: &ONE };

const INPUT_RAW: Lane = Lane { name: "ĩ", title: "input gate before its exponential", equation: &bare!(0, &[]), ..LANE };
const FORGET_RAW: Lane = Lane { name: "f̃", title: "forget gate before its sigmoid", equation: &bare!(1, &["H"]), ..LANE };
const KEPT: Lane = Lane {
    name: "k",
    title: "log scale of what is kept",
    equation: &Expr::Sum { of: &[Expr::Call { function: Function::LogSigmoid, of: &NOW_A_F }, Expr::Before { lane: "m" }] },
    ..LANE
};
const STABILISER: Lane = Lane {
    name: "m",
    title: "stabiliser",
    kind: Kind::State,
    carried: true,
    equation: &Expr::Sum {
        of: &[Expr::Product { of: &[WRITTEN, Expr::Maximum { a: &NOW_K, b: &NOW_A_I }] }, Expr::Product { of: &[EMPTY, NOW_A_I] }],
    },
    ..LANE
};
const INPUT_GATE: Lane = Lane {
    name: "i",
    title: "input gate",
    kind: Kind::Gate,
    range: Some((0.0, 1.0)),
    equation: &Expr::Call { function: Function::Exp, of: &Expr::Difference { a: &NOW_A_I, b: &NOW_M } },
    ..LANE
};
const FORGET_GATE: Lane = Lane {
    name: "f",
    title: "forget gate",
    kind: Kind::Gate,
    range: Some((0.0, 1.0)),
    // min(e^(k − m), 1) while nothing is written; from then on k ≤ m anyway.
    equation: &Expr::Call {
        function: Function::Exp,
        of: &Expr::Difference { a: &LEFT, b: &Expr::Product { of: &[EMPTY, Expr::Call { function: Function::Relu, of: &LEFT }] } },
    },
    ..LANE
};
const INPUT_GATE_FREE: Lane =
    Lane { name: "i", title: "input gate, without bound", equation: &Expr::Call { function: Function::Exp, of: &NOW_A_I }, ..LANE };
const FORGET_GATE_FREE: Lane = Lane { equation: &Expr::Call { function: Function::Sigmoid, of: &NOW_A_F }, ..FORGET_GATE };
const CANDIDATE: Lane = Lane {
    name: "z",
    title: "candidate",
    kind: Kind::Candidate,
    range: Some((-1.0, 1.0)),
    equation: &Expr::Call { function: Function::Tanh, of: &A_Z },
    ..LANE
};
const OUTPUT_GATE: Lane = Lane {
    name: "o",
    title: "output gate",
    kind: Kind::Gate,
    range: Some((0.0, 1.0)),
    equation: &Expr::Call { function: Function::Sigmoid, of: &A_O },
    ..LANE
};
const MEMORY: Lane = Lane {
    name: "c",
    title: "cell state",
    kind: Kind::State,
    carried: true,
    equation: &Expr::Sum { of: &[Expr::Product { of: &[NOW_F, C_BEFORE] }, Expr::Product { of: &[NOW_I, NOW_Z] }] },
    ..LANE
};
const NORMALISER: Lane = Lane {
    name: "n",
    title: "normaliser",
    kind: Kind::State,
    carried: true,
    equation: &Expr::Sum { of: &[Expr::Product { of: &[NOW_F, N_BEFORE] }, NOW_I] },
    ..LANE
};
const HIDDEN: Lane = Lane {
    name: "h",
    title: "hidden state",
    kind: Kind::State,
    range: Some((-1.0, 1.0)),
    carried: true,
    output: true,
    equation: &Expr::Product { of: &[NOW_O, Expr::Quotient { a: &NOW_C, b: &NOW_N }] },
    ..LANE
};

// ---- the whole layer ----

pub const CONV: Expr = Expr::Parameter { name: "conv1d.conv.weight", axes: &["H", "K"] };
/// The convolution's sum, before its SiLU.
pub const SMOOTHED: Expr = Expr::Sum {
    of: &[
        Expr::SumOver { axis: "K", of: &Expr::Product { of: &[CONV, Expr::Now { lane: "window" }] } },
        Expr::Parameter { name: "conv1d.conv.bias", axes: PER_UNIT },
    ],
};
const H_HEADS: Expr = Expr::Along { axes: HEADS_OUT, of: &Expr::Now { lane: "h" } };
const APART: Expr = Expr::Difference { a: &H_HEADS, b: &Expr::MeanOver { axis: "D", of: &H_HEADS } };
/// Standard deviation of a head's h, kept from 0.
pub const SPREAD: Expr = Expr::Call {
    function: Function::Sqrt,
    of: &Expr::Sum { of: &[Expr::MeanOver { axis: "D", of: &Expr::Product { of: &[APART, APART] } }, Expr::Constant { value: 1e-5 }] },
};
/// A head's h, centred and divided by its spread.
pub const NORMED: Expr = Expr::Quotient { a: &APART, b: &SPREAD };
pub const NORM_SCALE: Expr = Expr::Sum { of: &[ONE, Expr::Parameter { name: "group_norm.weight", axes: PER_UNIT }] };

const WINDOW: Lane = Lane {
    name: "window",
    title: "inputs that the convolution sees",
    kind: Kind::State,
    carried: true,
    axes: &["H", "K"],
    equation: &Expr::Push {
        axis: "K",
        of: &Expr::Before { lane: "window" },
        new: &Expr::Affine { weight: "encoder.weight", bias: Some("encoder.bias"), skip: &[], axes: PER_UNIT, of: &Expr::X },
    },
    ..LANE
};
const SMOOTH_INPUT: Lane =
    Lane { name: "u", title: "smoothed input", equation: &Expr::Call { function: Function::Silu, of: &SMOOTHED }, ..LANE };
// The reference feeds what its igate yields to f and what its fgate yields to i; files of weights are made that way.
const INPUT_RAW_FULL: Lane = Lane { equation: &full!(0, "fgate.weight", SMOOTH), ..INPUT_RAW };
const FORGET_RAW_FULL: Lane = Lane { equation: &full!(1, "igate.weight", SMOOTH), ..FORGET_RAW };
const CANDIDATE_FULL: Lane = Lane { equation: &Expr::Call { function: Function::Tanh, of: &A_Z_FULL }, ..CANDIDATE };
const OUTPUT_GATE_FULL: Lane = Lane { equation: &Expr::Call { function: Function::Sigmoid, of: &A_O_FULL }, ..OUTPUT_GATE };
const HIDDEN_FULL: Lane = Lane { output: false, ..HIDDEN };
const SHOWN: Lane = Lane {
    name: "y",
    title: "output, normalised",
    output: true,
    equation: &Expr::Product { of: &[NORM_SCALE, Expr::Along { axes: PER_UNIT, of: &NORMED }] },
    ..LANE
};

// ---- parameters ----

const PARAMETERS: &[Parameter] = &[
    Parameter { name: "weight_ih", title: "input weights W", shape: &["4H", "I"], bias: false },
    Parameter { name: "_recurrent_kernel_", title: "recurrent weights R, head by head", shape: &["NH", "4D", "D"], bias: false },
    Parameter { name: "_bias_", title: "bias b", shape: &["4H"], bias: false },
];
const PARAMETERS_FULL: &[Parameter] = &[
    Parameter { name: "encoder.weight", title: "encoder, where I is not H", shape: &["H", "I"], bias: false },
    Parameter { name: "encoder.bias", title: "bias of the encoder", shape: &["H"], bias: false },
    Parameter { name: "conv1d.conv.weight", title: "convolution", shape: &["H", "1", "K"], bias: false },
    Parameter { name: "conv1d.conv.bias", title: "bias of the convolution", shape: &["H"], bias: false },
    Parameter { name: "fgate.weight", title: "weights of ĩ (named fgate in the reference)", shape: &["NH", "D", "D"], bias: false },
    Parameter { name: "igate.weight", title: "weights of f̃ (named igate in the reference)", shape: &["NH", "D", "D"], bias: false },
    Parameter { name: "zgate.weight", title: "weights of z", shape: &["NH", "D", "D"], bias: false },
    Parameter { name: "ogate.weight", title: "weights of o", shape: &["NH", "D", "D"], bias: false },
    Parameter { name: "slstm_cell._recurrent_kernel_", title: "recurrent weights R, head by head", shape: &["NH", "4D", "D"], bias: false },
    Parameter { name: "slstm_cell._bias_", title: "bias b", shape: &["4H"], bias: false },
    Parameter { name: "group_norm.weight", title: "scale of the norm, less 1", shape: &["H"], bias: false },
];
const COUNT: &str = "4H·(I + H/NH + 1)";
const COUNT_FULL: &str = "H·(8H/NH + K + 6), and H·(I + 1) where I is not H";

// ---- sub-steps ----

const TO_WINDOW: SubStep = SubStep {
    lane: "window",
    title: "Window of inputs",
    text: "The newest input comes in at one end, the oldest falls out at the other: so much the convolution sees.",
};
const TO_SMOOTH: SubStep = SubStep {
    lane: "u",
    title: "Smoothed input",
    text: "A weighted sum of the last few inputs, so that the gates of memory can react to a short pattern rather than to one moment.",
};
const TO_INPUT_RAW: SubStep = SubStep {
    lane: "ĩ",
    title: "Input gate, before its exponential",
    text: "How strongly the new should be written, as a logarithm: one more is 2.7 times as strong, and nothing bounds it.",
};
const TO_FORGET_RAW: SubStep = SubStep {
    lane: "f̃",
    title: "Forget gate, before its sigmoid",
    text: "Whether the old should be kept: far above 0 whole, far below 0 not at all.",
};
const TO_KEPT: SubStep = SubStep {
    lane: "k",
    title: "Scale of what is kept",
    text: "How strong the old still is after forgetting, as a logarithm: its scale so far, less what is forgotten now.",
};
const TO_STABILISER: SubStep = SubStep {
    lane: "m",
    title: "Stabiliser",
    text: "The stronger of the old and the new sets the scale that both are measured by, so that no exponential overflows; h does not depend on it.",
};
const TO_INPUT_GATE: SubStep = SubStep {
    lane: "i",
    title: "Input gate",
    text: "Weight of the new, measured by the common scale: at most 1, and 1 exactly where the new is the stronger.",
};
const TO_FORGET_GATE: SubStep = SubStep {
    lane: "f",
    title: "Forget gate",
    text: "Weight of the old by the same scale: a new value that is much stronger drives it to 0, which is how a memory is overwritten in one step.",
};
const TO_INPUT_GATE_FREE: SubStep = SubStep {
    lane: "i",
    title: "Input gate",
    text: "The exponential as it stands: unlike a sigmoid it never saturates, and from about 89 on a 32-bit number cannot hold it.",
};
const TO_FORGET_GATE_FREE: SubStep =
    SubStep { lane: "f", title: "Forget gate", text: "How much of the old is kept: 1 keeps it whole, 0 erases it." };
const TO_CANDIDATE: SubStep = SubStep { lane: "z", title: "Candidate", text: "The new content that could be written, between −1 and 1." };
const TO_OUTPUT_GATE: SubStep = SubStep { lane: "o", title: "Output gate", text: "How much of the memory is shown to the outside." };
const TO_MEMORY: SubStep =
    SubStep { lane: "c", title: "Cell state", text: "Keep a share of the old sum, add the new content with its weight." };
const TO_NORMALISER: SubStep = SubStep {
    lane: "n",
    title: "Normaliser",
    text: "The same sum of the weights alone: how much weight has been written in all, and not yet forgotten.",
};
const TO_HIDDEN: SubStep = SubStep {
    lane: "h",
    title: "Hidden state",
    text: "Cell state by normaliser is the weighted mean of all contents ever written: however strong the gates, it stays between −1 and 1.",
};
const TO_SHOWN: SubStep = SubStep {
    lane: "y",
    title: "Output",
    text: "Within each head h is centred and divided by its spread, so that every head speaks equally loud.",
};

const SOURCES: &[&str] = &[
    "M. Beck, K. Pöppel, M. Spanring, A. Auer, O. Prudnikova, M. Kopp, G. Klambauer, J. Brandstetter, S. Hochreiter. xLSTM: Extended Long Short-Term Memory. NeurIPS 2024, arXiv:2405.04517, equations 8–17.",
    "NX-AI/xlstm: sLSTMCell (vanilla backend), sLSTMLayer",
];

pub const BARE: Spec = Spec {
    name: "slstm",
    title: "sLSTM",
    lanes: &[INPUT_RAW, FORGET_RAW, KEPT, STABILISER, INPUT_GATE, FORGET_GATE, CANDIDATE, OUTPUT_GATE, MEMORY, NORMALISER, HIDDEN],
    blocks: &[],
    parameters: PARAMETERS,
    count: COUNT,
    steps: &[
        TO_INPUT_RAW,
        TO_FORGET_RAW,
        TO_KEPT,
        TO_STABILISER,
        TO_INPUT_GATE,
        TO_FORGET_GATE,
        TO_CANDIDATE,
        TO_OUTPUT_GATE,
        TO_MEMORY,
        TO_NORMALISER,
        TO_HIDDEN,
    ],
    backward: BACK_BARE,
    memory: None,
    complex: &[],
    derived: &[],
    matrix: None,
    diagram: DIAGRAM_BARE,
    sources: SOURCES,
};

pub const BARE_FREE: Spec = Spec {
    title: "sLSTM, without stabiliser",
    lanes: &[INPUT_RAW, FORGET_RAW, INPUT_GATE_FREE, FORGET_GATE_FREE, CANDIDATE, OUTPUT_GATE, MEMORY, NORMALISER, HIDDEN],
    steps: &[
        TO_INPUT_RAW,
        TO_FORGET_RAW,
        TO_INPUT_GATE_FREE,
        TO_FORGET_GATE_FREE,
        TO_CANDIDATE,
        TO_OUTPUT_GATE,
        TO_MEMORY,
        TO_NORMALISER,
        TO_HIDDEN,
    ],
    backward: BACK_BARE_FREE,
    diagram: DIAGRAM_BARE_FREE,
    ..BARE
};

pub const FULL: Spec = Spec {
    title: "sLSTM layer",
    lanes: &[
        WINDOW,
        SMOOTH_INPUT,
        INPUT_RAW_FULL,
        FORGET_RAW_FULL,
        KEPT,
        STABILISER,
        INPUT_GATE,
        FORGET_GATE,
        CANDIDATE_FULL,
        OUTPUT_GATE_FULL,
        MEMORY,
        NORMALISER,
        HIDDEN_FULL,
        SHOWN,
    ],
    parameters: PARAMETERS_FULL,
    count: COUNT_FULL,
    steps: &[
        TO_WINDOW,
        TO_SMOOTH,
        TO_INPUT_RAW,
        TO_FORGET_RAW,
        TO_KEPT,
        TO_STABILISER,
        TO_INPUT_GATE,
        TO_FORGET_GATE,
        TO_CANDIDATE,
        TO_OUTPUT_GATE,
        TO_MEMORY,
        TO_NORMALISER,
        TO_HIDDEN,
        TO_SHOWN,
    ],
    backward: BACK_FULL,
    diagram: DIAGRAM_FULL,
    ..BARE
};

pub const FULL_FREE: Spec = Spec {
    title: "sLSTM layer, without stabiliser",
    lanes: &[
        WINDOW,
        SMOOTH_INPUT,
        INPUT_RAW_FULL,
        FORGET_RAW_FULL,
        INPUT_GATE_FREE,
        FORGET_GATE_FREE,
        CANDIDATE_FULL,
        OUTPUT_GATE_FULL,
        MEMORY,
        NORMALISER,
        HIDDEN_FULL,
        SHOWN,
    ],
    steps: &[
        TO_WINDOW,
        TO_SMOOTH,
        TO_INPUT_RAW,
        TO_FORGET_RAW,
        TO_INPUT_GATE_FREE,
        TO_FORGET_GATE_FREE,
        TO_CANDIDATE,
        TO_OUTPUT_GATE,
        TO_MEMORY,
        TO_NORMALISER,
        TO_HIDDEN,
        TO_SHOWN,
    ],
    backward: BACK_FULL_FREE,
    diagram: DIAGRAM_FULL_FREE,
    ..FULL
};
