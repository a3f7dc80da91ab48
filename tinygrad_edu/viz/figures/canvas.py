"""What all figures share: axes to draw on, numbers out of Tensors, colours that colour-blind readers can tell apart."""

import functools
from typing import Any

import numpy
from numpy.typing import NDArray

from ...extras import require
from ...tensor import Tensor

__all__ = ["COLOURS", "CORRECT", "WRONG", "axes", "bare", "finite_range", "numbers"]

# Okabe and Ito (2008), "Color Universal Design", without the yellow, which is too light on white and the black.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
CORRECT, WRONG = COLOURS[0], COLOURS[1]
SIDE = 1.2  # inches that a small picture takes


def axes(ax: Any, width: float = 5.0, height: float = 3.5) -> Any:
    """The axes to draw on: those given, or the only ones of a new figure of this size in inches."""
    if ax is not None:
        if not hasattr(ax, "get_figure"):
            raise TypeError(f"ax is {type(ax).__name__}; it takes matplotlib axes, such as pyplot.subplots() gives")
        return ax
    figures = require("matplotlib.figure", "viz", "drawing a figure")
    teach_notebook()
    return figures.Figure(figsize=(width, height), layout="constrained").add_subplot()


@functools.cache
def teach_notebook() -> None:
    """Let a notebook show figures from its first one on: it learns it when pyplot loads the backend."""
    pyplot = require("matplotlib.pyplot", "viz", "drawing a figure")
    if "inline" in pyplot.get_backend() and not pyplot.get_fignums():  # which would be closed
        pyplot.switch_backend(pyplot.get_backend())


def bare(ax: Any) -> None:
    """Take the ticks and the frame away."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)


def finite_range(x: NDArray[Any]) -> tuple[float, float]:
    """The least and the most of what is finite; 0 and 1 where nothing is."""
    finite = x[numpy.isfinite(x)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def numbers(x: Any, what: str, *dims: int) -> NDArray[Any]:
    """An array of a Tensor, array or list of numbers, with one of these numbers of dimensions.

    Raises:
        TypeError: it holds something else than numbers.
        ValueError: it has another number of dimensions, or is empty.
    """
    array = numpy.asarray(x.detach().numpy() if isinstance(x, Tensor) else x)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{what} must be numbers, got {type(x).__name__} of {array.dtype}")
    if dims and array.ndim not in dims:
        wanted = " or ".join(map(str, dims))
        raise ValueError(f"{what} must have {wanted} dimensions, got shape {array.shape}")
    if not array.size:
        raise ValueError(f"{what} is empty, its shape is {array.shape}")
    return array
