"""Writing to places that indices or masks name: new Tensors, where elements of a source replace, or join, the input's.

Where several elements go to one place and nothing says how they meet, the last one wins, and it alone gets the gradient
of that place.
"""

from collections.abc import Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from ..dtypes import check_kind
from ..errors import ShapeError
from ..index import as_index
from ..inplace import in_place
from ..ops.indexing import getitem
from ..recording import as_element, wrap
from ..tensor import Tensor, method
from ..wording import in_our_words
from .diagonal import diagonal
from .dims import as_dim
from .elementwise import masked_fill
from .indexing import check_index, check_mask, flat_places, in_a_row
from .movement import broadcast_shapes
from .placing import REDUCTIONS, add_at, check_dtype, overwrite, positions, reduce_into
from .splitting import select

__all__ = [
    "diagonal_scatter",
    "index_put",
    "masked_scatter",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "select_scatter",
    "slice_scatter",
]

Array = NDArray[Any]


def paired(input: Tensor, dim: int, index: Tensor, src: Tensor, name: str) -> tuple[Tensor, Array]:
    """(the elements of the source that have an index, their places in the flattened input).

    Raises:
        IndexError: an index is out of range.
        TypeError: it does not hold integers.
        ShapeError: it is larger than the source, or than the input beside the dimension.
        RuntimeError: the source has another dtype.
    """
    check_dtype(input, src, name)
    if not index.numel() and index.dtype.kind in "iu":  # it names no place, whatever its shape
        return getitem(src.reshape(-1), index=slice(0)), numpy.zeros(0, numpy.int64)
    check_index(input, dim, index, name)
    if src.ndim != index.ndim or any(i > n for i, n in zip(index.shape, src.shape, strict=True)):
        raise ShapeError(f"{name}: the index {index.shape} does not lie within the source {src.shape}")
    if src.shape != index.shape:
        src = getitem(src, index=tuple([slice(n) for n in index.shape]))
    grid = list(numpy.ogrid[tuple([slice(n) for n in index.shape])])
    grid[dim] = index._array
    return src, getitem(positions(input.shape), index=tuple(grid))


@method
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Tensor:
    """The input with src[i][j][k], or a number, at [i][index[i][j][k]][k] for dim = 1; the inverse of gather.

    `reduce` "add" or "multiply" joins it with what is there.

    >>> from tinygrad_edu import tensor, zeros
    >>> zeros(3).scatter(0, tensor([2, 0]), tensor([5.0, 7.0]))
    tensor([7., 0., 5.])

    Raises:
        IndexError: an index is out of range.
        TypeError: it does not hold integers, or there is no source.
        ShapeError: it is larger than the source, or than the input beside the dimension.
        RuntimeError: the source has another dtype, or there is no such reduction.
    """
    given = value if src is None else src
    if given is None:
        raise TypeError("scatter needs a source: a Tensor, or a number")
    if not isinstance(given, Tensor):
        given = wrap(numpy.broadcast_to(as_element(given, input.dtype), index.shape))
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise RuntimeError(f'scatter reduces by "add" or "multiply", got {reduce!r}')
        return scatter_reduce(input, dim, index, given, "sum" if reduce == "add" else "prod")
    dim = as_dim(dim, input.ndim)
    if not (input.ndim and index.ndim and given.ndim):
        return scatter(in_a_row(input), dim, in_a_row(index), in_a_row(given)).reshape(input.shape)
    return overwrite(input, *paired(input, dim, index, given, "scatter"))


@method
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """The input with src[i][j][k] added at [i][index[i][j][k]][k] for dim = 1; repeated indices add up.

    Raises:
        IndexError: an index is out of range.
        TypeError: it does not hold integers.
        ShapeError: it is larger than the source, or than the input beside the dimension.
        RuntimeError: the source has another dtype.
    """
    return scatter_reduce(input, dim, index, src, "sum")


@method
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """All src[i][j][k] that go to [i][index[i][j][k]][k] (for dim = 1) as their sum, prod, mean, amax or amin.

    With `include_self` the input's element counts among them. Places to which nothing goes keep the input's. The
    elements that reach an extreme share its gradient.

    >>> from tinygrad_edu import tensor, zeros
    >>> zeros(2).scatter_reduce(0, tensor([0, 1, 1]), tensor([5.0, 6.0, 8.0]), "mean", include_self=False)
    tensor([5., 7.])

    Raises:
        IndexError: an index is out of range.
        TypeError: it does not hold integers.
        ShapeError: it is larger than the source, or than the input beside the dimension.
        RuntimeError: the source has another dtype, or there is no such reduction.
    """
    if reduce not in REDUCTIONS:
        raise RuntimeError(f"scatter_reduce reduces by {', '.join(REDUCTIONS)}, got {reduce!r}")
    if reduce == "mean":
        check_kind(input.dtype, "iuf", "scatter_reduce to a mean")
    dim = as_dim(dim, input.ndim)
    if not (input.ndim and index.ndim and src.ndim):
        flat = scatter_reduce(in_a_row(input), dim, in_a_row(index), in_a_row(src), reduce, include_self=include_self)
        return flat.reshape(input.shape)
    source, places = paired(input, dim, index, src, "scatter_reduce")
    if reduce == "sum" and include_self:
        return add_at(input, source, places)
    return reduce_into(input, source, places, reduce, include_self)


@method
def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> Tensor:
    """The input with values, which broadcast, at input[indices]; added to what is there if `accumulate`.

    Raises:
        IndexError: an index is out of range.
        ShapeError: the values do not broadcast.
        RuntimeError: they have another dtype.
    """
    check_dtype(input, values, "index_put")
    first, then = as_index(tuple(indices), input.ndim)
    try:
        places = getitem(positions(input.shape), index=first)
        places = places if then is None else getitem(places, index=then)
    except IndexError as error:
        raise IndexError(f"index_put into a Tensor of shape {input.shape}: {in_our_words(error)}") from None
    source = values.broadcast_to(places.shape)
    return add_at(input, source, places) if accumulate else overwrite(input, source, places)


@method
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """The input with the source's elements at indices into its flattened elements; added if `accumulate`.

    Raises:
        IndexError: an index is out of range.
        TypeError: it does not hold integers.
        ShapeError: there are not as many elements as indices.
        RuntimeError: the source has another dtype.
    """
    check_dtype(input, source, "put")
    places = flat_places(input, index, "put")
    if source.numel() != places.size:
        raise ShapeError(f"put needs an element for each index, got {source.numel()} for {places.size}")
    return add_at(input, source, places) if accumulate else overwrite(input, source, places)


@method
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The input with the source's first elements, in order, where a mask holds; input and mask broadcast.

    Raises:
        TypeError: the mask does not hold bools.
        ShapeError: they do not broadcast.
        RuntimeError: the source has another dtype, or fewer elements than there are places.
    """
    check_dtype(input, source, "masked_scatter")
    check_mask(mask)
    shape = broadcast_shapes(input.shape, mask.shape)
    places = numpy.flatnonzero(numpy.broadcast_to(mask._array, shape))
    if source.numel() < places.size:
        raise RuntimeError(f"masked_scatter: the mask holds at {places.size} places, the source has {source.numel()}")
    return overwrite(input.broadcast_to(shape), source.reshape(-1), places)


def scatter_view(input: Tensor, src: Tensor, places: Array, name: str) -> Tensor:
    """The input with the source in the place of a view of it.

    Raises:
        ShapeError: the source does not have the view's shape.
    """
    if src.shape != places.shape:
        raise ShapeError(f"{name} needs a source of shape {places.shape}, got {src.shape}")
    return overwrite(input, src.to(input.dtype), places)


@method
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """The input with the source in the place of select(dim, index).

    Raises:
        IndexError: the index is out of range.
        ShapeError: the source does not have the slice's shape.
    """
    return scatter_view(input, src, select(wrap(positions(input.shape)), dim, index)._array, "select_scatter")


@method
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """The input with the source in the place of the slice start:end:step of a dimension.

    Raises:
        ShapeError: the source does not have the slice's shape.
        RuntimeError: the step is not positive.
    """
    if step <= 0:
        raise RuntimeError(f"slice_scatter needs a positive step, got {step}")
    index = (slice(None),) * as_dim(dim, input.ndim) + (slice(start, end, step),)
    return scatter_view(input, src, positions(input.shape)[index], "slice_scatter")


@method
def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The input with the source in the place of diagonal(offset, dim1, dim2).

    Raises:
        ShapeError: the source does not have the diagonal's shape.
    """
    places = diagonal(wrap(positions(input.shape)), offset, dim1, dim2)._array
    return scatter_view(input, src, places, "diagonal_scatter")


for operation in (scatter, scatter_add, scatter_reduce, index_put, masked_fill, masked_scatter, put):
    in_place(operation, f"{operation.__name__}_")
