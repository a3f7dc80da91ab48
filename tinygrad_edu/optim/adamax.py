"""Adamax."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..ops.elementwise import maximum
from ..tensor import Tensor
from .grouping import Group, as_number, check_betas, check_settings, check_ways, counter, next_step
from .optimizer import Optimizer
from .packing import elementwise

__all__ = ["Adamax"]


class Adamax(Optimizer):
    r"""Adam with the largest gradient, fading as time goes by, in the place of the root of the mean square.

    $$\begin{aligned}
    g &\leftarrow \nabla L(p) + \lambda p \\
    m &\leftarrow \beta_1 m + (1 - \beta_1)\,g \\
    u &\leftarrow \max(\beta_2 u,\ |g| + \epsilon) \\
    p &\leftarrow p - \frac{lr}{1 - \beta_1^t}\,\frac{m}{u}
    \end{aligned}$$

    `maximize` goes up the gradient.

    Raises:
        ValueError: a setting is negative, or a beta is not below 1.

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **ways: Any,
    ) -> None:
        check_ways("Adamax", ways)
        check_settings("Adamax", lr=lr, eps=eps, weight_decay=weight_decay)
        check_betas("Adamax", betas)
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        )

    @elementwise()
    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state.update(step=counter(), exp_avg=zeros_like(p), exp_inf=zeros_like(p))
        m, u = state["exp_avg"], state["exp_inf"]
        beta1, beta2 = group["betas"]
        t = next_step(state)

        if group["weight_decay"]:
            g = g.add(p, alpha=group["weight_decay"])
        m.lerp_(g, 1 - beta1)
        u = state["exp_inf"] = maximum(u * beta2, g.abs() + group["eps"])
        p.addcdiv_(m, u, value=-as_number(group["lr"]) / (1 - beta1**t))
