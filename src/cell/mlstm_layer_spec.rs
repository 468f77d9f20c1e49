//! What the mLSTM's layer says of itself: what stands around the memory of `mlstm_spec`.

use super::mlstm_spec::*;
use super::spec::*;
use super::{Expr, Function};

const CHANNELS: &[&str] = &["D"];
const SMALL: &[&str] = &["P", "P_out", "P_in"];
const SMALL_IN: &[&str] = &["P", "P_in"];
const SMALL_OUT: &[&str] = &["P", "P_out"];
const QKV: &[&str] = &["NH", "3", "D"];

const fn parameter(name: &'static str, axes: &'static [&'static str]) -> Expr {
    Expr::Parameter { name, axes }
}
const fn constant(value: f64) -> Expr {
    Expr::Constant { value }
}
const fn mean(of: &'static Expr) -> Expr {
    Expr::MeanOver { axis: "V", of }
}
/// The part of a gate's weights that meets q, k or v.
const fn part(index: usize, of: &'static Expr) -> Expr {
    Expr::Pick { axis: "3", index, of }
}

const W_Q: Expr = parameter("q_proj.weight", SMALL);
const W_K: Expr = parameter("k_proj.weight", SMALL);
const W_V: Expr = parameter("v_proj.weight", SMALL);
const W_I: Expr = parameter("mlstm_cell.igate.weight", QKV);
const W_F: Expr = parameter("mlstm_cell.fgate.weight", QKV);
const B_I: Expr = parameter("mlstm_cell.igate.bias", HEADS);
const B_F: Expr = parameter("mlstm_cell.fgate.bias", HEADS);
const KERNEL: Expr = parameter("conv1d.conv.weight", &["D", "W"]);
const SKIP: Expr = parameter("learnable_skip", CHANNELS);
const SCALE: Expr = sum(&[constant(1.0), parameter("mlstm_cell.outnorm.weight", CHANNELS)]);

const S_IN: Expr = along(SMALL_IN, &now("s"));
const U_IN: Expr = along(SMALL_IN, &now("u"));
const Q_ALL: Expr = along(CHANNELS, &now("q"));
const K_ALL: Expr = along(CHANNELS, &now("k"));
const V_ALL: Expr = along(CHANNELS, &now("v"));
const CONV: Expr = sum(&[over("W", &product(&[now("window"), KERNEL])), parameter("conv1d.conv.bias", CHANNELS)]);
const OPEN: Expr = call(Function::Silu, &now("z"));
const MIXED: Expr = sum(&[product(&[along(CHANNELS, &now("y")), SCALE]), product(&[SKIP, now("s")])]);
const CENTRED: Expr = Expr::Difference { a: &now("r"), b: &mean(&now("r")) };
const DEVIATION: Expr = call(Function::Sqrt, &sum(&[mean(&product(&[CENTRED, CENTRED])), constant(1e-5)]));
const NORMAL: Expr = Expr::Quotient { a: &CENTRED, b: &DEVIATION };

const GATE_I: Expr = sum(&[
    over("D", &product(&[part(0, &W_I), Q_ALL])),
    over("D", &product(&[part(1, &W_I), K_ALL])),
    over("D", &product(&[part(2, &W_I), V_ALL])),
    B_I,
]);
const GATE_F: Expr = sum(&[
    over("D", &product(&[part(0, &W_F), Q_ALL])),
    over("D", &product(&[part(1, &W_F), K_ALL])),
    over("D", &product(&[part(2, &W_F), V_ALL])),
    B_F,
]);
/// ∂L/∂ of what the forget gate's sigmoid gets.
const D_F: Expr = product(&[MINUS, grad("log_f"), call(Function::Expm1, &now("log_f"))]);
const THROUGH: Expr = product(&[grad("e"), OPEN]);
const D_CONV: Expr = product(&[grad("s"), call(Function::SiluSlope, &CONV)]);

pub static LAYER: Spec = Spec {
    name: "mlstm",
    title: "mLSTM layer",
    lanes: &[
        lane(
            "u",
            "channels",
            Kind::Internal,
            CHANNELS,
            &Expr::Affine { weight: "proj_up.weight", bias: None, skip: &[], axes: CHANNELS, of: &Expr::X },
        ),
        lane(
            "z",
            "output gate before SiLU",
            Kind::Internal,
            CHANNELS,
            &Expr::Affine { weight: "proj_up.weight", bias: None, skip: CHANNELS, axes: CHANNELS, of: &Expr::X },
        ),
        carried("window", "last inputs of the convolution", &["D", "W"], &Expr::Push { axis: "W", of: &before("window"), new: &now("u") }),
        lane("s", "smoothed channels", Kind::Internal, CHANNELS, &call(Function::Silu, &CONV)),
        lane("q", "query", Kind::Candidate, KEYS, &along(KEYS, &over("P_in", &product(&[W_Q, S_IN])))),
        lane("k", "key", Kind::Candidate, KEYS, &along(KEYS, &over("P_in", &product(&[W_K, S_IN])))),
        lane("v", "value", Kind::Candidate, VALUES, &along(VALUES, &over("P_in", &product(&[W_V, U_IN])))),
        lane("log_i", "logarithm of the input gate", Kind::Internal, HEADS, &GATE_I),
        lane("log_f", "logarithm of the forget gate", Kind::Internal, HEADS, &call(Function::LogSigmoid, &GATE_F)),
        STABILISER,
        INPUT_GATE,
        FORGET_GATE,
        MEMORY,
        NORMALISER,
        DIVISOR,
        READ,
        lane("y", "what is read, normalised", Kind::Candidate, VALUES, &NORMAL),
        lane("e", "what the gate lets through", Kind::Internal, CHANNELS, &product(&[MIXED, OPEN])),
        output(&Expr::Affine { weight: "proj_down.weight", bias: None, skip: &[], axes: PER_UNIT, of: &now("e") }),
    ],
    complex: &[],
    derived: &[],
    blocks: &[],
    parameters: &[
        Parameter { name: "learnable_skip", title: "strength of the skip", shape: &["D"], bias: false },
        Parameter { name: "proj_up.weight", title: "projection up, to channels and gate", shape: &["2D", "I"], bias: false },
        Parameter { name: "q_proj.weight", title: "weights of the query, four channels at a time", shape: &["D/4", "4", "4"], bias: false },
        Parameter { name: "k_proj.weight", title: "weights of the key, four channels at a time", shape: &["D/4", "4", "4"], bias: false },
        Parameter { name: "v_proj.weight", title: "weights of the value, four channels at a time", shape: &["D/4", "4", "4"], bias: false },
        Parameter { name: "conv1d.conv.weight", title: "kernel of the convolution", shape: &["D", "1", "W"], bias: false },
        Parameter { name: "conv1d.conv.bias", title: "bias of the convolution", shape: &["D"], bias: false },
        Parameter { name: "mlstm_cell.igate.weight", title: "weights of the input gate", shape: &["NH", "3D"], bias: false },
        Parameter { name: "mlstm_cell.igate.bias", title: "bias of the input gate", shape: &["NH"], bias: false },
        Parameter { name: "mlstm_cell.fgate.weight", title: "weights of the forget gate", shape: &["NH", "3D"], bias: false },
        Parameter { name: "mlstm_cell.fgate.bias", title: "bias of the forget gate", shape: &["NH"], bias: false },
        Parameter { name: "mlstm_cell.outnorm.weight", title: "scale of the norm, less 1", shape: &["D"], bias: false },
        Parameter { name: "proj_down.weight", title: "projection down", shape: &["H", "D"], bias: false },
    ],
    count: "D·(2I + H + 15 + W + 6NH) + 2NH, D = 64·⌈2H/64⌉",
    steps: &[
        SubStep {
            lane: "u",
            title: "Projection up",
            text: "The input, spread over more channels: the memory has one row and one column for each.",
        },
        SubStep {
            lane: "z",
            title: "Output gate, raw",
            text: "A second projection, which will decide channel by channel how much leaves the layer.",
        },
        SubStep {
            lane: "window",
            title: "Window",
            text: "The last few values of every channel; the oldest falls out, the newest comes in.",
        },
        SubStep {
            lane: "s",
            title: "Convolution",
            text: "Each channel's own weighted mean over its window, through SiLU: query and key see a little of the past.",
        },
        STEP_Q,
        STEP_K,
        STEP_V,
        STEP_LOG_I,
        STEP_LOG_F,
        STEP_M,
        STEP_I,
        STEP_F,
        STEP_C,
        STEP_N,
        STEP_D,
        STEP_R,
        SubStep {
            lane: "y",
            title: "Norm",
            text: "Each head's reading is moved to mean 0 and scaled to variance 1, so that no head speaks louder than the others.",
        },
        SubStep {
            lane: "e",
            title: "Skip and gate",
            text: "The reading, rescaled, plus the smoothed channels past the memory; all of it through the gate SiLU(z).",
        },
        SubStep {
            lane: "h",
            title: "Projection down",
            text: "Back to the hidden size. It is not handed on: only the memory and the window are.",
        },
    ],
    backward: &[
        back("h", "Gradient of the hidden state", "What arrives from above. No later step has seen h.", &Expr::Upstream),
        back(
            "e",
            "What the gate let through",
            "Back through the projection down, transposed.",
            &Expr::AffineTransposed { weight: "proj_down.weight", skip: &[], rows: PER_UNIT, axes: CHANNELS, of: &grad("h") },
        ),
        back(
            "z",
            "Output gate, raw",
            "The gate answers for what it let through.",
            &product(&[grad("e"), MIXED, call(Function::SiluSlope, &now("z"))]),
        ),
        back("y", "Norm", "As far as the gate let it through, times the norm's scale.", &along(VALUES, &product(&[THROUGH, SCALE]))),
        back(
            "r",
            "What is read",
            "Through the norm: what all values of a head have in common, and what would only stretch them, makes no difference.",
            &Expr::Quotient {
                a: &Expr::Difference {
                    a: &Expr::Difference { a: &grad("y"), b: &mean(&grad("y")) },
                    b: &product(&[NORMAL, mean(&product(&[grad("y"), NORMAL]))]),
                },
                b: &DEVIATION,
            },
        ),
        BACK_D,
        BACK_C,
        BACK_N,
        BACK_I,
        BACK_F,
        BACK_M,
        BACK_LOG_I,
        BACK_LOG_F,
        back(
            "q",
            "Query",
            "The query answers for the rows of the memory that it read, for its divisor, and for both gates, which see it too.",
            &sum(&[
                D_QUERY,
                along(KEYS, &over("NH", &product(&[part(0, &W_I), grad("log_i")]))),
                along(KEYS, &over("NH", &product(&[part(0, &W_F), D_F]))),
            ]),
        ),
        back(
            "k",
            "Key",
            "The key answers for where the value was written, and for both gates.",
            &sum(&[
                D_KEY,
                along(KEYS, &over("NH", &product(&[part(1, &W_I), grad("log_i")]))),
                along(KEYS, &over("NH", &product(&[part(1, &W_F), D_F]))),
            ]),
        ),
        back(
            "v",
            "Value",
            "The value answers for what was written, and for both gates.",
            &sum(&[
                D_VALUE,
                along(VALUES, &over("NH", &product(&[part(2, &W_I), grad("log_i")]))),
                along(VALUES, &over("NH", &product(&[part(2, &W_F), D_F]))),
            ]),
        ),
        back(
            "s",
            "Smoothed channels",
            "Along the skip, and back through the small matrices of query and key.",
            &sum(&[
                product(&[THROUGH, SKIP]),
                along(CHANNELS, &over("P_out", &product(&[W_Q, along(SMALL_OUT, &grad("q"))]))),
                along(CHANNELS, &over("P_out", &product(&[W_K, along(SMALL_OUT, &grad("k"))]))),
            ]),
        ),
        back(
            "window",
            "Window",
            "What the following step passed back, plus this step's share: each place of the window by its weight.",
            &sum(&[Expr::Arriving { lane: "window" }, product(&[D_CONV, KERNEL])]),
        ),
        back(
            "u",
            "Channels",
            "The newest place of the window, and back through the small matrices of the value.",
            &sum(&[
                Expr::Newest { axis: "W", of: &grad("window") },
                along(CHANNELS, &over("P_out", &product(&[W_V, along(SMALL_OUT, &grad("v"))]))),
            ]),
        ),
        PASSED_C,
        PASSED_N,
        PASSED_M,
        passed(
            "window",
            "Passed along the window",
            "One place back: what is second to newest now was the newest.",
            &Expr::PushedBack { axis: "W", of: &grad("window") },
        ),
    ],
    memory: None,
    matrix: Some(MATRIX),
    diagram: Diagram {
        width: 254.0,
        height: 164.0,
        nodes: &[
            Node { id: "n_before", shape: Shape::Before { lane: "n" }, x: 8.0, y: 8.0 },
            Node { id: "C_before", shape: Shape::Before { lane: "C" }, x: 8.0, y: 24.0 },
            Node { id: "m_before", shape: Shape::Before { lane: "m" }, x: 8.0, y: 72.0 },
            Node { id: "x", shape: Shape::Input, x: 8.0, y: 134.0 },
            Node { id: "window_before", shape: Shape::Before { lane: "window" }, x: 8.0, y: 156.0 },
            Node { id: "u", shape: Shape::Block { lane: "u" }, x: 30.0, y: 134.0 },
            Node { id: "window", shape: Shape::Lane { lane: "window" }, x: 56.0, y: 134.0 },
            Node { id: "s", shape: Shape::Block { lane: "s" }, x: 84.0, y: 134.0 },
            Node { id: "z", shape: Shape::Block { lane: "z" }, x: 206.0, y: 134.0 },
            Node { id: "all", shape: Shape::Operation { sign: "∥" }, x: 40.0, y: 112.0 },
            Node { id: "log_f", shape: Shape::Block { lane: "log_f" }, x: 30.0, y: 90.0 },
            Node { id: "log_i", shape: Shape::Block { lane: "log_i" }, x: 50.0, y: 90.0 },
            Node { id: "k", shape: Shape::Block { lane: "k" }, x: 76.0, y: 90.0 },
            Node { id: "v", shape: Shape::Block { lane: "v" }, x: 95.0, y: 90.0 },
            Node { id: "q", shape: Shape::Block { lane: "q" }, x: 118.0, y: 90.0 },
            Node { id: "kept", shape: Shape::Operation { sign: "+" }, x: 30.0, y: 72.0 },
            Node { id: "larger", shape: Shape::Operation { sign: "max" }, x: 50.0, y: 72.0 },
            Node { id: "m", shape: Shape::Lane { lane: "m" }, x: 66.0, y: 72.0 },
            Node { id: "f", shape: Shape::Lane { lane: "f" }, x: 30.0, y: 52.0 },
            Node { id: "i", shape: Shape::Lane { lane: "i" }, x: 50.0, y: 52.0 },
            Node { id: "keep_C", shape: Shape::Operation { sign: "×" }, x: 30.0, y: 24.0 },
            Node { id: "keep_n", shape: Shape::Operation { sign: "×" }, x: 20.0, y: 8.0 },
            Node { id: "weigh", shape: Shape::Operation { sign: "×" }, x: 64.0, y: 38.0 },
            Node { id: "write", shape: Shape::Operation { sign: "×" }, x: 85.0, y: 38.0 },
            Node { id: "add_C", shape: Shape::Operation { sign: "+" }, x: 85.0, y: 24.0 },
            Node { id: "add_n", shape: Shape::Operation { sign: "+" }, x: 64.0, y: 8.0 },
            Node { id: "C", shape: Shape::Lane { lane: "C" }, x: 104.0, y: 24.0 },
            Node { id: "n", shape: Shape::Lane { lane: "n" }, x: 104.0, y: 8.0 },
            Node { id: "d", shape: Shape::Lane { lane: "d" }, x: 134.0, y: 52.0 },
            Node { id: "r", shape: Shape::Lane { lane: "r" }, x: 153.0, y: 52.0 },
            Node { id: "y", shape: Shape::Lane { lane: "y" }, x: 172.0, y: 52.0 },
            Node { id: "skip", shape: Shape::Operation { sign: "+" }, x: 190.0, y: 52.0 },
            Node { id: "show", shape: Shape::Operation { sign: "×" }, x: 206.0, y: 52.0 },
            Node { id: "e", shape: Shape::Lane { lane: "e" }, x: 222.0, y: 52.0 },
            Node { id: "h", shape: Shape::Block { lane: "h" }, x: 243.0, y: 52.0 },
        ],
        wires: &[
            Wire { from: "x", to: "u", via: &[] },
            Wire { from: "x", to: "z", via: &[(8.0, 145.0), (206.0, 145.0)] },
            Wire { from: "u", to: "window", via: &[] },
            Wire { from: "window_before", to: "window", via: &[(56.0, 156.0)] },
            Wire { from: "window", to: "s", via: &[] },
            Wire { from: "u", to: "v", via: &[(30.0, 125.0), (95.0, 125.0)] },
            Wire { from: "s", to: "k", via: &[(84.0, 120.0), (76.0, 120.0)] },
            Wire { from: "s", to: "q", via: &[(84.0, 120.0), (118.0, 120.0)] },
            Wire { from: "s", to: "skip", via: &[(84.0, 120.0), (190.0, 120.0)] },
            Wire { from: "k", to: "all", via: &[(64.0, 90.0), (64.0, 112.0)] },
            Wire { from: "v", to: "all", via: &[(106.0, 90.0), (106.0, 112.0)] },
            Wire { from: "q", to: "all", via: &[(130.0, 90.0), (130.0, 112.0)] },
            Wire { from: "all", to: "log_f", via: &[(40.0, 102.0), (30.0, 102.0)] },
            Wire { from: "all", to: "log_i", via: &[(40.0, 102.0), (50.0, 102.0)] },
            Wire { from: "m_before", to: "kept", via: &[] },
            Wire { from: "log_f", to: "kept", via: &[] },
            Wire { from: "kept", to: "larger", via: &[] },
            Wire { from: "log_i", to: "larger", via: &[] },
            Wire { from: "larger", to: "m", via: &[] },
            Wire { from: "kept", to: "f", via: &[] },
            Wire { from: "m", to: "f", via: &[(66.0, 62.0), (34.0, 62.0)] },
            Wire { from: "m", to: "i", via: &[(66.0, 62.0), (50.0, 62.0)] },
            Wire { from: "log_i", to: "i", via: &[(41.0, 90.0), (41.0, 52.0)] },
            Wire { from: "n_before", to: "keep_n", via: &[] },
            Wire { from: "f", to: "keep_n", via: &[(20.0, 52.0)] },
            Wire { from: "C_before", to: "keep_C", via: &[] },
            Wire { from: "f", to: "keep_C", via: &[] },
            Wire { from: "i", to: "weigh", via: &[(50.0, 38.0)] },
            Wire { from: "k", to: "weigh", via: &[(76.0, 48.0), (64.0, 48.0)] },
            Wire { from: "weigh", to: "add_n", via: &[] },
            Wire { from: "keep_n", to: "add_n", via: &[] },
            Wire { from: "add_n", to: "n", via: &[] },
            Wire { from: "weigh", to: "write", via: &[] },
            Wire { from: "v", to: "write", via: &[(95.0, 38.0)] },
            Wire { from: "write", to: "add_C", via: &[] },
            Wire { from: "keep_C", to: "add_C", via: &[] },
            Wire { from: "add_C", to: "C", via: &[] },
            Wire { from: "q", to: "d", via: &[(118.0, 52.0)] },
            Wire { from: "n", to: "d", via: &[(134.0, 8.0)] },
            Wire { from: "m", to: "d", via: &[(134.0, 72.0)] },
            Wire { from: "q", to: "r", via: &[(118.0, 64.0), (153.0, 64.0)] },
            Wire { from: "C", to: "r", via: &[(153.0, 24.0)] },
            Wire { from: "d", to: "r", via: &[] },
            Wire { from: "r", to: "y", via: &[] },
            Wire { from: "y", to: "skip", via: &[] },
            Wire { from: "skip", to: "show", via: &[] },
            Wire { from: "z", to: "show", via: &[] },
            Wire { from: "show", to: "e", via: &[] },
            Wire { from: "e", to: "h", via: &[] },
        ],
    },
    sources: SOURCES,
};
