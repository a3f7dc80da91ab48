"""What methods reached, run by run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from .canvas import COLOURS, axes, numbers

__all__ = ["comparison"]


def comparison(
    scores: Mapping[str, Sequence[float]], metric: str = "accuracy", *, baseline: str | None = None, ax: Any = None
) -> Any:
    """What each method reached in several runs: a dot a run, a line at their mean, the first method on top.

    Beside each stand the mean and, of two runs or more, their standard deviation (that of a sample). The range of the
    `baseline` is shaded from top to bottom, so that what lies clear of it is seen at once.

    Raises:
        ValueError: there are no methods, one has no runs, or the baseline is none of them.
    """
    if not scores:
        raise ValueError("there is nothing to compare: the dict is empty")
    if baseline is not None and baseline not in scores:
        raise ValueError(f"the baseline {baseline!r} is none of the methods {', '.join(map(repr, scores))}")
    runs = {name: numbers(values, f"the scores of {name!r}", 1) for name, values in scores.items()}
    ax = axes(ax, 5.5, 0.7 + 0.32 * len(runs))
    for k, (name, values) in enumerate(runs.items()):
        colour = COLOURS[1 if name == baseline else 0]
        mean = float(values.mean())
        ax.plot(values, numpy.full(len(values), k), "o", color=colour, alpha=0.6, markersize=6, markeredgewidth=0)
        ax.plot([mean, mean], [k - 0.32, k + 0.32], color=colour, linewidth=2)
        told = f"{mean:.3f}" + (f" ± {values.std(ddof=1):.3f}" if len(values) > 1 else "")
        ax.text(1.02, k, told, transform=ax.get_yaxis_transform(), fontsize=8, va="center")
        if name == baseline:
            ax.axvspan(values.min(), values.max(), color=colour, alpha=0.15, linewidth=0)
    ax.set_yticks(range(len(runs)), list(runs))
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(runs) - 0.5, -0.5)
    ax.set_xlabel(metric)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax.get_figure()
