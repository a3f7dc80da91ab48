"""Tensors put together: one after the other, side by side, in blocks and in grids."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy

from ..dtypes import result_type
from ..errors import ShapeError
from ..ops import movement as ops
from ..ops.indexing import getitem
from ..tensor import Tensor
from .dims import as_dim, check_room
from .movement import atleast_1d, atleast_2d, atleast_3d, unsqueeze
from .reduction import numpy_names

__all__ = [
    "block_diag",
    "cartesian_prod",
    "cat",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "meshgrid",
    "row_stack",
    "stack",
    "vstack",
]


def given(tensors: Any, name: str) -> list[Tensor]:
    """The Tensors to join, at least one.

    Raises:
        TypeError: it is no sequence of Tensors.
        ShapeError: there are none.
    """
    if isinstance(tensors, Tensor) or not all(isinstance(x, Tensor) for x in tensors):
        raise TypeError(f"{name} takes a sequence of Tensors, got {type(tensors).__name__} {tensors!r:.60}")
    if not len(tensors):
        raise ShapeError(f"{name} needs at least one Tensor")
    return list(tensors)


@numpy_names
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors one after the other along a dimension; `(.., n_i, ..) -> (.., sum n_i, ..)`.

    Raises:
        ShapeError: sizes differ in another dimension, or there are no Tensors.
        TypeError: something else is among them.
    """
    tensors = given(tensors, "cat")
    # a Tensor of shape (0,) may stand beside any other, as in PyTorch
    joined = [x for x in tensors if x.shape != (0,)] or tensors[:1]
    if len(joined) < len(tensors):  # its dtype counts all the same
        joined = [x.to(result_type([y._array for y in tensors])) for x in joined]
    first = joined[0].shape
    dim = as_dim(dim, len(first))
    for x in joined:
        if x.ndim != len(first) or any(a != b for d, (a, b) in enumerate(zip(first, x.shape, strict=True)) if d != dim):
            raise ShapeError(f"cat along {dim}: all other sizes must agree, got {[x.shape for x in joined]}")
    return ops.cat(*joined, dim=dim)


concat = concatenate = cat


@numpy_names
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new dimension; `n times (*) -> (.., n, ..)`.

    Raises:
        ShapeError: the shapes differ, or there are no Tensors.
        TypeError: something else is among them.
    """
    tensors = given(tensors, "stack")
    if len({x.shape for x in tensors}) > 1:
        raise ShapeError(f"stack needs Tensors of one shape, got {[x.shape for x in tensors]}")
    dim = as_dim(dim, tensors[0].ndim + 1)
    return ops.cat(*[unsqueeze(x, dim) for x in tensors], dim=dim)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one after the other from left to right: along dimension 1, and 0 for vectors and numbers."""
    rows = [atleast_1d(x) for x in given(tensors, "hstack")]
    return cat(rows, 0 if rows[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one below the other: along dimension 0; vectors and numbers are rows, `n times (m) -> (n, m)`."""
    return cat([atleast_2d(x) for x in given(tensors, "vstack")], 0)


row_stack = vstack


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one behind the other: along dimension 2; `n times (a, b) -> (a, b, n)`."""
    return cat([atleast_3d(x) for x in given(tensors, "dstack")], 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Vectors and numbers as columns, and matrices, from left to right; `n times (m) -> (m, n)`."""
    return cat([x if x.ndim > 1 else x.reshape(-1, 1) for x in given(tensors, "column_stack")], 1)


def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of zeros; `(a, b), (c, d) -> (a + c, b + d)`; vectors and numbers are rows.

    Raises:
        ShapeError: one has more than two dimensions.
    """
    blocks = [atleast_2d(x) for x in tensors] or [Tensor(1, 0)]
    if any(x.ndim > 2 for x in blocks):
        raise ShapeError(f"block_diag takes matrices, vectors and numbers, got {[x.shape for x in blocks]}")
    ends = list(itertools.accumulate([x.shape[1] for x in blocks]))
    bands = [
        ops.pad(x, widths=((0, 0), (end - x.shape[1], ends[-1] - end))) for x, end in zip(blocks, ends, strict=True)
    ]
    return ops.cat(*bands, dim=0)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid, one Tensor for each axis; `(a), (b) -> (a, b), (a, b)`, or `(b, a)` for "xy"; views.

    Raises:
        ShapeError: there are none, or one has dimensions of its own.
        RuntimeError: their dtypes differ.
        ShapeError: the indexing is neither "ij" nor "xy".
    """
    axes = given(tensors if not tensors or isinstance(tensors[0], Tensor) else tensors[0], "meshgrid")
    if indexing not in ("ij", "xy"):
        raise ShapeError(f'meshgrid: indexing is "ij" or "xy", got {indexing!r}')
    if any(x.ndim > 1 for x in axes):
        raise ShapeError(f"meshgrid takes vectors and numbers, got {[x.shape for x in axes]}")
    if len({x.dtype for x in axes}) > 1:
        raise RuntimeError(f"meshgrid takes Tensors of one dtype, got {[str(x.dtype) for x in axes]}")
    shape = tuple([x.numel() for x in axes])
    grids = [
        x.reshape((1,) * i + (n,) + (1,) * (len(axes) - i - 1)).broadcast_to(shape)
        for i, (x, n) in enumerate(zip(axes, shape, strict=True))
    ]
    return tuple([x.transpose(0, 1) if indexing == "xy" and len(axes) > 1 else x for x in grids])


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All ways to take one element of each vector, in order; `(a), (b) -> (a * b, 2)`; one vector as it is."""
    axes = given(tensors, "cartesian_prod")
    if any(x.ndim != 1 for x in axes):
        raise ShapeError(f"cartesian_prod takes vectors, got {[x.shape for x in axes]}")
    if len(axes) == 1:
        return axes[0]
    return stack([x.reshape(-1) for x in meshgrid(*axes)], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All ways to choose r elements of a vector, in order; `(n) -> (n over r, r)`.

    Raises:
        ShapeError: it is no vector, or r is negative.
    """
    if input.ndim != 1 or r < 0:
        raise ShapeError(f"combinations takes a vector and r >= 0, got shape {input.shape} and r = {r}")
    if r == 0:
        return input[:0]
    n = input.numel()
    count = math.comb(n + r - 1, r) if with_replacement and n else math.comb(n, r)
    check_room(count * r, f"the choice of {r} from {n} elements")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = list(choose(range(n), r))
    return getitem(input, index=numpy.array(chosen, int).reshape(-1, r))
