r"""Gradients against finite differences.

The derivative of f at x is compared with the central difference (f(x + eps) - f(x - eps)) / 2 eps, whose error falls
with eps^2 until rounding takes over. In float64 and with eps = 1e-6 about nine digits are right, so everything here
computes in float64. Near a kink, such as that of relu at 0, the two sides mix: keep inputs some eps away from it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from ..autograd import grad
from ..functions.creation import tensor
from ..tensor import Tensor

__all__ = ["check_gradient", "holds_floats", "numerical_gradient", "to_float64"]

Array = NDArray[Any]


def numerical_gradient(fn: Callable[[Any], Any], x: Any, eps: float = 1e-6) -> Array:
    """The gradient of sum(fn(x)) by central differences, one element of x at a time; `(*) -> (*)`, float64.

    `fn` is given a float64 Tensor where x is one, and otherwise an array.

    >>> import numpy
    >>> numerical_gradient(lambda x: x**2, numpy.array([1.0, 3.0])).round(6).tolist()
    [2.0, 6.0]
    """
    array = to_float64(x)
    wrapped: Callable[[Any], Any] = tensor if isinstance(x, Tensor) else numpy.copy
    gradient = numpy.zeros(array.shape)
    for place in numpy.ndindex(array.shape):
        step = numpy.zeros(array.shape)
        step[place] = eps
        gradient[place] = (total(fn(wrapped(array + step))) - total(fn(wrapped(array - step)))) / (2 * eps)
    return gradient


def check_gradient(
    fn: Callable[..., Tensor], inputs: Any, *, eps: float = 1e-6, rtol: float = 1e-4, atol: float = 1e-6
) -> None:
    """Hold the gradients that backward computes through `fn` to finite differences, element by element.

    `inputs` is one input of fn or a list of them: Tensors, arrays or numbers. Those of floats are checked, in
    float64; the others are passed as they are. An output of several elements is checked as a sum with random weights.

    >>> from tinygrad_edu import tanh
    >>> check_gradient(lambda x, y: tanh(x) * y, [0.5, -1.0])

    Raises:
        AssertionError: a gradient differs from the difference by more than atol + rtol * |difference|, or is missing;
            it names the input and the place.
    """
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    arrays = [to_float64(x) if holds_floats(x) else x for x in given]
    checked = [i for i, x in enumerate(given) if holds_floats(x)]
    if not checked:
        raise AssertionError("there is nothing to check: no input holds floats")
    rng = numpy.random.default_rng(0)
    leaves: list[Any] = [tensor(x, requires_grad=True) if i in checked else x for i, x in enumerate(arrays)]
    output = fn(*leaves)
    if not isinstance(output, Tensor):
        raise AssertionError(f"fn must return a Tensor, it returned {type(output).__name__} {output!r:.60}")
    weights = rng.uniform(0.5, 1.5, output.shape)
    found: Sequence[Tensor | None] = [None] * len(checked)
    if output.requires_grad:
        found = grad(output, [leaves[i] for i in checked], tensor(weights.astype(output.dtype)), allow_unused=True)
    for i, gradient in zip(checked, found, strict=True):

        def weighted(x: Array, i: int = i) -> Array:
            moved = [tensor(x if j == i else y) if j in checked else y for j, y in enumerate(arrays)]
            return to_float64(fn(*moved)) * weights

        expected = numerical_gradient(weighted, arrays[i], eps)
        name = f"input {i}" if len(given) > 1 else "the input"
        if gradient is None:
            if not numpy.allclose(expected, 0, atol=atol):
                raise AssertionError(
                    f"{name} gets no gradient, but the output depends on it: .detach(), .numpy(), .item() or no_grad() "
                    "cuts it off somewhere"
                )
        else:
            compare(gradient.numpy(), expected, f"the gradient of {name}", arrays[i], rtol, atol)


def compare(found: Array, expected: Array, what: str, x: Array, rtol: float, atol: float) -> None:
    """Raise an AssertionError that says how a gradient misses what differences give, if it does."""
    wrong = ~numpy.isclose(found, expected, rtol, atol, equal_nan=True)
    if not wrong.any():
        return
    place = tuple(int(i) for i in numpy.argwhere(wrong)[0])
    at = f" at {list(place)}" if place else ""
    message = f"{what}{at} is {found[place]:.6g}, finite differences give {expected[place]:.6g} (x = {x[place]:.6g})"
    if found.size > 1:
        message += f"; {wrong.sum()} of {found.size} elements differ"
    raise AssertionError(message + hint(found, expected, rtol))


def hint(found: Array, expected: Array, rtol: float) -> str:
    """What is the matter with a gradient, where one word says it."""
    if not found.any():
        return "; it is zero everywhere"
    if expected.any() and expected.size > 1:
        factor = float((found * expected).sum() / (expected * expected).sum())
        if numpy.allclose(found, factor * expected, rtol, 1e-8):
            return f"; all are {factor:.4g} times what they should be"
    return ""


def to_float64(x: Any) -> Array:
    """The elements as a float64 array."""
    return numpy.array(x.detach().numpy() if isinstance(x, Tensor) else x, numpy.float64)


def holds_floats(x: Any) -> bool:
    """Whether an input can have a gradient."""
    return isinstance(x, float) or (hasattr(x, "dtype") and x.dtype.kind == "f")


def total(x: Any) -> float:
    """The sum of a Tensor's, an array's or a number's elements."""
    return float(to_float64(x).sum())
