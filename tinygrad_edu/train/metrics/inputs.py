"""What a metric is given, checked: a wrong shape would otherwise broadcast to a wrong number."""

from typing import Any

import numpy

from ...dtypes import float64, int64
from ...errors import ShapeError
from ...tensor import Tensor

__all__ = ["as_labels", "as_numbers", "as_predictions", "as_scores", "check_classes", "refuse_nan"]


def check_tensors(input: Any, target: Any) -> None:
    """Refuse what is no Tensor.

    Raises:
        TypeError: naming the argument.
    """
    for name, value in (("input", input), ("target", target)):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} must be a Tensor, got {type(value).__name__}")


def refuse_nan(x: Tensor, name: str) -> None:
    """Refuse NaN, which is neither above nor below anything.

    Raises:
        ValueError: there is one.
    """
    if numpy.isnan(x._array).any():
        raise ValueError(f"{name} holds NaN; a metric of it would say nothing")


def as_labels(target: Tensor, name: str = "target") -> Any:
    """Class numbers as int64.

    Raises:
        ValueError: they are no integers, or there are none.
    """
    if target.dtype.kind == "f":
        raise ValueError(
            f"{name} holds {target.dtype}, and classes are integers; of probabilities or scores take argmax(1), of "
            "one score for each sample whether it is above a threshold"
        )
    if not target.numel():
        raise ValueError(f"{name} of shape {target.shape} is empty: there is nothing to measure")
    return target.detach().to(int64)


def check_classes(input: Tensor, target: Tensor) -> None:
    """Refuse scores that are not those of the classes of each label, `(B, classes, *), (B, *)`.

    Raises:
        ShapeError: the shapes say otherwise.
        ValueError: there are no classes.
    """
    if input.ndim < 1 or input.ndim != target.ndim + 1 or input.shape[:1] + input.shape[2:] != target.shape:
        raise ShapeError(
            f"scores of (B, classes, *) go with labels of (B, *), got {tuple(input.shape)} and {tuple(target.shape)}"
        )
    if input.ndim > 1 and not input.shape[1]:
        raise ValueError(f"input of shape {tuple(input.shape)} has no classes")


def as_predictions(input: Tensor, target: Tensor) -> tuple[Any, Any, int | None]:
    """(Predicted labels, labels, number of classes if scores tell it); `(B, classes, *) or (B, *), (B, *)`.

    Raises:
        ShapeError: the shapes do not go together.
        ValueError: there is nothing, a score is NaN, or labels are no integers.
    """
    check_tensors(input, target)
    labels = as_labels(target)
    if input.shape == target.shape:
        return as_labels(input, "input"), labels, None
    check_classes(input, target)
    refuse_nan(input, "input")
    return input.detach().argmax(1), labels, input.shape[1]


def as_scores(input: Tensor, target: Tensor) -> tuple[Any, Any]:
    """Scores of samples, and which of them are positive, as bools; `(B,), (B,)`.

    Raises:
        ShapeError: the shapes differ, or have not one dimension.
        ValueError: there is nothing, a score is NaN, or a target is neither 0 nor 1.
    """
    check_tensors(input, target)
    if input.ndim != 1 or input.shape != target.shape:
        hint = "; of two classes give the scores of class 1" if input.ndim == 2 and input.shape[1] == 2 else ""
        raise ShapeError(
            f"one score (B,) goes with each target (B,), got {tuple(input.shape)} and {tuple(target.shape)}{hint}"
        )
    if not target.numel():
        raise ValueError("input and target are empty: there is nothing to measure")
    positive = target.detach() == 1
    if not (positive | (target.detach() == 0)).all():
        raise ValueError("targets are 0 or 1; for more classes give scores of shape (B, classes)")
    refuse_nan(input, "input")
    return input.detach(), positive


def as_numbers(input: Tensor, target: Tensor) -> tuple[Any, Any]:
    """Predictions and targets of one shape, as float64.

    Raises:
        ShapeError: the shapes differ.
        ValueError: there is nothing, or a NaN.
    """
    check_tensors(input, target)
    if input.shape != target.shape:
        raise ShapeError(
            f"input of shape {tuple(input.shape)} and target of {tuple(target.shape)} must have one shape: they "
            "would broadcast, and predictions be compared with other samples' targets"
        )
    if not target.numel():
        raise ValueError(f"input and target of shape {tuple(target.shape)} are empty: there is nothing to measure")
    refuse_nan(input, "input")
    refuse_nan(target, "target")
    return input.detach().to(float64), target.detach().to(float64)
