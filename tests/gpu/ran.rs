//! Runs what a test records.

use unrolled::error::Result;
use unrolled::gpu::{Gpu, Recorder, Scratch};

/// Records and runs it, once.
pub fn ran(gpu: &Gpu, record: impl FnOnce(&mut Recorder) -> Result<()>) {
    let mut scratch = Scratch::default();
    let mut r = Recorder::new(gpu, &mut scratch);
    record(&mut r).unwrap();
    gpu.submit(&[&r.finish().unwrap()]);
}
