//! Scores of predictions where an answer counts.

use super::{Batch, Score};

/// Calls `each(t, example, outputs)` for every place that counts. `predictions` are T×B×outputs, or B×outputs where
/// `per_example` (then an example's one answer is scored).
fn counted<'a>(batch: &Batch, predictions: &'a [f32], per_example: bool, mut each: impl FnMut(usize, usize, &'a [f32])) {
    let columns = if per_example { batch.size } else { batch.steps * batch.size };
    let width = predictions.len() / columns.max(1);
    for (place, _) in batch.counts.iter().enumerate().filter(|(_, counts)| **counts) {
        let (t, b) = (place / batch.size, place % batch.size);
        let column = if per_example { b } else { place };
        if let Some(outputs) = predictions.get(column * width..(column + 1) * width) {
            each(t, b, outputs);
        }
    }
}

/// How many of the answers that `scored(t, example)` picks are the class with the largest output, in per cent.
pub fn accuracy(batch: &Batch, predictions: &[f32], per_example: bool, scored: impl Fn(usize, usize) -> bool) -> Score {
    let mut score = Score::default();
    counted(batch, predictions, per_example, |t, b, outputs| {
        if scored(t, b) {
            let mut best = 0;
            for (k, y) in outputs.iter().enumerate() {
                // (NaN is larger than nothing; an answer of NaNs is wrong.)
                if *y > outputs[best] {
                    best = k;
                }
            }
            let right = best == batch.classes[t * batch.size + b] as usize && !outputs[best].is_nan();
            score.sum += if right { 100.0 } else { 0.0 };
            score.count += 1.0;
        }
    });
    score
}

/// The sum of squares of the errors, each multiplied by `scale`.
pub fn squares(batch: &Batch, predictions: &[f32], per_example: bool, scale: f64) -> Score {
    let mut score = Score::default();
    counted(batch, predictions, per_example, |t, b, outputs| {
        let place = t * batch.size + b;
        let targets = &batch.targets[place * outputs.len()..(place + 1) * outputs.len()];
        for (y, target) in outputs.iter().zip(targets) {
            let error = scale * (f64::from(*y) - f64::from(*target));
            score.sum += error * error;
            score.count += 1.0;
        }
    });
    score
}

/// The cross-entropy of the classes asked, in nats.
pub fn nats(batch: &Batch, predictions: &[f32], per_example: bool) -> Score {
    let mut score = Score::default();
    counted(batch, predictions, per_example, |t, b, outputs| {
        let class = batch.classes[t * batch.size + b] as usize;
        let largest = outputs.iter().fold(f32::NEG_INFINITY, |m, y| m.max(*y));
        let total: f64 = outputs.iter().map(|y| libm::exp(f64::from(*y - largest))).sum();
        score.sum += libm::log(total) - f64::from(outputs[class] - largest);
        score.count += 1.0;
    });
    score
}
