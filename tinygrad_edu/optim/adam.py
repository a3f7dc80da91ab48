"""Adam."""

from collections.abc import Iterable
from typing import Any

from ..dtypes import float32
from ..functions import multiply_add as multiply_add  # gives Tensor lerp_, addcmul_ and addcdiv_
from ..functions.creation import zeros, zeros_like
from ..ops.elementwise import maximum
from ..tensor import Tensor
from .optimizer import Group, Optimizer, check_settings

__all__ = ["Adam"]


class Adam(Optimizer):
    r"""Steps along the mean gradient, divided by the root of the mean squared gradient, both moving averages.

    $$\begin{aligned}
    g &\leftarrow \nabla L(p) + \lambda p \\
    m &\leftarrow \beta_1 m + (1 - \beta_1)\,g \\
    v &\leftarrow \beta_2 v + (1 - \beta_2)\,g^2 \\
    p &\leftarrow p - lr\,\frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}
    \end{aligned}$$

    With `amsgrad` the largest v so far stands in the place of v. `maximize` goes up the gradient.

    Raises:
        ValueError: a setting is negative, or a beta is not below 1.

    Sources: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1; Reddi, Kale and Kumar, "On
    the Convergence of Adam and Beyond" (2018), algorithm 2, for amsgrad.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check_settings("Adam", lr=lr, eps=eps, weight_decay=weight_decay)
        for i, beta in enumerate(betas):
            if not 0 <= beta < 1:
                raise ValueError(f"Adam: betas[{i}] must be from 0 up to, but not, 1, got {beta}")
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
            },
        )

    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state["step"] = zeros((), dtype=float32)  # as PyTorch's, also beside parameters of other dtypes
            state["exp_avg"] = zeros_like(p)
            state["exp_avg_sq"] = zeros_like(p)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros_like(p)
        m, v = state["exp_avg"], state["exp_avg_sq"]
        beta1, beta2 = group["betas"]
        t = state["step"].add_(1).item()

        if group["maximize"]:
            g = -g
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        m.lerp_(g, 1 - beta1)
        v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        if group["amsgrad"]:
            v = state["max_exp_avg_sq"].copy_(maximum(state["max_exp_avg_sq"], v))
        deviation = (v.sqrt() / (1 - beta2**t) ** 0.5).add_(group["eps"])
        p.addcdiv_(m, deviation, value=-group["lr"] / (1 - beta1**t))
