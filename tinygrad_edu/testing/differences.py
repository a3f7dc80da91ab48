r"""How wrong differences are, by their step.

By Taylor, (f(x + h) - f(x)) / h is off by h f''(x) / 2, and (f(x + h) - f(x - h)) / 2h by h^2 f'''(x) / 6: a smaller
step is better, until the two values of f agree in most of their digits and what is left is rounding, about
eps f(x) / h. The best steps lie where the two meet, about eps^(1/2) and eps^(1/3).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray

from ..autograd import grad, no_grad
from ..functions.creation import tensor
from ..tensor import Tensor
from .problems import to_float64

__all__ = ["DifferenceErrors", "difference_errors"]

STEPS = numpy.logspace(0, -15, 61)


@dataclass(frozen=True)
class DifferenceErrors:
    """The errors of forward and of central differences at each of some steps, and the spacing of floats at 1."""

    steps: NDArray[Any]
    forward: NDArray[Any]
    central: NDArray[Any]
    eps: float


def difference_errors(
    fn: Callable[[Tensor], Tensor], x: Any, steps: Any = STEPS, *, dtype: Any = numpy.float64
) -> DifferenceErrors:
    """Compare differences of an elementwise function with its derivative, as backward computes it in float64.

    The differences are computed in `dtype`. The errors are root mean squares over the points x.

    >>> from tinygrad_edu import exp
    >>> found = difference_errors(exp, [0.5, 1.0], [1e-2, 1e-3])
    >>> [f"{error:.0e}" for error in (*found.forward, *found.central)]
    ['1e-02', '1e-03', '4e-05', '4e-07']

    Raises:
        ValueError: fn gives something else than one number for each point.
    """
    places = numpy.asarray(x, numpy.dtype(dtype)).reshape(-1)
    exact = tensor(places.astype(numpy.float64), requires_grad=True)
    values = fn(exact)
    if values.shape != exact.shape:
        raise ValueError(f"fn must give one number for each point; it was given {exact.shape} and gave {values.shape}")
    slopes = to_float64(grad(values.sum(), exact)[0])

    def at(moved: NDArray[Any]) -> NDArray[Any]:
        with no_grad():
            return fn(tensor(moved)).numpy()

    kinds: dict[str, list[float]] = {"forward": [], "central": []}
    for step in numpy.asarray(steps, places.dtype):
        above, here, below = at(places + step), at(places), at(places - step)
        for kind, difference in (("forward", (above - here) / step), ("central", (above - below) / (2 * step))):
            kinds[kind].append(float(numpy.sqrt(numpy.mean((difference - slopes) ** 2))))
    eps = float(numpy.finfo(places.dtype).eps)
    return DifferenceErrors(numpy.asarray(steps), numpy.array(kinds["forward"]), numpy.array(kinds["central"]), eps)
