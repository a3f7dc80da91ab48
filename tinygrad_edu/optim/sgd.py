"""Stochastic gradient descent."""

from collections.abc import Iterable
from typing import Any

from ..tensor import Tensor
from .grouping import Group, as_number, check_settings, check_ways
from .optimizer import Optimizer
from .packing import elementwise

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum $\mu$, dampening $\tau$ and weight decay $\lambda$.

    $$\begin{aligned}
    g &\leftarrow \nabla L(p) + \lambda p \\
    b &\leftarrow \mu\,b + (1 - \tau)\,g \quad (\text{at first } b = g) \\
    p &\leftarrow p - lr \cdot b, \quad \text{or with nesterov} \quad p - lr\,(g + \mu\,b)
    \end{aligned}$$

    As in PyTorch the rate multiplies the momentum too, which Sutskever's form adds to the velocity before. `maximize`
    goes up the gradient. Nesterov's own method, with momentum that grows from step to step, is `Nesterov`.

    Raises:
        ValueError: a setting is negative; nesterov without momentum or with dampening.

    Sources: Robbins and Monro, "A Stochastic Approximation Method" (1951); Sutskever, Martens, Dahl and Hinton, "On the
    importance of initialization and momentum in deep learning" (2013), equations 1 to 4.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        **ways: Any,
    ) -> None:
        check_ways("SGD", ways)
        check_settings("SGD", lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("SGD: nesterov needs a momentum, and no dampening")
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    @elementwise(fewest=10)
    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        momentum, decay = group["momentum"], group["weight_decay"]
        if decay:
            g = g.add(p, alpha=decay)
        if momentum:
            state = self.state[p]
            b = state.get("momentum_buffer")
            if b is None:
                b = state["momentum_buffer"] = g.clone()
            else:
                b.mul_(momentum).add_(g, alpha=1 - group["dampening"])
            g = g.add(b, alpha=momentum) if group["nesterov"] else b
        p.add_(g, alpha=-as_number(group["lr"]))
