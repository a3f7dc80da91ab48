"""Metrics of the scores of classes."""

import math

import numpy

from ...nn.functional import cross_entropy
from ...tensor import Tensor
from ...told import guard
from .inputs import as_labels, as_predictions, check_classes, check_tensors, refuse_nan

__all__ = ["accuracy", "perplexity", "top_k_accuracy"]


def accuracy(input: Tensor, target: Tensor) -> float:
    """The share, from 0 to 1, of samples whose prediction is their label; `(B, classes, *) or (B, *), (B, *)`.

    The prediction is the class of the highest score, the first of several, or a label itself.

    >>> from tinygrad_edu import tensor
    >>> accuracy(tensor([[0.1, 0.9], [0.8, 0.2]]), tensor([1, 1]))
    0.5

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: there are no samples, a score is NaN, or labels are no integers.
    """
    predicted, labels, _ = as_predictions(input, target)
    return float(numpy.count_nonzero(predicted._array == labels._array)) / labels.numel()  # in every step: no Tensors


def top_k_accuracy(input: Tensor, target: Tensor, k: int = 5) -> float:
    """The share, from 0 to 1, of samples whose label is among the k highest scores; `(B, classes, *), (B, *)`.

    Of equal scores those of the first classes count as higher, so that k = 1 is the accuracy. (scikit-learn takes the
    last classes.)

    >>> from tinygrad_edu import tensor
    >>> top_k_accuracy(tensor([[0.1, 0.5, 0.4], [0.7, 0.2, 0.1]]), tensor([2, 2]), k=2)
    0.5

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: k is not from 1 to the number of classes, a label is none of these, or as in accuracy.
    """
    check_tensors(input, target)
    labels = as_labels(target)
    check_classes(input, target)
    classes = input.shape[1]
    if type(k) is not int or not 1 <= k <= classes:
        raise ValueError(f"k must be an integer from 1 to the {classes} classes, got {k!r}")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"labels are 0 to {classes - 1} beside scores of {classes} classes, got {labels.min()} to {labels.max()}"
        )
    refuse_nan(input, "input")
    order = input.detach().argsort(1, descending=True, stable=True)
    return float((order[:, :k] == labels.unsqueeze(1)).sum().item()) / labels.numel()


def perplexity(input: Tensor, target: Tensor, ignore_index: int = -100) -> float:
    """The exponential of the mean cross entropy; `(B, classes, *), (B, *)`, the input logits.

    Among how many equally likely tokens a model that predicts as well would choose: from 1 up to infinity. Targets of
    `ignore_index` are left out. Over batches it is the exponential of the mean over all tokens, not of the batches'
    means: `Mean` with the numbers of tokens.

    >>> from tinygrad_edu import tensor, zeros
    >>> round(perplexity(zeros(2, 50), tensor([3, 7])), 3)
    50.0

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: there is no target, a logit is NaN, or targets are no integers.
    """
    check_tensors(input, target)
    labels = as_labels(target)
    check_classes(input, target)
    if (labels == ignore_index).all():
        raise ValueError(f"all targets are {ignore_index}, which is left out: there is nothing to measure")
    refuse_nan(input, "input")
    mean = cross_entropy(input.detach().double(), labels, ignore_index=ignore_index).item()
    return math.exp(mean) if mean < 709 else math.inf


guard(globals(), __all__, __name__)
