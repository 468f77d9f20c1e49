//! The tape: named lanes over one column-major matrix. Rows are those of the lanes (one per unit, where a lane has no other
//! axes), columns time × batch; column t·B + b is
//! everything that was computed at moment t for example b. The gradient tape has the same layout.

use std::sync::Arc;

use nalgebra::DMatrix;

use crate::cell::{Layout, Spec};
use crate::error::{Error, Result};
use crate::math::Scalar;

#[derive(Clone, Debug)]
pub struct Tape<T: Scalar> {
    pub spec: &'static Spec,
    pub layout: Arc<Layout>,
    pub steps: usize,
    pub batch: usize,
    /// rows × (steps · batch)
    pub data: DMatrix<T>,
}

impl<T: Scalar> Tape<T> {
    /// A tape of no moments yet.
    pub fn empty(spec: &'static Spec, layout: Arc<Layout>) -> Self {
        Tape { spec, layout, steps: 0, batch: 0, data: DMatrix::from_vec(0, 0, vec![]) }
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
        self.layout.rows()
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

    /// One lane at moment t of example b: as many values as its axes have elements.
    pub fn lane(&self, lane: usize, t: usize, b: usize) -> &[T] {
        &self.column(t, b)[self.layout.range(lane)]
    }

    /// One lane over all moments and examples, T×B×(its elements), element fastest.
    pub fn lane_all(&self, lane: usize) -> Vec<T> {
        let range = self.layout.range(lane);
        let mut all = Vec::with_capacity(range.len() * self.steps * self.batch);
        for column in self.data.as_slice().chunks_exact(self.rows().max(1)) {
            all.extend_from_slice(&column[range.clone()]);
        }
        all
    }
}
