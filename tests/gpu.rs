//! The kernels against their CPU twins: natively on Vulkan (a software adapter will do) and in Chromium on its own, and their texts
//! through naga without any GPU.

#[path = "gpu/columns.rs"]
mod columns;
#[path = "gpu/elementary.rs"]
mod elementary;
#[path = "gpu/embed.rs"]
mod embed;
#[path = "gpu/harness.rs"]
mod harness;
#[path = "gpu/loss.rs"]
mod loss;
#[path = "gpu/mlstm.rs"]
mod mlstm;
#[path = "gpu/modern.rs"]
mod modern;
#[path = "gpu/norm.rs"]
mod norm;
#[path = "gpu/optimizer.rs"]
mod optimizer;
#[path = "gpu/output.rs"]
mod output;
#[path = "gpu/pairs.rs"]
mod pairs;
#[path = "gpu/product.rs"]
mod product;
#[path = "gpu/ran.rs"]
mod ran;
#[path = "gpu/recurrence.rs"]
mod recurrence;
#[path = "gpu/scans.rs"]
mod scans;
#[path = "gpu/state.rs"]
mod state;
#[path = "gpu/steps.rs"]
mod steps;
#[cfg(not(target_arch = "wasm32"))]
#[path = "gpu/texts.rs"]
mod texts;
#[path = "gpu/track.rs"]
mod track;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test_configure;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test_configure!(run_in_browser);
