"""A check of gradients against differences."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from ..errors import GradientError
from ..graph import enable_grad, no_grad
from ..recording import wrap
from ..tensor import Tensor
from .backward import as_list, grad

__all__ = ["gradcheck", "gradgradcheck"]


def gradcheck(
    function: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Compare the gradients of a function with central differences, (f(x + eps) - f(x - eps)) / 2 eps.

    Raises:
        GradientError: they differ by more than atol + rtol * |difference|; unless not `raise_exception`.
        ValueError: no input requires grad, or one that does is not float64, in which differences say little.
    """
    args = as_list(inputs)
    wanted = [(i, x) for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]
    if not wanted or any(x.dtype != numpy.float64 for _, x in wanted):
        raise ValueError("gradcheck needs at least one input that requires grad, and those that do in float64")
    with enable_grad():
        outputs = [y for y in as_list(function(*args)) if y.requires_grad]
    for number, output in enumerate(outputs):
        for i, x in wanted:
            analytic = jacobian_rows(output, x)
            numeric = differences(lambda number=number: as_list(function(*args))[number], x, output.numel(), eps)  # type: ignore[misc]
            if not numpy.allclose(analytic, numeric, rtol, atol, equal_nan=True):
                if not raise_exception:
                    return False
                worst = numpy.abs(analytic - numeric).argmax()
                raise GradientError(
                    f"output {number} and input {i}: the gradient is {analytic.reshape(-1)[worst]:.6g} where "
                    f"differences give {numeric.reshape(-1)[worst]:.6g}\nanalytic:\n{analytic}\nnumeric:\n{numeric}"
                )
    return True


def jacobian_rows(output: Tensor, x: Tensor) -> Any:
    """The Jacobian as backward gives it, one row for each element of the output."""
    rows = numpy.zeros((output.numel(), x.numel()))
    for row in range(output.numel()):
        pick = numpy.zeros(output.shape, output.dtype)
        pick.reshape(-1)[row] = 1
        (g,) = grad(output, x, wrap(pick), retain_graph=True, allow_unused=True)
        if g is not None:
            rows[row] = g._array.reshape(-1)
    return rows


def differences(function: Callable[[], Tensor], x: Tensor, size: int, eps: float) -> Any:
    """The Jacobian of `size` outputs by central differences; x is moved in place, and put back."""
    columns = []
    with no_grad():
        for place in numpy.ndindex(x.shape):
            old = x._array[place]
            values = []
            for step in (eps, -eps):
                x._array[place] = old + step
                values.append(numpy.array(function()._array, float).reshape(-1))
            x._array[place] = old
            columns.append((values[0] - values[1]) / (2 * eps))
    return numpy.array(columns).reshape(x.numel(), size).T


def gradgradcheck(function: Callable[..., Any], inputs: Tensor | Sequence[Any], **settings: Any) -> bool:
    """gradcheck of the gradients themselves, that is of the second derivatives.

    Raises:
        GradientError: as for gradcheck.
    """
    args = as_list(inputs)

    def gradients(*xs: Any) -> tuple[Tensor, ...]:
        with enable_grad():
            outputs = [y for y in as_list(function(*xs)) if y.requires_grad]
            rng = numpy.random.default_rng(0)
            weights = [wrap(rng.uniform(0.5, 1.5, y.shape)) for y in outputs]
            wanted = [x for x in xs if isinstance(x, Tensor) and x.requires_grad]
            found = grad(outputs, wanted, weights, create_graph=True, allow_unused=True)
        return tuple([g for g in found if g is not None and g.requires_grad])

    return gradcheck(gradients, args, **settings)
