"""Reductions with PyTorch's arguments; `axis` and `keepdims` are accepted for `dim` and `keepdim`."""

import builtins
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy

from ..dtypes import as_dtype, check_kind, int64, uint8
from ..errors import PlaceError, ShapeError, broadcast_clash
from ..ops import reduction as ops
from ..ops.comparison import isnan
from ..ops.elementary import sqrt
from ..ops.elementwise import where
from ..ops.indexing import gather, getitem
from ..ops.movement import sum_to
from ..tensor import Tensor, method
from .dims import as_dim, as_dims, as_new_sizes

__all__ = [
    "Extremes",
    "ValuesAndIndices",
    "all",
    "amax",
    "amin",
    "aminmax",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "logsumexp",
    "max",
    "mean",
    "min",
    "nanmean",
    "nansum",
    "prod",
    "std",
    "std_mean",
    "sum",
    "trace",
    "var",
    "var_mean",
]


class ValuesAndIndices(NamedTuple):
    """The values that a search along a dimension found, and where."""

    values: Any
    indices: Any


class Extremes(NamedTuple):
    """The smallest and the largest element over dimensions."""

    min: Any
    max: Any


def numpy_names(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of `dim` and `keepdim` take NumPy's `axis` and `keepdims` too."""

    @functools.wraps(function)
    def renamed(*args: Any, **named: Any) -> Any:
        if named:
            for old, new in (("axis", "dim"), ("keepdims", "keepdim")):
                if old in named:
                    named[new] = named.pop(old)
        return function(*args, **named)

    return renamed


def refuse_keepdim(keepdim: Any) -> None:
    """Refuse what is no bool: sum(0, 1) is not that over two dimensions.

    Raises:
        TypeError: always.
    """
    raise TypeError(f"keepdim is True or False, got {keepdim!r:.60}; several dimensions are given as one tuple")


def summable(input: Tensor, dtype: Any) -> Tensor:
    """The input in the dtype to sum in: the one asked for, or int64 for integers and bools."""
    if dtype is not None:
        return input.to(as_dtype(dtype))
    return input if input.dtype.kind == "f" else input.to(int64)


@method
@numpy_names
def sum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum over one, several or all dimensions; integers and bools are summed as int64."""
    if keepdim is not False and keepdim is not True:
        refuse_keepdim(keepdim)
    found = ops.sum(summable(input, dtype), dim=as_dims(dim, input.ndim), keepdim=keepdim)
    return found if dtype is None else found.to(as_dtype(dtype))  # of bools it is a number


@method
@numpy_names
def mean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean over one, several or all dimensions.

    Raises:
        RuntimeError: the Tensor holds integers and no floating `dtype` is given.
    """
    if keepdim is not False and keepdim is not True:
        refuse_keepdim(keepdim)
    x = input if dtype is None else input.to(as_dtype(dtype))
    if x.dtype.kind != "f":
        raise RuntimeError(f"the mean of {x.dtype} is not of that dtype; pass dtype=, such as float32")
    return ops.mean(x, dim=as_dims(dim, input.ndim), keepdim=keepdim)


@method
@numpy_names
def nansum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum over dimensions with NaN counting as 0, and getting no gradient."""
    return sum(where(isnan(input), 0, input), dim, keepdim, dtype=dtype)


@method
@numpy_names
def nanmean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean over dimensions of what is not NaN; NaN where there is nothing else.

    Raises:
        RuntimeError: the Tensor holds integers, or they are asked for.
    """
    if input.dtype.kind != "f":
        raise RuntimeError(f"nanmean is for floats, got {input.dtype}; integers are never NaN, so use mean(dtype=)")
    if dtype is not None and as_dtype(dtype).kind != "f":
        raise RuntimeError(f"nanmean gives floats, not {dtype}")
    return nansum(input, dim, keepdim, dtype=dtype) / sum(~isnan(input), dim, keepdim)


@method
@numpy_names
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """How many elements are not zero, over dimensions; int64; NaN counts."""
    return sum(input != 0, dim)


@method
@numpy_names
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The product over one or all dimensions; integers and bools are multiplied as int64."""
    return ops.prod(summable(input, dtype), dim=as_dims(dim, input.ndim), keepdim=keepdim)


def check_not_empty(input: Tensor, dims: tuple[int, ...] | None, name: str) -> None:
    """Refuse to look for an extreme where there is nothing.

    Raises:
        IndexError: a reduced dimension has size 0.
    """
    sizes = input.shape if dims is None else [input.shape[d] for d in dims]
    if 0 in sizes:
        raise PlaceError(f"{name} of no elements is not defined; the Tensor has shape {input.shape}")


@method
@numpy_names
def amax(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The largest element over dimensions; ties share the gradient evenly."""
    dims = as_dims(dim, input.ndim)
    check_not_empty(input, dims, "amax")
    return ops.amax(input, dim=dims, keepdim=keepdim)


@method
@numpy_names
def amin(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The smallest element over dimensions; ties share the gradient evenly."""
    dims = as_dims(dim, input.ndim)
    check_not_empty(input, dims, "amin")
    return ops.amin(input, dim=dims, keepdim=keepdim)


@method
@numpy_names
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Extremes:
    """(min, max) of all elements or along a dimension; ties share the gradient evenly."""
    return Extremes(amin(input, dim, keepdim), amax(input, dim, keepdim))


def at_indices(input: Tensor, dim: int, indices: Tensor, keepdim: bool) -> ValuesAndIndices:
    """What was found at one index along a dimension, which `indices` keeps with size 1; the gradient goes there."""
    values = gather(input, dim=dim, index=indices._array)
    if keepdim:
        return ValuesAndIndices(values, indices)
    return ValuesAndIndices(values.squeeze(dim), indices.squeeze(dim))


def extreme(input: Tensor, dim: Any, keepdim: bool, search: Callable[..., Any], elementwise: str) -> Any:
    """max or min: of all elements, along a dimension with indices, or with another Tensor elementwise."""
    if isinstance(dim, Tensor) and not keepdim:
        return getattr(input, elementwise)(dim)
    if keepdim and (dim is None or isinstance(dim, Tensor)):
        raise TypeError(f"keepdim goes with a dimension, got {dim!r:.60}")
    if dim is None:
        return amax(input) if elementwise == "maximum" else amin(input)
    dim = as_dim(dim, input.ndim)
    if not input.ndim:
        return ValuesAndIndices(input.clone(), search(input))
    check_not_empty(input, (dim,), elementwise)
    return at_indices(input, dim, search(input, dim=dim, keepdim=True), keepdim)


@method
@numpy_names
def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Tensor | None = None) -> Any:
    """The largest element; along a dimension (values, indices), the gradient going to the index; or maximum(other).

    Ties of the whole share the gradient evenly.
    """
    return extreme(input, dim if other is None else other, keepdim, ops.argmax, "maximum")


@method
@numpy_names
def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Tensor | None = None) -> Any:
    """The smallest element; along a dimension (values, indices), the gradient going to the index; or minimum(other).

    Ties of the whole share the gradient evenly.
    """
    return extreme(input, dim if other is None else other, keepdim, ops.argmin, "minimum")


def position(input: Tensor, dim: int | None, keepdim: bool, search: Callable[..., Any], name: str) -> Tensor:
    """argmax or argmin."""
    check_kind(input.dtype, "iuf", name)
    found = None if dim is None else as_dim(dim, input.ndim)
    if not input.ndim:
        found = None
    check_not_empty(input, None if found is None else (found,), name)
    return search(input, dim=found, keepdim=keepdim)


@method
@numpy_names
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the first largest element, along a dimension or in the flattened Tensor; no gradient."""
    return position(input, dim, keepdim, ops.argmax, "argmax")


@method
@numpy_names
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the first smallest element, along a dimension or in the flattened Tensor; no gradient."""
    return position(input, dim, keepdim, ops.argmin, "argmin")


def truth(input: Tensor, found: Any) -> Tensor:
    """bools, and of uint8, PyTorch's old type of masks, uint8."""
    result: Tensor = found.to(uint8) if input.dtype == uint8 else found
    return result


@method
@numpy_names
def any(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether some element is nonzero; no gradient; over no dimensions where `dim` is empty."""
    if isinstance(dim, (tuple, list)) and not dim:
        return truth(input, input != 0)
    return truth(input, ops.any(input, dim=as_dims(dim, input.ndim), keepdim=keepdim))


@method
@numpy_names
def all(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether every element is nonzero; no gradient; over no dimensions where `dim` is empty."""
    if isinstance(dim, (tuple, list)) and not dim:
        return truth(input, input != 0)
    return truth(input, ops.all(input, dim=as_dims(dim, input.ndim), keepdim=keepdim))


@method
def sum_to_size(input: Tensor, *size: Any) -> Any:
    """The sum over what broadcasting from this size would repeat; `(*) -> size`.

    Raises:
        ShapeError: broadcasting does not lead from this size to the Tensor's.
    """
    sizes = as_new_sizes(size)
    if len(sizes) > input.ndim or broadcast_clash([sizes, input.shape]) or not fits(sizes, input.shape):
        raise ShapeError(f"sum_to_size takes a size that broadcasts to {input.shape}, got {sizes}")
    return sum_to(input, shape=sizes)


def fits(sizes: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether broadcasting with these sizes leaves the shape as it is."""
    return numpy.broadcast_shapes(sizes, shape) == shape


@method
@numpy_names
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """ln(sum(exp(x))) over dimensions, without overflow."""
    return ops.logsumexp(input, dim=as_dims(dim, input.ndim), keepdim=keepdim)


def freedom(dim: Any, unbiased: bool | None, correction: float | None) -> tuple[Any, float]:
    """(dim, correction) from PyTorch's old `unbiased`, also in the place of dim, and its new `correction`."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        return dim, 1.0 if unbiased else 0.0
    return dim, 1.0 if correction is None else float(correction)


@method
@numpy_names
def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The variance sum((x - mean)^2) / (n - correction), correction being 1 by default, over dimensions."""
    dim, lost = freedom(dim, unbiased, correction)
    dims = as_dims(dim, input.ndim)
    deviation = input - mean(input, dims, keepdim=True)
    total = ops.sum(deviation * deviation, dim=dims, keepdim=keepdim)
    count = ops.size(input.shape, dims)
    return total / (builtins.max(count - lost, 0.0) if count else 0.0)  # of nothing it is NaN, whatever the correction


@method
@numpy_names
def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The square root of the variance, over dimensions."""
    square = var(input, dim, unbiased, keepdim, correction=correction)
    flat = square == 0  # where the root has no slope; the gradient is 0 there, as in PyTorch
    return where(flat, square, sqrt(where(flat, 1.0, square)))


@numpy_names
def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """(var, mean) over dimensions."""
    dim, lost = freedom(dim, unbiased, correction)
    return var(input, dim, keepdim=keepdim, correction=lost), mean(input, dim, keepdim)


@numpy_names
def std_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """(std, mean) over dimensions."""
    dim, lost = freedom(dim, unbiased, correction)
    return std(input, dim, keepdim=keepdim, correction=lost), mean(input, dim, keepdim)


@method
def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal; `(n, m) -> ()`; integers are summed as int64.

    Raises:
        RuntimeError: the Tensor is no matrix.
    """
    if input.ndim != 2:
        raise RuntimeError(f"trace is for a matrix, got a Tensor of shape {input.shape}")
    check_kind(input.dtype, "iuf", "trace")
    places = numpy.arange(builtins.min(input.shape))
    return sum(getitem(input, index=(places, places)))
