//! Norms, in f64 whatever the numbers are: squares of f32 gradients leave f32's range long before the gradients do.

use nalgebra::{DMatrix, DVector};

use super::Scalar;

/// Euclidean norm. NaN and infinity come through.
pub fn norm<T: Scalar>(values: &[T]) -> f64 {
    let largest = values.iter().fold(0.0f64, |m, v| if v.f64().abs() > m || v.f64().is_nan() { v.f64().abs() } else { m });
    if largest == 0.0 || !largest.is_finite() {
        return if values.iter().any(|v| v.f64().is_nan()) { f64::NAN } else { largest };
    }
    // Dividing first keeps the squares of subnormal and of huge values in range.
    largest * values.iter().map(|v| (v.f64() / largest) * (v.f64() / largest)).sum::<f64>().sqrt()
}

/// Largest singular value, by Lanczos iteration on MᵀM with full reorthogonalisation (Golub & Van Loan, §10.1), restarted with
/// the best vector until it has converged to about 12 digits. For at most 24 columns one sweep is the full decomposition.
pub fn spectral_norm(m: &DMatrix<f64>) -> f64 {
    iterate(m, &mut any_start(m.ncols()), 24, 1e-12)
}

/// As `spectral_norm`, to about 9 digits, starting from what was found for a similar matrix (or from nothing: an empty vector),
/// which it replaces. Neighbouring steps of a sequence have similar Jacobians: one short sweep is mostly enough.
pub fn spectral_norm_near(m: &DMatrix<f64>, start: &mut DVector<f64>) -> f64 {
    if start.len() != m.ncols() || start.iter().any(|v| !v.is_finite()) {
        *start = any_start(m.ncols());
    } else {
        // A little of every direction, so that a start without any of the largest one cannot stay so.
        *start += any_start(m.ncols()) * 1e-3;
    }
    iterate(m, start, 8, 1e-9)
}

/// A start that no matrix of ours is orthogonal to by construction; fixed, so that results are reproducible.
fn any_start(n: usize) -> DVector<f64> {
    DVector::from_fn(n, |k, _| 1.0 + 0.5 * libm::sin(12.9898 * (k + 1) as f64)).normalize()
}

fn iterate(m: &DMatrix<f64>, start: &mut DVector<f64>, size: usize, tolerance: f64) -> f64 {
    let largest = m.amax();
    if largest == 0.0 || m.iter().any(|v| !v.is_finite()) {
        return if m.iter().any(|v| v.is_nan()) { f64::NAN } else { largest };
    }
    let m = m / largest;
    let mut found = 0.0f64;
    for _ in 0..100 {
        let (value, vector) = sweep(&m, start, m.ncols().min(size));
        *start = vector;
        let settled = (value - found).abs() <= tolerance * value;
        found = found.max(value);
        if settled || m.ncols() <= size {
            break;
        }
    }
    largest * found.sqrt()
}

/// Largest Ritz value of MᵀM over a Krylov space of at most `size` dimensions, with its vector.
fn sweep(m: &DMatrix<f64>, start: &DVector<f64>, size: usize) -> (f64, DVector<f64>) {
    let mut basis = vec![start.normalize()];
    let mut t = DMatrix::<f64>::zeros(size, size);
    for k in 0..size {
        let mut w = m.tr_mul(&(m * &basis[k]));
        t[(k, k)] = w.dot(&basis[k]);
        // Twice is enough (Kahan).
        for _ in 0..2 {
            for v in &basis {
                let along = w.dot(v);
                w.axpy(-along, v, 1.0);
            }
        }
        let beta = w.norm();
        if k + 1 == size || beta <= 1e-300_f64.max(t[(0, 0)].abs() * 1e-15) {
            break;
        }
        (t[(k, k + 1)], t[(k + 1, k)]) = (beta, beta);
        basis.push(w / beta);
    }
    let size = basis.len();
    let eigen = t.view((0, 0), (size, size)).into_owned().symmetric_eigen();
    let best = eigen.eigenvalues.imax();
    let mut vector = DVector::zeros(m.ncols());
    for (v, y) in basis.iter().zip(eigen.eigenvectors.column(best).iter()) {
        vector.axpy(*y, v, 1.0);
    }
    (eigen.eigenvalues[best].max(0.0), vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spectral_norm_agrees_with_the_decomposition() {
        for n in [1usize, 2, 5, 33, 64, 90] {
            let m = DMatrix::from_fn(n, n + 1, |r, c| libm::sin((r * 7 + c * 13) as f64 * 1.7) / (1.0 + c as f64));
            let exact = m.clone().svd(false, false).singular_values.max();
            assert!((spectral_norm(&m) - exact).abs() < 1e-9 * exact, "{n}: {} against {exact}", spectral_norm(&m));
            let mut start = DVector::zeros(0);
            for _ in 0..2 {
                let near = spectral_norm_near(&m, &mut start);
                assert!((near - exact).abs() < 1e-7 * exact, "{n}: {near} against {exact}");
            }
            assert!((spectral_norm(&(m * 1e-200)) - exact * 1e-200).abs() < 1e-9 * exact * 1e-200);
        }
    }

    #[test]
    fn norms_of_extremes() {
        assert_eq!(norm(&[3e-30f32, 4e-30]), norm(&[3.0f32, 4.0]) * (3e-30f32 as f64 / 3.0));
        assert!((norm(&[3e-300f64, 4e-300]) - 5e-300).abs() < 1e-312);
        assert!(norm(&[1.0f32, f32::NAN]).is_nan());
        assert_eq!(norm(&[1.0f32, f32::INFINITY]), f64::INFINITY);
        assert_eq!(norm::<f32>(&[]), 0.0);
        assert!(spectral_norm(&DMatrix::from_element(2, 2, f64::NAN)).is_nan());
    }
}
