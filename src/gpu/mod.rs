//! Training by compute shaders: one WGSL source for browsers (WebGPU) and native programs (Vulkan).
//!
//! `device` opens an adapter and counts what it allocates; `plan` records dispatches once for a shape of batch and replays them at
//! every update; `kernels` are what is dispatched. Everything is f32 and lies as on the CPU: tapes and sequences are column-major,
//! one column per (step, example), the example fastest; parameters are row-major as in PyTorch.

mod device;
mod engine;
pub mod form;
pub mod forms;
mod kernel;
pub mod kernels;
pub mod live;
mod oneshot;
mod plan;
mod seen;
mod shape;

pub use device::{ALIGN, About, Adapter, Buffer, Gpu, Slice};
pub use engine::{Engine, SLOTS};
pub use form::{Form, Track};
pub use kernel::{Kernel, Word, groups};
pub use live::Live;
pub use plan::{MOST_GROUPS, Plan, Recorder, Scratch};
