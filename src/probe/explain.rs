//! Where does this number come from? The cell's equations, evaluated on the tapes and taken apart into terms.

use serde::Serialize;

use crate::cell::{Expr, Function, Target};
use crate::error::{Code, Error, Result};
use crate::math::{Real, Scalar};
use crate::net::{Gradients, Parameter, Trace, parameter_name};

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

/// What a matrix product uses: the weights, the bias, and the first row of the block.
type Matrix<'a, T> = (&'a Parameter<T>, Option<&'a Parameter<T>>, usize);

/// Evaluates equations of one layer, direction and example.
pub struct Evaluator<'a, T: Scalar> {
    pub trace: &'a Trace<T>,
    pub gradients: Option<&'a Gradients<T>>,
    pub layer: usize,
    pub direction: usize,
    pub example: usize,
}

impl<T: Scalar> Evaluator<'_, T> {
    /// Explains one number: unit `unit` at moment `t`.
    pub fn explain(&self, wanted: &Wanted, t: usize, unit: usize) -> Result<Explanation> {
        let spec = self.trace.net.cell().spec();
        self.trace.tape(self.layer, self.direction)?;
        let (h, steps) = (self.trace.net.config().hidden, self.trace.lengths.get(self.example).copied().unwrap_or(0));
        if t >= steps || unit >= h {
            return Err(Error::new(Code::OutOfRange, format!("step {t}, unit {unit}; expected below {steps} and {h}")));
        }
        let equation = match wanted {
            Wanted::Lane(lane) => {
                let k = spec.lane(lane).ok_or_else(|| Error::unknown("lane", lane, spec.lanes.iter().map(|l| l.name)))?;
                spec.lanes[k].equation
            }
            _ if self.gradients.is_none() => {
                return Err(Error::new(
                    Code::Unsupported,
                    "gradients are needed to explain a backward step; expected the result of backward()",
                ));
            }
            Wanted::Gradient(name) => self.back(name, |target| matches!(target, Target::Lane { lane } if lane == name))?,
            Wanted::Block(name) => self.back(name, |target| matches!(target, Target::Block { block } if block == name))?,
            Wanted::Passed(name) => self.back(name, |target| matches!(target, Target::Passed { lane } if lane == name))?,
        };
        let tree = self.tree(equation, t, unit);
        let (held, result) = match wanted {
            Wanted::Lane(lane) => {
                let k = spec.lane(lane).unwrap_or(0);
                let held = self.trace.is_held(self.layer, self.direction, k, t, self.example, unit);
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

    /// What a backward sub-step yields, for all units.
    pub fn target(&self, target: Target, t: usize) -> Vec<f64> {
        match self.trace.net.cell().spec().backward.iter().find(|s| s.target == target) {
            Some(step) => self.eval(step.equation, t),
            None => vec![0.0; self.trace.net.config().hidden],
        }
    }

    /// An expression at moment t, for all units. Reads tapes and parameters only.
    pub fn eval(&self, expr: &Expr, t: usize) -> Vec<f64> {
        let h = self.trace.net.config().hidden;
        let zip = |a: Vec<f64>, b: &[f64], f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| f(*x, *y)).collect::<Vec<f64>>();
        match expr {
            Expr::Now { lane } => self.lane(lane, Some(t)),
            Expr::Before { lane } => self.lane(lane, self.trace.moment_before(self.direction, t, self.example)),
            Expr::Input { .. } | Expr::Recurrent { .. } | Expr::Transposed { .. } => {
                let operand = self.operand(expr, t);
                (0..h).map(|j| self.row(expr, j, &operand)).collect()
            }
            Expr::Gradient { lane } => self.passing(lane, t),
            Expr::BlockGradient { block } => {
                let lane = self.fed_by(block);
                let free = |j: usize| lane.is_none_or(|k| !self.held(k, t, j));
                let values = self.target(Target::Block { block }, t);
                values.iter().enumerate().map(|(j, v)| if free(j) { *v } else { 0.0 }).collect()
            }
            Expr::Upstream => self.upstream(t),
            Expr::Arriving { lane } => match self.trace.moment_after(self.direction, t, self.example) {
                Some(after) => self.target(Target::Passed { lane }, after),
                None => vec![0.0; h],
            },
            Expr::Sum { of } => of.iter().fold(vec![0.0; h], |sum, e| zip(sum, &self.eval(e, t), &|x, y| x + y)),
            Expr::Product { of } => of.iter().fold(vec![1.0; h], |p, e| zip(p, &self.eval(e, t), &|x, y| x * y)),
            Expr::OneMinus { of } => self.eval(of, t).iter().map(|x| 1.0 - x).collect(),
            Expr::Difference { a, b } => zip(self.eval(a, t), &self.eval(b, t), &|x, y| x - y),
            Expr::Call { function, of } => self.eval(of, t).iter().map(|x| call(*function, *x)).collect(),
        }
    }

    fn lane(&self, lane: &str, t: Option<usize>) -> Vec<f64> {
        let (spec, h) = (self.trace.net.cell().spec(), self.trace.net.config().hidden);
        let k = spec.lane(lane).unwrap_or(0);
        let column = match t {
            Some(t) => self.trace.tape(self.layer, self.direction).map(|tape| tape.column(t, self.example)),
            None => self.trace.initial_column(self.layer, self.direction, self.example),
        };
        column.map_or(vec![f64::NAN; h], |c| c[k * h..(k + 1) * h].iter().map(|v| v.f64()).collect())
    }

    /// ∂L/∂lane as far as it passes on: zero where the lane is held.
    fn passing(&self, lane: &str, t: usize) -> Vec<f64> {
        let k = self.trace.net.cell().spec().lane(lane).unwrap_or(0);
        let tape = self.gradients.and_then(|g| g.tape(self.layer, self.direction).ok());
        let Some(tape) = tape else { return vec![f64::NAN; self.trace.net.config().hidden] };
        let values = tape.lane(k, t, self.example).iter().enumerate();
        values.map(|(j, v)| if self.held(k, t, j) { 0.0 } else { v.f64() }).collect()
    }

    fn held(&self, lane: usize, t: usize, unit: usize) -> bool {
        self.trace.is_held(self.layer, self.direction, lane, t, self.example, unit)
    }

    /// The lane that a block's pre-activation feeds: of the same name.
    fn fed_by(&self, block: &str) -> Option<usize> {
        self.trace.net.cell().spec().lane(block)
    }

    fn upstream(&self, t: usize) -> Vec<f64> {
        let (config, h) = (self.trace.net.config(), self.trace.net.config().hidden);
        let Some(upstream) = self.gradients.and_then(|g| g.upstream.get(self.layer)) else { return vec![f64::NAN; h] };
        let at = (t * self.trace.batch + self.example) * config.output_width() + self.direction * h;
        upstream[at..at + h].iter().map(|v| v.f64()).collect()
    }

    /// What a matrix multiplies in `expr`.
    fn operand(&self, expr: &Expr, t: usize) -> Vec<f64> {
        match expr {
            Expr::Input { .. } => {
                let width = self.trace.net.dims_of(self.layer).input;
                let at = (t * self.trace.batch + self.example) * width;
                self.trace.layer_input(self.layer).map_or(vec![], |x| x[at..at + width].iter().map(|v| v.f64()).collect())
            }
            Expr::Recurrent { of, .. } | Expr::Transposed { of, .. } => self.eval(of, t),
            _ => vec![],
        }
    }

    /// The weights and the bias that a matrix product uses: tensor, first row of the block, and whether it is transposed.
    fn matrix(&self, expr: &Expr) -> Option<Matrix<'_, T>> {
        let (name, bias, block) = match expr {
            Expr::Input { block } => ("weight_ih", Some("bias_ih"), block),
            Expr::Recurrent { block, .. } => ("weight_hh", Some("bias_hh"), block),
            Expr::Transposed { block, .. } => ("weight_hh", None, block),
            _ => return None,
        };
        let named = |name| self.trace.net.parameter(&parameter_name(name, self.layer, self.direction)).ok();
        let bias = bias.filter(|_| self.trace.net.config().bias).and_then(named);
        let row = self.trace.net.cell().spec().block(block)? * self.trace.net.config().hidden;
        Some((named(name)?, bias, row))
    }

    /// One row (or column) of a matrix product, with its bias.
    fn row(&self, expr: &Expr, unit: usize, operand: &[f64]) -> f64 {
        let Some((weights, bias, first)) = self.matrix(expr) else { return f64::NAN };
        let width = weights.shape.get(1).copied().unwrap_or(0);
        let sum: f64 = match expr {
            Expr::Transposed { .. } => operand.iter().enumerate().map(|(k, x)| weights.values[(first + k) * width + unit].f64() * x).sum(),
            _ => weights.values[(first + unit) * width..].iter().zip(operand).map(|(w, x)| w.f64() * x).sum(),
        };
        sum + bias.map_or(0.0, |b| b.values[first + unit].f64())
    }

    /// The terms of one row (or column) of a matrix product, and its bias.
    fn product(&self, expr: &Expr, t: usize, unit: usize, operand: &[f64]) -> Vec<Term> {
        let Some((weights, bias, first)) = self.matrix(expr) else { return vec![] };
        let (name, width) = (&weights.name, weights.shape.get(1).copied().unwrap_or(0));
        let transposed = matches!(expr, Expr::Transposed { .. });
        let mut terms = vec![];
        for (column, x) in operand.iter().enumerate() {
            let (row, col) = if transposed { (first + column, unit) } else { (first + unit, column) };
            let w = weights.values[row * width + col].f64();
            let source = self.source(expr, t, column);
            let label = format!("{name}[{row}, {col}] · {}", said(&source));
            terms.push(Term { label, value: w * x, weight: Some(w), parameter: Some((name.clone(), row, col)), input: Some(*x), source });
        }
        if let Some(bias) = bias {
            let row = first + unit;
            let label = format!("{}[{row}]", bias.name);
            let source = Source::Bias { parameter: bias.name.clone(), row };
            terms.push(Term { label, value: bias.values[row].f64(), weight: None, parameter: None, input: None, source });
        }
        terms
    }

    fn source(&self, expr: &Expr, t: usize, unit: usize) -> Source {
        match expr {
            Expr::Input { .. } => Source::Input { t, unit },
            Expr::Recurrent { of, .. } | Expr::Transposed { of, .. } => self.source(of, t, unit),
            Expr::Now { lane } => Source::Lane { lane, t: Some(t), unit },
            Expr::Before { lane } => Source::Lane { lane, t: self.trace.moment_before(self.direction, t, self.example), unit },
            Expr::Gradient { lane } => Source::Gradient { lane, t: Some(t), unit },
            Expr::Arriving { lane } => Source::Gradient { lane, t: self.trace.moment_after(self.direction, t, self.example), unit },
            Expr::BlockGradient { block } => Source::BlockGradient { block, t: Some(t), unit },
            Expr::Upstream => Source::Upstream { t, unit },
            _ => Source::Expression,
        }
    }

    fn tree(&self, expr: &Expr, t: usize, unit: usize) -> Evaluated {
        let value = self.eval(expr, t).get(unit).copied().unwrap_or(f64::NAN);
        let mut node = Evaluated { op: name(expr), value, lane: None, block: None, function: None, held: false, of: vec![], terms: vec![] };
        match expr {
            Expr::Now { lane } | Expr::Before { lane } | Expr::Gradient { lane } | Expr::Arriving { lane } => {
                node.lane = Some(lane);
                let k = self.trace.net.cell().spec().lane(lane).unwrap_or(0);
                node.held = matches!(expr, Expr::Now { .. }) && self.held(k, t, unit);
            }
            Expr::BlockGradient { block } => node.block = Some(block),
            Expr::Input { block } | Expr::Recurrent { block, .. } | Expr::Transposed { block, .. } => {
                node.block = Some(block);
                node.terms = self.product(expr, t, unit, &self.operand(expr, t));
            }
            Expr::Upstream => {}
            Expr::Sum { of } | Expr::Product { of } => node.of = of.iter().map(|e| self.tree(e, t, unit)).collect(),
            Expr::OneMinus { of } => node.of = vec![self.tree(of, t, unit)],
            Expr::Difference { a, b } => node.of = vec![self.tree(a, t, unit), self.tree(b, t, unit)],
            Expr::Call { function, of } => {
                node.function = Some(*function);
                node.of = vec![self.tree(of, t, unit)];
            }
        }
        if node.terms.is_empty() {
            let source = self.source(expr, t, unit);
            node.terms = vec![Term { label: label(&node, &source), value, weight: None, parameter: None, input: None, source }];
        }
        node
    }
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
    }
}

fn said(source: &Source) -> String {
    match source {
        Source::Input { unit, .. } => format!("x[{unit}]"),
        Source::Bias { parameter, row } => format!("{parameter}[{row}]"),
        Source::Lane { lane, t: Some(t), unit } => format!("{lane}[{unit}] at step {}", t + 1),
        Source::Lane { lane, t: None, unit } => format!("initial {lane}[{unit}]"),
        Source::Gradient { lane, unit, .. } => format!("∂L/∂{lane}[{unit}]"),
        Source::BlockGradient { block, unit, .. } => format!("∂L/∂a_{block}[{unit}]"),
        Source::Upstream { unit, .. } => format!("∂L/∂y[{unit}] from above"),
        Source::Expression => String::new(),
    }
}

fn label(node: &Evaluated, source: &Source) -> String {
    if *source != Source::Expression {
        return said(source);
    }
    let inner: Vec<&str> = node.of.iter().filter_map(|n| n.terms.first()).map(|t| t.label.as_str()).collect();
    match (node.op, node.function) {
        ("product", _) => inner.join(" · "),
        ("sum", _) => inner.join(" + "),
        ("one-minus", _) => format!("(1 − {})", inner.join("")),
        ("difference", _) => format!("({})", inner.join(" − ")),
        ("call", Some(function)) => format!("{}({})", function_name(function), inner.join("")),
        _ => inner.join(" "),
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
    }
}

fn call(function: Function, x: f64) -> f64 {
    match function {
        Function::Sigmoid => Real::sigmoid(x),
        Function::Tanh => Real::tanh(x),
        Function::Relu => Real::relu(x),
        Function::SigmoidSlope => x.sigmoid_slope(),
        Function::TanhSlope => x.tanh_slope(),
        Function::ReluSlope => x.relu_back(1.0),
    }
}

/// The summands of an expression: through a nonlinearity into its argument, through sums into their parts.
fn summands(node: &Evaluated) -> Vec<Term> {
    match node.op {
        "call" => node.of.first().map_or(vec![], summands),
        "sum" => node.of.iter().flat_map(summands).collect(),
        _ => node.terms.clone(),
    }
}
