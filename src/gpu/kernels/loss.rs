//! The loss of a batch and the gradient with which the way back starts: as `train::batch_loss`.

use crate::error::Result;
use crate::gpu::device::Slice;
use crate::gpu::kernel::{Kernel, groups};
use crate::gpu::live::reads_live;
use crate::gpu::plan::Recorder;
use crate::task::{Answers, Form};

fn mean_square() -> Kernel {
    reads_live(Kernel::new(include_str!("mean_square.wgsl")))
}

/// With workgroups of so many invocations for a column.
fn cross_entropy(size: usize) -> Kernel {
    reads_live(Kernel::new(include_str!("cross_entropy.wgsl"))).with("SIZE", size).math()
}

fn sum() -> Kernel {
    reads_live(Kernel::new(include_str!("loss_sum.wgsl")))
}

pub(super) fn kernels() -> Vec<(&'static str, Kernel)> {
    vec![("mean square", mean_square()), ("cross-entropy", cross_entropy(256)), ("sum of losses", sum())]
}

/// Most parts that the sum is made of.
const MOST_PARTS: u32 = 8192;

/// Records that the loss, the sum over the answers that count times the share in `live`, is added to `total`, and that `d` becomes
/// ∂L/∂y (0 where nothing is asked).
///
/// y: width × T·B, or width × B where `per_example`, which is compared with the answer of the example that counts. `targets`: width ×
/// T·B numbers, or T·B classes (u32, each below the number of classes). `counts`: T·B, u32, 0 or 1.
#[allow(clippy::too_many_arguments)]
pub fn loss(
    r: &mut Recorder,
    form: &Form,
    per_example: bool,
    (steps, batch): (usize, usize),
    y: &Slice,
    targets: &Slice,
    counts: &Slice,
    live: &Slice,
    d: &Slice,
    total: &Slice,
) -> Result<()> {
    let columns = if per_example { batch } else { steps * batch };
    let (kernel, width, parts) = match form.answers {
        Answers::Numbers { width } => (mean_square(), width, groups(columns * width, 256)),
        Answers::Classes { count } => (cross_entropy(if count > 64 { 256 } else { 32 }), count, columns as u32),
    };
    let parts = parts.min(MOST_PARTS);
    let found = r.scratch("loss", parts as usize)?;
    let mut params = [width, steps, batch].map(Into::into).to_vec();
    params.push(per_example.into());
    r.dispatch(kernel, &params, &[y, targets, counts, live, d, &found], [parts, 1, 1])?;
    r.dispatch(sum(), &[parts.into()], &[&found, live, total], [1, 1, 1])
}
