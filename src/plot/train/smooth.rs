//! The running median: it follows a jump, and one wild value does not move it.

/// Values to each side that a median of so many looks at: none of few, a window of 31 at most.
pub fn half_window(n: usize) -> usize {
    (n / 40).min(15)
}

/// Of 2·half + 1 values around each, near the ends of as many of them as there are. What is not a number counts as large.
pub fn running_median(values: &[f64], half: usize) -> Vec<f64> {
    let mut window: Vec<f64> = vec![];
    let place = |window: &[f64], value: f64| window.partition_point(|w| w.total_cmp(&value.abs_nan()).is_lt());
    let mut medians = Vec::with_capacity(values.len());
    let (mut from, mut to) = (0, 0);
    for k in 0..values.len() {
        while to < (k + half + 1).min(values.len()) {
            let value = values[to].abs_nan();
            window.insert(place(&window, value), value);
            to += 1;
        }
        while from < k.saturating_sub(half) {
            window.remove(place(&window, values[from]));
            from += 1;
        }
        medians.push(window[window.len() / 2]);
    }
    medians
}

/// The last of them.
pub fn last_median(values: &[f64], half: usize) -> Option<f64> {
    running_median(&values[values.len().saturating_sub(2 * half + 1)..], half).pop()
}

trait AbsNan {
    /// The same; what is not a number without its sign, so that it is larger than all others.
    fn abs_nan(self) -> Self;
}

impl AbsNan for f64 {
    fn abs_nan(self) -> f64 {
        if self.is_nan() { f64::NAN } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_median_of_each_window() {
        let values: Vec<f64> = (0..200).map(|k| f64::from((k * 7919) % 101) - 50.0).collect();
        for half in [0, 1, 4, 15] {
            let medians = running_median(&values, half);
            for (k, median) in medians.iter().enumerate() {
                let mut window = values[k.saturating_sub(half)..=(k + half).min(199)].to_vec();
                window.sort_by(f64::total_cmp);
                assert_eq!(*median, window[window.len() / 2], "{half} {k}");
            }
            assert_eq!(last_median(&values, half), medians.last().copied());
        }
        assert!(running_median(&[], 3).is_empty() && last_median(&[], 3).is_none());
    }

    #[test]
    fn a_wild_value_does_not_move_it_and_many_do() {
        let mut values = vec![1.0; 50];
        (values[20], values[21], values[22]) = (f64::INFINITY, f64::NAN, -f64::NAN);
        assert_eq!(running_median(&values, 5), vec![1.0; 50]);
        values[23..].fill(f64::NAN);
        let medians = running_median(&values, 5);
        assert!(medians[18] == 1.0 && medians[30].is_nan());
    }
}
