//! Influence of one moment on every later state: norms of ∂h_t/∂h_k and ∂h_t/∂x_k as products of Jacobians, exact, one moment at
//! a time.

use nalgebra::{DMatrix, DVector};

use super::jacobian::{StepJacobians, rescale};
use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::math::kernel::{Strided, multiply_add};
use crate::math::norm::{norm, spectral_norm_near};
use crate::net::Trace;

/// Spectral norms by steps after moment k, in the order in which the direction meets them; index 0 is moment k itself.
pub struct Influence<T> {
    /// The chosen moment.
    pub from: usize,
    /// ‖∂h_t/∂x_k‖
    pub of_input: Vec<f64>,
    /// ‖∂h_t/∂h_k‖, other carried lanes fixed at k and free on the way; where the output is not carried, ‖∂h_t/∂s_k‖ for all that
    /// is carried, and NaN at k itself
    pub of_state: Vec<f64>,
    /// Moments from k on.
    pub moments: Vec<usize>,
    next: usize,
    /// ∂s/∂h_k and ∂s/∂x_k side by side, column-major, rescaled.
    state: (Vec<T>, f64),
    input: (Vec<T>, f64),
    hidden: usize,
    /// Where the search for each norm starts: what was found a step before.
    starts: (DVector<f64>, DVector<f64>),
}

impl<T: Scalar> Influence<T> {
    pub fn new(trace: &Trace<T>, jacobians: &mut StepJacobians<T>, layer: usize, direction: usize, from: usize) -> Result<Self> {
        let example = jacobians.example;
        let moments: Vec<usize> = trace.moments(direction, example).into_iter().skip_while(|t| *t != from).collect();
        if moments.is_empty() {
            return Err(Error::new(Code::OutOfRange, format!("step {from}; expected 0 to {}", trace.lengths[example].saturating_sub(1))));
        }
        let (n, h, from_state) = (jacobians.size(), trace.net.config().hidden, jacobians.state());
        let mut state = vec![T::zero(); n * from_state.len()];
        for (column, row) in from_state.clone().enumerate() {
            state[column * n + row] = T::one();
        }
        // ∂s_k/∂x_k: one row per element of the state.
        let tape = trace.tape(layer, direction)?;
        let of = super::jacobian::State::Outward.rows(trace, layer);
        let mut seeds = vec![T::zero(); tape.rows() * n];
        for (column, row) in of.iter().enumerate() {
            seeds[column * tape.rows() + row] = T::one();
        }
        let by_row = trace.pull_back(layer, direction, from, example, seeds, true)?.input;
        let width = by_row.len() / n;
        let mut input = vec![T::zero(); n * width];
        for r in 0..n {
            for i in 0..width {
                input[i * n + r] = by_row[r * width + i];
            }
        }
        let mut all = Influence {
            from,
            of_input: vec![],
            of_state: vec![],
            moments,
            next: 1,
            state: (state, 0.0),
            input: (input, 0.0),
            hidden: h,
            starts: (DVector::zeros(0), DVector::zeros(0)),
        };
        all.record(n);
        if from_state.start > 0 {
            all.of_state[0] = f64::NAN;
        }
        Ok(all)
    }

    pub fn done(&self) -> f64 {
        self.next as f64 / self.moments.len() as f64
    }

    /// One moment further. False when there is none left.
    pub fn advance(&mut self, trace: &Trace<T>, jacobians: &mut StepJacobians<T>) -> Result<bool> {
        let Some(t) = self.moments.get(self.next) else { return Ok(false) };
        let (j, n, mut work) = (jacobians.at(trace, *t)?, jacobians.size(), vec![]);
        for (m, log) in [&mut self.state, &mut self.input] {
            let columns = m.len() / n;
            let mut product = vec![T::zero(); m.len()];
            multiply_add(n, columns, n, Strided::columns(&j, n), Strided::columns(m, n), &mut product, &mut work);
            *log += rescale(&mut product);
            *m = product;
        }
        self.next += 1;
        self.record(n);
        Ok(self.next < self.moments.len())
    }

    fn record(&mut self, n: usize) {
        let h = self.hidden;
        let size = |(m, log): &(Vec<T>, f64), start: &mut DVector<f64>| {
            let columns = m.len() / n;
            let matrix = || DMatrix::from_fn(h, columns, |r, c| m[c * n + r].f64());
            let norm = if columns == 1 { norm(&m[..h]) } else { spectral_norm_near(&matrix(), start) };
            norm * libm::exp(*log)
        };
        let (of_state, of_input) = (size(&self.state, &mut self.starts.0), size(&self.input, &mut self.starts.1));
        self.of_state.push(of_state);
        self.of_input.push(of_input);
    }
}
