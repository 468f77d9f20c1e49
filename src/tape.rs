//! The tape: named lanes over one column-major matrix. Rows are lanes × units, columns time × batch; column t·B + b is
//! everything that was computed at moment t for example b. The gradient tape has the same layout.

use nalgebra::DMatrix;

use crate::cell::Spec;
use crate::error::{Error, Result};
use crate::math::Scalar;

#[derive(Clone, Debug)]
pub struct Tape<T: Scalar> {
    pub spec: &'static Spec,
    pub hidden: usize,
    pub steps: usize,
    pub batch: usize,
    /// (lanes · hidden) × (steps · batch)
    pub data: DMatrix<T>,
}

impl<T: Scalar> Tape<T> {
    pub fn zeros(spec: &'static Spec, hidden: usize, steps: usize, batch: usize) -> Self {
        let data = DMatrix::from_element(spec.lanes.len() * hidden, steps * batch, T::zero());
        Tape { spec, hidden, steps, batch, data }
    }

    /// Gives the tape room for other moments and examples. What stands there is whatever was left.
    pub fn reshape(&mut self, steps: usize, batch: usize) {
        if (self.steps, self.batch) != (steps, batch) {
            (self.steps, self.batch) = (steps, batch);
            let data = std::mem::replace(&mut self.data, DMatrix::from_vec(0, 0, vec![]));
            let (rows, mut values) = (self.rows(), Vec::from(data.data));
            values.resize(rows * steps * batch, T::zero());
            self.data = DMatrix::from_vec(rows, steps * batch, values);
        }
    }

    pub fn rows(&self) -> usize {
        self.spec.lanes.len() * self.hidden
    }

    /// Position of a lane; the error lists the lanes there are.
    pub fn lane_index(&self, name: &str) -> Result<usize> {
        self.spec.lane(name).ok_or_else(|| Error::unknown("lane", name, self.spec.lanes.iter().map(|l| l.name)))
    }

    /// All lanes at moment t of example b.
    pub fn column(&self, t: usize, b: usize) -> &[T] {
        let rows = self.rows();
        let at = (t * self.batch + b) * rows;
        &self.data.as_slice()[at..at + rows]
    }

    /// One lane at moment t of example b: `hidden` values.
    pub fn lane(&self, lane: usize, t: usize, b: usize) -> &[T] {
        &self.column(t, b)[lane * self.hidden..(lane + 1) * self.hidden]
    }

    /// One lane over all moments and examples, T×B×H (unit fastest).
    pub fn lane_all(&self, lane: usize) -> Vec<T> {
        let mut all = Vec::with_capacity(self.hidden * self.steps * self.batch);
        for column in self.data.as_slice().chunks_exact(self.rows().max(1)) {
            all.extend_from_slice(&column[lane * self.hidden..(lane + 1) * self.hidden]);
        }
        all
    }
}
