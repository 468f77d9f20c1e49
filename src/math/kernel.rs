//! The matrix products. Matrices are column-major slices; every dimension may be anything, edges included.
//!
//! Every element is summed in the order of k, starting from what C holds, whatever block it falls into, so that a batch gives
//! the bits of its examples one by one. The blocks follow Goto & van de Geijn, Anatomy of High-Performance Matrix
//! Multiplication, 2008: a panel of A and a block of B in the innermost cache, a block of C in registers.

use super::{Real, Scalar};

/// A matrix read with arbitrary strides: element (r, c) is `data[r * row + c * column]`.
#[derive(Clone, Copy)]
pub struct Strided<'a, T> {
    pub data: &'a [T],
    pub row: usize,
    pub column: usize,
}

impl<'a, T: Copy> Strided<'a, T> {
    /// A column-major matrix with `rows` rows.
    pub fn columns(data: &'a [T], rows: usize) -> Self {
        Strided { data, row: 1, column: rows }
    }
    /// The transpose of a column-major matrix with `rows` rows.
    pub fn transposed(data: &'a [T], rows: usize) -> Self {
        Strided { data, row: rows, column: 1 }
    }
    fn at(&self, r: usize, c: usize) -> T {
        self.data[r * self.row + c * self.column]
    }
}

/// Rows and columns of a block of C that is kept in registers: eight sums of four numbers, two rows of A and one factor of B
/// fit the sixteen registers of every target.
const ROWS: usize = 8;
const COLUMNS: usize = 4;
/// Rows of a panel of A.
const PANEL: usize = 32;
/// Depth (of k) and columns of B that are worked on at a time.
const DEPTH: usize = 128;
const ACROSS: usize = 32;

/// The first `n` values of memory that is used again and again; what stands there is whatever was left.
pub fn room<T: Scalar>(memory: &mut Vec<T>, n: usize) -> &mut [T] {
    if memory.len() < n {
        memory.resize(n, T::zero());
    }
    &mut memory[..n]
}

/// Length of a packed m × k matrix.
pub fn packed_len(m: usize, k: usize) -> usize {
    m.div_ceil(PANEL) * PANEL * k
}

/// Rearranges A (m × k) as the products read it: `PANEL` rows at a time, within them column by column, zero below the last row.
pub fn pack<T: Scalar>(m: usize, k: usize, a: Strided<T>, to: &mut [T]) {
    for (panel, row) in to.chunks_exact_mut((PANEL * k).max(1)).zip((0..m).step_by(PANEL)) {
        let height = PANEL.min(m - row);
        for (p, to) in panel.as_chunks_mut::<PANEL>().0.iter_mut().enumerate() {
            if a.row == 1 {
                to[..height].copy_from_slice(&a.data[p * a.column + row..][..height]);
            } else {
                to[..height].iter_mut().enumerate().for_each(|(r, x)| *x = a.at(row + r, p));
            }
            to[height..].fill(T::zero());
        }
    }
}

/// C (m × n) += A (m × k) · B (k × n), with A as packed. Columns of C are `ld` apart. `work` is memory to use.
#[allow(clippy::too_many_arguments)]
pub fn multiply_packed<T: Scalar>(m: usize, n: usize, k: usize, a: &[T], b: Strided<T>, c: &mut [T], ld: usize, work: &mut Vec<T>) {
    let (whole, factors) = (n - n % COLUMNS, room(work, (ACROSS * DEPTH).max(k)));
    for from in (0..k).step_by(DEPTH) {
        let to = k.min(from + DEPTH);
        for left in (0..whole).step_by(ACROSS) {
            let right = whole.min(left + ACROSS);
            pack_factors(b, (from, to), (left, right), factors);
            for (panel, top) in a.chunks_exact((PANEL * k).max(1)).zip((0..m).step_by(PANEL)) {
                blocks(&panel[from * PANEL..to * PANEL], factors, m, top, (left, right), c, ld);
            }
        }
    }
    for col in whole..n {
        factors.iter_mut().take(k).enumerate().for_each(|(p, x)| *x = b.at(p, col));
        packed_times_vector(k, a, &factors[..k], &mut c[col * ld..][..m]);
    }
}

/// C (m × n) += A (m × k) · B (k × n), where A is used only once. C has `m` rows. `work` is memory to use.
pub fn multiply_add<T: Scalar>(m: usize, n: usize, k: usize, a: Strided<T>, b: Strided<T>, c: &mut [T], work: &mut Vec<T>) {
    if n == 1 && a.row == 1 {
        return columns_times_vector(m, k, a, b, 0, c, 1);
    }
    if m < COLUMNS && b.column == 1 {
        // The same, transposed.
        let (at, bt) = (Strided { row: a.column, column: a.row, ..a }, Strided { row: b.column, column: b.row, ..b });
        return (0..m).for_each(|r| columns_times_vector(n, k, bt, at, r, &mut c[r..], m));
    }
    let size = packed_len(m, DEPTH.min(k));
    let (packed, factors) = room(work, size + ACROSS * DEPTH).split_at_mut(size);
    for from in (0..k).step_by(DEPTH) {
        let to = k.min(from + DEPTH);
        let depth = to - from;
        pack(m, depth, Strided { data: &a.data[from * a.column..], ..a }, &mut packed[..packed_len(m, depth)]);
        for left in (0..n).step_by(ACROSS) {
            let right = n.min(left + ACROSS);
            pack_factors(b, (from, to), (left, right), factors);
            for (panel, top) in packed.chunks_exact(PANEL * depth).zip((0..m).step_by(PANEL)) {
                blocks(panel, factors, m, top, (left, right), c, m);
            }
        }
    }
}

/// Columns `left` to `right` of B, rows `from` to `to`: `COLUMNS` at a time, row by row. Zero where there is no column.
fn pack_factors<T: Scalar>(b: Strided<T>, (from, to): (usize, usize), (left, right): (usize, usize), factors: &mut [T]) {
    if b.column == 1 && (right - left).is_multiple_of(COLUMNS) {
        // Rows of B are read once: they may lie so far apart that they push each other out of the cache.
        let factors = factors.as_chunks_mut::<COLUMNS>().0;
        for p in from..to {
            let row = b.data[p * b.row + left..p * b.row + right].as_chunks::<COLUMNS>().0;
            factors[p - from..].iter_mut().step_by(to - from).zip(row).for_each(|(to, x)| *to = *x);
        }
        return;
    }
    for (factors, col) in factors.chunks_exact_mut(COLUMNS * (to - from)).zip((left..right).step_by(COLUMNS)) {
        let factors = factors.as_chunks_mut::<COLUMNS>().0;
        if right - col < COLUMNS {
            for (p, x) in (from..to).zip(factors) {
                *x = std::array::from_fn(|j| if col + j < right { b.at(p, col + j) } else { T::zero() });
            }
        } else if b.row == 1 {
            let column = |j: usize| &b.data[(col + j) * b.column + from..(col + j) * b.column + to];
            let columns = column(0).iter().zip(column(1)).zip(column(2)).zip(column(3));
            for (x, (((x0, x1), x2), x3)) in factors.iter_mut().zip(columns) {
                *x = [*x0, *x1, *x2, *x3];
            }
        } else {
            for (p, x) in (from..to).zip(factors) {
                *x = std::array::from_fn(|j| b.at(p, col + j));
            }
        }
    }
}

/// One panel of A times a block of B.
fn blocks<T: Scalar>(panel: &[T], factors: &[T], m: usize, top: usize, (left, right): (usize, usize), c: &mut [T], ld: usize) {
    let (panel, depth) = (panel.as_chunks::<PANEL>().0, panel.len() / PANEL);
    for at in (0..PANEL.min(m - top)).step_by(ROWS) {
        let (row, height) = (top + at, ROWS.min(m - top - at));
        for (factors, col) in factors.chunks_exact(COLUMNS * depth).zip((left..right).step_by(COLUMNS)) {
            let (factors, width) = (factors.as_chunks::<COLUMNS>().0, COLUMNS.min(right - col));
            if height == ROWS && width == COLUMNS {
                block(panel, at, factors, &mut c[col * ld + row..], ld);
                continue;
            }
            let mut values = [T::zero(); ROWS * COLUMNS];
            for j in 0..width {
                values[j * ROWS..][..height].copy_from_slice(&c[(col + j) * ld + row..][..height]);
            }
            block(panel, at, factors, &mut values, ROWS);
            for j in 0..width {
                c[(col + j) * ld + row..][..height].copy_from_slice(&values[j * ROWS..][..height]);
            }
        }
    }
}

/// One block of C, kept in registers over the whole sum: two groups of `Scalar::Wide` and four columns at a time.
fn block<T: Scalar>(panel: &[[T; PANEL]], at: usize, factors: &[[T; COLUMNS]], c: &mut [T], ld: usize) {
    assert!(at + ROWS <= PANEL);
    for first in (0..ROWS).step_by(2 * T::WIDTH) {
        let second = first + T::WIDTH;
        let mut sum: [[T::Wide; 2]; COLUMNS] = std::array::from_fn(|j| [T::load(&c[j * ld + first..]), T::load(&c[j * ld + second..])]);
        for (a, b) in panel.iter().zip(factors) {
            let x = [T::load(&a[at + first..]), T::load(&a[at + second..])];
            for (s, factor) in sum.iter_mut().zip(b) {
                let factor = T::splat(*factor);
                s[0] += x[0] * factor;
                s[1] += x[1] * factor;
            }
        }
        for (j, s) in sum.iter().enumerate() {
            T::store(s[0], &mut c[j * ld + first..]);
            T::store(s[1], &mut c[j * ld + second..]);
        }
    }
}

/// Groups of numbers that one column of C keeps in registers.
const SUMS: usize = 8;

/// values += panel · x, for one panel.
#[inline(always)]
fn panel_times_vector<'a, T: Scalar>(columns: impl Iterator<Item = (&'a [T; PANEL], T)> + Clone, values: &mut [T; PANEL]) {
    for at in (0..PANEL).step_by(SUMS * T::WIDTH) {
        let mut sum: [T::Wide; SUMS] = std::array::from_fn(|s| T::load(&values[at + s * T::WIDTH..]));
        for (a, x) in columns.clone() {
            let x = T::splat(x);
            for (s, sum) in sum.iter_mut().enumerate() {
                *sum += T::load(&a[at + s * T::WIDTH..]) * x;
            }
        }
        for (s, sum) in sum.iter().enumerate() {
            T::store(*sum, &mut values[at + s * T::WIDTH..]);
        }
    }
}

/// c += A x, with A as packed, which is read straight through.
fn packed_times_vector<T: Scalar>(k: usize, a: &[T], x: &[T], c: &mut [T]) {
    for (panel, c) in a.chunks_exact((PANEL * k).max(1)).zip(c.chunks_mut(PANEL)) {
        let mut values = [T::zero(); PANEL];
        values[..c.len()].copy_from_slice(c);
        panel_times_vector(panel.as_chunks::<PANEL>().0.iter().zip(x.iter().copied()), &mut values);
        c.copy_from_slice(&values[..c.len()]);
    }
}

/// c += A x for a column-major A (rows × k) and x a column of another matrix. Elements of c are `step` apart.
#[allow(clippy::too_many_arguments)]
fn columns_times_vector<T: Scalar>(rows: usize, k: usize, a: Strided<T>, x: Strided<T>, col: usize, c: &mut [T], step: usize) {
    for top in (0..rows).step_by(PANEL) {
        let height = PANEL.min(rows - top);
        let mut values = [T::zero(); PANEL];
        (0..height).for_each(|r| values[r] = c[(top + r) * step]);
        if height == PANEL {
            let columns = (0..k).filter_map(|p| Some((a.data[p * a.column + top..].first_chunk::<PANEL>()?, x.at(p, col))));
            panel_times_vector(columns, &mut values);
        } else {
            for p in 0..k {
                let x = x.at(p, col);
                values.iter_mut().zip(&a.data[p * a.column + top..][..height]).for_each(|(y, a)| *y += *a * x);
            }
        }
        (0..height).for_each(|r| c[(top + r) * step] = values[r]);
    }
}

/// y[n] += Σ_p x[p] · b[p, n], for a B whose columns are contiguous: sixteen sums side by side, then one after another.
pub fn add_dots<T: Scalar>(k: usize, x: &[T], b: &[T], y: &mut [T]) {
    for (y, b) in y.iter_mut().zip(b.chunks_exact(k.max(1))) {
        let (xs, bs) = (x.as_chunks::<16>(), b.as_chunks::<16>());
        let mut sum = [T::Wide::zero(); 16];
        let groups = 16 / T::WIDTH;
        for (x, b) in xs.0.iter().zip(bs.0) {
            for (s, sum) in sum.iter_mut().enumerate().take(groups) {
                *sum += T::load(&x[s * T::WIDTH..]) * T::load(&b[s * T::WIDTH..]);
            }
        }
        let mut values = [T::zero(); 16];
        (0..groups).for_each(|s| T::store(sum[s], &mut values[s * T::WIDTH..]));
        for v in values {
            *y += v;
        }
        for (x, b) in xs.1.iter().zip(bs.1) {
            *y += *x * *b;
        }
    }
}

/// Fills every column of the column-major `c` with `bias`, or with zero where there is none.
pub fn fill_columns<T: Scalar>(c: &mut [T], rows: usize, bias: Option<&[T]>) {
    match bias {
        Some(_) if c.is_empty() => {}
        Some(bias) => {
            // Twice as much each time: in wasm a copy is a call.
            c[..rows].copy_from_slice(bias);
            let mut done = rows;
            while done < c.len() {
                let more = done.min(c.len() - done);
                c.copy_within(..more, done);
                done += more;
            }
        }
        None => c.fill(T::zero()),
    }
}

/// Sets to zero what is smaller than `Scalar::NOTHING`; NaN stays. A gradient that vanishes over many steps would end in subnormal
/// numbers, with which processors multiply some hundred times more slowly.
pub fn drop_nothing<T: Scalar>(values: &mut [T]) {
    let nothing = T::of(T::NOTHING);
    for v in values {
        let size = T::select_gt(T::zero(), *v, -*v, *v);
        *v = T::select_gt(nothing, size, T::zero(), *v);
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

    fn add(m: usize, n: usize, k: usize, a: &[f32], b: Strided<f32>, c: &mut [f32]) {
        multiply_add(m, n, k, Strided::columns(a, m), b, c, &mut vec![]);
    }

    /// Through a packed A, into columns that are further apart.
    fn add_packed(m: usize, n: usize, k: usize, a: &[f32], b: Strided<f32>, c: &mut [f32]) {
        let (mut packed, ld) = (vec![f32::NAN; packed_len(m, k)], m + 3);
        pack(m, k, Strided::columns(a, m), &mut packed);
        let mut wide = vec![0.0; n * ld];
        c.chunks_exact(m).zip(wide.chunks_exact_mut(ld)).for_each(|(c, w)| w[..m].copy_from_slice(c));
        multiply_packed(m, n, k, &packed, b, &mut wide, ld, &mut vec![]);
        c.chunks_exact_mut(m).zip(wide.chunks_exact(ld)).for_each(|(c, w)| c.copy_from_slice(&w[..m]));
        assert!(wide.chunks_exact(ld).all(|w| w[m..] == [0.0; 3]), "between the columns");
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
                    add(m, n, k, &a, Strided::columns(&b, k), &mut c);
                    let exact = reference(m, n, k, &a, |p, j| b[j * k + p]);
                    assert!(worst(&c, &exact) < tolerance, "{m} {n} {k}");
                    let mut c = vec![0.0; m * n];
                    add(m, n, k, &a, Strided::transposed(&b, n), &mut c);
                    let exact = reference(m, n, k, &a, |p, j| b[p * n + j]);
                    assert!(worst(&c, &exact) < tolerance, "{m} {n} {k} transposed");
                    let mut packed = vec![0.0; m * n];
                    add_packed(m, n, k, &a, Strided::transposed(&b, n), &mut packed);
                    assert_eq!(packed, c, "{m} {n} {k}: one order of sums");
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
        add(m, n, k, &a, Strided::columns(&b, k), &mut all);
        for j in 0..n {
            let mut one = vec![0.0; m];
            add(m, 1, k, &a, Strided::columns(&b[j * k..(j + 1) * k], k), &mut one);
            assert_eq!(one, all[j * m..(j + 1) * m]);
            let mut one = vec![0.0; m];
            add_packed(m, 1, k, &a, Strided::columns(&b[j * k..(j + 1) * k], k), &mut one);
            assert_eq!(one, all[j * m..(j + 1) * m]);
        }
    }

    #[test]
    fn nan_and_infinity_travel() {
        let mut c = vec![0.0f32; 2];
        add(2, 1, 2, &[f32::NAN, 1.0, 1.0, f32::INFINITY], Strided::columns(&[0.0, 1.0], 2), &mut c);
        assert!(c[0].is_nan() && c[1] == f32::INFINITY);
    }

    #[test]
    fn next_to_nothing_is_dropped() {
        let mut values = [1e-28f32, -1e-28, 1e-29, -1e-40, f32::NAN, f32::NEG_INFINITY, -0.5];
        drop_nothing(&mut values);
        assert_eq!(values[..4], [1e-28, -1e-28, 0.0, 0.0]);
        assert!(values[4].is_nan() && values[5..] == [f32::NEG_INFINITY, -0.5]);
        let mut values = [1e-300f64, -5e-324];
        drop_nothing(&mut values);
        assert_eq!(values, [1e-300, -5e-324], "f64 is the reference");
    }

    #[test]
    fn dots_agree_with_their_twin() {
        for k in SIZES {
            let (x, b, mut y) = (numbers(k, 1), numbers(3 * k, 2), vec![0.0; 3]);
            add_dots(k, &x, &b, &mut y);
            let exact = reference(1, 3, k, &x, |p, j| b[j * k + p]);
            assert!(worst(&y, &exact) < 1e4 * k as f64 * 2.4e-7, "{k}");
            y[2] += 1.0 + k as f32;
            assert!(worst(&y, &exact) > 0.9, "a perturbed result must be seen");
        }
    }
}
