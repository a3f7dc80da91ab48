"""LARS."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..tensor import Tensor
from .grouping import Group, as_number, check_settings
from .optimizer import Optimizer

__all__ = ["LARS"]


class LARS(Optimizer):
    r"""Gradient descent with momentum, whose rate is scaled to the norm of the parameter, layer by layer.

    $$\begin{aligned}
    \lambda &= \eta\,\frac{\lVert p \rVert}{\lVert g \rVert + \beta\,\lVert p \rVert} \\
    v &\leftarrow \mu\,v + lr\,\lambda\,(g + \beta\,p) \\
    p &\leftarrow p - v
    \end{aligned}$$

    $\eta$ is `trust_coefficient`, $\beta$ `weight_decay`. $\lambda$ is 1 where one of the norms is 0. As in the paper,
    and other than in PyTorch's SGD, the rate is part of the velocity. A parameter is a layer. `maximize` goes up the
    gradient. PyTorch has no LARS.

    Raises:
        ValueError: a setting is negative.

    Source: You, Gitman and Ginsburg, "Large Batch Training of Convolutional Networks" (2017), algorithm 1.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-1,
        momentum: float = 0.9,
        weight_decay: float = 0,
        trust_coefficient: float = 1e-3,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "trust_coefficient": trust_coefficient,
        }
        check_settings("LARS", **defaults)
        super().__init__(params, {**defaults, "maximize": maximize})

    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state["momentum_buffer"] = zeros_like(p)
        v, decay = state["momentum_buffer"], group["weight_decay"]

        length, slope = p.norm().item(), g.norm().item()
        rate = group["trust_coefficient"] * length / (slope + decay * length) if length and slope else 1.0
        if decay:
            g = g.add(p, alpha=decay)
        v.mul_(group["momentum"]).add_(g, alpha=as_number(group["lr"]) * rate)
        p.sub_(v)
