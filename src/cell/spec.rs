//! What a cell says about itself: lanes, equations, sub-steps, parameters, options, diagram, sources.
//!
//! Everything that names, typesets or lays out a cell comes from here; `tests/spec.rs` evaluates every equation on the
//! tape of a real run and compares, so that what is shown cannot drift from what is computed.

use serde::Serialize;

use super::expr::Expr;
use crate::error::{Code, Error, Result};

/// What a lane is, which decides how it is drawn (gates on 0…1, states on a diverging scale).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A value between 0 and 1 that lets something through.
    Gate,
    /// A new value that a gate may let in.
    Candidate,
    /// A value handed to the next step.
    State,
    /// A value that backward needs and that is neither of these.
    Internal,
}

/// Axes of a lane that has one value per hidden unit.
pub const PER_UNIT: &[&str] = &["H"];

/// One row block of the tape: one value per element of its axes, recorded at every step.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Lane {
    pub name: &'static str,
    pub title: &'static str,
    pub kind: Kind,
    /// Smallest and largest value that the lane can take, where it is bounded.
    pub range: Option<(f64, f64)>,
    /// Handed on to the next step.
    pub carried: bool,
    /// Handed to the layer above and to the head. Its length is the hidden size.
    pub output: bool,
    /// What it has one value of: units (`H`), units × modes (`H`, `M`), keys × values, …; the last axis is fastest. Lanes of
    /// different axes meet in an equation by name, as everywhere where axes have names.
    pub axes: &'static [&'static str],
    /// How this step's value is computed.
    pub equation: &'static Expr,
}

/// One numbered sub-step of the forward pass: what happens, and which lane it fills.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SubStep {
    pub lane: &'static str,
    pub title: &'static str,
    /// One sentence for a reader who sees this for the first time.
    pub text: &'static str,
}

/// One numbered sub-step of the backward pass. `target` is what the equation yields.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct BackStep {
    pub target: Target,
    pub title: &'static str,
    pub text: &'static str,
    pub equation: &'static Expr,
}

/// What a backward sub-step computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Target {
    /// ∂L/∂lane at this step, everything included: a row of the gradient tape.
    Lane { lane: &'static str },
    /// ∂L/∂a of a block: the gradient before the nonlinearity.
    Block { block: &'static str },
    /// What this step alone passes to the previous step's lane (without that step's own loss).
    Passed { lane: &'static str },
}

/// A parameter of one layer and direction. Shapes are formulas of I (input width) and H (hidden size).
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parameter {
    pub name: &'static str,
    pub title: &'static str,
    pub shape: &'static [&'static str],
    /// Present only when the network has biases.
    pub bias: bool,
}

/// A choice between variants, such as GRU's two reset conventions, or a size.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CellOption {
    pub name: &'static str,
    pub title: &'static str,
    /// The first one is the default. Empty for a size.
    pub values: &'static [OptionValue],
    pub size: Option<SizeRange>,
}

/// A whole number that a cell has beside its hidden size, such as the number of modes of a state-space model.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SizeRange {
    /// How it is written in formulas.
    pub symbol: &'static str,
    pub default: usize,
    pub low: usize,
    pub high: usize,
}

impl SizeRange {
    /// The number that an option's text says.
    ///
    /// # Errors
    /// `out-of-range` for what is no whole number of this range.
    pub fn parse(&self, name: &str, text: &str) -> Result<usize> {
        text.parse().ok().filter(|n| (self.low..=self.high).contains(n)).ok_or_else(|| {
            let message = format!("option “{name}” is “{text:.20}”; expected a whole number from {} to {}", self.low, self.high);
            Error::new(Code::OutOfRange, message)
        })
    }
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct OptionValue {
    pub name: &'static str,
    pub title: &'static str,
}

/// The gate whose bias sets how long the cell remembers at the start of training.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
    /// Block of the gate.
    pub block: &'static str,
    /// Name of its bias in the field: "forget bias", "update bias".
    pub title: &'static str,
    /// The value of the gate that keeps the old state.
    pub keeps: f64,
}

/// A state that is a matrix of keys × values, and the lanes that write and read it at a step:
/// memory = keep · memory before + write · scale · key valueᵀ, read = queryᵀ memory / divisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Axes: heads, keys, values.
    pub memory: &'static str,
    /// Axes: heads, keys.
    pub key: &'static str,
    pub query: &'static str,
    /// Axes: heads, values.
    pub value: &'static str,
    pub read: &'static str,
    /// Axes: heads. What is written is scaled by 1/√(number of keys).
    pub write: &'static str,
    pub keep: &'static str,
    pub divisor: &'static str,
}

/// A carried state that obeys s_t = a_t ∘ s_{t−1} + b_t, where a_t and b_t depend on the input alone: then all its values follow from
/// a scan over time (`probe::Scan`). Complex where it has an imaginary part: a_t ∘ s_{t−1} is then the product of complex numbers.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Recurrence {
    pub real: Part,
    pub imaginary: Option<Part>,
}

/// A real state, or one part of a complex one: its lane, a_t and b_t, over lanes that no state reaches and over parameters.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Part {
    pub lane: &'static str,
    pub decay: &'static Expr,
    pub input: &'static Expr,
}

/// What is drawn at a place of the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Shape {
    /// x_t enters.
    Input,
    /// The lane's value of the previous step enters.
    Before { lane: &'static str },
    /// A block of the weights with its nonlinearity; its result is the lane.
    Block { lane: &'static str },
    /// A lane that leaves the cell: to the next step, and upwards where it is an output.
    Lane { lane: &'static str },
    /// An elementwise operation: `×`, `+`, `1−`, `tanh`.
    Operation { sign: &'static str },
}

/// A node of the diagram, centred at (x, y) on a grid of the diagram's width × height.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Node {
    pub id: &'static str,
    pub shape: Shape,
    pub x: f64,
    pub y: f64,
}

/// A wire between two nodes, by way of `via`. `lane` names the quantity on it, where it has one:
/// a lane's name for this step's value, the same with `before` for the previous step's, or "x".
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Wire {
    pub from: &'static str,
    pub to: &'static str,
    pub via: &'static [(f64, f64)],
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Diagram {
    pub width: f64,
    pub height: f64,
    pub nodes: &'static [Node],
    pub wires: &'static [Wire],
}

/// Two carried lanes that are one complex number per element, to be shown as magnitude and phase.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Complex {
    /// How the number is written in formulas.
    pub symbol: &'static str,
    pub title: &'static str,
    /// Lanes of its real and imaginary part.
    pub re: &'static str,
    pub im: &'static str,
}

/// A constant that is worked out once from the parameters, not at every step, and that equations call by its name
/// (`Expr::Derived`).
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Derived {
    pub name: &'static str,
    pub title: &'static str,
    pub axes: &'static [&'static str],
    /// Of parameters and of constants that stand before it.
    pub equation: &'static Expr,
}

/// The self-description of one variant of a cell.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spec {
    pub name: &'static str,
    pub title: &'static str,
    /// Lanes in tape order.
    pub lanes: &'static [Lane],
    pub complex: &'static [Complex],
    pub derived: &'static [Derived],
    /// Row blocks of the weights, in PyTorch's order, each with the lane that it feeds.
    pub blocks: &'static [&'static str],
    pub parameters: &'static [Parameter],
    /// Parameters of one layer and direction, as a formula of I and H.
    pub count: &'static str,
    pub steps: &'static [SubStep],
    pub backward: &'static [BackStep],
    pub memory: Option<Memory>,
    /// Where the state is a matrix that is written and read.
    pub matrix: Option<Matrix>,
    pub diagram: Diagram,
    pub sources: &'static [&'static str],
}

impl Spec {
    /// Position of a lane on the tape.
    pub fn lane(&self, name: &str) -> Option<usize> {
        self.lanes.iter().position(|l| l.name == name)
    }

    /// Position of a row block of the weights.
    pub fn block(&self, name: &str) -> Option<usize> {
        self.blocks.iter().position(|b| *b == name)
    }

    /// The constant of that name.
    pub fn derived(&self, name: &str) -> Option<&'static Derived> {
        self.derived.iter().find(|d| d.name == name)
    }

    /// The lane handed to the layer above.
    pub fn output(&self) -> usize {
        self.lanes.iter().position(|l| l.output).unwrap_or(0)
    }

    /// Lanes handed to the next step, in tape order.
    pub fn carried(&self) -> impl Iterator<Item = usize> + use<> {
        let lanes = self.lanes;
        (0..lanes.len()).filter(move |k| lanes[*k].carried)
    }
}
