//! The way back through the sLSTM, as equations.

use super::slstm_spec::*;
use super::spec::*;
use super::{Expr, Function};

const D_I: Expr = Expr::Gradient { lane: "i" };
const D_F: Expr = Expr::Gradient { lane: "f" };
const D_C: Expr = Expr::Gradient { lane: "c" };
const D_N: Expr = Expr::Gradient { lane: "n" };
const D_H: Expr = Expr::Gradient { lane: "h" };
const D_M: Expr = Expr::Gradient { lane: "m" };
const D_A_I: Expr = Expr::Gradient { lane: "ĩ" };
const D_A_F: Expr = Expr::Gradient { lane: "f̃" };
/// Through tanh, and through a sigmoid: ∂L/∂ of the pre-activations of z and o.
const D_A_Z: Expr = Expr::Product { of: &[Expr::Gradient { lane: "z" }, Expr::Call { function: Function::TanhSlope, of: &NOW_Z }] };
const D_A_O: Expr = Expr::Product { of: &[Expr::Gradient { lane: "o" }, Expr::Call { function: Function::SigmoidSlope, of: &NOW_O }] };

/// Each head's weights, transposed, times what its units answer for.
macro_rules! through {
    ($weight:expr, $of:expr) => {
        Expr::Along {
            axes: PER_UNIT,
            of: &Expr::SumOver { axis: "D", of: &Expr::Product { of: &[$weight, Expr::Along { axes: HEADS_OUT, of: &$of }] } },
        }
    };
}
macro_rules! recurrent {
    ($kernel:expr) => {
        Expr::Sum {
            of: &[
                through!(Expr::Pick { axis: "G", index: 0, of: &$kernel }, D_A_I),
                through!(Expr::Pick { axis: "G", index: 1, of: &$kernel }, D_A_F),
                through!(Expr::Pick { axis: "G", index: 2, of: &$kernel }, D_A_Z),
                through!(Expr::Pick { axis: "G", index: 3, of: &$kernel }, D_A_O),
            ],
        }
    };
}
macro_rules! gate {
    ($name:literal, $of:expr) => {
        through!(Expr::Parameter { name: $name, axes: HEADS }, $of)
    };
}

/// 1 where the forget gate answers to k and m: not while it is cut off at 1.
const FREE: Expr = Expr::OneMinus { of: &Expr::Product { of: &[EMPTY, Expr::Greater { a: &NOW_K, b: &NOW_M }] } };
/// 1 where the old sets the scale.
const KEEPS: Expr = Expr::Product { of: &[WRITTEN, Expr::Greater { a: &NOW_K, b: &NOW_A_I }] };

const HIDDEN: BackStep = BackStep {
    target: Target::Lane { lane: "h" },
    title: "Gradient of the hidden state",
    text: "What arrives from above at this step, plus what the following step passed back.",
    equation: &Expr::Sum { of: &[Expr::Upstream, Expr::Arriving { lane: "h" }] },
};
const OUTPUT_GATE: BackStep = BackStep {
    target: Target::Lane { lane: "o" },
    title: "Output gate",
    text: "The output gate answers for the mean that it let through.",
    equation: &Expr::Product { of: &[D_H, Expr::Quotient { a: &NOW_C, b: &NOW_N }] },
};
const MEMORY: BackStep = BackStep {
    target: Target::Lane { lane: "c" },
    title: "Gradient of the cell state",
    text: "What the following step passed along the cell state, plus what comes in through h, divided as h is.",
    equation: &Expr::Sum { of: &[Expr::Arriving { lane: "c" }, Expr::Product { of: &[D_H, Expr::Quotient { a: &NOW_O, b: &NOW_N }] }] },
};
const NORMALISER: BackStep = BackStep {
    target: Target::Lane { lane: "n" },
    title: "Gradient of the normaliser",
    text: "More weight in all makes the mean smaller: the same with the sign turned, times the mean.",
    equation: &Expr::Difference {
        a: &Expr::Arriving { lane: "n" },
        b: &Expr::Product { of: &[D_H, Expr::Quotient { a: &NOW_O, b: &NOW_N }, Expr::Quotient { a: &NOW_C, b: &NOW_N }] },
    },
};
const FORGET_GATE: BackStep = BackStep {
    target: Target::Lane { lane: "f" },
    title: "Forget gate",
    text: "The forget gate answers for the old content and for its weight.",
    equation: &Expr::Sum { of: &[Expr::Product { of: &[D_C, C_BEFORE] }, Expr::Product { of: &[D_N, N_BEFORE] }] },
};
const INPUT_GATE: BackStep = BackStep {
    target: Target::Lane { lane: "i" },
    title: "Input gate",
    text: "The input gate answers for the candidate and for its weight.",
    equation: &Expr::Sum { of: &[Expr::Product { of: &[D_C, NOW_Z] }, D_N] },
};
const CANDIDATE: BackStep = BackStep {
    target: Target::Lane { lane: "z" },
    title: "Candidate",
    text: "The candidate answers as far as it was let in.",
    equation: &Expr::Product { of: &[D_C, NOW_I] },
};
const STABILISER: BackStep = BackStep {
    target: Target::Lane { lane: "m" },
    title: "Stabiliser",
    text: "A larger scale makes both gates smaller. Over the whole sequence this cancels, since h does not depend on the scale.",
    equation: &Expr::Difference {
        a: &Expr::Arriving { lane: "m" },
        b: &Expr::Sum { of: &[Expr::Product { of: &[D_I, NOW_I] }, Expr::Product { of: &[D_F, NOW_F, FREE] }] },
    },
};
const KEPT: BackStep = BackStep {
    target: Target::Lane { lane: "k" },
    title: "Scale of what is kept",
    text: "Through the forget gate's exponential, whose slope is its value, and through the stabiliser where the old set the scale.",
    equation: &Expr::Sum { of: &[Expr::Product { of: &[D_F, NOW_F, FREE] }, Expr::Product { of: &[D_M, KEEPS] }] },
};
const INPUT_RAW: BackStep = BackStep {
    target: Target::Lane { lane: "ĩ" },
    title: "Through the input gate's exponential",
    text: "The slope of an exponential is its value: no saturation as with a sigmoid. And through the stabiliser where the new set the scale.",
    equation: &Expr::Sum { of: &[Expr::Product { of: &[D_I, NOW_I] }, Expr::Product { of: &[D_M, Expr::OneMinus { of: &KEEPS }] }] },
};
const FORGET_RAW: BackStep = BackStep {
    target: Target::Lane { lane: "f̃" },
    title: "Through the forget gate's logarithm",
    text: "The slope of ln σ is 1 − σ: nothing passes where all is kept.",
    equation: &Expr::Product {
        of: &[Expr::Gradient { lane: "k" }, Expr::OneMinus { of: &Expr::Call { function: Function::Sigmoid, of: &NOW_A_F } }],
    },
};
const INPUT_RAW_FREE: BackStep = BackStep {
    text: "The slope of an exponential is its value: no saturation as with a sigmoid.",
    equation: &Expr::Product { of: &[D_I, NOW_I] },
    ..INPUT_RAW
};
const FORGET_RAW_FREE: BackStep = BackStep {
    title: "Through the forget gate's sigmoid",
    text: "Times the slope f(1 − f).",
    equation: &Expr::Product { of: &[D_F, Expr::Call { function: Function::SigmoidSlope, of: &NOW_F }] },
    ..FORGET_RAW
};
const PASSED_MEMORY: BackStep = BackStep {
    target: Target::Passed { lane: "c" },
    title: "Passed along the cell state",
    text: "Only the forget gate stands in the way.",
    equation: &Expr::Product { of: &[D_C, NOW_F] },
};
const PASSED_NORMALISER: BackStep = BackStep {
    target: Target::Passed { lane: "n" },
    title: "Passed along the normaliser",
    text: "Through the same forget gate.",
    equation: &Expr::Product { of: &[D_N, NOW_F] },
};
const PASSED_STABILISER: BackStep = BackStep {
    target: Target::Passed { lane: "m" },
    title: "Passed along the stabiliser",
    text: "The old scale counts as far as what is kept does.",
    equation: &Expr::Gradient { lane: "k" },
};
const PASSED_HIDDEN: BackStep = BackStep {
    target: Target::Passed { lane: "h" },
    title: "Passed along the hidden state",
    text: "Through the recurrent weights, transposed, summed over the four gates; each head to its own units.",
    equation: &recurrent!(KERNEL),
};

// ---- the whole layer ----

const SHOWN: BackStep = BackStep {
    target: Target::Lane { lane: "y" },
    title: "Gradient of the output",
    text: "What arrives from above at this step. The output is not handed on, so that nothing else arrives.",
    equation: &Expr::Upstream,
};
/// ∂L/∂ of a head's h after centring and division.
const D_NORMED: Expr = Expr::Along { axes: HEADS_OUT, of: &Expr::Product { of: &[Expr::Gradient { lane: "y" }, NORM_SCALE] } };
const HIDDEN_FULL: BackStep = BackStep {
    text: "Back through the norm, which lets neither a common shift nor a common stretch of a head through, plus what the following step passed back.",
    equation: &Expr::Sum {
        of: &[
            Expr::Arriving { lane: "h" },
            Expr::Along {
                axes: PER_UNIT,
                of: &Expr::Quotient {
                    a: &Expr::Difference {
                        a: &Expr::Difference { a: &D_NORMED, b: &Expr::MeanOver { axis: "D", of: &D_NORMED } },
                        b: &Expr::Product { of: &[NORMED, Expr::MeanOver { axis: "D", of: &Expr::Product { of: &[D_NORMED, NORMED] } }] },
                    },
                    b: &SPREAD,
                },
            },
        ],
    },
    ..HIDDEN
};
const SMOOTH: BackStep = BackStep {
    target: Target::Lane { lane: "u" },
    title: "Smoothed input",
    text: "Through the weights of the input and the forget gate, transposed, head by head.",
    equation: &Expr::Sum { of: &[gate!("fgate.weight", D_A_I), gate!("igate.weight", D_A_F)] },
};
const WINDOW: BackStep = BackStep {
    target: Target::Lane { lane: "window" },
    title: "Window of inputs",
    text: "What the following step passed back, what comes through the convolution, and, for the newest, what comes through z and o.",
    equation: &Expr::Sum {
        of: &[
            Expr::Arriving { lane: "window" },
            Expr::Product { of: &[Expr::Gradient { lane: "u" }, Expr::Call { function: Function::SiluSlope, of: &SMOOTHED }, CONV] },
            Expr::Push {
                axis: "K",
                of: &Expr::Product { of: &[Expr::Constant { value: 0.0 }, CONV] },
                new: &Expr::Sum { of: &[gate!("zgate.weight", D_A_Z), gate!("ogate.weight", D_A_O)] },
            },
        ],
    },
};
const PASSED_WINDOW: BackStep = BackStep {
    target: Target::Passed { lane: "window" },
    title: "Passed along the window",
    text: "Each input's part goes back to the place where it stood one step before.",
    equation: &Expr::PushedBack { axis: "K", of: &Expr::Gradient { lane: "window" } },
};
const PASSED_HIDDEN_FULL: BackStep = BackStep { equation: &recurrent!(KERNEL_FULL), ..PASSED_HIDDEN };

pub const BACK_BARE: &[BackStep] = &[
    HIDDEN,
    OUTPUT_GATE,
    MEMORY,
    NORMALISER,
    FORGET_GATE,
    INPUT_GATE,
    CANDIDATE,
    STABILISER,
    KEPT,
    INPUT_RAW,
    FORGET_RAW,
    PASSED_MEMORY,
    PASSED_NORMALISER,
    PASSED_STABILISER,
    PASSED_HIDDEN,
];
pub const BACK_BARE_FREE: &[BackStep] = &[
    HIDDEN,
    OUTPUT_GATE,
    MEMORY,
    NORMALISER,
    FORGET_GATE,
    INPUT_GATE,
    CANDIDATE,
    INPUT_RAW_FREE,
    FORGET_RAW_FREE,
    PASSED_MEMORY,
    PASSED_NORMALISER,
    PASSED_HIDDEN,
];
pub const BACK_FULL: &[BackStep] = &[
    SHOWN,
    HIDDEN_FULL,
    OUTPUT_GATE,
    MEMORY,
    NORMALISER,
    FORGET_GATE,
    INPUT_GATE,
    CANDIDATE,
    STABILISER,
    KEPT,
    INPUT_RAW,
    FORGET_RAW,
    SMOOTH,
    WINDOW,
    PASSED_MEMORY,
    PASSED_NORMALISER,
    PASSED_STABILISER,
    PASSED_HIDDEN_FULL,
    PASSED_WINDOW,
];
pub const BACK_FULL_FREE: &[BackStep] = &[
    SHOWN,
    HIDDEN_FULL,
    OUTPUT_GATE,
    MEMORY,
    NORMALISER,
    FORGET_GATE,
    INPUT_GATE,
    CANDIDATE,
    INPUT_RAW_FREE,
    FORGET_RAW_FREE,
    SMOOTH,
    WINDOW,
    PASSED_MEMORY,
    PASSED_NORMALISER,
    PASSED_HIDDEN_FULL,
    PASSED_WINDOW,
];
