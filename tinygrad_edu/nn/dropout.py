"""Dropout: in training, some elements or channels dropped at random; in evaluation, the input itself."""

from ..tensor import Tensor
from . import functional
from .functional.dropout import checked_probability
from .module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class Dropping(Module):
    """What the dropouts share: a probability, and whether they write into their input."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        self.p = checked_probability(p)
        self.inplace = inplace

    def extra_repr(self) -> str:
        """The settings."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(Dropping):
    r"""In training, each element is 0 with probability p and else divided by 1 - p; `(*) -> (*)`.

    $y = x\,m / (1 - p)$ with $m \sim \mathrm{Bernoulli}(1 - p)$, so that the mean of y is x; in evaluation $y = x$.

    Raises:
        ValueError: p is no probability.

    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Some elements dropped, in training."""
        return functional.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(Dropping):
    """Dropout of whole channels, `(B, C, L) -> (B, C, L)`, or without B: neighbours in a channel are much alike.

    Raises:
        ValueError: p is no probability.
        ShapeError: in forward, the input is of other dimensions.

    Source: Tompson et al., "Efficient Object Localization Using Convolutional Networks" (2015), section 3.2.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Some channels dropped, in training."""
        return functional.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(Dropping):
    """Dropout of whole channels, see Dropout1d; `(B, C, H, W) -> (B, C, H, W)`."""

    def forward(self, input: Tensor) -> Tensor:
        """Some channels dropped, in training."""
        return functional.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(Dropping):
    """Dropout of whole channels, see Dropout1d; `(B, C, D, H, W) -> (B, C, D, H, W)`, or without B."""

    def forward(self, input: Tensor) -> Tensor:
        """Some channels dropped, in training."""
        return functional.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(Dropping):
    """Dropout to where a SELU saturates, which keeps mean and variance; `(*) -> (*)`.

    Raises:
        ValueError: p is no probability.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks" (2017), section 2.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Some elements at the floor, in training."""
        return functional.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(Dropping):
    """AlphaDropout of whole channels; `(B, C, ..) -> (B, C, ..)`.

    Raises:
        ValueError: p is no probability.
        ShapeError: in forward, the input has fewer than two dimensions.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Some channels at the floor, in training."""
        return functional.feature_alpha_dropout(input, self.p, self.training, self.inplace)
