//! The cells on the device, one file per kind.

pub mod gated;
