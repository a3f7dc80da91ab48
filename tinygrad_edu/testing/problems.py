r"""A function with gradients to be checked at one point, and how what is given there misses what differences give.

At a kink, such as that of relu at 0 or of max where two elements tie, the differences to the left and to the right
disagree: every number from the one to the other is right there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
from numpy.typing import NDArray

from ..tensor import Tensor

__all__ = [
    "Miss",
    "Problem",
    "Tolerance",
    "close",
    "differences",
    "first_miss",
    "holds_floats",
    "to_float64",
    "weighted",
]

Array = NDArray[Any]
KINK = 1e-3  # by how much differences to the left and to the right must disagree


@dataclass(frozen=True)
class Tolerance:
    """The step of differences, and how far a gradient may be from them: atol + rtol * |difference|."""

    eps: float = 1e-6
    rtol: float = 1e-4
    atol: float = 1e-6

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, int | float) or not 0 < value < 1:
                raise ValueError(f"{name} must be a number between 0 and 1, got {value!r}")


@dataclass(frozen=True)
class Problem:
    """What is computed from which values, and the gradients that are given for it.

    `forward(values)` gives the output. `backward(values, g)` gives a gradient for each checked value, of the output's
    sum weighted with g. `traces` are ways to have the forward on Tensors, in which routes can be seen.
    """

    names: Sequence[str]
    checked: Sequence[int]
    forward: Callable[[Sequence[Any]], Any]
    backward: Callable[[Sequence[Any], Array], Sequence[Any]]
    traces: Sequence[Callable[[Sequence[Any]], Any]] = ()
    takes_g: bool = True  # whether backward looks at g: the weights are 1 otherwise
    absent: str = "there is none, and the output depends on it"  # what a gradient that is None means


@dataclass(frozen=True)
class Miss:
    """A gradient that is wrong: which, at which values, what it should be."""

    problem: Problem
    values: Sequence[Any]
    g: Array
    place: int  # of the value that it is the gradient of
    given: Any
    expected: dict[int, Array]  # the gradients of all checked values
    wrong: Array = field(default_factory=lambda: numpy.array(True))  # which elements

    @property
    def right(self) -> Array:
        """What it should be."""
        return self.expected[self.place]

    @property
    def size(self) -> int:
        """How many numbers there are in all."""
        return sum(numpy.size(x) for x in self.values)


@numpy.errstate(all="ignore")  # what is not finite is told
def first_miss(problem: Problem, values: Sequence[Any], tolerance: Tolerance) -> Miss | None:
    """The first gradient that is wrong at these values, if one is.

    Raises:
        TypeError: the forward gives no numbers, or no float64.
    """
    raw = problem.forward(values)
    output = to_float64(raw)
    if output.size and getattr(raw, "dtype", numpy.dtype("f8")) in ("f2", "f4"):
        raise TypeError(
            f"the output is {raw.dtype} where the inputs are float64: differences need more digits; take out the cast"
        )
    g = numpy.ones(output.shape)
    if problem.takes_g:  # one number is told apart from 1 in any case
        g = numpy.random.default_rng(0).permutation(numpy.linspace(0.5, 1.5, output.size + 2)[1:-1].round(3) + 0.11)
        g = g.reshape(output.shape)
    given = list(problem.backward(values, g))
    expected: dict[int, Array] = {}
    for i in problem.checked:
        expected[i] = differences(problem, values, i, g, tolerance.eps)
    for i, found in zip(problem.checked, given, strict=True):
        wrong = misses(problem, values, i, g, found, expected[i], tolerance)
        if numpy.any(wrong):
            return Miss(problem, values, g, i, found, expected, numpy.asarray(wrong))
    return None


def differences(problem: Problem, values: Sequence[Any], i: int, g: Array, eps: float) -> Array:
    """The gradient of the i-th value by central differences, one element at a time."""
    gradient = numpy.zeros(values[i].shape)
    for place in numpy.ndindex(gradient.shape):
        high, low = (weighted(problem, values, i, g, place, side * eps) for side in (1, -1))
        gradient[place] = (high - low) / (2 * eps)
    return gradient


def weighted(problem: Problem, values: Sequence[Any], i: int, g: Array, place: tuple[int, ...], step: float) -> float:
    """The output's sum weighted with g, where one element of the i-th value is moved by a step."""
    x = numpy.array(values[i])
    x[place] += step
    return float((to_float64(problem.forward([*values[:i], x, *values[i + 1 :]])) * g).sum())


def misses(
    problem: Problem, values: Sequence[Any], i: int, g: Array, found: Any, expected: Array, tolerance: Tolerance
) -> Any:
    """Which elements of a gradient are wrong; True if it has not even the shape."""
    rtol, atol, eps = tolerance.rtol, tolerance.atol, tolerance.eps
    if found is None:
        return expected.size > 0 and not numpy.allclose(expected, 0, atol=atol)
    array = to_float64(found)
    if array.shape != expected.shape:
        return True
    wrong = numpy.asarray(~numpy.isclose(array, expected, rtol, atol, equal_nan=True))
    if wrong.any():
        here = weighted(problem, values, i, g, (), 0.0)
        for place in map(tuple, numpy.argwhere(wrong)):
            right, left = (side * (weighted(problem, values, i, g, place, side * eps) - here) / eps for side in (1, -1))
            if abs(right - left) > KINK * max(1.0, abs(right), abs(left)):
                slack = atol + rtol * max(1.0, abs(right), abs(left))
                wrong[place] = not min(right, left) - slack <= array[place] <= max(right, left) + slack
    return wrong


def close(x: Any, y: Any) -> bool:
    """Whether two gradients are the same, as far as differences can tell."""
    x, y = numpy.asarray(x), numpy.asarray(y)
    scale = float(numpy.abs(y[numpy.isfinite(y)]).max(initial=0.0))
    return x.shape == y.shape and numpy.allclose(x, y, 5e-4, 1e-5 * max(scale, 1e-2), equal_nan=True)


def to_float64(x: Any) -> Array:
    """The elements as a float64 array.

    Raises:
        TypeError: they are no numbers.
    """
    array = x.detach().numpy() if isinstance(x, Tensor) else x
    try:
        if x is None:  # NumPy takes it for NaN
            raise TypeError
        return numpy.array(array, numpy.float64)
    except (TypeError, ValueError):
        raise TypeError(f"numbers are needed here, got {type(x).__name__} {x!r:.60}") from None


def holds_floats(x: Any) -> bool:
    """Whether an input can have a gradient."""
    return isinstance(x, float) or (hasattr(x, "dtype") and getattr(x.dtype, "kind", "") == "f")
