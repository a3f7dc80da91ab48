"""Convolution in NumPy: blocks of images that fit the cache, copied once per kernel column, then matrix products.

Copying out every window (im2col) moves each value once per kernel position, and that takes longer than the products.
Here a block is copied, padding included, once per kernel *column*, to `(m, G, C * columns, rows * width)`. The windows
of a kernel row are then a view of it, one that starts some rows further down, and BLAS takes it as it is.

Deep in a network images are small and weights large, and putting a weight into the order of its rows would take longer
than copying every window. There the images are taken for the rows of a single one, which a kernel of one row slides
over: nothing is put into order, and the products are few and large.

Shapes: B images, of which m in a block, G groups, C input and O output channels of a group. The first spatial dimension
is the rows, the others are the columns, so the same lines serve two dimensions and three.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from math import gcd, prod
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

from .windows import Sizes, inside

__all__ = ["correlate", "correlate_input", "correlate_weight"]

Array = NDArray[Any]
Index = tuple[Any, ...]

BLOCK = 3 << 16  # numbers in a block and its output, so that they stay in a core's L2 cache


def correlate(
    x: Array, w: Array, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, bias: Array | None = None
) -> Array:
    """y[i] = sum over k of w[k] x[stride i + dilation k - padding] + bias, where x is zero outside; padding < 0 crops.

    `x (B, G, C, *spatial), w (G, O, C, *kernel), bias (G, O, 1) -> (B, G, O, *size)`.
    """
    if are_small(len(x), size, w.shape[1]):
        settings = (len(x), *size), (1, *stride), (0, *padding), (1, *dilation)
        y = correlate_rows(as_rows(x), w[:, :, :, None], *settings, bias)
        return numpy.ascontiguousarray(y[0].transpose(2, 0, 1, *range(3, x.ndim)))
    return correlate_rows(x, w, size, stride, padding, dilation, bias)


def are_small(images: int, size: Sizes, outputs: int) -> bool:
    """Whether images count as rows. Found by trying: the more images, the less a weight's order matters to each."""
    return min(images, 8) * prod(size) < 2 * outputs


def as_rows(images: Array) -> Array:
    """`(B, G, C, *spatial) -> (1, G, C, B, *spatial)`."""
    return images.transpose(1, 2, 0, *range(3, images.ndim))[None]


def correlate_rows(
    x: Array, w: Array, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, bias: Array | None
) -> Array:
    """`correlate`, the rows of whose kernel are taken one by one."""
    x = numpy.ascontiguousarray(x)
    groups, outputs, channels, *kernel = w.shape
    y = numpy.empty((len(x), groups, outputs, *size), x.dtype)
    rows = numpy.ascontiguousarray(w.transpose(3, 0, 1, 2, *range(4, w.ndim)))
    rows = rows.reshape(kernel[0], groups, outputs, channels * prod(kernel[1:]))
    for block, windows in blocks(x, outputs, tuple(kernel), size, stride, padding, dilation):
        part = y[block]
        part = part.reshape(*part.shape[:3], prod(part.shape[3:]))
        numpy.matmul(rows[0], windows[0], out=part)
        if len(windows) > 1:
            term = numpy.empty(part.shape, part.dtype)
            for row, window in zip(rows[1:], windows[1:], strict=True):
                part += numpy.matmul(row, window, out=term)
        if bias is not None:
            part += bias
    return y


def correlate_weight(y: Array, x: Array, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Array:
    """w[k] = sum over images and i of y[i] x[stride i + dilation k - padding]: the adjoint of `correlate` in w.

    `y (B, G, O, *size), x (B, G, C, *spatial) -> (G, O, C, *kernel)`.
    """
    if are_small(len(x), y.shape[3:], y.shape[2]):
        settings = (1, *kernel), (1, *stride), (0, *padding), (1, *dilation)
        return correlate_weight_rows(as_rows(y), as_rows(x), *settings)[:, :, :, 0]
    return correlate_weight_rows(y, x, kernel, stride, padding, dilation)


def correlate_weight_rows(y: Array, x: Array, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Array:
    """`correlate_weight`, the rows of whose kernel are taken one by one."""
    x, y = numpy.ascontiguousarray(x), numpy.ascontiguousarray(y)
    (_, groups, outputs, *size), channels = y.shape, x.shape[2]
    # The order in which several rows come is the quicker one, but that of a single row is the weight's own.
    in_order = kernel[0] == 1
    shape = outputs, channels * prod(kernel[1:])
    rows = numpy.zeros((kernel[0], groups, *(shape if in_order else shape[::-1])), x.dtype)
    for block, windows in blocks(x, outputs, kernel, tuple(size), stride, padding, dilation):
        part = y[block]
        part = part.reshape(*part.shape[:3], prod(part.shape[3:]))
        for row, window in zip(rows, windows, strict=True):
            row += (part @ window.swapaxes(-1, -2) if in_order else window @ part.swapaxes(-1, -2)).sum(axis=0)
    if in_order:
        return rows.reshape(groups, outputs, channels, *kernel)
    rows = rows.reshape(kernel[0], groups, channels, *kernel[1:], outputs)
    return numpy.ascontiguousarray(rows.transpose(1, -1, 2, 0, *range(3, rows.ndim - 1)))


def correlate_input(y: Array, w: Array, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Array:
    """x[stride i + dilation k - padding] += y[i] w[k] over all i and k: the adjoint of `correlate` in x.

    `y (B, G, O, *out), w (G, O, C, *kernel) -> (B, G, C, *size)`. The positions of x that lie a stride apart meet the
    same taps of the kernel, so each such phase is a correlation of y, at stride 1, with those taps in reverse.
    """
    dims = len(size)
    ones = (1,) * dims
    backwards: Index = (..., *[slice(None, None, -1)] * dims)

    def values(taps: Index, counts: Sizes, paddings: Sizes, dilations: Sizes) -> Array:
        return correlate(y, w[(..., *taps)][backwards].swapaxes(1, 2), counts, ones, paddings, dilations)

    found = [zip(*phase, strict=True) for phase in product(*map(phases, w.shape[3:], size, stride, padding, dilation))]
    if stride == ones:
        ((_, *only),) = found
        return values(*only)
    x = numpy.zeros((len(y), w.shape[0], w.shape[2], *size), y.dtype)
    for places, *phase in found:
        x[(..., *places)] = values(*phase)
    return x


Phase = tuple[slice, slice, int, int, int]


@lru_cache(1024)
def phases(kernel: int, size: int, stride: int, padding: int, dilation: int) -> list[Phase]:
    """For each phase r of one dimension that meets a tap: positions of x, taps, and their correlation's settings.

    Position r + stride t meets tap k where stride divides r + padding - dilation k, and finds y at
    t + (r + padding - dilation k) / stride. Those taps are k0, k0 + every, ..., a step apart in y.
    """
    every, step = stride // gcd(stride, dilation), dilation // gcd(stride, dilation)
    found = []
    for r, k0 in product(range(min(stride, size)), range(min(every, kernel))):
        behind, remainder = divmod(r + padding - dilation * k0, stride)
        if remainder == 0:
            others = (kernel - 1 - k0) // every
            count = len(range(r, size, stride))
            found.append((slice(r, None, stride), slice(k0, None, every), count, step * others - behind, step))
    return found


class Strip(NamedTuple):
    """Some rows of the output, and how to come by their windows in a block of images."""

    rows: slice
    buffers: list[Sizes]  # (G, C, columns, rows, *width) of each phase of the rows of x
    copies: list[tuple[int, Index, Index]]  # the buffer, where to in it, where from in x
    windows: list[tuple[int, slice]]  # the buffer and the part of its rows * width, for each kernel row


@lru_cache(1024)
def strips(
    shape: Sizes, outputs: int, kernel: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> tuple[int, list[Strip]]:
    """How many images make a block, and the strips of rows that its output is made in, one unless images are large."""
    images, groups, channels, height, *widths = shape
    columns, width = prod(kernel[1:]), prod(size[1:])
    # Output rows are a stride apart in x: with the rows of x sorted by phase, those of a window are neighbours.
    starts = [divmod(dilation[0] * k, stride[0]) for k in range(kernel[0])]
    below = {phase: down for down, phase in starts}
    beyond = sum(below.values())
    copied = groups * channels * columns * width
    made = len(below) * copied + groups * outputs * width
    block = max(BLOCK, groups * outputs * channels * prod(kernel))  # the weight passes through the cache for each
    rows = max(1, min(size[0], max(2 * beyond + 1, (block - beyond * copied) // max(1, made))))
    m = max(1, min(images, block // max(1, rows * made + beyond * copied)))

    across = [
        [inside(d * k - p, s, count, n) for k in range(taps)]
        for taps, count, s, p, d, n in zip(
            kernel[1:], size[1:], stride[1:], padding[1:], dilation[1:], widths, strict=True
        )
    ]
    found = []
    for top in range(0, size[0], rows):
        here = min(rows, size[0] - top)
        buffers = [(groups, channels, columns, here + down, *size[1:]) for down in below.values()]
        copies = []
        for i, (phase, down) in enumerate(below.items()):
            to, source = inside(stride[0] * top + phase - padding[0], stride[0], here + down, height)
            for column, spans in enumerate(product(*across)):
                tos, sources = zip(*spans, strict=True)
                copies.append((i, (..., column, to, *tos), (..., source, *sources)))
        order = list(below)
        windows = [(order.index(phase), slice(down * width, (down + here) * width)) for down, phase in starts]
        found.append(Strip(slice(top, top + here), buffers, copies, windows))
    return m, found


def blocks(
    x: Array, outputs: int, kernel: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Iterator[tuple[Index, list[Array]]]:
    """Each block of the output as an index, and for each kernel row its windows `(m, G, C * columns, rows * width)`."""
    images, groups, channels = x.shape[:3]
    if prod(kernel) == prod(stride) == 1 and not any(padding) and size == x.shape[3:]:
        yield (...,), [x.reshape(images, groups, channels, prod(size))]
        return
    m, all_strips = strips(x.shape, outputs, kernel, size, stride, padding, dilation)
    for strip in all_strips:
        buffers = [numpy.zeros((m, *shape), x.dtype) for shape in strip.buffers]
        copies = [(buffers[i][to], source) for i, to, source in strip.copies]
        flat = [buffer.reshape(m, groups, prod(buffer.shape[2:4]), prod(buffer.shape[4:])) for buffer in buffers]
        windows = [flat[i][..., part] for i, part in strip.windows]
        for first in range(0, images, m):
            block = x[first : first + m]
            count = len(block)
            for buffer, source in copies:
                buffer[:count] = block[source]
            index = (slice(first, first + count), slice(None), slice(None), strip.rows)
            yield index, windows if count == m else [window[:count] for window in windows]
