"""What is done to gradients between backward and the optimizer's step."""

import math
from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros
from ..functions.joining import stack
from ..graph import no_grad
from ..tensor import Tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_"]


def gradients(parameters: Tensor | Iterable[Tensor]) -> list[Any]:
    """The gradients of those parameters that have one, without history."""
    found = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad.detach() for p in found if p.grad is not None]


def vector_norm(x: Any, p: float) -> Any:
    """(sum |x|^p)^(1/p) over all elements, or max |x| for p = inf."""
    if p == math.inf:
        return x.abs().amax()
    return x.square().sum().sqrt() if p == 2 else (x.abs() ** p).sum() ** (1 / p)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    r"""Scale all gradients, in place, so that their norm as one vector is at most max_norm; returns the norm before.

    $g \leftarrow g \cdot \min(1,\ max\_norm / (\lVert g \rVert + 10^{-6}))$

    Raises:
        RuntimeError: the norm is not finite, if `error_if_nonfinite`.

    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks" (2013), algorithm 1.
    """
    grads = gradients(parameters)
    if not grads:
        return zeros(())
    with no_grad():
        total: Tensor = vector_norm(stack([vector_norm(g, float(norm_type)) for g in grads]), float(norm_type))
        if error_if_nonfinite and not math.isfinite(total.item()):
            raise RuntimeError(f"the norm of order {norm_type} of the gradients is {total.item()}; nothing was clipped")
        scale = (max_norm / (total + 1e-6)).clamp(max=1.0)
        for g in grads:
            g.mul_(scale)
    return total


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Hold every element of the gradients, in place, between -clip_value and clip_value."""
    for g in gradients(parameters):
        g.clamp_(-float(clip_value), float(clip_value))
