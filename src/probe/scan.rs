//! Why a linear recurrence trains in parallel: s_t = a_t ∘ s_{t−1} + b_t, with a_t and b_t known beforehand, is a prefix sum over the
//! pairs (a, b) under the associative (a₂, b₂) · (a₁, b₁) = (a₂∘a₁, a₂∘b₁ + b₂). So all states follow in ⌈log₂ T⌉ levels: at each,
//! every moment takes in the one that lies 1, 2, 4, … before it (Hillis & Steele, Data Parallel Algorithms, 1986; for recurrences
//! Blelloch, Prefix Sums and Their Applications, 1990).

use super::evaluate::Evaluator;
use crate::cell::{Part, Recurrence};
use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::net::Trace;

/// The terms of one layer, direction and example, and what both ways of computing the states need.
pub struct Scan<T> {
    /// Moments in the order in which the direction meets them.
    pub moments: Vec<usize>,
    /// Elements of the state.
    pub width: usize,
    /// Each row below is the elements' real parts, then their imaginary parts.
    pub complex: bool,
    /// a_t by moment: rows of width, or twice that.
    a: Vec<T>,
    /// b_t by moment; the first has the initial state in it: a_1 ∘ s_0 + b_1.
    b: Vec<T>,
    /// The states on the tape, by moment.
    tape: Vec<T>,
    /// Products of a and states, while computing.
    work: (Vec<T>, Vec<T>),
}

/// One level of the tree, for one element: what every moment holds after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Level<T> {
    /// At this level each moment took in the one so many before it, where there is one; 0 for the leaves.
    pub distance: usize,
    /// Product of the a_t that a moment has taken in, and the state that they alone lead to; complex: real parts of all moments,
    /// then imaginary parts.
    pub a: Vec<T>,
    pub b: Vec<T>,
}

impl<T: Scalar> Scan<T> {
    /// Reads a_t and b_t off the tape.
    ///
    /// # Errors
    /// `unsupported` where the cell has no such state, or where only one part of a complex number is held.
    pub fn new(trace: &Trace<T>, layer: usize, direction: usize, example: usize) -> Result<Self> {
        let tape = trace.tape(layer, direction)?;
        let Some(Recurrence { real, imaginary }) = trace.net.cell().recurrence() else {
            let message =
                format!("{} has no state that a scan over time gives; expected s = a∘s + b with a, b of the input alone", tape.spec.title);
            return Err(Error::new(Code::Unsupported, message));
        };
        if example >= trace.batch {
            return Err(Error::new(Code::OutOfRange, format!("example {example}; expected 0 to {}", trace.batch - 1)));
        }
        let parts: Vec<(&Part, usize)> = [Some(real), imaginary.as_ref()]
            .into_iter()
            .flatten()
            .map(|part| Ok((part, tape.lane_index(part.lane)?)))
            .collect::<Result<_>>()?;
        let evaluator = Evaluator { trace, gradients: None, layer, direction, example };
        let moments = trace.moments(direction, example);
        let (width, complex) = (tape.layout.length(parts[0].1), parts.len() == 2);
        let mut scan = Scan { moments, width, complex, a: vec![], b: vec![], tape: vec![], work: (vec![], vec![]) };
        let initial = trace.initial_column(layer, direction, example)?;
        let mut before: Vec<T> = parts.iter().flat_map(|(_, lane)| initial[tape.layout.range(*lane)].to_vec()).collect();
        for t in scan.moments.clone() {
            let from = scan.a.len();
            for (part, lane) in &parts {
                scan.a.extend(evaluator.spread(part.decay, *lane, t).iter().map(|v| T::of(*v)));
                scan.b.extend(evaluator.spread(part.input, *lane, t).iter().map(|v| T::of(*v)));
                scan.tape.extend_from_slice(tape.lane(*lane, t, example));
            }
            for j in 0..width {
                let held: Vec<bool> = parts.iter().map(|(_, lane)| evaluator.held(*lane, t, j)).collect();
                if held.iter().any(|h| *h) {
                    if !held.iter().all(|h| *h) {
                        let message = "one part of a complex state is held and the other is not: that is no recurrence of complex numbers";
                        return Err(Error::new(Code::Unsupported, message));
                    }
                    for at in (0..parts.len()).map(|part| from + part * width + j) {
                        (scan.a[at], scan.b[at]) = (T::zero(), scan.tape[at]);
                    }
                }
            }
            if from == 0 {
                // What was there before the first moment.
                let (a, b) = (&scan.a[..], &mut scan.b[..]);
                before.resize(a.len(), T::zero());
                multiply_add(complex, width, a, &before, b);
            }
        }
        Ok(scan)
    }

    fn row(&self) -> usize {
        self.width * if self.complex { 2 } else { 1 }
    }

    /// Levels of the tree above its leaves: ⌈log₂ T⌉.
    pub fn depth(&self) -> usize {
        self.moments.len().next_power_of_two().trailing_zeros() as usize
    }

    /// All states one after the other, by moment.
    pub fn sequential(&mut self) -> &[T] {
        let row = self.row();
        let states = &mut self.work.1;
        states.clear();
        states.extend_from_slice(&self.b);
        for n in 1..self.moments.len() {
            let (before, now) = states.split_at_mut(n * row);
            multiply_add(self.complex, self.width, &self.a[n * row..(n + 1) * row], &before[(n - 1) * row..], &mut now[..row]);
        }
        &self.work.1
    }

    /// All states by the scan, by moment.
    pub fn scan(&mut self) -> &[T] {
        self.levels(|_, _, _| {});
        &self.work.1
    }

    /// Runs the scan and shows each level: its distance, and all pairs after it.
    fn levels(&mut self, mut seen: impl FnMut(usize, &[T], &[T])) {
        let (row, count) = (self.row(), self.moments.len());
        let (a, b) = (&mut self.work.0, &mut self.work.1);
        a.clear();
        a.extend_from_slice(&self.a);
        b.clear();
        b.extend_from_slice(&self.b);
        seen(0, a, b);
        let mut distance = 1;
        while distance < count {
            // From the last to the first, so that what is taken in is still that of the level before.
            for n in (distance..count).rev() {
                let (earlier, now) = b.split_at_mut(n * row);
                let taken = (n - distance) * row..(n - distance + 1) * row;
                multiply_add(self.complex, self.width, &a[n * row..(n + 1) * row], &earlier[taken.clone()], &mut now[..row]);
                let (earlier, now) = a.split_at_mut(n * row);
                multiply(self.complex, self.width, &earlier[taken], &mut now[..row]);
            }
            seen(distance, a, b);
            distance *= 2;
        }
    }

    /// The tree of one element of the state, from its leaves up.
    pub fn tree(&mut self, element: usize) -> Result<Vec<Level<T>>> {
        if element >= self.width {
            return Err(Error::new(Code::OutOfRange, format!("element {element} of the state; expected 0 to {}", self.width - 1)));
        }
        let (row, width) = (self.row(), self.width);
        let mut levels = vec![];
        self.levels(|distance, a, b| {
            levels.push(Level { distance, a: of_element(a, row, width, element), b: of_element(b, row, width, element) });
        });
        Ok(levels)
    }

    /// One element's states in the run, by moment; complex: real parts, then imaginary parts.
    pub fn states(&self, element: usize) -> Vec<T> {
        of_element(&self.tape, self.row(), self.width, element)
    }

    /// Largest difference between the scan's states and those of the run, over all moments and elements; and the largest state.
    /// NaN where either has it and the other does not.
    pub fn deviation(&mut self) -> (f64, f64) {
        self.scan();
        let mut worst = (0.0f64, 0.0f64);
        for (scanned, run) in self.work.1.iter().zip(&self.tape) {
            let (scanned, run) = (scanned.f64(), run.f64());
            let apart = if scanned == run || scanned.is_nan() && run.is_nan() { 0.0 } else { (scanned - run).abs() };
            worst = (if apart > worst.0 || apart.is_nan() { apart } else { worst.0 }, worst.1.max(run.abs()));
        }
        worst
    }
}

/// One element of every row: all its real parts, then all its imaginary parts.
fn of_element<T: Copy>(values: &[T], row: usize, width: usize, element: usize) -> Vec<T> {
    (0..row / width).flat_map(|part| values.iter().skip(part * width + element).step_by(row).copied()).collect()
}

/// y += a ∘ x, of real or complex rows.
fn multiply_add<T: Scalar>(complex: bool, width: usize, a: &[T], x: &[T], y: &mut [T]) {
    if !complex {
        y.iter_mut().zip(a).zip(x).for_each(|((y, a), x)| *y += *a * *x);
        return;
    }
    let ((ar, ai), (xr, xi), (yr, yi)) = (a.split_at(width), x.split_at(width), y.split_at_mut(width));
    for j in 0..width {
        yr[j] += ar[j] * xr[j] - ai[j] * xi[j];
        yi[j] += ar[j] * xi[j] + ai[j] * xr[j];
    }
}

/// a ← a ∘ x, of real or complex rows.
fn multiply<T: Scalar>(complex: bool, width: usize, x: &[T], a: &mut [T]) {
    if !complex {
        a.iter_mut().zip(x).for_each(|(a, x)| *a = *a * *x);
        return;
    }
    let ((xr, xi), (ar, ai)) = (x.split_at(width), a.split_at_mut(width));
    for j in 0..width {
        (ar[j], ai[j]) = (ar[j] * xr[j] - ai[j] * xi[j], ar[j] * xi[j] + ai[j] * xr[j]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five moments of two elements with random terms; the tape as the definition says.
    fn scan(complex: bool) -> Scan<f64> {
        let (mut rng, row) = (crate::math::rng::Rng::new(3), if complex { 4 } else { 2 });
        let mut numbers = || (0..5 * row).map(|_| rng.u() * 2.0 - 1.0).collect::<Vec<f64>>();
        let (a, b) = (numbers(), numbers());
        let mut tape: Vec<f64> = b[..row].to_vec();
        for n in 1..5 {
            for j in 0..row {
                let at = |k: usize| n * row + k;
                let before = |k: usize| tape[(n - 1) * row + k];
                tape.push(match (complex, j) {
                    (false, j) => a[at(j)] * before(j) + b[at(j)],
                    (true, j @ (0 | 1)) => a[at(j)] * before(j) - a[at(j + 2)] * before(j + 2) + b[at(j)],
                    (true, j) => a[at(j - 2)] * before(j) + a[at(j)] * before(j - 2) + b[at(j)],
                });
            }
        }
        Scan { moments: (0..5).collect(), width: 2, complex, a, b, tape, work: (vec![], vec![]) }
    }

    #[test]
    fn real_and_complex_scans_are_the_definition() {
        for complex in [false, true] {
            let mut scan = scan(complex);
            assert!(scan.deviation().0 < 1e-14 && scan.depth() == 3);
            let tape = scan.tape.clone();
            assert!(scan.sequential().iter().zip(&tape).all(|(x, y)| (x - y).abs() < 1e-14));
            let tree = scan.tree(1).unwrap();
            assert!((tree[3].b[4] - tape[4 * scan.row() + 1]).abs() < 1e-14, "the last moment's real part");
            assert_eq!(tree[0].a.len(), if complex { 10 } else { 5 });
        }
    }

    #[test]
    fn what_differs_is_seen() {
        for change in [1e-3, f64::NAN] {
            let mut scan = scan(true);
            scan.tape[7] += change;
            let (apart, _) = scan.deviation();
            assert!(apart.is_nan() && change.is_nan() || (apart - change).abs() < 1e-12, "{apart}");
        }
    }
}
