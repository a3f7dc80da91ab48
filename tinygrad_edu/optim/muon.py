"""Muon."""

import math
from collections.abc import Iterable
from typing import Any

from ..functions.creation import zeros_like
from ..tensor import Tensor
from .grouping import Group, check_settings
from .optimizer import Optimizer

__all__ = ["Muon"]


class Muon(Optimizer):
    r"""Momentum, of which a step takes the directions but not the lengths: of its singular values all become about 1.

    $$\begin{aligned}
    b &\leftarrow \mu\,b + (1 - \mu)\,g, \quad u = b \text{ or, with nesterov, } (1 - \mu)\,g + \mu\,b \\
    o &= \mathrm{NS}(u) \approx (u u^\top)^{-1/2} u \\
    p &\leftarrow p - lr\,\lambda\,p - lr\,s\,o
    \end{aligned}$$

    It is for the matrices of hidden layers; other parameters take another optimizer. $s$ makes steps of one size for
    matrices of every shape n x m: $\sqrt{\max(1, n / m)}$ with `adjust_lr_fn="original"`, the default, and
    $0.2 \sqrt{\max(n, m)}$ with "match_rms_adamw", whose steps are as large as AdamW's. PyTorch computes NS in
    bfloat16, here it is computed in the parameter's dtype, so that trajectories agree to about two digits.

    Raises:
        ValueError: a setting is negative, a parameter is no matrix, `adjust_lr_fn` is another, the coefficients are not
            three, or the steps 100 or more.

    Sources: Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024); Liu et al., "Muon is
    Scalable for LLM Training" (2025), for "match_rms_adamw".
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_settings("Muon", lr=lr, weight_decay=weight_decay, momentum=momentum)
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Muon: adjust_lr_fn is 'original' or 'match_rms_adamw', got {adjust_lr_fn!r:.60}")
        if len(ns_coefficients) != 3:
            raise ValueError(f"Muon: ns_coefficients are three numbers, got {ns_coefficients!r:.60}")
        if ns_steps >= 100:
            raise ValueError(f"Muon: ns_steps must be less than 100, got {ns_steps}")
        super().__init__(
            params,
            {
                "lr": lr,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "nesterov": nesterov,
                "ns_coefficients": ns_coefficients,
                "eps": eps,
                "ns_steps": ns_steps,
                "adjust_lr_fn": adjust_lr_fn,
            },
        )
        for p in self.parameters():
            if p.ndim != 2:
                raise ValueError(f"Muon moves matrices, got a parameter of shape {p.shape}; give it to AdamW")

    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """One step of one parameter."""
        lr, momentum, (n, m) = float(group["lr"]), group["momentum"], p.shape
        state = self.state[p]
        if not state:
            state["momentum_buffer"] = zeros_like(g)
        b = state["momentum_buffer"].lerp_(g, 1 - momentum)
        u = g.lerp(b, momentum) if group["nesterov"] else b
        o = newton_schulz(u, group["ns_coefficients"], group["ns_steps"], group["eps"])
        like_adamw = group["adjust_lr_fn"] == "match_rms_adamw"
        size = 0.2 * math.sqrt(max(n, m)) if like_adamw else math.sqrt(max(1, n / max(1, m)))
        p.mul_(1 - lr * group["weight_decay"]).add_(o, alpha=-lr * size)


def newton_schulz(x: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> Any:
    r"""A matrix with the singular vectors of x and singular values near 1, by $x \leftarrow a x + (b A + c A^2) x$.

    $A = x x^\top$. The coefficients are the field's, chosen so that small singular values grow fast; the values end
    between about 0.7 and 1.2.
    """
    if x.shape[0] > x.shape[1]:
        return newton_schulz(x.mT, coefficients, steps, eps).mT
    a, b, c = coefficients
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x
