//! S4D's constants and lanes, as equations. Complex numbers are written as their two parts, as the tape has them.

use super::spec::*;
use super::{Expr, Function};

pub(super) const MODES: &[&str] = &["H", "M"];

pub(super) const fn named(name: &'static str) -> Expr {
    Expr::Derived { name }
}
pub(super) const fn now(lane: &'static str) -> Expr {
    Expr::Now { lane }
}
pub(super) const fn gradient(lane: &'static str) -> Expr {
    Expr::Gradient { lane }
}
pub(super) const fn number(value: f64) -> Expr {
    Expr::Constant { value }
}

pub(super) const DT: Expr = named("Δ");
pub(super) const A_RE: Expr = named("A_re");
pub(super) const A_IM: Expr = named("A_im");
pub(super) const STEP_RE: Expr = named("Ā_re");
pub(super) const STEP_IM: Expr = named("Ā_im");
pub(super) const IN_RE: Expr = named("B̄_re");
pub(super) const IN_IM: Expr = named("B̄_im");
pub(super) const C_RE: Expr = named("C_re");
pub(super) const C_IM: Expr = named("C_im");
pub(super) const C: Expr = Expr::Parameter { name: "kernel.C", axes: &["H", "M", "2"] };
pub(super) const D: Expr = Expr::Parameter { name: "D", axes: PER_UNIT };

pub(super) const fn constant(name: &'static str, title: &'static str, axes: &'static [&'static str], equation: &'static Expr) -> Derived {
    Derived { name, title, axes, equation }
}

pub(super) const STEP: Derived = constant(
    "Δ",
    "length of a step",
    PER_UNIT,
    &Expr::Call { function: Function::Exp, of: &Expr::Parameter { name: "kernel.log_dt", axes: PER_UNIT } },
);
pub(super) const DECAY: Derived = constant(
    "A_re",
    "how fast a mode decays",
    MODES,
    &Expr::Product {
        of: &[number(-1.0), Expr::Call { function: Function::Exp, of: &Expr::Parameter { name: "kernel.log_A_real", axes: MODES } }],
    },
);
pub(super) const TURN: Derived = constant("A_im", "how fast a mode turns", MODES, &Expr::Parameter { name: "kernel.A_imag", axes: MODES });
pub(super) const READ_RE: Derived =
    constant("C_re", "weight of the real part in the output", MODES, &Expr::Pick { axis: "2", index: 0, of: &C });
pub(super) const READ_IM: Derived =
    constant("C_im", "weight of the imaginary part in the output", MODES, &Expr::Pick { axis: "2", index: 1, of: &C });

pub(super) const SIZE: Expr = Expr::Call { function: Function::Exp, of: &Expr::Product { of: &[DT, A_RE] } };
pub(super) const ANGLE: Expr = Expr::Product { of: &[DT, A_IM] };
pub(super) const BELOW: Expr = Expr::Sum { of: &[Expr::Product { of: &[A_RE, A_RE] }, Expr::Product { of: &[A_IM, A_IM] }] };
pub(super) const GAIN: Expr = Expr::Difference { a: &STEP_RE, b: &number(1.0) };

pub(super) const BY_HOLD: &[Derived] = &[
    STEP,
    DECAY,
    TURN,
    constant(
        "Ā_re",
        "what one step does to a mode, real part of e^(ΔA)",
        MODES,
        &Expr::Product { of: &[SIZE, Expr::Call { function: Function::Cos, of: &ANGLE }] },
    ),
    constant(
        "Ā_im",
        "what one step does to a mode, imaginary part of e^(ΔA)",
        MODES,
        &Expr::Product { of: &[SIZE, Expr::Call { function: Function::Sin, of: &ANGLE }] },
    ),
    constant(
        "B̄_re",
        "how the input enters a mode, real part of (e^(ΔA) − 1)/A",
        MODES,
        &Expr::Quotient { a: &Expr::Sum { of: &[Expr::Product { of: &[GAIN, A_RE] }, Expr::Product { of: &[STEP_IM, A_IM] }] }, b: &BELOW },
    ),
    constant(
        "B̄_im",
        "how the input enters a mode, imaginary part of (e^(ΔA) − 1)/A",
        MODES,
        &Expr::Quotient {
            a: &Expr::Difference { a: &Expr::Product { of: &[STEP_IM, A_RE] }, b: &Expr::Product { of: &[GAIN, A_IM] } },
            b: &BELOW,
        },
    ),
    READ_RE,
    READ_IM,
];

pub(super) const P_RE: Expr = named("p_re");
pub(super) const P_IM: Expr = named("p_im");
pub(super) const P_SQUARE: Expr = Expr::Sum { of: &[Expr::Product { of: &[P_RE, P_RE] }, Expr::Product { of: &[P_IM, P_IM] }] };

pub(super) const BY_TRAPEZOIDS: &[Derived] = &[
    STEP,
    DECAY,
    TURN,
    constant("p_re", "real part of 1 − ΔA/2", MODES, &Expr::OneMinus { of: &Expr::Product { of: &[number(0.5), DT, A_RE] } }),
    constant("p_im", "imaginary part of 1 − ΔA/2", MODES, &Expr::Product { of: &[number(-0.5), DT, A_IM] }),
    constant(
        "Ā_re",
        "what one step does to a mode, real part of (1 + ΔA/2)/(1 − ΔA/2) = 2/p − 1",
        MODES,
        &Expr::Difference { a: &Expr::Quotient { a: &Expr::Product { of: &[number(2.0), P_RE] }, b: &P_SQUARE }, b: &number(1.0) },
    ),
    constant(
        "Ā_im",
        "what one step does to a mode, imaginary part of 2/p − 1",
        MODES,
        &Expr::Quotient { a: &Expr::Product { of: &[number(-2.0), P_IM] }, b: &P_SQUARE },
    ),
    constant(
        "B̄_re",
        "how the input enters a mode, real part of Δ/p",
        MODES,
        &Expr::Quotient { a: &Expr::Product { of: &[DT, P_RE] }, b: &P_SQUARE },
    ),
    constant(
        "B̄_im",
        "how the input enters a mode, imaginary part of Δ/p",
        MODES,
        &Expr::Quotient { a: &Expr::Product { of: &[number(-1.0), DT, P_IM] }, b: &P_SQUARE },
    ),
    READ_RE,
    READ_IM,
];

pub(super) const RE_BEFORE: Expr = Expr::Before { lane: "x_re" };
pub(super) const IM_BEFORE: Expr = Expr::Before { lane: "x_im" };
pub(super) const OUT_WEIGHT: &str = "output_linear.0.weight";
pub(super) const OUT_BIAS: Option<&str> = Some("output_linear.0.bias");

pub(super) static RECURRENCE: Recurrence = Recurrence {
    real: Part { lane: "x_re", decay: &STEP_RE, input: &Expr::Product { of: &[IN_RE, now("u")] } },
    imaginary: Some(Part { lane: "x_im", decay: &STEP_IM, input: &Expr::Product { of: &[IN_IM, now("u")] } }),
};

/// A lane with one value per unit that is not handed on.
pub(super) const PLAIN: Lane = Lane {
    name: "u",
    title: "input of the unit",
    kind: Kind::Internal,
    range: None,
    carried: false,
    output: false,
    axes: PER_UNIT,
    equation: &Expr::Affine { weight: "encoder.weight", bias: Some("encoder.bias"), skip: &[], axes: PER_UNIT, of: &Expr::X },
};
pub(super) const LANE_RE: Lane = Lane {
    name: "x_re",
    title: "state, real part",
    kind: Kind::State,
    carried: true,
    axes: MODES,
    equation: &Expr::Sum {
        of: &[
            Expr::Difference { a: &Expr::Product { of: &[STEP_RE, RE_BEFORE] }, b: &Expr::Product { of: &[STEP_IM, IM_BEFORE] } },
            Expr::Product { of: &[IN_RE, now("u")] },
        ],
    },
    ..PLAIN
};
pub(super) const LANE_IM: Lane = Lane {
    name: "x_im",
    title: "state, imaginary part",
    equation: &Expr::Sum {
        of: &[
            Expr::Product { of: &[STEP_IM, RE_BEFORE] },
            Expr::Product { of: &[STEP_RE, IM_BEFORE] },
            Expr::Product { of: &[IN_IM, now("u")] },
        ],
    },
    ..LANE_RE
};
pub(super) const LANE_Y: Lane = Lane {
    name: "y",
    title: "read-out",
    kind: Kind::State,
    equation: &Expr::Sum {
        of: &[
            Expr::Product {
                of: &[
                    number(2.0),
                    Expr::SumOver {
                        axis: "M",
                        of: &Expr::Difference {
                            a: &Expr::Product { of: &[C_RE, now("x_re")] },
                            b: &Expr::Product { of: &[C_IM, now("x_im")] },
                        },
                    },
                ],
            },
            Expr::Product { of: &[D, now("u")] },
        ],
    },
    ..PLAIN
};
pub(super) const BARE_LANES: &[Lane] = &[PLAIN, LANE_RE, LANE_IM, Lane { output: true, ..LANE_Y }];
pub(super) const FULL_LANES: &[Lane] = &[
    PLAIN,
    LANE_RE,
    LANE_IM,
    LANE_Y,
    Lane { name: "g", title: "after the GELU", equation: &Expr::Call { function: Function::Gelu, of: &now("y") }, ..PLAIN },
    Lane {
        name: "v",
        title: "value of the GLU",
        kind: Kind::Candidate,
        equation: &Expr::Affine { weight: OUT_WEIGHT, bias: OUT_BIAS, skip: &[], axes: PER_UNIT, of: &now("g") },
        ..PLAIN
    },
    Lane {
        name: "o",
        title: "gate of the GLU",
        kind: Kind::Gate,
        range: Some((0.0, 1.0)),
        equation: &Expr::Call {
            function: Function::Sigmoid,
            of: &Expr::Affine { weight: OUT_WEIGHT, bias: OUT_BIAS, skip: PER_UNIT, axes: PER_UNIT, of: &now("g") },
        },
        ..PLAIN
    },
    Lane { name: "h", title: "output", kind: Kind::State, output: true, equation: &Expr::Product { of: &[now("o"), now("v")] }, ..PLAIN },
];
