//! S4D's modes, states and what stands around them, forth and back: what `cell::s4d` does.

use super::each::{each, of_track};
use super::product::{Matrix, sum};
use super::scan::{Scan, scan};
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::Track;
use crate::gpu::kernel::{Kernel, Word, groups};
use crate::gpu::plan::Recorder;

/// Numbers that a mode adds up over time.
const SUMS: usize = 7;
/// Numbers that `modes` leaves for each mode.
pub const CONSTANTS: usize = 12;

/// A track with what its options and sizes say.
#[derive(Clone, Copy)]
pub struct S4d<'a> {
    pub track: &'a Track,
    pub hidden: usize,
    /// Modes of a unit.
    pub modes: usize,
    pub bilinear: bool,
    /// With GELU, matrix and GLU.
    pub full: bool,
    /// Where the input is not as wide as the layer.
    pub encoder: bool,
}

/// Parameters after those of the encoder.
pub const SKIP: usize = 0;
const C: usize = 1;
const LOG_DT: usize = 2;
const LOG_A_REAL: usize = 3;
const A_IMAG: usize = 4;
pub const OUT_WEIGHT: usize = 5;
pub const OUT_BIAS: usize = 6;

fn functions(kernel: Kernel) -> Kernel {
    kernel.math().part(include_str!("modern.wgsl"))
}

fn lanes(kernel: Kernel, full: bool) -> Kernel {
    kernel.part(include_str!("s4d_lanes.wgsl")).with("FULL", full)
}

fn modes(bilinear: bool) -> Kernel {
    functions(Kernel::new(include_str!("s4d_modes.wgsl")).with("BILINEAR", bilinear))
}

fn states(back: bool, reverse: bool, full: bool, steps: usize) -> Kernel {
    let text = if back { include_str!("s4d_back.wgsl") } else { include_str!("s4d.wgsl") };
    let kernel = lanes(Scan { text, complex: true, against: reverse != back }.kernel(steps), full);
    if back { kernel.part(include_str!("scan_sums.wgsl")).with("SUMS", SUMS) } else { kernel }
}

fn input_back(full: bool, add: bool) -> Kernel {
    lanes(of_track(include_str!("s4d_input_back.wgsl")), full).with("ADD", add)
}

fn read(full: bool) -> Kernel {
    functions(lanes(of_track(include_str!("s4d_read.wgsl")), full))
}

fn glu() -> Kernel {
    lanes(of_track(include_str!("s4d_glu.wgsl")), true).math()
}

fn glu_back() -> Kernel {
    lanes(of_track(include_str!("s4d_glu_back.wgsl")), true).math()
}

fn gelu_back() -> Kernel {
    functions(lanes(of_track(include_str!("s4d_gelu_back.wgsl")), true))
}

fn output() -> Kernel {
    lanes(of_track(include_str!("s4d_output.wgsl")), false)
}

fn parameters() -> Kernel {
    Kernel::new(include_str!("s4d_parameters.wgsl"))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![
        ("S4D's modes", modes(false)),
        ("S4D's modes, bilinear", modes(true)),
        ("S4D's states", states(false, true, true, 100)),
        ("S4D's states, back", states(true, true, false, 100)),
        ("S4D's read-out", read(true)),
        ("S4D's GLU", glu()),
        ("S4D's GLU, back", glu_back()),
        ("S4D's GELU, back", gelu_back()),
        ("S4D's output, back", output()),
        ("S4D's input, back", input_back(false, true)),
        ("S4D's parameters", parameters()),
    ]
}

impl<'a> S4d<'a> {
    pub fn of(track: &'a Track) -> Self {
        let is = |name: &str, value: &str| track.options.get(name).is_some_and(|v| v == value);
        let (hidden, modes) = (track.dims.hidden, track.dims.sizes[0] / 2);
        let (bilinear, full) = (is("discretisation", "bilinear"), is("layer", "full"));
        S4d { track, hidden, modes, bilinear, full, encoder: track.dims.input != hidden }
    }

    /// A parameter after those of the encoder, and its gradient.
    pub fn own(&self, k: usize) -> (&'a Slice, &'a Slice) {
        let at = k + if self.encoder { 2 } else { 0 };
        (&self.track.parameters[at], &self.track.gradients[at])
    }

    /// Where the lane of the GELU stands in a column.
    pub fn gelu_row(&self) -> usize {
        2 * self.hidden * (1 + self.modes)
    }

    /// From the parameters to what one step does.
    pub fn modes(&self, r: &mut Recorder, to: &Slice) -> Result<()> {
        let of = [C, LOG_DT, LOG_A_REAL, A_IMAG].map(|k| self.own(k).0);
        let params = [self.hidden, self.modes].map(Word::from);
        r.dispatch(modes(self.bilinear), &params, &[of[0], of[1], of[2], of[3], to], [groups(self.hidden * self.modes, 64), 1, 1])
    }

    fn scan(&self, r: &mut Recorder, back: bool, slices: &[&Slice]) -> Result<()> {
        let (track, units) = (self.track, self.hidden * self.modes);
        let params = [track.steps, track.batch, units, self.hidden, self.modes].map(Word::from);
        let kernel = states(back, track.reverse, self.full, track.steps);
        scan(r, kernel, track.steps, (units, track.batch), &params, slices)
    }

    /// The states' lanes.
    pub fn states(&self, r: &mut Recorder, modes: &Slice, u: &Slice) -> Result<()> {
        self.scan(r, false, &[&self.track.lengths, &self.track.initial, modes, u, &self.track.tape])
    }

    /// The gradients of the states' lanes, from that of y, and of the parameters of the state-space model.
    pub fn states_back(&self, r: &mut Recorder, modes: &Slice) -> Result<()> {
        let (track, rows) = (self.track, SUMS * self.hidden * self.modes);
        let (parts, totals) = (r.scratch("s4d parts", rows * track.batch)?, r.scratch("s4d totals", rows)?);
        self.scan(r, true, &[&track.lengths, &track.initial, modes, &track.tape, &track.d_tape, &parts])?;
        sum(r, &parts, (rows, 1), track.batch, Matrix::columns(&totals, rows), false)?;
        let d = [SKIP, C, LOG_DT, LOG_A_REAL, A_IMAG].map(|k| self.own(k).1);
        let params = [self.hidden, self.modes].map(Word::from);
        r.dispatch(parameters(), &params, &[modes, &totals, d[0], d[1], d[2], d[3], d[4]], [groups(self.hidden, 64), 1, 1])
    }

    fn each(&self, r: &mut Recorder, kernel: Kernel, slices: &[&Slice]) -> Result<()> {
        each(r, kernel, self.track, self.hidden, &[self.hidden, self.modes, self.track.width, self.track.offset], slices)
    }

    /// Lanes u, y and, in the full layer, g.
    pub fn read(&self, r: &mut Recorder, modes: &Slice, u: &Slice) -> Result<()> {
        self.each(r, read(self.full), &[modes, self.own(SKIP).0, u, &self.track.tape])
    }

    /// Lanes v, o and h of the full layer; `halves` is W g + b: 2·H × T·B.
    pub fn glu(&self, r: &mut Recorder, halves: &Slice) -> Result<()> {
        self.each(r, glu(), &[halves, &self.track.tape])
    }

    /// Gradients of these lanes and of `halves`.
    pub fn glu_back(&self, r: &mut Recorder, d_halves: &Slice) -> Result<()> {
        self.each(r, glu_back(), &[&self.track.tape, &self.track.d_output, &self.track.d_tape, d_halves])
    }

    /// The gradient of y: from that of its GELU, or from above.
    pub fn y_back(&self, r: &mut Recorder) -> Result<()> {
        match self.full {
            true => self.each(r, gelu_back(), &[&self.track.tape, &self.track.d_tape]),
            false => self.each(r, output(), &[&self.track.d_output, &self.track.d_tape]),
        }
    }

    /// The gradient of u, into its lane and `d_u`: added, where that is the layer's input.
    pub fn input_back(&self, r: &mut Recorder, modes: &Slice, d_u: &Slice) -> Result<()> {
        self.each(r, input_back(self.full, !self.encoder), &[modes, self.own(SKIP).0, &self.track.d_tape, d_u])
    }
}
