//! Sums over columns, as `math::kernel::sum_columns`: gradients of biases.

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

fn text(across: usize) -> Kernel {
    Kernel::new(include_str!("columns.wgsl")).with("ACROSS", across)
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![("sums over columns", text(64)), ("sum over one row", text(1))]
}

/// Records `to[i] += Σ_c d[i + c·rows]`: d is rows × columns. The order of the sums depends on the sizes alone.
pub fn sum_columns(r: &mut Recorder, d: &Slice, rows: usize, columns: usize, to: &Slice) -> Result<()> {
    let across = rows.next_power_of_two().min(64);
    let wide = groups(rows, across);
    let most = ENOUGH.div_ceil(wide.max(1) as usize);
    let slices = (columns / (DEPTH * (SIZE / across))).clamp(1, most);
    let parts = r.scratch("columns", slices * rows)?;
    let sizes = [rows, columns, columns.div_ceil(slices)].map(Into::into);
    r.dispatch(text(across), &sizes, &[d, &parts], [wide, slices as u32, 1])?;
    super::product::sum(r, &parts, (rows, 1), slices, super::product::Matrix::columns(to, rows), true)
}
