"""How wrong numerical derivatives are, by their step."""

from typing import Any

import numpy

from .canvas import COLOURS, axes

__all__ = ["difference_errors"]


def difference_errors(errors: Any, *, ax: Any = None) -> Any:
    """The error of forward and of central differences against their step, both on logarithmic scales.

    `errors` is what `testing.difference_errors` gives. A large dot is where each is least; vertical lines are where
    theory has that, up to a factor that depends on the function: at the square and at the cube root of eps.
    """
    ax = axes(ax)
    names = (r"$\sqrt{\epsilon}$", r"$\sqrt[3]{\epsilon}$")
    for k, (kind, name) in enumerate(zip(("forward", "central"), names, strict=True)):
        found = numpy.asarray(getattr(errors, kind))
        colour, marker = COLOURS[k], "os"[k]
        ax.loglog(errors.steps, numpy.where(found > 0, found, numpy.nan), "-" if k else "--", color=colour, label=kind)
        best = int(found.argmin())
        ax.plot(errors.steps[best], max(found[best], numpy.nextafter(0, 1)), marker, color=colour, markersize=8)
        theory = errors.eps ** (1 / (2 + k))
        ax.axvline(theory, color=colour, linestyle=":", linewidth=1)
        ax.annotate(
            name, (theory, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", color=colour, fontsize=9
        )
    ax.set_xlabel("step")
    ax.set_ylabel("error of the derivative")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax.get_figure()
