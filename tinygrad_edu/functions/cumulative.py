"""What elements come to up to each place along a dimension: running sums, products, extremes, log-sum-exps."""

from collections.abc import Callable
from typing import Any

import numpy

from ..dtypes import check_kind, float16, float32
from ..inplace import in_place
from ..ops import scan as ops
from ..ops.elementary import exp, log
from ..ops.elementwise import cast, masked
from ..ops.indexing import gather
from ..recording import wrap
from ..tensor import Tensor, method
from .dims import as_dim
from .reduction import ValuesAndIndices, numpy_names, summable
from .softmax import along

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "logcumsumexp"]


@method
@numpy_names
def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    r"""$y_i = \sum_{j \le i} x_j$ along a dimension; `(*) -> (*)`; integers and bools are summed as int64.

    >>> from tinygrad_edu import tensor
    >>> cumsum(tensor([1, 2, 3]), dim=0)
    tensor([1, 3, 6])

    Raises:
        IndexError: there is no such dimension.
    """
    return along(ops.cumsum, summable(input, dtype), dim)


@method
@numpy_names
def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    r"""$y_i = \prod_{j \le i} x_j$ along a dimension; `(*) -> (*)`; integers and bools are multiplied as int64.

    The gradient is right at zeros too.

    Raises:
        IndexError: there is no such dimension.
    """
    return along(products, summable(input, dtype), dim).contiguous()


def products(x: Tensor, *, dim: int) -> Any:
    """y_i = x_i y_(i-1), from y_0 = x_0: no division, so zeros are no special case."""
    first = numpy.arange(x.shape[dim]).reshape([-1 if d == dim else 1 for d in range(x.ndim)]) == 0
    return ops.recurrence(x, masked(x, first), dim=dim)


@method
@numpy_names
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    r"""$y_i = \ln \sum_{j \le i} e^{x_j}$ along a dimension, without overflow; `(*) -> (*)`.

    Raises:
        IndexError: there is no such dimension.
    """
    check_kind(input.dtype, "f", "logcumsumexp")
    if input.dtype == float16:  # whose sums would be rounded at each step
        return cast(along(log_sums, cast(input, dtype=float32), dim), dtype=float16)
    return along(log_sums, input, dim)


def log_sums(x: Tensor, *, dim: int) -> Any:
    """The sums are kept relative to the largest element so far, and rescaled when it grows.

    The largest element is a constant here: whatever it is, the result is the same.
    """
    peak = numpy.maximum.accumulate(x._array, dim)
    with numpy.errstate(invalid="ignore", over="ignore"):
        growth = numpy.diff(peak, axis=dim, prepend=numpy.take(peak, [0], dim) if peak.size else peak)
    scale = numpy.where(numpy.isnan(growth), 1, numpy.exp(-growth)).astype(x.dtype)  # inf - inf: it has not grown
    shift = numpy.where(numpy.isfinite(peak), peak, 0)
    return log(ops.recurrence(wrap(scale), exp(x - wrap(shift)), dim=dim)) + wrap(shift)


def running(input: Tensor, dim: int, accumulate: Callable[..., Any]) -> ValuesAndIndices:
    """(values, indices) of the extreme so far, the last of equal ones; a NaN is more extreme than any number."""
    if not input.ndim:
        found = running(input.reshape(1), dim, accumulate)
        return ValuesAndIndices(found.values.reshape(()), found.indices.reshape(()))
    dim = as_dim(dim, input.ndim)
    x = input._array
    reached = (x == accumulate(x, dim)) | (x != x)
    places = numpy.arange(x.shape[dim]).reshape([-1 if d == dim else 1 for d in range(x.ndim)])
    indices = numpy.maximum.accumulate(numpy.where(reached, places, 0), dim)
    return ValuesAndIndices(gather(input, dim=dim, index=indices), wrap(indices))


@method
@numpy_names
def cummax(input: Tensor, dim: int) -> ValuesAndIndices:
    """(values, indices) of the largest element so far along a dimension, the last of equal ones; `(*) -> (*), (*)`.

    The gradient goes to the index.

    Raises:
        IndexError: there is no such dimension.
    """
    return running(input, dim, numpy.maximum.accumulate)


@method
@numpy_names
def cummin(input: Tensor, dim: int) -> ValuesAndIndices:
    """(values, indices) of the smallest element so far along a dimension, the last of equal ones; `(*) -> (*), (*)`.

    The gradient goes to the index.

    Raises:
        IndexError: there is no such dimension.
    """
    return running(input, dim, numpy.minimum.accumulate)


in_place(cumsum, "cumsum_")
in_place(cumprod, "cumprod_")
