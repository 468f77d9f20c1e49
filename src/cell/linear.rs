//! y = W x, with its way back: what cells with matrices of their own build on. Matrices are PyTorch's, row-major (out, in).

use crate::math::Scalar;
use crate::math::kernel::{Strided, multiply_add, multiply_packed, pack, packed_len};

/// A matrix of this many rows (out) and columns (in).
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    pub rows: usize,
    pub columns: usize,
}

impl Linear {
    pub fn new(rows: usize, columns: usize) -> Self {
        Linear { rows, columns }
    }

    /// Length of what `pack` packs.
    pub fn packed_len(self) -> usize {
        packed_len(self.rows, self.columns) + packed_len(self.columns, self.rows)
    }

    /// Packs the matrix and its transpose; gives what is left of the memory.
    pub fn pack<T: Scalar>(self, weight: &[T], packed: &mut [T]) -> usize {
        let (forth, back) = packed[..self.packed_len()].split_at_mut(packed_len(self.rows, self.columns));
        pack(self.rows, self.columns, Strided::transposed(weight, self.columns), forth);
        pack(self.columns, self.rows, Strided::columns(weight, self.columns), back);
        self.packed_len()
    }

    /// Adds W x to y: x is columns × count, y is rows × count with `stride` values from one column to the next.
    pub fn forward<T: Scalar>(self, packed: &[T], x: Strided<T>, count: usize, y: &mut [T], stride: usize, work: &mut Vec<T>) {
        multiply_packed(self.rows, count, self.columns, &packed[..packed_len(self.rows, self.columns)], x, y, stride, work);
    }

    /// Adds Wᵀ dy to dx: dy is rows × count, dx is columns × count with `stride` values from one column to the next.
    pub fn back<T: Scalar>(self, packed: &[T], dy: Strided<T>, count: usize, dx: &mut [T], stride: usize, work: &mut Vec<T>) {
        let back = &packed[packed_len(self.rows, self.columns)..self.packed_len()];
        multiply_packed(self.columns, count, self.rows, back, dy, dx, stride, work);
    }

    /// Adds ∂L/∂W (row-major) for x (columns × count) and dy: `d` has rows × count gradients, `stride` values from one column to
    /// the next.
    pub fn gradient<T: Scalar>(self, x: Strided<T>, d: &[T], stride: usize, count: usize, d_weight: &mut [T], work: &mut Vec<T>) {
        let d = Strided { data: d, row: stride, column: 1 };
        multiply_add(self.columns, self.rows, count, x, d, d_weight, work);
    }
}

/// Adds a bias to every column of y.
pub fn add_bias<T: Scalar>(bias: &[T], count: usize, y: &mut [T], stride: usize) {
    for column in y.chunks_mut(stride).take(count) {
        column.iter_mut().zip(bias).for_each(|(y, b)| *y += *b);
    }
}

/// Adds the sum over columns to a bias's gradient.
pub fn bias_gradient<T: Scalar>(d: &[T], stride: usize, count: usize, d_bias: &mut [T]) {
    for column in d.chunks(stride).take(count) {
        d_bias.iter_mut().zip(column).for_each(|(sum, d)| *sum += *d);
    }
}
