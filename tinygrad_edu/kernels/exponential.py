"""The exponential function to whichever base is the quickest here.

NumPy has vector instructions of some processors for powers of 2 that take half the time of its powers of e; elsewhere
it has none, and powers of 2 take several times as long. A kernel that multiplies by a number before it takes a power
multiplies by `UNIT` as well, which costs nothing.
"""

import math

import numpy
from numpy.lib.introspect import opt_func_info

__all__ = ["UNIT", "power"]

targets = opt_func_info("^exp2$", "^float32$").get("exp2", {}).values()
by_vectors = bool(targets) and not any(target["current"].startswith("baseline") for target in targets)

# e^x is power(UNIT * x)
power, UNIT = (numpy.exp2, math.log2(math.e)) if by_vectors else (numpy.exp, 1.0)
