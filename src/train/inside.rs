//! An update in slow motion, seen from inside: what is answered at each step of its chunk, and each tensor with what the
//! optimiser knows about it.

use super::clip::total_norm;
use super::engine::Rule;
use super::held::{Held, told};
use super::loss::batch_loss;
use super::trainer::Trainer;
use crate::error::{Code, Error, Result};
use crate::net::Readout;

/// A tensor between its gradient and its next values.
#[derive(Clone, Debug)]
pub struct Inside<'a, T> {
    pub name: &'a str,
    pub shape: &'a [usize],
    pub values: &'a [T],
    /// Of the update so far, clipped if it was.
    pub gradient: &'a [T],
    /// The gradient's norm.
    pub norm: f64,
    /// What the optimiser remembers.
    pub moments: Vec<(&'static str, &'a [T])>,
}

impl<T: Rule> Trainer<T> {
    /// Example `b` of the chunk that is being looked at, and for every step of the chunk what all examples add to the loss there,
    /// where anything is asked.
    ///
    /// # Errors
    /// `unsupported` where no update is in slow motion, `out-of-range` for an example that the chunk does not have.
    pub fn answers(&self, b: usize) -> Result<(Held, Vec<Option<f64>>)> {
        let nothing = || Error::new(Code::Unsupported, "no update is in slow motion; expected its phase “forward” before");
        let slow = self.slow.as_ref().ok_or_else(nothing)?;
        let batch = &self.chunks[slow.count - 1].batch;
        if b >= batch.size {
            return Err(Error::new(Code::OutOfRange, format!("example {b}; expected below {}", batch.size)));
        }
        let y = self.engine.trace().and_then(|trace| trace.prediction()).ok_or_else(nothing)?;
        let per_example = self.net().config().readout == Readout::FinalStates;
        let (form, mut one, mut d) = (self.task().form(), batch.clone(), vec![]);
        let mut losses = vec![None; batch.steps];
        for (t, loss) in losses.iter_mut().enumerate() {
            let here = t * batch.size..(t + 1) * batch.size;
            if !batch.counts[here.clone()].contains(&true) {
                continue;
            }
            one.counts.fill(false);
            one.counts[here.clone()].copy_from_slice(&batch.counts[here]);
            *loss = Some(batch_loss(&form, &one, y, per_example, slow.share, &mut d)?);
        }
        Ok((told(self.task(), per_example, batch, b, y), losses))
    }

    /// Every tensor, in the order of the parameters.
    pub fn inside(&self) -> Vec<Inside<'_, T>> {
        let names = self.engine.optimizer().spec().moments;
        let all = self.net().parameters().iter().zip(self.engine.gradients()).zip(&self.engine.moments);
        all.map(|((p, gradient), moments)| Inside {
            name: &p.name,
            shape: &p.shape,
            values: &p.values,
            gradient,
            norm: total_norm(std::slice::from_ref(gradient)),
            moments: names.iter().copied().zip(moments.iter().map(Vec::as_slice)).collect(),
        })
        .collect()
    }
}
