//! Matrix products: as `math::kernel::multiply_packed` and `multiply_add`.

use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::{Kernel, Word, groups};
use crate::gpu::plan::Recorder;

/// A matrix in memory: element (i, j) stands at `first + i·row + j·column` of a slice.
#[derive(Clone)]
pub struct Matrix<'a> {
    pub data: &'a Slice,
    pub first: usize,
    pub row: usize,
    pub column: usize,
}

impl<'a> Matrix<'a> {
    /// Column-major with `rows` numbers in a column.
    pub fn columns(data: &'a Slice, rows: usize) -> Self {
        Matrix { data, first: 0, row: 1, column: rows }
    }
    /// Row-major with `columns` numbers in a row: how parameters lie.
    pub fn rows(data: &'a Slice, columns: usize) -> Self {
        Matrix { data, first: 0, row: columns, column: 1 }
    }
    /// Begins at another place: a lane of a tape, some rows of a parameter.
    pub fn at(self, first: usize) -> Self {
        Matrix { first, ..self }
    }
    pub fn transposed(self) -> Self {
        Matrix { row: self.column, column: self.row, ..self }
    }
}

const TILE: usize = 64;
/// Of large matrices.
const LARGE: usize = 128;
/// Fewer workgroups than this leave most of a GPU idle.
const ENOUGH: usize = 96;
/// What a slice of the inner dimension has at least.
const DEPTH: usize = 256;

/// How a product is divided: the side of a workgroup's tile, slices of the inner dimension.
fn division((m, n, k): (usize, usize, usize), bias: bool) -> (usize, usize) {
    let of = |tile: usize| {
        let tiles = m.div_ceil(tile) * n.div_ceil(tile);
        let slices = if tiles >= ENOUGH || bias { 1 } else { (k / DEPTH).clamp(1, ENOUGH.div_ceil(tiles)) };
        (tiles, slices)
    };
    let (tiles, slices) = of(LARGE);
    // Not where a good part of the tiles would be edges.
    if m.min(n) > LARGE * 3 / 4 && tiles * slices >= ENOUGH { (LARGE, slices) } else { (TILE, of(TILE).1) }
}

fn text(large: bool, a_along_k: bool, b_along_k: bool, add: bool, bias: bool) -> Kernel {
    let text = Kernel::new(if large { include_str!("product_large.wgsl") } else { include_str!("product.wgsl") });
    let bias_text = if bias { include_str!("product_bias.wgsl") } else { include_str!("product_no_bias.wgsl") };
    let text = text.with("A_ALONG_K", a_along_k).with("B_ALONG_K", b_along_k);
    text.with("ADD", add).with("BIAS", bias).part(bias_text)
}

fn sum_text() -> Kernel {
    Kernel::new(include_str!("sum.wgsl"))
}

/// Records `to (+)= Σ parts`: `slices` matrices m × n, column-major, one after the other.
pub(super) fn sum(r: &mut Recorder, parts: &Slice, (m, n): (usize, usize), slices: usize, to: Matrix, add: bool) -> Result<()> {
    let sizes = [m, n, slices, to.first, to.row, to.column, usize::from(add)].map(Into::into);
    r.dispatch(sum_text(), &sizes, &[parts, to.data], [groups(m * n, 64), 1, 1])
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![
        ("product", text(false, true, false, true, false)),
        ("product with bias", text(false, false, true, false, true)),
        ("large product", text(true, true, false, true, false)),
        ("sum of slices", sum_text()),
    ]
}

/// Records C = A·B (+ bias for each row), or C += A·B: A is m × k, B k × n, C m × n. C may not be in the buffer of another.
pub fn product(
    r: &mut Recorder,
    sizes: (usize, usize, usize),
    a: Matrix,
    b: Matrix,
    c: Matrix,
    bias: Option<&Slice>,
    add: bool,
) -> Result<()> {
    product_from(r, sizes, (a, b, c), bias.map(|bias| (bias, 0)), add)
}

/// As `product`, with a bias that begins anywhere in its slice.
pub fn product_from(
    r: &mut Recorder,
    (m, n, k): (usize, usize, usize),
    (a, b, c): (Matrix, Matrix, Matrix),
    bias: Option<(&Slice, usize)>,
    add: bool,
) -> Result<()> {
    let (tile, slices) = division((m, n, k), bias.is_some());
    let text = text(tile == LARGE, a.column < a.row, b.row < b.column, add && slices == 1, bias.is_some());
    let parts = if slices > 1 { Some(r.scratch("product", slices * m * n)?) } else { None };
    let to = parts.as_ref().map_or(c.clone(), |parts| Matrix::columns(parts, m));
    let places = [a.first, a.row, a.column, b.first, b.row, b.column, to.first, to.row, to.column, bias.map_or(0, |(_, first)| first)];
    let sizes: Vec<Word> = [m, n, k, k.div_ceil(slices), m * n].into_iter().chain(places).map(Into::into).collect();
    let mut bound = vec![a.data, b.data, to.data];
    bound.extend(bias.map(|(bias, _)| bias));
    r.dispatch(text, &sizes, &bound, [groups(m, tile), groups(n, tile), slices as u32])?;
    let Some(parts) = parts else { return Ok(()) };
    sum(r, &parts, (m, n), slices, c, add)
}
