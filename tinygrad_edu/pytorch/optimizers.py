"""Names that optimizers of programs' own import from PyTorch's."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..optim.grouping import Group, as_number, check_betas, check_settings, counter, next_step
from ..optim.optimizer import Optimizer
from ..tensor import Tensor

__all__ = ["ParamsT", "SparseAdam", "_params_t", "required"]

ParamsT = _params_t = Iterable[Any]


class Required:
    """What stands for a setting that has no default."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = Required()


class SparseAdam(Optimizer):
    r"""Adam for rows of embeddings: those that a step's gradient does not reach stay, and so do their averages.

    $$m_i \leftarrow \beta_1 m_i + (1 - \beta_1)\,g_i,\quad v_i \leftarrow \beta_2 v_i + (1 - \beta_2)\,g_i^2,\quad
    p_i \leftarrow p_i - lr\,\frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}\,\frac{m_i}{\sqrt{v_i} + \epsilon}$$

    PyTorch takes the rows that a sparse gradient lists; gradients are dense here, so these are the rows that are not
    zero throughout.

    Raises:
        ValueError: a setting is out of its range.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        check_settings("SparseAdam", lr=lr, eps=eps)
        check_betas("SparseAdam", betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})

    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state.update(step=counter(), exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
        beta1, beta2 = group["betas"]
        t = next_step(state)
        rows = (g != 0).reshape(len(g), -1).any(1)
        g = g[rows]
        m = state["exp_avg"][rows].lerp(g, 1 - beta1)
        v = state["exp_avg_sq"][rows].lerp(g * g, 1 - beta2)
        rate = as_number(group["lr"]) * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
        state["exp_avg"][rows], state["exp_avg_sq"][rows] = m, v
        p[rows] -= rate * m / (v.sqrt() + group["eps"])
