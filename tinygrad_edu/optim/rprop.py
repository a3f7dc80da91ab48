"""Rprop."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import full_like, zeros_like
from ..ops.elementwise import where
from ..tensor import Tensor
from .grouping import Group, check_pair, check_settings, check_ways, counter, next_step
from .optimizer import Optimizer
from .packing import elementwise

__all__ = ["Rprop"]


class Rprop(Optimizer):
    r"""Each element has a step size of its own, which grows while its gradient keeps its sign; for whole batches.

    $$\begin{aligned}
    s &\leftarrow s \cdot \begin{cases} \eta^+ & g\,g' > 0 \\ \eta^- & g\,g' < 0 \\ 1 & \text{else} \end{cases}
    \quad \text{within the bounds of step\_sizes} \\
    g &\leftarrow 0 \quad \text{where } g\,g' < 0 \\
    p &\leftarrow p - \mathrm{sign}(g)\,s
    \end{aligned}$$

    $g'$ is the g of the step before, s begins at lr, and `etas` are $(\eta^-, \eta^+)$. `maximize` goes up the
    gradient.

    Raises:
        ValueError: lr is negative, or not 0 < etas[0] < 1 < etas[1].

    Sources: Riedmiller and Braun, "A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm"
    (1993); without its weight backtracking, so as Rprop- of Igel and Hüsken, "Improving the Rprop Learning Algorithm"
    (2000), but with g set to 0.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
        **ways: Any,
    ) -> None:
        check_ways("Rprop", ways)
        check_settings("Rprop", lr=lr)
        check_pair("Rprop", "etas", etas)
        check_pair("Rprop", "step_sizes", step_sizes)
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"Rprop: etas must be one below 1 and one above, both above 0, got {etas}")
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize})

    @elementwise()
    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            start = float(group["lr"])
            state.update(step=counter(), prev=zeros_like(p), step_size=full_like(g, start, requires_grad=False))
        s = state["step_size"]
        (shrink, grow), (least, most) = group["etas"], group["step_sizes"]
        next_step(state)

        agreement = g * state["prev"]
        overshot = agreement < 0
        s = where(agreement > 0, s * grow, where(overshot, s * shrink, s)).clamp(least, most)
        g = where(overshot, 0.0, g)
        p.addcmul_(g.sign(), s, value=-1)
        state.update(prev=g, step_size=s)
