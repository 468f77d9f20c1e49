//! The LSTM with forget gate, as `torch.nn.LSTM`; gate order i, f, g, o.

use super::gated::{Unit, Values};
use super::hold::Hold;
use super::spec::*;
use super::{Cell, Expr, Function, Options};
use crate::math::Real;

const I: usize = 0;
const F: usize = 1;
const G: usize = 2;
const O: usize = 3;
const C: usize = 4;
const H: usize = 5;

pub struct Lstm;

impl Unit for Lstm {
    const SPEC: &'static Spec = &SPEC;
    const ONE_SUM: bool = true;

    #[inline(always)]
    fn forward<V: Real>(ax: &Values<V>, ah: &Values<V>, prev: &Values<V>, cur: &mut Values<V>, hold: &impl Hold<V>) {
        cur[I] = hold.at(I, (ax[I] + ah[I]).sigmoid());
        cur[F] = hold.at(F, (ax[F] + ah[F]).sigmoid());
        cur[G] = hold.at(G, (ax[G] + ah[G]).tanh());
        cur[O] = hold.at(O, (ax[O] + ah[O]).sigmoid());
        cur[C] = hold.at(C, cur[F] * prev[C] + cur[I] * cur[G]);
        cur[H] = hold.at(H, cur[O] * cur[C].tanh());
    }

    #[inline(always)]
    fn backward<V: Real>(
        prev: &Values<V>,
        cur: &Values<V>,
        d: &mut Values<V>,
        dprev: &mut Values<V>,
        dax: &mut Values<V>,
        _dah: &mut Values<V>,
        hold: &impl Hold<V>,
    ) {
        let tanh_c = cur[C].tanh();
        let dh = hold.back(H, d[H]);
        d[O] = dh * tanh_c;
        d[C] += dh * cur[O] * tanh_c.tanh_slope();
        let dc = hold.back(C, d[C]);
        d[F] = dc * prev[C];
        d[I] = dc * cur[G];
        d[G] = dc * cur[I];
        dprev[C] += dc * cur[F];
        dax[I] = hold.back(I, d[I]) * cur[I].sigmoid_slope();
        dax[F] = hold.back(F, d[F]) * cur[F].sigmoid_slope();
        dax[G] = hold.back(G, d[G]) * cur[G].tanh_slope();
        dax[O] = hold.back(O, d[O]) * cur[O].sigmoid_slope();
    }
}

/// The family; no options.
pub struct Family;

impl super::Family for Family {
    fn name(&self) -> &'static str {
        "lstm"
    }
    fn title(&self) -> &'static str {
        "LSTM"
    }
    fn options(&self) -> &'static [CellOption] {
        &[]
    }
    fn f32(&self, _: &Options) -> &'static dyn Cell<f32> {
        &Lstm
    }
    #[cfg(feature = "double")]
    fn f64(&self, _: &Options) -> &'static dyn Cell<f64> {
        &Lstm
    }
}

const H_BEFORE: Expr = Expr::Before { lane: "h" };
const A_I: Expr = Expr::Sum { of: &[Expr::Input { block: "i" }, Expr::Recurrent { block: "i", of: &H_BEFORE }] };
const A_F: Expr = Expr::Sum { of: &[Expr::Input { block: "f" }, Expr::Recurrent { block: "f", of: &H_BEFORE }] };
const A_G: Expr = Expr::Sum { of: &[Expr::Input { block: "g" }, Expr::Recurrent { block: "g", of: &H_BEFORE }] };
const A_O: Expr = Expr::Sum { of: &[Expr::Input { block: "o" }, Expr::Recurrent { block: "o", of: &H_BEFORE }] };
const TANH_C: Expr = Expr::Call { function: Function::Tanh, of: &Expr::Now { lane: "c" } };

const GATE_I: Expr = Expr::Call { function: Function::Sigmoid, of: &A_I };
const GATE_F: Expr = Expr::Call { function: Function::Sigmoid, of: &A_F };
const GATE_O: Expr = Expr::Call { function: Function::Sigmoid, of: &A_O };

static SPEC: Spec = Spec {
    name: "lstm",
    title: "LSTM",
    lanes: &[
        Lane {
            name: "i",
            title: "input gate",
            kind: Kind::Gate,
            range: Some((0.0, 1.0)),
            carried: false,
            output: false,
            axes: PER_UNIT,
            equation: &GATE_I,
        },
        Lane {
            name: "f",
            title: "forget gate",
            kind: Kind::Gate,
            range: Some((0.0, 1.0)),
            carried: false,
            output: false,
            axes: PER_UNIT,
            equation: &GATE_F,
        },
        Lane {
            name: "g",
            title: "candidate",
            kind: Kind::Candidate,
            range: Some((-1.0, 1.0)),
            carried: false,
            output: false,
            axes: PER_UNIT,
            equation: &Expr::Call { function: Function::Tanh, of: &A_G },
        },
        Lane {
            name: "o",
            title: "output gate",
            kind: Kind::Gate,
            range: Some((0.0, 1.0)),
            carried: false,
            output: false,
            axes: PER_UNIT,
            equation: &GATE_O,
        },
        Lane {
            name: "c",
            title: "cell state",
            kind: Kind::State,
            range: None,
            carried: true,
            output: false,
            axes: PER_UNIT,
            equation: &Expr::Sum {
                of: &[
                    Expr::Product { of: &[Expr::Now { lane: "f" }, Expr::Before { lane: "c" }] },
                    Expr::Product { of: &[Expr::Now { lane: "i" }, Expr::Now { lane: "g" }] },
                ],
            },
        },
        Lane {
            name: "h",
            title: "hidden state",
            kind: Kind::State,
            range: Some((-1.0, 1.0)),
            carried: true,
            output: true,
            axes: PER_UNIT,
            equation: &Expr::Product { of: &[Expr::Now { lane: "o" }, TANH_C] },
        },
    ],
    complex: &[],
    derived: &[],
    blocks: &["i", "f", "g", "o"],
    parameters: &[
        Parameter { name: "weight_ih", title: "input weights W_i", shape: &["4H", "I"], bias: false },
        Parameter { name: "weight_hh", title: "recurrent weights W_h", shape: &["4H", "H"], bias: false },
        Parameter { name: "bias_ih", title: "input bias b_i", shape: &["4H"], bias: true },
        Parameter { name: "bias_hh", title: "recurrent bias b_h", shape: &["4H"], bias: true },
    ],
    count: "4H·(I + H + 2)",
    steps: &[
        SubStep { lane: "i", title: "Input gate", text: "How much of the new candidate is let in, unit by unit: 0 nothing, 1 all." },
        SubStep { lane: "f", title: "Forget gate", text: "How much of the old cell state is kept: 1 keeps it whole, 0 erases it." },
        SubStep { lane: "g", title: "Candidate", text: "The new content that could be written, between −1 and 1." },
        SubStep { lane: "o", title: "Output gate", text: "How much of the cell state is shown to the outside." },
        SubStep {
            lane: "c",
            title: "Cell state",
            text: "Keep a share of the old, add a share of the new. This sum is the whole trick: what is kept is not squashed again.",
        },
        SubStep { lane: "h", title: "Hidden state", text: "What the outside sees: the cell state, squashed, through the output gate." },
    ],
    backward: &[
        BackStep {
            target: Target::Lane { lane: "h" },
            title: "Gradient of the hidden state",
            text: "What arrives from above at this step, plus what the following step passed back.",
            equation: &Expr::Sum { of: &[Expr::Upstream, Expr::Arriving { lane: "h" }] },
        },
        BackStep {
            target: Target::Lane { lane: "o" },
            title: "Output gate",
            text: "The output gate answers for what it let through.",
            equation: &Expr::Product { of: &[Expr::Gradient { lane: "h" }, TANH_C] },
        },
        BackStep {
            target: Target::Lane { lane: "c" },
            title: "Gradient of the cell state",
            text: "What the following step passed along the cell state, plus what comes in through h. The first part met only a forget gate on its way, no matrix and no squashing.",
            equation: &Expr::Sum {
                of: &[
                    Expr::Arriving { lane: "c" },
                    Expr::Product {
                        of: &[
                            Expr::Gradient { lane: "h" },
                            Expr::Now { lane: "o" },
                            Expr::Call { function: Function::TanhSlope, of: &TANH_C },
                        ],
                    },
                ],
            },
        },
        BackStep {
            target: Target::Lane { lane: "f" },
            title: "Forget gate",
            text: "The forget gate answers for the old cell state.",
            equation: &Expr::Product { of: &[Expr::Gradient { lane: "c" }, Expr::Before { lane: "c" }] },
        },
        BackStep {
            target: Target::Lane { lane: "i" },
            title: "Input gate",
            text: "The input gate answers for the candidate.",
            equation: &Expr::Product { of: &[Expr::Gradient { lane: "c" }, Expr::Now { lane: "g" }] },
        },
        BackStep {
            target: Target::Lane { lane: "g" },
            title: "Candidate",
            text: "The candidate answers as far as it was let in.",
            equation: &Expr::Product { of: &[Expr::Gradient { lane: "c" }, Expr::Now { lane: "i" }] },
        },
        BackStep {
            target: Target::Block { block: "i" },
            title: "Through the input gate's sigmoid",
            text: "Times the slope i(1 − i): nothing passes a gate that is fully open or shut.",
            equation: &Expr::Product {
                of: &[Expr::Gradient { lane: "i" }, Expr::Call { function: Function::SigmoidSlope, of: &Expr::Now { lane: "i" } }],
            },
        },
        BackStep {
            target: Target::Block { block: "f" },
            title: "Through the forget gate's sigmoid",
            text: "Times the slope f(1 − f).",
            equation: &Expr::Product {
                of: &[Expr::Gradient { lane: "f" }, Expr::Call { function: Function::SigmoidSlope, of: &Expr::Now { lane: "f" } }],
            },
        },
        BackStep {
            target: Target::Block { block: "g" },
            title: "Through the candidate's tanh",
            text: "Times the slope 1 − g².",
            equation: &Expr::Product {
                of: &[Expr::Gradient { lane: "g" }, Expr::Call { function: Function::TanhSlope, of: &Expr::Now { lane: "g" } }],
            },
        },
        BackStep {
            target: Target::Block { block: "o" },
            title: "Through the output gate's sigmoid",
            text: "Times the slope o(1 − o).",
            equation: &Expr::Product {
                of: &[Expr::Gradient { lane: "o" }, Expr::Call { function: Function::SigmoidSlope, of: &Expr::Now { lane: "o" } }],
            },
        },
        BackStep {
            target: Target::Passed { lane: "c" },
            title: "Passed along the cell state",
            text: "Only the forget gate stands in the way: where f is near 1 the gradient arrives whole, however many steps back.",
            equation: &Expr::Product { of: &[Expr::Gradient { lane: "c" }, Expr::Now { lane: "f" }] },
        },
        BackStep {
            target: Target::Passed { lane: "h" },
            title: "Passed along the hidden state",
            text: "Through the recurrent weights, transposed, summed over the four gates.",
            equation: &Expr::Sum {
                of: &[
                    Expr::Transposed { block: "i", of: &Expr::BlockGradient { block: "i" } },
                    Expr::Transposed { block: "f", of: &Expr::BlockGradient { block: "f" } },
                    Expr::Transposed { block: "g", of: &Expr::BlockGradient { block: "g" } },
                    Expr::Transposed { block: "o", of: &Expr::BlockGradient { block: "o" } },
                ],
            },
        },
    ],
    memory: Some(Memory { block: "f", title: "forget bias", keeps: 1.0 }),
    matrix: None,
    diagram: Diagram {
        width: 120.0,
        height: 78.0,
        nodes: &[
            Node { id: "c_before", shape: Shape::Before { lane: "c" }, x: 8.0, y: 14.0 },
            Node { id: "h_before", shape: Shape::Before { lane: "h" }, x: 8.0, y: 57.0 },
            Node { id: "x", shape: Shape::Input, x: 18.0, y: 72.0 },
            Node { id: "f", shape: Shape::Block { lane: "f" }, x: 29.0, y: 40.0 },
            Node { id: "i", shape: Shape::Block { lane: "i" }, x: 46.0, y: 40.0 },
            Node { id: "g", shape: Shape::Block { lane: "g" }, x: 63.0, y: 40.0 },
            Node { id: "o", shape: Shape::Block { lane: "o" }, x: 82.0, y: 40.0 },
            Node { id: "keep", shape: Shape::Operation { sign: "×" }, x: 29.0, y: 14.0 },
            Node { id: "write", shape: Shape::Operation { sign: "×" }, x: 54.5, y: 27.0 },
            Node { id: "add", shape: Shape::Operation { sign: "+" }, x: 54.5, y: 14.0 },
            Node { id: "squash", shape: Shape::Operation { sign: "tanh" }, x: 97.0, y: 26.0 },
            Node { id: "show", shape: Shape::Operation { sign: "×" }, x: 97.0, y: 40.0 },
            Node { id: "c", shape: Shape::Lane { lane: "c" }, x: 112.0, y: 14.0 },
            Node { id: "h", shape: Shape::Lane { lane: "h" }, x: 112.0, y: 57.0 },
        ],
        wires: &[
            Wire { from: "c_before", to: "keep", via: &[] },
            Wire { from: "f", to: "keep", via: &[] },
            Wire { from: "keep", to: "add", via: &[] },
            Wire { from: "i", to: "write", via: &[(46.0, 27.0)] },
            Wire { from: "g", to: "write", via: &[(63.0, 27.0)] },
            Wire { from: "write", to: "add", via: &[] },
            Wire { from: "add", to: "c", via: &[] },
            Wire { from: "c", to: "squash", via: &[(97.0, 14.0)] },
            Wire { from: "squash", to: "show", via: &[] },
            Wire { from: "o", to: "show", via: &[] },
            Wire { from: "show", to: "h", via: &[(97.0, 57.0)] },
            Wire { from: "h_before", to: "f", via: &[(26.0, 57.0)] },
            Wire { from: "h_before", to: "i", via: &[(43.0, 57.0)] },
            Wire { from: "h_before", to: "g", via: &[(60.0, 57.0)] },
            Wire { from: "h_before", to: "o", via: &[(79.0, 57.0)] },
            Wire { from: "x", to: "f", via: &[(18.0, 63.0), (32.0, 63.0)] },
            Wire { from: "x", to: "i", via: &[(18.0, 63.0), (49.0, 63.0)] },
            Wire { from: "x", to: "g", via: &[(18.0, 63.0), (66.0, 63.0)] },
            Wire { from: "x", to: "o", via: &[(18.0, 63.0), (85.0, 63.0)] },
        ],
    },
    sources: &[
        "S. Hochreiter, J. Schmidhuber. Long Short-Term Memory. Neural Computation 9(8), 1997.",
        "F. A. Gers, J. Schmidhuber, F. Cummins. Learning to Forget. Neural Computation 12(10), 2000.",
        "torch.nn.LSTM",
    ],
};
