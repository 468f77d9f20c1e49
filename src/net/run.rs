//! What a run is told, owned or borrowed, and what is refused.

use super::Net;
use super::config::{LIMITS, within};
use crate::cell::{HeldLane, Holds, PER_UNIT};
use crate::error::{Code, Error, Result};
use crate::math::Scalar;

/// What the network reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<T> {
    /// T×B×I, last index fastest.
    Values(Vec<T>),
    /// T×B token ids, for a network with an embedding.
    Tokens(Vec<usize>),
}

/// Initial states of one carried lane: (L·D)×B×(its elements), order l0, l0_reverse, l1, …
#[derive(Clone, Debug, PartialEq)]
pub struct Initial<T> {
    pub lane: String,
    pub values: Vec<T>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldUnits {
    All,
    One(usize),
}

/// An intervention: a lane (of all its elements, or of one) held at a value for moments `from` up to, not including, `to`, in every example.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    pub layer: usize,
    pub direction: usize,
    pub lane: String,
    pub units: HoldUnits,
    pub value: f64,
    pub from: usize,
    pub to: usize,
}

/// One run's arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Run<T> {
    pub steps: usize,
    pub batch: usize,
    pub input: Input<T>,
    /// Each example's own length; it stops there, and the reverse direction starts there.
    pub lengths: Option<Vec<usize>>,
    pub initial: Vec<Initial<T>>,
    pub holds: Vec<Hold>,
    /// Dropout masks between layers, already scaled by 1/(1−p): one T×B×(D·H) array per gap, or none.
    pub masks: Vec<Vec<T>>,
}

impl<T> Run<T> {
    pub fn new(steps: usize, batch: usize, input: Input<T>) -> Self {
        Run { steps, batch, input, lengths: None, initial: vec![], holds: vec![], masks: vec![] }
    }

    /// The same arguments, borrowed.
    pub fn as_ref(&self) -> RunRef<'_, T> {
        let input = match &self.input {
            Input::Values(values) => InputRef::Values(values),
            Input::Tokens(ids) => InputRef::Tokens(ids),
        };
        let (lengths, initial) = (self.lengths.as_deref(), InitialRef::Given(&self.initial));
        RunRef { steps: self.steps, batch: self.batch, input, lengths, initial, holds: &self.holds, masks: &self.masks }
    }
}

/// As `Input`, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum InputRef<'a, T> {
    Values(&'a [T]),
    Tokens(&'a [usize]),
    /// Token ids as a task's batch has them.
    Ids(&'a [u32]),
}

impl<T> InputRef<'_, T> {
    /// The token ids, where there are any.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = usize> {
        let (wide, narrow) = match self {
            InputRef::Values(_) => (&[][..], &[][..]),
            InputRef::Tokens(ids) => (*ids, &[][..]),
            InputRef::Ids(ids) => (&[][..], *ids),
        };
        wide.iter().copied().chain(narrow.iter().map(|id| *id as usize))
    }
}

/// What the carried lanes are before the first moment.
#[derive(Clone, Copy, Debug)]
pub enum InitialRef<'a, T> {
    /// These; zero where nothing is given.
    Given(&'a [Initial<T>]),
    /// The final states of the workspace's last run (zero if there was none): carried, and detached, since gradients end at a
    /// run's start.
    Carried,
}

/// As `Run`, borrowed: what a `Workspace` runs on, without a copy made by the caller.
#[derive(Clone, Copy, Debug)]
pub struct RunRef<'a, T> {
    pub steps: usize,
    pub batch: usize,
    pub input: InputRef<'a, T>,
    pub lengths: Option<&'a [usize]>,
    pub initial: InitialRef<'a, T>,
    pub holds: &'a [Hold],
    pub masks: &'a [Vec<T>],
}

impl<'a, T> RunRef<'a, T> {
    pub fn new(steps: usize, batch: usize, input: InputRef<'a, T>) -> Self {
        RunRef { steps, batch, input, lengths: None, initial: InitialRef::Given(&[]), holds: &[], masks: &[] }
    }
}

impl<T: Scalar> Net<T> {
    /// Refuses a run that cannot be, before anything is computed.
    pub(crate) fn check(&self, run: &RunRef<T>) -> Result<()> {
        let config = self.config();
        within("steps", run.steps, 1, 1_000_000)?;
        within("batch", run.batch, 1, 1_000_000)?;
        let rows: usize = (0..config.layers).map(|l| self.layout(l).rows() * config.directions()).sum();
        let columns = run.steps.saturating_mul(run.batch);
        if columns.saturating_mul(rows) > LIMITS.tape {
            return Err(Error::new(
                Code::OutOfRange,
                format!(
                    "{} steps × {} examples would record {rows} values a column; expected at most {} in all",
                    run.steps, run.batch, LIMITS.tape
                ),
            ));
        }
        match (&run.input, &config.embedding) {
            (InputRef::Values(_), Some(e)) => {
                return Err(Error::new(Code::Shape, format!("this network reads token ids below {}; found numbers", e.vocabulary)));
            }
            (InputRef::Values(v), None) => {
                if v.len() != columns * config.input {
                    return Err(Error::length("input", v.len(), columns * config.input, "steps × batch × input"));
                }
            }
            (_, None) => return Err(Error::new(Code::Shape, "this network has no embedding; expected numbers, found token ids")),
            (ids, Some(e)) => {
                let count = ids.tokens().count();
                if count != columns {
                    return Err(Error::length("input", count, columns, "steps × batch"));
                }
                if let Some(id) = ids.tokens().find(|id| *id >= e.vocabulary) {
                    return Err(Error::new(Code::OutOfRange, format!("token id {id}; expected ids below {}", e.vocabulary)));
                }
            }
        }
        if let Some(lengths) = &run.lengths {
            if lengths.len() != run.batch {
                return Err(Error::length("lengths", lengths.len(), run.batch, "batch"));
            }
            for l in *lengths {
                within("a sequence's length", *l, 1, run.steps)?;
            }
        }
        let spec = self.cell.spec();
        let InitialRef::Given(given) = run.initial else { return self.check_masks(run, columns) };
        for initial in given {
            let carried: Vec<&str> = spec.carried().map(|k| spec.lanes[k].name).collect();
            if !carried.contains(&initial.lane.as_str()) {
                return Err(Error::unknown("carried lane", &initial.lane, carried));
            }
            let lane = spec.lane(&initial.lane).unwrap_or(0);
            let states = self.state_length(lane, run.batch);
            if initial.values.len() != states {
                let (what, axes) = (format!("initial.{}", initial.lane), spec.lanes[lane].axes);
                let formula = format!("layers·directions × batch × {}", if axes == PER_UNIT { "hidden".into() } else { axes.join("·") });
                return Err(Error::length(&what, initial.values.len(), states, &formula));
            }
        }
        self.check_masks(run, columns)
    }

    fn check_masks(&self, run: &RunRef<T>, columns: usize) -> Result<()> {
        let config = self.config();
        if !run.masks.is_empty() && run.masks.len() != config.layers - 1 {
            return Err(Error::length("mask", run.masks.len(), config.layers - 1, "layers − 1 (arrays)"));
        }
        for mask in run.masks {
            if mask.len() != columns * config.output_width() {
                return Err(Error::length("a mask", mask.len(), columns * config.output_width(), "steps × batch × directions·hidden"));
            }
        }
        Ok(())
    }

    /// Interventions of one layer and direction by moment; empty where there are none.
    pub(crate) fn holds(
        &self,
        holds: &[Hold],
        layer: usize,
        direction: usize,
        steps: usize,
        batch: usize,
    ) -> Result<Vec<Option<Holds<T>>>> {
        let spec = self.cell.spec();
        let mut by_moment: Vec<Option<Holds<T>>> = vec![];
        for hold in holds {
            let lane = spec.lane(&hold.lane).ok_or_else(|| Error::unknown("lane", &hold.lane, spec.lanes.iter().map(|l| l.name)))?;
            within("hold.layer", hold.layer, 0, self.config().layers - 1)?;
            within("hold.direction", hold.direction, 0, self.config().directions() - 1)?;
            let h = self.layout(hold.layer).length(lane);
            if let HoldUnits::One(unit) = hold.units {
                within("hold.unit", unit, 0, h - 1)?;
            }
            if (hold.layer, hold.direction) != (layer, direction) || hold.from >= hold.to.min(steps) {
                continue;
            }
            by_moment.resize(steps, None);
            for moment in &mut by_moment[hold.from..hold.to.min(steps)] {
                let lanes = &mut moment.get_or_insert_with(|| Holds { lanes: vec![] }).lanes;
                let at = lanes.iter().position(|l| l.lane == lane).unwrap_or_else(|| {
                    lanes.push(HeldLane { lane, mask: vec![T::zero(); h * batch], value: vec![T::zero(); h * batch] });
                    lanes.len() - 1
                });
                for j in 0..h * batch {
                    if hold.units == HoldUnits::All || hold.units == HoldUnits::One(j % h) {
                        lanes[at].mask[j] = T::one();
                        lanes[at].value[j] = T::of(hold.value);
                    }
                }
            }
        }
        Ok(by_moment)
    }
}
