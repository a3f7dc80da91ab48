"""Convolution and pooling."""

import math
from collections.abc import Callable
from typing import Any

import numpy

from ..graph import Graph, UntranslatableError, Value
from ..sizes import Size
from ..table import row

Sizes = tuple[Any, ...]


@row
def conv(
    g: Graph, x: Value, w: Value, bias: Value | None = None, *, stride: Sizes, padding: Sizes, dilation: Sizes,
    groups: int = 1,
) -> Any:  # fmt: skip
    given = [] if bias is None else [bias]
    return g.Conv(x, w, *given, strides=stride, pads=(*padding, *padding), dilations=dilation, group=groups)


@row
def conv_input(
    g: Graph, y: Value, w: Value, *, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int = 1
) -> Any:
    sizes = zip(size, y.shape[2:], w.shape[2:], stride, padding, dilation, strict=True)
    more = [sample(out) - ((sample(n) - 1) * s - 2 * p + d * (k - 1) + 1) for out, n, k, s, p, d in sizes]
    return g.ConvTranspose(
        y, w, strides=stride, pads=(*padding, *padding), dilations=dilation, group=groups, output_padding=more
    )


def sample(n: Any) -> int:
    """A size as it was when the model was traced."""
    return n.sample if isinstance(n, Size) else n


def pads(x: Value, window: Any, size: Sizes) -> list[int]:
    """The padding before and after each dimension that makes so many windows.

    Raises:
        UntranslatableError: it depends on sizes that vary.
    """
    after = []
    spatial = x.shape[-len(size) :]
    for n, m, k, s, p, d in zip(spatial, size, *window[:3], window.dilation, strict=True):
        reach = d * (k - 1) + 1
        needed = (sample(m) - 1) * s + reach - sample(n) - p
        if isinstance(n, Size):
            if needed > p:
                raise UntranslatableError("ceil_mode with spatial sizes that vary: padding that depends on them")
            needed = p
        after.append(max(needed, 0))
    return [*window.padding, *after]


def as_images(g: Graph, x: Value, dims: int, pool: Callable[[Any], Any]) -> Any:
    """A pool of `(B, C, *spatial)` on an input with other dimensions before the spatial ones."""
    before = x.shape[: x.ndim - dims]
    if len(before) == 2:
        return pool(x)
    if len(before) < 2:
        missing = g.axes(range(2 - len(before)))
        result = pool(g.Unsqueeze(x, missing))
        return (
            tuple([g.Squeeze(y, missing) for y in result]) if isinstance(result, tuple) else g.Squeeze(result, missing)
        )
    raise UntranslatableError(f"pooling of {x.ndim} dimensions, {dims} of them spatial; reshape it to (B, C, *spatial)")


@row
def max_pool(g: Graph, x: Value, *, window: Any, size: Sizes) -> Any:
    def pool(images: Any) -> Any:
        narrow = images if x.dtype.kind == "f" else g.cast(images, "float64")
        top = g.MaxPool(narrow, **geometry(window, pads(x, window, size)))
        return top if x.dtype.kind == "f" else g.cast(top, x.dtype)

    return as_images(g, x, len(size), pool)


def geometry(window: Any, padding: list[int]) -> dict[str, Any]:
    """A window's attributes."""
    return {
        "kernel_shape": window.kernel,
        "strides": window.stride,
        "pads": padding,
        "dilations": window.dilation if max(window.dilation) > 1 else None,  # which is newer than the operators
    }


@row
def max_pool_indices(g: Graph, x: Value, peak: Value, *, window: Any) -> Any:
    size = peak.shape[-len(window.kernel) :]
    spatial = [sample(n) for n in x.shape[-len(size) :]]
    if any(isinstance(n, Size) for n in x.shape[-len(size) :]):
        raise UntranslatableError("the places of maxima with spatial sizes that vary")

    def pool(images: Any) -> Any:
        narrow = images if x.dtype.kind == "f" else g.cast(images, "float64")
        _, places = g.MaxPool(narrow, outputs=2, **geometry(window, pads(x, window, size)))
        places.dtype = numpy.dtype("int64")
        return g.Mod(places, math.prod(spatial))  # ONNX counts through batch and channels too

    return as_images(g, x, len(size), pool)


@row
def avg_pool(g: Graph, x: Value, *, window: Any, size: Sizes, divisor: Any) -> Any:
    count = math.prod(window.kernel)
    if g.opset < 19 and max(window.dilation) > 1:
        raise UntranslatableError("means over dilated windows need opset_version=19")

    def pool(images: Any) -> Any:
        mean = g.AveragePool(images, count_include_pad=1, **geometry(window, pads(x, window, size)))
        if isinstance(divisor, Value):
            if divisor.array is None:
                raise UntranslatableError("windows over the edge with spatial sizes that vary")
            return g.Mul(mean, (count / divisor.array).astype(x.dtype))
        return mean if divisor == count else g.Mul(mean, count / divisor)

    return as_images(g, x, len(size), pool)
