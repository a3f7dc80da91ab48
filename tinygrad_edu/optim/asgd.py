"""Averaged stochastic gradient descent."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import as_tensor, zeros_like
from ..tensor import Tensor
from .grouping import Group, as_number, check_settings, check_ways, counter, next_step
from .optimizer import Optimizer
from .packing import elementwise

__all__ = ["ASGD"]


class ASGD(Optimizer):
    r"""Stochastic gradient descent with a falling rate $\eta$, and the mean of its way, which is nearer to the goal.

    $$\begin{aligned}
    g &\leftarrow \nabla L(p) + \lambda_w p \\
    p &\leftarrow (1 - \lambda \eta)\,p - \eta\,g \\
    a &\leftarrow a + \mu\,(p - a) \\
    \eta &\leftarrow lr / (1 + \lambda\,lr\,t)^\alpha, \quad \mu \leftarrow 1 / \max(1, t - t_0)
    \end{aligned}$$

    $\lambda$ is `lambd`, $\lambda_w$ `weight_decay`; the mean a of the steps after `t0` is `state[p]["ax"]`, and it is
    for the user to take it in the place of p. `maximize` goes up the gradient.

    Raises:
        ValueError: lr or weight_decay is negative.

    Source: Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992); with the rates of
    Bottou, "Stochastic Gradient Descent Tricks" (2012), sections 5.1 and 5.2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        maximize: bool = False,
        **ways: Any,
    ) -> None:
        check_ways("ASGD", ways)
        check_settings("ASGD", lr=lr, weight_decay=weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "lambd": lambd,
                "alpha": alpha,
                "t0": t0,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )

    @elementwise()
    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        lr, lambd = as_number(group["lr"]), group["lambd"]
        if not state:
            state.update(step=counter(), eta=counter(float(lr)), mu=counter(1), ax=zeros_like(p))
        mean, eta, mu = state["ax"], state["eta"].item(), state["mu"].item()
        t = next_step(state)

        if group["weight_decay"]:
            g = g.add(p, alpha=group["weight_decay"])
        p.mul_(1 - lambd * eta).add_(g, alpha=-eta)
        if mu == 1:
            mean.copy_(p)
        else:
            mean.add_((p - mean).mul_(mu))
        state["eta"].copy_(as_tensor(lr / (1 + lambd * lr * t) ** group["alpha"]))
        if t > group["t0"]:
            state["mu"].copy_(as_tensor(1 / max(1, t - group["t0"])))
