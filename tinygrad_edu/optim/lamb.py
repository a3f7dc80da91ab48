"""LAMB."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..tensor import Tensor
from .grouping import Group, as_number, check_betas, check_settings, counter, next_step
from .optimizer import Optimizer

__all__ = ["LAMB"]


class LAMB(Optimizer):
    r"""Adam's step, scaled to the norm of the parameter, layer by layer; for very large batches.

    $$\begin{aligned}
    m &\leftarrow \beta_1 m + (1 - \beta_1)\,g, \quad v \leftarrow \beta_2 v + (1 - \beta_2)\,g^2 \\
    u &= \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon} + \lambda p \\
    p &\leftarrow p - lr\,\frac{\lVert p \rVert}{\lVert u \rVert}\,u
    \end{aligned}$$

    The ratio is 1 where one of the norms is 0; the paper's $\phi$ is the identity. A parameter is a layer. `maximize`
    goes up the gradient. PyTorch has no LAMB.

    Raises:
        ValueError: a setting is negative, or a beta is not below 1.

    Source: You, Li, Reddi, Hseu and others, "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes"
    (2020), algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        check_settings("LAMB", lr=lr, eps=eps, weight_decay=weight_decay)
        check_betas("LAMB", betas)
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        )

    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state.update(step=counter(), exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
        m, v, (beta1, beta2) = state["exp_avg"], state["exp_avg_sq"], group["betas"]
        t = next_step(state)

        m.lerp_(g, 1 - beta1)
        v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        u = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + group["eps"])
        if group["weight_decay"]:
            u = u.add(p, alpha=group["weight_decay"])
        length, step = p.norm().item(), u.norm().item()
        ratio = length / step if length and step else 1.0
        p.add_(u, alpha=-as_number(group["lr"]) * ratio)
