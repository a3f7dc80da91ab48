"""An array repeated without copying."""

from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["expanded"]

Array = NDArray[Any]


def expanded(x: Array, shape: tuple[int, ...]) -> Array:
    """x repeated along new dimensions and those of size 1, as a view that cannot be written to.

    `numpy.broadcast_to` gives the same, and takes longer than a small sum of which this is the adjoint.
    """
    extra = len(shape) - x.ndim
    if extra < 0 or not x.flags.c_contiguous:
        return numpy.broadcast_to(x, shape)
    strides = [0] * extra
    for d, n in enumerate(x.shape, extra):
        if n == 1:
            strides.append(0)
        elif n == shape[d]:
            strides.append(x.strides[d - extra])
        else:
            return numpy.broadcast_to(x, shape)  # which raises
    out: Array = numpy.ndarray(shape, x.dtype, x, 0, strides)
    out.setflags(write=False)
    return out
