"""A plane of two inputs: what a classifier says at each of its places."""

from collections.abc import Callable
from typing import Any

import numpy

from ...autograd import no_grad
from ...functions.creation import tensor
from .canvas import COLOURS, axes, numbers

__all__ = ["decision_regions"]

MARKERS = "osDv^P"
SHADE = 0.4  # of a class's colour where the classifier is sure
SIDE = 201  # places across, and up


def decision_regions(
    classify: Callable[[Any], Any],
    points: Any = None,
    labels: Any = None,
    *,
    x: tuple[float, float] = (-2.0, 2.0),
    y: tuple[float, float] = (-2.0, 2.0),
    ax: Any = None,
) -> Any:
    """What a classifier says at each place of a plane, and over it points `(N, 2)` with their classes `(N,)`.

    `classify` takes places `(M, 2)` as a float32 Tensor and gives the class of each, integers or bools `(M,)`; or, of
    two classes, the probability of class 1 as floats: the paler the colour, the less sure it is, and a line is where
    both are as likely. Every class has its colour and its marker: blue circles, orange squares, and so on.

    Raises:
        ValueError: it does not give one number for each place; the points are not `(N, 2)`, or not as many as labels.
    """
    across, up = numpy.meshgrid(numpy.linspace(*x, SIDE), numpy.linspace(*y, SIDE))
    places = numpy.stack([across.ravel(), up.ravel()], 1).astype(numpy.float32)
    with no_grad():
        said = numbers(classify(tensor(places)), "what the classifier gives")
    if said.size != len(places):
        raise ValueError(f"the classifier was given {len(places)} places and gave {said.shape}; one number for each")
    said = said.reshape(across.shape)
    sure = said.dtype.kind != "f"
    classes = said.astype(int) if sure else (said > 0.5).astype(int)
    ax = axes(ax, 3.6, 3.6)
    colours = numpy.array([[int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)] for c in COLOURS])
    shown = numpy.empty((*classes.shape, 4))
    shown[..., :3] = colours[classes % len(COLOURS)]
    shown[..., 3] = SHADE if sure else SHADE * numpy.abs(2 * said.clip(0, 1) - 1)
    ax.imshow(shown, origin="lower", extent=(*x, *y), interpolation="nearest", aspect="auto")
    if not sure and said.min() < 0.5 < said.max():
        ax.contour(across, up, said, [0.5], colors="0.5", linewidths=1.2)
    if points is not None:
        spots = numbers(points, "points", 2)
        kinds = numpy.zeros(len(spots), int) if labels is None else numbers(labels, "labels", 1).astype(int)
        if spots.shape[1] != 2 or len(kinds) != len(spots):
            raise ValueError(f"points are (N, 2) with a label each; got {spots.shape} and {len(kinds)} labels")
        for k in numpy.unique(kinds):
            here, mark = spots[kinds == k], MARKERS[k % len(MARKERS)]
            ax.plot(*here.T, mark, color=COLOURS[k % len(COLOURS)], markeredgecolor="white", markersize=8)
    ax.set_xlim(*x)
    ax.set_ylim(*y)
    return ax.get_figure()
