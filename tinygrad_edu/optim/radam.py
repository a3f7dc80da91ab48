"""RAdam."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..tensor import Tensor
from .grouping import Group, as_number, check_betas, check_settings, check_ways, counter, next_step
from .optimizer import Optimizer
from .packing import elementwise

__all__ = ["RAdam"]


class RAdam(Optimizer):
    r"""Adam whose steps are divided by the deviations only once enough steps were made to know these.

    $$\begin{aligned}
    g &\leftarrow \nabla L(p) + \lambda p \\
    m &\leftarrow \beta_1 m + (1 - \beta_1)\,g, \quad v \leftarrow \beta_2 v + (1 - \beta_2)\,g^2,
    \quad \hat m = m / (1 - \beta_1^t) \\
    \rho_\infty &= \frac{2}{1 - \beta_2} - 1, \quad \rho = \rho_\infty - \frac{2 t \beta_2^t}{1 - \beta_2^t} \\
    p &\leftarrow p - lr\,\hat m \quad \text{for } \rho \le 5, \text{ and after that} \\
    p &\leftarrow p - lr\,\hat m\,\frac{\sqrt{1 - \beta_2^t}}{\sqrt{v} + \epsilon}\,
    \sqrt{\frac{(\rho - 4)(\rho - 2)\,\rho_\infty}{(\rho_\infty - 4)(\rho_\infty - 2)\,\rho}}
    \end{aligned}$$

    With `decoupled_weight_decay` the decay shrinks the parameter in place of being part of the gradient. `maximize`
    goes up the gradient.

    Raises:
        ValueError: a setting is negative, or a beta is not below 1.

    Source: Liu, Jiang, He, Chen, Liu, Gao and Han, "On the Variance of the Adaptive Learning Rate and Beyond" (2020),
    algorithm 2; as in PyTorch with 5 in the place of its 4.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **ways: Any,
    ) -> None:
        check_ways("RAdam", ways)
        check_settings("RAdam", lr=lr, eps=eps, weight_decay=weight_decay)
        check_betas("RAdam", betas)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
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
        known = 1 - beta2**t
        most = 2 / (1 - beta2) - 1
        length = most - 2 * t * beta2**t / known  # of the simple moving average that v amounts to
        rate = lr / (1 - beta1**t)
        if length > 5:
            rectified = ((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)) ** 0.5
            p.addcdiv_(m, v.sqrt() + group["eps"], value=-rate * known**0.5 * rectified)
        else:
            p.add_(m, alpha=-rate)
