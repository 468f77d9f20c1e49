//! The parallel form of the mLSTM: every reading from all keys and values before it at once, as attention with a decay, without the
//! memory (Beck et al. 2024, appendix A.3). Quadratic in the steps; it agrees with the step-by-step run.

use crate::cell::MLSTM_EPS;
use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::net::Trace;

/// Most weights that are made: heads × steps².
const MOST: usize = 16 << 20;
/// Lanes that the parallel form does not go through: holding them has no meaning in it.
const INSIDE: [&str; 7] = ["m", "i", "f", "C", "n", "d", "r"];

/// Where the scale e^m of a reading comes from; without ε below what is read it would make no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stabiliser {
    /// The largest of all summands and of the initial state, as the step-by-step run has it: the forms agree to rounding.
    Recurrent,
    /// The largest of all summands, as published; for an empty initial memory.
    Published,
}

/// What one layer and direction read, all moments at once.
#[derive(Clone, Debug)]
pub struct MlstmParallel {
    pub heads: usize,
    /// Moments in the order in which the direction meets them; rows and columns of `weights`.
    pub moments: Vec<usize>,
    /// Share of each value in each reading: heads × reading × value, zero for later values.
    pub weights: Vec<f64>,
    /// reading × heads × width of a head
    pub read: Vec<f64>,
    /// Largest |read − what the step-by-step run read|.
    pub deviation: f64,
}

/// The parallel form of a run's layer and direction, for example b.
///
/// # Errors
/// `unsupported` for another cell, for interventions inside the memory, and in the published form for a memory that does not start
/// empty; `out-of-range` for too many steps.
pub fn mlstm_parallel<T: Scalar>(
    trace: &Trace<T>,
    layer: usize,
    direction: usize,
    b: usize,
    stabiliser: Stabiliser,
) -> Result<MlstmParallel> {
    let (spec, index) = (trace.net.cell().spec(), trace.track_index(layer, direction)?);
    let refused = |why: &str| Err(Error::new(Code::Unsupported, why.to_string()));
    if spec.matrix.is_none() {
        return refused("this cell has no matrix memory; expected an mLSTM");
    }
    if b >= trace.batch {
        return Err(Error::new(Code::OutOfRange, format!("example {b}; expected 0 to {}", trace.batch - 1)));
    }
    let held = trace.tracks[index].holds.iter().flatten().flat_map(|holds| &holds.lanes);
    if held.map(|held| spec.lanes[held.lane].name).any(|name| INSIDE.contains(&name)) {
        return refused("something is held inside the memory, which the parallel form does not have; expected no such hold");
    }
    let (tape, start) = (trace.tape(layer, direction)?, trace.initial_column(layer, direction, b)?);
    let heads = tape.layout.length(tape.lane_index("m")?);
    let moments = trace.moments(direction, b);
    let steps = moments.len();
    if heads * steps * steps > MOST {
        return Err(Error::new(Code::OutOfRange, format!("{steps} steps of {heads} heads; expected at most {MOST} weights")));
    }
    let lane = |name: &str| -> Result<Vec<f64>> {
        let k = tape.lane_index(name)?;
        Ok(moments.iter().flat_map(|t| tape.lane(k, *t, b)).map(|v| v.f64()).collect())
    };
    let initial =
        |name: &str| -> Result<Vec<f64>> { Ok(start[tape.layout.range(tape.lane_index(name)?)].iter().map(|v| v.f64()).collect()) };
    let (q, k, v) = (lane("q")?, lane("k")?, lane("v")?);
    let (log_i, log_f, stepped) = (lane("log_i")?, lane("log_f")?, lane("r")?);
    let (m, memory, normaliser) = (initial("m")?, initial("C")?, initial("n")?);
    if stabiliser == Stabiliser::Published && memory.iter().chain(&normaliser).any(|x| *x != 0.0) {
        return refused("the published form starts with an empty memory; expected initial states of zero");
    }
    let width = q.len() / (steps * heads);
    let row = |x: &'_ [f64], t: usize, h: usize| -> Vec<f64> { x[(t * heads + h) * width..][..width].to_vec() };
    let (mut weights, mut read) = (vec![0.0; heads * steps * steps], vec![0.0; steps * heads * width]);
    for h in 0..heads {
        // Σ ln f up to each step.
        let mut total = 0.0;
        let kept: Vec<f64> = (0..steps).map(|t| (total += log_f[t * heads + h], total).1).collect();
        for t in 0..steps {
            let query = row(&q, t, h);
            let log = |j: usize| kept[t] - kept[j] + log_i[j * heads + h];
            let from_start = kept[t] + m[h];
            let first = if stabiliser == Stabiliser::Recurrent { from_start } else { f64::NEG_INFINITY };
            let scale = (0..=t).map(log).fold(first, f64::max);
            let mut sum = 0.0;
            let weights = &mut weights[(h * steps + t) * steps..][..steps];
            for (j, weight) in weights.iter_mut().enumerate().take(t + 1) {
                let alike = dot(&query, &row(&k, j, h)) / (width as f64).sqrt();
                *weight = alike * libm::exp(log(j) - scale);
                sum += *weight;
            }
            let left = if stabiliser == Stabiliser::Recurrent { libm::exp(from_start - scale) } else { 0.0 };
            sum += left * dot(&query, &normaliser[h * width..(h + 1) * width]);
            let divisor = sum.abs().max(libm::exp(-scale)) + MLSTM_EPS;
            let read = &mut read[(t * heads + h) * width..][..width];
            for (a, q) in query.iter().enumerate() {
                let memory = &memory[(h * width + a) * width..][..width];
                read.iter_mut().zip(memory).for_each(|(r, c)| *r += left * q * c / divisor);
            }
            for (j, weight) in weights.iter_mut().enumerate().take(t + 1) {
                *weight /= divisor;
                read.iter_mut().zip(row(&v, j, h)).for_each(|(r, v)| *r += *weight * v);
            }
        }
    }
    let deviation = read.iter().zip(&stepped).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    Ok(MlstmParallel { heads, moments, weights, read, deviation })
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}
