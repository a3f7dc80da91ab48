"""Convolution in NumPy: blocks of images that fit the cache, copied once per kernel column, then matrix products.

Copying out every window (im2col) moves each value once per kernel position, and that takes longer than the products.
Here a block is copied, padding included, once per kernel *column*, to `(m, G, C * columns, rows * width)`. The windows
of a kernel row are then a view of it, one that starts some rows further down, and BLAS takes it as it is.

Deep in a network images are small and weights large, and putting a weight into the order of its rows would take longer
than copying every window. There the images are taken for the rows of a single one, which a kernel of one row slides
over: nothing is put into order, and the products are few and large.

Shapes: B images, of which m in a block, G groups, C input and O output channels of a group. The first spatial dimension
is the rows, the others are the columns, so the same lines serve two dimensions and three. What is computed is written
to `out`, so that the caller owns it in the shape that it wants.
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
TURNED = 128  # numbers in a window from which on its products with a turned output pay for turning it


def correlate(
    x: Array, w: Array, out: Array, stride: Sizes, padding: Sizes, dilation: Sizes, bias: Array | None = None
) -> None:
    """out[i] = sum over k of w[k] x[stride i + dilation k - padding] + bias, where x is zero outside.

    `x (B, G, C, *spatial), w (G, O, C, *kernel), bias (G, O, 1) -> out (B, G, O, *size)`.
    """
    if are_small(len(x), out.shape[3:], w.shape[1]):
        x, w, out = as_rows(x), w[:, :, :, None], as_rows(out)
        stride, padding, dilation = (1, *stride), (0, *padding), (1, *dilation)
    rows = by_rows(w)
    taps = offsets(w.shape[3:], padding, dilation)
    for block, windows in blocks(x, w.shape[1], taps, out.shape[3:], stride):
        write_products(rows, windows, out[block], bias)


def are_small(images: int, size: Sizes, outputs: int) -> bool:
    """Whether images count as rows. Found by trying: the more images, the less a weight's order matters to each."""
    return min(images, 8) * prod(size) < 2 * outputs


def as_rows(images: Array) -> Array:
    """`(B, G, C, *spatial) -> (1, G, C, B, *spatial)`."""
    return images.transpose(1, 2, 0, *range(3, images.ndim))[None]


def by_rows(w: Array) -> Array:
    """The weight in the order of the kernel's rows; `(G, O, C, rows, *columns) -> (rows, G, O, C * columns)`."""
    rows = numpy.ascontiguousarray(w.transpose(3, 0, 1, 2, *range(4, w.ndim)))
    return rows.reshape(*rows.shape[:3], prod(rows.shape[3:]))


def write_products(rows: Array, windows: list[Array], out: Array, bias: Array | None = None) -> None:
    """out = the sum of the products of a kernel's rows with their windows, plus bias."""
    shape = *out.shape[:3], prod(out.shape[3:])
    direct = out[:1, :1, :1].flags.c_contiguous
    total = out.reshape(shape) if direct else numpy.empty(shape, out.dtype)
    numpy.matmul(rows[0], windows[0], out=total)
    if len(windows) > 1:
        term = numpy.empty(shape, out.dtype)
        for row, window in zip(rows[1:], windows[1:], strict=True):
            total += numpy.matmul(row, window, out=term)
    if bias is not None:
        total += bias
    if not direct:
        out[...] = total.reshape(out.shape)


def correlate_weight(y: Array, x: Array, out: Array, stride: Sizes, padding: Sizes, dilation: Sizes) -> None:
    """out[k] = sum over images and i of y[i] x[stride i + dilation k - padding]: the adjoint of `correlate` in w.

    `y (B, G, O, *size), x (B, G, C, *spatial) -> out (G, O, C, *kernel)`.
    """
    if are_small(len(x), y.shape[3:], y.shape[2]):
        y, x, out = as_rows(y), as_rows(x), out[:, :, :, None]
        stride, padding, dilation = (1, *stride), (0, *padding), (1, *dilation)
    y = numpy.ascontiguousarray(y)
    groups, outputs, channels, *kernel = out.shape
    # The order in which several rows come is the quicker one, but that of a single row is the weight's own.
    in_order = kernel[0] == 1
    shape = outputs, channels * prod(kernel[1:])
    rows = numpy.zeros((kernel[0], groups, *(shape if in_order else shape[::-1])), out.dtype)
    turn = not in_order and channels * prod(kernel) > TURNED
    for block, windows in blocks(x, outputs, offsets(out.shape[3:], padding, dilation), y.shape[3:], stride):
        part = y[block]
        part = part.reshape(*part.shape[:3], prod(part.shape[3:]))
        turned = part.swapaxes(-1, -2)
        if turn:
            turned = numpy.ascontiguousarray(turned)
        for row, window in zip(rows, windows, strict=True):
            row += (part @ window.swapaxes(-1, -2) if in_order else window @ turned).sum(axis=0)
    if in_order:
        out[...] = rows.reshape(out.shape)
    else:
        rows = rows.reshape(kernel[0], groups, channels, *kernel[1:], outputs)
        out[...] = rows.transpose(1, -1, 2, 0, *range(3, rows.ndim - 1))


def correlate_input(y: Array, w: Array, out: Array, stride: Sizes, padding: Sizes, dilation: Sizes) -> None:
    """out[stride i + dilation k - padding] = sum over i and k of y[i] w[k]: the adjoint of `correlate` in x.

    `y (B, G, O, *size), w (G, O, C, *kernel) -> out (B, G, C, *spatial)`. The positions of x that lie a stride apart
    meet the same taps of the kernel, so each such phase is a correlation of y, at stride 1, with those taps in reverse.
    """
    size = tuple([-(-n // s) for n, s in zip(out.shape[3:], stride, strict=True)])  # of the largest phase
    if are_small(len(y), size, w.shape[2]):
        y, w, out, size = as_rows(y), w[:, :, :, None], as_rows(out), (len(y), *size)
        stride, padding, dilation = (1, *stride), (0, *padding), (1, *dilation)
    rows, *columns = map(phases, w.shape[3:], out.shape[3:], stride, padding, dilation)
    if prod(map(len, (rows, *columns))) < prod(map(min, stride, out.shape[3:])):
        out[...] = 0  # the other phases
    w = w.swapaxes(1, 2)
    downs = tuple(sorted({down for phase in rows for down in phase.offsets}))
    for column in product(*columns):
        chosen: Index = (..., slice(None), *[phase.taps for phase in column])
        ordered = by_rows(w[chosen])
        parts: list[tuple[Array, Array, list[int]]] = []
        for row in rows:
            positions: Index = (..., row.positions, *[phase.positions for phase in column])
            parts.append((out[positions], ordered[row.taps], [downs.index(down) for down in row.offsets]))
        taps = downs, *[phase.offsets for phase in column]
        sizes = size[0], *[phase.size for phase in column]
        for block, windows in blocks(y, w.shape[1], taps, sizes, (1,) * len(sizes)):
            for part, weights, met in parts:
                here = part[block]
                n = prod(here.shape[3:])  # some phases have one row less
                write_products(weights, [windows[i][..., :n] for i in met], here)


@lru_cache(1024)
def offsets(kernel: Sizes, padding: Sizes, dilation: Sizes) -> tuple[Sizes, ...]:
    """How far from a window's place its taps lie, in each dimension."""
    return tuple(
        [tuple([d * k - p for k in range(taps)]) for taps, p, d in zip(kernel, padding, dilation, strict=True)]
    )


class Phase(NamedTuple):
    """Positions of one dimension that lie a stride apart, and the taps that they meet."""

    positions: slice
    size: int
    taps: slice
    offsets: Sizes  # at which they find y


@lru_cache(1024)
def phases(kernel: int, size: int, stride: int, padding: int, dilation: int) -> list[Phase]:
    """The phases of one dimension that meet a tap.

    Position r + stride t meets tap k where stride divides r + padding - dilation k, and finds y at
    t + (r + padding - dilation k) / stride.
    """
    every = stride // gcd(stride, dilation)  # from one of those taps to the next
    found = []
    for r in range(min(stride, size)):
        met = [k for k in range(kernel) if (r + padding - dilation * k) % stride == 0][::-1]
        if met:
            behind = tuple([(r + padding - dilation * k) // stride for k in met])
            found.append(
                Phase(slice(r, None, stride), len(range(r, size, stride)), slice(met[0], None, -every), behind)
            )
    return found


class Strip(NamedTuple):
    """Some rows of the output, and how to come by their windows in a block of images."""

    rows: slice
    buffers: list[Sizes]  # (G, C, columns, rows, *width) of each phase of the rows of x
    copies: list[tuple[int, Index, Index]]  # the buffer, where to in it, where from in x
    windows: list[tuple[int, slice]]  # the buffer and the part of its rows * width, for each kernel row


@lru_cache(1024)
def strips(shape: Sizes, outputs: int, taps: tuple[Sizes, ...], size: Sizes, stride: Sizes) -> tuple[int, list[Strip]]:
    """How many images make a block, and the strips of rows that its output is made in, one unless images are large."""
    images, groups, channels, height, *widths = shape
    downs, *kernel = taps
    columns, width = prod(map(len, kernel)), prod(size[1:])
    # Output rows are a stride apart in x: with the rows of x sorted by phase, those of a window are neighbours.
    starts = [divmod(down - downs[0], stride[0]) for down in downs]
    below = {phase: down for down, phase in starts}
    beyond = sum(below.values())
    copied = groups * channels * columns * width
    made = len(below) * copied + groups * outputs * width
    weight = groups * outputs * channels * columns * len(downs)
    block = max(BLOCK, weight)  # the weight passes through the cache for each
    rows = max(1, min(size[0], max(2 * beyond + 1, (block - beyond * copied) // max(1, made))))
    m = max(1, min(images, block // max(1, rows * made + beyond * copied)))

    across = [
        [inside(offset, s, count, n) for offset in along]
        for along, count, s, n in zip(kernel, size[1:], stride[1:], widths, strict=True)
    ]
    found = []
    for top in range(0, size[0], rows):
        here = min(rows, size[0] - top)
        buffers = [(groups, channels, columns, here + down, *size[1:]) for down in below.values()]
        copies = []
        for i, (phase, down) in enumerate(below.items()):
            to, source = inside(stride[0] * top + phase + downs[0], stride[0], here + down, height)
            for column, spans in enumerate(product(*across)):
                tos, sources = zip(*spans, strict=True)
                copies.append((i, (..., column, to, *tos), (..., source, *sources)))
        order = list(below)
        windows = [(order.index(phase), slice(down * width, (down + here) * width)) for down, phase in starts]
        found.append(Strip(slice(top, top + here), buffers, copies, windows))
    return m, found


def blocks(
    x: Array, outputs: int, taps: tuple[Sizes, ...], size: Sizes, stride: Sizes
) -> Iterator[tuple[Index, list[Array]]]:
    """Each block of the output as an index, and for each kernel row its windows `(m, G, C * columns, rows * width)`."""
    x = numpy.ascontiguousarray(x)
    images, groups, channels = x.shape[:3]
    if size == x.shape[3:] and prod(stride) == 1 and all(along == (0,) for along in taps):
        yield (...,), [x.reshape(images, groups, channels, prod(size))]
        return
    m, all_strips = strips(x.shape, outputs, taps, size, stride)
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
