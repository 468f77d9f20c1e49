//! The one matrix product. Matrices are column-major slices; every dimension may be anything, edges included.

use super::Scalar;

/// Rows and columns of the block of results that is kept in registers.
const ROWS: usize = 8;
const COLUMNS: usize = 4;

/// A matrix read with arbitrary strides: element (r, c) is `data[r * row + c * column]`.
#[derive(Clone, Copy)]
pub struct Strided<'a, T> {
    pub data: &'a [T],
    pub row: usize,
    pub column: usize,
}

impl<'a, T> Strided<'a, T> {
    /// A column-major matrix with `rows` rows.
    pub fn columns(data: &'a [T], rows: usize) -> Self {
        Strided { data, row: 1, column: rows }
    }
    /// The transpose of a column-major matrix with `rows` rows.
    pub fn transposed(data: &'a [T], rows: usize) -> Self {
        Strided { data, row: rows, column: 1 }
    }
}

/// C (m × n) += A (m × k) · B (k × n). A and C are column-major with `m` rows.
///
/// The sum over k runs in the same order for every element, so that a batch gives the bits of its examples one by one.
pub fn multiply_add<T: Scalar>(m: usize, n: usize, k: usize, a: &[T], b: Strided<T>, c: &mut [T]) {
    assert!(a.len() >= m * k && c.len() >= m * n);
    let mut col = 0;
    while col < n {
        let width = COLUMNS.min(n - col);
        let mut row = 0;
        while row < m {
            let height = ROWS.min(m - row);
            if height == ROWS && width == COLUMNS {
                full_block(m, k, row, col, a, b, c);
            } else {
                edge_block(m, k, (row, height), (col, width), a, b, c);
            }
            row += height;
        }
        col += width;
    }
}

fn full_block<T: Scalar>(m: usize, k: usize, row: usize, col: usize, a: &[T], b: Strided<T>, c: &mut [T]) {
    let mut sum = [[T::zero(); ROWS]; COLUMNS];
    for p in 0..k {
        let column = &a[p * m + row..p * m + row + ROWS];
        for (j, sums) in sum.iter_mut().enumerate() {
            let factor = b.data[p * b.row + (col + j) * b.column];
            for (s, x) in sums.iter_mut().zip(column) {
                *s += *x * factor;
            }
        }
    }
    for (j, sums) in sum.iter().enumerate() {
        let at = (col + j) * m + row;
        for (c, s) in c[at..at + ROWS].iter_mut().zip(sums) {
            *c += *s;
        }
    }
}

fn edge_block<T: Scalar>(
    m: usize,
    k: usize,
    (row, height): (usize, usize),
    (col, width): (usize, usize),
    a: &[T],
    b: Strided<T>,
    c: &mut [T],
) {
    for j in col..col + width {
        let mut sum = [T::zero(); ROWS];
        for p in 0..k {
            let factor = b.data[p * b.row + j * b.column];
            for (s, x) in sum[..height].iter_mut().zip(&a[p * m + row..p * m + row + height]) {
                *s += *x * factor;
            }
        }
        for (c, s) in c[j * m + row..j * m + row + height].iter_mut().zip(&sum) {
            *c += *s;
        }
    }
}

/// The transpose of a column-major matrix with `rows` rows; equally, the column-major form of a row-major one whose
/// rows have `rows` elements.
pub fn transpose<T: Scalar>(a: &[T], rows: usize) -> Vec<T> {
    let columns = a.len().checked_div(rows).unwrap_or(0);
    let mut out = Vec::with_capacity(a.len());
    for r in 0..rows {
        out.extend((0..columns).map(|c| a[c * rows + r]));
    }
    out
}

/// Fills every column of the column-major `c` with `bias`, or with zero where there is none.
pub fn fill_columns<T: Scalar>(c: &mut [T], rows: usize, bias: &[&[T]]) {
    for column in c.chunks_exact_mut(rows.max(1)) {
        column.fill(T::zero());
        for b in bias {
            for (y, b) in column.iter_mut().zip(*b) {
                *y += *b;
            }
        }
    }
}

/// Adds the sum of all columns of `c` to `total`.
pub fn sum_columns<T: Scalar>(c: &[T], rows: usize, total: &mut [T]) {
    for column in c.chunks_exact(rows.max(1)) {
        for (t, y) in total.iter_mut().zip(column) {
            *t += *y;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 8] = [1, 2, 3, 5, 63, 64, 65, 257];

    fn numbers(n: usize, seed: u32) -> Vec<f32> {
        let mut s = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
        let step = |s: &mut u32| {
            *s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (*s >> 8) as f32 / (1u32 << 24) as f32 * 200.0 - 100.0
        };
        (0..n).map(|_| step(&mut s)).collect()
    }

    /// The slow careful twin.
    fn reference(m: usize, n: usize, k: usize, a: &[f32], b: impl Fn(usize, usize) -> f32) -> Vec<f64> {
        let mut c = vec![0.0; m * n];
        for j in 0..n {
            for i in 0..m {
                c[j * m + i] = (0..k).map(|p| a[p * m + i] as f64 * b(p, j) as f64).sum();
            }
        }
        c
    }

    fn worst(c: &[f32], exact: &[f64]) -> f64 {
        c.iter().zip(exact).map(|(c, e)| (*c as f64 - e).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn product_agrees_with_its_twin() {
        for m in SIZES {
            for n in [1, 2, 3, 5, 65] {
                for k in SIZES {
                    let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
                    // Rounding of k products of up to 1e4 each.
                    let tolerance = 1e4 * k as f64 * 2.4e-7 + 1e-6;
                    let mut c = vec![0.0; m * n];
                    multiply_add(m, n, k, &a, Strided::columns(&b, k), &mut c);
                    let exact = reference(m, n, k, &a, |p, j| b[j * k + p]);
                    assert!(worst(&c, &exact) < tolerance, "{m} {n} {k}");
                    let mut c = vec![0.0; m * n];
                    multiply_add(m, n, k, &a, Strided::transposed(&b, n), &mut c);
                    let exact = reference(m, n, k, &a, |p, j| b[p * n + j]);
                    assert!(worst(&c, &exact) < tolerance, "{m} {n} {k} transposed");
                    c[m * n / 2] += 2.0 * tolerance as f32;
                    assert!(worst(&c, &exact) > tolerance, "a perturbed result must be seen");
                }
            }
        }
    }

    #[test]
    fn a_batch_gives_the_bits_of_its_examples() {
        let (m, k, n) = (67, 33, 9);
        let (a, b) = (numbers(m * k, 3), numbers(k * n, 4));
        let mut all = vec![0.0; m * n];
        multiply_add(m, n, k, &a, Strided::columns(&b, k), &mut all);
        for j in 0..n {
            let mut one = vec![0.0; m];
            multiply_add(m, 1, k, &a, Strided::columns(&b[j * k..(j + 1) * k], k), &mut one);
            assert_eq!(one, all[j * m..(j + 1) * m]);
        }
    }

    #[test]
    fn nan_and_infinity_travel() {
        let mut c = vec![0.0f32; 2];
        multiply_add(2, 1, 2, &[f32::NAN, 1.0, 1.0, f32::INFINITY], Strided::columns(&[0.0, 1.0], 2), &mut c);
        assert!(c[0].is_nan() && c[1] == f32::INFINITY);
    }

    #[test]
    fn transpose_twice_is_identity() {
        let a = numbers(15, 5);
        assert_eq!(transpose(&transpose(&a, 3), 5), a);
        assert_eq!(transpose(&a, 3)[1], a[3]);
    }
}
