"""The random numbers of a batch: they follow from the epoch's seed and the batch's number, wherever it is made."""

import contextlib
import random
from collections.abc import Iterator

import numpy

from ..functions.random import Generator, drawing_from

__all__ = ["Streams", "batch_seed"]

GOLDEN = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio, the step of SplitMix, Steele et al. 2014


def batch_seed(seed: int, number: int) -> int:
    """The seed of a batch, from that of the epoch and the batch's number in it."""
    return (seed + (number + 1) * GOLDEN) % 2**63


class Streams:
    """Streams that stand in for the default generator, Python's `random` and NumPy's global numbers."""

    def __init__(self) -> None:
        self.bits = numpy.random.MT19937(0)
        self.numpy = numpy.random.RandomState(self.bits)

    @contextlib.contextmanager
    def seeded(self, seed: int) -> Iterator[None]:
        """Within a `with` block all random numbers are those of this seed; then they go on where they were."""
        state = random.getstate()
        bits = numpy.random.mtrand.get_bit_generator()
        random.seed(seed)
        self.numpy.seed(seed % 2**32)
        # Ten times as quick as to take and set NumPy's state; of a pair of normal numbers the second one is forgotten.
        numpy.random.mtrand.set_bit_generator(self.bits)
        try:
            with drawing_from(Generator().manual_seed(seed)):
                yield
        finally:
            numpy.random.mtrand.set_bit_generator(bits)
            random.setstate(state)
