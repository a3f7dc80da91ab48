"""AdamP."""

import math
from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..tensor import Tensor
from .grouping import Group, as_number, check_betas, check_settings, counter, next_step
from .optimizer import Optimizer

__all__ = ["AdamP"]


class AdamP(Optimizer):
    r"""Adam without the part of the step that only lengthens a weight whose scale does not matter.

    $$\begin{aligned}
    m &\leftarrow \beta_1 m + (1 - \beta_1)\,g, \quad v \leftarrow \beta_2 v + (1 - \beta_2)\,g^2 \\
    u &= \frac{m}{\sqrt{v / (1 - \beta_2^t)} + \epsilon} \\
    q &= u - (\hat p \cdot u)\,\hat p \quad \text{if } |\cos(p, g)| < \delta / \sqrt{\dim p}, \text{ else } u \\
    p &\leftarrow p - lr\,\lambda\,p - \frac{lr}{1 - \beta_1^t}\,q
    \end{aligned}$$

    The gradient of a weight that is followed by a normalisation is orthogonal to it, which is how such weights are
    known: first each row of the first dimension (a channel) is asked, all must agree, then the parameter as a whole.
    $\hat p = p / (\lVert p \rVert + \epsilon)$. Where there is a projection, the decay is multiplied by `wd_ratio`.
    Parameters with fewer than two dimensions are not projected. With `nesterov` the step looks ahead, with
    $\beta_1 m + (1 - \beta_1)\,g$ for m. `maximize` goes up the gradient. PyTorch has no AdamP.

    Raises:
        ValueError: a setting is negative, or a beta is not below 1.

    Source: Heo, Chun, Oh, Han and others, "AdamP: Slowing Down the Slowdown for Momentum Optimizers on Scale-invariant
    Weights" (2021), algorithm 2 and equations 11 and 12.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        delta: float = 0.1,
        wd_ratio: float = 0.1,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        numbers = {"lr": lr, "eps": eps, "weight_decay": weight_decay, "delta": delta, "wd_ratio": wd_ratio}
        check_settings("AdamP", **numbers)
        check_betas("AdamP", betas)
        super().__init__(params, {**numbers, "betas": betas, "nesterov": nesterov, "maximize": maximize})

    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state.update(step=counter(), exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
        m, v = state["exp_avg"], state["exp_avg_sq"]
        lr, eps, decay, (beta1, beta2) = as_number(group["lr"]), group["eps"], group["weight_decay"], group["betas"]
        t = next_step(state)

        m.lerp_(g, 1 - beta1)
        v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        ahead = m.lerp(g, 1 - beta1) if group["nesterov"] else m
        u = ahead / (v / (1 - beta2**t)).sqrt().add_(eps)
        for rows in [len(p), 1] if p.ndim > 1 and p.numel() else []:
            if looks_scale_invariant(p.reshape(rows, -1), g.reshape(rows, -1), group["delta"], eps):
                u = tangential(p.reshape(rows, -1), u.reshape(rows, -1), eps).reshape(p.shape)
                decay *= group["wd_ratio"]
                break
        p.mul_(1 - lr * decay).add_(u, alpha=-lr / (1 - beta1**t))


def looks_scale_invariant(p: Tensor, g: Tensor, delta: float, eps: float) -> bool:
    """Whether the gradient of every row is nearly orthogonal to the row; `(rows, n), (rows, n) -> ()`."""
    lengths = (p.norm(dim=1) + eps) * (g.norm(dim=1) + eps)
    cosines = (p * g).sum(1).abs() / lengths
    return bool(cosines.amax() < delta / math.sqrt(p.shape[1]))


def tangential(p: Tensor, u: Tensor, eps: float) -> Any:
    """The rows of u without their parts along the rows of p; `(rows, n), (rows, n) -> (rows, n)`."""
    direction = p / (p.norm(dim=1, keepdim=True) + eps)
    return u - direction * (direction * u).sum(1, keepdim=True)
