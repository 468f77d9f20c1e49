//! What the mLSTM says of itself: options, the lanes and equations of its memory (which its layer has too), the bare cell.

use super::mlstm_memory::EPS;
use super::spec::*;
use super::{Expr, Function};

pub const OPTIONS: &[CellOption] = &[
    CellOption {
        name: "layer",
        title: "layer",
        values: &[
            OptionValue { name: "bare", title: "the cell alone (equations 19 to 27)" },
            OptionValue { name: "full", title: "the whole layer (projections, convolution, norm, skip, gate)" },
        ],
        size: None,
    },
    CellOption { name: "heads", title: "heads", values: &[], size: Some(SizeRange { symbol: "NH", default: 1, low: 1, high: 16 }) },
    CellOption {
        name: "conv",
        title: "width of the convolution (full layer only)",
        values: &[],
        size: Some(SizeRange { symbol: "W", default: 4, low: 1, high: 16 }),
    },
];

// ---- short ways to write equations ----

pub const fn now(lane: &'static str) -> Expr {
    Expr::Now { lane }
}
pub const fn before(lane: &'static str) -> Expr {
    Expr::Before { lane }
}
pub const fn grad(lane: &'static str) -> Expr {
    Expr::Gradient { lane }
}
pub const fn sum(of: &'static [Expr]) -> Expr {
    Expr::Sum { of }
}
pub const fn product(of: &'static [Expr]) -> Expr {
    Expr::Product { of }
}
pub const fn over(axis: &'static str, of: &'static Expr) -> Expr {
    Expr::SumOver { axis, of }
}
pub const fn call(function: Function, of: &'static Expr) -> Expr {
    Expr::Call { function, of }
}
pub const fn along(axes: &'static [&'static str], of: &'static Expr) -> Expr {
    Expr::Along { axes, of }
}
pub const MINUS: Expr = Expr::Constant { value: -1.0 };

pub const HEADS: &[&str] = &["NH"];
pub const KEYS: &[&str] = &["NH", "K"];
pub const VALUES: &[&str] = &["NH", "V"];

pub const fn lane(name: &'static str, title: &'static str, kind: Kind, axes: &'static [&'static str], equation: &'static Expr) -> Lane {
    Lane { name, title, kind, range: None, carried: false, output: false, axes, equation }
}
pub const fn gate(name: &'static str, title: &'static str, axes: &'static [&'static str], equation: &'static Expr) -> Lane {
    Lane { range: Some((0.0, 1.0)), ..lane(name, title, Kind::Gate, axes, equation) }
}
pub const fn carried(name: &'static str, title: &'static str, axes: &'static [&'static str], equation: &'static Expr) -> Lane {
    Lane { carried: true, ..lane(name, title, Kind::State, axes, equation) }
}
pub const fn output(equation: &'static Expr) -> Lane {
    Lane { output: true, ..lane("h", "hidden state", Kind::State, PER_UNIT, equation) }
}
pub const fn back(lane: &'static str, title: &'static str, text: &'static str, equation: &'static Expr) -> BackStep {
    BackStep { target: Target::Lane { lane }, title, text, equation }
}
pub const fn passed(lane: &'static str, title: &'static str, text: &'static str, equation: &'static Expr) -> BackStep {
    BackStep { target: Target::Passed { lane }, title, text, equation }
}

// ---- the memory ----

const ROOT: Expr = call(Function::Sqrt, &Expr::Extent { axis: "K" });
const KEY: Expr = Expr::Quotient { a: &now("k"), b: &ROOT };
const KEPT_LOG: Expr = sum(&[now("log_f"), before("m")]);
const OVERLAP: Expr = over("K", &product(&[now("q"), now("n")]));
const OVERLAP_SIZE: Expr = call(Function::Abs, &OVERLAP);
const FLOOR: Expr = call(Function::Exp, &product(&[MINUS, now("m")]));

pub const STABILISER: Lane = carried("m", "stabiliser", HEADS, &Expr::Maximum { a: &KEPT_LOG, b: &now("log_i") });
pub const INPUT_GATE: Lane = gate("i", "input gate", HEADS, &call(Function::Exp, &Expr::Difference { a: &now("log_i"), b: &now("m") }));
pub const FORGET_GATE: Lane = gate("f", "forget gate", HEADS, &call(Function::Exp, &Expr::Difference { a: &KEPT_LOG, b: &now("m") }));
pub const MEMORY: Lane =
    carried("C", "memory", &["NH", "K", "V"], &sum(&[product(&[now("f"), before("C")]), product(&[now("i"), KEY, now("v")])]));
pub const NORMALISER: Lane = carried("n", "normaliser", KEYS, &sum(&[product(&[now("f"), before("n")]), product(&[now("i"), KEY])]));
pub const DIVISOR: Lane =
    lane("d", "divisor", Kind::Internal, HEADS, &sum(&[Expr::Maximum { a: &OVERLAP_SIZE, b: &FLOOR }, Expr::Constant { value: EPS }]));
pub const READ: Lane =
    lane("r", "what is read", Kind::Candidate, VALUES, &Expr::Quotient { a: &over("K", &product(&[now("q"), now("C")])), b: &now("d") });

pub const MATRIX: Matrix = Matrix { memory: "C", key: "k", query: "q", value: "v", read: "r", write: "i", keep: "f", divisor: "d" };

pub const STEP_Q: SubStep =
    SubStep { lane: "q", title: "Query", text: "What this step wants to look up: a direction to compare with the keys of the past." };
pub const STEP_K: SubStep = SubStep { lane: "k", title: "Key", text: "The address under which this step's value will be stored." };
pub const STEP_V: SubStep = SubStep { lane: "v", title: "Value", text: "The content to be stored under the key." };
pub const STEP_LOG_I: SubStep = SubStep {
    lane: "log_i",
    title: "Input gate, as a logarithm",
    text: "One number per head: how important this step is. The gate is exponential, so a late, more important step can outweigh everything before it.",
};
pub const STEP_LOG_F: SubStep = SubStep {
    lane: "log_f",
    title: "Forget gate, as a logarithm",
    text: "One number per head: the logarithm of the share of the memory that is kept; 0 keeps it whole.",
};
pub const STEP_M: SubStep = SubStep {
    lane: "m",
    title: "Stabiliser",
    text: "The larger of what is kept and what is new, as logarithms. Everything is stored relative to e^m, so that no exponential can overflow.",
};
pub const STEP_I: SubStep =
    SubStep { lane: "i", title: "Input gate", text: "The input gate relative to e^m: at most 1, whatever its logarithm was." };
pub const STEP_F: SubStep =
    SubStep { lane: "f", title: "Forget gate", text: "The forget gate relative to e^m: how much of the stored memory is kept." };
pub const STEP_C: SubStep = SubStep {
    lane: "C",
    title: "Memory",
    text: "Keep a share of the matrix, add the outer product of key and value: row by row, the value is stored as strongly as the key has that row.",
};
pub const STEP_N: SubStep = SubStep {
    lane: "n",
    title: "Normaliser",
    text: "The same sum without the values: how much has been stored under each direction of the keys.",
};
pub const STEP_D: SubStep = SubStep {
    lane: "d",
    title: "Divisor",
    text: "How much has been stored under what the query asks for, but at least 1 before the scaling by e^m: what was hardly stored is not blown up.",
};
pub const STEP_R: SubStep = SubStep {
    lane: "r",
    title: "Reading",
    text: "The rows of the memory, weighted with the query and divided: a mean of the values whose keys resemble the query.",
};

// ---- and back ----

const RULED: Expr = Expr::Greater { a: &OVERLAP_SIZE, b: &FLOOR };
const D_OVERLAP: Expr = product(&[grad("d"), call(Function::Sign, &OVERLAP), RULED]);
const D_READ: Expr = Expr::Quotient { a: &grad("r"), b: &now("d") };
const WRITTEN: Expr = sum(&[over("V", &product(&[grad("C"), now("v")])), grad("n")]);
const KEPT: Expr = Expr::Greater { a: &KEPT_LOG, b: &now("log_i") };
const D_LOG_F: Expr = sum(&[product(&[grad("f"), now("f")]), product(&[grad("m"), KEPT])]);

pub const BACK_D: BackStep = back(
    "d",
    "Divisor",
    "A larger divisor would have made everything that was read smaller.",
    &product(&[MINUS, Expr::Quotient { a: &over("V", &product(&[grad("r"), now("r")])), b: &now("d") }]),
);
pub const BACK_C: BackStep = back(
    "C",
    "Gradient of the memory",
    "What the following step passed along the memory, plus what comes from this step's reading: the outer product of the query with the gradient of what was read.",
    &sum(&[Expr::Arriving { lane: "C" }, product(&[now("q"), D_READ])]),
);
pub const BACK_N: BackStep = back(
    "n",
    "Gradient of the normaliser",
    "What the following step passed, plus the query's share where |q·n| was the divisor.",
    &sum(&[Expr::Arriving { lane: "n" }, product(&[now("q"), D_OVERLAP])]),
);
pub const D_QUERY: Expr = sum(&[over("V", &product(&[now("C"), D_READ])), product(&[now("n"), D_OVERLAP])]);
pub const D_KEY: Expr = Expr::Quotient { a: &product(&[now("i"), WRITTEN]), b: &ROOT };
pub const D_VALUE: Expr = over("K", &product(&[grad("C"), now("i"), KEY]));
pub const BACK_Q: BackStep =
    back("q", "Query", "The query answers for the rows of the memory that it read, and for its divisor.", &D_QUERY);
pub const BACK_K: BackStep =
    back("k", "Key", "The key answers for where the value was written: through the input gate, along the value.", &D_KEY);
pub const BACK_V: BackStep = back("v", "Value", "The value answers for what was written, along the key.", &D_VALUE);
pub const BACK_I: BackStep = back(
    "i",
    "Input gate",
    "The input gate answers for all that was written, key by value: one number for the whole matrix.",
    &over("K", &product(&[KEY, WRITTEN])),
);
pub const BACK_F: BackStep = back(
    "f",
    "Forget gate",
    "The forget gate answers for the whole old memory and normaliser.",
    &over("K", &sum(&[over("V", &product(&[grad("C"), before("C")])), product(&[grad("n"), before("n")])])),
);
pub const BACK_M: BackStep = back(
    "m",
    "Stabiliser",
    "A larger m makes both gates smaller, and the least divisor too. All of it together cancels up to the small number below what is read: only the scale changes.",
    &sum(&[
        Expr::Arriving { lane: "m" },
        product(&[MINUS, grad("i"), now("i")]),
        product(&[MINUS, grad("f"), now("f")]),
        product(&[MINUS, grad("d"), FLOOR, Expr::OneMinus { of: &RULED }]),
    ]),
);
pub const BACK_LOG_I: BackStep = back(
    "log_i",
    "Input gate, as a logarithm",
    "Through the exponential, and through the stabiliser where the input gate was the larger.",
    &sum(&[product(&[grad("i"), now("i")]), product(&[grad("m"), Expr::OneMinus { of: &KEPT }])]),
);
pub const BACK_LOG_F: BackStep = back(
    "log_f",
    "Forget gate, as a logarithm",
    "Through the exponential, and through the stabiliser where what is kept was the larger.",
    &D_LOG_F,
);
pub const PASSED_C: BackStep = passed(
    "C",
    "Passed along the memory",
    "One number per head stands in the way, the same for the whole matrix: no weights, no squashing.",
    &product(&[now("f"), grad("C")]),
);
pub const PASSED_N: BackStep = passed("n", "Passed along the normaliser", "The same number.", &product(&[now("f"), grad("n")]));
pub const PASSED_M: BackStep = passed("m", "Passed along the stabiliser", "What was kept was stored relative to the old e^m.", &D_LOG_F);

// ---- the bare cell ----

const fn of_input(weight: &'static str, bias: Option<&'static str>, axes: &'static [&'static str]) -> Expr {
    Expr::Affine { weight, bias, skip: &[], axes, of: &Expr::X }
}

const READ_UNITS: Expr = along(PER_UNIT, &now("r"));

pub static BARE: Spec = Spec {
    name: "mlstm",
    title: "mLSTM",
    lanes: &[
        lane("q", "query", Kind::Candidate, KEYS, &of_input("q_proj.weight", None, KEYS)),
        lane("k", "key", Kind::Candidate, KEYS, &of_input("k_proj.weight", None, KEYS)),
        lane("v", "value", Kind::Candidate, VALUES, &of_input("v_proj.weight", None, VALUES)),
        lane("log_i", "logarithm of the input gate", Kind::Internal, HEADS, &of_input("igate.weight", Some("igate.bias"), HEADS)),
        lane(
            "log_f",
            "logarithm of the forget gate",
            Kind::Internal,
            HEADS,
            &call(Function::LogSigmoid, &of_input("fgate.weight", Some("fgate.bias"), HEADS)),
        ),
        STABILISER,
        INPUT_GATE,
        FORGET_GATE,
        MEMORY,
        NORMALISER,
        DIVISOR,
        READ,
        gate("o", "output gate", PER_UNIT, &call(Function::Sigmoid, &of_input("ogate.weight", Some("ogate.bias"), PER_UNIT))),
        output(&product(&[now("o"), READ_UNITS])),
    ],
    complex: &[],
    derived: &[],
    blocks: &[],
    parameters: &[
        Parameter { name: "q_proj.weight", title: "weights of the query", shape: &["H", "I"], bias: false },
        Parameter { name: "k_proj.weight", title: "weights of the key", shape: &["H", "I"], bias: false },
        Parameter { name: "v_proj.weight", title: "weights of the value", shape: &["H", "I"], bias: false },
        Parameter { name: "igate.weight", title: "weights of the input gate", shape: &["NH", "I"], bias: false },
        Parameter { name: "igate.bias", title: "bias of the input gate", shape: &["NH"], bias: false },
        Parameter { name: "fgate.weight", title: "weights of the forget gate", shape: &["NH", "I"], bias: false },
        Parameter { name: "fgate.bias", title: "bias of the forget gate", shape: &["NH"], bias: false },
        Parameter { name: "ogate.weight", title: "weights of the output gate", shape: &["H", "I"], bias: false },
        Parameter { name: "ogate.bias", title: "bias of the output gate", shape: &["H"], bias: false },
    ],
    count: "4H·I + H + 2NH·(I + 1)",
    steps: &[
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
        SubStep { lane: "o", title: "Output gate", text: "How much of what was read is shown to the outside, unit by unit." },
        SubStep {
            lane: "h",
            title: "Hidden state",
            text: "What was read, through the output gate. It is not handed on: only the memory is.",
        },
    ],
    backward: &[
        back("h", "Gradient of the hidden state", "What arrives from above. No later step has seen h.", &Expr::Upstream),
        back("o", "Output gate", "The output gate answers for what it let through.", &product(&[grad("h"), READ_UNITS])),
        back("r", "What is read", "As far as the output gate let it through.", &along(VALUES, &product(&[grad("h"), now("o")]))),
        BACK_D,
        BACK_C,
        BACK_N,
        BACK_Q,
        BACK_K,
        BACK_V,
        BACK_I,
        BACK_F,
        BACK_M,
        BACK_LOG_I,
        BACK_LOG_F,
        PASSED_C,
        PASSED_N,
        PASSED_M,
    ],
    memory: None,
    matrix: Some(MATRIX),
    diagram: Diagram {
        width: 194.0,
        height: 116.0,
        nodes: &[
            Node { id: "n_before", shape: Shape::Before { lane: "n" }, x: 8.0, y: 8.0 },
            Node { id: "C_before", shape: Shape::Before { lane: "C" }, x: 8.0, y: 24.0 },
            Node { id: "m_before", shape: Shape::Before { lane: "m" }, x: 8.0, y: 72.0 },
            Node { id: "x", shape: Shape::Input, x: 10.0, y: 110.0 },
            Node { id: "log_f", shape: Shape::Block { lane: "log_f" }, x: 30.0, y: 90.0 },
            Node { id: "log_i", shape: Shape::Block { lane: "log_i" }, x: 50.0, y: 90.0 },
            Node { id: "k", shape: Shape::Block { lane: "k" }, x: 76.0, y: 90.0 },
            Node { id: "v", shape: Shape::Block { lane: "v" }, x: 95.0, y: 90.0 },
            Node { id: "q", shape: Shape::Block { lane: "q" }, x: 118.0, y: 90.0 },
            Node { id: "o", shape: Shape::Block { lane: "o" }, x: 170.0, y: 90.0 },
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
            Node { id: "show", shape: Shape::Operation { sign: "×" }, x: 170.0, y: 52.0 },
            Node { id: "h", shape: Shape::Lane { lane: "h" }, x: 185.0, y: 52.0 },
        ],
        wires: &[
            Wire { from: "x", to: "log_f", via: &[(10.0, 101.0), (30.0, 101.0)] },
            Wire { from: "x", to: "log_i", via: &[(10.0, 101.0), (50.0, 101.0)] },
            Wire { from: "x", to: "k", via: &[(10.0, 101.0), (76.0, 101.0)] },
            Wire { from: "x", to: "v", via: &[(10.0, 101.0), (95.0, 101.0)] },
            Wire { from: "x", to: "q", via: &[(10.0, 101.0), (118.0, 101.0)] },
            Wire { from: "x", to: "o", via: &[(10.0, 101.0), (170.0, 101.0)] },
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
            Wire { from: "r", to: "show", via: &[] },
            Wire { from: "o", to: "show", via: &[] },
            Wire { from: "show", to: "h", via: &[] },
        ],
    },
    sources: SOURCES,
};

pub const SOURCES: &[&str] = &[
    "M. Beck et al. xLSTM: Extended Long Short-Term Memory. NeurIPS 2024, arXiv:2405.04517: equations 19 to 27, stabilised as in 15 to 17.",
    "NX-AI/xlstm: mlstm_recurrent_step_stabilized_simple, mLSTMLayer",
];
