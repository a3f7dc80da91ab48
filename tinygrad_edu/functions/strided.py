"""Views that take a Tensor's elements by steps of one's own through its memory."""

from collections.abc import Sequence
from operator import index as as_int
from typing import Any

from ..errors import ShapeError
from ..ops.movement import put_back
from ..primitive import primitive
from ..tensor import Tensor, method
from .creation import empty
from .dims import as_new_sizes
from .movement import reshaped_in_place

__all__ = ["as_strided", "as_strided_scatter", "empty_strided"]

Sizes = tuple[int, ...]


@primitive(formula=r"\bar{x} = \mathrm{put\_back}(\bar{y})", view=True)
def strided_view(x: Any, *, size: Sizes, stride: Sizes, start: int, xp: Any) -> Any:
    """out[i, j] = x.flatten()[start + i stride[0] + j stride[1]]; `(*) -> size`; a view."""
    steps = [step * x.itemsize for step in stride]
    row = xp.ascontiguousarray(x).reshape(-1)  # a Tensor's is as it is; a gradient may be spread out without a copy
    return xp.lib.stride_tricks.as_strided(row[start:], size, steps, writeable=is_apart(size, stride))


strided_view.vjp(
    x=lambda g, x_shape, size, stride, start: put_back(g, x_shape, strided_view, size=size, stride=stride, start=start)
)


def is_apart(size: Sizes, stride: Sizes) -> bool:
    """Whether each element has a place in memory of its own: each step is longer than all shorter ones reach."""
    reach = 0
    for step, n in sorted(zip(stride, size, strict=True)):
        if n > 1 and step <= reach:
            return False
        reach += (n - 1) * step
    return True


@method
def as_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """A view of sizes and steps of one's own: element (i, j) lies i stride[0] + j stride[1] after the first.

    The first is the Tensor's own, or that at `storage_offset` in its memory. Elements may come several times; such a
    view is for reading only.

    Raises:
        ValueError: there are not as many steps as sizes, or one is negative.
        RuntimeError: it would reach outside of the Tensor's elements, or these do not lie side by side.

    >>> from tinygrad_edu import arange
    >>> as_strided(arange(5.0), (3, 3), (1, 1)).tolist()
    [[0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]
    """
    sizes, steps = as_new_sizes(size), tuple([as_int(step) for step in stride])
    if len(sizes) != len(steps) or min(steps, default=0) < 0:
        raise ShapeError(f"as_strided takes as many steps of 0 or more as sizes, got sizes {sizes} and steps {steps}")
    x = input.permute(*sorted(range(input.ndim), key=lambda dim: -input.stride(dim)))  # as the elements lie
    start = 0 if storage_offset is None else as_int(storage_offset) - input.storage_offset()
    last = start + sum([(n - 1) * step for n, step in zip(sizes, steps, strict=True)])
    if 0 in sizes:
        start, last = 0, -1
    if start < 0 or last >= x.numel() or not x.is_contiguous():
        raise RuntimeError(
            f"as_strided: elements {start} to {last}, counted from the first, of a Tensor of shape {input.shape} with "
            f"steps {input.stride()}; they must be its own and lie side by side: take contiguous() or the whole Tensor"
        )
    found: Tensor = strided_view(x, size=sizes, stride=steps, start=start)
    return found


reshaped_in_place(as_strided, "as_strided_")


@method
def as_strided_scatter(
    input: Tensor, src: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """The input with the source in the place of as_strided(size, stride, storage_offset) of a copy.

    Raises:
        ShapeError: the source is not of that size.
        RuntimeError: elements come several times, or do not lie within the input, or this is not contiguous().

    >>> from tinygrad_edu import ones, zeros
    >>> as_strided_scatter(zeros(4), ones(2), (2,), (2,), 1)
    tensor([0., 1., 0., 1.])
    """
    if not input.is_contiguous():
        raise RuntimeError(f"as_strided_scatter: the elements of this {input.shape} Tensor must be contiguous()")
    start = None if storage_offset is None else as_int(storage_offset) - input.storage_offset()
    found = input.clone()
    part = as_strided(found, size, stride, start)
    if src.shape != part.shape:
        raise ShapeError(f"as_strided_scatter needs a source of shape {part.shape}, got {src.shape}")
    part.copy_(src)
    return found


def empty_strided(size: Sequence[int], stride: Sequence[int], **settings: Any) -> Tensor:
    """An uninitialised Tensor whose elements lie by steps of one's own; settings as of empty.

    >>> empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    reach = sum([(n - 1) * step for n, step in zip(size, stride, strict=False)]) + 1
    requires_grad = settings.pop("requires_grad", False)
    found: Tensor = as_strided(empty(0 if 0 in size else reach, **settings), size, stride).detach()
    return found.requires_grad_(requires_grad)
