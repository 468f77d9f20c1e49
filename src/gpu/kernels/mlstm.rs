//! The matrix memory of the mLSTM, as `cell::mlstm_memory`, forth and back.
//!
//! Every step's memory has to stand on the tape, so that it is C itself that is computed, not the sums of pairs of steps that would
//! do without it: a scan over time in chunks for each of its numbers. All else but m is a function of one step, for all steps at once.

use super::scan::{Scan, scan};
use super::spread;
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::Track;
use crate::gpu::kernel::{Kernel, Word, groups};
use crate::gpu::plan::Recorder;

/// The memory of one track: `first` is the lane q.
pub struct Memory<'a> {
    pub track: &'a Track,
    pub first: usize,
    pub heads: usize,
    /// Of a head's keys and values.
    pub width: usize,
}

/// Lanes of the memory.
const LANES: usize = 12;

/// Numbers of C and n, whose scan has a workgroup for every eight of them or more.
pub fn numbers(heads: usize, width: usize) -> usize {
    heads * width * (width + 1)
}

fn part(text: &'static str) -> Kernel {
    Kernel::new(include_str!("mlstm.wgsl")).part(text).math()
}

fn scanned(text: &'static str, against: bool, steps: usize) -> Kernel {
    let text = Scan { text, complex: false, against }.kernel(steps);
    text.part(include_str!("mlstm.wgsl")).part(include_str!("mlstm_places.wgsl"))
}

fn enter() -> Kernel {
    part(include_str!("mlstm_enter.wgsl"))
}

fn gates(reverse: bool) -> Kernel {
    part(include_str!("mlstm_gates.wgsl")).with("REVERSE", reverse)
}

fn forward_scan(reverse: bool, steps: usize) -> Kernel {
    scanned(include_str!("mlstm_scan.wgsl"), reverse, steps)
}

fn read() -> Kernel {
    part(include_str!("mlstm_read.wgsl"))
}

fn read_back() -> Kernel {
    part(include_str!("mlstm_read_back.wgsl"))
}

fn scan_back(reverse: bool, steps: usize) -> Kernel {
    scanned(include_str!("mlstm_scan_back.wgsl"), !reverse, steps)
}

fn head_back(reverse: bool, size: usize) -> Kernel {
    Kernel::new(include_str!("mlstm.wgsl")).part(include_str!("mlstm_head_back.wgsl")).with("REVERSE", reverse).with("SIZE", size)
}

fn gates_back(reverse: bool) -> Kernel {
    part(include_str!("mlstm_gates_back.wgsl")).with("REVERSE", reverse)
}

fn open() -> Kernel {
    part(include_str!("mlstm_open.wgsl"))
}

fn open_back() -> Kernel {
    part(include_str!("mlstm_open_back.wgsl"))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![
        ("mLSTM, enter", enter()),
        ("mLSTM, gates", gates(false)),
        ("mLSTM, memory", forward_scan(true, 50)),
        ("mLSTM, read", read()),
        ("mLSTM, read, back", read_back()),
        ("mLSTM, memory, back", scan_back(true, 1000)),
        ("mLSTM, heads, back", head_back(true, 64)),
        ("mLSTM, gates, back", gates_back(true)),
        ("mLSTM, output gate", open()),
        ("mLSTM, output gate, back", open_back()),
    ]
}

impl<'a> Memory<'a> {
    pub fn of(track: &'a Track, first: usize, heads: usize) -> Self {
        Memory { track, first, heads, width: track.layout.length(first) / heads }
    }

    /// First row of one of the memory's lanes, or of one behind them.
    pub fn start(&self, lane: usize) -> usize {
        self.track.layout.range(self.first + lane).start
    }

    /// Parameters of mlstm.wgsl.
    fn params(&self, units: usize) -> Vec<Word> {
        let Track { steps, batch, width, offset, layout, .. } = self.track;
        let mut params: Vec<Word> = [*steps, *batch, units, layout.rows(), self.heads, self.width].map(Into::into).to_vec();
        params.push(((1.0 / (self.width as f64).sqrt()) as f32).into());
        params.extend((0..LANES + 2).map(|lane| Word::from(self.start(lane))));
        params.extend([*width, *offset].map(Word::from));
        params
    }

    fn each(&self, r: &mut Recorder, kernel: Kernel, units: usize, slices: &[&Slice]) -> Result<()> {
        let slices = [&[&self.track.lengths], slices].concat();
        r.dispatch(kernel, &self.params(units), &slices, spread(units * self.track.columns()))
    }

    fn scan(&self, r: &mut Recorder, kernel: Kernel, slices: &[&Slice]) -> Result<()> {
        let (steps, units) = (self.track.steps, numbers(self.heads, self.width));
        let slices = [&[&self.track.lengths], slices].concat();
        scan(r, kernel, steps, (units, self.track.batch), &self.params(units), &slices)
    }

    /// One invocation for each head of each example.
    fn heads(&self, r: &mut Recorder, kernel: Kernel, slices: &[&Slice]) -> Result<()> {
        let slices = [&[&self.track.lengths], slices].concat();
        r.dispatch(kernel, &self.params(0), &slices, [groups(self.heads * self.track.batch, 64), 1, 1])
    }

    /// Records the lanes from ln i to what is read. q, k and v stand on the tape; `sums`, heads × T·B each, are what the input and the
    /// forget gate are made of.
    pub fn forward(&self, r: &mut Recorder, sums: [&Slice; 2]) -> Result<()> {
        let Track { initial, tape, reverse, steps, .. } = self.track;
        self.each(r, enter(), self.heads, &[sums[0], sums[1], tape])?;
        self.heads(r, gates(*reverse), &[initial, tape])?;
        self.scan(r, forward_scan(*reverse, *steps), &[initial, tape])?;
        self.each(r, read(), self.heads * self.width, &[tape])
    }

    /// Records the reverse, from ∂L/∂ of what is read on the gradient tape to that of q, k, v, and of `d_sums`.
    pub fn backward(&self, r: &mut Recorder, d_sums: [&Slice; 2]) -> Result<()> {
        let Track { initial, tape, d_tape, reverse, steps, .. } = self.track;
        let d_overlaps = r.scratch("overlaps", self.heads * self.track.columns())?;
        self.each(r, read_back(), self.heads, &[tape, d_tape, &d_overlaps])?;
        self.scan(r, scan_back(*reverse, *steps), &[tape, &d_overlaps, d_tape])?;
        let slices = [&self.track.lengths, initial, tape, &d_overlaps, d_tape];
        let size = self.width.next_power_of_two().clamp(32, 256);
        let group = [self.track.columns().min(16_384) as u32, self.heads as u32, 1];
        r.dispatch(head_back(*reverse, size), &self.params(0), &slices, group)?;
        self.heads(r, gates_back(*reverse), &[initial, tape, d_tape, d_sums[0], d_sums[1]])
    }

    /// Records the output gate of the bare cell and its output, the two lanes behind those of the memory. `sums`: H × T·B.
    pub fn open(&self, r: &mut Recorder, sums: &Slice) -> Result<()> {
        self.each(r, open(), self.track.dims.hidden, &[sums, &self.track.tape])
    }

    /// Records its reverse, from ∂L/∂ of the layer's output to that of what is read, and of `d_sums`.
    pub fn open_back(&self, r: &mut Recorder, d_sums: &Slice) -> Result<()> {
        let Track { tape, d_output, d_tape, dims, .. } = self.track;
        self.each(r, open_back(), dims.hidden, &[tape, d_output, d_tape, d_sums])
    }
}
