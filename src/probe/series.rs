//! One number per moment of one example.

use crate::error::Result;
use crate::math::Scalar;
use crate::math::norm::norm;
use crate::net::{Gradients, Trace};
use crate::tape::Tape;

/// A gate's value counts as saturated within this distance of one of its limits.
pub const SATURATED: f64 = 0.05;

fn per_moment<T: Scalar>(tape: &Tape<T>, lane: &str, example: usize, of: impl Fn(&[T]) -> f64) -> Result<Vec<f64>> {
    let lane = tape.lane_index(lane)?;
    Ok((0..tape.steps).map(|t| of(tape.lane(lane, t, example))).collect())
}

/// Euclidean norm of a lane at every moment: T values.
pub fn lane_norms<T: Scalar>(trace: &Trace<T>, layer: usize, direction: usize, example: usize, lane: &str) -> Result<Vec<f64>> {
    per_moment(trace.tape(layer, direction)?, lane, example, norm)
}

/// Mean of a lane over its units at every moment: T values.
pub fn lane_means<T: Scalar>(trace: &Trace<T>, layer: usize, direction: usize, example: usize, lane: &str) -> Result<Vec<f64>> {
    per_moment(trace.tape(layer, direction)?, lane, example, |v| v.iter().map(|x| x.f64()).sum::<f64>() / v.len().max(1) as f64)
}

/// ‖∂L/∂lane‖ at every moment: T values.
pub fn gradient_norms<T: Scalar>(gradients: &Gradients<T>, layer: usize, direction: usize, example: usize, lane: &str) -> Result<Vec<f64>> {
    per_moment(gradients.tape(layer, direction)?, lane, example, norm)
}

/// Shares of a gate's units that are near its lower and its upper limit, 0…1 each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Saturation {
    pub low: f64,
    pub high: f64,
}

/// Saturation of a bounded lane at every moment; empty for an unbounded one.
pub fn saturation<T: Scalar>(trace: &Trace<T>, layer: usize, direction: usize, example: usize, lane: &str) -> Result<Vec<Saturation>> {
    let tape = trace.tape(layer, direction)?;
    let k = tape.lane_index(lane)?;
    let Some((low, high)) = tape.spec.lanes[k].range else { return Ok(vec![]) };
    let share = |v: &[T], near: &dyn Fn(f64) -> bool| v.iter().filter(|x| near(x.f64())).count() as f64 / v.len().max(1) as f64;
    Ok((0..tape.steps)
        .map(|t| {
            let v = tape.lane(k, t, example);
            Saturation { low: share(v, &|x| x - low <= SATURATED), high: share(v, &|x| high - x <= SATURATED) }
        })
        .collect())
}

/// Half-life in steps: the first t from which the series stays under half of its first value (that is known: a series may begin
/// with NaN where there is nothing yet). `None` where it never does.
pub fn half_life(values: &[f64]) -> Option<usize> {
    let half = values.iter().find(|v| !v.is_nan())? / 2.0;
    let last_above = values.iter().rposition(|v| *v >= half || v.is_nan())?;
    Some(last_above + 1).filter(|t| *t < values.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_life_is_where_it_stays_under_half() {
        assert_eq!(half_life(&[1.0, 0.4, 0.6, 0.4, 0.3]), Some(3));
        assert_eq!(half_life(&[1.0, 0.9, 0.8]), None);
        assert_eq!(half_life(&[1.0, 0.2, f64::NAN]), None, "NaN is not decay");
        assert_eq!(half_life(&[f64::NAN, 1.0, 0.8, 0.4]), Some(3));
        assert_eq!(half_life(&[f64::NAN]), None);
        assert_eq!(half_life(&[]), None);
    }
}
