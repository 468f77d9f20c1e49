//! The loss of a batch: the mean over the answers that count, and the gradient with which the way back starts.

use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::task::{Answers, Batch, Form};

/// Numbers over which the loss is a mean: counted answers, times the width where numbers are asked.
pub fn weight(form: &Form, batch: &Batch) -> usize {
    let each = if let Answers::Numbers { width } = form.answers { width } else { 1 };
    batch.counts.iter().filter(|c| **c).count() * each
}

/// Sum of the losses times `share` (one over the mean's count, over all chunks of an update), and ∂/∂prediction into `d`.
/// Mean square as `torch.nn.MSELoss`, cross-entropy as `torch.nn.CrossEntropyLoss`. `y` is T×B×outputs, or B×outputs where
/// `per_example`, which is compared with the example's counted answer.
pub fn batch_loss<T: Scalar>(form: &Form, batch: &Batch, y: &[T], per_example: bool, share: f64, d: &mut Vec<T>) -> Result<f64> {
    let width = match form.answers {
        Answers::Numbers { width } => width,
        Answers::Classes { count } => count,
    };
    let columns = if per_example { batch.size } else { batch.steps * batch.size };
    if y.len() != columns * width {
        return Err(Error::length("prediction", y.len(), columns * width, "columns × outputs"));
    }
    d.clear();
    d.resize(y.len(), T::zero());
    let mut sum = 0.0;
    for (place, _) in batch.counts.iter().enumerate().filter(|(_, counts)| **counts) {
        let column = if per_example { place % batch.size } else { place };
        let at = column * width..(column + 1) * width;
        let (y, d) = (&y[at.clone()], &mut d[at]);
        sum += match form.answers {
            Answers::Numbers { width } => mean_square(y, &batch.targets[place * width..(place + 1) * width], share, d),
            Answers::Classes { count } => cross_entropy(y, batch.classes[place] as usize, count, share, d)?,
        };
    }
    Ok(sum * share)
}

fn mean_square<T: Scalar>(y: &[T], target: &[f32], share: f64, d: &mut [T]) -> f64 {
    let mut sum = 0.0;
    for ((y, target), d) in y.iter().zip(target).zip(d) {
        let difference = y.f64() - f64::from(*target);
        sum += difference * difference;
        *d = T::of(2.0 * difference * share);
    }
    sum
}

/// −log softmax(y)[class], with the largest taken away first.
fn cross_entropy<T: Scalar>(y: &[T], class: usize, count: usize, share: f64, d: &mut [T]) -> Result<f64> {
    if class >= count {
        return Err(Error::new(Code::OutOfRange, format!("class {class}; expected a whole number below {count}")));
    }
    let largest = y.iter().map(|y| y.f64()).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = y.iter().map(|y| libm::exp(y.f64() - largest)).sum();
    for (k, (y, d)) in y.iter().zip(d.iter_mut()).enumerate() {
        let probability = libm::exp(y.f64() - largest) / total;
        *d = T::of((probability - f64::from(u8::from(k == class))) * share);
    }
    Ok(libm::log(total) + largest - y[class].f64())
}
