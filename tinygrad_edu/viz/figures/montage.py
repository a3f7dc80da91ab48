"""Many small pictures in one: images with their labels, filters, feature maps, a walk through a latent space."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from ...extras import require
from ...functions.creation import tensor
from .canvas import CORRECT, SIDE, WRONG, axes, bare, finite_range, numbers

__all__ = ["feature_maps", "filters", "images", "latent_grid"]

GAP = 0.12  # between two pictures, as a share of their side
HEADING = 0.32  # of a picture's side, for what stands above it
MOST = 256  # pictures in one figure
SHADE = 0.8  # how much of a picture the hottest place hides


def images(
    pictures: Any,
    labels: Any = None,
    predictions: Any = None,
    *,
    heat: Any = None,
    names: Sequence[str] | None = None,
    columns: int | None = None,
    ax: Any = None,
) -> Any:
    """Images in rows, `(N, H, W)`, `(N, 1, H, W)` or `(N, 3, H, W)`, above each its label, or what was predicted.

    Where both are given a prediction that is right is blue, one that is wrong orange and followed by the label, and
    `names` are the names of the classes. All pictures share one scale from their smallest to their largest number,
    colours are taken from 0 to 1.

    Over each lies its `heat (N, H, W)`, such as `saliency` and `grad_cam` give: the more of it, the more orange. Each
    image has its own scale, from 0 to its largest heat.

    Raises:
        ValueError: the shapes are not those of images, or there are not as many labels, predictions or heats.
    """
    x = numbers(pictures, "pictures", 3, 4)
    hot = None if heat is None else numbers(heat, "heat", 3)
    if hot is not None and hot.shape != (len(x), *x.shape[-2:]):
        raise ValueError(f"heat of pictures {x.shape} is {(len(x), *x.shape[-2:])}, got {hot.shape}")
    given = [numbers(y, what, 1) for y, what in ((labels, "labels"), (predictions, "predictions")) if y is not None]
    for y in given:
        if len(y) != len(x):
            raise ValueError(f"there are {len(x)} pictures and {len(y)} labels or predictions")
    headings = [tuple(named(y[i], names) for y in given) for i in range(len(x))]
    return montage(
        x,
        [f"{pair[-1]}, not {pair[0]}" if len(set(pair)) == 2 else "".join(pair[:1]) for pair in headings],
        [WRONG if len(set(pair)) == 2 else CORRECT if len(pair) == 2 else None for pair in headings],
        columns=columns,
        heat=hot,
        ax=ax,
    )


def filters(weight: Any, *, columns: int | None = None, ax: Any = None) -> Any:
    """The filters of a convolution, `(out, in, H, W)`: in colour where there are three inputs, else one row an output.

    All share one scale, symmetric about 0: black is the most negative weight, white the most positive.

    Raises:
        ValueError: the weight has not four dimensions.
    """
    w = numbers(weight, "the weight", 4)
    largest = max(map(abs, finite_range(w))) or 1.0
    if w.shape[1] == 3:
        return montage(0.5 + w / (2 * largest), columns=columns, ax=ax)
    if columns is None and w.shape[1] > 1:
        columns = w.shape[1]
    return montage(w.reshape(-1, *w.shape[2:]), columns=columns, limits=(-largest, largest), ax=ax)


def feature_maps(maps: Any, *, columns: int | None = None, ax: Any = None) -> Any:
    """What a convolution makes of one image, `(C, H, W)`: one picture a channel, all on one scale.

    Raises:
        ValueError: the maps have not three dimensions.
    """
    return montage(numbers(maps, "the feature maps", 3), columns=columns, colours="viridis", ax=ax)


def latent_grid(
    decode: Callable[[Any], Any], *, count: int = 12, low: float = -2.0, high: float = 2.0, ax: Any = None
) -> Any:
    """What a decoder makes of a plane of latent codes, `count` by `count` of them from `low` to `high` on both axes.

    `decode` takes float32 codes `(N, 2)` and gives images as `images` takes them; the first coordinate runs to the
    right, the second upward.

    Raises:
        ValueError: `decode` gives something else than that many images.
    """
    steps = numpy.linspace(low, high, count)
    codes = numpy.array([[right, up] for up in steps[::-1] for right in steps], numpy.float32)
    x = numbers(decode(tensor(codes)), "what decode gives", 3, 4)
    if len(x) != count * count:
        raise ValueError(f"decode was given {count * count} codes and gave {len(x)} images")
    return montage(x, columns=count, gap=0.0, ax=ax)


def montage(
    x: NDArray[Any],
    headings: Sequence[str] = (),
    heading_colours: Sequence[str | None] = (),
    *,
    columns: int | None = None,
    limits: tuple[float, float] | None = None,
    colours: str = "gray",
    gap: float = GAP,
    heat: NDArray[Any] | None = None,
    ax: Any = None,
) -> Any:
    """Pictures side by side in rows, each with its heading above it and its heat over it."""
    if len(x) > MOST:
        raise ValueError(f"a figure holds {MOST} pictures at most, got {len(x)}; choose some of them")
    if x.ndim == 4:
        if x.shape[1] not in (1, 3):
            raise ValueError(f"images have one channel or three, (N, 1, H, W) or (N, 3, H, W); got {x.shape}")
        x = x[:, 0] if x.shape[1] == 1 else x.transpose(0, 2, 3, 1).clip(0, 1 if x.dtype.kind == "f" else 255)
    height, width = x.shape[1:3]
    if columns is not None and columns < 1:
        raise ValueError(f"columns must be 1 or more, got {columns}")
    columns = min(columns or math.ceil(math.sqrt(len(x) * height / width)), len(x))
    rows = math.ceil(len(x) / columns)
    across, down = width * (1 + gap), height * (1 + gap + (HEADING if any(headings) else 0))
    side = SIDE if any(headings) else SIDE * 2 / 3
    ax = axes(ax, max(columns * side, 2.5), max(rows * side * down / across, 1.0))
    low, high = limits or finite_range(x)
    for i, picture in enumerate(x):
        row, column = divmod(i, columns)
        left, top = column * across, row * down
        place = (left, left + width, top + height, top)
        ax.imshow(picture, colours, vmin=low, vmax=high, extent=place, interpolation="nearest")
        if heat is not None:
            ax.imshow(shaded(heat[i]), extent=place, interpolation="bilinear")
        if any(headings):
            colour = heading_colours[i] if heading_colours else None
            ax.text(
                left + width / 2, top - gap * height / 2, headings[i], ha="center", va="bottom", fontsize=8,
                **({"color": colour} if colour else {}),
            )  # fmt: skip
    ax.set_xlim(0, columns * across - gap * width)
    ax.set_ylim((rows - 1) * down + height, -(HEADING if any(headings) else 0) * height)
    bare(ax)
    return ax.get_figure()


def shaded(heat: NDArray[Any]) -> NDArray[Any]:
    """Orange that hides as much as there is heat, red, green, blue and opacity; `(H, W) -> (H, W, 4)`."""
    shade = numpy.empty((*heat.shape, 4))
    shade[:] = require("matplotlib.colors", "viz", "drawing heat").to_rgba(WRONG)
    shade[..., 3] = SHADE * heat.clip(0) / (float(heat.max()) if heat.max() > 0 else 1.0)
    return shade


def named(label: Any, names: Sequence[str] | None) -> str:
    """A class by its name, or by its number."""
    if names is None:
        return f"{label:g}"
    if not 0 <= label < len(names):
        raise ValueError(f"there are names of {len(names)} classes, and one of the labels is {label}")
    return names[int(label)]
