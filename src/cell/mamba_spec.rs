//! What Mamba says about itself.

use super::spec::*;
use super::{Expr, Function};

pub const OPTIONS: &[CellOption] = &[
    CellOption {
        name: "state",
        title: "States per channel",
        values: &[],
        size: Some(SizeRange { symbol: "N", default: 8, low: 1, high: 64 }),
    },
    CellOption {
        name: "conv",
        title: "Taps of the convolution",
        values: &[],
        size: Some(SizeRange { symbol: "K", default: 4, low: 1, high: 8 }),
    },
    CellOption {
        name: "expand",
        title: "Channels per unit",
        values: &[],
        size: Some(SizeRange { symbol: "expand", default: 2, low: 1, high: 4 }),
    },
];

const CHANNELS: &[&str] = &["E"];
const STATES: &[&str] = &["E", "N"];
const TAPS: &[&str] = &["E", "K"];

const fn now(lane: &'static str) -> Expr {
    Expr::Now { lane }
}
const fn gradient(lane: &'static str) -> Expr {
    Expr::Gradient { lane }
}
const fn call(function: Function, of: &'static Expr) -> Expr {
    Expr::Call { function, of }
}
const fn lane(name: &'static str, title: &'static str, kind: Kind, axes: &'static [&'static str], equation: &'static Expr) -> Lane {
    Lane { name, title, kind, range: None, carried: false, output: false, axes, equation }
}
const fn affine(weight: &'static str, skip: &'static [&'static str], axes: &'static [&'static str], of: &'static Expr) -> Expr {
    Expr::Affine { weight, bias: None, skip, axes, of }
}
/// Back through the rows of x_proj that made a lane.
const fn selected_by(skip: &'static [&'static str], rows: &'static [&'static str], of: &'static Expr) -> Expr {
    Expr::AffineTransposed { weight: "x_proj.weight", skip, rows, axes: CHANNELS, of }
}

const MINUS: Expr = Expr::Constant { value: -1.0 };
const RATES: Expr = Expr::Derived { name: "A" };
const TAP_WEIGHTS: Expr = Expr::Parameter { name: "conv1d.weight", axes: TAPS };
const SKIP: Expr = Expr::Parameter { name: "D", axes: CHANNELS };
const CONVOLVED: Expr = Expr::Sum {
    of: &[
        Expr::SumOver { axis: "K", of: &Expr::Product { of: &[now("window"), TAP_WEIGHTS] } },
        Expr::Parameter { name: "conv1d.bias", axes: CHANNELS },
    ],
};
const BEFORE_SOFTPLUS: Expr =
    Expr::Affine { weight: "dt_proj.weight", bias: Some("dt_proj.bias"), skip: &[], axes: CHANNELS, of: &now("r") };
const GATED: Expr = Expr::Product { of: &[now("y"), call(Function::Silu, &now("z"))] };
/// ∂L/∂(y∘SiLU(z))
const BACK_OUT: Expr = Expr::AffineTransposed { weight: "out_proj.weight", skip: &[], rows: PER_UNIT, axes: CHANNELS, of: &gradient("h") };
/// 1 − e^−Δ, the slope of softplus in terms of its value.
const SOFTPLUS_SLOPE: Expr = Expr::OneMinus { of: &call(Function::Exp, &Expr::Product { of: &[MINUS, now("delta")] }) };

/// Decay, Δ, u and B are known before the states are: the register that they come from is a window on the input.
pub static RECURRENCE: Recurrence = Recurrence {
    real: Part { lane: "s", decay: &now("decay"), input: &Expr::Product { of: &[now("delta"), now("u"), now("B")] } },
    imaginary: None,
};

pub static SPEC: Spec = Spec {
    name: "mamba",
    title: "Mamba",
    lanes: &[
        Lane {
            carried: true,
            ..lane(
                "window",
                "last inputs",
                Kind::State,
                TAPS,
                &Expr::Push { axis: "K", of: &Expr::Before { lane: "window" }, new: &affine("in_proj.weight", &[], CHANNELS, &Expr::X) },
            )
        },
        lane("u", "what enters", Kind::Candidate, CHANNELS, &call(Function::Silu, &CONVOLVED)),
        lane("r", "Δ in short", Kind::Internal, &["R"], &affine("x_proj.weight", &[], &["R"], &now("u"))),
        lane("B", "where it is written", Kind::Internal, &["N"], &affine("x_proj.weight", &["R"], &["N"], &now("u"))),
        lane("C", "where it is read", Kind::Internal, &["N"], &affine("x_proj.weight", &["R", "N"], &["N"], &now("u"))),
        lane("delta", "step Δ: how much is let in", Kind::Internal, CHANNELS, &call(Function::Softplus, &BEFORE_SOFTPLUS)),
        Lane {
            range: Some((0.0, 1.0)),
            ..lane(
                "decay",
                "decay exp(ΔA): how much is kept",
                Kind::Gate,
                STATES,
                &call(Function::Exp, &Expr::Product { of: &[now("delta"), RATES] }),
            )
        },
        Lane {
            carried: true,
            ..lane(
                "s",
                "state",
                Kind::State,
                STATES,
                &Expr::Sum {
                    of: &[
                        Expr::Product { of: &[now("decay"), Expr::Before { lane: "s" }] },
                        Expr::Product { of: &[now("delta"), now("u"), now("B")] },
                    ],
                },
            )
        },
        lane(
            "y",
            "what is read",
            Kind::Internal,
            CHANNELS,
            &Expr::Sum {
                of: &[
                    Expr::SumOver { axis: "N", of: &Expr::Product { of: &[now("s"), now("C")] } },
                    Expr::Product { of: &[SKIP, now("u")] },
                ],
            },
        ),
        lane("z", "gate, before its SiLU", Kind::Internal, CHANNELS, &affine("in_proj.weight", &["E"], CHANNELS, &Expr::X)),
        Lane { output: true, ..lane("h", "output", Kind::State, PER_UNIT, &affine("out_proj.weight", &[], PER_UNIT, &GATED)) },
    ],
    blocks: &[],
    parameters: &[
        Parameter { name: "A_log", title: "rates, as logarithms: A = −exp(A_log)", shape: &["E", "N"], bias: false },
        Parameter { name: "D", title: "skip", shape: &["E"], bias: false },
        Parameter { name: "in_proj.weight", title: "in-projection: what enters, then the gate", shape: &["2E", "I"], bias: false },
        Parameter { name: "conv1d.weight", title: "taps of the convolution, the newest last", shape: &["E", "1", "K"], bias: false },
        Parameter { name: "conv1d.bias", title: "bias of the convolution", shape: &["E"], bias: false },
        Parameter { name: "x_proj.weight", title: "what the input chooses: Δ in short, B, C", shape: &["R+2N", "E"], bias: false },
        Parameter { name: "dt_proj.weight", title: "from Δ in short to Δ", shape: &["E", "R"], bias: false },
        Parameter { name: "dt_proj.bias", title: "Δ where nothing is chosen, before softplus", shape: &["E"], bias: false },
        Parameter { name: "out_proj.weight", title: "out-projection", shape: &["H", "E"], bias: false },
    ],
    count: "E·(2I + H + K + 2R + 3N + 3)",
    steps: &[
        SubStep {
            lane: "window",
            title: "Last inputs",
            text: "The input, spread over the channels, is appended to a register of the last few; the oldest falls out.",
        },
        SubStep {
            lane: "u",
            title: "What enters",
            text: "A weighted sum over the register, channel by channel, then SiLU: a look at the last few inputs instead of one.",
        },
        SubStep {
            lane: "r",
            title: "Δ in short",
            text: "The input says in a few numbers how far time shall move; the next step but two spreads them.",
        },
        SubStep {
            lane: "B",
            title: "Where it is written",
            text: "The input chooses how strongly each of the N states of every channel takes it in.",
        },
        SubStep {
            lane: "C",
            title: "Where it is read",
            text: "The input chooses how strongly each of the N states of every channel is heard now.",
        },
        SubStep {
            lane: "delta",
            title: "Step Δ",
            text: "How much this token is let in and the past forgotten: near 0 the token is ignored and everything kept, large writes it over the past.",
        },
        SubStep {
            lane: "decay",
            title: "Decay",
            text: "What is left of each state after a step of Δ: exp(ΔA), with A negative, always between 0 (forgotten) and 1 (kept).",
        },
        SubStep {
            lane: "s",
            title: "State",
            text: "Keep a share of the old, add the new, times Δ and B. No matrix and no squashing: for given inputs it is linear, so it can be computed in parallel.",
        },
        SubStep {
            lane: "y",
            title: "What is read",
            text: "The states of a channel, weighted by C and added up; what entered goes past them by the skip D.",
        },
        SubStep {
            lane: "z",
            title: "Gate",
            text: "A second projection of the input, without convolution; its SiLU opens or shuts each channel.",
        },
        SubStep {
            lane: "h",
            title: "Output",
            text: "What is read, times the gate, mixed down to the output. It is not fed back: only the state and the register are.",
        },
    ],
    backward: &[
        BackStep {
            target: Target::Lane { lane: "h" },
            title: "Gradient of the output",
            text: "Only what arrives from above: no later step reads the output.",
            equation: &Expr::Upstream,
        },
        BackStep {
            target: Target::Lane { lane: "y" },
            title: "What was read",
            text: "Back through the out-projection, as far as the gate was open.",
            equation: &Expr::Product { of: &[BACK_OUT, call(Function::Silu, &now("z"))] },
        },
        BackStep {
            target: Target::Lane { lane: "z" },
            title: "Gate",
            text: "The gate answers for what it let through, times the slope of SiLU.",
            equation: &Expr::Product { of: &[BACK_OUT, now("y"), call(Function::SiluSlope, &now("z"))] },
        },
        BackStep {
            target: Target::Lane { lane: "s" },
            title: "Gradient of the state",
            text: "What the following step passed along the state, plus what was read of it now.",
            equation: &Expr::Sum { of: &[Expr::Arriving { lane: "s" }, Expr::Product { of: &[gradient("y"), now("C")] }] },
        },
        BackStep {
            target: Target::Lane { lane: "C" },
            title: "Where it was read",
            text: "C answers for the states that it let be heard, in all channels.",
            equation: &Expr::SumOver { axis: "E", of: &Expr::Product { of: &[gradient("y"), now("s")] } },
        },
        BackStep {
            target: Target::Lane { lane: "decay" },
            title: "Decay",
            text: "The decay answers for the old state.",
            equation: &Expr::Product { of: &[gradient("s"), Expr::Before { lane: "s" }] },
        },
        BackStep {
            target: Target::Lane { lane: "B" },
            title: "Where it was written",
            text: "B answers for what it wrote, in all channels.",
            equation: &Expr::SumOver { axis: "E", of: &Expr::Product { of: &[gradient("s"), now("delta"), now("u")] } },
        },
        BackStep {
            target: Target::Lane { lane: "delta" },
            title: "Step Δ",
            text: "Δ answers twice: for what it let in, and for what it let be forgotten.",
            equation: &Expr::Sum {
                of: &[
                    Expr::SumOver { axis: "N", of: &Expr::Product { of: &[gradient("s"), now("B"), now("u")] } },
                    Expr::SumOver { axis: "N", of: &Expr::Product { of: &[gradient("decay"), now("decay"), RATES] } },
                ],
            },
        },
        BackStep {
            target: Target::Lane { lane: "r" },
            title: "Δ in short",
            text: "Through softplus, whose slope is 1 − e^−Δ, and back through the projection.",
            equation: &Expr::AffineTransposed {
                weight: "dt_proj.weight",
                skip: &[],
                rows: CHANNELS,
                axes: &["R"],
                of: &Expr::Product { of: &[gradient("delta"), SOFTPLUS_SLOPE] },
            },
        },
        BackStep {
            target: Target::Lane { lane: "u" },
            title: "What entered",
            text: "By the skip, by what it wrote, and by all that it chose: Δ, B and C.",
            equation: &Expr::Sum {
                of: &[
                    Expr::Product { of: &[gradient("y"), SKIP] },
                    Expr::SumOver { axis: "N", of: &Expr::Product { of: &[gradient("s"), now("delta"), now("B")] } },
                    selected_by(&[], &["R"], &gradient("r")),
                    selected_by(&["R"], &["N"], &gradient("B")),
                    selected_by(&["R", "N"], &["N"], &gradient("C")),
                ],
            },
        },
        BackStep {
            target: Target::Lane { lane: "window" },
            title: "Last inputs",
            text: "What later steps passed along the register, plus this step's share through SiLU and the taps.",
            equation: &Expr::Sum {
                of: &[
                    Expr::Arriving { lane: "window" },
                    Expr::Product { of: &[gradient("u"), call(Function::SiluSlope, &CONVOLVED), TAP_WEIGHTS] },
                ],
            },
        },
        BackStep {
            target: Target::Passed { lane: "s" },
            title: "Passed along the state",
            text: "Only the decay stands in the way, state by state: where this token was ignored the gradient arrives whole.",
            equation: &Expr::Product { of: &[gradient("s"), now("decay")] },
        },
        BackStep {
            target: Target::Passed { lane: "window" },
            title: "Passed along the register",
            text: "Each place answers to the one that it came from; after K steps nothing is left.",
            equation: &Expr::PushedBack { axis: "K", of: &gradient("window") },
        },
    ],
    memory: None,
    complex: &[],
    derived: &[Derived {
        name: "A",
        title: "rates A: how fast each state forgets",
        axes: STATES,
        equation: &Expr::Product { of: &[MINUS, call(Function::Exp, &Expr::Parameter { name: "A_log", axes: STATES })] },
    }],
    matrix: None,
    diagram: DIAGRAM,
    sources: &[
        "A. Gu, T. Dao. Mamba: Linear-Time Sequence Modeling with Selective State Spaces. arXiv:2312.00752, 2023: algorithm 2 (S6), equations 2a, 2b and 4, figure 3 (the block).",
        "Euler's rule for B instead of equation 4's, as the reference computes it: selective_scan_ref in mamba_ssm/ops/selective_scan_interface.py.",
        "mamba_ssm.modules.mamba_simple.Mamba (state-spaces/mamba)",
    ],
};

const DIAGRAM: Diagram = Diagram {
    width: 146.0,
    height: 88.0,
    nodes: &[
        Node { id: "s_before", shape: Shape::Before { lane: "s" }, x: 8.0, y: 12.0 },
        Node { id: "window_before", shape: Shape::Before { lane: "window" }, x: 8.0, y: 58.0 },
        Node { id: "x", shape: Shape::Input, x: 8.0, y: 80.0 },
        Node { id: "window", shape: Shape::Block { lane: "window" }, x: 24.0, y: 58.0 },
        Node { id: "u", shape: Shape::Block { lane: "u" }, x: 40.0, y: 58.0 },
        Node { id: "r", shape: Shape::Block { lane: "r" }, x: 40.0, y: 42.0 },
        Node { id: "delta", shape: Shape::Block { lane: "delta" }, x: 56.0, y: 42.0 },
        Node { id: "decay", shape: Shape::Block { lane: "decay" }, x: 56.0, y: 27.0 },
        Node { id: "keep", shape: Shape::Operation { sign: "×" }, x: 56.0, y: 12.0 },
        Node { id: "dose", shape: Shape::Operation { sign: "×" }, x: 69.0, y: 42.0 },
        Node { id: "B", shape: Shape::Block { lane: "B" }, x: 82.0, y: 58.0 },
        Node { id: "write", shape: Shape::Operation { sign: "×" }, x: 82.0, y: 42.0 },
        Node { id: "add", shape: Shape::Operation { sign: "+" }, x: 82.0, y: 12.0 },
        Node { id: "C", shape: Shape::Block { lane: "C" }, x: 98.0, y: 58.0 },
        Node { id: "s", shape: Shape::Lane { lane: "s" }, x: 98.0, y: 12.0 },
        Node { id: "read", shape: Shape::Operation { sign: "×" }, x: 98.0, y: 30.0 },
        Node { id: "skip", shape: Shape::Operation { sign: "+" }, x: 111.0, y: 30.0 },
        Node { id: "y", shape: Shape::Block { lane: "y" }, x: 124.0, y: 30.0 },
        Node { id: "z", shape: Shape::Block { lane: "z" }, x: 106.0, y: 80.0 },
        Node { id: "gate", shape: Shape::Operation { sign: "×" }, x: 124.0, y: 80.0 },
        Node { id: "h", shape: Shape::Lane { lane: "h" }, x: 138.0, y: 80.0 },
    ],
    wires: &[
        Wire { from: "window_before", to: "window", via: &[] },
        Wire { from: "x", to: "window", via: &[(24.0, 80.0)] },
        Wire { from: "window", to: "u", via: &[] },
        Wire { from: "u", to: "r", via: &[] },
        Wire { from: "r", to: "delta", via: &[] },
        Wire { from: "delta", to: "decay", via: &[] },
        Wire { from: "decay", to: "keep", via: &[] },
        Wire { from: "s_before", to: "keep", via: &[] },
        Wire { from: "keep", to: "add", via: &[] },
        Wire { from: "delta", to: "dose", via: &[] },
        Wire { from: "u", to: "dose", via: &[(69.0, 58.0)] },
        Wire { from: "u", to: "B", via: &[] },
        Wire { from: "dose", to: "write", via: &[] },
        Wire { from: "B", to: "write", via: &[] },
        Wire { from: "write", to: "add", via: &[] },
        Wire { from: "add", to: "s", via: &[] },
        Wire { from: "u", to: "C", via: &[(40.0, 68.0), (98.0, 68.0)] },
        Wire { from: "s", to: "read", via: &[] },
        Wire { from: "C", to: "read", via: &[] },
        Wire { from: "read", to: "skip", via: &[] },
        Wire { from: "u", to: "skip", via: &[(40.0, 68.0), (111.0, 68.0)] },
        Wire { from: "skip", to: "y", via: &[] },
        Wire { from: "x", to: "z", via: &[] },
        Wire { from: "z", to: "gate", via: &[] },
        Wire { from: "y", to: "gate", via: &[] },
        Wire { from: "gate", to: "h", via: &[] },
    ],
};
