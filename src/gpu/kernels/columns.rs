//! Sums over columns, as `math::kernel::sum_columns`: gradients of biases.

use super::product::{Matrix, sum};
use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::{Kernel, groups};
use crate::gpu::plan::Recorder;

/// Invocations of a workgroup.
const SIZE: usize = 256;
/// Columns that an invocation adds up before another slice is worth its dispatch.
const DEPTH: usize = 16;
/// Workgroups that keep a GPU busy.
const ENOUGH: usize = 48;

fn text(across: usize, add: bool) -> Kernel {
    Kernel::new(include_str!("columns.wgsl")).with("ACROSS", across).with("ADD", add)
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![("sums over columns", text(64, false)), ("sum over one row", text(1, true))]
}

/// Records `to[i] += Σ_c d[i + c·rows]`: d is rows × columns. The order of the sums depends on the sizes alone.
pub fn sum_columns(r: &mut Recorder, d: &Slice, rows: usize, columns: usize, to: &Slice) -> Result<()> {
    let across = rows.next_power_of_two().min(64);
    let wide = groups(rows, across);
    let most = ENOUGH.div_ceil(wide.max(1) as usize);
    let slices = (columns / (DEPTH * (SIZE / across))).clamp(1, most);
    let sizes = [rows, columns, columns.div_ceil(slices)].map(Into::into);
    if slices == 1 {
        return r.dispatch(text(across, true), &sizes, &[d, to], [wide, 1, 1]);
    }
    let parts = r.scratch("columns", slices * rows)?;
    r.dispatch(text(across, false), &sizes, &[d, &parts], [wide, slices as u32, 1])?;
    sum(r, &parts, (rows, 1), slices, Matrix::columns(to, rows), true)
}
