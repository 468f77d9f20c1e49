//! What S4D says of itself: options, parameters, steps forward and backward, diagram.

use super::s4d::{Init, S4d};
use super::s4d_equations::*;
use super::spec::*;
use super::{Cell, Expr, Function, Options, Recognised};

// Lanes in tape order.
pub(super) const U: usize = 0;
pub(super) const X_RE: usize = 1;
pub(super) const X_IM: usize = 2;
pub(super) const Y: usize = 3;
pub(super) const G: usize = 4;
pub(super) const V: usize = 5;
pub(super) const O: usize = 6;
pub(super) const HIDDEN: usize = 7;

/// The family: initialisation of A, discretisation, with or without the layer on top, and N.
pub struct Family;

const INITS: [(&str, Init); 3] = [("lin", Init::Lin), ("inv", Init::Inv), ("real", Init::Real)];

const fn cell(init: Init, kind: usize) -> S4d {
    S4d { init, bilinear: kind / 2 == 1, full: kind % 2 == 1 }
}

const fn kinds(init: Init) -> [S4d; 4] {
    [cell(init, 0), cell(init, 1), cell(init, 2), cell(init, 3)]
}

static CELLS: [[S4d; 4]; 3] = [kinds(Init::Lin), kinds(Init::Inv), kinds(Init::Real)];

/// The variant that these options choose.
pub(super) fn chosen(options: &Options) -> &'static S4d {
    let is = |name: &str, value: &str| options.get(name).is_some_and(|v| v == value);
    let init = INITS.iter().position(|(name, _)| is("init", name)).unwrap_or(0);
    &CELLS[init][2 * usize::from(is("discretisation", "bilinear")) + usize::from(is("layer", "full"))]
}

impl super::Family for Family {
    fn name(&self) -> &'static str {
        "s4d"
    }
    fn title(&self) -> &'static str {
        "S4D"
    }
    fn options(&self) -> &'static [CellOption] {
        &[
            CellOption {
                name: "init",
                title: "Start of A",
                values: &[
                    OptionValue { name: "lin", title: "S4D-Lin: −½ + iπn" },
                    OptionValue { name: "inv", title: "S4D-Inv: inverse frequencies" },
                    OptionValue { name: "real", title: "S4D-Real: −(n + 1)" },
                ],
                size: None,
            },
            CellOption {
                name: "discretisation",
                title: "Discretisation",
                values: &[
                    OptionValue { name: "zoh", title: "zero-order hold" },
                    OptionValue { name: "bilinear", title: "bilinear (trapezoids)" },
                ],
                size: None,
            },
            CellOption {
                name: "layer",
                title: "Layer",
                values: &[
                    OptionValue { name: "bare", title: "the state-space model alone" },
                    OptionValue { name: "full", title: "with GELU, matrix and GLU" },
                ],
                size: None,
            },
            CellOption {
                name: "state",
                title: "State size per unit",
                values: &[],
                size: Some(SizeRange { symbol: "N", default: 16, low: 2, high: 256 }),
            },
        ]
    }
    fn recognise(&self, shape: &dyn Fn(&str) -> Option<Vec<usize>>) -> Option<Recognised> {
        let [hidden, modes, 2] = shape("kernel.C")?[..] else { return None };
        let [rows, input] = shape("encoder.weight").unwrap_or(vec![hidden; 2])[..] else { return None };
        let layer = if shape("output_linear.0.weight").is_some() { "full" } else { "bare" };
        let fits = rows == hidden && shape("kernel.log_dt")? == [hidden] && shape("kernel.A_imag")? == [hidden, modes];
        let options = Options::from([("layer".into(), layer.into()), ("state".into(), (2 * modes).to_string())]);
        fits.then_some(Recognised { input, hidden, options })
    }
    fn f32(&self, options: &Options) -> &'static dyn Cell<f32> {
        chosen(options)
    }
    #[cfg(feature = "double")]
    fn f64(&self, options: &Options) -> &'static dyn Cell<f64> {
        chosen(options)
    }
}

/// By discretisation (zero-order hold, bilinear) and layer (bare, full).
pub(super) static SPECS: [[Spec; 2]; 2] = [[HOLD, Spec { ..FULL }], [BILINEAR, Spec { derived: BILINEAR.derived, ..FULL }]];

const fn parameter(name: &'static str, title: &'static str, shape: &'static [&'static str]) -> Parameter {
    Parameter { name, title, shape, bias: false }
}
const ENCODER_WEIGHT: Parameter = parameter("encoder.weight", "encoder, only where I ≠ H", &["H", "I"]);
const ENCODER_BIAS: Parameter = parameter("encoder.bias", "its bias, only where I ≠ H", &["H"]);
const PARAMETER_D: Parameter = parameter("D", "skip D", &["H"]);
const PARAMETER_C: Parameter = parameter("kernel.C", "read-out C, real and imaginary", &["H", "M", "2"]);
const PARAMETER_DT: Parameter = parameter("kernel.log_dt", "logarithm of the step Δ", &["H"]);
const PARAMETER_DECAY: Parameter = parameter("kernel.log_A_real", "logarithm of −Re A", &["H", "M"]);
const PARAMETER_TURN: Parameter = parameter("kernel.A_imag", "Im A", &["H", "M"]);

const STEP_U: SubStep = SubStep {
    lane: "u",
    title: "Input of each unit",
    text: "Every unit reads one number: the input itself where there are as many inputs as units, else a mixture of them.",
};
const STEP_X_RE: SubStep = SubStep {
    lane: "x_re",
    title: "State, real part",
    text: "Each unit keeps N/2 oscillators. A step turns and shrinks each by the same Ā, whatever the input is, and adds a push by the input.",
};
const STEP_X_IM: SubStep = SubStep {
    lane: "x_im",
    title: "State, imaginary part",
    text: "The other half of the same oscillators: turning moves what was real into here and back. No unit sees another one, and nothing is squashed.",
};
const STEP_Y: SubStep = SubStep {
    lane: "y",
    title: "Read-out",
    text: "A weighted sum of the unit's oscillators, doubled for their conjugate twins that are not stored, and the input itself, weighted with D.",
};

const BACK_X_RE: BackStep = BackStep {
    target: Target::Lane { lane: "x_re" },
    title: "Gradient of the state, real part",
    text: "What the following step passed back, plus what comes in through the read-out.",
    equation: &Expr::Sum { of: &[Expr::Arriving { lane: "x_re" }, Expr::Product { of: &[number(2.0), C_RE, gradient("y")] }] },
};
const BACK_X_IM: BackStep = BackStep {
    target: Target::Lane { lane: "x_im" },
    title: "Gradient of the state, imaginary part",
    text: "The same for the other part; it counts negatively in the read-out.",
    equation: &Expr::Difference { a: &Expr::Arriving { lane: "x_im" }, b: &Expr::Product { of: &[number(2.0), C_IM, gradient("y")] } },
};
const BACK_U: BackStep = BackStep {
    target: Target::Lane { lane: "u" },
    title: "Input of each unit",
    text: "Past the state by D, and through every oscillator that the input pushed.",
    equation: &Expr::Sum {
        of: &[
            Expr::Product { of: &[D, gradient("y")] },
            Expr::SumOver {
                axis: "M",
                of: &Expr::Sum {
                    of: &[Expr::Product { of: &[IN_RE, gradient("x_re")] }, Expr::Product { of: &[IN_IM, gradient("x_im")] }],
                },
            },
        ],
    },
};
const PASSED_RE: BackStep = BackStep {
    target: Target::Passed { lane: "x_re" },
    title: "Passed to the step before, real part",
    text: "Turned back and shrunk by the same Ā at every step: neither the input nor the state has a say in how fast the gradient fades.",
    equation: &Expr::Sum { of: &[Expr::Product { of: &[STEP_RE, gradient("x_re")] }, Expr::Product { of: &[STEP_IM, gradient("x_im")] }] },
};
const PASSED_IM: BackStep = BackStep {
    target: Target::Passed { lane: "x_im" },
    title: "Passed to the step before, imaginary part",
    text: "The other part of the same turn.",
    equation: &Expr::Difference {
        a: &Expr::Product { of: &[STEP_RE, gradient("x_im")] },
        b: &Expr::Product { of: &[STEP_IM, gradient("x_re")] },
    },
};

const fn node(id: &'static str, shape: Shape, x: f64, y: f64) -> Node {
    Node { id, shape, x, y }
}
const fn wire(from: &'static str, to: &'static str, via: &'static [(f64, f64)]) -> Wire {
    Wire { from, to, via }
}
const N_RE_BEFORE: Node = node("re_before", Shape::Before { lane: "x_re" }, 8.0, 14.0);
const N_IM_BEFORE: Node = node("im_before", Shape::Before { lane: "x_im" }, 8.0, 40.0);
const N_X: Node = node("x", Shape::Input, 16.0, 70.0);
const N_U: Node = node("u", Shape::Block { lane: "u" }, 36.0, 58.0);
const N_TURN: Node = node("turn", Shape::Operation { sign: "Ā" }, 36.0, 27.0);
const N_PUSH: Node = node("push", Shape::Operation { sign: "B̄" }, 57.0, 58.0);
const N_RE: Node = node("x_re", Shape::Lane { lane: "x_re" }, 74.0, 14.0);
const N_IM: Node = node("x_im", Shape::Lane { lane: "x_im" }, 74.0, 40.0);
const N_READ: Node = node("read", Shape::Operation { sign: "2 Re C" }, 91.0, 27.0);
const N_SKIP: Node = node("skip", Shape::Operation { sign: "D" }, 91.0, 58.0);
const N_Y: Node = node("y", Shape::Lane { lane: "y" }, 110.0, 27.0);
const W_RE_TURN: Wire = wire("re_before", "turn", &[(36.0, 14.0)]);
const W_IM_TURN: Wire = wire("im_before", "turn", &[(36.0, 40.0)]);
const W_TURN_RE: Wire = wire("turn", "x_re", &[(50.0, 27.0), (50.0, 14.0)]);
const W_TURN_IM: Wire = wire("turn", "x_im", &[(50.0, 27.0), (50.0, 40.0)]);
const W_X_U: Wire = wire("x", "u", &[(16.0, 58.0)]);
const W_U_PUSH: Wire = wire("u", "push", &[]);
const W_PUSH_RE: Wire = wire("push", "x_re", &[(57.0, 17.0)]);
const W_PUSH_IM: Wire = wire("push", "x_im", &[(57.0, 43.0)]);
const W_RE_READ: Wire = wire("x_re", "read", &[(91.0, 14.0)]);
const W_IM_READ: Wire = wire("x_im", "read", &[(91.0, 40.0)]);
const W_READ_Y: Wire = wire("read", "y", &[]);
const W_U_SKIP: Wire = wire("u", "skip", &[(36.0, 68.0), (91.0, 68.0)]);
const W_SKIP_Y: Wire = wire("skip", "y", &[(110.0, 58.0)]);

const HOLD: Spec = Spec {
    name: "s4d",
    title: "S4D",
    lanes: BARE_LANES,
    complex: &[Complex { symbol: "x", title: "state", re: "x_re", im: "x_im" }],
    derived: BY_HOLD,
    blocks: &[],
    parameters: &[ENCODER_WEIGHT, ENCODER_BIAS, PARAMETER_D, PARAMETER_C, PARAMETER_DT, PARAMETER_DECAY, PARAMETER_TURN],
    count: "2H·(N + 1) + [I ≠ H]·H·(I + 1)",
    steps: &[STEP_U, STEP_X_RE, STEP_X_IM, STEP_Y],
    backward: &[
        BackStep {
            target: Target::Lane { lane: "y" },
            title: "Gradient of the read-out",
            text: "What arrives from above at this step. The following step saw the state, not the read-out: nothing comes from there.",
            equation: &Expr::Upstream,
        },
        BACK_X_RE,
        BACK_X_IM,
        BACK_U,
        PASSED_RE,
        PASSED_IM,
    ],
    memory: None,
    matrix: None,
    diagram: Diagram {
        width: 120.0,
        height: 76.0,
        nodes: &[N_RE_BEFORE, N_IM_BEFORE, N_X, N_U, N_TURN, N_PUSH, N_RE, N_IM, N_READ, N_SKIP, N_Y],
        wires: &[
            W_RE_TURN, W_IM_TURN, W_TURN_RE, W_TURN_IM, W_X_U, W_U_PUSH, W_PUSH_RE, W_PUSH_IM, W_RE_READ, W_IM_READ, W_READ_Y, W_U_SKIP,
            W_SKIP_Y,
        ],
    },
    sources: &[
        "A. Gu, A. Gupta, K. Goel, C. Ré. On the Parameterization and Initialization of Diagonal State Space Models. NeurIPS 2022, arXiv:2206.11893: §3 discretisation and kernel, §4 initialisation.",
        "A. Gu, K. Goel, C. Ré. Efficiently Modeling Long Sequences with Structured State Spaces. ICLR 2022, arXiv:2111.00396.",
        "models/s4/s4d.py of state-spaces/s4",
    ],
};

const BILINEAR: Spec = Spec { derived: BY_TRAPEZOIDS, ..HOLD };

const SLOPED_O: Expr = Expr::Product { of: &[gradient("o"), Expr::Call { function: Function::SigmoidSlope, of: &now("o") }] };

const FULL: Spec = Spec {
    lanes: FULL_LANES,
    parameters: &[
        ENCODER_WEIGHT,
        ENCODER_BIAS,
        PARAMETER_D,
        PARAMETER_C,
        PARAMETER_DT,
        PARAMETER_DECAY,
        PARAMETER_TURN,
        parameter(OUT_WEIGHT, "output matrix W", &["2H", "H", "1"]),
        parameter("output_linear.0.bias", "output bias b", &["2H"]),
    ],
    count: "2H·(N + 1) + 2H·(H + 1) + [I ≠ H]·H·(I + 1)",
    steps: &[
        STEP_U,
        STEP_X_RE,
        STEP_X_IM,
        STEP_Y,
        SubStep {
            lane: "g",
            title: "GELU",
            text: "The first bend: what is clearly positive stays, what is clearly negative goes. Up to here the output was linear in all inputs.",
        },
        SubStep { lane: "v", title: "Value", text: "Here the units meet for the first time: each value is a mixture of all of them." },
        SubStep { lane: "o", title: "Gate", text: "A second mixture, squashed to 0 … 1, decides how much of each value is shown." },
        SubStep {
            lane: "h",
            title: "Output",
            text: "The value through its gate. It goes upwards only: the next step sees the state x, not this.",
        },
    ],
    backward: &[
        BackStep {
            target: Target::Lane { lane: "h" },
            title: "Gradient of the output",
            text: "What arrives from above at this step. The following step saw the state, not the output: nothing comes from there.",
            equation: &Expr::Upstream,
        },
        BackStep {
            target: Target::Lane { lane: "v" },
            title: "Value",
            text: "The value answers as far as it was shown.",
            equation: &Expr::Product { of: &[gradient("h"), now("o")] },
        },
        BackStep {
            target: Target::Lane { lane: "o" },
            title: "Gate",
            text: "The gate answers for the value that it let through.",
            equation: &Expr::Product { of: &[gradient("h"), now("v")] },
        },
        BackStep {
            target: Target::Lane { lane: "g" },
            title: "Back through the matrix",
            text: "Through the weights of values and gates, transposed; the gates' part first through the slope o(1 − o) of their sigmoid.",
            equation: &Expr::Sum {
                of: &[
                    Expr::AffineTransposed { weight: OUT_WEIGHT, skip: &[], rows: PER_UNIT, axes: PER_UNIT, of: &gradient("v") },
                    Expr::AffineTransposed { weight: OUT_WEIGHT, skip: PER_UNIT, rows: PER_UNIT, axes: PER_UNIT, of: &SLOPED_O },
                ],
            },
        },
        BackStep {
            target: Target::Lane { lane: "y" },
            title: "Back through the GELU",
            text: "Times the slope of the GELU at y.",
            equation: &Expr::Product { of: &[gradient("g"), Expr::Call { function: Function::GeluSlope, of: &now("y") }] },
        },
        BACK_X_RE,
        BACK_X_IM,
        BACK_U,
        PASSED_RE,
        PASSED_IM,
    ],
    diagram: Diagram {
        width: 176.0,
        height: 76.0,
        nodes: &[
            N_RE_BEFORE,
            N_IM_BEFORE,
            N_X,
            N_U,
            N_TURN,
            N_PUSH,
            N_RE,
            N_IM,
            N_READ,
            N_SKIP,
            N_Y,
            node("g", Shape::Lane { lane: "g" }, 127.0, 27.0),
            node("v", Shape::Block { lane: "v" }, 146.0, 14.0),
            node("o", Shape::Block { lane: "o" }, 146.0, 40.0),
            node("show", Shape::Operation { sign: "×" }, 157.0, 27.0),
            node("h", Shape::Lane { lane: "h" }, 168.0, 27.0),
        ],
        wires: &[
            W_RE_TURN,
            W_IM_TURN,
            W_TURN_RE,
            W_TURN_IM,
            W_X_U,
            W_U_PUSH,
            W_PUSH_RE,
            W_PUSH_IM,
            W_RE_READ,
            W_IM_READ,
            W_READ_Y,
            W_U_SKIP,
            W_SKIP_Y,
            wire("y", "g", &[]),
            wire("g", "v", &[(136.0, 27.0), (136.0, 14.0)]),
            wire("g", "o", &[(136.0, 27.0), (136.0, 40.0)]),
            wire("v", "show", &[(157.0, 14.0)]),
            wire("o", "show", &[(157.0, 40.0)]),
            wire("show", "h", &[]),
        ],
    },
    ..HOLD
};
