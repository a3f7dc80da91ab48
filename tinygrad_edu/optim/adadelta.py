"""Adadelta."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..tensor import Tensor
from .grouping import Group, as_number, check_settings, check_ways, counter, next_step
from .optimizer import Optimizer
from .packing import elementwise

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    r"""Steps as large as recent steps were, in the measure of recent gradients, so that units fit without a rate.

    $$\begin{aligned}
    g &\leftarrow \nabla L(p) + \lambda p \\
    v &\leftarrow \rho\,v + (1 - \rho)\,g^2 \\
    \Delta &\leftarrow \frac{\sqrt{u + \epsilon}}{\sqrt{v + \epsilon}}\,g \\
    u &\leftarrow \rho\,u + (1 - \rho)\,\Delta^2 \\
    p &\leftarrow p - lr\,\Delta
    \end{aligned}$$

    The paper has no lr, which is 1 in it. `maximize` goes up the gradient.

    Raises:
        ValueError: a setting is negative, or rho is above 1.

    Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012), algorithm 1.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **ways: Any,
    ) -> None:
        check_ways("Adadelta", ways)
        defaults = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay}
        check_settings("Adadelta", **defaults)
        if rho > 1:
            raise ValueError(f"Adadelta: rho must be from 0 to 1, got {rho}")
        super().__init__(params, {**defaults, "maximize": maximize})

    @elementwise()
    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state.update(step=counter(), square_avg=zeros_like(p), acc_delta=zeros_like(p))
        v, u = state["square_avg"], state["acc_delta"]
        rho, eps = group["rho"], group["eps"]
        next_step(state)

        if group["weight_decay"]:
            g = g.add(p, alpha=group["weight_decay"])
        v.mul_(rho).addcmul_(g, g, value=1 - rho)
        delta = (u + eps).sqrt() / (v + eps).sqrt() * g
        u.mul_(rho).addcmul_(delta, delta, value=1 - rho)
        p.add_(delta, alpha=-as_number(group["lr"]))
