//! The cell's equations, evaluated on the tapes and the parameters.

use super::values::Values;
use crate::cell::{Expr, Function, Target};
use crate::math::{Real, Scalar, functions};
use crate::net::{Gradients, Parameter, Trace, parameter_name};

/// Named axes with their extents.
pub(super) type Axes = Vec<(&'static str, usize)>;

/// What a matrix product uses: the weights, the bias, and the first row.
pub(super) struct Matrix<'a, T> {
    pub weights: &'a Parameter<T>,
    pub bias: Option<&'a Parameter<T>>,
    pub first: usize,
    /// Values per row.
    pub width: usize,
    pub transposed: bool,
    /// Axes of the result.
    pub axes: Axes,
}

impl<T: Scalar> Matrix<'_, T> {
    /// Row and column of the weight that meets element `k` of the operand in element `element` of the result.
    pub fn place(&self, element: usize, k: usize) -> (usize, usize) {
        if self.transposed { (self.first + k, element) } else { (self.first + element, k) }
    }

    pub fn weight(&self, element: usize, k: usize) -> f64 {
        let (row, column) = self.place(element, k);
        self.weights.values.get(row * self.width + column).map_or(f64::NAN, |w| w.f64())
    }
}

/// Evaluates equations of one layer, direction and example.
pub struct Evaluator<'a, T: Scalar> {
    pub trace: &'a Trace<T>,
    pub gradients: Option<&'a Gradients<T>>,
    pub layer: usize,
    pub direction: usize,
    pub example: usize,
}

impl<T: Scalar> Evaluator<'_, T> {
    /// What a backward sub-step yields, for all elements, in the order of its lane's axes.
    pub fn target(&self, target: Target, t: usize) -> Vec<f64> {
        self.target_values(target, t).data
    }

    fn target_values(&self, target: Target, t: usize) -> Values {
        let axes = match target {
            Target::Lane { lane } | Target::Passed { lane } => self.axes_of(lane),
            Target::Block { block } => self.fed_by(block).map_or_else(|| self.units(), |k| self.lane_axes(k)),
        };
        match self.trace.net.cell().spec().backward.iter().find(|s| s.target == target) {
            Some(step) => self.values(step.equation, t).spread(&axes),
            None => Values::constant(0.0).spread(&axes),
        }
    }

    /// An expression at moment t, in the order of its axes. Reads tapes and parameters only.
    pub fn eval(&self, expr: &Expr, t: usize) -> Vec<f64> {
        self.values(expr, t).data
    }

    /// A lane's equation at moment t, for all its elements, in the order of the tape.
    pub fn equation(&self, lane: usize, t: usize) -> Vec<f64> {
        self.spread(self.trace.net.cell().spec().lanes[lane].equation, lane, t)
    }

    /// An expression at moment t, for all elements of a lane, in the order of the tape.
    pub(super) fn spread(&self, expr: &Expr, lane: usize, t: usize) -> Vec<f64> {
        self.values(expr, t).spread(&self.lane_axes(lane)).data
    }

    /// An expression at moment t, with its axes.
    pub fn values(&self, expr: &Expr, t: usize) -> Values {
        match expr {
            Expr::Now { lane } => self.lane(lane, Some(t)),
            Expr::Before { lane } => self.lane(lane, self.trace.moment_before(self.direction, t, self.example)),
            Expr::Input { .. } | Expr::Recurrent { .. } | Expr::Transposed { .. } | Expr::Affine { .. } | Expr::AffineTransposed { .. } => {
                self.product(expr, t)
            }
            Expr::Gradient { lane } => self.passing(lane, t),
            Expr::BlockGradient { block } => {
                let lane = self.fed_by(block);
                let mut values = self.target_values(Target::Block { block }, t);
                for (j, v) in values.data.iter_mut().enumerate() {
                    if lane.is_some_and(|k| self.held(k, t, j)) {
                        *v = 0.0;
                    }
                }
                values
            }
            Expr::Upstream => self.upstream(t),
            Expr::Arriving { lane } => match self.trace.moment_after(self.direction, t, self.example) {
                Some(after) => self.target_values(Target::Passed { lane }, after),
                None => Values::constant(0.0).spread(&self.axes_of(lane)),
            },
            Expr::Sum { of } => self.fold(of, t, |x, y| x + y),
            Expr::Product { of } => self.fold(of, t, |x, y| x * y),
            Expr::OneMinus { of } => self.values(of, t).map(|x| 1.0 - x),
            Expr::Difference { a, b } => self.values(a, t).zip(&self.values(b, t), |x, y| x - y),
            Expr::Call { function, of } => self.values(of, t).map(|x| call(*function, x)),
            Expr::X => self.input(t),
            Expr::Constant { value } => Values::constant(*value),
            Expr::Extent { axis } => Values::constant(self.extents(&[axis])[0].1 as f64),
            Expr::Parameter { name, axes } => {
                let values = self.parameter(name).map_or(vec![], |p| p.values.iter().map(|v| v.f64()).collect());
                Values::new(self.extents(axes), values)
            }
            Expr::Derived { name } => match self.trace.net.cell().spec().derived(name) {
                Some(derived) => self.values(derived.equation, t).spread(&self.extents(derived.axes)),
                None => Values::constant(f64::NAN),
            },
            Expr::SumOver { axis, of } => self.values(of, t).along(axis, |v| v.iter().sum()),
            Expr::MeanOver { axis, of } => self.values(of, t).along(axis, |v| v.iter().sum::<f64>() / v.len().max(1) as f64),
            Expr::Along { axes, of } => Values::new(self.extents(axes), self.values(of, t).data),
            Expr::Pick { axis, index, of } => self.values(of, t).along(axis, |v| v.get(*index).copied().unwrap_or(f64::NAN)),
            Expr::Newest { axis, of } => self.values(of, t).along(axis, |v| v.last().copied().unwrap_or(f64::NAN)),
            Expr::Push { axis, of, new } => {
                let (old, new) = (self.values(of, t), self.values(new, t));
                let one = |flat: usize| {
                    let mut place = Values::place(&old.axes, flat);
                    let Some(at) = place.iter().position(|p| p.0 == *axis) else { return f64::NAN };
                    place[at].1 += 1;
                    if place[at].1 < old.axes[at].1 { old.at(&place) } else { new.at(&place) }
                };
                Values::new(old.axes.clone(), (0..old.data.len()).map(one).collect())
            }
            Expr::PushedBack { axis, of } => {
                let back = |v: &[f64]| std::iter::once(0.0).chain(v.iter().copied()).take(v.len()).collect();
                self.values(of, t).replace_along(axis, back)
            }
            Expr::Quotient { a, b } => self.values(a, t).zip(&self.values(b, t), |x, y| x / y),
            Expr::Maximum { a, b } => self.values(a, t).zip(&self.values(b, t), functions::larger),
            Expr::Greater { a, b } => self.values(a, t).zip(&self.values(b, t), |x, y| f64::from(x > y)),
        }
    }

    fn fold(&self, of: &[Expr], t: usize, f: impl Fn(f64, f64) -> f64) -> Values {
        let mut values = of.iter().map(|e| self.values(e, t));
        let first = values.next().unwrap_or(Values::constant(f64::NAN));
        values.fold(first, |a, b| a.zip(&b, &f))
    }

    // ---- axes ----

    pub(super) fn extents(&self, axes: &[&'static str]) -> Axes {
        let (cell, dims) = (self.trace.net.cell(), self.trace.net.dims_of(self.layer));
        axes.iter().map(|a| (*a, cell.axis(dims, a))).collect()
    }

    pub(super) fn lane_axes(&self, lane: usize) -> Axes {
        self.extents(self.trace.net.cell().spec().lanes[lane].axes)
    }

    pub(super) fn axes_of(&self, lane: &str) -> Axes {
        self.lane_axes(self.trace.net.cell().spec().lane(lane).unwrap_or(0))
    }

    fn units(&self) -> Axes {
        self.lane_axes(self.trace.net.cell().spec().output())
    }

    // ---- what stands on the tapes ----

    fn lane(&self, lane: &str, t: Option<usize>) -> Values {
        let k = self.trace.net.cell().spec().lane(lane).unwrap_or(0);
        let column = match t {
            Some(t) => self.trace.tape(self.layer, self.direction).map(|tape| tape.column(t, self.example)),
            None => self.trace.initial_column(self.layer, self.direction, self.example),
        };
        let range = self.trace.net.layout(self.layer).range(k);
        let data = column.map_or(vec![], |c| c[range].iter().map(|v| v.f64()).collect());
        Values::new(self.lane_axes(k), data)
    }

    /// ∂L/∂lane as far as it passes on: zero where the lane is held.
    fn passing(&self, lane: &str, t: usize) -> Values {
        let k = self.trace.net.cell().spec().lane(lane).unwrap_or(0);
        let axes = self.lane_axes(k);
        let tape = self.gradients.and_then(|g| g.tape(self.layer, self.direction).ok());
        let Some(tape) = tape else { return Values::constant(f64::NAN).spread(&axes) };
        let values = tape.lane(k, t, self.example).iter().enumerate();
        Values::new(axes, values.map(|(j, v)| if self.held(k, t, j) { 0.0 } else { v.f64() }).collect())
    }

    pub(super) fn held(&self, lane: usize, t: usize, element: usize) -> bool {
        self.trace.is_held(self.layer, self.direction, lane, t, self.example, element)
    }

    /// The lane that a block's pre-activation feeds: of the same name.
    fn fed_by(&self, block: &str) -> Option<usize> {
        self.trace.net.cell().spec().lane(block)
    }

    fn upstream(&self, t: usize) -> Values {
        let (config, h, axes) = (self.trace.net.config(), self.trace.net.config().hidden, self.units());
        let Some(upstream) = self.gradients.and_then(|g| g.upstream.get(self.layer)) else {
            return Values::constant(f64::NAN).spread(&axes);
        };
        let at = (t * self.trace.batch + self.example) * config.output_width() + self.direction * h;
        Values::new(axes, upstream[at..at + h].iter().map(|v| v.f64()).collect())
    }

    fn input(&self, t: usize) -> Values {
        let width = self.trace.net.dims_of(self.layer).input;
        let at = (t * self.trace.batch + self.example) * width;
        let x = self.trace.layer_input(self.layer).map_or(vec![], |x| x[at..at + width].iter().map(|v| v.f64()).collect());
        Values::new(vec![("I", width)], x)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&Parameter<T>> {
        self.trace.net.parameter(&parameter_name(name, self.layer, self.direction)).ok()
    }

    // ---- products ----

    /// What a matrix multiplies in `expr`, flattened.
    pub(super) fn operand(&self, expr: &Expr, t: usize) -> Vec<f64> {
        match expr {
            Expr::Input { .. } => self.input(t).data,
            Expr::Recurrent { of, .. } | Expr::Transposed { of, .. } | Expr::Affine { of, .. } => self.values(of, t).data,
            Expr::AffineTransposed { of, rows, .. } => self.values(of, t).spread(&self.extents(rows)).data,
            _ => vec![],
        }
    }

    /// The weights and the bias that a matrix product uses.
    pub(super) fn matrix(&self, expr: &Expr) -> Option<Matrix<'_, T>> {
        let (name, bias, skip, axes, transposed) = match expr {
            Expr::Input { block } => ("weight_ih", Some("bias_ih"), self.block(block)?, self.units(), false),
            Expr::Recurrent { block, .. } => ("weight_hh", Some("bias_hh"), self.block(block)?, self.units(), false),
            Expr::Transposed { block, .. } => ("weight_hh", None, self.block(block)?, self.units(), true),
            Expr::Affine { weight, bias, skip, axes, .. } => (*weight, *bias, self.rows_of(skip), self.extents(axes), false),
            Expr::AffineTransposed { weight, skip, axes, .. } => (*weight, None, self.rows_of(skip), self.extents(axes), true),
            _ => return None,
        };
        let weights = self.parameter(name)?;
        let rows = weights.shape.first().copied().unwrap_or(1).max(1);
        let width = weights.values.len() / rows;
        Some(Matrix { weights, bias: bias.and_then(|b| self.parameter(b)), first: skip, width, transposed, axes })
    }

    fn block(&self, block: &str) -> Option<usize> {
        Some(self.trace.net.cell().spec().block(block)? * self.trace.net.config().hidden)
    }

    fn rows_of(&self, skip: &[&'static str]) -> usize {
        self.extents(skip).iter().map(|a| a.1).sum()
    }

    fn product(&self, expr: &Expr, t: usize) -> Values {
        let Some(matrix) = self.matrix(expr) else {
            return match expr {
                Expr::Affine { axes, of, .. } => Values::new(self.extents(axes), self.values(of, t).data),
                _ => Values::constant(f64::NAN),
            };
        };
        let operand = self.operand(expr, t);
        let elements = matrix.axes.iter().map(|a| a.1).product();
        let one = |element: usize| {
            let sum: f64 = operand.iter().enumerate().map(|(k, x)| matrix.weight(element, k) * x).sum();
            sum + matrix.bias.map_or(0.0, |b| b.values[matrix.first + element].f64())
        };
        Values::new(matrix.axes.clone(), (0..elements).map(one).collect())
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
        Function::Exp => Real::exp(x),
        Function::Expm1 => functions::expm1(x),
        Function::Sqrt => functions::sqrt(x),
        Function::Cos => libm::cos(x),
        Function::Sin => libm::sin(x),
        Function::Abs => x.abs(),
        Function::Sign => f64::from(x > 0.0) - f64::from(x < 0.0),
        Function::Softplus => functions::softplus(x),
        Function::LogSigmoid => functions::log_sigmoid(x),
        Function::Silu => functions::silu(x),
        Function::SiluSlope => functions::silu_slope(x),
        Function::Gelu => functions::gelu(x),
        Function::GeluSlope => functions::gelu_slope(x),
        Function::Positive => functions::positive(x),
        Function::PositiveSlope => functions::positive_slope(x),
    }
}
