"""A check of gradients against differences."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from ..errors import GradientError
from ..grad_mode import enable_grad
from ..recording import wrap
from ..tensor import Tensor
from ..told import warn_user
from .backward import as_list, grad

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(GradientError):
    """Gradients that are not what differences are."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    fast_mode: bool | None = False,
    **settings: bool | None,
) -> bool:
    """Compare the gradients of a function with central differences, (f(x + eps) - f(x - eps)) / 2 eps.

    Every element is checked, by backward, or with `fast_mode` one random direction of each input, and one of each
    output; where no output requires grad, the differences must be 0. PyTorch's other settings (`check_batched_grad`,
    ...) are taken, and change nothing.

    >>> from tinygrad_edu import tensor, float64
    >>> gradcheck(lambda x: x.exp() * x, tensor([0.5, -1.0], dtype=float64, requires_grad=True))
    True

    Raises:
        GradcheckError: they differ by more than atol + rtol * |difference|, or two backwards by more than `nondet_tol`,
            or an output takes another shape or dtype when an input moves; unless not `raise_exception`, when it gives
            False.
        ValueError: no input requires grad.
        RuntimeError: elements of one share memory.
        TypeError: there is no such setting.

    Warns of an input that is not float64: in others differences say little.
    """
    if unknown := set(settings) - SETTINGS:
        raise TypeError(f"gradcheck knows no {', '.join(sorted(unknown))}")
    try:
        compare(func, as_list(inputs), eps, atol, rtol, nondet_tol, bool(fast_mode))
    except GradcheckError:
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
    "gen_non_contig_grad_outputs",
    "masked",
}


def compare(
    func: Callable[..., Any], inputs: Sequence[Any], eps: float, atol: float, rtol: float, nondet_tol: float, fast: bool
) -> None:
    """Raise where gradients are not what differences are.

    Raises:
        GradcheckError: they differ.
        ValueError: there is nothing that could be compared.
    """
    wanted = [(i, x) for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not wanted:
        raise ValueError("gradcheck needs at least one input that requires grad")
    for i, x in wanted:
        if not x._array.flags.writeable:
            raise RuntimeError(
                f"gradcheck moves one element at a time; those of input {i} share memory (it was expanded): clone() it"
            )
        if x.dtype != numpy.float64:
            warn_user(f"gradcheck: input {i} holds {x.dtype}, in which differences say little; use float64")
    by_backward, by_differences = (slope, difference) if fast else (jacobian_rows, differences)
    with enable_grad():
        outputs = as_list(func(*inputs))
        found = [(i, y) for i, y in enumerate(outputs) if isinstance(y, Tensor)]
        tracked = [(i, y) for i, y in found if y.requires_grad]
        for number, output in tracked or found:

            def compute(number: int = number, form: Any = (output.shape, output.dtype)) -> Any:
                moved = as_list(func(*inputs))[number]
                if (moved.shape, moved.dtype) != form:
                    raise GradcheckError(
                        f"output {number} is {form[1]} {form[0]}, and {moved.dtype} {moved.shape} when an input moves"
                    )
                return moved._array

            for i, x in wanted:
                where = f"output {number} and input {i}"
                numeric = by_differences(compute, x, output, eps)
                analytic = by_backward(output, x) if tracked else numpy.zeros_like(numeric)
                if tracked and numpy.abs(by_backward(output, x) - analytic).max(initial=0) > nondet_tol:
                    raise GradcheckError(f"{where}: two backwards gave gradients that differ by more than {nondet_tol}")
                if tracked and jacobian_of_zeros(output, x).any():
                    raise GradcheckError(f"{where}: a gradient of zeros came back as something else")
                if not numpy.allclose(analytic, numeric, rtol, atol, equal_nan=True):
                    worst = numpy.abs(analytic - numeric).argmax()
                    told = "" if tracked else ", and no output requires grad"
                    raise GradcheckError(
                        f"{where}: the gradient is {analytic.reshape(-1)[worst]:.6g} where differences give "
                        f"{numeric.reshape(-1)[worst]:.6g}{told}\nanalytic:\n{analytic}\nnumeric:\n{numeric}"
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


def jacobian_of_zeros(output: Tensor, x: Tensor) -> Any:
    """What backward makes of zeros."""
    (g,) = grad(output, x, wrap(numpy.zeros(output.shape, output.dtype)), retain_graph=True, allow_unused=True)
    return numpy.zeros(()) if g is None else g._array


def differences(function: Callable[[], Any], x: Tensor, output: Tensor, eps: float) -> Any:
    """The Jacobian of the output by central differences; x is moved in place, and put back."""
    columns = []
    for place in numpy.ndindex(x.shape):
        old = x._array[place]
        values = []
        try:
            for step in (eps, -eps):
                x._array[place] = old + step
                values.append(numpy.array(function(), float).reshape(-1))
        finally:
            x._array[place] = old
        columns.append((values[0] - values[1]) / (2 * eps))
    return numpy.array(columns).reshape(x.numel(), output.numel()).T


def slope(output: Tensor, x: Tensor) -> Any:
    """A direction of the output times the Jacobian times a direction of x, as backward gives it."""
    (g,) = grad(output, x, wrap(direction(output, 1)), retain_graph=True, allow_unused=True)
    return numpy.zeros(1) if g is None else (g._array * direction(x, 2)).sum(keepdims=True).reshape(1)


def difference(function: Callable[[], Any], x: Tensor, output: Tensor, eps: float) -> Any:
    """The same by a central difference; x is moved in place, and put back."""
    old, values = x._array.copy(), []
    try:
        for step in (eps, -eps):
            x._array[...] = old + step * direction(x, 2)
            values.append(numpy.array(function(), float))
    finally:
        x._array[...] = old
    return ((values[0] - values[1]) * direction(output, 1)).sum().reshape(1) / (2 * eps)


def direction(x: Tensor, seed: int) -> Any:
    """A random direction for values like these, of length 1; the same for the same seed."""
    drawn = numpy.random.default_rng(seed).standard_normal(x.shape)
    return (drawn / (numpy.linalg.norm(drawn) or 1.0)).astype(x.dtype)


def gradgradcheck(
    func: Callable[..., Any], inputs: Tensor | Sequence[Any], grad_outputs: Any = None, **settings: Any
) -> bool:
    """gradcheck of the gradients themselves, that is of the second derivatives.

    The gradients are those of the outputs weighted with `grad_outputs`, by default random ones, and are checked as
    functions of the inputs and of these weights.

    Raises:
        GradcheckError: as for gradcheck.
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
