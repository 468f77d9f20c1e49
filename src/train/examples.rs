//! Which examples come next: a seeded order that is a function of how many were drawn.

use crate::math::rng::Rng;

/// Shuffled epochs of a finite set, each in its own order, or an endless run of a generator's examples from a place of the
/// seed's own. A batch may reach over the end of an epoch, so that all batches have one size.
#[derive(Clone, Debug)]
pub struct Examples {
    seed: u64,
    /// `None` for a generator.
    count: Option<usize>,
    /// The epoch that `order` belongs to.
    epoch: Option<u64>,
    order: Vec<u32>,
}

impl Examples {
    pub fn new(seed: u64, count: Option<usize>) -> Self {
        Examples { seed, count: count.map(|n| n.max(1)), epoch: None, order: vec![] }
    }

    /// Fills `indices` with the `size` examples that follow the first `drawn`.
    pub fn draw(&mut self, drawn: u64, size: usize, indices: &mut Vec<u64>) {
        indices.clear();
        let Some(count) = self.count else {
            let start = Rng::new(self.seed).bits().wrapping_add(drawn);
            indices.extend((0..size as u64).map(|k| start.wrapping_add(k)));
            return;
        };
        for k in drawn..drawn + size as u64 {
            let epoch = k / count as u64;
            if self.epoch != Some(epoch) {
                self.shuffle(count, epoch);
            }
            indices.push(u64::from(self.order[(k % count as u64) as usize]));
        }
    }

    /// Fisher and Yates, in place.
    fn shuffle(&mut self, count: usize, epoch: u64) {
        self.order.clear();
        self.order.extend(0..count as u32);
        let mut rng = Rng::sample(self.seed, epoch);
        for k in 0..count {
            self.order.swap(k, k + rng.int(count - k));
        }
        self.epoch = Some(epoch);
    }
}
