//! Equations as data: one tree is typeset, evaluated with a step's numbers, and taken apart into terms.

use serde::Serialize;

/// A nonlinearity or its derivative. Derivatives are written in terms of the function's value, as the backward pass does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    Sigmoid,
    Tanh,
    Relu,
    /// y(1 − y) of a sigmoid's value y.
    SigmoidSlope,
    /// 1 − y² of a tanh's value y.
    TanhSlope,
    /// 1 where a ReLU's value is positive, else 0.
    ReluSlope,
    Exp,
    /// e^x − 1
    Expm1,
    Sqrt,
    Cos,
    Sin,
    Abs,
    /// −1, 0 or 1.
    Sign,
    Softplus,
    LogSigmoid,
    /// x σ(x), and its slope at x (not in terms of its value).
    Silu,
    SiluSlope,
    /// x Φ(x), and its slope at x.
    Gelu,
    GeluSlope,
    /// g of minGRU in log space: x + ½ for x ≥ 0, σ(x) below; and its slope at x.
    Positive,
    PositiveSlope,
}

/// An expression at step t, for every element of its axes. Operands of different axes meet by name: what has the axes (H, M) times
/// what has (H) is (H, M); keys (K) times values (V) are a matrix (K, V). Lanes bring their axes along (`Lane::axes`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Expr {
    /// A lane's value at step t.
    Now {
        lane: &'static str,
    },
    /// A lane's value at step t − 1 (the initial state before the first step).
    Before {
        lane: &'static str,
    },
    /// W_i·x_t + b_i of a row block.
    Input {
        block: &'static str,
    },
    /// W_h·(…) + b_h of a row block.
    Recurrent {
        block: &'static str,
        of: &'static Expr,
    },
    /// ∂L/∂lane at step t, everything included.
    Gradient {
        lane: &'static str,
    },
    /// ∂L/∂a of a row block at step t: the gradient before the nonlinearity.
    BlockGradient {
        block: &'static str,
    },
    /// What arrives from above at step t: from the loss, the head, or the next layer.
    Upstream,
    /// What the following step passed back to this step's lane.
    Arriving {
        lane: &'static str,
    },
    /// W_hᵀ·(…) of a row block.
    Transposed {
        block: &'static str,
        of: &'static Expr,
    },
    Sum {
        of: &'static [Expr],
    },
    Product {
        of: &'static [Expr],
    },
    /// 1 − …
    OneMinus {
        of: &'static Expr,
    },
    /// a − b
    Difference {
        a: &'static Expr,
        b: &'static Expr,
    },
    Call {
        function: Function,
        of: &'static Expr,
    },
    // ---- for cells whose lanes are more than one value per unit, or whose parameters are not PyTorch's four ----
    /// x_t, with the axis I.
    X,
    Constant {
        value: f64,
    },
    /// The number of places of an axis, such as the width of a head.
    Extent {
        axis: &'static str,
    },
    /// A parameter as it stands.
    Parameter {
        name: &'static str,
        axes: &'static [&'static str],
    },
    /// A constant that the cell works out once from its parameters (`Spec::derived`).
    Derived {
        name: &'static str,
    },
    /// W·(…) + b, where what stands there is flattened: `axes` of the rows that are used, after those of `skip` (each an axis
    /// that comes before, so many rows). In a layer that has no such weight (an encoder only where widths differ), it is what
    /// stands there, as it is.
    Affine {
        weight: &'static str,
        bias: Option<&'static str>,
        skip: &'static [&'static str],
        axes: &'static [&'static str],
        of: &'static Expr,
    },
    /// Wᵀ·(…) of the same rows: `rows` are the axes of what stands there, `axes` those of the result.
    AffineTransposed {
        weight: &'static str,
        skip: &'static [&'static str],
        rows: &'static [&'static str],
        axes: &'static [&'static str],
        of: &'static Expr,
    },
    SumOver {
        axis: &'static str,
        of: &'static Expr,
    },
    MeanOver {
        axis: &'static str,
        of: &'static Expr,
    },
    /// The same values in the same order under other axes: heads × width for units.
    Along {
        axes: &'static [&'static str],
        of: &'static Expr,
    },
    /// One place of an axis, which goes away.
    Pick {
        axis: &'static str,
        index: usize,
        of: &'static Expr,
    },
    /// The last place of an axis, which goes away.
    Newest {
        axis: &'static str,
        of: &'static Expr,
    },
    /// A register that moves on by one place along an axis: what was first falls out, `new` comes last.
    Push {
        axis: &'static str,
        of: &'static Expr,
        new: &'static Expr,
    },
    /// The reverse of `Push`: everything moves back by one place, zero comes first.
    PushedBack {
        axis: &'static str,
        of: &'static Expr,
    },
    Quotient {
        a: &'static Expr,
        b: &'static Expr,
    },
    Maximum {
        a: &'static Expr,
        b: &'static Expr,
    },
    /// 1 where a > b, else 0.
    Greater {
        a: &'static Expr,
        b: &'static Expr,
    },
}
