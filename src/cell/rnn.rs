//! The vanilla (Elman) RNN: h_t = φ(W_i x_t + b_i + W_h h_{t−1} + b_h), φ tanh or ReLU. As `torch.nn.RNN`.

use super::gated::{Unit, Values};
use super::hold::Hold;
use super::spec::*;
use super::{Cell, Expr, Function, Options};
use crate::math::Real;

const H: usize = 0;

/// `RELU`: max(a, 0) instead of tanh(a).
pub struct Rnn<const RELU: bool>;

impl<const RELU: bool> Unit for Rnn<RELU> {
    const SPEC: &'static Spec = if RELU { &RELU_SPEC } else { &TANH_SPEC };
    const ONE_SUM: bool = true;

    #[inline(always)]
    fn forward<V: Real>(ax: &Values<V>, ah: &Values<V>, _prev: &Values<V>, cur: &mut Values<V>, hold: &impl Hold<V>) {
        let a = ax[H] + ah[H];
        cur[H] = hold.at(H, if RELU { a.relu() } else { a.tanh() });
    }

    #[inline(always)]
    fn backward<V: Real>(
        _prev: &Values<V>,
        cur: &Values<V>,
        d: &mut Values<V>,
        _dprev: &mut Values<V>,
        dax: &mut Values<V>,
        _dah: &mut Values<V>,
        hold: &impl Hold<V>,
    ) {
        let dh = hold.back(H, d[H]);
        dax[H] = if RELU { cur[H].relu_back(dh) } else { dh * cur[H].tanh_slope() };
    }
}

/// The family: `nonlinearity` tanh (default) or relu.
pub struct Family;

impl super::Family for Family {
    fn name(&self) -> &'static str {
        "rnn"
    }
    fn title(&self) -> &'static str {
        "Vanilla RNN"
    }
    fn options(&self) -> &'static [CellOption] {
        &[CellOption {
            name: "nonlinearity",
            title: "Nonlinearity",
            values: &[OptionValue { name: "tanh", title: "tanh" }, OptionValue { name: "relu", title: "ReLU" }],
            size: None,
        }]
    }
    fn f32(&self, options: &Options) -> &'static dyn Cell<f32> {
        if options["nonlinearity"] == "relu" { &Rnn::<true> } else { &Rnn::<false> }
    }
    #[cfg(feature = "double")]
    fn f64(&self, options: &Options) -> &'static dyn Cell<f64> {
        if options["nonlinearity"] == "relu" { &Rnn::<true> } else { &Rnn::<false> }
    }
}

const A: Expr = Expr::Sum { of: &[Expr::Input { block: "h" }, Expr::Recurrent { block: "h", of: &Expr::Before { lane: "h" } }] };

const DH: BackStep = BackStep {
    target: Target::Lane { lane: "h" },
    title: "Gradient of the hidden state",
    text: "What arrives from above at this step, plus what the following step passed back.",
    equation: &Expr::Sum { of: &[Expr::Upstream, Expr::Arriving { lane: "h" }] },
};

const PASSED: BackStep = BackStep {
    target: Target::Passed { lane: "h" },
    title: "Passed to the step before",
    text: "The same weights, transposed. This product is repeated at every step back in time: it decides whether the gradient vanishes or explodes.",
    equation: &Expr::Transposed { block: "h", of: &Expr::BlockGradient { block: "h" } },
};

const DIAGRAM: Diagram = Diagram {
    width: 120.0,
    height: 48.0,
    nodes: &[
        Node { id: "h_before", shape: Shape::Before { lane: "h" }, x: 8.0, y: 15.0 },
        Node { id: "x", shape: Shape::Input, x: 60.0, y: 42.0 },
        Node { id: "h", shape: Shape::Block { lane: "h" }, x: 60.0, y: 15.0 },
        Node { id: "h_out", shape: Shape::Lane { lane: "h" }, x: 112.0, y: 15.0 },
    ],
    wires: &[
        Wire { from: "h_before", to: "h", via: &[] },
        Wire { from: "x", to: "h", via: &[] },
        Wire { from: "h", to: "h_out", via: &[] },
    ],
};

const PARAMETERS: &[Parameter] = &[
    Parameter { name: "weight_ih", title: "input weights W_i", shape: &["H", "I"], bias: false },
    Parameter { name: "weight_hh", title: "recurrent weights W_h", shape: &["H", "H"], bias: false },
    Parameter { name: "bias_ih", title: "input bias b_i", shape: &["H"], bias: true },
    Parameter { name: "bias_hh", title: "recurrent bias b_h", shape: &["H"], bias: true },
];

const SOURCES: &[&str] = &["J. L. Elman. Finding Structure in Time. Cognitive Science 14, 1990.", "torch.nn.RNN"];

static TANH_SPEC: Spec = Spec {
    name: "rnn",
    title: "Vanilla RNN (tanh)",
    lanes: &[Lane {
        name: "h",
        title: "hidden state",
        kind: Kind::State,
        range: Some((-1.0, 1.0)),
        carried: true,
        output: true,
        axes: PER_UNIT,
        equation: &Expr::Call { function: Function::Tanh, of: &A },
    }],
    complex: &[],
    derived: &[],
    blocks: &["h"],
    parameters: PARAMETERS,
    count: "H·(I + H + 2)",
    steps: &[SubStep {
        lane: "h",
        title: "New hidden state",
        text: "Mix the input with the old state by the weights, then squash to −1…1. Nothing protects the old state: every step rewrites all of it.",
    }],
    backward: &[
        DH,
        BackStep {
            target: Target::Block { block: "h" },
            title: "Through the tanh",
            text: "Times the slope of tanh, 1 − h²: near 0 where the unit is saturated.",
            equation: &Expr::Product {
                of: &[Expr::Gradient { lane: "h" }, Expr::Call { function: Function::TanhSlope, of: &Expr::Now { lane: "h" } }],
            },
        },
        PASSED,
    ],
    memory: None,
    matrix: None,
    diagram: DIAGRAM,
    sources: SOURCES,
};

static RELU_SPEC: Spec = Spec {
    title: "Vanilla RNN (ReLU)",
    lanes: &[Lane {
        name: "h",
        title: "hidden state",
        kind: Kind::State,
        range: None,
        carried: true,
        output: true,
        axes: PER_UNIT,
        equation: &Expr::Call { function: Function::Relu, of: &A },
    }],
    steps: &[SubStep {
        lane: "h",
        title: "New hidden state",
        text: "Mix the input with the old state by the weights, then cut off what is negative. Nothing bounds it from above: it can explode.",
    }],
    backward: &[
        DH,
        BackStep {
            target: Target::Block { block: "h" },
            title: "Through the ReLU",
            text: "Passes unchanged where the unit is on, and not at all where it is off.",
            equation: &Expr::Product {
                of: &[Expr::Gradient { lane: "h" }, Expr::Call { function: Function::ReluSlope, of: &Expr::Now { lane: "h" } }],
            },
        },
        PASSED,
    ],
    ..TANH_SPEC
};
