"""Lion."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..tensor import Tensor
from .grouping import Group, as_number, check_betas, check_settings
from .optimizer import Optimizer
from .packing import elementwise

__all__ = ["Lion"]


class Lion(Optimizer):
    r"""Steps of one size along the signs of a mixture of gradient and momentum; found by a search among programs.

    $$\begin{aligned}
    c &= \beta_1 m + (1 - \beta_1)\,g \\
    p &\leftarrow p - lr\,(\mathrm{sign}(c) + \lambda p) \\
    m &\leftarrow \beta_2 m + (1 - \beta_2)\,g
    \end{aligned}$$

    The rate is to be 3 to 10 times smaller than AdamW's, the decay as much larger. `maximize` goes up the gradient.
    PyTorch has no Lion.

    Raises:
        ValueError: a setting is negative, or a beta is not below 1.

    Source: Chen, Liang, Huang, Real and others, "Symbolic Discovery of Optimization Algorithms" (2023), algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        check_settings("Lion", lr=lr, weight_decay=weight_decay)
        check_betas("Lion", betas)
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize})

    @elementwise()
    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state["exp_avg"] = zeros_like(p)
        m, lr, (beta1, beta2) = state["exp_avg"], as_number(group["lr"]), group["betas"]

        c = m.lerp(g, 1 - beta1)
        p.mul_(1 - lr * group["weight_decay"]).add_(c.sign(), alpha=-lr)
        m.lerp_(g, 1 - beta2)
