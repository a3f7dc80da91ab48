"""Metrics of predicted numbers."""

from ...ops.elementwise import where
from ...tensor import Tensor
from ...told import guard
from .inputs import as_numbers

__all__ = ["mean_absolute_error", "mean_squared_error", "r2_score"]


def mean_absolute_error(input: Tensor, target: Tensor) -> float:
    """The mean of |input - target|; `(*), (*)`, of one shape.

    >>> from tinygrad_edu import tensor
    >>> mean_absolute_error(tensor([1.0, 2.0]), tensor([1.0, 4.0]))
    1.0

    Raises:
        ShapeError: the shapes differ.
        ValueError: there are no samples, or a NaN.
    """
    x, y = as_numbers(input, target)
    return (x - y).abs().mean().item()


def mean_squared_error(input: Tensor, target: Tensor) -> float:
    """The mean of (input - target)²; `(*), (*)`, of one shape.

    >>> from tinygrad_edu import tensor
    >>> mean_squared_error(tensor([1.0, 2.0]), tensor([1.0, 4.0]))
    2.0

    Raises:
        ShapeError: the shapes differ.
        ValueError: there are no samples, or a NaN.
    """
    x, y = as_numbers(input, target)
    return (x - y).square().mean().item()


def r2_score(input: Tensor, target: Tensor) -> float:
    r"""The coefficient of determination; `(B), (B)` or, averaged over the outputs, `(B, outputs), (B, outputs)`.

    $R^2 = 1 - \sum (y - x)^2 / \sum (y - \bar y)^2$: 1 is perfect, 0 as good as always the mean target, below that
    worse. Where all targets are equal it is 1 if all predictions are right, and 0 if not.

    >>> from tinygrad_edu import tensor
    >>> r2_score(tensor([1.0, 2.0, 4.0]), tensor([1.0, 2.0, 3.0]))
    0.5

    Raises:
        ShapeError: the shapes differ, or have more than two dimensions.
        ValueError: there are fewer than two samples, or a NaN.
    """
    x, y = as_numbers(input, target)
    if y.ndim not in (1, 2) or len(y) < 2:
        raise ValueError(f"r2_score is of (B,) or (B, outputs) with two samples or more, got {tuple(y.shape)}")
    errors, spread = (y - x).square().sum(0), (y - y.mean(0)).square().sum(0)
    constant = spread == 0
    return where(constant, errors == 0, 1 - errors / where(constant, 1.0, spread)).mean().item()


guard(globals(), __all__, __name__)
