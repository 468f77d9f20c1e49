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
}

/// An expression about one hidden unit at step t. Products are elementwise.
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
}
