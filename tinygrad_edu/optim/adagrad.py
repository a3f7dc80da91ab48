"""Adagrad."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import full_like
from ..tensor import Tensor
from .grouping import Group, as_number, check_settings, check_ways, counter, next_step
from .optimizer import Optimizer
from .packing import elementwise

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    r"""Steps divided by the root of the sum of all squared gradients so far: rare features keep a high rate.

    $$\begin{aligned}
    g &\leftarrow \nabla L(p) + \lambda p \\
    s &\leftarrow s + g^2 \\
    p &\leftarrow p - \frac{lr}{1 + (t - 1)\,\eta}\,\frac{g}{\sqrt{s} + \epsilon}
    \end{aligned}$$

    $\eta$ is `lr_decay`; s begins at `initial_accumulator_value`, when the optimizer is made. `maximize` goes up the
    gradient.

    Raises:
        ValueError: a setting is negative.

    Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization"
    (2011), figure 1 with diagonal matrices.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        **ways: Any,
    ) -> None:
        check_ways("Adagrad", ways)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
        }
        check_settings("Adagrad", **defaults)
        super().__init__(params, {**defaults, "maximize": maximize})
        for group in self.param_groups:
            for p in group["params"]:
                self.begin(p)

    def begin(self, p: Tensor) -> None:
        """The state of a parameter before its first step."""
        start = self.defaults["initial_accumulator_value"]
        self.state[p].update(step=counter(), sum=full_like(p, start, requires_grad=False))

    @elementwise()
    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            self.begin(p)
        s = state["sum"]
        t = next_step(state)

        if group["weight_decay"]:
            g = g.add(p, alpha=group["weight_decay"])
        s.addcmul_(g, g)
        rate = as_number(group["lr"]) / (1 + (t - 1) * group["lr_decay"])
        p.addcdiv_(g, s.sqrt() + group["eps"], value=-rate)
