"""Metrics over the batches of an epoch."""

from collections.abc import Callable
from typing import Any

from ...functions.joining import cat
from ...tensor import Tensor
from .inputs import check_tensors

__all__ = ["Concatenated", "Mean"]


class Mean:
    """The mean of numbers with weights: of a loss or a metric that is a mean, with the numbers of samples.

    >>> loss = Mean()
    >>> loss.update(2.0, weight=32)
    >>> loss.update(5.0, weight=16)
    >>> loss.compute()
    3.0
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all numbers."""
        self.total = 0.0
        self.weight = 0.0

    def update(self, value: Any, weight: float = 1) -> None:
        """Take a number, or a Tensor of one element.

        Raises:
            ValueError: the weight is negative, or the Tensor has several elements.
        """
        if not weight >= 0:
            raise ValueError(f"a weight is 0 or more, got {weight}")
        if isinstance(value, Tensor):
            if value.numel() != 1:
                raise ValueError(f"a mean is of numbers, got a Tensor of shape {tuple(value.shape)}")
            value = value.item()
        self.total += value * weight
        self.weight += weight

    def compute(self) -> float:
        """The mean so far.

        Raises:
            ValueError: there is none yet.
        """
        if not self.weight:
            raise ValueError("a mean of nothing; update() with a number and a weight above 0 first")
        return self.total / self.weight


class Concatenated:
    """Any metric over batches, by keeping them all: for those that rank all samples, such as `roc_auc`.

    >>> from tinygrad_edu import tensor
    >>> from tinygrad_edu.train.metrics import roc_auc
    >>> area = Concatenated(roc_auc)
    >>> area.update(tensor([0.1, 0.7]), tensor([0, 1]))
    >>> area.update(tensor([0.8, 0.9]), tensor([0, 1]))
    >>> area.compute()
    0.75
    """

    def __init__(self, metric: Callable[..., Any], **settings: Any) -> None:
        self.metric = metric
        self.settings = settings
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        self._batches: list[tuple[Any, Any]] = []

    def update(self, input: Tensor, target: Tensor) -> None:
        """Keep a batch, as a copy.

        Raises:
            TypeError: one is no Tensor.
        """
        check_tensors(input, target)
        self._batches.append((input.detach().clone(), target.detach().clone()))

    def compute(self) -> Any:
        """The metric of all batches.

        Raises:
            ValueError: there are none yet, or as the metric says.
        """
        if not self._batches:
            raise ValueError("a metric of nothing; update() with a batch first")
        inputs, targets = zip(*self._batches, strict=True)
        return self.metric(cat(inputs), cat(targets), **self.settings)
