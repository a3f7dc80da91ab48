"""Embeddings without state: rows of a table picked by index, alone or reduced bag by bag."""

from typing import Any

import numpy
from numpy.typing import NDArray

from ...errors import PlaceError, ShapeError
from ...functions.norms import norm
from ...grad_mode import no_grad
from ...ops.elementwise import cast, masked
from ...ops.indexing import getitem, put
from ...primitive import primitive
from ...recording import wrap
from ...tensor import Tensor

__all__ = ["embedding", "embedding_bag", "padding_row"]

Array = NDArray[Any]


@primitive(formula=r"\bar{x} = s\,\bar{y}")
def with_scaled_gradient(x: Any, *, scale: Any) -> Any:
    """x itself; only its gradient is multiplied by the scale."""
    return x


with_scaled_gradient.vjp(x=lambda g, scale: masked(g, scale) * scale)  # a gradient that is NaN is 0 there, too


def rows_named(input: Tensor, weight: Tensor, name: str) -> Array:
    """The indices as an array of our own: backward needs them as they are now.

    Raises:
        RuntimeError: they are no integers.
        PlaceError: one names no row of the table.
    """
    index = getattr(input, "_array", None)
    if index is None or index.dtype.kind not in "iu":
        told = type(input).__name__ if index is None else str(index.dtype)
        raise RuntimeError(f"{name} takes indices as a Tensor of integers, got {told}; convert them with .long()")
    count = len(weight)
    if index.size and not 0 <= index.min() <= index.max() < count:
        raise PlaceError(f"{name}: an index is outside 0 to {count - 1}, the table has shape {weight.shape}")
    return cast(index, dtype=numpy.intp)


def padding_row(padding_idx: int | None, count: int) -> int | None:
    """The row of the padding, counted from the beginning.

    Raises:
        ShapeError: there is no such row.
    """
    if padding_idx is None:
        return None
    if not -count <= padding_idx < count:
        raise ShapeError(f"padding_idx {padding_idx} is no row of a table of {count}")
    return padding_idx % count


def renormalise(weight: Tensor, index: Array, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are named, in place, so that the norm of none is more than max_norm."""
    with no_grad():
        named = numpy.unique(index)
        rows = getitem(weight.detach(), index=named)
        length = norm(rows, norm_type, -1, True)._array
        large = length[:, 0] > max_norm
        if large.any():
            weight[wrap(named[large])] = rows[wrap(large)] * wrap(max_norm / (length[large] + 1e-7))


def picked(index: Array, weight: Tensor, padding: int | None, frequency: Array | None) -> Any:
    """The rows that are named. None of their gradient goes to the padding; it is divided by the frequency of a row."""
    rows = getitem(weight, index=index)
    if padding is None and frequency is None:
        return rows
    scale: Any = 1 if frequency is None else 1 / frequency
    if padding is not None:
        scale = numpy.where(index == padding, 0, scale)
    return with_scaled_gradient(rows, scale=scale[..., None].astype(weight.dtype))


def frequencies(index: Array, count: int) -> Array:
    """How often the row that each index names is named."""
    return numpy.bincount(index.reshape(-1), minlength=count)[index]


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of a table that the indices name; `input (*), weight (V, D) -> (*, D)`.

    No gradient goes to the row `padding_idx`. With `max_norm` rows whose `norm_type`-norm is larger are scaled to it
    first, in place. With `scale_grad_by_freq` a row's gradient is divided by how often it is named. The gradient is
    dense also if `sparse`.

    Raises:
        IndexError: an index names no row.
        RuntimeError: the indices are no integers.
        ValueError: padding_idx names no row.
    """
    if weight.ndim != 2:
        raise ShapeError(f"embedding takes a table (V, D), got {weight.shape}")
    padding = padding_row(padding_idx, len(weight))
    index = rows_named(input, weight, "embedding")
    if max_norm is not None:
        renormalise(weight, index, max_norm, norm_type)
    return picked(index, weight, padding, frequencies(index, len(weight)) if scale_grad_by_freq else None)


def bag_starts(input: Tensor, offsets: Tensor | None, include_last_offset: bool) -> Array:
    """Where each bag begins, and at last where the last one ends.

    Raises:
        ValueError: there are offsets beside a 2-d input, none beside a 1-d one, or they are not in order.
    """
    count = input.numel()
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError("each row of a 2-d input is a bag: it takes no offsets")
        return numpy.arange(input.shape[0] + 1) * input.shape[1]
    if input.ndim != 1:
        raise ShapeError(f"embedding_bag takes an input (N) with offsets, or (B, N), got {input.shape}")
    if offsets is None or offsets.ndim != 1:
        raise ValueError("a 1-d input needs offsets (B), where each bag begins")
    if offsets.dtype.kind not in "iu":
        raise RuntimeError(f"the offsets are integers, got {offsets.dtype}")
    starts = offsets._array.astype(numpy.intp)
    if include_last_offset and not len(starts):
        raise ShapeError("offsets that include the last end are one or more, got none")
    if len(starts) and (starts[0] or starts[-1] > count):
        raise RuntimeError(f"the offsets begin with 0 and are at most {count}, the number of indices, got {starts}")
    if (numpy.diff(starts) < 0).any():
        raise RuntimeError(f"the offsets must not fall, got {starts}")
    return numpy.append(starts[:-1] if include_last_offset else starts, count)


def largest(rows: Any, bag: Array, bags: int) -> Any:
    """The largest element of each bag in each column, the first of equal ones, or NaN; 0 of an empty bag."""
    count, width = rows.shape
    if not count:
        return put(rows, index=bag, shape=(bags, width))
    x = rows._array
    top = numpy.full((bags, width), -numpy.inf, x.dtype)
    numpy.maximum.at(top, bag, x)
    reached = (x == top[bag]) | (x != x)
    first = numpy.full((bags, width), count)
    numpy.minimum.at(first, bag, numpy.where(reached, numpy.arange(count)[:, None], count))
    places = numpy.where(first < count, first, 0) * width + numpy.arange(width)
    return masked(getitem(rows.reshape(-1), index=places), first < count)


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """The sum, mean or maximum of the rows of a table that the indices of each bag name; 0 for an empty bag.

    `input (B, N)`, each row a bag, or `(N)` with `offsets (B)`, where each bag begins, and, if `include_last_offset`,
    one more, for the last one, which ends with the input; `weight (V, D) -> (B, D)`. `per_sample_weights`, of the
    input's shape, are factors of the rows of a sum. Indices of `padding_idx` count for nothing. For the other settings
    see embedding.

    Raises:
        IndexError: an index names no row.
        RuntimeError: the indices are no integers; the offsets do not fit.
        ValueError: the mode is not known; there are weights beside "mean" or "max", or not of the input's shape.
    """
    if weight.ndim != 2:
        raise ShapeError(f"embedding_bag takes a table (V, D), got {weight.shape}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f'mode is "sum", "mean" or "max", got {mode!r}')
    if mode == "max" and scale_grad_by_freq:
        raise ValueError('the mode "max" cannot scale the gradient by the frequency')
    if per_sample_weights is not None:
        if mode != "sum":
            raise NotImplementedError(f"per_sample_weights is only supported for mode='sum', got {mode!r}")
        if per_sample_weights.shape != input.shape:
            raise ShapeError(f"per_sample_weights have the input's shape {input.shape}, got {per_sample_weights.shape}")
        if per_sample_weights.dtype != weight.dtype:
            raise RuntimeError(f"per_sample_weights are {weight.dtype} as the table, got {per_sample_weights.dtype}")
    padding = padding_row(padding_idx, len(weight))
    starts = bag_starts(input, offsets, include_last_offset)
    index = rows_named(input, weight, "embedding_bag").reshape(-1)
    if max_norm is not None:
        renormalise(weight, index, max_norm, norm_type)
    bags = max(len(starts) - 1, 0)
    bag = numpy.repeat(numpy.arange(bags), numpy.diff(starts))
    index = index[: len(bag)]
    frequency = frequencies(index, len(weight)) if scale_grad_by_freq else None
    factors = None if per_sample_weights is None else per_sample_weights.reshape(-1)[: len(bag)]
    if padding is not None:
        kept = numpy.flatnonzero(index != padding)
        index, bag = index[kept], bag[kept]
        frequency = None if frequency is None else frequency[kept]
        factors = None if factors is None else getitem(factors, index=kept)
    rows = picked(index, weight, None, frequency)
    if mode == "max":
        return largest(rows, bag, bags)
    if factors is not None:
        rows = rows * factors.unsqueeze(1)
    total = put(rows, index=bag, shape=(bags, weight.shape[1]))
    if mode == "sum":
        return total
    counts = numpy.maximum(numpy.bincount(bag, minlength=bags), 1).astype(weight.dtype)
    return total / wrap(counts[:, None])
