"""Dropout."""

from ..tensor import Tensor
from . import functional
from .functional.dropout import checked_probability
from .module import Module

__all__ = ["Dropout"]


class Dropout(Module):
    r"""In training, each element is 0 with probability p and else divided by 1 - p; `(*) -> (*)`.

    $y = x\,m / (1 - p)$ with $m \sim \mathrm{Bernoulli}(1 - p)$, so that the mean of y is x; in evaluation $y = x$.

    Raises:
        ValueError: p is no probability.

    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        self.p = checked_probability(p)
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Some elements dropped, in training."""
        return functional.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The probability of a zero."""
        return f"p={self.p}, inplace={self.inplace}"
