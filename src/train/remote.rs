//! An engine on another device: updates are handed over, and what they found comes back later, for many at once.

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;

use super::engine::{Chunk, Order, Outcome};
use crate::cell::Precision;
use crate::error::Result;
use crate::net::{Gradients, Initial, Trace};
use crate::task::Batch;

/// What arrives later, on this thread.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// All that an update depends on beside its examples: what is kept in case the device is lost, and what a checkpoint holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State<T> {
    /// In the order of `Net::parameters`.
    pub parameters: Vec<Vec<T>>,
    /// What the optimiser remembers, by tensor, then as `optimizer::Spec::moments`.
    pub moments: Vec<Vec<Vec<T>>>,
    /// The state that the last chunk left; empty for zero.
    pub carried: Vec<Initial<T>>,
    /// Chunks run so far: what dropout masks depend on.
    pub runs: u64,
}

/// The last chunk of the last update from inside, as the CPU engine would have left it.
pub struct Seen<T: Precision> {
    pub trace: Trace<T>,
    pub gradients: Option<Gradients<T>>,
    /// Of the whole update, clipped if they were, in the order of the parameters.
    pub sums: Vec<Vec<T>>,
}

/// How it works.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Device {
    /// As far as it says one.
    pub name: String,
    /// Vulkan, WebGPU.
    pub backend: String,
    /// A program that imitates a graphics processor.
    pub software: bool,
    /// Bytes of memory in use there.
    pub bytes: u64,
    /// Dispatches that the last update took.
    pub dispatches: usize,
}

/// Does what `Engine` does, elsewhere. Every error is the end of it: the trainer then goes on without, from the last `State`.
pub trait Remote<T: Precision> {
    /// Hands an update over. Its examples are copied.
    fn update(&mut self, chunks: &[Chunk], order: &Order) -> Result<()>;
    /// Waits until every update handed over is done: what each found since the last call, in order.
    fn outcomes(&mut self) -> Later<'_, Vec<Outcome>>;
    /// After the last update handed over.
    fn state(&mut self) -> Later<'_, State<T>>;
    fn set_state(&mut self, state: &State<T>) -> Result<()>;
    /// `unsupported` before the first update.
    fn seen(&mut self) -> Later<'_, Seen<T>>;
    /// The network's predictions, from a zero state, nothing dropped: as `Trace::prediction`.
    fn predict<'a>(&'a mut self, batch: &'a Batch) -> Later<'a, Vec<T>>;
    fn device(&self) -> Device;
}
