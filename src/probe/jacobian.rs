//! Jacobians of the state over time, from the backward pass that trains: row r of ∂s_t/∂s_{t−1} is what `Cell::step_back` gives
//! for the r-th unit vector. The state is the output lane alone, or all carried lanes.

use std::ops::Range;
use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::math::norm::{spectral_norm, spectral_norm_near};
use crate::net::Trace;

/// What counts as the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The output lane h alone (other carried lanes held fixed at the start, free on the way). Where the output is not carried, as
    /// in a state-space model, all carried lanes.
    Output,
    /// All carried lanes, the output lane first: (h, c) for an LSTM.
    Full,
    /// The output lane, carried or not, then the other carried lanes: what a later output depends on.
    Outward,
}

impl State {
    /// Tape rows of the state's elements, in order.
    pub fn rows<T: Scalar>(self, trace: &Trace<T>, layer: usize) -> Vec<usize> {
        self.lanes(trace).into_iter().flat_map(|k| trace.net.layout(layer).range(k)).collect()
    }

    /// The state's lanes, in order.
    pub fn lanes<T: Scalar>(self, trace: &Trace<T>) -> Vec<usize> {
        let spec = trace.net.cell().spec();
        let (output, carried) = (spec.output(), spec.lanes[spec.output()].carried);
        let others = spec.carried().filter(|k| *k != output && (self != State::Output || !carried));
        (carried || self == State::Outward).then_some(output).into_iter().chain(others).collect()
    }
}

/// ∂ state_to / ∂ state_from, rows by columns.
#[derive(Clone, Debug)]
pub struct Jacobian {
    pub values: DMatrix<f64>,
    pub norm: f64,
}

/// Unit vectors of the given tape rows: tape rows × n.
fn seeds<T: Scalar>(of: &[usize], rows: usize) -> Vec<T> {
    let mut d = vec![T::zero(); rows * of.len()];
    for (column, row) in of.iter().enumerate() {
        d[column * rows + row] = T::one();
    }
    d
}

/// ∂ state_to / ∂ state_from. State k is what a direction holds after its first k moments; state 0 is the initial one.
pub fn jacobian<T: Scalar>(
    trace: &Trace<T>,
    layer: usize,
    direction: usize,
    b: usize,
    (from, to): (usize, usize),
    state: State,
) -> Result<Jacobian> {
    let moments = moments(trace, layer, direction, b)?;
    if from > to || to > moments.len() {
        return Err(Error::new(Code::OutOfRange, format!("from {from} to {to}; expected 0 ≤ from ≤ to ≤ {}", moments.len())));
    }
    let (of, rows) = (state.rows(trace, layer), trace.tape(layer, direction)?.rows());
    let mut d = seeds::<T>(&of, rows);
    for t in moments[from..to].iter().rev() {
        d = trace.pull_back(layer, direction, *t, b, d, false)?.before;
    }
    let values = DMatrix::from_fn(of.len(), of.len(), |r, c| d[r * rows + of[c]].f64());
    Ok(Jacobian { norm: spectral_norm(&values), values })
}

fn moments<T: Scalar>(trace: &Trace<T>, layer: usize, direction: usize, b: usize) -> Result<Vec<usize>> {
    trace.tape(layer, direction)?;
    if b >= trace.batch {
        return Err(Error::new(Code::OutOfRange, format!("example {b}; expected 0 to {}", trace.batch - 1)));
    }
    Ok(trace.moments(direction, b))
}

/// Norms of ∂s_T/∂s_k for k = 0…T, made one moment at a time (backwards), so that a page can stop in between.
///
/// The product is rescaled at every step and its size kept as a logarithm, so that norms far below the smallest f32 (and far
/// above the largest) are still numbers; where f32 itself would have lost them is for the plot to say.
pub struct RunningProduct<T> {
    layer: usize,
    direction: usize,
    example: usize,
    of: Vec<usize>,
    moments: Vec<usize>,
    product: Vec<T>,
    log: f64,
    start: DVector<f64>,
    /// Norms by state index; NaN where not yet known.
    pub norms: Vec<f64>,
}

impl<T: Scalar> RunningProduct<T> {
    pub fn new(trace: &Trace<T>, layer: usize, direction: usize, example: usize, state: State) -> Result<Self> {
        let moments = moments(trace, layer, direction, example)?;
        let of = state.rows(trace, layer);
        let product = seeds(&of, trace.tape(layer, direction)?.rows());
        let mut norms = vec![f64::NAN; moments.len() + 1];
        norms[moments.len()] = 1.0;
        Ok(RunningProduct { layer, direction, example, of, moments, product, log: 0.0, start: DVector::zeros(0), norms })
    }

    /// Share done, 0…1.
    pub fn done(&self) -> f64 {
        1.0 - self.moments.len() as f64 / (self.norms.len() - 1).max(1) as f64
    }

    /// One moment further back. False when there is none left.
    pub fn advance(&mut self, trace: &Trace<T>) -> Result<bool> {
        let Some(t) = self.moments.pop() else { return Ok(false) };
        let rows = self.product.len() / self.of.len();
        let d = std::mem::take(&mut self.product);
        self.product = trace.pull_back(self.layer, self.direction, t, self.example, d, false)?.before;
        self.log += rescale(&mut self.product);
        let block = DMatrix::from_fn(self.of.len(), self.of.len(), |r, c| self.product[r * rows + self.of[c]].f64());
        self.norms[self.moments.len()] = spectral_norm_near(&block, &mut self.start) * libm::exp(self.log);
        Ok(!self.moments.is_empty())
    }
}

/// Divides by the largest absolute value where that is a positive finite number; gives its logarithm.
pub(super) fn rescale<T: Scalar>(values: &mut [T]) -> f64 {
    let largest = values.iter().fold(0.0f64, |m, v| if v.f64().abs() > m { v.f64().abs() } else { m });
    if largest == 0.0 || !largest.is_finite() {
        return 0.0;
    }
    values.iter_mut().for_each(|v| *v = T::of(v.f64() / largest));
    libm::log(largest)
}

/// One-step Jacobians over the output and the full state (`State::Outward`), kept while they fit into memory.
pub struct StepJacobians<T> {
    layer: usize,
    direction: usize,
    pub example: usize,
    of: Vec<usize>,
    /// Of these, the ones whose norm is taken.
    inside: Range<usize>,
    kept: Vec<Option<Arc<Vec<T>>>>,
    norms: Vec<f64>,
    start: DVector<f64>,
    /// Moments whose norm is known: the first so many.
    known: usize,
}

/// Bytes of one-step Jacobians kept per layer and direction.
const KEEP: usize = 48 << 20;

impl<T: Scalar> StepJacobians<T> {
    pub fn new(trace: &Trace<T>, layer: usize, direction: usize, example: usize) -> Result<Self> {
        let moments = moments(trace, layer, direction, example)?;
        let of = State::Outward.rows(trace, layer);
        // Where the output is no state, ∂h_t/∂h_{t−1} is nothing: the norm is that of all that is carried.
        let state = State::Output.rows(trace, layer);
        let inside = of.iter().position(|row| Some(row) == state.first()).unwrap_or(0);
        let inside = inside..inside + state.len();
        let (kept, norms) = (vec![None; moments.len()], vec![f64::NAN; moments.len()]);
        Ok(StepJacobians { layer, direction, example, of, inside, kept, norms, start: DVector::zeros(0), known: 0 })
    }

    /// Elements of output and state.
    pub fn size(&self) -> usize {
        self.of.len()
    }

    /// Where the state starts whose one-step Jacobian has `norms`: the output where it is carried, else what is carried.
    pub fn state(&self) -> Range<usize> {
        self.inside.clone()
    }

    /// ∂s_t/∂s_{t−1} at moment t, column-major size × size, the output lane first.
    pub fn at(&mut self, trace: &Trace<T>, t: usize) -> Result<Arc<Vec<T>>> {
        if let Some(Some(known)) = self.kept.get(t) {
            return Ok(known.clone());
        }
        let (n, rows) = (self.of.len(), trace.tape(self.layer, self.direction)?.rows());
        let back = trace.pull_back(self.layer, self.direction, t, self.example, seeds(&self.of, rows), false)?.before;
        let mut j = vec![T::zero(); n * n];
        for (c, row) in self.of.iter().enumerate() {
            for r in 0..n {
                j[c * n + r] = back[r * rows + row];
            }
        }
        let j = Arc::new(j);
        if n * n * self.kept.len() * size_of::<T>() <= KEEP
            && let Some(slot) = self.kept.get_mut(t)
        {
            *slot = Some(j.clone());
        }
        Ok(j)
    }

    /// ‖∂h_t/∂h_{t−1}‖ (spectral; over all carried lanes where the output is not carried) of every moment known so far; NaN elsewhere.
    pub fn norms(&self) -> &[f64] {
        &self.norms
    }

    /// Computes the norm of one more moment. False when all are known.
    pub fn advance(&mut self, trace: &Trace<T>) -> Result<bool> {
        let t = self.known;
        if t == self.norms.len() {
            return Ok(false);
        }
        let (j, n, inside) = (self.at(trace, t)?, self.of.len(), self.inside.clone());
        let block = DMatrix::from_fn(inside.len(), inside.len(), |r, c| j[(c + inside.start) * n + r + inside.start].f64());
        let norm = spectral_norm_near(&block, &mut self.start);
        self.norms[t] = norm;
        self.known += 1;
        Ok(self.known < self.norms.len())
    }

    pub fn done(&self) -> f64 {
        self.known as f64 / self.norms.len().max(1) as f64
    }
}
