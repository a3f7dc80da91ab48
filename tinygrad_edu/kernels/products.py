"""Products of matrices in parts, and of a column and a row."""

import functools
from typing import Any

import numpy
from numpy.typing import NDArray

from .quiet import quiet

__all__ = ["LARGE", "add_row", "few_columns", "halved", "halves", "outer"]

Array = NDArray[Any]

SMALL = 1_000_000  # multiplications of a product whose factors OpenBLAS does not copy
PARTS, FEW = 4, 32
LARGE = 1 << 15  # numbers from which on `add_row` is worth its call


def few_columns(matrix: Array, columns: Array) -> Array:
    """matrix @ columns; where that is a little too much for OpenBLAS to take it as it lies, in parts that are not."""
    rows, count = len(matrix), columns.shape[1]
    if count <= FEW and SMALL < matrix.size * count <= 2 * SMALL and rows % PARTS == 0 and matrix.flags.c_contiguous:
        return numpy.matmul(matrix.reshape(PARTS, -1, matrix.shape[1]), columns).reshape(rows, count)
    return matrix.dot(columns)


# x + y of a large matrix and a row, which a short buffer makes a quarter quicker
add_row = quiet(numpy.add)


def outer(column: Array, row_twice: Array, out: Array | None = None) -> Array:
    """A column times a row, of which come two halves, as a product over one number would take ten times as long.

    `(.., R, 1), (2, C) -> (.., R, C)`, quicker than broadcasting over short rows.
    """
    return numpy.matmul(numpy.concatenate((column, column), axis=-1), row_twice, out=out)


def halved(row: Array) -> Array:
    """Two rows of half of this one."""
    return halves(1, row.dtype.char) * row


@functools.lru_cache(32)
def halves(n: int, dtype: str) -> Array:
    """Two rows of so many halves."""
    return numpy.full((2, n), 0.5, dtype)
