//! Scales and their ticks. A scale is made from the data once and then only asked.

use super::number::{number, power};

/// What a log axis shows at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    pub decades: i32,
    /// The upper end is at least this power of ten.
    pub top: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    Linear {
        low: f64,
        high: f64,
    },
    /// Powers of ten.
    Log {
        low: f64,
        high: f64,
    },
}

/// Where a value belongs on an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// 0 at the low end, 1 at the high end.
    At(f64),
    /// Cannot be drawn at its own height: under the low end (on a log axis also zero).
    Below,
    /// Over the high end; infinity.
    Above,
    /// Not a number.
    Nowhere,
}

impl Scale {
    /// Around the values, from 0 where they are all on one side of it, with some air; `range` fixes both ends.
    pub fn linear(values: impl Iterator<Item = f64>, range: Option<(f64, f64)>) -> Self {
        if let Some((low, high)) = range {
            return Scale::Linear { low, high };
        }
        let (low, high) = values.filter(|v| v.is_finite()).fold((0.0f64, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
        if low == high {
            return Scale::Linear { low: 0.0, high: 1.0 };
        }
        let step = nice_step(high / 4.0 - low / 4.0);
        let low = (low / step + 1e-9).floor() * step;
        let high = (high / step - 1e-9).ceil() * step;
        // Rounding outwards may leave f64's range.
        Scale::Linear { low: low.max(-f64::MAX), high: high.min(f64::MAX) }
    }

    /// Whole decades around the positive values, at least `view`: an axis that fits itself closely to each curve makes all
    /// decays look alike. When the values come near `floor`, it is on the axis, and the axis ends under it.
    pub fn log(values: impl Iterator<Item = f64>, floor: Option<f64>, view: View) -> Self {
        let positive = values.filter(|v| *v > 0.0 && v.is_finite());
        let (least, most) = positive.fold((f64::INFINITY, 0.0f64), |(l, m), v| (l.min(v), m.max(v)));
        if most == 0.0 {
            let high = f64::from(view.top.unwrap_or(0));
            return Scale::Log { low: high - f64::from(view.decades), high };
        }
        let mut high = (most.log10().ceil() as i32).max(view.top.unwrap_or(i32::MIN)).min(308);
        let mut low = least.log10().floor() as i32;
        if let Some(floor) = floor
            && least < floor * 1e8
        {
            low = floor.log10().floor() as i32 - 1;
            high = high.max(low + view.decades);
        }
        Scale::Log { low: f64::from(low.min(high - view.decades)), high: f64::from(high) }
    }

    /// Closely around the positive values, from one of 1, 2, 5 × 10ᵏ to another: for what is read at its height, such as a loss
    /// beside its baselines, and not by how many decades it falls.
    pub fn close_log(values: impl Iterator<Item = f64>) -> Self {
        let positive = values.filter(|v| *v > 0.0 && v.is_finite());
        let (least, most) = positive.fold((f64::INFINITY, 0.0f64), |(l, m), v| (l.min(v), m.max(v)));
        if most == 0.0 {
            return Scale::Log { low: -1.0, high: 0.0 };
        }
        // The next round number below is one over the next one above one over it.
        let (low, high) = (-nice_step(1.0 / least).log10(), nice_step(most).log10());
        // A twofold range at least: noise about one value is not to fill the whole height.
        if high - low < 0.3 { Scale::Log { low: low - 0.15, high: high + 0.15 } } else { Scale::Log { low, high } }
    }

    pub fn place(&self, value: f64) -> Place {
        if value.is_nan() {
            return Place::Nowhere;
        }
        let at = match *self {
            Scale::Linear { low, high } => (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0),
            Scale::Log { low, high } => {
                if value <= 0.0 {
                    return Place::Below;
                }
                (value.log10() - low) / (high - low)
            }
        };
        // A hair of tolerance: ends are made by rounding.
        match at {
            at if at < -1e-9 => Place::Below,
            at if at > 1.0 + 1e-9 => Place::Above,
            at => Place::At(at.clamp(0.0, 1.0)),
        }
    }

    /// At most about `most` labelled ticks: (value, label).
    pub fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        let most = most.max(2);
        match *self {
            Scale::Linear { low, high } => {
                // Division first: the whole width may leave f64's range.
                let step = nice_step(high / most as f64 - low / most as f64);
                let (first, last) = ((low / step).ceil() as i64, (high / step + 1e-9).floor() as i64);
                // As many decimals as the step needs, the same for all ticks.
                let decimals = (-step.log10().floor()).max(0.0) as usize;
                let label = |value: f64| {
                    if (1e-4..1e5).contains(&step) { format!("{value:.decimals$}").replace('-', "−") } else { number(value, 2) }
                };
                (first..=last).map(|k| k as f64 * step).map(|value| (value, label(value))).collect()
            }
            Scale::Log { low, high } => {
                if high - low < 2.5 {
                    return self.round_ticks(most);
                }
                let steps = [1, 2, 3, 5, 10, 20, 50, 100, 200];
                let (low, high) = (low.ceil() as i32, high.floor() as i32);
                let step = steps.into_iter().find(|step| (high - low) / step < most as i32).unwrap_or(200);
                let powers = (low..=high).filter(|k| k.rem_euclid(step) == 0);
                powers.map(|k| (10f64.powi(k), if k == 0 { "1".into() } else { power(k) })).collect()
            }
        }
    }

    /// On few decades also what lies between the powers, as densely as there is room.
    fn round_ticks(&self, most: usize) -> Vec<(f64, String)> {
        let Scale::Log { low, high } = *self else { return vec![] };
        let of = |multiples: &[f64]| -> Vec<(f64, String)> {
            let decades = low.floor() as i32..=high.ceil() as i32;
            let all = decades.flat_map(|k| multiples.iter().map(move |m| m * 10f64.powi(k)));
            let inside = all.filter(|v| matches!(self.place(*v), Place::At(_)));
            inside.map(|v| (v, number(v, if multiples.len() > 4 { 2 } else { 1 }))).collect()
        };
        let fine = [1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
        [&fine[..], &[1.0, 2.0, 3.0, 5.0], &[1.0, 2.0, 5.0]].into_iter().map(of).find(|t| t.len() <= most).unwrap_or_else(|| of(&[1.0]))
    }
}

/// The next of 1, 2, 5 × 10ᵏ.
pub fn nice_step(at_least: f64) -> f64 {
    if !(at_least > 0.0 && at_least.is_finite()) {
        return 1.0;
    }
    let power = 10f64.powi(at_least.log10().floor() as i32);
    [1.0, 2.0, 5.0].into_iter().map(|m| m * power).find(|step| *step >= at_least * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// Steps to label on the time axis, so few that they have `room` CSS pixels each. They are counted from 1, and those with a
/// round number are labelled; with `words`, every so many from the first.
pub fn step_ticks(steps: usize, width: f64, room: f64, words: bool) -> Vec<usize> {
    let most = (width / room).max(1.0);
    let step = (nice_step(steps as f64 / most).max(1.0) as usize).max(1);
    (if words { 0 } else { step - 1 }..steps).step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale) -> Vec<String> {
        scale.ticks(6).into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn linear() {
        let scale = Scale::linear([0.3, 2.7, f64::NAN, f64::INFINITY].into_iter(), None);
        assert_eq!(scale, Scale::Linear { low: 0.0, high: 3.0 });
        assert_eq!(scale.place(1.5), Place::At(0.5));
        assert_eq!(scale.place(f64::INFINITY), Place::Above);
        assert_eq!(scale.place(f64::NAN), Place::Nowhere);
        assert_eq!(labels(Scale::Linear { low: -0.5, high: 0.5 }), ["−0.4", "−0.2", "0.0", "0.2", "0.4"]);
        assert_eq!(labels(Scale::linear([1e30].into_iter(), None)).last().map(String::as_str), Some("1.0·10³⁰"));
        assert_eq!(Scale::linear([0.0, 0.0].into_iter(), None), Scale::Linear { low: 0.0, high: 1.0 });
        assert!(labels(Scale::linear([f64::MAX, -f64::MAX].into_iter(), None)).len() > 2);
    }

    #[test]
    fn log() {
        let floor = Some(f64::from(f32::MIN_POSITIVE));
        let view = View { decades: 3, top: None };
        let scale = Scale::log([3e-3, 0.2, 0.0].into_iter(), floor, view);
        assert_eq!(scale, Scale::Log { low: -3.0, high: 0.0 });
        assert_eq!(scale.place(0.0), Place::Below);
        assert_eq!(scale.place(1.0), Place::At(1.0));
        assert_eq!(labels(scale), ["10⁻³", "10⁻²", "10⁻¹", "1"]);
        let deep = Scale::log([1e-33, 1.0].into_iter(), floor, view);
        assert_eq!(deep, Scale::Log { low: -39.0, high: 0.0 });
        assert_eq!(deep.place(1e-40), Place::Below);
        assert_eq!(labels(deep), ["10⁻³⁰", "10⁻²⁰", "10⁻¹⁰", "1"]);
        assert_eq!(Scale::log([5e-324, 1.7e308].into_iter(), None, view), Scale::Log { low: -324.0, high: 308.0 });
        assert_eq!(Scale::log([0.0].into_iter(), floor, view), Scale::Log { low: -3.0, high: 0.0 });
        assert_eq!(Scale::log([1e-44].into_iter(), floor, view), Scale::Log { low: -39.0, high: -36.0 });
        let fixed = View { decades: 7, top: Some(1) };
        for values in [[0.4, 0.5], [1e-5, 1.0], [0.0, 0.0]] {
            assert_eq!(Scale::log(values.into_iter(), floor, fixed), Scale::Log { low: -6.0, high: 1.0 });
        }
        assert_eq!(Scale::log([1e9].into_iter(), floor, fixed), Scale::Log { low: 2.0, high: 9.0 });
    }

    #[test]
    fn time() {
        assert_eq!(step_ticks(72, 300.0, 40.0, false), [9, 19, 29, 39, 49, 59, 69]);
        assert_eq!(step_ticks(7, 200.0, 60.0, true), [0, 5]);
        assert_eq!(step_ticks(1, 10.0, 40.0, false), [0]);
        assert!(step_ticks(0, 10.0, 40.0, false).is_empty());
    }
}
