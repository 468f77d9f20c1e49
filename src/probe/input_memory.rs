//! Memory of one input: norms of ∂y_t/∂x_k for one k and every later t, exact, one moment at a time.
//!
//! As `Influence` has them, for states of any size. A one-step Jacobian comes from the backward pass, a pull-back for each row of it;
//! but rows that have no column in common can be pulled back together (Curtis, Powell & Reid 1974), and a state-space model's Jacobian
//! is almost diagonal: three pull-backs instead of hundreds. Which entries there are is found from one whole Jacobian, and every
//! step is checked by a pull-back of a weighted sum of all rows: where that does not come out, the whole one is computed.

use nalgebra::{DMatrix, DVector};

use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::math::norm::spectral_norm_near;
use crate::net::Trace;

/// Elements of a state of which a whole Jacobian is still made.
pub const LARGEST_STATE: usize = 8192;
/// Rows pulled back at once.
const TOGETHER: usize = 256;
/// How far the check may be off, relative to the sum of the magnitudes that it adds up: some hundred roundings of f32.
const TOLERANCE: f64 = 1e-4;

/// ‖∂y_t/∂x_k‖ (spectral) by moments from k on, in the order in which the direction meets them.
pub struct InputMemory {
    /// The chosen moment k.
    pub from: usize,
    pub norms: Vec<f64>,
    pub moments: Vec<usize>,
    place: (usize, usize, usize),
    /// Tape rows of the output, then of what else is carried.
    rows: Vec<usize>,
    outputs: usize,
    /// ∂s/∂x_k, row-major, rescaled, and its size as a logarithm.
    matrix: Vec<f64>,
    log: f64,
    /// Columns of each row of a one-step Jacobian that are not zero; of these, those that meet something in ∂s/∂x_k; and the rows
    /// that are pulled back together for them.
    pattern: Vec<Vec<usize>>,
    used: Vec<Vec<usize>>,
    colours: Vec<usize>,
    /// The columns that meet something.
    active: Vec<bool>,
    start: DVector<f64>,
}

impl InputMemory {
    /// # Errors
    /// `out-of-range` for a moment that this example does not have, `unsupported` for a state larger than [`LARGEST_STATE`].
    pub fn new<T: Scalar>(trace: &Trace<T>, layer: usize, direction: usize, example: usize, from: usize) -> Result<Self> {
        let tape = trace.tape(layer, direction)?;
        let moments: Vec<usize> = trace.moments(direction, example).into_iter().skip_while(|t| *t != from).collect();
        if moments.is_empty() {
            return Err(Error::new(Code::OutOfRange, format!("step {from}; expected 0 to {}", trace.lengths[example].saturating_sub(1))));
        }
        // Lanes stand in the tape one after the other.
        let length = |lane: usize| tape.lane(lane, 0, 0).len();
        let range = |lane: usize| {
            let first: usize = (0..lane).map(length).sum();
            first..first + length(lane)
        };
        let (spec, output) = (trace.net.cell().spec(), trace.net.cell().spec().output());
        let others = spec.carried().filter(|lane| *lane != output);
        let rows: Vec<usize> = std::iter::once(output).chain(others).flat_map(range).collect();
        if rows.len() > LARGEST_STATE {
            let message = format!("a state of {} numbers; expected at most {LARGEST_STATE} to follow its memory", rows.len());
            return Err(Error::new(Code::Unsupported, message));
        }
        let mut memory = InputMemory {
            from,
            norms: vec![],
            moments,
            place: (layer, direction, example),
            outputs: length(output),
            matrix: vec![],
            log: 0.0,
            pattern: vec![],
            used: vec![],
            colours: vec![],
            active: vec![],
            start: DVector::zeros(0),
            rows,
        };
        for chunk in (0..memory.rows.len()).collect::<Vec<_>>().chunks(TOGETHER) {
            let seeds = memory.seeds::<T>(trace, chunk.len(), |column, row| chunk[column] == row)?;
            let input = trace.pull_back(layer, direction, from, example, seeds, true)?.input;
            memory.matrix.extend(input.iter().map(|v| v.f64()));
        }
        memory.record();
        Ok(memory)
    }

    /// Share done, 0…1.
    pub fn done(&self) -> f64 {
        self.norms.len() as f64 / self.moments.len() as f64
    }

    /// One moment further. False when there is none left.
    pub fn advance<T: Scalar>(&mut self, trace: &Trace<T>) -> Result<bool> {
        let Some(t) = self.moments.get(self.norms.len()).copied() else { return Ok(false) };
        let (n, width) = (self.rows.len(), self.matrix.len() / self.rows.len());
        // What a convolution has forgotten, or a maximum replaced, is met no more.
        let active: Vec<bool> = self.matrix.chunks(width).map(|row| row.iter().any(|v| *v != 0.0)).collect();
        if active != self.active {
            self.active = active;
            self.sort_out();
        }
        let known = if self.pattern.is_empty() { None } else { self.compressed(trace, t)? };
        let jacobian = match known {
            Some(values) => values,
            None => self.whole(trace, t)?,
        };
        let mut product = vec![0.0; n * width];
        for (r, (columns, values)) in self.used.iter().zip(&jacobian).enumerate() {
            for (c, value) in columns.iter().zip(values) {
                for i in 0..width {
                    product[r * width + i] += value * self.matrix[c * width + i];
                }
            }
        }
        let largest = product.iter().fold(0.0f64, |m, v| if v.abs() > m { v.abs() } else { m });
        if largest > 0.0 && largest.is_finite() {
            product.iter_mut().for_each(|v| *v /= largest);
            self.log += libm::log(largest);
        }
        self.matrix = product;
        self.record();
        Ok(self.norms.len() < self.moments.len())
    }

    /// Seeds for so many pull-backs: 1 at the elements of the state that `is` names for a column.
    fn seeds<T: Scalar>(&self, trace: &Trace<T>, columns: usize, is: impl Fn(usize, usize) -> bool) -> Result<Vec<T>> {
        let height = trace.tape(self.place.0, self.place.1)?.rows();
        let mut seeds = vec![T::zero(); height * columns];
        for column in 0..columns {
            for (_, at) in self.rows.iter().enumerate().filter(|(row, _)| is(column, *row)) {
                seeds[column * height + at] = T::one();
            }
        }
        Ok(seeds)
    }

    fn pulled<T: Scalar>(&self, trace: &Trace<T>, t: usize, seeds: Vec<T>) -> Result<Vec<T>> {
        let (layer, direction, example) = self.place;
        Ok(trace.pull_back(layer, direction, t, example, seeds, false)?.before)
    }

    /// ∂s_t/∂s_{t−1} with all its entries; what it has goes into the pattern.
    fn whole<T: Scalar>(&mut self, trace: &Trace<T>, t: usize) -> Result<Vec<Vec<f64>>> {
        let (n, height) = (self.rows.len(), trace.tape(self.place.0, self.place.1)?.rows());
        let mut dense = Vec::with_capacity(n);
        for chunk in (0..n).collect::<Vec<_>>().chunks(TOGETHER) {
            let seeds = self.seeds::<T>(trace, chunk.len(), |column, row| chunk[column] == row)?;
            let back = self.pulled(trace, t, seeds)?;
            dense.extend((0..chunk.len()).map(|k| self.rows.iter().map(|at| back[k * height + at].f64()).collect::<Vec<f64>>()));
        }
        let old = std::mem::take(&mut self.pattern);
        self.pattern = dense
            .iter()
            .enumerate()
            .map(|(r, row)| {
                let before = old.get(r).map_or(&[][..], Vec::as_slice);
                (0..n).filter(|c| row[*c] != 0.0 || before.binary_search(c).is_ok()).collect()
            })
            .collect();
        self.sort_out();
        Ok(self.used.iter().zip(&dense).map(|(columns, row)| columns.iter().map(|c| row[*c]).collect()).collect())
    }

    /// The columns that are used, and what they leave to be pulled back together.
    fn sort_out(&mut self) {
        let meets = |columns: &Vec<usize>| columns.iter().copied().filter(|c| self.active[*c]).collect();
        self.used = self.pattern.iter().map(meets).collect();
        self.colours = colours(&self.used);
    }

    /// The same from few pull-backs; nothing where they are not fewer, or where the check does not come out.
    fn compressed<T: Scalar>(&self, trace: &Trace<T>, t: usize) -> Result<Option<Vec<Vec<f64>>>> {
        let (n, height) = (self.rows.len(), trace.tape(self.place.0, self.place.1)?.rows());
        let count = self.colours.iter().max().map_or(0, |last| last + 1);
        if 2 * count > n {
            return Ok(None);
        }
        // The last column is the check: all rows, each with a weight of its own.
        let weight = |row: usize| 0.5 + (row * 7919 % 1009) as f64 / 1009.0;
        let mut seeds = self.seeds::<T>(trace, count + 1, |column, row| column == count || self.colours[row] == column)?;
        for (row, at) in self.rows.iter().enumerate() {
            seeds[count * height + at] = T::of(weight(row));
        }
        let back = self.pulled(trace, t, seeds)?;
        let mut sums = vec![(0.0, 0.0); n];
        let mut values = Vec::with_capacity(n);
        for (r, columns) in self.used.iter().enumerate() {
            let row: Vec<f64> = columns.iter().map(|c| back[self.colours[r] * height + self.rows[*c]].f64()).collect();
            for (c, value) in columns.iter().zip(&row) {
                sums[*c].0 += weight(r) * value;
                sums[*c].1 += (weight(r) * value).abs();
            }
            values.push(row);
        }
        let off = |c: usize| {
            let found = back[count * height + self.rows[c]].f64();
            self.active[c]
                && found.is_finite()
                && sums[c].1.is_finite()
                && (found - sums[c].0).abs() > TOLERANCE * sums[c].1 + f64::from(f32::MIN_POSITIVE)
        };
        Ok(if (0..n).any(off) { None } else { Some(values) })
    }

    fn record(&mut self) {
        let width = self.matrix.len() / self.rows.len();
        let outputs = DMatrix::from_row_slice(self.outputs, width, &self.matrix[..self.outputs * width]);
        let norm = if width == 1 { outputs.norm() } else { spectral_norm_near(&outputs, &mut self.start) };
        self.norms.push(norm * libm::exp(self.log));
    }
}

/// A number for each row, the same only for rows that have no column in common.
fn colours(pattern: &[Vec<usize>]) -> Vec<usize> {
    let mut taken: Vec<Vec<bool>> = vec![];
    pattern
        .iter()
        .map(|columns| {
            let free = taken.iter().position(|of| columns.iter().all(|c| !of[*c]));
            let colour = free.unwrap_or_else(|| {
                taken.push(vec![false; pattern.len()]);
                taken.len() - 1
            });
            columns.iter().for_each(|c| taken[colour][*c] = true);
            colour
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_colour_have_no_column_in_common() {
        assert_eq!(colours(&[vec![0], vec![1], vec![2]]), [0, 0, 0]);
        assert_eq!(colours(&[vec![0, 1], vec![1], vec![0], vec![2]]), [0, 1, 1, 0]);
        assert_eq!(colours(&[vec![0, 1], vec![0, 1]]), [0, 1]);
        assert_eq!(colours(&[vec![], vec![]]), [0, 0]);
    }
}
