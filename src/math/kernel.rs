//! The one matrix product. Matrices are column-major slices; every dimension may be anything, edges included.

use super::Scalar;

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

/// Rows and columns of a block of results.
const ROWS: usize = 8;
const COLUMNS: usize = 4;

/// C (m × n) += A (m × k) · B (k × n). A and C are column-major with `m` rows.
///
/// Every element is summed in the order of k, starting from what C holds, whatever block it falls into, so that a batch gives
/// the bits of its examples one by one.
pub fn multiply_add<T: Scalar>(m: usize, n: usize, k: usize, a: &[T], b: Strided<T>, c: &mut [T]) {
    assert!(a.len() >= m * k && c.len() >= m * n);
    if n < COLUMNS {
        (0..n).for_each(|col| one_column(m, k, col, a, b, c));
        return;
    }
    // Panels of A and B are copied together once, padded with zeros, so that the inner loop reads straight on.
    let panels = pack_rows(m, k, a);
    let mut panel_b = vec![T::zero(); k * COLUMNS];
    for col in (0..n).step_by(COLUMNS) {
        let width = COLUMNS.min(n - col);
        for (p, packed) in panel_b.chunks_exact_mut(COLUMNS).enumerate() {
            for (j, x) in packed[..width].iter_mut().enumerate() {
                *x = b.data[p * b.row + (col + j) * b.column];
            }
        }
        for (panel_a, row) in panels.chunks_exact((ROWS * k).max(1)).zip((0..m).step_by(ROWS)) {
            block(m, (row, ROWS.min(m - row)), (col, width), panel_a, &panel_b, c);
        }
    }
}

/// A, `ROWS` rows at a time: for each p the panel's rows, zero below the last.
fn pack_rows<T: Scalar>(m: usize, k: usize, a: &[T]) -> Vec<T> {
    let mut panels = Vec::with_capacity(m.div_ceil(ROWS) * ROWS * k);
    for row in (0..m).step_by(ROWS) {
        let height = ROWS.min(m - row);
        for p in 0..k {
            panels.extend_from_slice(&a[p * m + row..p * m + row + height]);
            panels.resize(panels.len() + ROWS - height, T::zero());
        }
    }
    panels
}

/// One block of C, kept in registers over the whole sum: as many groups of `Scalar::Wide` as make up its rows.
fn block<T: Scalar>(m: usize, (row, height): (usize, usize), (col, width): (usize, usize), a: &[T], b: &[T], c: &mut [T]) {
    let groups = ROWS / T::WIDTH;
    let mut values = [[T::zero(); ROWS]; COLUMNS];
    for (j, values) in values.iter_mut().enumerate().take(width) {
        let at = (col + j) * m + row;
        values[..height].copy_from_slice(&c[at..at + height]);
    }
    for v in (0..groups).step_by(2) {
        // Two groups at a time: eight sums, two rows of A and one factor fit the registers of every target.
        let (first, second) = (v * T::WIDTH, (v + 1) * T::WIDTH);
        let mut sum: [[T::Wide; 2]; COLUMNS] = std::array::from_fn(|j| [T::load(&values[j][first..]), T::load(&values[j][second..])]);
        for (a, b) in a.as_chunks::<ROWS>().0.iter().zip(b.as_chunks::<COLUMNS>().0) {
            let x = [T::load(&a[first..]), T::load(&a[second..])];
            for (s, factor) in sum.iter_mut().zip(b) {
                let factor = T::splat(*factor);
                s[0] += x[0] * factor;
                s[1] += x[1] * factor;
            }
        }
        for (s, values) in sum.iter().zip(&mut values) {
            T::store(s[0], &mut values[first..]);
            T::store(s[1], &mut values[second..]);
        }
    }
    for (j, values) in values.iter().enumerate().take(width) {
        let at = (col + j) * m + row;
        c[at..at + height].copy_from_slice(&values[..height]);
    }
}

/// One column of C straight from A, four of A's columns at a time: with so little work per element, copying panels would cost
/// more than it saves.
fn one_column<T: Scalar>(m: usize, k: usize, col: usize, a: &[T], b: Strided<T>, c: &mut [T]) {
    let c = &mut c[col * m..(col + 1) * m];
    let factor = |p: usize| b.data[p * b.row + col * b.column];
    let column = |p: usize| &a[p * m..(p + 1) * m];
    let mut p = 0;
    while p + 4 <= k {
        let (f0, f1, f2, f3) = (factor(p), factor(p + 1), factor(p + 2), factor(p + 3));
        let columns = column(p).iter().zip(column(p + 1)).zip(column(p + 2)).zip(column(p + 3));
        for (c, (((x0, x1), x2), x3)) in c.iter_mut().zip(columns) {
            *c = (((*c + *x0 * f0) + *x1 * f1) + *x2 * f2) + *x3 * f3;
        }
        p += 4;
    }
    for p in p..k {
        let f = factor(p);
        c.iter_mut().zip(column(p)).for_each(|(c, x)| *c += *x * f);
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
