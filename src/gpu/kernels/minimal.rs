//! minGRU and minLSTM along time, forth and back: what `cell::minimal` does with what the matrix gave.

use super::scan::{Scan, scan};
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::Track;
use crate::gpu::kernel::{Kernel, Word};
use crate::gpu::plan::Recorder;

/// One of the two cells.
#[derive(Clone, Copy)]
pub struct Minimal {
    pub name: &'static str,
    pub lanes: usize,
    /// Rows of the matrix for each unit.
    pub blocks: usize,
    forward: &'static str,
    back: &'static str,
}

pub const MINGRU: Minimal =
    Minimal { name: "mingru", lanes: 3, blocks: 2, forward: include_str!("mingru.wgsl"), back: include_str!("mingru_back.wgsl") };
pub const MINLSTM: Minimal =
    Minimal { name: "minlstm", lanes: 6, blocks: 3, forward: include_str!("minlstm.wgsl"), back: include_str!("minlstm_back.wgsl") };

impl Minimal {
    fn kernel(&self, back: bool, reverse: bool, log: bool, steps: usize) -> Kernel {
        let text = if back { self.back } else { self.forward };
        let common = if back { include_str!("minimal_back.wgsl") } else { include_str!("minimal_forward.wgsl") };
        let kernel = Scan { text, complex: false, against: reverse != back }.kernel(steps).math();
        let kernel = kernel.part(include_str!("minimal.wgsl")).part(common);
        kernel.with("LANES", self.lanes).with("BLOCKS", self.blocks).with("LOG", log)
    }

    fn record(&self, track: &Track, r: &mut Recorder, back: bool, slices: &[&Slice]) -> Result<()> {
        let (steps, batch, h) = (track.steps, track.batch, track.dims.hidden);
        let log = track.options.get("form").is_none_or(|form| form == "log");
        let params = [steps, batch, h, track.width, track.offset].map(Word::from);
        scan(r, self.kernel(back, track.reverse, log, steps), steps, (h, batch), &params, slices)
    }

    /// Every lane of the tape. `projected` is W x: blocks·H × T·B.
    pub fn forward(&self, track: &Track, r: &mut Recorder, projected: &Slice) -> Result<()> {
        self.record(track, r, false, &[&track.lengths, &track.initial, projected, &track.tape])
    }

    /// Every lane of the gradient tape, and ∂L/∂ of `projected`.
    pub fn back(&self, track: &Track, r: &mut Recorder, d_projected: &Slice) -> Result<()> {
        self.record(track, r, true, &[&track.lengths, &track.initial, &track.tape, &track.d_output, &track.d_tape, d_projected])
    }
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![
        ("minGRU", MINGRU.kernel(false, false, true, 50)),
        ("minGRU, back", MINGRU.kernel(true, false, false, 50)),
        ("minLSTM", MINLSTM.kernel(false, true, false, 50)),
        ("minLSTM, back", MINLSTM.kernel(true, true, true, 50)),
    ]
}
