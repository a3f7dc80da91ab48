"""Elements in another order, repeated, or with others around them. All are copies."""

from collections.abc import Sequence
from operator import index as as_int
from typing import Any

import numpy

from ..errors import ShapeError
from ..ops import movement as ops
from ..ops.indexing import getitem
from ..recording import as_element, wrap
from ..tensor import Tensor, method
from .dims import as_dim, as_sizes
from .joining import cat
from .movement import broadcast_to, reshape

__all__ = [
    "constant_pad_nd",
    "flip",
    "fliplr",
    "flipud",
    "repeat_interleave",
    "roll",
    "rot90",
    "tile",
]


@method
def flip(input: Tensor, *places: Any, dims: Any = None) -> Tensor:
    """The elements in reverse order along some dimensions; a copy.

    Raises:
        RuntimeError: a dimension is named twice.
    """
    along = tuple([as_dim(d, input.ndim) for d in as_sizes(places, dims)])
    if len(set(along)) < len(along):
        raise RuntimeError(f"flip: a dimension is named twice in {along}")
    return ops.flip(input, dims=along if input.ndim else ())


@method
def fliplr(input: Tensor) -> Tensor:
    """The columns in reverse order; a copy.

    Raises:
        RuntimeError: there are fewer than two dimensions.
    """
    if input.ndim < 2:
        raise RuntimeError(f"fliplr needs at least 2 dimensions, got {input.shape}")
    return flip(input, 1)


@method
def flipud(input: Tensor) -> Tensor:
    """The rows in reverse order; a copy.

    Raises:
        RuntimeError: there are no dimensions.
    """
    if input.ndim < 1:
        raise RuntimeError("flipud needs at least one dimension")
    return flip(input, 0)


@method
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """The plane of two dimensions turned by k quarters, from the first towards the second; a copy.

    Raises:
        RuntimeError: there are not two different dimensions.
    """
    if len(dims) != 2 or input.ndim < 2:
        raise RuntimeError(f"rot90 turns two dimensions, got dims {tuple(dims)} of {input.shape}")
    a, b = [as_dim(d, input.ndim) for d in dims]
    if a == b:
        raise RuntimeError(f"rot90 turns two different dimensions, got {tuple(dims)}")
    quarters = k % 4
    if quarters == 2:
        return flip(input, a, b)
    if quarters == 1:
        return flip(input, b).transpose(a, b)
    return flip(input, a).transpose(a, b) if quarters else input.clone()


@method
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved on along dimensions, and from their ends to their beginnings; a copy.

    Without dimensions the flattened elements are moved.

    >>> from tinygrad_edu import arange
    >>> arange(4).roll(1).tolist()
    [3, 0, 1, 2]

    Raises:
        RuntimeError: there are not as many shifts as dimensions.
    """
    counts = as_sizes((shifts,))
    if dims is None or (isinstance(dims, Sequence) and not dims):
        if len(counts) != 1:
            raise RuntimeError(f"roll without dimensions takes one shift, got {counts}")
        return roll(input.reshape(-1), counts, 0).reshape(input.shape)
    places = as_sizes((dims,))
    if len(counts) != len(places):
        raise RuntimeError(f"roll needs a shift for each dimension, got shifts {counts} and dims {places}")
    if not input.ndim:
        raise IndexError(f"roll: there is no dimension {places} in a Tensor without dimensions")
    out = input
    for count, place in zip(counts, places, strict=True):
        dim = as_dim(place, input.ndim)
        n = input.shape[dim]
        cut = n - count % n if n else 0
        out = cat([out.narrow(dim, cut, n - cut), out.narrow(dim, 0, cut)], dim)
    return out if places else input.clone()


@method
def repeat(input: Tensor, *times: Any, repeats: Any = None) -> Tensor:
    """The whole Tensor repeated so many times along each dimension, new ones in front; a copy.

    Raises:
        RuntimeError: there are fewer counts than dimensions, or one is negative.
    """
    counts = as_sizes(times, repeats)
    if len(counts) < input.ndim or min(counts, default=0) < 0:
        raise RuntimeError(f"repeat needs a count of 0 or more for each of {input.ndim} dimensions, got {counts}")
    shape = (1,) * (len(counts) - input.ndim) + input.shape
    # (n) -> (1, n) -> (r, n) -> (r * n), for each dimension
    between = tuple([size for n in shape for size in (1, n)])
    grown = tuple([size for r, n in zip(counts, shape, strict=True) for size in (r, n)])
    tiled = ops.broadcast_to(ops.reshape(input, shape=between), shape=grown).clone()
    return ops.reshape(tiled, shape=tuple([r * n for r, n in zip(counts, shape, strict=True)]))


@method
def tile(input: Tensor, *times: Any, dims: Any = None) -> Tensor:
    """Like repeat, with ones put in front of too few counts."""
    counts = as_sizes(times, dims)
    return repeat(input, (1,) * (input.ndim - len(counts)) + counts)


@method
def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each slice of a dimension so many times in a row; a copy. Counts are one for all, or one for each slice.

    Without a dimension the flattened elements are repeated. Given counts alone, the indices are repeated.

    >>> from tinygrad_edu import tensor
    >>> tensor([5, 6]).repeat_interleave(2).tolist(), tensor([2, 0, 1]).repeat_interleave().tolist()
    ([5, 5, 6, 6], [0, 0, 2])

    Raises:
        RuntimeError: counts are negative, no integers, or not as many as slices; or they do not add up to output_size.
    """
    if repeats is None:
        return repeat_interleave(wrap(numpy.arange(input.numel())), input, 0, output_size=output_size)
    if dim is None:
        return repeat_interleave(input.reshape(-1), repeats, 0, output_size=output_size)
    if not input.ndim:
        return repeat_interleave(input.reshape(1), repeats, dim, output_size=output_size)
    dim = as_dim(dim, input.ndim)
    counts = repeats._array if isinstance(repeats, Tensor) else numpy.array(as_int(repeats))
    n = input.shape[dim]
    if counts.dtype.kind not in "iu" or counts.ndim > 1 or counts.size not in (1, n) or (counts < 0).any():
        raise RuntimeError(
            f"repeat_interleave needs counts that are integers of 0 or more, one or {n} of them, got {repeats!r:.80}"
        )
    length = int(counts.sum()) if counts.size == n else n * int(counts.reshape(()))
    if output_size is not None and length != output_size:
        raise RuntimeError(f"repeat_interleave: the counts add up to {length}, not to output_size {output_size}")
    if counts.size == 1:  # spread out beside itself, which takes a quarter of the time of an index
        before, times, after = input.shape[:dim], int(counts.reshape(())), input.shape[dim + 1 :]
        column = reshape(input, (*before, n, 1, *after))
        spread: Tensor = reshape(broadcast_to(column, (*before, n, times, *after)), (*before, n * times, *after))
        return spread.clone() if times == 1 else spread
    index = numpy.repeat(numpy.arange(n), counts)
    picked: Tensor = getitem(input, index=(slice(None),) * dim + (index,) if dim else index)
    return picked.contiguous()


def constant_pad_nd(input: Tensor, pad: Sequence[int], value: float = 0) -> Tensor:
    """The Tensor with (before, after) elements of one value added along each dimension, the last dimension first.

    Negative widths cut elements off. `(.., n) -> (.., before + n + after)`.

    Raises:
        ShapeError: widths are no pairs, more than the dimensions, or cut off more than there is.
    """
    sizes = as_sizes((pad,))
    if len(sizes) % 2 or len(sizes) > 2 * input.ndim:
        raise ShapeError(f"constant_pad_nd needs a pair of widths for at most {input.ndim} dimensions, got {sizes}")
    pairs = list(zip(sizes[::2], sizes[1::2], strict=True))
    widths = [(0, 0)] * (input.ndim - len(pairs)) + pairs[::-1]
    if any(n + min(before, 0) + min(after, 0) < 0 for n, (before, after) in zip(input.shape, widths, strict=True)):
        raise ShapeError(f"constant_pad_nd: widths {sizes} cut off more than there is of {input.shape}")
    padded = ops.pad(
        input,
        widths=tuple([(max(before, 0), max(after, 0)) for before, after in widths]),
        value=as_element(value, input.dtype),
    )
    if min(sizes, default=0) >= 0:
        return padded
    kept = [slice(max(-before, 0), n + min(after, 0)) for n, (before, after) in zip(padded.shape, widths, strict=True)]
    return getitem(padded, index=tuple(kept)).clone()
