"""NAdam."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..tensor import Tensor
from .grouping import Group, as_number, check_betas, check_settings, check_ways, counter, next_step
from .optimizer import Optimizer
from .packing import elementwise

__all__ = ["NAdam"]


class NAdam(Optimizer):
    r"""Adam with Nesterov's momentum: the step looks ahead along the mean gradient of the next step.

    $$\begin{aligned}
    g &\leftarrow \nabla L(p) + \lambda p, \quad \mu_t = \beta_1 (1 - \tfrac{1}{2}\,0.96^{t \psi}) \\
    m &\leftarrow \beta_1 m + (1 - \beta_1)\,g, \quad v \leftarrow \beta_2 v + (1 - \beta_2)\,g^2 \\
    \hat m &= \frac{\mu_{t+1}\,m}{1 - \prod_{i=1}^{t+1} \mu_i} + \frac{(1 - \mu_t)\,g}{1 - \prod_{i=1}^{t} \mu_i} \\
    p &\leftarrow p - lr\,\frac{\hat m}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}
    \end{aligned}$$

    $\psi$ is `momentum_decay`. With `decoupled_weight_decay` the decay shrinks the parameter in place of being part of
    the gradient. `maximize` goes up the gradient.

    Raises:
        ValueError: a setting is negative, or a beta is not below 1.

    Source: Dozat, "Incorporating Nesterov Momentum into Adam" (2016), algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **ways: Any,
    ) -> None:
        check_ways("NAdam", ways)
        check_settings("NAdam", lr=lr, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        check_betas("NAdam", betas)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
            },
        )

    @elementwise()
    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state.update(step=counter(), mu_product=counter(1), exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
        m, v = state["exp_avg"], state["exp_avg_sq"]
        lr, decay, (beta1, beta2) = as_number(group["lr"]), group["weight_decay"], group["betas"]
        t = next_step(state)

        if decay and group["decoupled_weight_decay"]:
            p.mul_(1 - lr * decay)
        elif decay:
            g = g.add(p, alpha=decay)
        mu, mu_next = [beta1 * (1 - 0.5 * 0.96 ** (i * group["momentum_decay"])) for i in (t, t + 1)]
        product = state["mu_product"].mul_(mu).item()
        m.lerp_(g, 1 - beta1)
        v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        known = (1 - beta2**t) ** 0.5  # numerator and denominator times this: numbers are scaled, not arrays
        deviation = v.sqrt() + known * group["eps"]
        p.addcdiv_(g, deviation, value=-lr * known * (1 - mu) / (1 - product))
        p.addcdiv_(m, deviation, value=-lr * known * mu_next / (1 - product * mu_next))
