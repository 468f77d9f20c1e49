//! SplitMix64: the one source of random numbers, the same natively, in every browser and in `train.py`'s data.
//!
//! G. Steele, D. Lea, C. Flood: Fast splittable pseudorandom number generators. OOPSLA 2014.

/// The increment of the state: 2^64 divided by the golden ratio.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
/// The distance of the starting states of neighbouring samples.
const SAMPLE_STRIDE: u64 = 0xD1B5_4A32_D192_ED03;

/// A SplitMix64 generator. It is passed on as an argument; nothing here reads a clock or keeps a global.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// A generator started with state `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The generator of sample `i` of a seed, so that any sample can be made without those before it.
    ///
    /// Training, validation and test take three different seeds (s, s + 1, s + 2), never parts of one stream.
    pub fn sample(seed: u64, i: u64) -> Self {
        let base = Self::new(seed).bits();
        Self::new(base.wrapping_add(i.wrapping_mul(SAMPLE_STRIDE)))
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        let z = self.state;
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1), with 53 random bits.
    pub fn u(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Standard normal (Box and Muller 1958); two uniform numbers each.
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.u(), self.u());
        libm::sqrt(-2.0 * libm::log(u)) * libm::cos(std::f64::consts::TAU * v)
    }

    /// Uniform among 0, 1, …, n − 1; 0 when `n` is 0.
    pub fn int(&mut self, n: usize) -> usize {
        (self.u() * n as f64) as usize
    }

    /// `m` different numbers of 0, 1, …, n − 1 in random order (the first `m` steps of a Fisher–Yates shuffle).
    /// At most `n` are given.
    pub fn choose(&mut self, n: usize, m: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..n).collect();
        let m = m.min(n);
        for k in 0..m {
            let j = k + self.int(n - k);
            all.swap(k, j);
        }
        all.truncate(m);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected numbers come from two independent implementations, in Python and in JavaScript.

    #[test]
    fn first_bits_of_seed_1() {
        let mut rng = Rng::new(1);
        let expected = [0x910a_2dec_8902_5cc1, 0xbeeb_8da1_658e_ec67, 0xf893_a2ee_fb32_555e];
        assert_eq!([rng.bits(), rng.bits(), rng.bits()], expected);
    }

    #[test]
    fn state_of_a_sample() {
        assert_eq!(Rng::sample(1, 2).state, 0x3474_c252_2c28_36c7);
    }

    #[test]
    fn first_values_of_sample_0() {
        let mut rng = Rng::sample(1, 0);
        let expected = [0.36818951565166946, 0.9435642308648544, 0.04525699773739167];
        assert_eq!([rng.u(), rng.u(), rng.u()], expected);
    }

    #[test]
    fn copy_memory_digits_of_sample_1() {
        let mut rng = Rng::sample(1, 1);
        let digits: Vec<usize> = (0..10).map(|_| 1 + rng.int(8)).collect();
        assert_eq!(digits, [4, 7, 7, 7, 4, 6, 1, 4, 3, 4]);
    }

    #[test]
    fn selective_copying_positions_of_sample_0() {
        let mut rng = Rng::sample(1, 0);
        let data: Vec<usize> = (0..4).map(|_| 1 + rng.int(14)).collect();
        let mut positions = rng.choose(16, 4);
        positions.sort_unstable();
        assert_eq!((data, positions), (vec![6, 14, 1, 11], vec![3, 6, 10, 12]));
    }

    #[test]
    fn choose_gives_different_numbers_and_no_more_than_there_are() {
        let mut rng = Rng::new(5);
        let mut all = rng.choose(6, 9);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5]);
        assert!(rng.choose(0, 3).is_empty());
    }

    #[test]
    fn int_stays_below_n() {
        let mut rng = Rng::new(9);
        assert!((0..10_000).all(|_| rng.int(3) < 3));
        assert_eq!(rng.int(0), 0);
    }
}
