//! What stands around the memory in the mLSTM's layer, as `cell::mlstm_layer`, forth and back.

use super::pairs::{Meeting, Rows, pairs};
use super::spread;
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::Track;
use crate::gpu::kernel::{Kernel, Word};
use crate::gpu::plan::Recorder;

/// Lanes: the channels come first. Those of the memory begin with q.
pub const Z: usize = 1;
pub const WINDOW: usize = 2;
pub const S: usize = 3;
pub const Q: usize = 4;
pub const K: usize = 5;
pub const V: usize = 6;
pub const R: usize = 15;
pub const Y: usize = 16;
pub const E: usize = 17;
pub const H: usize = 18;

/// Tensors, in order.
const SKIP: usize = 0;
pub const UP: usize = 1;
const TO_Q: usize = 2;
const TO_K: usize = 3;
const TO_V: usize = 4;
const CONV: usize = 5;
pub const CONV_BIAS: usize = 6;
/// Weights of both gates; each bias comes after its weight.
pub const GATES: [usize; 2] = [7, 9];
const NORM: usize = 11;
pub const DOWN: usize = 12;

/// Channels that one small matrix of q, k or v mixes.
const BLOCK: usize = 4;

fn part(text: &'static str) -> Kernel {
    Kernel::new(include_str!("mlstm_layer.wgsl")).part(text).math().part(include_str!("modern.wgsl"))
}

fn window(reverse: bool) -> Kernel {
    part(include_str!("mlstm_window.wgsl")).with("REVERSE", reverse)
}

fn mix() -> Kernel {
    part(include_str!("mlstm_mix.wgsl"))
}

/// With a workgroup for each head of each column.
fn by_head(text: &'static str, size: usize) -> Kernel {
    part(text).part(include_str!("mlstm_spread.wgsl")).with("SIZE", size)
}

fn leave(size: usize) -> Kernel {
    by_head(include_str!("mlstm_leave.wgsl"), size)
}

fn leave_back(size: usize) -> Kernel {
    by_head(include_str!("mlstm_leave_back.wgsl"), size)
}

fn mix_back() -> Kernel {
    part(include_str!("mlstm_mix_back.wgsl"))
}

fn conv_back() -> Kernel {
    part(include_str!("mlstm_conv_back.wgsl"))
}

fn window_back(reverse: bool) -> Kernel {
    part(include_str!("mlstm_window_back.wgsl")).with("REVERSE", reverse)
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![
        ("mLSTM layer, window", window(true)),
        ("mLSTM layer, q, k, v", mix()),
        ("mLSTM layer, leave", leave(64)),
        ("mLSTM layer, leave, back", leave_back(64)),
        ("mLSTM layer, q and k, back", mix_back()),
        ("mLSTM layer, convolution, back", conv_back()),
        ("mLSTM layer, window, back", window_back(false)),
    ]
}

/// The layer of one track.
pub struct Around<'a> {
    pub track: &'a Track,
    pub heads: usize,
    pub channels: usize,
}

impl<'a> Around<'a> {
    pub fn of(track: &'a Track, heads: usize) -> Self {
        Around { track, heads, channels: track.layout.length(Y) }
    }

    /// First row of a lane.
    pub fn start(&self, lane: usize) -> usize {
        self.track.layout.range(lane).start
    }

    fn params(&self) -> Vec<Word> {
        let Track { steps, batch, layout, .. } = self.track;
        let sizes = [*steps, *batch, layout.rows(), self.channels, layout.length(WINDOW) / self.channels, self.heads, self.width()];
        let starts = [Z, WINDOW, S, Q, K, V, R, Y, E].map(|lane| self.start(lane));
        sizes.into_iter().chain(starts).map(Word::from).collect()
    }

    /// Channels of a head.
    fn width(&self) -> usize {
        self.channels / self.heads
    }

    fn each(&self, r: &mut Recorder, kernel: Kernel, slices: &[&Slice]) -> Result<()> {
        r.dispatch(kernel, &self.params(), slices, spread(self.channels * self.track.columns()))
    }

    fn by_head(&self, r: &mut Recorder, kernel: fn(usize) -> Kernel, slices: &[&Slice]) -> Result<()> {
        let size = self.width().next_power_of_two().clamp(32, 256);
        r.dispatch(kernel(size), &self.params(), slices, [self.track.columns().min(16_384) as u32, self.heads as u32, 1])
    }

    /// Records the lanes from the window to v. The channels stand on the tape.
    pub fn enter(&self, r: &mut Recorder) -> Result<()> {
        let Track { parameters: of, lengths, initial, tape, reverse, .. } = self.track;
        self.each(r, window(*reverse), &[lengths, initial, &of[CONV], &of[CONV_BIAS], tape])?;
        self.each(r, mix(), &[&of[TO_Q], &of[TO_K], &of[TO_V], tape])
    }

    /// Records the lanes from what is read to what is projected down.
    pub fn leave(&self, r: &mut Recorder) -> Result<()> {
        let Track { parameters: of, tape, .. } = self.track;
        self.by_head(r, leave, &[&of[NORM], &of[SKIP], tape])
    }

    /// Records the reverse of `leave`, from ∂L/∂ of what is projected down on the gradient tape. `through`: channels × T·B.
    pub fn leave_back(&self, r: &mut Recorder, through: &Slice) -> Result<()> {
        let Track { parameters: of, gradients: d, tape, d_tape, .. } = self.track;
        self.by_head(r, leave_back, &[&of[NORM], &of[SKIP], tape, d_tape, through])?;
        let columns = self.track.columns();
        pairs(r, columns, self.whole(through), self.lane(tape, S), Meeting::SAME, &d[SKIP])?;
        pairs(r, columns, self.whole(through), self.lane(tape, Y), Meeting::SAME, &d[NORM])
    }

    /// Records the reverse of `enter`, from ∂L/∂ of q, k and v to that of the channels. `through` as `leave_back` left it; `d_sums`,
    /// channels × T·B, becomes ∂L/∂ of the convolution's sums.
    pub fn enter_back(&self, r: &mut Recorder, through: &Slice, d_sums: &Slice) -> Result<()> {
        let Track { parameters: of, gradients: d, lengths, tape, d_tape, reverse, layout, .. } = self.track;
        self.each(r, mix_back(), &[&of[TO_Q], &of[TO_K], &of[SKIP], through, d_tape])?;
        self.each(r, conv_back(), &[&of[CONV], &of[CONV_BIAS], tape, d_tape, d_sums])?;
        self.each(r, window_back(*reverse), &[lengths, &of[CONV], &of[TO_V], d_sums, d_tape])?;
        let (columns, taps) = (self.track.columns(), layout.length(WINDOW) / self.channels);
        pairs(r, columns, self.whole(d_sums), self.lane(tape, WINDOW), Meeting::several(taps), &d[CONV])?;
        for (tensor, lane, read) in [(TO_Q, Q, S), (TO_K, K, S), (TO_V, V, 0)] {
            pairs(r, columns, self.lane(d_tape, lane), self.lane(tape, read), Meeting::blocks(BLOCK), &d[tensor])?;
        }
        Ok(())
    }

    fn lane<'b>(&self, tape: &'b Slice, lane: usize) -> Rows<'b> {
        Rows { data: tape, first: self.start(lane), rows: self.track.layout.rows() }
    }

    fn whole<'b>(&self, data: &'b Slice) -> Rows<'b> {
        Rows { data, first: 0, rows: self.channels }
    }
}
