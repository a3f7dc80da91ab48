"""Losses from likelihoods: counts, numbers with a variance, and whole distributions."""

import math
from typing import Any

from ....dtypes import check_kind
from ....errors import ShapeError
from ....functions.creation import full_like
from ....functions.special import xlogy
from ....grad_mode import no_grad
from ....tensor import Tensor
from ....told import warn_user
from .reduction import check_tensors, reduced

__all__ = ["gaussian_nll_loss", "kl_div", "poisson_nll_loss"]


def kl_div(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Any:
    r"""The Kullback-Leibler divergence $y (\ln y - x)$, elementwise; `(*), (*) -> ()`.

    `input` x holds logarithms of probabilities, `target` y probabilities or, with `log_target`, their logarithms. Its
    definition sums over a distribution: that is "batchmean", the sum over the size of the first dimension.

    Raises:
        ShapeError: the shapes do not broadcast.
        ValueError: the reduction is not known.

    Source: Kullback and Leibler, "On Information and Sufficiency" (1951), equation 2.4.
    """
    check_tensors("kl_div", input=input, target=target)
    check_kind(input.dtype, "f", "kl_div")
    check_kind(target.dtype, "f", "kl_div")
    if reduction == "mean":
        warn_user(
            "kl_div with reduction 'mean' divides by the number of elements, not of distributions; "
            "'batchmean' is the divergence as it is defined"
        )
    losses = target.exp() * (target - input) if log_target else xlogy(target, target) - target * input
    if reduction != "batchmean":
        return reduced(losses, reduction)
    total = reduced(losses, "sum")
    return total / input.shape[0] if input.ndim else total


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    r"""-ln of a count's probability, $e^x - y x$ or, without `log_input`, $x - y \ln(x + eps)$; `(*), (*) -> ()`.

    `full` adds Stirling's approximation of ln y!, $y \ln y - y + \frac{1}{2} \ln 2 \pi y$, where y > 1.

    Raises:
        ShapeError: the shapes do not broadcast.
        ValueError: the reduction is not known.
    """
    check_tensors("poisson_nll_loss", input=input, target=target)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        small = target <= 1
        y = target.masked_fill(small, 1)  # where ln 0 would make the gradient NaN
        stirling = y * y.log() - y + 0.5 * (2 * math.pi * y).log()
        losses = losses + stirling.masked_fill(small, 0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    r"""-ln of a normal density, $\frac{1}{2} (\ln v + (x - y)^2 / v)$, up to a constant; `(*), (*), (*) -> ()`.

    `var` v is of the input's shape, lacks its last dimension, has 1 in place of one size, or is a number; it is taken
    to be at least `eps`, which its gradient ignores. `full` adds the constant $\frac{1}{2} \ln 2 \pi$.

    Raises:
        ShapeError: the shapes do not fit.
        ValueError: a variance is negative; the reduction is not known.

    Source: Nix and Weigend, "Estimating the Mean and Variance of the Target Probability Distribution" (1994), eq. 5.
    """
    check_tensors("gaussian_nll_loss", input=input, target=target)
    if isinstance(var, (int, float)):
        var = full_like(input, var)
    check_tensors("gaussian_nll_loss", var=var)
    if (var < 0).any():
        raise ValueError("gaussian_nll_loss: var has negative entry/entries; give softplus() or exp()")
    if var.shape != input.shape:
        var = alongside(var, input)
    v = var.clone()
    with no_grad():
        v.clamp_(min=eps)
    losses = 0.5 * (v.log() + (input - target).square() / v)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def alongside(var: Tensor, input: Tensor) -> Tensor:
    """Variances that several elements share, so that they broadcast against the input.

    Raises:
        ShapeError: they cannot be told apart from a mistake.
    """
    if var.shape == input.shape[:-1]:
        return var.unsqueeze(-1)
    if var.ndim == input.ndim and sum(n for m, n in zip(input.shape, var.shape, strict=True) if m != n) == 1:
        return var
    raise ShapeError(
        f"var is of incorrect size: the input {input.shape} takes a var of its shape, without the last size, "
        "or with 1 in place of one size, "
        f"got {var.shape}"
    )
