//! Where does this number come from? The cell's equations, evaluated on the tapes and taken apart into terms.

use serde::Serialize;

use super::evaluate::Evaluator;
use super::values::{Index, Values};
use crate::cell::{Expr, Function, Target};
use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::net::parameter_name;

/// Where a term's factor stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    Input {
        t: usize,
        unit: usize,
    },
    Bias {
        parameter: String,
        row: usize,
    },
    Lane {
        lane: &'static str,
        t: Option<usize>,
        unit: usize,
    },
    Gradient {
        lane: &'static str,
        t: Option<usize>,
        unit: usize,
    },
    BlockGradient {
        block: &'static str,
        t: Option<usize>,
        unit: usize,
    },
    Upstream {
        t: usize,
        unit: usize,
    },
    /// A parameter's value by its position, row-major.
    Parameter {
        parameter: String,
        index: usize,
    },
    /// An expression of its own, such as tanh(c).
    Expression,
}

/// One summand: a value, and where it is a product of a weight and an input, both. `t` of a source is `None` before the start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Term {
    pub label: String,
    pub value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Name, row and column of the weight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<(String, usize, usize)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<f64>,
    pub source: Source,
}

/// The equation's tree with this step's numbers. Fields as in `Expr`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluated {
    pub op: &'static str,
    pub value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<Function>,
    /// A parameter's or a constant's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub axis: Option<&'static str>,
    /// Held by an intervention at this moment.
    pub held: bool,
    pub of: Vec<Evaluated>,
    pub terms: Vec<Term>,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    pub equation: &'static Expr,
    pub result: f64,
    /// Held by an intervention: then the result is what was set, and the equation says what it would have been.
    pub held: bool,
    pub tree: Evaluated,
    /// The summands, in the sum's order.
    pub terms: Vec<Term>,
}

/// What to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Lane(String),
    /// ∂L/∂lane, ∂L/∂a of a block, or what is passed to a lane of the step before.
    Gradient(String),
    Block(String),
    Passed(String),
}

impl Wanted {
    /// `f`, `d:f`, `da:f`, `passed:c`.
    pub fn parse(text: &str) -> Self {
        match text.split_once(':') {
            Some(("d", lane)) => Wanted::Gradient(lane.into()),
            Some(("da", block)) => Wanted::Block(block.into()),
            Some(("passed", lane)) => Wanted::Passed(lane.into()),
            _ => Wanted::Lane(text.into()),
        }
    }
}

impl<T: Scalar> Evaluator<'_, T> {
    /// Explains one number: element `unit` of a lane (unit `unit`, where the lane has no other axes) at moment `t`.
    pub fn explain(&self, wanted: &Wanted, t: usize, unit: usize) -> Result<Explanation> {
        let spec = self.trace.net.cell().spec();
        self.trace.tape(self.layer, self.direction)?;
        let (name, equation) = match wanted {
            Wanted::Lane(lane) => {
                let k = spec.lane(lane).ok_or_else(|| Error::unknown("lane", lane, spec.lanes.iter().map(|l| l.name)))?;
                (lane, spec.lanes[k].equation)
            }
            _ if self.gradients.is_none() => {
                return Err(Error::new(
                    Code::Unsupported,
                    "gradients are needed to explain a backward step; expected the result of backward()",
                ));
            }
            Wanted::Gradient(name) => (name, self.back(name, |target| matches!(target, Target::Lane { lane } if lane == name))?),
            Wanted::Block(name) => (name, self.back(name, |target| matches!(target, Target::Block { block } if block == name))?),
            Wanted::Passed(name) => (name, self.back(name, |target| matches!(target, Target::Passed { lane } if lane == name))?),
        };
        let axes = self.lane_axes(spec.lane(name).unwrap_or(spec.output()));
        let (elements, steps) = (axes.iter().map(|a| a.1).product(), self.trace.lengths.get(self.example).copied().unwrap_or(0));
        if t >= steps || unit >= elements {
            return Err(Error::new(Code::OutOfRange, format!("step {t}, unit {unit}; expected below {steps} and {elements}")));
        }
        let tree = self.tree(equation, t, &Values::place(&axes, unit), true);
        let (held, result) = match wanted {
            Wanted::Lane(lane) => {
                let k = spec.lane(lane).unwrap_or(0);
                let held = self.held(k, t, unit);
                (held, self.trace.tape(self.layer, self.direction)?.lane(k, t, self.example)[unit].f64())
            }
            _ => (false, tree.value),
        };
        Ok(Explanation { equation, result, held, terms: summands(&tree), tree })
    }

    fn back(&self, name: &str, is: impl Fn(&Target) -> bool) -> Result<&'static Expr> {
        let steps = self.trace.net.cell().spec().backward;
        steps.iter().find(|s| is(&s.target)).map(|s| s.equation).ok_or_else(|| {
            let known = steps.iter().map(|s| match s.target {
                Target::Lane { lane } => format!("d:{lane}"),
                Target::Block { block } => format!("da:{block}"),
                Target::Passed { lane } => format!("passed:{lane}"),
            });
            Error::unknown("backward step", name, known)
        })
    }

    /// The terms of one element of a matrix product, and its bias.
    fn terms(&self, expr: &Expr, t: usize, at: &Index) -> Vec<Term> {
        let Some(matrix) = self.matrix(expr) else { return vec![] };
        let (name, element) = (&matrix.weights.name, Values::flat(&matrix.axes, at));
        let mut terms = vec![];
        for (k, x) in self.operand(expr, t).iter().enumerate() {
            let (row, col) = matrix.place(element, k);
            let w = matrix.weight(element, k);
            let source = self.source_of_operand(expr, t, k);
            let label = format!("{name}[{row}, {col}] · {}", self.said(&source));
            terms.push(Term { label, value: w * x, weight: Some(w), parameter: Some((name.clone(), row, col)), input: Some(*x), source });
        }
        if let Some(bias) = matrix.bias {
            let row = matrix.first + element;
            let label = format!("{}[{row}]", bias.name);
            let source = Source::Bias { parameter: bias.name.clone(), row };
            terms.push(Term { label, value: bias.values[row].f64(), weight: None, parameter: None, input: None, source });
        }
        terms
    }

    /// Where element `k` of what a matrix multiplies stands.
    fn source_of_operand(&self, expr: &Expr, t: usize, k: usize) -> Source {
        match expr {
            Expr::Recurrent { of, .. } | Expr::Transposed { of, .. } | Expr::Affine { of, .. } => {
                self.source(of, t, &Values::place(&self.values(of, t).axes, k))
            }
            Expr::AffineTransposed { of, rows, .. } => self.source(of, t, &Values::place(&self.extents(rows), k)),
            _ => Source::Input { t, unit: k },
        }
    }

    fn source(&self, expr: &Expr, t: usize, at: &Index) -> Source {
        let spec = self.trace.net.cell().spec();
        let unit = |lane: &str| Values::flat(&self.axes_of(lane), at);
        let units = |at: &Index| Values::flat(&self.lane_axes(spec.output()), at);
        match expr {
            Expr::Input { .. } | Expr::X => Source::Input { t, unit: at.iter().find(|i| i.0 == "I").map_or(0, |i| i.1) },
            // The same element under other axes: the position is what they share.
            Expr::Along { of, axes } => self.source(of, t, &self.same_element(axes, of, t, at)),
            Expr::Affine { of, axes, .. } if self.matrix(expr).is_none() => self.source(of, t, &self.same_element(axes, of, t, at)),
            Expr::Recurrent { of, .. } | Expr::Transposed { of, .. } => self.source(of, t, at),
            Expr::Now { lane } => Source::Lane { lane, t: Some(t), unit: unit(lane) },
            Expr::Before { lane } => Source::Lane { lane, t: self.trace.moment_before(self.direction, t, self.example), unit: unit(lane) },
            Expr::Gradient { lane } => Source::Gradient { lane, t: Some(t), unit: unit(lane) },
            Expr::Arriving { lane } => {
                Source::Gradient { lane, t: self.trace.moment_after(self.direction, t, self.example), unit: unit(lane) }
            }
            Expr::BlockGradient { block } => {
                Source::BlockGradient { block, t: Some(t), unit: spec.lane(block).map_or_else(|| units(at), |_| unit(block)) }
            }
            Expr::Upstream => Source::Upstream { t, unit: units(at) },
            Expr::Parameter { name, axes } => {
                let parameter = parameter_name(name, self.layer, self.direction);
                Source::Parameter { parameter, index: Values::flat(&self.extents(axes), at) }
            }
            _ => Source::Expression,
        }
    }

    /// The place in `of`, under its own axes, of what stands at `at` under others.
    fn same_element(&self, axes: &[&'static str], of: &Expr, t: usize, at: &Index) -> Index {
        Values::place(&self.values(of, t).axes, Values::flat(&self.extents(axes), at))
    }

    /// The tree; sums along an axis have their terms only where `deep`: a sum of sums would have as many as both together, each with
    /// a tree of its own.
    fn tree(&self, expr: &Expr, t: usize, at: &Index, deep: bool) -> Evaluated {
        let value = self.values(expr, t).at(at);
        let mut node = Evaluated {
            op: name(expr),
            value,
            lane: None,
            block: None,
            function: None,
            name: None,
            axis: None,
            held: false,
            of: vec![],
            terms: vec![],
        };
        match expr {
            Expr::Now { lane } | Expr::Before { lane } | Expr::Gradient { lane } | Expr::Arriving { lane } => {
                node.lane = Some(lane);
                let k = self.trace.net.cell().spec().lane(lane).unwrap_or(0);
                node.held = matches!(expr, Expr::Now { .. }) && self.held(k, t, Values::flat(&self.lane_axes(k), at));
            }
            Expr::BlockGradient { block } => node.block = Some(block),
            Expr::Input { block } | Expr::Recurrent { block, .. } | Expr::Transposed { block, .. } => {
                node.block = Some(block);
                node.terms = self.terms(expr, t, at);
            }
            // In a layer without the weight: the same value under other axes.
            Expr::Affine { axes, of, .. } if self.matrix(expr).is_none() => {
                node.op = "along";
                node.of = vec![self.tree(of, t, &self.same_element(axes, of, t, at), deep)];
            }
            Expr::Affine { weight, .. } | Expr::AffineTransposed { weight, .. } => {
                node.name = Some(weight);
                node.terms = self.terms(expr, t, at);
            }
            Expr::Upstream | Expr::X | Expr::Constant { .. } => {}
            Expr::Extent { axis } => node.axis = Some(axis),
            Expr::Parameter { name, .. } => node.name = Some(name),
            Expr::Sum { of } | Expr::Product { of } => node.of = of.iter().map(|e| self.tree(e, t, at, deep)).collect(),
            Expr::OneMinus { of } => node.of = vec![self.tree(of, t, at, deep)],
            Expr::Difference { a, b } | Expr::Quotient { a, b } | Expr::Maximum { a, b } | Expr::Greater { a, b } => {
                node.of = vec![self.tree(a, t, at, deep), self.tree(b, t, at, deep)];
            }
            Expr::Call { function, of } => {
                node.function = Some(*function);
                node.of = vec![self.tree(of, t, at, deep)];
            }
            Expr::SumOver { axis, of } | Expr::MeanOver { axis, of } => {
                node.axis = Some(axis);
                if deep {
                    node.terms = self.along_axis(axis, of, t, at, matches!(expr, Expr::MeanOver { .. }));
                }
            }
            Expr::Along { axes, of } => node.of = vec![self.tree(of, t, &self.same_element(axes, of, t, at), deep)],
            Expr::Derived { name } => {
                node.name = Some(name);
                let of = self.trace.net.cell().spec().derived(name);
                node.of = of.map(|derived| self.tree(derived.equation, t, at, deep)).into_iter().collect();
            }
            Expr::Pick { axis, index, of } => node.of = vec![self.tree(of, t, &with(at, axis, *index), deep)],
            Expr::Newest { axis, of } => {
                let last = self.extents(&[axis])[0].1.saturating_sub(1);
                node.of = vec![self.tree(of, t, &with(at, axis, last), deep)];
            }
            Expr::Push { axis, of, new } => {
                let (place, last) = (at.iter().find(|i| i.0 == *axis).map_or(0, |i| i.1), self.extents(&[axis])[0].1.saturating_sub(1));
                node.axis = Some(axis);
                node.of = vec![if place < last { self.tree(of, t, &with(at, axis, place + 1), deep) } else { self.tree(new, t, at, deep) }];
            }
            Expr::PushedBack { axis, of } => {
                let place = at.iter().find(|i| i.0 == *axis).map_or(0, |i| i.1);
                node.axis = Some(axis);
                node.of = place.checked_sub(1).map(|place| self.tree(of, t, &with(at, axis, place), deep)).into_iter().collect();
            }
        }
        if node.terms.is_empty() {
            let source = self.source(expr, t, at);
            node.terms = vec![Term { label: self.label(&node, &source), value, weight: None, parameter: None, input: None, source }];
        }
        node
    }

    /// The summands of a sum along an axis. Of a product of two, both factors are told.
    fn along_axis(&self, axis: &'static str, of: &Expr, t: usize, at: &Index, mean: bool) -> Vec<Term> {
        let extent = self.extents(&[axis])[0].1;
        let share = if mean { 1.0 / extent.max(1) as f64 } else { 1.0 };
        let one = |k: usize| {
            let inner = self.tree(of, t, &with(at, axis, k), false);
            let term = inner.terms.first();
            let label = term.map_or(String::new(), |t| t.label.clone());
            let (weight, input) = match (inner.op, inner.of.as_slice()) {
                ("product", [a, b]) => (Some(a.value), Some(b.value)),
                _ => (None, None),
            };
            let source = match inner.of.as_slice() {
                [_, b] if inner.op == "product" => b.terms.first().map_or(Source::Expression, |t| t.source.clone()),
                _ => term.map_or(Source::Expression, |t| t.source.clone()),
            };
            Term { label, value: inner.value * share, weight, parameter: None, input, source }
        };
        (0..extent).map(one).collect()
    }

    /// `s[3, 1]`: a lane's element in its own axes.
    fn element(&self, lane: &str, unit: usize) -> String {
        let place = Values::place(&self.axes_of(lane), unit);
        place.iter().map(|(_, i)| i.to_string()).collect::<Vec<_>>().join(", ")
    }

    fn said(&self, source: &Source) -> String {
        match source {
            Source::Input { unit, .. } => format!("x[{unit}]"),
            Source::Bias { parameter, row } => format!("{parameter}[{row}]"),
            Source::Parameter { parameter, index } => format!("{parameter}[{index}]"),
            Source::Lane { lane, t: Some(t), unit } => format!("{lane}[{}] at step {}", self.element(lane, *unit), t + 1),
            Source::Lane { lane, t: None, unit } => format!("initial {lane}[{}]", self.element(lane, *unit)),
            Source::Gradient { lane, unit, .. } => format!("∂L/∂{lane}[{}]", self.element(lane, *unit)),
            Source::BlockGradient { block, unit, .. } => format!("∂L/∂a_{block}[{unit}]"),
            Source::Upstream { unit, .. } => format!("∂L/∂y[{unit}] from above"),
            Source::Expression => String::new(),
        }
    }

    fn label(&self, node: &Evaluated, source: &Source) -> String {
        if *source != Source::Expression {
            return self.said(source);
        }
        let inner: Vec<&str> = node.of.iter().filter_map(|n| n.terms.first()).map(|t| t.label.as_str()).collect();
        match (node.op, node.function) {
            ("product", _) => inner.join(" · "),
            ("sum", _) => inner.join(" + "),
            ("one-minus", _) => format!("(1 − {})", inner.join("")),
            ("difference", _) => format!("({})", inner.join(" − ")),
            ("quotient", _) => format!("({})", inner.join(" / ")),
            ("maximum", _) => format!("max({})", inner.join(", ")),
            ("greater", _) => format!("[{}]", inner.join(" > ")),
            ("derived", _) => node.name.unwrap_or_default().to_string(),
            ("sum-over" | "mean-over", _) => (if node.op == "sum-over" { "Σ" } else { "mean" }).into(),
            ("constant" | "extent", _) => format!("{}", node.value),
            ("call", Some(function)) => format!("{}({})", function_name(function), inner.join("")),
            _ => inner.join(" "),
        }
    }
}

/// A place, moved along one axis.
fn with(at: &Index, axis: &'static str, place: usize) -> Index {
    at.iter().copied().filter(|i| i.0 != axis).chain([(axis, place)]).collect()
}

fn name(expr: &Expr) -> &'static str {
    match expr {
        Expr::Now { .. } => "now",
        Expr::Before { .. } => "before",
        Expr::Input { .. } => "input",
        Expr::Recurrent { .. } => "recurrent",
        Expr::Gradient { .. } => "gradient",
        Expr::BlockGradient { .. } => "block-gradient",
        Expr::Upstream => "upstream",
        Expr::Arriving { .. } => "arriving",
        Expr::Transposed { .. } => "transposed",
        Expr::Sum { .. } => "sum",
        Expr::Product { .. } => "product",
        Expr::OneMinus { .. } => "one-minus",
        Expr::Difference { .. } => "difference",
        Expr::Call { .. } => "call",
        Expr::X => "x",
        Expr::Constant { .. } => "constant",
        Expr::Extent { .. } => "extent",
        Expr::Parameter { .. } => "parameter",
        Expr::Derived { .. } => "derived",
        Expr::Affine { .. } => "affine",
        Expr::AffineTransposed { .. } => "affine-transposed",
        Expr::SumOver { .. } => "sum-over",
        Expr::MeanOver { .. } => "mean-over",
        Expr::Along { .. } => "along",
        Expr::Pick { .. } => "pick",
        Expr::Newest { .. } => "newest",
        Expr::Push { .. } => "push",
        Expr::PushedBack { .. } => "pushed-back",
        Expr::Quotient { .. } => "quotient",
        Expr::Maximum { .. } => "maximum",
        Expr::Greater { .. } => "greater",
    }
}

fn function_name(function: Function) -> &'static str {
    match function {
        Function::Sigmoid => "σ",
        Function::Tanh => "tanh",
        Function::Relu => "ReLU",
        Function::SigmoidSlope => "σ′",
        Function::TanhSlope => "tanh′",
        Function::ReluSlope => "ReLU′",
        Function::Exp => "exp",
        Function::Expm1 => "expm1",
        Function::Sqrt => "√",
        Function::Cos => "cos",
        Function::Sin => "sin",
        Function::Abs => "abs",
        Function::Sign => "sign",
        Function::Softplus => "softplus",
        Function::LogSigmoid => "ln σ",
        Function::Silu => "SiLU",
        Function::SiluSlope => "SiLU′",
        Function::Gelu => "GELU",
        Function::GeluSlope => "GELU′",
        Function::Positive => "g",
        Function::PositiveSlope => "g′",
    }
}

/// The summands of an expression: through a nonlinearity into its argument, through sums into their parts.
fn summands(node: &Evaluated) -> Vec<Term> {
    match node.op {
        "call" | "along" => node.of.first().map_or(vec![], summands),
        "sum" => node.of.iter().flat_map(summands).collect(),
        _ => node.terms.clone(),
    }
}
