"""How a convolution becomes one product: the windows of an image, unfolded into the columns of a matrix."""

from collections.abc import Sequence
from typing import Any

import numpy

from ...extras import require
from ...functions.creation import tensor
from ...nn.functional import unfold
from .canvas import COLOURS, axes, bare, finite_range, numbers

__all__ = ["im2col"]

GAP = 2.5  # between the image and the matrix, in pixels of the image
WRITTEN = 400  # numbers up to which each is written


def im2col(
    picture: Any,
    kernel_size: int,
    *,
    stride: int = 1,
    padding: int = 0,
    marked: Sequence[int] | None = None,
    ax: Any = None,
) -> Any:
    """An image `(H, W)` with its padding, and the matrix of its windows: a column for each place of the kernel.

    A window and its column are framed in one colour; `marked` are the numbers of those to frame, by default the first,
    one in the middle and the last. Whole numbers are written where there is room for them.

    Raises:
        ValueError: the image has not two dimensions, the kernel does not fit into it, or there is no such window.
    """
    x = numbers(picture, "the picture", 2).astype(numpy.float64)
    framed = numpy.pad(x, padding)
    height, width = framed.shape
    if not 1 <= kernel_size <= min(height, width):
        raise ValueError(f"a window of {kernel_size}x{kernel_size} does not fit into {height}x{width}")
    columns = unfold(tensor(framed[None, None]), kernel_size, stride=stride)[0].numpy()
    rows, places = columns.shape
    chosen = sorted({0, places // 2, places - 1}) if marked is None else list(marked)
    if len(chosen) > len(COLOURS) or not all(0 <= place < places for place in chosen):
        raise ValueError(f"marked takes up to {len(COLOURS)} numbers from 0 to {places - 1}, got {marked}")
    tall = max(height, rows)
    left, top, below = width + GAP, (tall - height) / 2, (tall - rows) / 2
    across = left + places
    ax = axes(ax, min(max(0.3 * across, 3.0), 10.0), min(max(0.3 * tall + 0.5, 1.5), 8.0))
    low, high = min(finite_range(x)[0], 0.0), max(finite_range(x)[1], 1e-6)
    for table, extent in ((framed, (0, width, top + height, top)), (columns, (left, across, below + rows, below))):
        ax.imshow(table, "Greys", vmin=low, vmax=high, extent=extent)
    rectangle = require("matplotlib.patches", "viz", "drawing windows").Rectangle

    def frame(corner: tuple[float, float], size: tuple[float, float], **look: Any) -> None:
        ax.add_patch(rectangle(corner, *size, fill=False, **look))

    frame((0, top), (width, height), edgecolor="0.5", linewidth=0.8)
    frame((left, below), (places, rows), edgecolor="0.5", linewidth=0.8)
    if padding:
        inner = (x.shape[1], x.shape[0])
        frame((padding, top + padding), inner, edgecolor="0.5", linewidth=1, linestyle=":")
    per_row = (width - kernel_size) // stride + 1
    for colour, place in zip(COLOURS, chosen, strict=False):
        down, right = (stride * steps for steps in divmod(place, per_row))
        frame((right, top + down), (kernel_size, kernel_size), edgecolor=colour, linewidth=2.5)
        frame((left + place, below), (1, rows), edgecolor=colour, linewidth=2.5)
    if framed.size + columns.size <= WRITTEN and (x == x.round()).all() and abs(x).max() < 100:
        for table, (from_left, from_top) in ((framed, (0.0, top)), (columns, (left, below))):
            for (row, column), value in numpy.ndenumerate(table):
                shade = (value - low) / (high - low)
                ax.text(
                    from_left + column + 0.5, from_top + row + 0.5, f"{value:g}",
                    ha="center", va="center", fontsize=7, color="white" if shade > 0.5 else "black",
                )  # fmt: skip
    ax.text(width / 2, top + height + 0.3, f"image, {height}x{width}", ha="center", va="top", fontsize=8)
    ax.text(left + places / 2, below + rows + 0.3, f"matrix, {rows}x{places}", ha="center", va="top", fontsize=8)
    ax.annotate("", (left - 0.4, tall / 2), (width + 0.4, tall / 2), arrowprops={"arrowstyle": "->", "color": "0.5"})
    ax.set_xlim(-0.2, across + 0.2)
    ax.set_ylim(tall + 1.5, -0.2)
    ax.set_aspect("equal")
    bare(ax)
    return ax.get_figure()
