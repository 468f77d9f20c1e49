//! Interventions: a lane held at a value. The value is used by everything downstream, and no gradient passes to what
//! would have produced it.

use crate::math::{Real, Scalar};

/// One lane of one moment, held for some units of some examples. `mask` is 1 where held, else 0: units × examples.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldLane<T> {
    pub lane: usize,
    pub mask: Vec<T>,
    pub value: Vec<T>,
}

/// Everything held at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Holds<T> {
    pub lanes: Vec<HeldLane<T>>,
}

/// How a unit's functions meet interventions. `Free` compiles to nothing.
pub trait Hold<V: Real> {
    /// The value that a lane takes, where `value` is what the cell computed.
    fn at(&self, lane: usize, value: V) -> V;
    /// The gradient that passes to what computed the lane.
    fn back(&self, lane: usize, d: V) -> V;
}

/// No interventions.
pub struct Free;

impl<V: Real> Hold<V> for Free {
    #[inline(always)]
    fn at(&self, _: usize, value: V) -> V {
        value
    }
    #[inline(always)]
    fn back(&self, _: usize, d: V) -> V {
        d
    }
}

/// Interventions of one group of units, one (mask, value) a lane.
pub struct Held<V, const LANES: usize>(pub [(V, V); LANES]);

impl<V: Real, const LANES: usize> Hold<V> for Held<V, LANES> {
    #[inline(always)]
    fn at(&self, lane: usize, value: V) -> V {
        let (mask, held) = self.0[lane];
        V::select_gt(mask, V::zero(), held, value)
    }
    #[inline(always)]
    fn back(&self, lane: usize, d: V) -> V {
        V::select_gt(self.0[lane].0, V::zero(), V::zero(), d)
    }
}

/// The value that one element of a lane takes under interventions; `at` counts elements over examples.
pub(super) fn hold<T: Scalar>(holds: Option<&Holds<T>>, lane: usize, at: usize, value: T) -> T {
    held_value(holds, lane, at).unwrap_or(value)
}

/// The gradient that passes to what computed the element.
pub(super) fn hold_back<T: Scalar>(holds: Option<&Holds<T>>, lane: usize, at: usize, d: T) -> T {
    if held_value(holds, lane, at).is_some() { T::zero() } else { d }
}

fn held_value<T: Scalar>(holds: Option<&Holds<T>>, lane: usize, at: usize) -> Option<T> {
    holds?.lanes.iter().rev().find(|l| l.lane == lane && l.mask[at] > T::zero()).map(|l| l.value[at])
}
