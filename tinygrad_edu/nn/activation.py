"""Activations: functions of each element, as layers; `(*) -> (*)`.

Each applies the function of nn.functional of its name, which says what it computes. With `inplace` the result is
written into the input.
"""

from typing import Any

from ..tensor import Tensor
from . import functional
from .module import Module

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "LeakyReLU",
    "LogSigmoid",
    "Mish",
    "RReLU",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Tanh",
]


class InPlace(Module):
    """An activation whose only setting is whether it writes into its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Whether it writes into its input."""
        return "inplace=True" if self.inplace else ""


class ReLU(InPlace):
    r"""The rectified linear unit, $y = \max(x, 0)$; `(*) -> (*)`; with `inplace` it is written into the input.

    Source: Nair and Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines" (2010).
    """

    def forward(self, input: Tensor) -> Tensor:
        """max(x, 0)."""
        return functional.relu(input, self.inplace)


class LeakyReLU(Module):
    """y = x where x is positive, negative_slope x elsewhere; `(*) -> (*)`.

    Source: Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013).
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """x, or the slope times x."""
        return functional.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The slope."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class RReLU(Module):
    """y = x where x is positive, a x elsewhere; in training each a is uniform in [lower, upper), else their middle.

    Source: Xu, Wang, Chen and Li, "Empirical Evaluation of Rectified Activations in Convolutional Network" (2015).
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """x, or a slope times x."""
        return functional.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The range of slopes."""
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")


class ExponentialLinear(Module):
    """An activation with an exponential of this scale below 0."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def extra_repr(self) -> str:
        """The scale of the exponential."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class ELU(ExponentialLinear):
    r"""The exponential linear unit: $y = x$ where $x > 0$, $\alpha\,(e^x - 1)$ elsewhere; `(*) -> (*)`.

    Source: Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by Exponential Linear Units
    (ELUs)" (2016).
    """

    def forward(self, input: Tensor) -> Tensor:
        """x, or alpha (exp(x) - 1)."""
        return functional.elu(input, self.alpha, self.inplace)


class CELU(ExponentialLinear):
    r"""The ELU with a continuous slope: $y = \max(0, x) + \min(0, \alpha\,(e^{x/\alpha} - 1))$; `(*) -> (*)`.

    Source: Barron, "Continuously Differentiable Exponential Linear Units" (2017).
    """

    def forward(self, input: Tensor) -> Tensor:
        """x, or alpha (exp(x / alpha) - 1)."""
        return functional.celu(input, self.alpha, self.inplace)


class SELU(InPlace):
    r"""The self-normalising ELU, $y = \lambda\,(\max(0, x) + \min(0, \alpha\,(e^x - 1)))$; `(*) -> (*)`.

    $\lambda = 1.0507...$, $\alpha = 1.6733...$

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks" (2017), equation 2.
    """

    def forward(self, input: Tensor) -> Tensor:
        """The scaled ELU."""
        return functional.selu(input, self.inplace)


class GELU(Module):
    r"""The Gaussian error linear unit, $y = x\,\Phi(x)$, or with `approximate="tanh"` its form by tanh; `(*) -> (*)`.

    Raises:
        RuntimeError: in forward, `approximate` is neither "none" nor "tanh".

    Source: Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)" (2016).
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """x times the normal distribution's function."""
        return functional.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """Which form."""
        return f"approximate={self.approximate!r}"


class SiLU(InPlace):
    r"""The sigmoid linear unit or swish, $y = x\,\sigma(x)$; `(*) -> (*)`.

    Source: Elfwing, Uchibe and Doya, "Sigmoid-Weighted Linear Units for Neural Network Function Approximation in
    Reinforcement Learning" (2018).
    """

    def forward(self, input: Tensor) -> Tensor:
        """x sigmoid(x)."""
        return functional.silu(input, self.inplace)


class Mish(InPlace):
    r"""$y = x \tanh(\ln(1 + e^x))$; `(*) -> (*)`.

    Source: Misra, "Mish: A Self Regularized Non-Monotonic Activation Function" (2020).
    """

    def forward(self, input: Tensor) -> Tensor:
        """x tanh(softplus(x))."""
        return functional.mish(input, self.inplace)


class Softplus(Module):
    r"""A smooth ReLU: $y = \frac{1}{\beta} \ln(1 + e^{\beta x})$, and x where $\beta x$ passes the threshold.

    Source: Dugas et al., "Incorporating Second-Order Functional Knowledge for Better Option Pricing" (2001).
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """ln(1 + exp(beta x)) / beta."""
        return functional.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The settings."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Softsign(Module):
    """y = x / (1 + |x|); `(*) -> (*)`."""

    def forward(self, input: Tensor) -> Tensor:
        """x / (1 + |x|)."""
        return functional.softsign(input)


class Sigmoid(Module):
    """y = 1 / (1 + exp(-x)); `(*) -> (*)`."""

    def forward(self, input: Tensor) -> Any:
        """1 / (1 + exp(-x))."""
        return functional.sigmoid(input)


class LogSigmoid(Module):
    """y = -ln(1 + exp(-x)), without overflow; `(*) -> (*)`."""

    def forward(self, input: Tensor) -> Tensor:
        """The logarithm of the sigmoid."""
        return functional.logsigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent; `(*) -> (*)`."""

    def forward(self, input: Tensor) -> Any:
        """tanh(x)."""
        return functional.tanh(input)
