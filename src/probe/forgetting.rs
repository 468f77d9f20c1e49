//! What networks of any cell are compared by: the size of what they carry on, of what reaches each step on the way back, and what
//! is typical of many runs.

use crate::error::Result;
use crate::math::Scalar;
use crate::math::norm::norm;
use crate::net::{Gradients, Trace};
use crate::tape::Tape;

/// Norm of all carried lanes together at every moment of one example: T values.
pub fn carried_norms<T: Scalar>(trace: &Trace<T>, layer: usize, direction: usize, example: usize) -> Result<Vec<f64>> {
    Ok(together(trace.tape(layer, direction)?, &carried(trace), example))
}

/// ‖∂L/∂(all carried lanes)‖ at every moment, as back-propagation holds them: T values.
pub fn carried_gradient_norms<T: Scalar>(
    trace: &Trace<T>,
    gradients: &Gradients<T>,
    layer: usize,
    direction: usize,
    example: usize,
) -> Result<Vec<f64>> {
    Ok(together(gradients.tape(layer, direction)?, &carried(trace), example))
}

fn carried<T: Scalar>(trace: &Trace<T>) -> Vec<usize> {
    trace.net.cell().spec().carried().collect()
}

fn together<T: Scalar>(tape: &Tape<T>, lanes: &[usize], example: usize) -> Vec<f64> {
    let square = |t: usize, k: usize| norm(tape.lane(k, t, example)).powi(2);
    (0..tape.steps).map(|t| lanes.iter().map(|k| square(t, *k)).sum::<f64>().sqrt()).collect()
}

/// ‖∂L/∂x_t‖ at every moment of one example (of the embedded input, where there is an embedding): T values.
pub fn input_gradient_norms<T: Scalar>(trace: &Trace<T>, gradients: &Gradients<T>, example: usize) -> Vec<f64> {
    let width = gradients.input.len() / (trace.steps * trace.batch).max(1);
    let at = |t: usize| (t * trace.batch + example) * width;
    (0..trace.steps).map(|t| norm(&gradients.input[at(t)..at(t) + width])).collect()
}

/// The shares between which a band lies, and its middle.
pub const SHARES: [f64; 3] = [0.1, 0.5, 0.9];

/// What is typical of several runs: at every place the 10 %, 50 % and 90 % quantiles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Band {
    pub low: Vec<f64>,
    pub median: Vec<f64>,
    pub high: Vec<f64>,
}

/// The band of several series, each as long as the others. NaN is a gap: a place has a band where any series has a value.
pub fn band(series: &[&[f64]]) -> Band {
    let mut band = Band::default();
    for place in 0..series.iter().map(|one| one.len()).max().unwrap_or(0) {
        let mut values: Vec<f64> = series.iter().filter_map(|one| one.get(place).copied()).filter(|v| !v.is_nan()).collect();
        values.sort_unstable_by(f64::total_cmp);
        let [low, median, high] = SHARES.map(|share| quantile(&values, share));
        band.low.push(low);
        band.median.push(median);
        band.high.push(high);
    }
    band
}

/// Of sorted values, linear between two of them (numpy's default; Hyndman & Fan 1996, definition 7). NaN of none.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let (below, above) = (sorted.get(place.floor() as usize), sorted.get(place.ceil() as usize));
    match (below, above) {
        // (Beside an infinity there is no in between.)
        (Some(a), Some(b)) if a == b || !b.is_finite() => *b,
        (Some(a), Some(b)) => a + (b - a) * place.fract(),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([1, 2, 4, 8, 16], [0.1, 0.5, 0.9])
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        assert_eq!(SHARES.map(|share| (quantile(&values, share) * 1e9).round() / 1e9), [1.4, 4.0, 12.8]);
        assert_eq!(quantile(&[3.0], 0.9), 3.0);
        assert!(quantile(&[], 0.5).is_nan());
        assert_eq!(quantile(&[1.0, f64::INFINITY], 0.9), f64::INFINITY);
        assert_eq!(quantile(&[f64::INFINITY, f64::INFINITY], 0.5), f64::INFINITY);
    }

    #[test]
    fn a_band_leaves_gaps_out() {
        let runs = [[1.0, f64::NAN, 5.0], [3.0, f64::NAN, f64::NAN], [2.0, f64::NAN, 7.0]];
        let found = band(&runs.each_ref().map(|run| run.as_slice()));
        assert_eq!((found.median[0], found.median[2]), (2.0, 6.0));
        assert!(found.low[1].is_nan() && found.median[1].is_nan() && found.high[1].is_nan());
        assert!((found.low[0] - 1.2).abs() < 1e-12 && (found.high[0] - 2.8).abs() < 1e-12);
        assert_eq!(band(&[]), Band::default());
    }
}
