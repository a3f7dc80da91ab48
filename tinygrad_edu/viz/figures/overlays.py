"""What was found in an image, drawn over it: boxes and masks."""

from collections.abc import Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from ...extras import require
from .canvas import COLOURS, axes, bare, numbers

__all__ = ["boxes", "masks"]

SHADE = 0.45  # of a mask's colour over the picture


def boxes(picture: Any, found: Any, *, labels: Sequence[str] | None = None, scores: Any = None, ax: Any = None) -> Any:
    """An image `(H, W)`, `(1, H, W)` or `(3, H, W)` and over it boxes `(N, 4)`: left, top, right, bottom, in pixels.

    A box has its label and score, from 0 to 1, above it; boxes of one label share a colour.

    Raises:
        ValueError: the shapes are not these, or there are not as many labels or scores as boxes.
    """
    ax = show(picture, ax)
    corners = numbers(found, "boxes", 2) if len(found) else numpy.zeros((0, 4))
    if corners.shape[1] != 4:
        raise ValueError(f"boxes are (N, 4): left, top, right, bottom; got {corners.shape}")
    chances = None if scores is None or not len(found) else numbers(scores, "scores", 1)
    for given, what in ((labels, "labels"), (chances, "scores")):
        if given is not None and len(given) != len(corners):
            raise ValueError(f"there are {len(corners)} boxes and {len(given)} {what}")
    kinds = sorted(set(labels or ()))
    rectangle = require("matplotlib.patches", "viz", "drawing boxes").Rectangle
    for i, (left, top, right, bottom) in enumerate(corners):
        colour = COLOURS[(1 + kinds.index(labels[i])) % len(COLOURS)] if labels is not None else COLOURS[1]
        ax.add_patch(rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour, linewidth=1.5))
        words = [str(labels[i])] if labels is not None else []
        words += [f"{chances[i]:.2f}"] if chances is not None else []
        if words:
            frame = {"facecolor": colour, "edgecolor": "none", "pad": 1}
            text = " ".join(words)
            ax.text(left, top, text, color="white", fontsize=7, va="bottom", bbox=frame, clip_on=True)
    return ax.get_figure()


def masks(picture: Any, found: Any, *, ax: Any = None) -> Any:
    """An image and over it masks: labels `(H, W)` with 0 for the background, or one `(N, H, W)` of bool for each.

    Neighbouring numbers get different colours.

    Raises:
        ValueError: the masks have not the size of the image.
    """
    ax = show(picture, ax)
    marked = numbers(found, "masks", 2, 3)
    size = numbers(picture, "the picture", 2, 3).shape[-2:]
    if marked.shape[-2:] != size:
        raise ValueError(f"the picture is {size} and the masks are {marked.shape}")
    if marked.ndim == 3:
        layers: list[NDArray[Any]] = [layer > 0 for layer in marked]
    else:
        layers = [(marked % len(COLOURS) == k % len(COLOURS)) & (marked > 0) for k in range(1, len(COLOURS) + 1)]
    colours = require("matplotlib.colors", "viz", "drawing masks")
    for k, layer in enumerate(layers):
        shade = numpy.zeros((*size, 4))
        shade[layer] = colours.to_rgba(COLOURS[(k + 1) % len(COLOURS)], SHADE)
        ax.imshow(shade, interpolation="nearest")
    return ax.get_figure()


def show(picture: Any, ax: Any) -> Any:
    """The picture on axes of its own shape."""
    x = numbers(picture, "the picture", 2, 3)
    if x.ndim == 3:
        if x.shape[0] not in (1, 3):
            raise ValueError(f"a picture is (H, W), (1, H, W) or (3, H, W), got {x.shape}")
        x = x[0] if x.shape[0] == 1 else x.transpose(1, 2, 0)
    ax = axes(ax, 4.0, 4.0 * x.shape[0] / x.shape[1])
    ax.imshow(x, "gray", interpolation="nearest")
    bare(ax)
    return ax
