"""Adam."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..ops.elementwise import maximum
from ..tensor import Tensor
from .grouping import Group, as_number, check_betas, check_settings, check_ways, counter, next_step
from .optimizer import Optimizer
from .packing import elementwise

__all__ = ["Adam"]


class Adam(Optimizer):
    r"""Steps along the mean gradient, divided by the root of the mean squared gradient, both moving averages.

    $$\begin{aligned}
    g &\leftarrow \nabla L(p) + \lambda p \\
    m &\leftarrow \beta_1 m + (1 - \beta_1)\,g \\
    v &\leftarrow \beta_2 v + (1 - \beta_2)\,g^2 \\
    p &\leftarrow p - lr\,\frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}
    \end{aligned}$$

    With `amsgrad` the largest v so far stands in the place of v. With `decoupled_weight_decay` the decay is not part of
    the gradient, but shrinks the parameter: see `AdamW`. `maximize` goes up the gradient.

    Raises:
        ValueError: a setting is negative, or a beta is not below 1.

    Sources: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1; Reddi, Kale and Kumar, "On
    the Convergence of Adam and Beyond" (2018), algorithm 2, for amsgrad.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        **ways: Any,
    ) -> None:
        check_ways(type(self).__name__, ways)
        check_settings(type(self).__name__, lr=lr, eps=eps, weight_decay=weight_decay)
        check_betas(type(self).__name__, betas)
        if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
            raise ValueError(f"{type(self).__name__}: betas are two numbers or two Tensors, got {betas}")
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": tuple(map(as_number, betas)),
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    @elementwise()
    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state.update(step=counter(), exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
        m, v = state["exp_avg"], state["exp_avg_sq"]
        lr, decay, (beta1, beta2) = as_number(group["lr"]), group["weight_decay"], group["betas"]
        t = next_step(state)

        if decay and group["decoupled_weight_decay"]:
            p.mul_(1 - lr * decay)
        elif decay:
            g = g.add(p, alpha=decay)
        m.lerp_(g, 1 - beta1)
        v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        if group["amsgrad"]:
            v = state["max_exp_avg_sq"] = maximum(state.get("max_exp_avg_sq", v), v)
        known = (1 - beta2**t) ** 0.5  # numerator and denominator times this: numbers are scaled, not arrays
        p.addcdiv_(m, v.sqrt() + known * group["eps"], value=-lr * known / (1 - beta1**t))
