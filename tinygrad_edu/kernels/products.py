"""A product of matrices in parts."""

from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["few_columns"]

Array = NDArray[Any]

SMALL = 1_000_000  # multiplications of a product whose factors OpenBLAS does not copy
PARTS, FEW = 4, 32


def few_columns(matrix: Array, columns: Array) -> Array:
    """matrix @ columns; where that is a little too much for OpenBLAS to take it as it lies, in parts that are not."""
    rows, count = len(matrix), columns.shape[1]
    if count <= FEW and SMALL < matrix.size * count <= 2 * SMALL and rows % PARTS == 0 and matrix.flags.c_contiguous:
        return numpy.matmul(matrix.reshape(PARTS, -1, matrix.shape[1]), columns).reshape(rows, count)
    return matrix.dot(columns)
