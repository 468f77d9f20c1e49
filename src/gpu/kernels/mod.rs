//! The kernels: each a WGSL text and the function that records its dispatches. tests/gpu holds each to its CPU twin.

pub mod columns;
mod each;
pub mod elementary;
pub mod embed;
pub mod gru_before;
pub mod loss;
pub mod mamba;
pub mod minimal;
pub mod mlstm;
pub mod mlstm_layer;
pub mod modern;
pub mod moments;
pub mod norm;
pub mod optimizer;
pub mod output;
pub mod pairs;
pub mod peak;
pub mod product;
pub mod recurrence;
pub mod results;
pub mod s4d;
pub mod scan;
pub mod state;

use super::Kernel;
use super::kernel::groups;

/// Every kernel with its name, with constants as a run might have them: what is validated without a GPU. One line per file.
pub fn all() -> Vec<(&'static str, Kernel)> {
    [
        product::kernels(),
        peak::kernels(),
        columns::kernels(),
        embed::kernels(),
        output::kernels(),
        loss::kernels(),
        results::kernels(),
        norm::kernels(),
        optimizer::kernels(),
        state::kernels(),
        recurrence::kernels(),
        scan::kernels(),
        minimal::kernels(),
        moments::kernels(),
        gru_before::kernels(),
        elementary::kernels(),
        mlstm::kernels(),
        s4d::kernels(),
        mamba::kernels(),
        mlstm_layer::kernels(),
        pairs::kernels(),
        modern::kernels(),
    ]
    .concat()
}

/// Workgroups of 256 for so many numbers, each invocation taking every so manieth: more would not be faster.
fn spread(count: usize) -> [u32; 3] {
    [groups(count, 256).min(8192), 1, 1]
}
