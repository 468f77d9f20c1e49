//! Mamba's block between its products, forth and back: what `cell::mamba` does.

use super::each::{each, of_track};
use super::product::{Matrix, sum};
use super::scan::{Scan, scan};
use crate::cell::Dims;
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::Track;
use crate::gpu::kernel::{Kernel, Word, groups};
use crate::gpu::plan::Recorder;

// Parameters, in the cell's order.
const A_LOG: usize = 0;
const SKIP: usize = 1;
pub const IN: usize = 2;
const CONV: usize = 3;
pub const CONV_BIAS: usize = 4;
pub const X_PROJ: usize = 5;
pub const DT: usize = 6;
pub const DT_BIAS: usize = 7;
pub const OUT: usize = 8;

// Lanes, in tape order.
pub const U: usize = 1;
pub const REDUCED: usize = 2;
pub const H: usize = 10;

/// Numbers that a state adds up over time.
const SUMS: usize = 2;
/// Columns that an invocation adds up before another slice is worth its memory.
const DEPTH: usize = 64;

/// A track with what its sizes say.
#[derive(Clone, Copy)]
pub struct Mamba<'a> {
    pub track: &'a Track,
    pub inner: usize,
    pub states: usize,
    pub taps: usize,
    pub rank: usize,
}

/// A kernel that is a function of each channel (or state) and column.
fn per_column(text: &'static str, reverse: Option<bool>) -> Kernel {
    let kernel = of_track(text).math().part(include_str!("modern.wgsl")).part(include_str!("mamba_lanes.wgsl"));
    match reverse {
        Some(reverse) => kernel.part(include_str!("mamba_time.wgsl")).with("REVERSE", reverse),
        None => kernel,
    }
}

fn states(back: bool, reverse: bool, steps: usize) -> Kernel {
    let text = if back { include_str!("mamba_back.wgsl") } else { include_str!("mamba.wgsl") };
    let kernel = Scan { text, complex: false, against: reverse != back }.kernel(steps).math().part(include_str!("mamba_lanes.wgsl"));
    if back { kernel.part(include_str!("scan_sums.wgsl")).with("SUMS", SUMS) } else { kernel }
}

const ENTER: &str = include_str!("mamba_enter.wgsl");
const STEP: &str = include_str!("mamba_step.wgsl");
const READ: &str = include_str!("mamba_read.wgsl");
const GATE_BACK: &str = include_str!("mamba_gate_back.wgsl");
const CHANNEL_BACK: &str = include_str!("mamba_channel_back.wgsl");
const STATE_BACK: &str = include_str!("mamba_state_back.wgsl");
const CONV_BACK: &str = include_str!("mamba_conv_back.wgsl");
const WINDOW_BACK: &str = include_str!("mamba_window_back.wgsl");

fn parameters() -> Kernel {
    Kernel::new(include_str!("mamba_parameters.wgsl"))
}

fn taps() -> Kernel {
    Kernel::new(include_str!("mamba_taps.wgsl"))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![
        ("Mamba's input", per_column(ENTER, Some(true))),
        ("Mamba's Δ", per_column(STEP, None)),
        ("Mamba's states", states(false, true, 100)),
        ("Mamba's read-out", per_column(READ, None)),
        ("Mamba's gate, back", per_column(GATE_BACK, None)),
        ("Mamba's states, back", states(true, false, 100)),
        ("Mamba's parameters", parameters()),
        ("Mamba's Δ, back", per_column(CHANNEL_BACK, None)),
        ("Mamba's B and C, back", per_column(STATE_BACK, None)),
        ("Mamba's convolution, back", per_column(CONV_BACK, None)),
        ("Mamba's window, back", per_column(WINDOW_BACK, Some(false))),
        ("Mamba's taps", taps()),
    ]
}

impl<'a> Mamba<'a> {
    pub fn of(track: &'a Track) -> Self {
        let Dims { hidden, sizes, .. } = track.dims;
        Mamba { track, inner: sizes[2] * hidden, states: sizes[0], taps: sizes[1], rank: hidden.div_ceil(16) }
    }

    /// Rows of x_proj: r, B, C.
    pub fn selected(&self) -> usize {
        self.rank + 2 * self.states
    }

    /// The parameters of the kernels after units, columns and batch.
    fn sizes(&self) -> [usize; 8] {
        let (track, hidden) = (self.track, self.track.dims.hidden);
        [track.steps, self.inner, self.states, self.taps, self.rank, hidden, track.width, track.offset]
    }

    fn each(&self, r: &mut Recorder, kernel: Kernel, units: usize, slices: &[&Slice]) -> Result<()> {
        each(r, kernel, self.track, units, &self.sizes(), slices)
    }

    fn scan(&self, r: &mut Recorder, back: bool, slices: &[&Slice]) -> Result<()> {
        let (track, units) = (self.track, self.inner * self.states);
        let sizes = [units, track.columns(), track.batch].into_iter().chain(self.sizes());
        let params: Vec<Word> = sizes.map(Word::from).collect();
        scan(r, states(back, track.reverse, track.steps), track.steps, (units, track.batch), &params, slices)
    }

    fn parameter(&self, k: usize) -> &'a Slice {
        &self.track.parameters[k]
    }

    /// Lanes window, u and z, from the in-projection: 2E × T·B.
    pub fn enter(&self, r: &mut Recorder, projected: &Slice) -> Result<()> {
        let track = self.track;
        let slices = [projected, &track.initial, self.parameter(CONV), self.parameter(CONV_BIAS), &track.tape];
        self.each(r, per_column(ENTER, Some(track.reverse)), self.inner, &slices)
    }

    /// Lanes r, B, C and Δ, from what x_proj selected: (R + 2N) × T·B.
    pub fn step(&self, r: &mut Recorder, selected: &Slice) -> Result<()> {
        let slices = [selected, self.parameter(DT), self.parameter(DT_BIAS), &self.track.tape];
        self.each(r, per_column(STEP, None), self.inner, &slices)
    }

    /// Lanes decay and s.
    pub fn states(&self, r: &mut Recorder) -> Result<()> {
        self.scan(r, false, &[&self.track.lengths, &self.track.initial, self.parameter(A_LOG), &self.track.tape])
    }

    /// Lane y, and y∘SiLU(z): E × T·B.
    pub fn read(&self, r: &mut Recorder, gated: &Slice) -> Result<()> {
        self.each(r, per_column(READ, None), self.inner, &[self.parameter(SKIP), &self.track.tape, gated])
    }

    /// Gradients of h, y and z from that of what was gated; what was gated, and the second half of the in-projection's gradient.
    pub fn gate_back(&self, r: &mut Recorder, d_gated: &Slice, gated: &Slice, d_projected: &Slice) -> Result<()> {
        let track = self.track;
        let slices = [&track.tape, &track.d_output, d_gated, &track.d_tape, gated, d_projected];
        self.each(r, per_column(GATE_BACK, None), self.inner, &slices)
    }

    /// Gradients of s and decay, of A_log and of D.
    pub fn states_back(&self, r: &mut Recorder) -> Result<()> {
        let (track, units) = (self.track, self.inner * self.states);
        let (parts, totals) = (r.scratch("mamba parts", SUMS * units * track.batch)?, r.scratch("mamba totals", SUMS * units)?);
        self.scan(r, true, &[&track.lengths, &track.initial, self.parameter(A_LOG), &track.tape, &track.d_tape, &parts])?;
        sum(r, &parts, (SUMS * units, 1), track.batch, Matrix::columns(&totals, SUMS * units), false)?;
        let params = [units, self.states].map(Word::from);
        r.dispatch(parameters(), &params, &[&totals, &track.gradients[A_LOG], &track.gradients[SKIP]], [groups(units, 64), 1, 1])
    }

    /// Gradients of B, C and Δ; ∂L/∂u but for what comes through r, B and C, and ∂L/∂ before the softplus: E × T·B each.
    pub fn channels_back(&self, r: &mut Recorder, d_u: &Slice, d_step: &Slice) -> Result<()> {
        let track = self.track;
        let slices = [self.parameter(SKIP), self.parameter(A_LOG), &track.tape, &track.d_tape, d_u, d_step];
        self.each(r, per_column(CHANNEL_BACK, None), self.inner, &slices)?;
        self.each(r, per_column(STATE_BACK, None), self.states, &[&track.tape, &track.d_tape])
    }

    /// From ∂L/∂u to gradients of u, the window, the taps, and the first half of the in-projection; `d_conv` is that of the
    /// convolution: E × T·B.
    pub fn enter_back(&self, r: &mut Recorder, d_u: &Slice, d_conv: &Slice, d_projected: &Slice) -> Result<()> {
        let track = self.track;
        let slices = [self.parameter(CONV), self.parameter(CONV_BIAS), &track.tape, d_u, &track.d_tape, d_conv];
        self.each(r, per_column(CONV_BACK, None), self.inner, &slices)?;
        let slices = [self.parameter(CONV), d_conv, &track.d_tape, d_projected];
        self.each(r, per_column(WINDOW_BACK, Some(track.reverse)), self.inner, &slices)?;
        let (places, columns) = (self.inner * self.taps, track.columns());
        let slices = (columns / DEPTH).clamp(1, 64);
        let parts = r.scratch("mamba taps", places * slices)?;
        let params = [places, self.taps, track.layout.rows(), columns, columns.div_ceil(slices)].map(Word::from);
        r.dispatch(taps(), &params, &[&track.tape, d_conv, &parts], [groups(places, 64), slices as u32, 1])?;
        sum(r, &parts, (places, 1), slices, Matrix::columns(&track.gradients[CONV], places), true)
    }
}
