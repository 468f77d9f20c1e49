//! Unrolled: look inside a recurrent network while it reads, remembers, forgets and learns.
//!
//! Reading order: `error`, `math`, `cell`, `tape`, `net`, then what reads tapes. See ARCHITECTURE.md.

pub mod cell;
pub mod error;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod io;
pub mod math;
pub mod net;
pub mod plot;
pub mod probe;
pub mod tape;
pub mod task;
pub mod train;
#[cfg(target_arch = "wasm32")]
pub mod web;
