"""Losses from likelihoods: counts, numbers with a variance, and whole distributions."""

from typing import Any

from ...tensor import Tensor
from .. import functional
from .base import Loss

__all__ = ["GaussianNLLLoss", "KLDivLoss", "PoissonNLLLoss"]


class KLDivLoss(Loss):
    r"""The Kullback-Leibler divergence, $\sum_i y_i (\ln y_i - x_i)$, from the logarithms x; `(N, *), (N, *) -> ()`.

    With `log_target` the target too holds logarithms. "batchmean" divides by N and is the definition; "mean" divides
    by the number of elements.

    Raises:
        ShapeError: in forward, the shapes do not broadcast.
        ValueError: in forward, the reduction is not known.

    Source: Kullback and Leibler, "On Information and Sufficiency" (1951), equation 2.4.
    """

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The divergence."""
        return functional.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(Loss):
    r"""-ln of a count y under the rate $e^x$, $e^x - y x$, or under the rate x, $x - y \ln (x + eps)$.

    `(*), (*) -> ()`. The second is without `log_input`. `full` adds Stirling's approximation of ln y!.

    Raises:
        ShapeError: in forward, the shapes do not broadcast.
        ValueError: in forward, the reduction is not known.
    """

    def __init__(self, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Any:
        """The negative log-likelihood of the counts."""
        return functional.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(Loss):
    r"""-ln of y under a normal distribution of mean x and variance v, $\frac{1}{2} (\ln v + (x - y)^2 / v)$.

    `(*), (*), (*) -> ()`; v is at least `eps`; `full` adds the constant $\frac{1}{2} \ln 2 \pi$.

    Raises:
        ShapeError: in forward, the shapes do not fit.
        ValueError: in forward, a variance is negative, or the reduction is not known.

    Source: Nix and Weigend, "Estimating the Mean and Variance of the Target Probability Distribution" (1994), eq. 5.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Any:
        """The negative log-likelihood of the numbers."""
        return functional.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)
