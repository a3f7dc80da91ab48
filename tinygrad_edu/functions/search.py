"""Finding values among others: places in sorted edges, membership, places of what is not zero."""

from numbers import Real
from typing import Any

import numpy

from ..backend import to_numpy
from ..dtypes import check_kind, int32, int64, result_type
from ..errors import ShapeError
from ..kernels.search import bisect
from ..recording import wrap
from ..tensor import Tensor, method
from .indexing import nonzero

__all__ = ["argwhere", "bucketize", "isin", "searchsorted"]


def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where values would go in sorted rows and keep them sorted: before equal ones, or after them if `right`.

    `(N), (*) -> (*)`, or a row for each row of values, `(*, N), (*, M) -> (*, M)`; int64 or, if asked for, int32.
    `side` is "left" or "right" in words. `sorter` holds the indices that sort a sequence that is not.

    >>> from tinygrad_edu import tensor
    >>> searchsorted(tensor([1, 3, 5]), tensor([3, 4]))
    tensor([1, 2])

    Raises:
        ShapeError: the rows do not match.
        RuntimeError: side says other than right does, or the sorter does not fit.
    """
    if side not in (None, "left", "right") or (side == "left" and right):
        raise RuntimeError(f'searchsorted: side is "left" or "right", and right=True is "right"; got {side!r}, {right}')
    edges = sorted_sequence._array
    check_kind(edges.dtype, "iuf", "searchsorted")
    values = input._array if isinstance(input, Tensor) else to_numpy(input)
    if not edges.ndim or (edges.ndim > 1 and edges.shape[:-1] != values.shape[:-1]):
        raise ShapeError(
            f"searchsorted needs edges (N), or a row of them for each row of values; got {edges.shape}, {values.shape}"
        )
    if sorter is not None:
        order = sorter._array
        if order.shape != edges.shape or order.dtype != int64:
            raise RuntimeError(f"searchsorted: the sorter is int64 {edges.shape} as the sequence, got {sorter!r:.80}")
        if order.size and not 0 <= order.min() <= order.max() < edges.shape[-1]:
            raise RuntimeError(f"searchsorted: an index of the sorter is outside 0 to {edges.shape[-1] - 1}")
        edges = numpy.take_along_axis(edges, order, -1)
    meeting = result_type([edges, values if isinstance(input, Tensor) else input])
    found = bisect(edges.astype(meeting), values.astype(meeting), right or side == "right")
    return wrap(found.astype(int32) if out_int32 else found)


def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """The number of the bucket of each value, between sorted boundaries; `(*), (N) -> (*)` of 0 to N.

    A value on a boundary is in the lower bucket, or if `right` in the upper.

    Raises:
        ShapeError: the boundaries are not in one dimension.
    """
    if boundaries.ndim != 1:
        raise ShapeError(f"bucketize needs boundaries in one dimension, got {boundaries.shape}")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Where elements are among the test elements, or if `invert` where they are not; `(*), (*) -> (*)`, bool.

    Either may be a number. NaN is among none.

    Raises:
        TypeError: one is neither a Tensor nor a number.
        RuntimeError: they hold bools.
    """
    for given in (elements, test_elements):
        if not isinstance(given, Tensor | Real):
            raise TypeError(f"isin takes Tensors and numbers, got {type(given).__name__} {given!r:.40}")
    x, tests = [to_numpy(getattr(y, "_array", y)) for y in (elements, test_elements)]
    check_kind(tests.dtype if x.dtype.kind == "b" else x.dtype, "iuf", "isin")
    return wrap(to_numpy(numpy.isin(x, tests, assume_unique=assume_unique, invert=invert)))


@method
def argwhere(input: Tensor) -> Tensor:
    """The indices of nonzero elements, one row each; `(*) -> (number, dimensions)`, int64."""
    found: Tensor = nonzero(input)
    return found
