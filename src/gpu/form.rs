//! What a cell is on the device: the dispatches of one layer and direction, forth and back.

use std::sync::Arc;

use super::device::Slice;
use super::forms::{gated, gru_before, mamba, mlstm, mlstm_layer, s4d};
use super::kernels::minimal;
use super::plan::Recorder;
use crate::cell::{Cell, Dims, Layout, Options};
use crate::error::Result;

/// One layer and direction of a network over one shape of batch. Sequences have one column per (step, example), the example
/// fastest: column t·B + b.
pub struct Track {
    pub cell: &'static dyn Cell<f32>,
    pub options: Options,
    pub dims: Dims,
    /// Rows of a tape column by lane.
    pub layout: Arc<Layout>,
    /// Goes from each example's last step to its first.
    pub reverse: bool,
    pub steps: usize,
    pub batch: usize,
    /// In the order of `Cell::shapes`, row-major.
    pub parameters: Vec<Slice>,
    /// ∂L/∂ of them: `Form::backward` adds to what is there.
    pub gradients: Vec<Slice>,
    /// Steps of each example: B numbers, u32, each 1 to `steps`.
    pub lengths: Slice,
    /// input × T·B. Zero past an example's end.
    pub input: Slice,
    /// ∂L/∂input, as `input`: `Form::backward` adds to what is there.
    pub d_input: Slice,
    /// The state before the first moment: tape rows × B, carried lanes filled, the rest zero.
    pub initial: Slice,
    /// Tape rows × T·B: `Form::forward` fills every lane; zero past an example's end.
    pub tape: Slice,
    /// ∂L/∂ of every lane, as the CPU's gradient tape: `Form::backward` fills it; zero past an example's end.
    pub d_tape: Slice,
    /// ∂L/∂ of the layer's output, all directions': `width` × T·B. Zero past an example's end. This direction's rows begin at
    /// `offset`. Gradients of final states enter nowhere else.
    pub d_output: Slice,
    pub width: usize,
    pub offset: usize,
}

impl Track {
    pub fn columns(&self) -> usize {
        self.steps * self.batch
    }
}

/// A cell's way of running on the device. Numbers are those of the CPU engine's `Cell`, to the tolerance that tests/gpu states.
pub trait Form: Send + Sync {
    /// The cell's name, as its `Family`'s.
    fn cell(&self) -> &'static str;
    /// Are these options and sizes among those that it runs?
    fn fits(&self, options: &Options, dims: Dims) -> bool;
    fn forward(&self, track: &Track, r: &mut Recorder) -> Result<()>;
    /// The exact reverse of `forward`, from what stands on the tape.
    fn backward(&self, track: &Track, r: &mut Recorder) -> Result<()>;
}

/// The forms: one line per cell.
pub fn all() -> &'static [&'static dyn Form] {
    &[
        &gated::RNN,
        &gated::LSTM,
        &gated::GRU,
        &gru_before::GRU_BEFORE,
        &minimal::MINGRU,
        &minimal::MINLSTM,
        &s4d::S4dForm,
        &mamba::MambaForm,
        &mlstm::MLSTM,
        &mlstm_layer::MLSTM_LAYER,
    ]
}

/// The form of a cell with these options, where it has one.
pub fn find(cell: &str, options: &Options, dims: Dims) -> Option<&'static dyn Form> {
    all().iter().find(|form| form.cell() == cell && form.fits(options, dims)).copied()
}
