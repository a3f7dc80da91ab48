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
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    **settings: bool | None,
) -> bool:
    """Compare the gradients of a function with central differences, (f(x + eps) - f(x - eps)) / 2 eps.

    Every element is checked, by backward; PyTorch's other settings (`fast_mode`, `check_batched_grad`, ...) are taken,
    and change nothing.

    >>> from tinygrad_edu import tensor, float64
    >>> gradcheck(lambda x: x.exp() * x, tensor([0.5, -1.0], dtype=float64, requires_grad=True))
    True

    Raises:
        GradientError: they differ by more than atol + rtol * |difference|, or two backwards by more than `nondet_tol`;
            unless not `raise_exception`, when it gives False.
        ValueError: no input requires grad, or one that does is not float64, in which differences say little.
        TypeError: there is no such setting.
    """
    if unknown := set(settings) - SETTINGS:
        raise TypeError(f"gradcheck knows no {', '.join(sorted(unknown))}")
    try:
        compare(func, as_list(inputs), eps, atol, rtol, nondet_tol)
    except GradientError:
        if raise_exception:
            raise
        return False
    return True


SETTINGS = {
    "check_backward_ad",
    "check_batched_forward_grad",
    "check_batched_grad",
    "check_forward_ad",
    "check_fwd_over_rev",
    "check_grad_dtypes",
    "check_rev_over_rev",
    "check_undefined_grad",
    "fast_mode",
    "gen_non_contig_grad_outputs",
    "masked",
}


def compare(
    func: Callable[..., Any], inputs: Sequence[Any], eps: float, atol: float, rtol: float, nondet_tol: float
) -> None:
    """Raise where gradients are not what differences are.

    Raises:
        GradientError: they differ.
        ValueError: there is nothing that could be compared.
    """
    wanted = [(i, x) for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not wanted or any(x.dtype != numpy.float64 for _, x in wanted):
        raise ValueError("gradcheck needs at least one input that requires grad, and those that do in float64")
    with enable_grad():
        outputs = as_list(func(*inputs))
    for number, output in enumerate(outputs):
        if not isinstance(output, Tensor) or not output.requires_grad:
            continue

        def compute(number: int = number) -> Tensor:
            found: Tensor = as_list(func(*inputs))[number]
            return found

        for i, x in wanted:
            where = f"output {number} and input {i}"
            analytic = jacobian_rows(output, x)
            if numpy.abs(jacobian_rows(output, x) - analytic).max(initial=0) > nondet_tol:
                raise GradientError(f"{where}: two backwards gave gradients that differ by more than {nondet_tol}")
            numeric = differences(compute, x, output.numel(), eps)
            if not numpy.allclose(analytic, numeric, rtol, atol, equal_nan=True):
                worst = numpy.abs(analytic - numeric).argmax()
                raise GradientError(
                    f"{where}: the gradient is {analytic.reshape(-1)[worst]:.6g} where differences give "
                    f"{numeric.reshape(-1)[worst]:.6g}\nanalytic:\n{analytic}\nnumeric:\n{numeric}"
                )


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


def gradgradcheck(
    func: Callable[..., Any], inputs: Tensor | Sequence[Any], grad_outputs: Any = None, **settings: Any
) -> bool:
    """gradcheck of the gradients themselves, that is of the second derivatives.

    The gradients are those of the outputs weighted with `grad_outputs`, by default random ones, and are checked as
    functions of the inputs and of these weights.

    Raises:
        GradientError: as for gradcheck.
    """
    args = as_list(inputs)
    if grad_outputs is None:
        with enable_grad():
            outputs = [y for y in as_list(func(*args)) if isinstance(y, Tensor) and y.requires_grad]
        rng = numpy.random.default_rng(0)
        weights = [wrap(rng.uniform(0.5, 1.5, y.shape).astype(y.dtype)).requires_grad_() for y in outputs]
    else:
        weights = [w.detach().clone().requires_grad_() for w in as_list(grad_outputs)]

    def gradients(*values: Any) -> tuple[Tensor, ...]:
        xs, ws = values[: len(args)], values[len(args) :]
        with enable_grad():
            ys = [y for y in as_list(func(*xs)) if isinstance(y, Tensor) and y.requires_grad]
            wanted = [x for x in xs if isinstance(x, Tensor) and x.requires_grad]
            found = grad(ys, wanted, ws, create_graph=True, allow_unused=True)
        return tuple([g for g in found if g is not None and g.requires_grad])

    return gradcheck(gradients, [*args, *weights], **settings)
