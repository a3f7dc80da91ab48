"""Metrics of scores that rank samples, for every threshold that could be set: no threshold needs to be chosen."""

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ...dtypes import float64
from ...functions.calculus import trapezoid
from ...functions.counting import bincount
from ...functions.creation import tensor
from ...functions.joining import cat
from ...tensor import Tensor
from ...told import guard
from .inputs import as_labels, as_scores, check_classes, check_tensors, refuse_nan

__all__ = ["average_precision", "precision_recall_curve", "roc_auc", "roc_curve"]


class ROC(NamedTuple):
    """The points of a receiver operating characteristic."""

    false_positive_rate: Any
    true_positive_rate: Any
    thresholds: Any


class PrecisionRecall(NamedTuple):
    """The points of a precision-recall curve."""

    precision: Any
    recall: Any
    thresholds: Any


def counts_by_threshold(input: Tensor, target: Tensor) -> tuple[Any, Any, Any]:
    """(False positives, true positives, threshold) for each distinct score as the threshold, from the highest down."""
    scores, positive = as_scores(input, target)
    order = scores.argsort(descending=True, stable=True)
    scores, found = scores[order], positive[order].cumsum(0)
    last = cat([scores[1:] != scores[:-1], tensor([True])])  # of equal scores: they pass the threshold together
    ranks = last.nonzero().reshape(-1)
    found = found[ranks]
    return ranks + 1 - found, found, scores[ranks]


def check_both(positives: Any, negatives: Any) -> None:
    """Refuse samples that are all of one class.

    Raises:
        ValueError: they are.
    """
    if not positives or not negatives:
        raise ValueError(f"all targets are {int(bool(positives))}: a ROC curve compares samples of 0 with samples of 1")


def roc_curve(input: Tensor, target: Tensor) -> ROC:
    """(false_positive_rate, true_positive_rate, thresholds) of binary scores; `(B,), (B,) -> (points,)` each.

    One point for each distinct score, from the highest down: samples with that score or above count as positive. The
    first point is that of no such sample, its threshold infinite. Rates are float64.

    >>> from tinygrad_edu import tensor
    >>> rates = roc_curve(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]))
    >>> rates.false_positive_rate.tolist(), rates.true_positive_rate.tolist()
    ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])

    Raises:
        ShapeError: the shapes are not (B,) and (B,).
        ValueError: there are no samples, all are of one class, a score is NaN, or a target neither 0 nor 1.
    """
    false, true, thresholds = counts_by_threshold(input, target)
    check_both(true[-1].item(), false[-1].item())
    origin = tensor([0.0], dtype=float64)
    first = tensor([math.inf], dtype=thresholds.dtype if thresholds.dtype.kind == "f" else float64)
    return ROC(
        cat([origin, false / false[-1].double()]), cat([origin, true / true[-1].double()]), cat([first, thresholds])
    )


def precision_recall_curve(input: Tensor, target: Tensor) -> PrecisionRecall:
    """(precision, recall, thresholds) of binary scores; `(B,), (B,) -> (points + 1,), (points + 1,), (points,)`.

    One point for each distinct score, from the lowest up: samples with that score or above count as positive. The
    last precision and recall, 1 and 0, have no threshold. Rates are float64.

    >>> from tinygrad_edu import tensor
    >>> curve = precision_recall_curve(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]))
    >>> [round(value, 2) for value in curve.precision.tolist()], curve.recall.tolist()
    ([0.5, 0.67, 0.5, 1.0, 1.0], [1.0, 1.0, 0.5, 0.5, 0.0])

    Raises:
        ShapeError: the shapes are not (B,) and (B,).
        ValueError: there are no samples, none is positive, a score is NaN, or a target neither 0 nor 1.
    """
    false, true, thresholds = counts_by_threshold(input, target)
    if not true[-1]:
        raise ValueError("all targets are 0: there is no recall without positive samples")
    ends = [tensor([end], dtype=float64) for end in (1.0, 0.0)]
    rates = [true / (true + false).double(), true / true[-1].double()]
    precision, recall = [cat([rate.flip(0), end]) for rate, end in zip(rates, ends, strict=True)]
    return PrecisionRecall(precision, recall, thresholds.flip(0))


def binary_roc_auc(input: Tensor, target: Tensor) -> float:
    """The area under the ROC curve of binary scores."""
    curve = roc_curve(input, target)
    return trapezoid(curve.true_positive_rate, curve.false_positive_rate).item()


def binary_average_precision(input: Tensor, target: Tensor) -> float:
    """The average precision of binary scores."""
    curve = precision_recall_curve(input, target)
    return -(curve.recall.diff() * curve.precision[:-1]).sum().item()


def roc_auc(input: Tensor, target: Tensor, average: str | None = "macro", *, multi_class: str = "ovr") -> Any:
    """The area under the ROC curve; `(B,), (B,)` for two classes, `(B, classes), (B,)` for more.

    It is the chance that a sample of 1 has a higher score than one of 0, where equal scores count half. Of more
    classes, "ovr" compares each class with all others (`average` is "macro", "weighted" by the numbers of labels,
    "micro" of all scores together, or None for a Tensor of all), and "ovo" each class with each other one ("macro", or
    "weighted" by the numbers of the pairs). Scores are compared as they are, between samples: give probabilities,
    which rank samples otherwise than logits do.

    >>> from tinygrad_edu import tensor
    >>> roc_auc(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]))
    0.75

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: there are no samples, a class does not occur, a score is NaN, labels are not those of a class, or a
            setting is unknown.

    Source: Hand and Till, "A Simple Generalisation of the Area Under the ROC Curve for Multiple Class Classification
    Problems" (2001), for "ovo" with "macro".
    """
    if multi_class not in ("ovr", "ovo"):
        raise ValueError(f"multi_class is 'ovr' or 'ovo', got {multi_class!r}")
    if multi_class == "ovo" and average not in ("macro", "weighted"):
        raise ValueError(f"with 'ovo' average is 'macro' or 'weighted', got {average!r}")
    if multi_class == "ovr":
        return one_against_rest(binary_roc_auc, input, target, average)
    if input.ndim == 1:
        return binary_roc_auc(input, target)
    labels, numbers = labels_of_all(input, target)
    areas, weights = [], []
    for a, b in itertools.combinations(range(input.shape[1]), 2):
        pair = (labels == a) | (labels == b)
        scores, first = input[pair], labels[pair] == a
        areas.append((binary_roc_auc(scores[:, a], first) + binary_roc_auc(scores[:, b], ~first)) / 2)
        weights.append((numbers[a] + numbers[b]) if average == "weighted" else 1)
    return sum(area * weight for area, weight in zip(areas, weights, strict=True)) / sum(weights)


def average_precision(input: Tensor, target: Tensor, average: str | None = "macro") -> Any:
    r"""The mean of the precisions at all thresholds, weighted by the gains of recall; shapes as for "ovr" of roc_auc.

    $\sum_n (R_n - R_{n-1})\,P_n$, which is not the area under the precision-recall curve: between points that would
    be too favourable.

    >>> from tinygrad_edu import tensor
    >>> round(average_precision(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1])), 4)
    0.8333

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: there are no samples, a class does not occur, a score is NaN, labels are not those of a class, or
            the average is unknown.
    """
    return one_against_rest(binary_average_precision, input, target, average)


def one_against_rest(
    metric: Callable[[Tensor, Tensor], float], input: Tensor, target: Tensor, average: str | None
) -> Any:
    """A metric of binary scores; of each class against all others where there are more than two, and their average."""
    if average not in ("micro", "macro", "weighted", None):
        raise ValueError(f"average is 'micro', 'macro', 'weighted' or None, got {average!r}")
    check_tensors(input, target)
    if input.ndim == 1:
        return metric(input, target)
    labels, numbers = labels_of_all(input, target)
    classes = range(input.shape[1])
    if average == "micro":
        return metric(input.reshape(-1), cat([(labels == c).unsqueeze(1) for c in classes], 1).reshape(-1))
    values = [metric(input[:, c], labels == c) for c in classes]
    if average is None:
        return tensor(values, dtype=float64)
    weights = numbers if average == "weighted" else [1] * len(values)
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def labels_of_all(input: Tensor, target: Tensor) -> tuple[Any, list[int]]:
    """Labels, and how many there are of each class; `(B, classes), (B,)`.

    Raises:
        ShapeError: the shapes are others.
        ValueError: there are fewer than three classes, or one does not occur; a score is NaN.
    """
    labels = as_labels(target)
    check_classes(input, target)
    classes = input.shape[1]
    if input.ndim != 2 or classes < 3:
        raise ValueError(
            f"scores are (B,) for two classes, those of class 1, and (B, classes) for more, got {tuple(input.shape)}"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"labels are 0 to {classes - 1} beside scores of {classes} classes, got "
            f"{labels.min().item()} to {labels.max().item()}"
        )
    refuse_nan(input, "input")
    numbers = bincount(labels, minlength=classes).tolist()
    if 0 in numbers:
        raise ValueError(
            f"class {numbers.index(0)} does not occur in the targets, so nothing can be said of its scores"
        )
    return labels, numbers


guard(globals(), __all__, __name__)
