"""Matrices as pictures: which class was taken for which, and what attends to what."""

from collections.abc import Sequence
from typing import Any

import numpy

from .canvas import axes, numbers

__all__ = ["attention_map", "confusion_matrix"]

WRITTEN = 20  # rows and columns up to which each number is written


def confusion_matrix(
    matrix: Any, *, names: Sequence[str] | None = None, normalize: bool = False, ax: Any = None
) -> Any:
    """How often a sample of the class of a row was taken for that of a column, `(K, K)`, each count written.

    With `normalize` the rows are shares of their class, in per cent. The diagonal holds what was right.

    Raises:
        ValueError: the matrix is not square, or there are not as many names as classes.
    """
    counts = numbers(matrix, "the matrix", 2)
    classes = len(counts)
    if counts.shape[1] != classes:
        raise ValueError(f"a confusion matrix is square, got {counts.shape}")
    shown = [str(k) for k in range(classes)] if names is None else list(map(str, names))
    if len(shown) != classes:
        raise ValueError(f"there are {classes} classes and {len(shown)} names")
    totals = counts.sum(1, keepdims=True)
    shares = counts / numpy.where(totals == 0, 1, totals)
    side = min(max(2.5, 0.42 * classes + 1.2), 9.0)
    ax = axes(ax, side + 0.3, side)
    ax.imshow(shares, "Blues", vmin=0, vmax=1)
    if classes <= WRITTEN:
        for (row, column), share in numpy.ndenumerate(shares):
            if counts[row, column]:
                text = f"{100 * share:.0f}" if normalize else f"{counts[row, column]:g}"
                colour = "white" if share > 0.5 else "black"
                ax.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    rotate = 45 if max(map(len, shown)) > 3 else 0
    align = "right" if rotate else "center"
    ax.set_xticks(range(classes), shown, rotation=rotate, ha=align, rotation_mode="anchor" if rotate else None)
    ax.set_yticks(range(classes), shown)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    right = 100 * numpy.trace(counts) / max(counts.sum(), 1)
    ax.set_title(f"{right:.1f} % right" + (", rows in %" if normalize else ""), fontsize=10)
    return ax.get_figure()


def attention_map(
    weights: Any, *, queries: Sequence[str] | None = None, keys: Sequence[str] | None = None, ax: Any = None
) -> Any:
    """Attention weights of one head, `(T, S)`: a row for each query, a column for each key, darker is more.

    `queries` and `keys` are the tokens to write beside them.

    Raises:
        ValueError: the weights have not two dimensions, or there are not as many tokens as rows or columns.
    """
    shares = numbers(weights, "the weights", 2)
    for tokens, size, what in ((queries, shares.shape[0], "queries"), (keys, shares.shape[1], "keys")):
        if tokens is not None and len(tokens) != size:
            raise ValueError(f"the weights are of {size} {what}, got {len(tokens)} tokens")
    across, down = (min(max(2.0, 0.22 * size + 1), 9.0) for size in reversed(shares.shape))
    ax = axes(ax, across + 0.8, down)
    drawn = ax.imshow(shares, "Blues", vmin=0, vmax=max(float(shares.max()), 1e-6))
    if keys is not None:
        ax.set_xticks(range(len(keys)), list(keys), rotation=90, fontsize=8)
    if queries is not None:
        ax.set_yticks(range(len(queries)), list(queries), fontsize=8)
    ax.set_xlabel("key")
    ax.set_ylabel("query")
    ax.get_figure().colorbar(drawn, ax=ax, shrink=0.8, label="weight")
    return ax.get_figure()
