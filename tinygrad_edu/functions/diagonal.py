"""Diagonals and triangles of matrices. `offset` counts from the main diagonal, upwards if positive."""

from collections.abc import Callable
from typing import Any

import numpy

from ..dtypes import as_dtype, int64
from ..errors import PlaceError, ShapeError
from ..inplace import in_place
from ..ops import movement as ops
from ..ops.comparison import ge, le
from ..ops.elementwise import masked, sub
from ..recording import wrap
from ..tensor import Tensor, method
from .creation import finished
from .dims import as_dim

__all__ = ["diag", "diag_embed", "diagflat", "diagonal", "tril", "tril_indices", "triu", "triu_indices"]


def plane(dim1: int, dim2: int, ndim: int) -> tuple[int, int]:
    """Two different dimensions counted from the left.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: they are one.
    """
    dims = as_dim(dim1, ndim), as_dim(dim2, ndim)
    if dims[0] == dims[1]:
        raise RuntimeError(f"a diagonal is of two different dimensions, got {dim1} and {dim2}")
    return dims


@method
def fill_diagonal_(self: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Fill the main diagonal, of which all indices are equal; with `wrap` it goes on in a tall matrix, a row apart.

    Raises:
        RuntimeError: there are fewer than two dimensions, or more of different sizes.
    """
    if self.ndim < 2 or (self.ndim > 2 and len(set(self.shape)) > 1):
        raise ShapeError(f"fill_diagonal_ needs a matrix, or more dimensions of one size, got {self.shape}")
    rows = self.shape[0] if wrap and self.ndim == 2 else min(self.shape)
    places = numpy.arange(rows)
    if self.ndim == 2 and wrap:
        width = self.shape[1]
        places = places[places % (width + 1) < width]
        self[places, places % (width + 1)] = fill_value
    else:
        self[(places,) * self.ndim] = fill_value
    return self


@method
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A diagonal of two dimensions as a new last one; `(n, m, *) -> (*, k)`; a view.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: they are one.
    """
    a, b = plane(dim1, dim2, input.ndim)
    return ops.diagonal(input, offset=offset, dim1=a, dim2=b)


@method
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Zeros with the last dimension on a diagonal of two new ones; `(*, n) -> (*, n, n)`; the adjoint of diagonal."""
    if not input.ndim:
        raise PlaceError("diag_embed needs a Tensor with at least one dimension")
    a, b = plane(dim1, dim2, input.ndim + 1)
    side = input.shape[-1] + abs(offset)
    shape = list(input.shape[:-1])
    for d in sorted((a, b)):
        shape.insert(d, side)
    return ops.put_back(input, tuple(shape), ops.diagonal, offset=offset, dim1=a, dim2=b)


@method
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The matrix with a vector on its diagonal, or a copy of a matrix's diagonal; `(n) -> (n, n)`, `(n, m) -> (k)`.

    Raises:
        ShapeError: it is neither a vector nor a matrix.
    """
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim == 2:
        return ops.diagonal(input, offset=diagonal, dim1=0, dim2=1).clone()
    raise ShapeError(f"diag takes a vector or a matrix, got {input.shape}; use diagonal() or diag_embed()")


@method
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix with all elements on its diagonal; `(*) -> (numel, numel)`."""
    return diag_embed(input.reshape(-1), offset)


def triangle(input: Tensor, keep: Callable[..., Any], offset: int) -> Tensor:
    """The elements in a triangle of the last two dimensions, and 0 elsewhere.

    Raises:
        ShapeError: there are fewer than two dimensions.
    """
    if input.ndim < 2:
        raise ShapeError(f"{keep.__name__} needs at least 2 dimensions, got {input.shape}")
    rows, columns = (numpy.arange(n) for n in input.shape[-2:])
    inside = le if keep is numpy.tril else ge
    above = sub(columns, ops.reshape(rows, shape=(len(rows), 1)))  # by operations, as exporters see
    return masked(input, wrap(inside(above, offset)))


@method
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and below a diagonal of the last two dimensions, and 0 elsewhere; `(*, n, m) -> (*, n, m)`."""
    return triangle(input, numpy.tril, diagonal)


@method
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and above a diagonal of the last two dimensions, and 0 elsewhere; `(*, n, m) -> (*, n, m)`."""
    return triangle(input, numpy.triu, diagonal)


def triangle_indices(keep: Callable[..., Any], row: int, col: int, offset: int, dtype: Any, device: Any) -> Tensor:
    """The rows and columns of a triangle's elements, row by row.

    Raises:
        RuntimeError: a size is negative.
    """
    if row < 0 or col < 0:
        raise RuntimeError(f"sizes are 0 or more, got {row} and {col}")
    found = numpy.nonzero(keep(numpy.ones((row, col), bool), offset))
    return finished(numpy.stack(found).astype(int64 if dtype is None else as_dtype(dtype)), False, device)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Tensor:
    """The indices of the elements on and below a diagonal of a matrix, row by row; `(2, k)`."""
    return triangle_indices(numpy.tril, row, col, offset, dtype, device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Tensor:
    """The indices of the elements on and above a diagonal of a matrix, row by row; `(2, k)`."""
    return triangle_indices(numpy.triu, row, col, offset, dtype, device)


for operation in (tril, triu):
    in_place(operation, f"{operation.__name__}_")
