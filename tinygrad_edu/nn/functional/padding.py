"""Padding: what stands around a Tensor's values."""

from collections.abc import Callable, Sequence

from ...dtypes import check_kind
from ...errors import ArgumentError, ShapeError
from ...functions.dims import as_sizes
from ...functions.joining import cat
from ...functions.rearranging import constant_pad_nd, flip
from ...tensor import Tensor

__all__ = ["pad"]


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """The Tensor with more values (or, for negative widths, fewer) around it; `(.., n) -> (.., before + n + after)`.

    The widths are (before, after) of the last dimension, then of the one before it, and so on. The mode says what the
    values are: "constant" is one value, 0 by default, around any dimensions; the others pad the last one, two or three
    of `(B, C, *spatial)` or `(C, *spatial)`, all of them: "reflect" mirrors the values at the first and the last,
    "replicate" repeats these, "circular" goes on at the other end.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[1, 2, 3]])
    >>> pad(x, (2, 1)).tolist(), pad(x, (2, 1), "reflect").tolist()
    ([[0, 0, 1, 2, 3, 0]], [[3, 2, 1, 2, 3, 2]])
    >>> pad(x, (2, 1), "replicate").tolist(), pad(x, (2, 1), "circular").tolist()
    ([[1, 1, 1, 2, 3, 3]], [[2, 3, 1, 2, 3, 1]])

    Raises:
        ShapeError: the widths do not fit the input, or the mode.
        ValueError: there is no such mode, or it takes no value.
    """
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    if mode not in MODES:
        raise ArgumentError(f"pad has the modes constant, {', '.join(MODES)}, got {mode!r}")
    if value:
        raise ArgumentError(f"pad by {mode!r} takes no value, got {value!r}")
    if mode != "circular":
        check_kind(input.dtype, "iuf", f"pad by {mode!r}")
    widths = as_sizes((pad,))
    dims = len(widths) // 2
    if len(widths) % 2 or not 1 <= dims <= 3 or input.ndim not in (dims + 1, dims + 2):
        raise ShapeError(
            f"pad by {mode!r} takes widths (before, after) for each of one to three spatial dimensions of "
            f"(B, C, *spatial) or (C, *spatial), got {widths} for {input.shape}"
        )
    if mode != "circular" and 0 in input.shape[input.ndim - dims - 1 :]:
        raise ShapeError(f"pad by {mode!r} takes values from the input, and {input.shape} has none but in its batch")
    sizes = [input.shape[-1 - i] + widths[2 * i] + widths[2 * i + 1] for i in range(dims)]
    if min(sizes) < 0 or (max(sizes) < 1 and mode != "circular"):
        raise ShapeError(f"pad by {mode!r}: the widths {widths} leave nothing of {input.shape}")
    padded = input
    for i in range(dims):
        before, after = widths[2 * i : 2 * i + 2]
        if before or after:
            padded = MODES[mode](padded, input.ndim - 1 - i, before, after)
    return padded.contiguous() if any(widths) else input.clone()


def cropped(x: Tensor, dim: int, before: int, after: int) -> Tensor:
    """The Tensor without what negative widths cut off."""
    start = max(-before, 0)
    return x.narrow(dim, start, x.shape[dim] - start - max(-after, 0))


def joined(parts: Sequence[Tensor], dim: int) -> Tensor:
    """Those parts that hold anything, one after the other."""
    return cat([part for part in parts if part.shape[dim]] or list(parts), dim)


def reflected(x: Tensor, dim: int, before: int, after: int) -> Tensor:
    """A dimension padded by its mirror images.

    Raises:
        ShapeError: a width is as large as the dimension.
    """
    n = x.shape[dim]
    if max(before, after) >= n:
        raise ShapeError(f"pad by reflection needs widths below the size {n} of dimension {dim}, got {before}, {after}")
    left, right = max(before, 0), max(after, 0)
    start, end = flip(x.narrow(dim, 1, left), dim), flip(x.narrow(dim, n - 1 - right, right), dim)
    return cropped(joined([start, x, end], dim), dim, min(before, 0), min(after, 0))


def replicated(x: Tensor, dim: int, before: int, after: int) -> Tensor:
    """A dimension padded by its first and its last value."""
    ends = []
    for place, width in ((0, before), (x.shape[dim] - 1, after)):
        shape = (*x.shape[:dim], max(width, 0), *x.shape[dim + 1 :])
        ends.append(x.narrow(dim, place, 1).broadcast_to(shape))
    return cropped(joined([ends[0], x, ends[1]], dim), dim, min(before, 0), min(after, 0))


def wrapped(x: Tensor, dim: int, before: int, after: int) -> Tensor:
    """A dimension padded by what stands at its other end.

    Raises:
        ShapeError: a width is larger than the dimension, after what negative widths cut off.
    """
    left, right = max(before, 0), max(after, 0)
    n = x.shape[dim] + min(before, 0) + min(after, 0)
    if max(left, right) > n:
        raise ShapeError(
            f"pad by wrapping around needs widths up to the size of the dimension, got {before}, {after} "
            f"for dimension {dim} of {x.shape}"
        )
    x = cropped(x, dim, before, after)
    return joined([x.narrow(dim, n - left, left), x, x.narrow(dim, 0, right)], dim)


MODES: dict[str, Callable[[Tensor, int, int, int], Tensor]] = {
    "reflect": reflected,
    "replicate": replicated,
    "circular": wrapped,
}
