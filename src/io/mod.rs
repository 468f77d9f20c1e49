//! Strict readers and writers of foreign bytes: whatever they are given, they answer with an error or with what was meant,
//! in time and memory bounded by the number of bytes given.

pub mod csv;
pub mod safetensors;
