//! Ridge regression on the last readings: what a linear forecast reaches, as a line to beat.

/// `y = weights · x + intercept`, fitted by least squares with a penalty on the weights.
pub(super) struct Ridge {
    weights: Vec<f64>,
}

impl Ridge {
    /// Fits to rows of `width` readings and their targets. With no example it is zero everywhere.
    pub fn fit<'a>(width: usize, examples: impl Iterator<Item = (&'a [f32], f32)>) -> Self {
        // The normal equations, the intercept as one more reading that is always 1.
        let n = width + 1;
        let mut a = vec![0.0; n * n];
        let mut b = vec![0.0; n];
        let mut row = vec![1.0; n];
        for (x, y) in examples {
            for (r, x) in row.iter_mut().zip(x) {
                *r = f64::from(*x);
            }
            for i in 0..n {
                b[i] += row[i] * f64::from(y);
                for j in 0..=i {
                    a[i * n + j] += row[i] * row[j];
                }
            }
        }
        // A penalty of 1, as is usual; the intercept has just enough for the matrix to stay positive.
        for i in 0..n {
            a[i * n + i] += if i < width { 1.0 } else { 1e-9 };
        }
        solve(&mut a, &mut b);
        Self { weights: b }
    }

    pub fn predict(&self, x: &[f32]) -> f64 {
        let intercept = self.weights.last().copied().unwrap_or(0.0);
        x.iter().zip(&self.weights).map(|(x, w)| f64::from(*x) * w).sum::<f64>() + intercept
    }
}

/// Solves `a x = b` for a symmetric positive matrix by Cholesky's factors. Row-major; only its lower triangle is read.
/// `a` becomes the factor, `b` the solution.
fn solve(a: &mut [f64], b: &mut [f64]) {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| a[i * n + k] * a[j * n + k]).sum();
            let rest = a[i * n + j] - dot;
            a[i * n + j] = if i == j { rest.sqrt() } else { rest / a[j * n + j] };
        }
    }
    for i in 0..n {
        let dot: f64 = (0..i).map(|k| a[i * n + k] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i * n + i];
    }
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|k| a[k * n + i] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i * n + i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::rng::Rng;

    #[test]
    fn cholesky_solves_what_was_multiplied_out() {
        let mut a = vec![4.0, 0.0, 0.0, 2.0, 5.0, 0.0, -1.0, 3.0, 6.0];
        let x = [1.0, -2.0, 0.5];
        let full = |i: usize, j: usize| a[i.max(j) * 3 + i.min(j)];
        let mut b: Vec<f64> = (0..3).map(|i| (0..3).map(|j| full(i, j) * x[j]).sum()).collect();
        solve(&mut a, &mut b);
        assert!(b.iter().zip(x).all(|(b, x)| (b - x).abs() < 1e-12), "{b:?}");
    }

    #[test]
    fn a_linear_rule_is_found_and_another_is_not() {
        let mut rng = Rng::new(3);
        let rows: Vec<[f32; 3]> = (0..5000).map(|_| std::array::from_fn(|_| (2.0 * rng.u() - 1.0) as f32)).collect();
        let rule = |x: &[f32]| 2.0 * x[0] - x[2] + 0.25;
        let ridge = Ridge::fit(3, rows.iter().map(|x| (&x[..], rule(x))));
        let worst = rows.iter().map(|x| (ridge.predict(x) - f64::from(rule(x))).abs()).fold(0.0, f64::max);
        assert!(worst < 5e-3, "{worst}");
        let ridge = Ridge::fit(3, rows.iter().map(|x| (&x[..], x[0] * x[1])));
        assert!((ridge.predict(&[1.0, 1.0, 0.0]) - 1.0).abs() > 0.5, "a product is no sum");
    }

    #[test]
    fn nothing_to_fit_is_zero() {
        assert_eq!(Ridge::fit(2, std::iter::empty()).predict(&[1.0, 2.0]), 0.0);
    }
}
