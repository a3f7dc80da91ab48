"""The confusion matrix, and what is counted from it."""

import math
from typing import Any

from ...dtypes import float64, int64
from ...functions.counting import bincount
from ...functions.creation import zeros
from ...ops.elementwise import where
from ...tensor import Tensor
from ...told import guard
from .inputs import as_predictions

__all__ = ["ConfusionMatrix", "confusion_matrix", "dice", "f1_score", "iou", "precision", "recall"]

AVERAGES = ("binary", "micro", "macro", "weighted", None)


class ConfusionMatrix:
    r"""How often each class was taken for each: counts of samples over batches, and the ratios made of them.

    Rows are the labels, columns the predictions. For class c, TP are the samples on the diagonal, FP those of its
    column and FN those of its row that are not.

    The ratios take an `average`: "binary" is the ratio of class 1 of two; None gives a Tensor of the ratios of all
    classes; "macro" is their mean over the classes that occur, in labels or predictions, and "weighted" their mean
    weighted by the numbers of labels; "micro" is the ratio of TP, FP and FN pooled over all classes. Where a
    denominator is 0, the ratio is `zero_division`: 0, 1, or NaN, which means leave out.

    >>> from tinygrad_edu import tensor
    >>> seen = ConfusionMatrix(3)
    >>> seen.update(tensor([0, 2, 1]), tensor([0, 1, 1]))
    >>> seen.update(tensor([2, 2]), tensor([2, 0]))
    >>> seen.compute()
    tensor([[1, 0, 1],
            [0, 1, 1],
            [0, 0, 1]])
    >>> seen.accuracy(), seen.recall("macro")
    (0.6, 0.6666666666666666)

    Raises:
        ValueError: the number of classes is not 1 or more.
    """

    def __init__(self, num_classes: int, ignore_index: int | None = None) -> None:
        if type(num_classes) is not int or num_classes < 1:
            raise ValueError(f"num_classes must be an integer of 1 or more, got {num_classes!r}")
        self.num_classes = num_classes
        self.ignore_index = ignore_index
        self.reset()

    def reset(self) -> None:
        """Forget all samples."""
        self._counts: Any = zeros(self.num_classes, self.num_classes, dtype=int64)

    def update(self, input: Tensor, target: Tensor) -> None:
        """Count the samples of a batch; `(B, classes, *) or (B, *), (B, *)`, the input scores or labels.

        Raises:
            ShapeError: the shapes do not go together.
            ValueError: the batch is empty, a score is NaN, labels are no integers, or not those of a class.
        """
        predicted, labels, classes = as_predictions(input, target)
        if classes is not None and classes > self.num_classes:
            raise ValueError(f"input has the scores of {classes} classes, the confusion matrix {self.num_classes}")
        predicted, labels = kept(predicted, labels, self.ignore_index)
        self._counts = self._counts + counts(predicted, labels, self.num_classes)

    def compute(self) -> Any:
        """The counts so far, labels in rows and predictions in columns; `(classes, classes)`, int64."""
        return self._counts

    def accuracy(self) -> float:
        """The share of samples on the diagonal.

        Raises:
            ValueError: nothing was counted yet.
        """
        return float(self._counts.diagonal().sum().item()) / self._total()

    def precision(self, average: str | None = "binary", *, zero_division: float = 0.0) -> Any:
        """TP / (TP + FP): how much of what was taken for a class is of it."""
        return self._ratio(1, 1, 0, average, zero_division)

    def recall(self, average: str | None = "binary", *, zero_division: float = 0.0) -> Any:
        """TP / (TP + FN): how much of a class was found."""
        return self._ratio(1, 0, 1, average, zero_division)

    def f1_score(self, average: str | None = "binary", *, zero_division: float = 0.0) -> Any:
        """2 TP / (2 TP + FP + FN): the harmonic mean of precision and recall."""
        return self._ratio(2, 1, 1, average, zero_division)

    def iou(self, average: str | None = "macro", *, zero_division: float = 0.0) -> Any:
        """TP / (TP + FP + FN): intersection over union of what is of a class and what was taken for it."""
        return self._ratio(1, 1, 1, average, zero_division)

    def dice(self, average: str | None = "macro", *, zero_division: float = 0.0) -> Any:
        """2 TP / (2 TP + FP + FN): twice the intersection over the sum of the sizes, which is the F1 score."""
        return self.f1_score(average, zero_division=zero_division)

    def _total(self) -> int:
        total = int(self._counts.sum().item())
        if not total:
            raise ValueError("nothing was counted yet; update() with a batch first")
        return total

    def _ratio(self, tp: int, fp: int, fn: int, average: str | None, zero_division: float) -> Any:
        """tp TP / (tp TP + fp FP + fn FN), averaged over classes.

        Raises:
            ValueError: nothing was counted, the average is unknown, or "binary" and there are other classes.
        """
        if average not in AVERAGES:
            raise ValueError(f"average is one of {AVERAGES}, got {average!r}")
        if not (zero_division in (0, 1) or math.isnan(zero_division)):
            raise ValueError(f"zero_division is 0, 1 or NaN, got {zero_division!r}")
        if average == "binary" and self.num_classes != 2:
            raise ValueError(
                f"average='binary' is for two classes, and there are {self.num_classes}; choose 'micro', 'macro', "
                "'weighted' or None"
            )
        self._total()
        true = self._counts.diagonal()
        guessed, labelled = self._counts.sum(0), self._counts.sum(1)
        part, whole = tp * true, tp * true + fp * (guessed - true) + fn * (labelled - true)
        if average == "micro":
            return divided(part.sum(), whole.sum(), zero_division).item()
        ratios = divided(part, whole, zero_division)
        if average == "binary":
            return ratios[1].item()
        if average is None:
            return ratios
        weights = labelled if average == "weighted" else guessed + labelled > 0
        defined = ~ratios.isnan()
        return divided((ratios * weights)[defined].sum(), weights[defined].sum(), zero_division).item()


def divided(part: Any, whole: Any, zero_division: float) -> Any:
    """part / whole in float64, and `zero_division` where the whole is 0."""
    nothing = whole == 0
    return where(nothing, zero_division, part.to(float64) / where(nothing, 1, whole))


def kept(predicted: Any, labels: Any, ignore_index: int | None) -> tuple[Any, Any]:
    """Predictions and labels of the samples that are not to be left out."""
    if ignore_index is None:
        return predicted, labels
    wanted = labels != ignore_index
    return predicted[wanted], labels[wanted]


def counts(predicted: Any, labels: Any, classes: int) -> Any:
    """How often each label was predicted as each; `(*), (*) -> (classes, classes)`.

    Raises:
        ValueError: a label or a prediction is not that of a class.
    """
    for name, values in (("target", labels), ("input", predicted)):
        if values.numel() and not (values.min() >= 0 and values.max() < classes):
            low, high = values.min().item(), values.max().item()
            raise ValueError(
                f"{name} holds labels from {low} to {high}, and the {classes} classes are 0 to {classes - 1}"
            )
    return bincount((labels * classes + predicted).reshape(-1), minlength=classes * classes).reshape(classes, classes)


def counted(
    input: Tensor, target: Tensor, average: str | None, num_classes: int | None, ignore_index: int | None
) -> ConfusionMatrix:
    """The confusion matrix of all samples at once; without `num_classes` they have as many as occur or have scores."""
    predicted, labels, classes = as_predictions(input, target)
    predicted, labels = kept(predicted, labels, ignore_index)
    if num_classes is None:
        highest = max(int(values.max().item()) if values.numel() else 0 for values in (predicted, labels))
        num_classes = max(classes or 1, highest + 1, 2 if average == "binary" else 1)
    matrix = ConfusionMatrix(num_classes)
    if labels.numel():
        matrix.update(predicted, labels)
    return matrix


def confusion_matrix(
    input: Tensor, target: Tensor, *, num_classes: int | None = None, ignore_index: int | None = None
) -> Any:
    """How often each label, in rows, was predicted as each class, in columns; `(B, classes, *) or (B, *), (B, *)`.

    The result is (num_classes, num_classes) of int64; by default there are as many classes as the input has scores, or
    as the highest label or prediction says. Targets of `ignore_index` are left out.

    >>> from tinygrad_edu import tensor
    >>> confusion_matrix(tensor([0, 2, 1]), tensor([0, 1, 1]))
    tensor([[1, 0, 0],
            [0, 1, 1],
            [0, 0, 0]])

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: there are no samples, a score is NaN, labels are no integers, or not those of a class.
    """
    return counted(input, target, None, num_classes, ignore_index).compute()


def precision(
    input: Tensor,
    target: Tensor,
    average: str | None = "binary",
    *,
    num_classes: int | None = None,
    ignore_index: int | None = None,
    zero_division: float = 0.0,
) -> Any:
    """TP / (TP + FP), the share of what was taken for a class that is of it; `(B, classes, *) or (B, *), (B, *)`.

    Averages are those of `ConfusionMatrix`.

    >>> from tinygrad_edu import tensor
    >>> precision(tensor([1, 1, 0, 1]), tensor([1, 0, 0, 1]))
    0.6666666666666666

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: as in confusion_matrix; the average is unknown, or "binary" and there are other classes.
    """
    matrix = counted(input, target, average, num_classes, ignore_index)
    return matrix.precision(average, zero_division=zero_division)


def recall(
    input: Tensor,
    target: Tensor,
    average: str | None = "binary",
    *,
    num_classes: int | None = None,
    ignore_index: int | None = None,
    zero_division: float = 0.0,
) -> Any:
    """TP / (TP + FN), the share of a class that was found; `(B, classes, *) or (B, *), (B, *)`.

    Averages are those of `ConfusionMatrix`.

    >>> from tinygrad_edu import tensor
    >>> recall(tensor([0, 2, 2, 0]), tensor([0, 2, 1, 2]), average=None)
    tensor([1.0000, 0.0000, 0.5000], dtype=torch.float64)

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: as in confusion_matrix; the average is unknown, or "binary" and there are other classes.
    """
    matrix = counted(input, target, average, num_classes, ignore_index)
    return matrix.recall(average, zero_division=zero_division)


def f1_score(
    input: Tensor,
    target: Tensor,
    average: str | None = "binary",
    *,
    num_classes: int | None = None,
    ignore_index: int | None = None,
    zero_division: float = 0.0,
) -> Any:
    """2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall; `(B, classes, *) or (B, *), (B, *)`.

    Averages are those of `ConfusionMatrix`.

    >>> from tinygrad_edu import tensor
    >>> f1_score(tensor([1, 1, 0, 1]), tensor([1, 0, 0, 1]))
    0.8

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: as in confusion_matrix; the average is unknown, or "binary" and there are other classes.
    """
    matrix = counted(input, target, average, num_classes, ignore_index)
    return matrix.f1_score(average, zero_division=zero_division)


def iou(
    input: Tensor,
    target: Tensor,
    average: str | None = "macro",
    *,
    num_classes: int | None = None,
    ignore_index: int | None = None,
    zero_division: float = 0.0,
) -> Any:
    """TP / (TP + FP + FN), intersection over union; `(B, classes, *) or (B, *), (B, *)`.

    Averages are those of `ConfusionMatrix`: "binary" of a mask, "macro" the mean IoU, "micro" pooled.

    >>> from tinygrad_edu import tensor
    >>> mask, truth = tensor([[[0, 1], [1, 1]]]), tensor([[[0, 0], [1, 1]]])
    >>> iou(mask, truth, "binary"), iou(mask, truth, average="micro")
    (0.6666666666666666, 0.6)

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: as in confusion_matrix; the average is unknown, or "binary" and there are other classes.
    """
    matrix = counted(input, target, average, num_classes, ignore_index)
    return matrix.iou(average, zero_division=zero_division)


def dice(
    input: Tensor,
    target: Tensor,
    average: str | None = "macro",
    *,
    num_classes: int | None = None,
    ignore_index: int | None = None,
    zero_division: float = 0.0,
) -> Any:
    """2 TP / (2 TP + FP + FN), twice the intersection over the sum of the sizes; `(B, classes, *) or (B, *), (B, *)`.

    Averages are those of `ConfusionMatrix`; the numbers are those of `f1_score`.

    >>> from tinygrad_edu import tensor
    >>> mask, truth = tensor([[[0, 1], [1, 1]]]), tensor([[[0, 0], [1, 1]]])
    >>> dice(mask, truth, "binary"), dice(mask, truth, average="micro")
    (0.8, 0.75)

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: as in confusion_matrix; the average is unknown, or "binary" and there are other classes.
    """
    matrix = counted(input, target, average, num_classes, ignore_index)
    return matrix.dice(average, zero_division=zero_division)


guard(globals(), __all__, __name__)
