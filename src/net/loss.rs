//! Losses of a run, and the gradient with which they start the way back.

use super::config::Readout;
use super::{Trace, Upstream};
use crate::error::{Code, Error, Result};
use crate::math::Scalar;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossKind {
    /// Mean of (y − target)² over everything that counts, as `torch.nn.MSELoss`.
    MeanSquare,
    /// Mean of −log softmax(y)[class] over everything that counts, as `torch.nn.CrossEntropyLoss`.
    CrossEntropy,
}

/// Where it is compared: at each sequence's last step, or at every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossAt {
    Last,
    Every,
}

/// A loss on the prediction, or on the output where the network has no head.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    pub kind: LossKind,
    pub at: LossAt,
    /// Mean square: (T×)B×outputs, zeros if empty. Cross-entropy: (T×)B class numbers, counted within `classes`.
    pub target: Vec<f64>,
    /// Outputs among which the classes are; all of them if empty.
    pub classes: Vec<usize>,
}

impl<T: Scalar> Trace<T> {
    /// The loss, and ∂L/∂(prediction or output).
    pub fn loss(&self, loss: &Loss) -> Result<(f64, Upstream<T>)> {
        let (y, width) = match (self.prediction(), &self.net.config().head) {
            (Some(p), Some(head)) => (p, head.outputs),
            _ => (self.output(), self.net.config().output_width()),
        };
        if let Some(bad) = loss.classes.iter().find(|c| **c >= width) {
            return Err(Error::new(Code::OutOfRange, format!("class output {bad}; expected below {width}")));
        }
        let places = self.places(loss.at, y.len() / width);
        let each = if loss.kind == LossKind::MeanSquare { width } else { 1 };
        let given = places.iter().map(|p| p.1 + 1).max().unwrap_or(0) * each;
        if loss.kind == LossKind::CrossEntropy || !loss.target.is_empty() {
            let formula = if loss.at == LossAt::Every { "steps × batch × outputs (or classes)" } else { "batch × outputs (or classes)" };
            let expected = if loss.at == LossAt::Every && y.len() / width > self.batch { y.len() / width * each } else { given };
            if loss.target.len() != expected {
                return Err(Error::length("target", loss.target.len(), expected, formula));
            }
        }
        let mut d = vec![T::zero(); y.len()];
        let (mut sum, share) = (0.0, 1.0 / (places.len() * each).max(1) as f64);
        for (column, target) in &places {
            let (y, d) = (&y[column * width..(column + 1) * width], &mut d[column * width..(column + 1) * width]);
            sum += match loss.kind {
                LossKind::MeanSquare => mean_square(y, loss.target.get(target * width..), share, d),
                LossKind::CrossEntropy => cross_entropy(y, loss.target[*target], &loss.classes, share, d)?,
            };
        }
        let mut upstream = Upstream::default();
        if self.prediction().is_some() {
            upstream.prediction = Some(d);
        } else {
            upstream.output = Some(d);
        }
        Ok((sum * share, upstream))
    }

    /// Columns of the prediction that count, each with its place in the target.
    fn places(&self, at: LossAt, columns: usize) -> Vec<(usize, usize)> {
        if self.net.config().readout == Readout::FinalStates && self.prediction().is_some() {
            return (0..columns).map(|b| (b, b)).collect();
        }
        let of_example = |(b, length): (usize, &usize)| match at {
            LossAt::Last => vec![((length - 1) * self.batch + b, b)],
            LossAt::Every => (0..*length).map(|t| (t * self.batch + b, t * self.batch + b)).collect(),
        };
        self.lengths.iter().enumerate().flat_map(of_example).collect()
    }
}

fn mean_square<T: Scalar>(y: &[T], target: Option<&[f64]>, share: f64, d: &mut [T]) -> f64 {
    let mut sum = 0.0;
    for (k, (y, d)) in y.iter().zip(d).enumerate() {
        let difference = y.f64() - target.and_then(|t| t.get(k)).copied().unwrap_or(0.0);
        // A target that was not measured is no part of the loss.
        if difference.is_nan() && !y.f64().is_nan() {
            continue;
        }
        sum += difference * difference;
        *d = T::of(2.0 * difference * share);
    }
    sum
}

/// −log softmax over `classes` (all outputs if empty), with the largest taken away first.
fn cross_entropy<T: Scalar>(y: &[T], class: f64, classes: &[usize], share: f64, d: &mut [T]) -> Result<f64> {
    let all: Vec<usize> = if classes.is_empty() { (0..y.len()).collect() } else { classes.to_vec() };
    if class < 0.0 || class.fract() != 0.0 || class >= all.len() as f64 {
        return Err(Error::new(Code::OutOfRange, format!("class {class}; expected a whole number below {}", all.len())));
    }
    let largest = all.iter().map(|k| y[*k].f64()).fold(f64::NEG_INFINITY, f64::max);
    let exps: Vec<f64> = all.iter().map(|k| libm::exp(y[*k].f64() - largest)).collect();
    let total: f64 = exps.iter().sum();
    for (n, k) in all.iter().enumerate() {
        let one = if n == class as usize { 1.0 } else { 0.0 };
        d[*k] = T::of((exps[n] / total - one) * share);
    }
    Ok(libm::log(total) - (y[all[class as usize]].f64() - largest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::*;

    /// Finite differences of every loss, through the head.
    #[test]
    fn losses_have_exact_gradients() {
        for readout in [Readout::Last, Readout::FinalStates] {
            let config = Config { head: Some(Head { outputs: 4 }), readout, bidirectional: true, ..Config::new("lstm", 2, 3) };
            let net = Net::<f64>::random(config, 3, Start::default()).unwrap();
            let x: Vec<f64> = (0..5 * 2 * 2).map(|k| libm::sin(k as f64)).collect();
            let steps = if readout == Readout::Last { 5 } else { 1 };
            for (kind, at) in
                [LossKind::MeanSquare, LossKind::CrossEntropy].into_iter().flat_map(|k| [(k, LossAt::Last), (k, LossAt::Every)])
            {
                let n = if at == LossAt::Every { 2 * steps } else { 2 };
                let target: Vec<f64> = match kind {
                    LossKind::MeanSquare => (0..n * 4).map(|k| libm::cos(k as f64)).collect(),
                    LossKind::CrossEntropy => (0..n).map(|k| (k % 2) as f64).collect(),
                };
                let classes = if kind == LossKind::CrossEntropy { vec![1, 3] } else { vec![] };
                let loss = Loss { kind, at, target, classes };
                let mut run = Run::new(5, 2, Input::Values(x.clone()));
                run.lengths = Some(vec![5, 3]);
                let value = |net: &Net<f64>| net.run(run.clone()).unwrap().loss(&loss).unwrap().0;
                let trace = net.run(run.clone()).unwrap();
                let g = trace.backward(&trace.loss(&loss).unwrap().1).unwrap();
                for name in ["head.weight", "weight_hh_l0_reverse"] {
                    let p = net.parameter(name).unwrap();
                    for k in 0..p.values.len() {
                        let at = |e: f64| {
                            let (mut net, mut values) = (net.clone(), p.values.clone());
                            values[k] += e;
                            net.set_parameter(name, &values).unwrap();
                            value(&net)
                        };
                        let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
                        assert!((g.parameter(name).unwrap().values[k] - slope).abs() < 1e-8, "{kind:?} {at_:?} {name}", at_ = loss.at);
                    }
                }
            }
        }
    }
}
