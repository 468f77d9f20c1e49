//! A linear map for each head: every head has a matrix of its own, from its own channels to its own.

use super::linear::Linear;
use crate::math::Scalar;
use crate::math::kernel::Strided;

/// Matrices (heads, rows, columns), row-major. What they yield stands in columns in which each head has `across` values.
#[derive(Clone, Copy, Debug)]
pub struct Headwise {
    pub heads: usize,
    pub linear: Linear,
    pub across: usize,
}

impl Headwise {
    pub fn packed_len(self) -> usize {
        self.heads * self.linear.packed_len()
    }

    /// Packs every head's matrix; gives the length of what was packed.
    pub fn pack<T: Scalar>(self, weight: &[T], packed: &mut [T]) -> usize {
        let (size, length) = (self.linear.rows * self.linear.columns, self.linear.packed_len());
        (0..self.heads).for_each(|head| _ = self.linear.pack(&weight[head * size..(head + 1) * size], &mut packed[head * length..]));
        self.packed_len()
    }

    /// Channels of one head.
    fn part<T>(self, x: Strided<T>, head: usize) -> Strided<T> {
        Strided { data: &x.data[head * self.linear.columns * x.row..], ..x }
    }

    /// Adds each head's W x to y: x is heads·columns × count, `stride` values lie from one column of y to the next.
    pub fn forward<T: Scalar>(self, packed: &[T], x: Strided<T>, count: usize, y: &mut [T], stride: usize, work: &mut Vec<T>) {
        for head in 0..self.heads {
            let packed = &packed[head * self.linear.packed_len()..];
            self.linear.forward(packed, self.part(x, head), count, &mut y[head * self.across..], stride, work);
        }
    }

    /// Adds each head's Wᵀ dy to dx.
    pub fn back<T: Scalar>(self, packed: &[T], dy: Strided<T>, count: usize, dx: &mut [T], stride: usize, work: &mut Vec<T>) {
        for head in 0..self.heads {
            let (packed, dx) = (&packed[head * self.linear.packed_len()..], &mut dx[head * self.linear.columns..]);
            self.linear.back(packed, Strided { data: &dy.data[head * self.across..], ..dy }, count, dx, stride, work);
        }
    }

    /// Adds each head's ∂L/∂W: `d` has the gradients of y, `stride` values from one column to the next.
    pub fn gradient<T: Scalar>(self, x: Strided<T>, d: &[T], stride: usize, count: usize, d_weight: &mut [T], work: &mut Vec<T>) {
        for (head, d_weight) in d_weight.chunks_exact_mut(self.linear.rows * self.linear.columns).enumerate() {
            self.linear.gradient(self.part(x, head), &d[head * self.across..], stride, count, d_weight, work);
        }
    }
}
