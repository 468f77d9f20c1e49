//! Modes of a diagonal state-space model: from a continuous A and a step Δ to what one step does, x_t = Ā x_{t−1} + B̄ u_t, with
//! the slopes that training needs. In f64, once per change of parameters.

use super::functions::expm1;

pub type Complex = nalgebra::Complex<f64>;

/// One mode, discretised (B = 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode {
    /// Ā
    pub a: Complex,
    /// B̄
    pub b: Complex,
    /// ∂Ā/∂A. ∂B̄/∂ln Δ is the same, and ∂Ā/∂ln Δ is A times it.
    pub slope_a: Complex,
    /// ∂B̄/∂A
    pub slope_b: Complex,
}

/// The input held over the step: Ā = e^(ΔA), B̄ = (e^(ΔA) − 1)/A, which for A → 0 is Δ.
pub fn zero_order_hold(dt: f64, a: Complex) -> Mode {
    let z = a * dt;
    let (power, phi, slope) = (exp(z), phi(z), phi_slope(z));
    Mode { a: power, b: phi * dt, slope_a: power * dt, slope_b: slope * (dt * dt) }
}

/// Trapezoids: Ā = (1 + ΔA/2)/(1 − ΔA/2), B̄ = Δ/(1 − ΔA/2).
pub fn bilinear(dt: f64, a: Complex) -> Mode {
    let half = a * (0.5 * dt);
    let inverse = Complex::new(1.0, 0.0) / (Complex::new(1.0, 0.0) - half);
    let square = inverse * inverse;
    Mode { a: (half + 1.0) * inverse, b: inverse * dt, slope_a: square * dt, slope_b: square * (0.5 * dt * dt) }
}

fn exp(z: Complex) -> Complex {
    let size = libm::exp(z.re);
    Complex::new(size * libm::cos(z.im), size * libm::sin(z.im))
}

/// (e^z − 1)/z, without cancellation: Re(e^z − 1) = (e^re − 1) cos im − 2 sin²(im/2).
fn phi(z: Complex) -> Complex {
    if z == Complex::new(0.0, 0.0) {
        return Complex::new(1.0, 0.0);
    }
    let half = libm::sin(0.5 * z.im);
    let above = Complex::new(expm1(z.re) * libm::cos(z.im) - 2.0 * half * half, libm::exp(z.re) * libm::sin(z.im));
    above / z
}

/// Slope of `phi`: (e^z − φ(z))/z, near 0 by its series Σ (k+1)/(k+2)! z^k.
fn phi_slope(z: Complex) -> Complex {
    if z.norm_sqr() > 0.25 {
        return (exp(z) - phi(z)) / z;
    }
    let (mut sum, mut power, mut factorial) = (Complex::new(0.0, 0.0), Complex::new(1.0, 0.0), 2.0);
    for k in 0..16 {
        sum += power * (f64::from(k + 1) / factorial);
        power *= z;
        factorial *= f64::from(k + 3);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Complex, expected: Complex, tolerance: f64, what: &str) {
        let off = (found - expected).norm() / expected.norm().max(1e-300);
        assert!(off < tolerance, "{what}: {found} is not {expected}, by {off:e} of it");
    }

    /// From 0 over the border of the series to many turns per step.
    fn places() -> impl Iterator<Item = (f64, Complex)> {
        let sizes = [0.0, 1e-9, 1e-4, 0.3, 0.499, 0.501, 5.0, 700.0];
        let all = sizes.into_iter().flat_map(move |re| sizes.into_iter().flat_map(move |im| [im, -im].map(|im| Complex::new(-re, im))));
        all.flat_map(|a| [1.0, 0.01].map(|dt| (dt, a)))
    }

    #[test]
    fn slopes_are_slopes() {
        for (dt, a) in places().filter(|(dt, a)| (a * *dt).norm() < 20.0) {
            for discretise in [zero_order_hold, bilinear] {
                let (found, e) = (discretise(dt, a), 1e-5 / dt);
                let (up, down) = (discretise(dt, a + e), discretise(dt, a - e));
                close(found.slope_a, (up.a - down.a) / (2.0 * e), 1e-8, "∂Ā/∂A");
                close(found.slope_b, (up.b - down.b) / (2.0 * e), 1e-7, "∂B̄/∂A");
                let e = 1e-5;
                let (longer, shorter) = (discretise(dt * libm::exp(e), a), discretise(dt * libm::exp(-e), a));
                close(found.slope_a, (longer.b - shorter.b) / (2.0 * e), 1e-8, "∂B̄/∂ln Δ");
                let slope = (longer.a - shorter.a) / (2.0 * e);
                assert!((found.slope_a * a - slope).norm() < 1e-8 * (1.0 + slope.norm()), "∂Ā/∂ln Δ at {dt} {a}");
            }
        }
    }

    /// The two sides of the series' border, and φ against its own series.
    #[test]
    fn nothing_cancels() {
        let (inside, outside) = (Complex::new(-0.3, 0.4 - 1e-12), Complex::new(-0.3, 0.4 + 1e-12));
        close(phi_slope(inside), phi_slope(outside), 1e-11, "at the border");
        for (dt, a) in places().filter(|(dt, a)| (a * *dt).norm() < 0.5) {
            let z = a * dt;
            let (mut sum, mut term) = (Complex::new(0.0, 0.0), Complex::new(1.0, 0.0));
            for k in 0..20 {
                sum += term;
                term *= z / f64::from(k + 2);
            }
            close(phi(z), sum, 1e-15, "φ");
        }
        let still = zero_order_hold(0.01, Complex::new(0.0, 0.0));
        assert_eq!((still.a.re, still.b.re, still.slope_a.re, still.slope_b.re), (1.0, 0.01, 0.01, 0.5e-4));
    }
}
