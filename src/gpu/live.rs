//! What changes from update to update: numbers that the host writes before each chunk, so that no dispatch is recorded anew.

use super::kernel::Kernel;

/// Gaps between layers that can have a dropout mask: a network has at most 16 layers.
pub const MOST_GAPS: usize = 15;
/// Numbers that an optimiser may ask for (`kernels::optimizer::live`).
pub const OPTIMIZER: usize = 8;

/// Written as `words` into a storage buffer of `Live::WORDS` u32.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Live {
    /// The chunk begins with a zero state, not with what the chunk before left.
    pub fresh: bool,
    /// One over the number of values that the update's loss is a mean of.
    pub share: f32,
    /// Of the dropout mask of each gap between layers.
    pub keys: [u32; MOST_GAPS],
    pub optimizer: [f32; OPTIMIZER],
    /// Where in the ring of results this update's go.
    pub slot: u32,
}

const FRESH: usize = 0;
const SHARE: usize = 1;
const KEYS: usize = 2;
const RULE: usize = KEYS + MOST_GAPS;
const SLOT: usize = RULE + OPTIMIZER;

impl Live {
    pub const WORDS: usize = SLOT + 1;

    pub fn words(&self) -> Vec<u32> {
        let mut words = vec![0; Self::WORDS];
        words[FRESH] = u32::from(self.fresh);
        words[SHARE] = self.share.to_bits();
        words[KEYS..RULE].copy_from_slice(&self.keys);
        words[RULE..SLOT].copy_from_slice(&self.optimizer.map(f32::to_bits));
        words[SLOT] = self.slot;
        words
    }
}

/// A kernel that reads them: it declares `live: array<u32>` and finds each under its name.
pub(super) fn reads_live(kernel: Kernel) -> Kernel {
    let places = [("LIVE_FRESH", FRESH), ("LIVE_SHARE", SHARE), ("LIVE_KEYS", KEYS), ("LIVE_OPTIMIZER", RULE), ("LIVE_SLOT", SLOT)];
    places.into_iter().fold(kernel, |kernel, (name, place)| kernel.with(name, place))
}
