//! The bare mLSTM: products over all steps around its matrix memory, forth and back.

use crate::cell::{Dims, Options};
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::form::{Form, Track};
use crate::gpu::kernels::columns::sum_columns;
use crate::gpu::kernels::mlstm::{Memory, numbers};
use crate::gpu::kernels::product::{Matrix, product};
use crate::gpu::plan::{MOST_GROUPS, Recorder};

pub struct Mlstm;

pub const MLSTM: Mlstm = Mlstm;

/// Matrices of q, k and v: their tensors, as their lanes.
const READ: [usize; 3] = [0, 1, 2];
/// Weights of the input, forget and output gate; each bias comes after its weight.
const GATES: [usize; 3] = [3, 5, 7];
/// Names of what the gates are made of, in scratch memory.
const SUMS: [&str; 3] = ["sums of i", "sums of f", "sums of o"];

pub(super) fn heads(dims: Dims) -> usize {
    dims.sizes[0].max(1)
}

/// Is there a workgroup for every eight numbers of a memory of so many keys?
pub(super) fn fits_memory(heads: usize, keys: usize) -> bool {
    numbers(heads, keys / heads).div_ceil(8) <= MOST_GROUPS as usize
}

/// What the gates are made of, or ∂L/∂ of it: rows × T·B each.
fn sums(track: &Track, r: &mut Recorder) -> Result<[Slice; 3]> {
    let columns = track.columns();
    let [i, f, o] = [heads(track.dims), heads(track.dims), track.dims.hidden];
    Ok([r.scratch(SUMS[0], i * columns)?, r.scratch(SUMS[1], f * columns)?, r.scratch(SUMS[2], o * columns)?])
}

impl Form for Mlstm {
    fn cell(&self) -> &'static str {
        "mlstm"
    }

    fn fits(&self, options: &Options, dims: Dims) -> bool {
        fits_memory(heads(dims), dims.hidden) && options.get("layer").is_some_and(|layer| layer == "bare")
    }

    fn forward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let memory = Memory::of(track, 0, heads(track.dims));
        let (columns, input, h, rows) = (track.columns(), track.dims.input, track.dims.hidden, track.layout.rows());
        let x = Matrix::columns(&track.input, input);
        for tensor in READ {
            let to = Matrix::columns(&track.tape, rows).at(memory.start(tensor));
            product(r, (h, columns, input), Matrix::rows(&track.parameters[tensor], input), x.clone(), to, None, false)?;
        }
        let sums = sums(track, r)?;
        for (tensor, to) in GATES.into_iter().zip(&sums) {
            let (weight, bias, gates) = (&track.parameters[tensor], &track.parameters[tensor + 1], to.len() / columns);
            let to = Matrix::columns(to, gates);
            product(r, (gates, columns, input), Matrix::rows(weight, input), x.clone(), to, Some(bias), false)?;
        }
        memory.forward(r, [&sums[0], &sums[1]])?;
        memory.open(r, &sums[2])
    }

    fn backward(&self, track: &Track, r: &mut Recorder) -> Result<()> {
        let memory = Memory::of(track, 0, heads(track.dims));
        let (columns, input, h, rows) = (track.columns(), track.dims.input, track.dims.hidden, track.layout.rows());
        let sums = sums(track, r)?;
        memory.open_back(r, &sums[2])?;
        memory.backward(r, [&sums[0], &sums[1]])?;
        let read = READ.map(|tensor| (tensor, h, Matrix::columns(&track.d_tape, rows).at(memory.start(tensor))));
        let gates = GATES.into_iter().zip(&sums).map(|(tensor, d)| (tensor, d.len() / columns, Matrix::columns(d, d.len() / columns)));
        for (tensor, m, d) in read.into_iter().chain(gates) {
            let x = Matrix::columns(&track.input, input).transposed();
            product(r, (m, input, columns), d.clone(), x, Matrix::rows(&track.gradients[tensor], input), None, true)?;
            let weight = Matrix::rows(&track.parameters[tensor], input).transposed();
            product(r, (input, columns, m), weight, d, Matrix::columns(&track.d_input, input), None, true)?;
        }
        for (tensor, d) in GATES.into_iter().zip(&sums) {
            sum_columns(r, d, d.len() / columns, columns, &track.gradients[tensor + 1])?;
        }
        Ok(())
    }
}
