"""Curves and paths: how a training went, and where an optimizer walked."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy

from ...functions.creation import tensor
from ...functions.joining import stack
from ...tensor import Tensor
from .canvas import COLOURS, axes, numbers

__all__ = ["descent", "learning_curves", "loss_surface"]

DASHES = ("-", "--", ":")

History = Sequence[Mapping[str, float]]


def learning_curves(
    history: History | Sequence[History] | Mapping[str, Sequence[History]], metric: str = "loss", *, ax: Any = None
) -> Any:
    """A metric against the epoch, in training (dashed) and on what was held out (`val_` before its name, solid).

    `history` is what `fit` gives: a dict for each epoch. Several of them, of one training with several seeds, are
    drawn as their mean in a band from the lowest to the highest; a dict from name to such a list compares trainings.
    A metric whose name begins with `val_` is drawn alone.

    Raises:
        ValueError: no epoch has the metric.
    """
    if isinstance(history, Mapping):
        trainings = {str(name): as_runs(runs) for name, runs in history.items()}
    else:
        trainings = {"": as_runs(history)}
    held_out = metric.removeprefix("val_")
    wanted = [(f"val_{held_out}", "held out", "-")]
    if metric == held_out:
        wanted.insert(0, (metric, "training", "--"))
    ax = axes(ax)
    drawn = 0
    for k, (name, runs) in enumerate(trainings.items()):
        for key, what, dashes in wanted:
            epochs, values = table(runs, key)
            if not len(epochs):
                continue
            drawn += 1
            colour = COLOURS[(k if name else drawn - 1) % len(COLOURS)]
            label = f"{name}, {what}" if name and len(wanted) > 1 else name or what
            if len(wanted) == 1:
                dashes = DASHES[k // len(COLOURS) % len(DASHES)]
            dot = "o" if len(epochs) == 1 else ""  # of one there is no line
            ax.plot(epochs, numpy.nanmean(values, 0), dashes, color=colour, label=label, marker=dot, markersize=3)
            if len(values) > 1:
                low, high = numpy.nanmin(values, 0), numpy.nanmax(values, 0)
                ax.fill_between(epochs, low, high, color=colour, alpha=0.2, linewidth=0)
    if not drawn:
        raise ValueError(f"no epoch of the history has {' or '.join(repr(key) for key, *_ in wanted)}")
    ax.set_xlabel("epoch")
    ax.set_ylabel(metric if metric == held_out else f"{held_out}, held out")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax.get_figure()


def as_runs(history: Any) -> list[History]:
    """One history as a list of one."""
    return [history] if history and isinstance(history[0], Mapping) else list(history)


def table(runs: Sequence[History], key: str) -> tuple[Any, Any]:
    """The epochs that any run has a number for, and their columns of a table with a row for each run."""
    longest = max(map(len, runs), default=0)
    values = numpy.full((len(runs), longest), math.nan)
    for row, run in zip(values, runs, strict=True):
        row[: len(run)] = [float(epoch.get(key, math.nan)) for epoch in run]
    values[~numpy.isfinite(values)] = math.nan
    there = ~numpy.isnan(values).all(0)
    return 1 + numpy.flatnonzero(there), values[:, there]


def loss_surface(
    loss: Callable[[Any, Any], Any],
    paths: Mapping[str, Any] | None = None,
    *,
    x: tuple[float, float] = (-2.0, 2.0),
    y: tuple[float, float] = (-2.0, 2.0),
    minimum: tuple[float, float] | None = None,
    levels: int = 25,
    ax: Any = None,
) -> Any:
    """Contours of a loss of two parameters, and over them the paths that optimizers took, `(steps, 2)` by name.

    `loss` takes the coordinates of all points at once, as Tensors or arrays of one shape, and gives as many losses.
    The lines lie closer near the lowest point, evenly in the logarithm of the height above it. A dot is where a path
    starts; a star is the `minimum`, where that is known. A path that leaves the picture is cut off.

    Raises:
        ValueError: the loss does not give one number for each point, or a path is not `(steps, 2)`.
    """
    across, up = numpy.meshgrid(numpy.linspace(*x, 201), numpy.linspace(*y, 201))
    found = loss(tensor(across), tensor(up))
    heights = numbers(found, "what the loss gives")
    if heights.shape != across.shape:
        raise ValueError(f"the loss was given points {across.shape} and gave {heights.shape}; it takes all at once")
    ax = axes(ax, 5.0, 4.0)
    finite = heights[numpy.isfinite(heights)]
    least, most = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    span = max(most - least, 1e-6 * max(abs(least), abs(most)), 1e-12)  # of what is the same everywhere too
    lines = least + span * numpy.geomspace(1e-4, 1, levels)
    ax.contour(across, up, heights, lines, colors="0.6", linewidths=0.6, linestyles="-")
    for k, (name, path) in enumerate((paths or {}).items()):
        steps = numbers(as_path(path), f"the path {name!r}", 2)
        if steps.shape[1] != 2:
            raise ValueError(f"the path {name!r} is {steps.shape}; a path is (steps, 2)")
        colour = COLOURS[k % len(COLOURS)]
        dashes = DASHES[k // len(COLOURS) % len(DASHES)]
        ax.plot(steps[:, 0], steps[:, 1], dashes, color=colour, label=name, linewidth=1.4, marker=".", markersize=3)
        ax.plot(*steps[0], "o", color=colour, markersize=5)
    if minimum is not None:
        ax.plot(*minimum, "*", color="black", markersize=12, markeredgecolor="white", zorder=5)
    ax.set_xlim(*x)
    ax.set_ylim(*y)
    if paths:
        ax.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax.get_figure()


def descent(loss: Callable[..., Any], start: Sequence[float], optimizer: Callable[[Any], Any], steps: int) -> Any:
    """The points that an optimizer comes through, the start first; `(steps + 1, coordinates)`.

    `loss` takes the coordinates one by one, as `loss_surface` gives them to it; `optimizer` makes an optimizer of a
    list of parameters, of which there is one, the point.

    >>> from tinygrad_edu.optim import SGD
    >>> descent(lambda x, y: x**2 + 2 * y**2, (4.0, 4.0), lambda params: SGD(params, lr=0.25), steps=2)
    tensor([[4., 4.],
            [2., 0.],
            [1., 0.]])
    """
    point = tensor(start, dtype="float32", requires_grad=True)
    moving = optimizer([point])

    def closure() -> Any:
        moving.zero_grad()
        height = loss(*point)
        height.backward()
        return height

    path = [point.detach().clone()]
    for _ in range(steps):
        moving.step(closure)
        path.append(point.detach().clone())
    return stack(path)


def as_path(path: Any) -> Any:
    """The points of a path; a list of Tensors as numbers."""
    if isinstance(path, Tensor | numpy.ndarray) or not isinstance(path, Iterable):
        return path
    return numpy.array([numbers(point, "a point of a path", 1) for point in path])
