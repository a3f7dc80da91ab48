"""Where all chance stands: the generators of this package, of Python and of NumPy."""

import random
from collections.abc import Mapping
from typing import Any

import numpy

from ..functions.creation import tensor
from ..functions.random import get_rng_state, manual_seed, set_rng_state

__all__ = ["random_state", "seed_everything", "set_random_state"]


def seed_everything(seed: int) -> None:
    """Start the default generator, Python's `random` and NumPy's old global generator anew at this seed."""
    manual_seed(seed)
    random.seed(seed)
    numpy.random.seed(seed % 2**32)


def random_state() -> dict[str, Any]:
    """Where these generators stand, in plain values that a checkpoint can hold."""
    version, numbers, gauss = random.getstate()
    old = numpy.random.get_state(legacy=False)
    keys = old["state"]["key"].astype(numpy.int64)
    return {
        "default": get_rng_state(),
        "python": [version, tensor(numbers), gauss],
        "numpy": {**old, "state": {"key": tensor(keys), "pos": int(old["state"]["pos"])}},
    }


def set_random_state(state: Mapping[str, Any]) -> None:
    """Set these generators to where they stood."""
    version, numbers, gauss = state["python"]
    old = state["numpy"]
    set_rng_state(state["default"])
    random.setstate((version, tuple(numbers.tolist()), gauss))
    keys = numpy.array(old["state"]["key"].tolist(), numpy.uint32)
    numpy.random.set_state({**old, "state": {"key": keys, "pos": old["state"]["pos"]}})
