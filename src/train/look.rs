//! What the last update looked like from inside: gradients over time, saturation, how numbers are spread.

use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::net::{Gradients, Trace};
use crate::probe::SATURATED;

/// ‖∂L/∂h‖ at every step, over all units and examples: T values of one layer and direction.
pub fn step_norms<T: Scalar>(gradients: &Gradients<T>, layer: usize, direction: usize) -> Result<Vec<f32>> {
    let tape = gradients.tape(layer, direction)?;
    let lane = tape.spec.output();
    let norm = |t: usize| {
        let squares = (0..tape.batch).flat_map(|b| tape.lane(lane, t, b)).map(|d| d.f64() * d.f64());
        squares.sum::<f64>().sqrt() as f32
    };
    Ok((0..tape.steps).map(norm).collect())
}

/// How much of a bounded lane is near its limits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Saturated {
    pub layer: usize,
    pub direction: usize,
    pub lane: &'static str,
    /// Share of the values within 0.05 of either limit.
    pub share: f64,
}

/// Of every bounded lane, over all units, examples and steps that they have.
pub fn saturation<T: Scalar>(trace: &Trace<T>) -> Result<Vec<Saturated>> {
    let config = trace.net.config();
    let mut all = vec![];
    for layer in 0..config.layers {
        for direction in 0..config.directions() {
            let tape = trace.tape(layer, direction)?;
            for (k, lane) in tape.spec.lanes.iter().enumerate() {
                let Some((low, high)) = lane.range else { continue };
                let (mut near, mut count) = (0usize, 0usize);
                for (b, length) in trace.lengths.iter().enumerate() {
                    for value in (0..*length).flat_map(|t| tape.lane(k, t, b)) {
                        let value = value.f64();
                        near += usize::from(value - low <= SATURATED || high - value <= SATURATED);
                        count += 1;
                    }
                }
                all.push(Saturated { layer, direction, lane: lane.name, share: near as f64 / count.max(1) as f64 });
            }
        }
    }
    Ok(all)
}

/// How the numbers of one tensor are spread.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spread {
    pub name: String,
    /// One more than there are counts. With `log`, powers of ten of magnitudes.
    pub edges: Vec<f64>,
    pub counts: Vec<u32>,
    /// Exact zeros, which a logarithm leaves out.
    pub zeros: u32,
    /// Infinite or NaN.
    pub not_finite: u32,
}

/// A histogram of `bins` bins from the smallest to the largest number.
///
/// # Errors
/// `out-of-range` for no bins or more than 1000.
pub fn spread<T: Scalar>(name: &str, values: &[T], bins: usize, log: bool) -> Result<Spread> {
    if !(1..=1000).contains(&bins) {
        return Err(Error::new(Code::OutOfRange, format!("bins is {bins}; expected 1 to 1000")));
    }
    let place = |v: f64| if log { libm::log10(v.abs()) } else { v };
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut zeros, mut not_finite) = (0, 0);
    for v in values.iter().map(|v| v.f64()) {
        zeros += u32::from(v == 0.0);
        not_finite += u32::from(!v.is_finite());
        if v.is_finite() && !(log && v == 0.0) {
            (low, high) = (low.min(place(v)), high.max(place(v)));
        }
    }
    let mut counts = vec![0u32; bins];
    if low > high {
        (low, high) = (-1.0, 1.0);
    }
    if low == high {
        (low, high) = (low - 0.5, high + 0.5);
    }
    for v in values.iter().map(|v| v.f64()).filter(|v| v.is_finite() && !(log && *v == 0.0)) {
        let bin = (place(v) - low) / (high - low) * bins as f64;
        counts[(bin as usize).min(bins - 1)] += 1;
    }
    let edges = (0..=bins).map(|k| low + (high - low) * k as f64 / bins as f64).collect();
    Ok(Spread { name: name.into(), edges, counts, zeros, not_finite })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_counts_every_number_once_and_hides_none() {
        let found = spread("w", &[-1.0, -0.5, 0.0, 0.0, 0.9, 1.0, f64::NAN, f64::INFINITY], 4, false).unwrap();
        assert_eq!((found.counts, found.zeros, found.not_finite), (vec![1, 1, 2, 2], 2, 2));
        assert_eq!(found.edges, [-1.0, -0.5, 0.0, 0.5, 1.0]);
        let found = spread("g", &[1e-4, -1e-2, 0.0, 1.0], 2, true).unwrap();
        assert_eq!((found.counts, found.edges, found.zeros), (vec![1, 2], vec![-4.0, -2.0, 0.0], 1));
        let found = spread("none", &[0.0f32; 3], 3, true).unwrap();
        assert_eq!((found.counts, found.zeros), (vec![0; 3], 3));
        assert_eq!(spread("one", &[2.0f32; 3], 2, false).unwrap().counts, [0, 3]);
        assert!(spread("w", &[1.0f32], 0, false).is_err());
    }
}
