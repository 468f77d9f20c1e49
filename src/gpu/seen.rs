//! The last chunk of an update from inside: tapes and gradients read back, when somebody looks.

use super::device::{Buffer, Gpu, Slice};
use super::shape::{Common, Shape};
use crate::error::Result;
use crate::net::{Gradients, Net, Trace};
use crate::train::Seen;

/// Reads in the order in which they are asked for.
struct Reader {
    slices: Vec<Slice>,
}

impl Reader {
    fn ask(&mut self, slice: &Slice) {
        self.slices.push(slice.clone());
    }
}

/// What the CPU engine would have left: the run, and where it was gone, the way back. (Gradients of the initial state are not
/// computed; those of the parameters are the whole update's, clipped if they were.)
pub(super) async fn fetch(
    gpu: &Gpu,
    net: &Net<f32>,
    common: &Common,
    shape: &Shape,
    lengths: &[usize],
    tokens: &[u32],
    went_back: bool,
) -> Result<Seen<f32>> {
    let mut reader = Reader { slices: vec![] };
    reader.ask(&common.parameters.all());
    reader.ask(&common.gradients.all());
    reader.ask(&shape.prediction.all());
    shape.sequences.iter().map(Buffer::all).for_each(|s| reader.ask(&s));
    shape.tracks.iter().for_each(|track| reader.ask(&track.tape));
    shape.tracks.iter().for_each(|track| reader.ask(&track.initial));
    if went_back {
        shape.d_sequences.iter().map(Buffer::all).for_each(|s| reader.ask(&s));
        shape.tracks.iter().for_each(|track| reader.ask(&track.d_tape));
    }
    let mut found = gpu.read(&reader.slices).await?.into_iter();
    let mut next = || found.next().unwrap_or_default();
    let of = |flat: &[f32]| -> Vec<Vec<f32>> { common.tensors.places.iter().map(|(from, len)| flat[*from..from + len].to_vec()).collect() };

    let (parameters, sums) = (of(&next()), of(&next()));
    let mut net = net.clone();
    net.parameters_mut().iter_mut().zip(parameters).for_each(|(p, values)| p.values = values);
    let mut trace = Trace::empty(net);
    (trace.steps, trace.batch, trace.lengths) = (shape.steps, shape.batch, lengths.to_vec());
    if trace.tokens.is_some() {
        trace.tokens = Some(tokens.iter().map(|id| *id as usize).collect());
    }
    trace.prediction = Some(next());
    trace.inputs.iter_mut().for_each(|input| *input = next());
    trace.output = next();
    for track in &mut trace.tracks {
        track.tape.reshape(shape.steps, shape.batch);
        track.tape.data.as_mut_slice().copy_from_slice(&next());
    }
    trace.tracks.iter_mut().for_each(|track| track.initial = next());
    if !went_back {
        return Ok(Seen { trace, gradients: None, sums });
    }
    let mut gradients = Gradients::empty(&trace);
    gradients.parameters.iter_mut().zip(&sums).for_each(|(p, sum)| p.values.clone_from(sum));
    gradients.input = next();
    gradients.upstream.iter_mut().for_each(|d| *d = next());
    for tape in &mut gradients.tapes {
        tape.reshape(shape.steps, shape.batch);
        tape.data.as_mut_slice().copy_from_slice(&next());
    }
    Ok(Seen { trace, gradients: Some(gradients), sums })
}
