"""Making any picture of a sign look like the ones a network was trained on: ink on empty paper, filling the frame."""

from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["fit_image", "resize"]

Pixels = NDArray[numpy.float32]

FAINT = 2 / 255  # a smaller range of brightness is a blank
INKED = 0.3  # the share of ink from which a pixel counts as part of the sign


def fit_image(pixels: Pixels, size: tuple[int, int], margin: int = 0) -> tuple[Pixels, list[str]]:
    """Ink from 0 to 1 in the size asked for, and what was done to the picture, in words; `(H, W) -> (h, w)`.

    The shade that is in most of the border is paper, whether dark or light; the range from there to the other end is
    stretched to [0, 1]. A picture of another size is cut to the square around its ink and resized; with a `margin` of
    so many pixels to all sides it is made smaller by them, and the centre of its mass put in the middle, as in MNIST.

    Raises:
        ValueError: the picture is blank.

    >>> import numpy
    >>> bar = numpy.ones((20, 30), numpy.float32)
    >>> bar[5:15, 12:17] = 0
    >>> fit_image(bar, (4, 4))[1]
    ['inverted (it is dark on light)', 'cut to its ink (30x20 to 10x10)', 'resized (10x10 to 4x4)']
    """
    low, high = float(pixels.min()), float(pixels.max())
    if high - low < FAINT:
        raise ValueError(f"the picture is blank: all of it has one shade, {100 * high:.0f} % white")
    done: list[str] = []
    ink = (pixels - low) / (high - low)
    border = numpy.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    if numpy.median(border) > 0.5:
        ink = 1 - ink
        done.append("inverted (it is dark on light)")
    if high - low < 0.9:
        done.append(f"contrast stretched ({100 * low:.0f}-{100 * high:.0f} % white to 0-100 %)")
    if ink.shape != size:
        cut = square_around_ink(ink)
        if cut.shape != ink.shape:
            done.append(f"cut to its ink ({told(ink)} to {told(cut)})")
        ink = resize(cut, (size[0] - 2 * margin, size[1] - 2 * margin)).astype(numpy.float32)
        ink /= ink.max()  # thin strokes fade when they are made small
        if ink.shape != cut.shape:
            done.append(f"resized ({told(cut)} to {told(ink)})")
        if margin:
            ink = centred(ink, margin)
            done.append(f"centred in {told(ink)}")
    return ink, done


def square_around_ink(ink: Pixels) -> Pixels:
    """The smallest square with all of the ink in its middle; paper where it reaches beyond the picture."""
    rows, columns = (numpy.flatnonzero((ink > INKED).any(axis)) for axis in (1, 0))
    top, left = rows[0], columns[0]
    height, width = rows[-1] + 1 - top, columns[-1] + 1 - left
    side = max(height, width)
    square = numpy.zeros((side, side), ink.dtype)
    y, x = (side - height) // 2, (side - width) // 2
    square[y : y + height, x : x + width] = ink[top : top + height, left : left + width]
    return square


def centred(ink: Pixels, margin: int) -> Pixels:
    """Paper around the ink, moved so that its centre of mass is in the middle, as far as the margin allows."""
    for axis, side in enumerate(ink.shape):
        mass = ink.sum(1 - axis)
        offset = (side - 1) / 2 - float((mass * numpy.arange(side)).sum() / mass.sum())
        move = min(max(round(offset), -margin), margin)
        paper = [(0, 0), (0, 0)]
        paper[axis] = (margin + move, margin - move)
        ink = numpy.pad(ink, paper)
    return ink


def resize(pixels: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Each pixel is the mean of the area that it covers; `(H, W) -> (h, w)`.

    >>> resize(numpy.eye(4), (2, 2)).tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    down, across = (cover(old, new) for old, new in zip(pixels.shape, size, strict=True))
    resized: NDArray[Any] = down @ pixels @ across.T
    return resized


def cover(old: int, new: int) -> NDArray[numpy.float64]:
    """What share of each of `new` equal lengths each of `old` covers; `(new, old)`, its rows sum to 1."""
    starts, begins = numpy.arange(new)[:, None] * old / new, numpy.arange(old)
    overlap = numpy.minimum(starts + old / new, begins + 1) - numpy.maximum(starts, begins)
    shares: NDArray[numpy.float64] = overlap.clip(0) * new / old
    return shares


def told(pixels: Pixels) -> str:
    """`30x20`: the width and height."""
    return f"{pixels.shape[1]}x{pixels.shape[0]}"
