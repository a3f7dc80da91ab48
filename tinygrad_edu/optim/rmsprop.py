"""RMSprop."""

from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..tensor import Tensor
from .grouping import Group, as_number, check_settings, check_ways, counter, next_step
from .optimizer import Optimizer
from .packing import elementwise

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    r"""Steps divided by the root of the mean squared gradient, a moving average.

    $$\begin{aligned}
    g &\leftarrow \nabla L(p) + \lambda p \\
    v &\leftarrow \alpha\,v + (1 - \alpha)\,g^2 \\
    p &\leftarrow p - lr\,\frac{g}{\sqrt{v} + \epsilon}
    \end{aligned}$$

    With `centered` the variance takes the place of v: $v - m^2$, where $m \leftarrow \alpha\,m + (1 - \alpha)\,g$.
    With `momentum` $\mu$ the steps add up: $b \leftarrow \mu\,b + g / (\sqrt{v} + \epsilon)$ and $p \leftarrow p - lr
    \cdot b$. `maximize` goes up the gradient.

    Raises:
        ValueError: a setting is negative.

    Sources: Tieleman and Hinton, "Lecture 6.5 - RMSProp" of the course "Neural Networks for Machine Learning" (2012);
    Graves, "Generating Sequences With Recurrent Neural Networks" (2013), equations 38 to 41, for the centered form.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        maximize: bool = False,
        **ways: Any,
    ) -> None:
        check_ways("RMSprop", ways)
        defaults = {"lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "weight_decay": weight_decay}
        check_settings("RMSprop", **defaults)
        super().__init__(params, {**defaults, "centered": centered, "maximize": maximize})

    @elementwise()
    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        state = self.state[p]
        if not state:
            state.update(step=counter(), square_avg=zeros_like(p))
        v, lr, alpha, momentum = state["square_avg"], as_number(group["lr"]), group["alpha"], group["momentum"]
        b = buffer(state, "momentum_buffer", p) if momentum > 0 else None
        next_step(state)

        if group["weight_decay"]:
            g = g.add(p, alpha=group["weight_decay"])
        v.mul_(alpha).addcmul_(g, g, value=1 - alpha)
        if group["centered"]:
            m = buffer(state, "grad_avg", p).lerp_(g, 1 - alpha)
            v = v.addcmul(m, m, value=-1)
        deviation = v.sqrt() + group["eps"]
        if b is None:
            p.addcdiv_(g, deviation, value=-lr)
        else:
            p.add_(b.mul_(momentum).addcdiv_(g, deviation), alpha=-lr)


def buffer(state: dict[str, Any], name: str, p: Tensor) -> Any:
    """A piece of a parameter's state, which begins with zeros."""
    if name not in state:
        state[name] = zeros_like(p)
    return state[name]
