"""The exponential function to whichever base is the quickest here.

NumPy has vector instructions of some processors for powers of 2 that take half the time of its powers of e; elsewhere
it has none, and powers of 2 take several times as long. A kernel that multiplies by a number before it takes a power
multiplies by `UNIT` as well, which costs nothing.
"""

import math
from typing import Any

import numpy
from numpy.lib.introspect import opt_func_info
from numpy.typing import NDArray

__all__ = ["UNIT", "power"]

Array = NDArray[Any]

LOWEST = -126  # below it powers of 2 are denormal in float32, and each takes as long as a hundred others
FEW = 256  # numbers, for which looking takes longer than that
least = numpy.minimum.reduce


def power_of_2(x: Array, out: Array | None = None) -> Array:
    """2^x, written to `out`, which may be x."""
    if x.size > FEW and not least(x, axis=None) >= LOWEST:
        x = numpy.multiply(x, math.log(2), out)
        return numpy.exp(x, x)
    return numpy.exp2(x, out)


targets = opt_func_info("^exp2$", "^float32$").get("exp2", {}).values()
by_vectors = bool(targets) and not any(target["current"].startswith("baseline") for target in targets)

# e^x is power(UNIT * x)
power, UNIT = (power_of_2, math.log2(math.e)) if by_vectors else (numpy.exp, 1.0)
