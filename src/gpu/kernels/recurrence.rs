//! A gated cell over time: one dispatch for all moments, forth or back. The cell is a small text of two functions about one hidden
//! unit, the twin of `cell::gated::Unit`.

use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::Track;
use crate::gpu::kernel::{Kernel, groups};
use crate::gpu::plan::{MOST_GROUPS, Recorder};

/// Most hidden units: each has an invocation of the workgroup.
pub const MOST_HIDDEN: usize = 256;
/// Invocations of a workgroup, at most: what every WebGPU has.
const SIZE: usize = 256;
/// Fours of the inner products that an invocation takes before they are worth being shared with another.
const FOURS: usize = 2;
/// Examples side by side, at most: each takes at least a four of memory, however small.
const SIDES: usize = 64;
/// Workgroups from which on one takes two examples, which halves the reading of weights.
const ENOUGH: usize = 16;

/// Moments of one dispatch: systems end one that lasts for seconds, and the device with it.
pub const MOST_MOMENTS: usize = 2048;

/// The moments in stretches of one dispatch each: how many were before, how many there are.
pub fn dispatches(steps: usize) -> impl Iterator<Item = [usize; 2]> {
    (0..steps).step_by(MOST_MOMENTS).map(move |begin| [begin, MOST_MOMENTS.min(steps - begin)])
}

/// A cell as the kernels see it.
#[derive(Clone)]
pub struct Unit {
    /// `forward` and `backward` of one unit.
    pub text: Kernel,
    pub lanes: usize,
    pub blocks: usize,
    pub output: usize,
    /// One bit per lane.
    pub carried: u32,
    /// ∂L/∂ of the recurrent products is not that of the projected values.
    pub apart: bool,
    pub bias: bool,
    pub hidden: usize,
}

impl Unit {
    /// Of a track's cell, with its functions and their constants in `text`.
    pub fn of(track: &Track, text: Kernel) -> Self {
        let spec = track.cell.spec();
        Unit {
            text,
            lanes: spec.lanes.len(),
            blocks: spec.blocks.len(),
            output: spec.output(),
            carried: spec.carried().map(|lane| 1 << lane).sum(),
            apart: track.cell.recurrent_rows(track.dims) > 0,
            bias: track.dims.bias,
            hidden: track.dims.hidden,
        }
    }

    pub fn wide(&self) -> usize {
        self.blocks * self.hidden
    }

    /// A kernel of the cell: its constants, its functions.
    pub fn kernel(&self, text: &'static str) -> Kernel {
        let kernel = self.text.clone().part(text).part(include_str!("unit.wgsl")).math();
        let kernel = kernel.with("H", self.hidden).with("LANES", self.lanes).with("BLOCKS", self.blocks);
        kernel.with("OUTPUT", self.output).with("CARRIED", self.carried)
    }

    pub fn bias_text(&self) -> &'static str {
        if self.bias { include_str!("recurrence_bias.wgsl") } else { include_str!("recurrence_no_bias.wgsl") }
    }

    pub fn apart_text(&self) -> &'static str {
        if self.apart { include_str!("recurrence_apart.wgsl") } else { include_str!("recurrence_together.wgsl") }
    }
}

/// How a workgroup divides its work: `wide` × `splits` × `side` invocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    wide: usize,
    /// Invocations that share a unit's inner products.
    splits: usize,
    side: usize,
    /// Examples of each invocation.
    examples: usize,
}

impl Division {
    /// For products of `inner` numbers.
    pub fn of(hidden: usize, inner: usize, batch: usize) -> Self {
        let wide = hidden.next_power_of_two();
        let room = SIZE / wide;
        let most = inner.div_ceil(4) / FOURS;
        let splits = room.min(if most > 1 { 1 << most.ilog2() } else { 1 });
        let side = (room / splits).min(batch.next_power_of_two()).min(SIDES);
        let examples = if batch.div_ceil(2 * side) >= ENOUGH { 2 } else { 1 };
        Division { wide, splits, side, examples }
    }

    /// `per_example`: numbers that each invocation shares for an example.
    pub fn constants(self, kernel: Kernel, per_example: usize) -> Kernel {
        let Division { wide, splits, side, examples } = self;
        let parts = if splits > 1 { wide * splits * side * examples * per_example } else { 1 };
        kernel.with("WIDE", wide).with("SPLITS", splits).with("SIDE", side).with("EXAMPLES", examples).with("PARTS", parts)
    }

    pub fn groups(self, batch: usize) -> [u32; 3] {
        [groups(batch, self.side * self.examples), 1, 1]
    }
}

fn forward_text(unit: &Unit, division: Division) -> Kernel {
    division.constants(unit.kernel(include_str!("recurrence_forward.wgsl")), unit.blocks).part(unit.bias_text())
}

fn backward_text(unit: &Unit, division: Division) -> Kernel {
    division.constants(unit.kernel(include_str!("recurrence_backward.wgsl")), 1).part(unit.apart_text())
}

fn pack_text() -> Kernel {
    Kernel::new(include_str!("pack.wgsl"))
}

fn before_text() -> Kernel {
    Kernel::new(include_str!("outputs_before.wgsl"))
}

/// The cells' functions.
pub fn rnn(relu: bool) -> Kernel {
    Kernel::new(include_str!("rnn.wgsl")).with("RELU", relu)
}
pub fn lstm() -> Kernel {
    Kernel::new(include_str!("lstm.wgsl"))
}
pub fn gru(keep: bool) -> Kernel {
    Kernel::new(include_str!("gru.wgsl")).part(include_str!("gru_blend.wgsl")).with("KEEP", keep)
}

/// An LSTM without and a GRU with biases.
pub(super) fn examples() -> (Unit, Unit) {
    let unit = Unit { text: lstm(), lanes: 6, blocks: 4, output: 5, carried: 0b110000, apart: false, bias: false, hidden: 37 };
    let gru = Unit { text: gru(true), lanes: 5, blocks: 3, output: 4, carried: 0b10000, apart: true, bias: true, ..unit.clone() };
    (unit, gru)
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    let (lstm, gru) = examples();
    let rnn = Unit { text: rnn(true), lanes: 1, blocks: 1, output: 0, carried: 1, ..lstm.clone() };
    let (narrow, few) = (Division::of(37, 37, 64), Division::of(37, 111, 1));
    vec![
        ("RNN forward", forward_text(&rnn, narrow)),
        ("RNN backward", backward_text(&rnn, narrow)),
        ("LSTM forward", forward_text(&lstm, narrow)),
        ("LSTM backward", backward_text(&lstm, few)),
        ("GRU forward", forward_text(&gru, few)),
        ("GRU backward", backward_text(&gru, narrow)),
        ("packed weights", pack_text()),
        ("outputs before", before_text()),
    ]
}

/// A matrix with its strides, m × k. Begins `from` numbers into its slice.
pub struct Weights<'a> {
    pub data: &'a Slice,
    pub from: usize,
    pub size: (usize, usize),
    pub row: usize,
    pub column: usize,
}

/// Records packing it into scratch memory: see pack.wgsl.
pub fn pack(r: &mut Recorder, name: &'static str, weights: Weights) -> Result<Slice> {
    let (m, k) = weights.size;
    let to = r.scratch(name, m * k.next_multiple_of(4))?;
    let sizes = [m, k, weights.row, weights.column, weights.from].map(Into::into);
    r.dispatch(pack_text(), &sizes, &[weights.data, &to], [groups(m, 64), groups(k, 4), 1])?;
    Ok(to)
}

/// Records all moments, from W_i x + b_i (`projected`): two dispatches, up to `MOST_MOMENTS`.
pub fn forward(r: &mut Recorder, track: &Track, unit: &Unit, projected: &Slice) -> Result<()> {
    let (h, wide) = (unit.hidden, unit.wide());
    let weights = pack(r, "packed", Weights { data: &track.parameters[1], from: 0, size: (wide, h), row: h, column: 1 })?;
    let division = Division::of(h, h, track.batch);
    let mut bound = vec![projected, &weights, &track.lengths, &track.initial, &track.tape];
    bound.extend(unit.bias.then(|| &track.parameters[3]));
    for [begin, count] in dispatches(track.steps) {
        let sizes = [track.steps, track.batch, usize::from(track.reverse), begin, count].map(Into::into);
        r.dispatch(forward_text(unit, division), &sizes, &bound, division.groups(track.batch))?;
    }
    Ok(())
}

/// Room for ∂L/∂ of the projected values: `wide` × T·B, and behind it for what arrives at the next dispatch, tape rows × B.
pub fn room(track: &Track, wide: usize) -> usize {
    wide * track.columns() + track.layout.rows() * track.batch
}

/// Records the way back of all moments: two dispatches, up to `MOST_MOMENTS`. Fills the gradient tape, ∂L/∂ of the projected values
/// (which has `room`) and, where that is something else, ∂L/∂ of the recurrent products.
pub fn backward(r: &mut Recorder, track: &Track, unit: &Unit, d_projected: &Slice, d_recurrent: Option<&Slice>) -> Result<()> {
    let (h, wide) = (unit.hidden, unit.wide());
    let weights = pack(r, "packed", Weights { data: &track.parameters[1], from: 0, size: (h, wide), row: 1, column: h })?;
    let division = Division::of(h, wide, track.batch);
    let mut bound = vec![&weights, &track.tape, &track.initial, &track.lengths, &track.d_output, &track.d_tape, d_projected];
    bound.extend(d_recurrent);
    for [begin, count] in dispatches(track.steps) {
        let reverse = usize::from(track.reverse);
        let sizes = [track.steps, track.batch, reverse, track.width, track.offset, begin, count].map(Into::into);
        r.dispatch(backward_text(unit, division), &sizes, &bound, division.groups(track.batch))?;
    }
    Ok(())
}

/// Records gathering the output lane of the moment before each column into `to`: H × T·B.
pub fn outputs_before(r: &mut Recorder, track: &Track, to: &Slice) -> Result<()> {
    let (rows, output) = (track.layout.rows(), track.layout.output());
    let sizes = [track.steps, track.batch, usize::from(track.reverse), rows, output.start, output.len()].map(Into::into);
    let count = groups(to.len(), 64).min(MOST_GROUPS);
    r.dispatch(before_text(), &sizes, &[&track.tape, &track.initial, &track.lengths, to], [count, 1, 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What every WebGPU has: 256 invocations and 16,384 bytes of memory to a workgroup.
    #[test]
    fn a_workgroup_keeps_to_the_limits() {
        let mut most = (0, 0);
        for hidden in 1..=MOST_HIDDEN {
            for batch in [1, 2, 3, 16, 33, 64, 500, 10_000] {
                for blocks in 1..=4 {
                    let (forth, back) = (Division::of(hidden, hidden, batch), Division::of(hidden, blocks * hidden, batch));
                    let fours = |count: usize| count.next_multiple_of(4);
                    // With the reset gate before the product: two vectors of h forth, two and one of it back.
                    let before = [(forth, 2 * fours(hidden), 2), (forth, fours(2 * hidden) + fours(hidden), 1)];
                    let others = [(forth, fours(hidden), blocks), (back, fours(blocks * hidden), 1)];
                    for (division, of_example, per_example) in others.into_iter().chain(before) {
                        let Division { wide, splits, side, examples } = division;
                        let invocations = wide * splits * side;
                        let parts = if splits > 1 { invocations * examples * per_example } else { 1 };
                        let bytes = 4 * (side * examples * of_example + parts);
                        assert!(hidden <= wide && invocations <= SIZE && bytes <= 16_384, "{hidden} {batch} {blocks}: {division:?}");
                        most = (most.0.max(invocations), most.1.max(bytes));
                    }
                }
            }
        }
        assert!(most.0 == SIZE && most.1 > 8192, "{most:?}: the limits are not met at all");
    }
}
