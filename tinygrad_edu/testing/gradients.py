r"""Gradients against finite differences.

The derivative of f at x is compared with the central difference (f(x + eps) - f(x - eps)) / 2 eps, whose error falls
with eps^2 until rounding takes over. In float64 and with eps = 1e-6 about nine digits are right, so everything here
computes in float64.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy

from ..autograd import grad
from ..functions.creation import tensor
from ..tensor import Tensor
from .problems import Array, Miss, Problem, Tolerance, first_miss, holds_floats, to_float64
from .search import as_strategy, hold, is_strategy
from .tracing import followed

__all__ = ["check_gradient", "numerical_gradient"]

INCOMING = {"g", "dout", "dy", "dz", "grad", "grad_out", "grad_output", "gy", "upstream", "delta"}

CUT_OFF = "there is none, and the output depends on it: .detach(), .numpy(), .item() or no_grad() cuts it off somewhere"


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
    fn: Callable[..., Any],
    inputs: Any,
    gradient: Callable[..., Any] | None = None,
    *,
    wrt: int | Sequence[int] | None = None,
    examples: int = 40,
    eps: float = 1e-6,
    rtol: float = 1e-4,
    atol: float = 1e-6,
) -> None:
    """Hold gradients of `fn` to finite differences, element by element: those of backward, or those of `gradient`.

    `inputs` is one input of fn or a list of them: Tensors, arrays, numbers; or strategies of hypothesis for them (see
    `.strategies`), of which `examples` are tried. The gradients of those of floats are checked, in float64, or of those
    that `wrt` names by their places; the others are passed as they are. At kinks every subgradient is right.

    Without `gradient`, fn takes Tensors, and backward is checked. With it, fn may be of NumPy, and `gradient(*inputs)`
    gives the gradient of the sum of fn's elements for each input; `gradient(g, *inputs)`, or with an argument named
    `g` or `dout` elsewhere, that of their sum weighted with g: it is tried with random g.

    >>> from tinygrad_edu import tanh
    >>> check_gradient(lambda x, y: tanh(x) * y, [0.5, -1.0])
    >>> check_gradient(lambda x: x**3, [2.0], lambda x: 3 * x**2)
    >>> check_gradient(lambda x, y: x * y, [2.0, 3.0], lambda g, x, y: (g * y, g * y))
    Traceback (most recent call last):
    AssertionError: the gradient of y is wrong: it is the gradient of x
    smallest counterexample: x = 2., y = 3.
    gradient that comes in: 1.11
    expected gradient: 2.22
    given gradient: 3.33

    Raises:
        AssertionError: a gradient differs from the difference by more than atol + rtol * |difference|, or is missing;
            with the smallest counterexample, what was expected and given, and the mistake that it looks like.
        TypeError: fn gives something else than numbers, or `gradient` something else than a gradient for each input.
        ValueError: there is nothing to check.
    """
    for function in (fn,) if gradient is None else (fn, gradient):
        hold_callable(function)
    tolerance = Tolerance(eps, rtol, atol)

    def problem_at(values: Sequence[Any]) -> tuple[Problem, list[Any]]:
        checked = places(values, wrt)
        names = names_of(fn, len(values))
        arrays = [to_float64(x) if i in checked else x for i, x in enumerate(values)]
        if gradient is None:
            return by_backward(fn, names, checked), arrays
        return by_hand(fn, gradient, names, checked, [type(x) for x in values], arrays), arrays

    def attempt(drawn: Any) -> Miss | None:
        return first_miss(*problem_at(as_inputs(drawn)), tolerance)

    if is_strategy(inputs) or any(map(is_strategy, as_inputs(inputs))):
        hold(attempt, as_strategy(inputs), tolerance, examples)
    else:
        problem, arrays = problem_at(as_inputs(inputs))
        hold(lambda values: first_miss(problem, values, tolerance), arrays, tolerance, examples)


def as_inputs(inputs: Any) -> list[Any]:
    """One input or several, as a list."""
    return list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]


def hold_callable(function: Any) -> None:
    """Raise if this is no function.

    Raises:
        TypeError: it is not.
    """
    if not callable(function):
        raise TypeError(
            "check_gradient takes a function, its inputs, and perhaps a function that gives the gradient; "
            f"got {type(function).__name__} {function!r:.60} where a function should be"
        )


def places(values: Sequence[Any], wrt: Any) -> list[int]:
    """Which inputs are checked.

    Raises:
        ValueError: none is, or one that is named is not there.
        TypeError: one that is named holds no floats.
    """
    if wrt is None:
        found = [i for i, x in enumerate(values) if holds_floats(x)]
        if not found:
            raise ValueError("there is nothing to check: no input holds floats")
        return found
    named = [wrt] if isinstance(wrt, int) else list(wrt)
    for i in named:
        if not isinstance(i, int) or not -len(values) <= i < len(values):
            raise ValueError(f"wrt names input {i!r}, and there are {len(values)}")
        if not holds_floats(values[i]):
            raise TypeError(f"wrt names input {i}, which holds no floats and has no gradient")
    return sorted({i % len(values) for i in named})


def names_of(fn: Callable[..., Any], count: int) -> list[str]:
    """What the inputs are called: as the function's parameters, where it tells them."""
    names = [name for name in parameters(fn) if not name.startswith("*")]
    if len(names) >= count:
        return names[:count]
    return ["the input"] if count == 1 else [f"input {i}" for i in range(count)]


def parameters(fn: Callable[..., Any]) -> list[str]:
    """The names of the positional parameters."""
    try:
        found = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return []
    return [str(x) if x.kind is x.VAR_POSITIONAL else x.name for x in found if x.kind < x.KEYWORD_ONLY]


def by_backward(fn: Callable[..., Any], names: Sequence[str], checked: Sequence[int]) -> Problem:
    """The gradients that backward gives."""

    def forward(values: Sequence[Any]) -> Any:
        output = fn(*[tensor(x) if i in checked else x for i, x in enumerate(values)])
        if not isinstance(output, Tensor):
            raise TypeError(
                f"fn must return a Tensor, it returned {type(output).__name__} {output!r:.60}; of a function of NumPy "
                "the gradient is given: check_gradient(fn, inputs, gradient)"
            )
        return output

    def backward(values: Sequence[Any], g: Array) -> Sequence[Any]:
        leaves: list[Any] = [tensor(x, requires_grad=True) if i in checked else x for i, x in enumerate(values)]
        output = fn(*leaves)
        if not output.requires_grad:
            return [None] * len(checked)
        return grad(output, [leaves[i] for i in checked], tensor(g.astype(output.dtype)), allow_unused=True)

    return Problem(names, checked, forward, backward, [lambda values: fn(*values)], absent=CUT_OFF)


def by_hand(
    fn: Callable[..., Any],
    gradient: Callable[..., Any],
    names: Sequence[str],
    checked: Sequence[int],
    kinds: Sequence[type],
    arrays: Sequence[Any],
) -> Problem:
    """The gradients that a function gives."""

    def as_given(values: Sequence[Any]) -> list[Any]:
        return [like(x, kinds[i]) if i in checked else x for i, x in enumerate(values)]

    def on_tensors(values: Sequence[Any]) -> Any:
        return fn(*[tensor(x) if i in checked else x for i, x in enumerate(values)])

    def as_it_is(values: Sequence[Any]) -> Any:
        return fn(*as_given(values))

    taken = parameters(gradient)
    takes_g = len(taken) > len(arrays) and not taken[len(arrays)].startswith("*")
    place = next((i for i, name in enumerate(taken) if name.lower() in INCOMING), 0)

    def backward(values: Sequence[Any], g: Array) -> Sequence[Any]:
        arguments = as_given(values)
        if takes_g:
            arguments.insert(place, like(g, float if not g.shape and float in kinds else numpy.ndarray))
        return one_each(gradient(*arguments), len(arrays), checked, names)

    forward = as_it_is if runs(as_it_is, arrays) else on_tensors
    return Problem(
        names, checked, forward, backward, [lambda values: fn(*values), lambda values: followed(fn, values)], takes_g
    )


def runs(forward: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> bool:
    """Whether a function takes what is given to it; if not, it may take Tensors."""
    try:
        with numpy.errstate(all="ignore"):
            to_float64(forward(arrays))
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return False
    return True


def like(x: Array, kind: type) -> Any:
    """A copy of the array as what was given: a number, an array or a Tensor."""
    return tensor(x) if issubclass(kind, Tensor) else float(x) if kind is float else numpy.array(x)


def one_each(found: Any, count: int, checked: Sequence[int], names: Sequence[str]) -> list[Any]:
    """The gradient of each checked input among what a function returned.

    Raises:
        TypeError: there are not as many as inputs.
    """
    if isinstance(found, Mapping):
        return [found.get(names[i]) for i in checked]
    if not isinstance(found, (list, tuple)):
        found = [found]
    elif count == 1 and len(found) != 1:
        found = [numpy.array(found)]  # a list of numbers
    if len(found) == len(checked):
        return list(found)
    if len(found) == count:
        return [found[i] for i in checked]
    wanted = ", ".join(names[i] for i in checked)
    raise TypeError(
        f"there must be a gradient for each of {wanted}; {len(found)} came (wrt= says which inputs have gradients)"
    )


def total(x: Any) -> float:
    """The sum of a Tensor's, an array's or a number's elements."""
    return float(to_float64(x).sum())
