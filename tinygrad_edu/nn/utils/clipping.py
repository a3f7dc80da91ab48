"""Clipping: what is done to gradients between backward and the optimizer's step."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from ...functions.creation import zeros
from ...functions.joining import stack
from ...functions.norms import norm
from ...grad_mode import no_grad
from ...tensor import Tensor
from ...told import warn_user

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def gradients(parameters: Tensor | Iterable[Tensor]) -> list[Any]:
    """The gradients of those parameters that have one, without history."""
    found = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad.detach() for p in found if p.grad is not None]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all elements of some Tensors as one vector; 0 of none. `foreach`, PyTorch's switch, changes nothing.

    Raises:
        RuntimeError: the norm is not finite, if `error_if_nonfinite`.
    """
    found = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not found:
        return zeros(())
    with no_grad():
        total: Tensor = norm(stack([norm(x, float(norm_type)) for x in found]), float(norm_type))
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise RuntimeError(
            f"The total norm of order {float(norm_type)} for gradients is {total.item()}; nothing was clipped"
        )
    return total


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    r"""Scale all gradients, in place, so that their norm as one vector is at most max_norm; returns the norm before.

    $g \leftarrow g \cdot \min(1,\ max\_norm / (\lVert g \rVert + 10^{-6}))$

    Raises:
        RuntimeError: the norm is not finite, if `error_if_nonfinite`.

    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks" (2013), algorithm 1.
    """
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if not given and isinstance(parameters, Iterator):  # often one that something else has used up
        warn_user("`parameters` is an empty generator, no gradient clipping will occur.")
    total = get_total_norm(gradients(given), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(given, max_norm, total)
    return total


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale all gradients, in place, as clip_grad_norm_ where their norm is known."""
    with no_grad():
        scale = (max_norm / (total_norm + 1e-6)).clamp(max=1.0)
        for g in gradients(parameters):
            g.mul_(scale)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Hold every element of the gradients, in place, between -clip_value and clip_value."""
    for g in gradients(parameters):
        g.clamp_(-float(clip_value), float(clip_value))
