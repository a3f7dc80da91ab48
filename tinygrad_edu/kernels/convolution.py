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

from collections.abc import Iterator, Sequence
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
TURNED = 128  # values in a window, and a quarter as many output channels, from which on turning an output pays for BLAS


def correlate(
    x: Array, w: Array, out: Array, stride: Sizes, padding: Sizes, dilation: Sizes, bias: Array | None = None
) -> None:
    """out[i] = sum over k of w[k] x[stride i + dilation k - padding] + bias, where x is zero outside.

    `x (B, G, C, *spatial), w (G, O, C, *kernel), bias (G, O, 1) -> out (B, G, O, *size)`.
    """
    if are_small(len(x), out.shape[3:], w.shape[1]):
        x, w, out = as_rows(x), w[:, :, :, None], as_rows(out)
        stride, padding, dilation = (1, *stride), (0, *padding), (1, *dilation)
    in_order = w.shape[3] == 1
    rows = by_rows(w, in_order)
    taps = offsets(w.shape[3:], padding, dilation)
    for block, windows in blocks(x, w.shape[1], taps, out.shape[3:], stride, in_order):
        write_products(rows, windows, out[block], bias)


def are_small(images: int, size: Sizes, outputs: int) -> bool:
    """Whether images count as rows. Found by trying: the more images, the less a weight's order matters to each."""
    return min(images, 8) * prod(size) < 2 * outputs


def as_rows(images: Array) -> Array:
    """`(B, G, C, *spatial) -> (1, G, C, B, *spatial)`."""
    return images.transpose(1, 2, 0, *range(3, images.ndim))[None]


def by_rows(w: Array, in_order: bool) -> Array:
    """The weight row by row, channels last or in order; `(G, O, C, rows, *columns) -> (rows, G, O, C * columns)`.

    With channels last few long rows of numbers are copied instead of many that are as short as a kernel, and in memory
    the outputs come last of all, as BLAS likes it best.
    """
    if in_order:
        rows = w.transpose(3, 0, 1, 2, *range(4, w.ndim))
        return rows.reshape(*rows.shape[:3], prod(rows.shape[3:]))
    rows = numpy.ascontiguousarray(w.transpose(3, 0, *range(4, w.ndim), 2, 1))
    return rows.reshape(*rows.shape[:2], prod(rows.shape[2:-1]), rows.shape[-1]).swapaxes(-1, -2)


def write_products(rows: Array, windows: list[Array], out: Array, bias: Array | None = None) -> None:
    """out = the sum of the products of a kernel's rows with their windows, plus bias; windows beyond out are left."""
    shape = *out.shape[:3], prod(out.shape[3:])
    if shape[3] < windows[0].shape[3]:
        windows = [window[..., : shape[3]] for window in windows]
    direct = out[:1, :1, :1].flags.c_contiguous
    total = out.reshape(shape) if direct else numpy.empty(shape, out.dtype)
    numpy.matmul(rows[0], windows[0], total)
    if len(windows) > 1:
        term = numpy.empty(shape, out.dtype)
        for row, window in zip(rows[1:], windows[1:], strict=True):
            total += numpy.matmul(row, window, term)
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
    size = channels * prod(kernel[1:])
    # The order in which several rows come is the quicker one, but that of a single row is the weight's own.
    in_order = kernel[0] == 1
    turn = not in_order and min(4 * outputs, kernel[0] * size) >= TURNED
    rows = numpy.zeros((kernel[0], groups, *((outputs, size) if in_order else (size, outputs))), out.dtype)
    taps = offsets(out.shape[3:], padding, dilation)
    for block, windows in blocks(x, outputs, taps, y.shape[3:], stride, in_order):
        part = y[block]
        part = part.reshape(*part.shape[:3], prod(part.shape[3:]))
        turned = part.swapaxes(-1, -2)
        if turn:
            turned = numpy.ascontiguousarray(turned)
        for row, window in zip(rows, windows, strict=True):
            terms = part @ window.swapaxes(-1, -2) if in_order else window @ turned
            row += terms[0] if len(terms) == 1 else terms.sum(axis=0)
    if in_order:
        out[...] = rows.reshape(out.shape)
    else:
        rows = rows.reshape(kernel[0], groups, *kernel[1:], channels, outputs)
        out[...] = rows.transpose(1, -1, -2, 0, *range(2, rows.ndim - 2))


def correlate_input(y: Array, w: Array, out: Array, stride: Sizes, padding: Sizes, dilation: Sizes) -> None:
    """out[stride i + dilation k - padding] = sum over i and k of y[i] w[k]: the adjoint of `correlate` in x.

    `y (B, G, O, *size), w (G, O, C, *kernel) -> out (B, G, C, *spatial)`. The positions of x that lie a stride apart
    meet the same taps of the kernel, so each such phase is a correlation of y, at stride 1, with those taps in reverse.
    """
    size = tuple([-(-n // s) for n, s in zip(out.shape[3:], stride, strict=True)])  # of the largest phase
    if are_small(len(y), size, w.shape[2]):
        y, w, out = as_rows(y), w[:, :, :, None], as_rows(out)
        stride, padding, dilation = (1, *stride), (0, *padding), (1, *dilation)
    columns = spread(w.shape[3:], out.shape[3:], stride, padding, dilation)
    if sum([len(column.parts) for column in columns]) < prod(map(min, stride, out.shape[3:])):
        out[...] = 0  # the phases that meet no tap
    w = w.swapaxes(1, 2)
    for column in columns:
        ordered = by_rows(w[column.chosen], in_order=False)
        parts = [(out[positions], ordered[taps], met) for positions, taps, met in column.parts]
        for block, windows in blocks(y, w.shape[1], column.offsets, column.size, (1,) * len(stride), False):
            for part, rows, met in parts:
                write_products(rows, [windows[i] for i in met], part[block])


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


class Spread(NamedTuple):
    """A phase of the columns with all phases of the rows, which share windows of y."""

    chosen: Index  # its taps in a weight
    offsets: tuple[Sizes, ...]
    size: Sizes
    parts: list[tuple[Index, slice, list[int]]]  # for each phase of the rows: positions, taps, which rows of windows


@lru_cache(1024)
def spread(kernel: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> list[Spread]:
    """The phases that meet a tap."""
    rows, *columns = map(phases, kernel, size, stride, padding, dilation)
    downs = tuple(sorted({down for row in rows for down in row.offsets}))
    found: list[Spread] = []
    for column in product(*columns) if rows else ():
        parts: list[tuple[Index, slice, list[int]]] = []
        for row in rows:
            positions = (..., row.positions, *[phase.positions for phase in column])
            parts.append((positions, row.taps, [downs.index(down) for down in row.offsets]))
        chosen = (..., slice(None), *[phase.taps for phase in column])
        taps = downs, *[phase.offsets for phase in column]
        found.append(Spread(chosen, taps, (rows[0].size, *[phase.size for phase in column]), parts))
    return found


class Buffer(NamedTuple):
    """A copy of some rows of x, a stride apart: its shapes, after the images, and what is written where in it."""

    shape: Sizes  # (G, *columns, C, rows, *width), or in order, (G, C, *columns, rows, *width)
    to: Sizes  # as it is copied to: the same, or with rows * width as one dimension
    windows: Sizes  # (G, C * columns, rows * width)
    padding: list[Index]  # places that are 0
    copies: list[tuple[Index, Index]]  # places, and where from in x
    wrapped: list[Index]  # places that are 0, although something is copied to them


class Strip(NamedTuple):
    """Some rows of the output, and how to come by their windows in a block of images."""

    rows: slice
    x: Sizes  # the shape in which it is copied from
    buffers: list[Buffer]
    windows: list[tuple[int, slice]]  # the buffer and the part of its rows * width, for each kernel row


@lru_cache(1024)
def strips(
    shape: Sizes, outputs: int, taps: tuple[Sizes, ...], size: Sizes, stride: Sizes, in_order: bool
) -> tuple[int, list[Strip]]:
    """How many images make a block, and the strips of rows that its output is made in, one unless images are large.

    None where nothing is to be copied: x is its own windows.
    """
    images, groups, channels, height, *widths = shape
    downs, *across = taps
    if size == shape[3:] and prod(stride) == 1 and not any(map(any, taps)) and prod(map(len, taps)) == 1:
        return 0, []
    kernel, width = list(map(len, across)), prod(size[1:])
    # Output rows are a stride apart in x: with the rows of x sorted by phase, those of a window are neighbours.
    starts = [divmod(down - downs[0], stride[0]) for down in downs]
    below = {phase: down for down, phase in starts}
    beyond = sum(below.values())
    copied = groups * channels * prod(kernel) * width
    made = len(below) * copied + groups * outputs * width
    weight = groups * outputs * channels * prod(kernel) * len(downs)
    # for each block the weight, or the gradients of it that the images give, pass through the cache too
    block = max(BLOCK - 3 * weight, BLOCK // 2, weight)
    rows = max(1, min(size[0], max(2 * beyond + 1, (block - beyond * copied) // max(1, made))))
    m = max(1, min(images, block // max(1, rows * made + beyond * copied)))

    flat = prod(stride) == 1 and size[1:] == shape[4:]
    every = [slice(None)] * len(widths)
    found = []
    for top in range(0, size[0], rows):
        here = min(rows, size[0] - top)
        buffers = []
        for phase, down in below.items():
            to, source = inside(stride[0] * top + phase + downs[0], stride[0], here + down, height)
            columns = (groups, channels, *kernel) if in_order else (groups, *kernel, channels)
            span = here + down, *size[1:]
            windows = groups, channels * prod(kernel), prod(span)
            if flat:
                padding: list[Index] = [(..., part, *every) for part in beside(to, here + down)]
                copies = shifted(to, source, across, shape[3:], in_order), wrapped(across, widths, in_order)
                buffers.append(Buffer((*columns, *span), (*columns, prod(span)), windows, padding, *copies))
            else:
                copies = picked(to, source, across, size[1:], stride[1:], widths, in_order), []
                buffers.append(Buffer((*columns, *span), (*columns, *span), windows, [(...,)], *copies))
        order = list(below)
        places = [(order.index(phase), slice(down * width, (down + here) * width)) for down, phase in starts]
        seen = (prod(shape[3:]),) if flat else shape[3:]
        found.append(Strip(slice(top, top + here), (groups, channels, *seen), buffers, places))
    return m, found


def beside(part: slice, size: int) -> list[slice]:
    """What of range(size) lies before and behind a part of it."""
    return [some for some in (slice(0, part.start), slice(part.stop, size)) if some.start < some.stop]


def place(column: Sequence[Any], parts: Sequence[Any], in_order: bool) -> Index:
    """Parts of the last dimensions of a column of a buffer."""
    return (..., *column, *parts) if in_order else (slice(None), slice(None), *column, ..., *parts)


def picked(
    to: slice,
    source: slice,
    across: Sequence[Sizes],
    size: Sizes,
    stride: Sizes,
    widths: Sequence[int],
    in_order: bool,
) -> list[tuple[Index, Index]]:
    """For each column, where to and where from it is copied."""
    spans = [
        [(k, *inside(offset, s, count, n)) for k, offset in enumerate(along)]
        for along, s, count, n in zip(across, stride, size, widths, strict=True)
    ]
    found: list[tuple[Index, Index]] = []
    for column in product(*spans):
        taps, parts, theirs = zip(*column, strict=True)
        found.append((place(taps, (to, *parts), in_order), (..., source, *theirs)))
    return found


def shifted(
    to: slice, source: slice, across: Sequence[Sizes], sizes: Sizes, in_order: bool
) -> list[tuple[Index, Index]]:
    """The same where columns are as wide as x: all rows at once as they lie in memory, in a quarter of the time.

    What is shifted over the end of a row comes to the start of the next one, see `wrapped`.
    """
    widths = sizes[1:]
    width = prod(widths)
    found: list[tuple[Index, Index]] = []
    for column in product(*map(enumerate, across)):
        shift = 0
        for (_, offset), n in zip(column, widths, strict=True):
            shift = shift * n + offset
        part, there = inside(source.start * width + shift, 1, (to.stop - to.start) * width, prod(sizes))
        part = slice(to.start * width + part.start, to.start * width + part.stop)
        found.append((place([k for k, _ in column], (part,), in_order), (..., there)))
    return found


def wrapped(across: Sequence[Sizes], widths: Sequence[int], in_order: bool) -> list[Index]:
    """Where shifted rows of x hold what lies beyond the ends of the row: zeros belong there."""
    found: list[Index] = []
    for dim, (along, n) in enumerate(zip(across, widths, strict=True)):
        for k, offset in enumerate(along):
            for part in beside(inside(offset, 1, n, n)[0], n):
                column, ends = [slice(None)] * len(widths), [slice(None)] * len(widths)
                column[dim], ends[dim] = slice(k, k + 1), part
                found.append(place(column, (slice(None), *ends), in_order))
    return found


def blocks(
    x: Array, outputs: int, taps: tuple[Sizes, ...], size: Sizes, stride: Sizes, in_order: bool
) -> Iterator[tuple[Any, list[Array]]]:
    """Each block of the output as an index, and for each kernel row its windows `(m, G, C * columns, rows * width)`."""
    x = numpy.ascontiguousarray(x)
    images = len(x)
    m, all_strips = strips(x.shape, outputs, taps, size, stride, in_order)
    if not m:
        yield slice(None), [x.reshape(images, *x.shape[1:3], prod(size))]
    for strip in all_strips:
        seen = x.reshape(images, *strip.x)
        copies: list[tuple[Array, Index]] = []
        wiped: list[Array] = []
        flat: list[Array] = []
        for buffer in strip.buffers:
            memory = numpy.empty((m, *buffer.shape), x.dtype)
            for part in buffer.padding:
                memory[part] = 0
            to = memory.reshape(m, *buffer.to)
            copies += [(to[part], source) for part, source in buffer.copies]
            wiped += [memory[part] for part in buffer.wrapped]
            flat.append(memory.reshape(m, *buffer.windows))
        windows = [flat[i][..., part] for i, part in strip.windows]
        for first in range(0, images, m):
            block = seen[first : first + m]
            count = len(block)
            if count < m:  # the last ones
                copies = [(part[:count], source) for part, source in copies]
                wiped, windows = ([part[:count] for part in parts] for parts in (wiped, windows))
            for target, source in copies:
                target[...] = block[source]
            for target in wiped:
                target.fill(0)
            yield (slice(first, first + m), slice(None), slice(None), strip.rows), windows
