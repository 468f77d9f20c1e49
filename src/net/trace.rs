//! What a run leaves behind: tapes, layer inputs, output, prediction.

use super::Net;
use super::config::within;
use crate::cell::{Holds, Params};
use crate::error::Result;
use crate::math::Scalar;
use crate::tape::Tape;

/// One layer and direction of a run.
#[derive(Clone, Debug)]
pub(crate) struct Track<T: Scalar> {
    pub tape: Tape<T>,
    /// The state before the first moment: tape rows × batch, carried lanes filled.
    pub initial: Vec<T>,
    /// Parameters as packed by the cell.
    pub packed: Vec<T>,
    /// Interventions by moment; empty where there are none.
    pub holds: Vec<Option<Holds<T>>>,
}

/// A run and everything it computed.
#[derive(Clone)]
pub struct Trace<T: Scalar> {
    pub net: Net<T>,
    pub steps: usize,
    pub batch: usize,
    pub lengths: Vec<usize>,
    pub tokens: Option<Vec<usize>>,
    /// Have the parameters been packed since they were changed?
    pub(crate) packed: bool,
    /// The head's weights, packed forth and back.
    pub(crate) head: Vec<T>,
    pub(crate) masks: Vec<Vec<T>>,
    /// Input of each layer: width × (T·B).
    pub(crate) inputs: Vec<Vec<T>>,
    pub(crate) tracks: Vec<Track<T>>,
    pub(crate) output: Vec<T>,
    pub(crate) prediction: Option<Vec<T>>,
}

impl<T: Scalar> Trace<T> {
    pub(crate) fn track_index(&self, layer: usize, direction: usize) -> Result<usize> {
        let config = self.net.config();
        within("layer", layer, 0, config.layers - 1)?;
        within("direction", direction, 0, config.directions() - 1)?;
        Ok(layer * config.directions() + direction)
    }

    pub fn tape(&self, layer: usize, direction: usize) -> Result<&Tape<T>> {
        Ok(&self.tracks[self.track_index(layer, direction)?].tape)
    }

    /// The last layer's output, T×B×(D·H).
    pub fn output(&self) -> &[T] {
        &self.output
    }

    /// With a head: T×B×outputs, or B×outputs where it reads the final states.
    pub fn prediction(&self) -> Option<&[T]> {
        self.prediction.as_deref()
    }

    /// Input of a layer: T×B×width.
    pub fn layer_input(&self, layer: usize) -> Result<&[T]> {
        within("layer", layer, 0, self.net.config().layers - 1)?;
        Ok(&self.inputs[layer])
    }

    /// The state before the first moment of example b: all lanes, carried ones filled.
    pub fn initial_column(&self, layer: usize, direction: usize, b: usize) -> Result<&[T]> {
        let track = &self.tracks[self.track_index(layer, direction)?];
        let rows = track.tape.rows();
        Ok(&track.initial[b * rows..(b + 1) * rows])
    }

    /// The moment that a direction meets just before t, for example b: `None` at its start.
    pub fn moment_before(&self, direction: usize, t: usize, b: usize) -> Option<usize> {
        if direction == 0 { t.checked_sub(1) } else { Some(t + 1).filter(|t| *t < self.lengths[b]) }
    }

    /// The moment that a direction meets just after t, for example b: `None` at its end.
    pub fn moment_after(&self, direction: usize, t: usize, b: usize) -> Option<usize> {
        if direction == 1 { t.checked_sub(1) } else { Some(t + 1).filter(|t| *t < self.lengths[b]) }
    }

    /// Tape column of the moment before t, or the initial state.
    pub fn column_before(&self, layer: usize, direction: usize, t: usize, b: usize) -> Result<&[T]> {
        match self.moment_before(direction, t, b) {
            Some(t) => Ok(self.tape(layer, direction)?.column(t, b)),
            None => self.initial_column(layer, direction, b),
        }
    }

    /// Final state of a carried lane: (L·D)×B×H. The reverse direction's belongs to t = 0.
    pub fn final_state(&self, lane: &str) -> Result<Vec<T>> {
        let mut all = vec![];
        let directions = self.net.config().directions();
        for (k, track) in self.tracks.iter().enumerate() {
            let lane = track.tape.lane_index(lane)?;
            for (b, length) in self.lengths.iter().enumerate() {
                let t = if k % directions == 0 { length - 1 } else { 0 };
                all.extend_from_slice(track.tape.lane(lane, t, b));
            }
        }
        Ok(all)
    }

    pub(crate) fn params(&self, track: usize) -> Params<'_, T> {
        let directions = self.net.config().directions();
        let (layer, direction) = (track / directions, track % directions);
        Params { dims: self.net.dims_of(layer), tensors: self.net.tensor_values(layer, direction), packed: &self.tracks[track].packed }
    }
}
