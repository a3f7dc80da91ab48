"""Nesterov's accelerated gradient, as he gave it."""

import math
from collections.abc import Iterable
from typing import Any

from ..tensor import Tensor
from .grouping import Group, as_number, check_settings
from .optimizer import Optimizer

__all__ = ["Nesterov"]


class Nesterov(Optimizer):
    r"""Nesterov's accelerated gradient method, whose momentum grows from step to step and is not a setting.

    $$\begin{aligned}
    x_k &= y_k - lr\,\nabla L(y_k) \\
    a_{k+1} &= \bigl(1 + \sqrt{4 a_k^2 + 1}\bigr) / 2, \quad a_0 = 1 \\
    y_{k+1} &= x_k + \frac{a_k - 1}{a_{k+1}}\,(x_k - x_{k-1})
    \end{aligned}$$

    The parameters are y, where gradients are taken; the point reached is `state[p]["x"]`. For a convex loss whose
    gradient changes by at most 1 / lr per unit, $L(x_k) - L(x^*) \le 2 \lVert y_0 - x^* \rVert^2 / (lr\,(k + 2)^2)$,
    where plain descent has 1 / k. The paper also halves lr until a step descends enough, which needs further
    evaluations; here lr is given. `SGD(nesterov=True)` is another method: its momentum is constant, and its formula is
    rearranged so that it applies the momentum to the gradient. `maximize` goes up the gradient.

    Raises:
        ValueError: lr is negative.

    Source: Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k^2)" (1983), method
    (4) to (7) with a constant step.
    """

    def __init__(self, params: Iterable[Any], lr: float | Tensor = 1e-3, *, maximize: bool = False) -> None:
        check_settings("Nesterov", lr=lr)
        super().__init__(params, {"lr": lr, "maximize": maximize})

    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state.update(a=1.0, x=p.detach().clone())
        before, a = state["x"], state["a"]

        x = state["x"] = p.add(g, alpha=-as_number(group["lr"]))
        a_next = state["a"] = (1 + math.sqrt(4 * a * a + 1)) / 2
        p.copy_(x.add(x - before, alpha=(a - 1) / a_next))
