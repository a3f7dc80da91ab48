"""Adafactor."""

import math
from collections.abc import Iterable
from typing import Any

import numpy

from ..functions.creation import zeros, zeros_like
from ..tensor import Tensor
from .grouping import Group, check_pair, check_settings, check_ways, counter, next_step
from .optimizer import Optimizer

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    r"""Steps divided by the root mean squared gradient, of which a matrix keeps only means of rows and of columns.

    $$\begin{aligned}
    \rho &= \min(lr, 1 / \sqrt t), \quad \alpha = \max(\epsilon_2, \mathrm{RMS}(p))\,\rho, \quad
    \beta = 1 - t^{\gamma} \\
    p &\leftarrow p - lr\,\lambda\,p \\
    r &\leftarrow \beta\,r + (1 - \beta)\,\overline{g^2}^{\,rows}, \quad
    c \leftarrow \beta\,c + (1 - \beta)\,\overline{g^2}^{\,columns}, \quad v = \frac{r\,c}{\bar r} \\
    u &= \frac{g}{\sqrt{\max(v, \epsilon_1^2)}} \\
    p &\leftarrow p - \alpha\,\frac{u}{\max(1, \mathrm{RMS}(u) / d)}
    \end{aligned}$$

    So a matrix of n x m needs n + m numbers of state. Of more than two dimensions the last two are factored; of one or
    none $v \leftarrow \beta v + (1 - \beta) g^2$ is kept whole. $\gamma$ is `beta2_decay`; `eps` are $\epsilon_1$,
    which is the dtype's by default, and $\epsilon_2$. As in PyTorch, lr bounds $\rho$, and $\epsilon_1$ bounds v and is
    not added to $g^2$. `maximize` goes up the gradient.

    Raises:
        ValueError: a setting is negative, beta2_decay positive, or d below 1.

    Source: Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost" (2018), algorithms 4, 5.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **ways: Any,
    ) -> None:
        check_ways("Adafactor", ways)
        check_pair("Adafactor", "eps", eps)
        bounds = {"eps[0]": 0 if eps[0] is None else eps[0], "eps[1]": eps[1]}
        check_settings("Adafactor", lr=lr, weight_decay=weight_decay, **bounds)
        if not beta2_decay <= 0:
            raise ValueError(f"Adafactor: beta2_decay must be 0 or less, got {beta2_decay}")
        if not d >= 1:
            raise ValueError(f"Adafactor: d must be 1 or more, got {d}")
        super().__init__(
            params,
            {
                "lr": lr,
                "beta2_decay": beta2_decay,
                "eps": eps,
                "d": d,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )

    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state["step"] = counter()
            if p.ndim > 1:
                state["row_var"] = zeros(*p.shape[:-1], 1, dtype=g.dtype)
                state["col_var"] = zeros(*p.shape[:-2], 1, p.shape[-1], dtype=g.dtype)
            else:
                state["variance"] = zeros_like(g)
        lr, (eps1, eps2) = float(group["lr"]), group["eps"]
        eps1 = float(numpy.finfo(p.dtype).eps) if eps1 is None else eps1
        t = next_step(state)
        alpha = max(eps2, root_mean_square(p)) * min(lr, 1 / math.sqrt(t))

        if group["weight_decay"]:
            p.mul_(1 - lr * group["weight_decay"])
        share, squares = t ** group["beta2_decay"], g * g
        if p.ndim > 1:
            rows = state["row_var"].lerp_(squares.mean(-1, keepdim=True), share)
            columns = state["col_var"].lerp_(squares.mean(-2, keepdim=True), share)
            v = rows @ columns / rows.mean(-2, keepdim=True).clamp(min=eps1)
        else:
            v = state["variance"].lerp_(squares, share)
        u = g * v.clamp(min=eps1 * eps1).rsqrt()
        p.add_(u, alpha=-alpha / max(1.0, root_mean_square(u) / group["d"]))


def root_mean_square(x: Tensor) -> float:
    """The root of the mean of the squares of all elements; `(*) -> ()`."""
    length: float = x.norm().item()
    return length / math.sqrt(x.numel()) if x.numel() else 0.0
