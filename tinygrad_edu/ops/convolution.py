"""Convolution in any number of dimensions: three primitives, each the adjoint of the others in one of its inputs.

Settings are tuples with one number for each spatial dimension. Padding is with zeros, the same on both sides.
"""

from functools import lru_cache
from typing import Any

import numpy

from ..errors import ShapeError
from ..kernels.convolution import correlate, correlate_input, correlate_weight
from ..kernels.windows import Sizes, planar, planar_settings, reach
from ..primitive import primitive
from .reduction import sum

__all__ = ["conv", "conv_input", "conv_weight", "output_size"]


@lru_cache(4096)
def output_size(x: Sizes, w: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> Sizes:
    """The spatial sizes that conv gives for these shapes: (n + 2 padding - dilation (kernel - 1) - 1) // stride + 1.

    Raises:
        ShapeError: x and w do not fit each other or the settings, or no window fits into x.
    """
    if len(x) != len(w) or len(x) < 3:
        raise ShapeError(
            f"a convolution takes input (batch, channels, *sizes) and weight (out, channels / groups, *kernel) with "
            f"equally many dimensions, got input {x} and weight {w}"
        )
    if not len(x) - 2 == len(stride) == len(padding) == len(dilation):
        raise ShapeError(
            f"input {x} has {len(x) - 2} spatial dimensions and needs as many of stride, padding and dilation, "
            f"got {stride}, {padding} and {dilation}"
        )
    for name, setting, least in (("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)):
        if min(setting) < least:
            word = "non-positive" if least else "negative"
            raise ShapeError(f"{word} {name} is not supported: it must be {least} or more, got {name}={setting}")
    if groups < 1:
        raise ShapeError(f"groups must be 1 or more, got groups={groups}")
    if x[1] != w[1] * groups:
        raise ShapeError(
            f"weight {w} takes {w[1]} channels in each of {groups} groups, {w[1] * groups} in all, "
            f"but input {x} has {x[1]} channels"
        )
    if w[0] % groups:
        raise ShapeError(f"weight {w} has {w[0]} output channels, which {groups} groups do not divide evenly")
    padded = tuple(n + 2 * p for n, p in zip(x[2:], padding, strict=True))
    reaches = tuple(map(reach, w[2:], dilation))
    if min(x[2:]) < 1 or min(w[2:]) < 1 or any(n < r for n, r in zip(padded, reaches, strict=True)):
        raise ShapeError(
            f"the kernel of weight {w} spans {reaches} with dilation {dilation}, but input {x} with padding {padding} "
            f"is only {padded} large. Kernel size can't be greater than actual input size: take a smaller kernel or "
            "more padding"
        )
    return tuple((n - r) // s + 1 for n, r, s in zip(padded, reaches, stride, strict=True))


def check_output(y: Sizes, x: Sizes, w: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> None:
    """Raise a ShapeError unless y has the shape of conv's output for these shapes."""
    expected = (x[0], w[0], *output_size(x, w, stride, padding, dilation, groups))
    if y != expected:
        raise ShapeError(
            f"{y} is not the shape that input {x} and weight {w} give with stride={stride}, padding={padding}, "
            f"dilation={dilation}, groups={groups}: that is {expected}"
        )


@lru_cache(4096)
def grouped(x: Sizes, dim: int, groups: int) -> Sizes:
    """`(B, G * C, *spatial) -> (B, G, C, *spatial)` for dim = 1, `(G * O, C, *kernel) -> (G, O, C, *kernel)` for 0."""
    return *x[:dim], groups, x[dim] // groups, *x[dim + 1 : 2], *planar(x[2:], 1)


def seen(x: Any, dim: int, groups: int) -> Any:
    """An array as the kernels take it: BLAS has no float16, and its sums would lose digits."""
    return (x.astype("float32") if x.dtype.char == "e" else x).reshape(grouped(x.shape, dim, groups))


def blank(shape: Sizes, x: Any) -> Any:
    """An array to be written, of the dtype that x is computed in."""
    return numpy.empty(shape, "float32" if x.dtype.char == "e" else x.dtype)


# fused: added while a block is in the cache, the bias costs half of what a pass over the whole output would
@primitive(
    formula=r"\bar{x} = \mathrm{conv\_input}(\bar{y}, w),\ \bar{w} = \mathrm{conv\_weight}(\bar{y}, x),\ "
    r"\bar{b}_o = \sum_{n,i} \bar{y}_{noi}",
    promotion="common",
)
def conv(x: Any, w: Any, bias: Any = None, *, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int = 1) -> Any:
    """y[i] = sum over k of w[k] x[stride i + dilation k - padding] + bias, where x is zero outside.

    `x (B, C, *spatial), w (O, C / groups, *kernel), bias (O) -> (B, O, *out)`.
    """
    size = output_size(x.shape, w.shape, stride, padding, dilation, groups)
    if bias is not None:
        if bias.shape != w.shape[:1]:
            raise ShapeError(f"weight {w.shape} has {w.shape[0]} output channels, but bias has shape {bias.shape}")
        bias = bias.reshape(groups, -1, 1)
    y = blank((x.shape[0], w.shape[0], *size), x)
    arrays = seen(x, 1, groups), seen(w, 0, groups), seen(y, 1, groups)
    correlate(*arrays, *planar_settings(stride, padding, dilation), bias)
    return y.astype(x.dtype, copy=False)


@primitive(
    formula=r"\bar{y} = \mathrm{conv}(\bar{x}, w),\ \bar{w} = \mathrm{conv\_weight}(y, \bar{x})", promotion="common"
)
def conv_input(y: Any, w: Any, *, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int = 1) -> Any:
    """x[stride i + dilation k - padding] += w[k] y[i]: the adjoint of conv in x, also called transposed convolution.

    `y (B, O, *out), w (O, C / groups, *kernel) -> (B, C, *size)`.
    """
    shape = (y.shape[0], w.shape[1] * groups, *size)
    check_output(y.shape, shape, w.shape, stride, padding, dilation, groups)
    x = blank(shape, y)
    arrays = seen(y, 1, groups), seen(w, 0, groups), seen(x, 1, groups)
    correlate_input(*arrays, *planar_settings(stride, padding, dilation))
    return x.astype(y.dtype, copy=False)


@primitive(
    formula=r"\bar{y} = \mathrm{conv}(x, \bar{w}),\ \bar{x} = \mathrm{conv\_input}(y, \bar{w})", promotion="common"
)
def conv_weight(
    y: Any, x: Any, *, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int = 1
) -> Any:
    """w[k] = sum over the batch and i of y[i] x[stride i + dilation k - padding]: the adjoint of conv in w.

    `y (B, O, *out), x (B, C, *spatial) -> (O, C / groups, *kernel)`.
    """
    shape = (y.shape[1], x.shape[1] // groups, *kernel)
    check_output(y.shape, x.shape, shape, stride, padding, dilation, groups)
    w = blank(shape, y)
    arrays = seen(y, 1, groups), seen(x, 1, groups), seen(w, 0, groups)
    correlate_weight(*arrays, *planar_settings(stride, padding, dilation))
    return w.astype(y.dtype, copy=False)


conv.vjp(
    x=lambda g, w, x_shape, stride, padding, dilation, groups: conv_input(
        g, w, size=x_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    w=lambda g, x, w_shape, stride, padding, dilation, groups: conv_weight(
        g, x, kernel=w_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    bias=lambda g: sum(g, dim=(0, *range(2, g.ndim))),
)
conv_input.vjp(
    y=lambda g, w, stride, padding, dilation, groups: conv(
        g, w, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    w=lambda g, y, w_shape, stride, padding, dilation, groups: conv_weight(
        y, g, kernel=w_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
)
conv_weight.vjp(
    y=lambda g, x, stride, padding, dilation, groups: conv(
        x, g, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    x=lambda g, y, x_shape, stride, padding, dilation, groups: conv_input(
        y, g, size=x_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
)
