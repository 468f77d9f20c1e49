//! The cells' ways of running on the device, one file per kind.

pub mod gated;
pub mod gru_before;
pub mod mamba;
pub mod minimal;
pub mod mlstm;
pub mod mlstm_layer;
pub mod s4d;
