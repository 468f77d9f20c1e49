"""Numbers that Python and Rust draw alike, and how reference tensors are stored.

SplitMix64 over 64 bits; `u() = (next >> 11) * 2^-53`; `value = (2*u() - 1) * scale`, rounded to f32 once, so that f32 and
f64 runs see the same numbers.

A stored tensor is a record of f64 values
    [count, largest |value|, f32_dev, number of NaN, projection, sample...]
where `f32_dev` is the largest |torch in f32 - torch in f64|, `projection` the sum of all values with signs drawn at
random, and the sample the values at `sample_indices`. NaN and infinities take part in the sample only. All values are
f64 results.
"""

import numpy as np

GAMMA = np.uint64(0x9E3779B97F4A7C15)
SIGN_SEED = 0x5163  # state of the generator of a projection's signs: SIGN_SEED + count
SAMPLE_SEED = 0x5A3B  # state of the generator of sampled indices: SAMPLE_SEED + count
RECORD_HEAD = 5


class SplitMix64:
    """The generator of shared task data; draws are counter-based, so a block of them is one vector operation."""

    def __init__(self, state):
        self.state = np.uint64(state & 0xFFFFFFFFFFFFFFFF)

    def next(self, count):
        with np.errstate(over="ignore"):
            steps = np.arange(1, count + 1, dtype=np.uint64)
            z = self.state + steps * GAMMA
            self.state = self.state + np.uint64(count) * GAMMA
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            return z ^ (z >> np.uint64(31))

    def u(self, count):
        return (self.next(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def values(self, shape, scale):
        """`count` draws in row-major order, rounded to f32, as an f64 array."""
        drawn = (2.0 * self.u(int(np.prod(shape))) - 1.0) * scale
        return drawn.astype(np.float32).astype(np.float64).reshape(shape)

    def integers(self, shape, n):
        return np.floor(self.u(int(np.prod(shape))) * n).astype(np.int64).reshape(shape)

    def dropout_mask(self, shape, p):
        """0 with probability p, else 1/(1-p), rounded to f32."""
        kept = self.u(int(np.prod(shape))) >= p
        return (kept * np.float64(np.float32(1.0 / (1.0 - p)))).reshape(shape)


def sample_indices(count, all_below, wanted):
    """First, last and drawn indices; every index while there are at most `all_below`."""
    if count <= all_below:
        return np.arange(count)
    drawn = SplitMix64(SAMPLE_SEED + count).integers((wanted - 2,), count)
    return np.concatenate([[0], drawn, [count - 1]])


def signs(count):
    top = SplitMix64(SIGN_SEED + count).next(count) >> np.uint64(63)
    return 1.0 - 2.0 * top.astype(np.float64)


def record(reference, single, all_below, wanted):
    """The record of one tensor from its f64 values and torch's own f32 values."""
    reference = np.asarray(reference, dtype=np.float64).reshape(-1)
    single = np.asarray(single, dtype=np.float64).reshape(-1)
    assert reference.shape == single.shape
    with np.errstate(invalid="ignore"):
        apart = np.abs(reference - single)
    apart = apart[np.isfinite(apart)]
    finite = reference[np.isfinite(reference)]
    largest = np.abs(finite).max() if finite.size else 0.0
    deviation = apart.max() if apart.size else 0.0
    # Two digits are all that a tolerance needs, and do not change with the CPU's instruction set.
    deviation = float(f"{deviation:.1e}")
    projection = float(np.sum(signs(reference.size) * np.where(np.isfinite(reference), reference, 0.0)))
    head = [reference.size, largest, deviation, float(np.isnan(reference).sum()), projection]
    return np.concatenate([head, reference[sample_indices(reference.size, all_below, wanted)]])
