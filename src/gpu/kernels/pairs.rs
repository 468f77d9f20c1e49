//! Sums over columns of products of two rows: gradients of parameters that each meet one or few rows only.

use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::{Kernel, Word, groups};
use crate::gpu::plan::Recorder;

/// Rows of a matrix with `rows` numbers in a column, from `first` on.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub data: &'a Slice,
    pub first: usize,
    pub rows: usize,
}

/// Which rows meet for number i: row i / `a_each` of a and row i / `b_each` · `b_block` + i % `b_block` of b.
#[derive(Clone, Copy)]
pub struct Meeting {
    pub a_each: usize,
    pub b_each: usize,
    pub b_block: usize,
}

impl Meeting {
    /// Row i of both.
    pub const SAME: Meeting = Meeting { a_each: 1, b_each: 1, b_block: 1 };
    /// Row i of b, with `n` of its rows for each of a.
    pub fn several(n: usize) -> Self {
        Meeting { a_each: n, ..Self::SAME }
    }
    /// n × n matrices, row-major, one behind the other: each of n rows of a with each of n rows of b.
    pub fn blocks(n: usize) -> Self {
        Meeting { a_each: n, b_each: n * n, b_block: n }
    }
}

fn text() -> Kernel {
    Kernel::new(include_str!("pairs.wgsl"))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![("pairs of rows", text())]
}

/// Records to[i] += Σ_column a·b, for all numbers of `to`.
pub fn pairs(r: &mut Recorder, columns: usize, a: Rows, b: Rows, meeting: Meeting, to: &Slice) -> Result<()> {
    let Meeting { a_each, b_each, b_block } = meeting;
    let params = [to.len(), columns, a.first, a.rows, a_each, b.first, b.rows, b_each, b_block].map(Word::from);
    r.dispatch(text(), &params, &[a.data, b.data, to], [groups(to.len(), 16), 1, 1])
}
