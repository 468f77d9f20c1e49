//! The cells on the device, one file per kind.

pub mod gated;
//! The cells' ways of running on the device, one file each.
pub mod minimal;
