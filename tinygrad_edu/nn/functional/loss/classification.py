"""Losses of classification: logits or logarithms of probabilities against classes, or against probabilities."""

from typing import Any

from ....dtypes import check_kind
from ....errors import ShapeError
from ....functions.creation import ones_like
from ....functions.indexing import gather
from ....functions.softmax import log_softmax
from ....ops.softmax import logits_cross_entropy
from ....tensor import Tensor
from ..linear import linear
from .reduction import check_order, check_tensors, reduced

__all__ = ["cross_entropy", "linear_cross_entropy", "nll_loss"]


def cross_entropy(
    input: Any,
    target: Any,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    r"""The cross-entropy of softmax(input) against classes or probabilities; see nn.CrossEntropyLoss.

    `input (N, C), (C) or (N, C, *)`, `target` the classes `(N), () or (N, *)`, or the probabilities in input's shape.

    Raises:
        ShapeError: input, target and weight do not fit.
        IndexError: a class is not in 0 .. C - 1, and not ignore_index.
        ValueError: the reduction is not known.
        RuntimeError: label_smoothing is not between 0 and 1; there is an ignore_index for probabilities.
        TypeError: input or target is no Tensor.
    """
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        check_tensors("cross_entropy", input=input, target=target)
    plain = weight is None and not label_smoothing and ignore_index < 0 and reduction in ("mean", "sum", "none")
    if plain and is_row_of_classes(input, target):
        try:
            return logits_cross_entropy(input, target=target._array, reduction=reduction)
        except IndexError:
            pass  # a class is out of range, or to be ignored: the long way knows which
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0, got {label_smoothing}")
    check_order("cross_entropy", input, target)
    log_p = log_softmax(input, class_dim(input))
    if target.dtype.kind == "f":
        if ignore_index >= 0:
            raise RuntimeError(f"ignore_index is for classes; the target holds probabilities, and it is {ignore_index}")
        return entropy_of_probabilities(log_p, target, weight, reduction, label_smoothing)
    return entropy_of_classes(log_p, target, weight, ignore_index, reduction, label_smoothing)


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Any:
    r"""The cross_entropy of a linear layer's outputs, the logits W x + b; see nn.LinearCrossEntropyLoss.

    `input (N, in) or (in)`, `linear_weight (C, *, in)`, `linear_bias (C, *)`, `target` as cross_entropy's for logits
    `(N, C, *) or (C)`. The `options` of how PyTorch goes through the rows change nothing here.

    Raises:
        ShapeError: input, weights, bias and target do not fit.
        IndexError: a class is not in 0 .. C - 1, and not ignore_index.
        ValueError: the reduction is not known.
        RuntimeError: label_smoothing is not between 0 and 1; there is an ignore_index for probabilities.
    """
    check_tensors("linear_cross_entropy", input=input, linear_weight=linear_weight, target=target)
    if input.ndim not in (1, 2) or linear_weight.ndim < 2 or input.shape[-1] != linear_weight.shape[-1]:
        raise ShapeError(
            "linear_cross_entropy takes an input (N, in) or (in) and a linear_weight (C, *, in), got "
            f"{input.shape} and {linear_weight.shape}"
        )
    shape = linear_weight.shape[:-1]
    if len(shape) > 1 and input.ndim == 1:
        raise ShapeError(
            f"a linear_weight (C, *, in) of {linear_weight.shape} needs an input (N, in), got {input.shape}"
        )
    if linear_bias is not None and linear_bias.shape != shape:
        raise ShapeError(f"linear_cross_entropy takes a linear_bias {shape}, got {linear_bias.shape}")
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    logits = linear(input, linear_weight.reshape(-1, input.shape[-1]), bias).reshape(*input.shape[:-1], *shape)
    if ignore_index is not None and target.shape == logits.shape:
        raise RuntimeError(f"ignore_index is for classes; the target holds probabilities, and it is {ignore_index}")
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(logits, target, weight, ignored, reduction, label_smoothing)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    r"""The negative logarithm of each class's probability, $-w_y\,x_y$; `input` holds logarithms of probabilities.

    `input (N, C), (C) or (N, C, *)`, `target (N), () or (N, *)`; the mean is weighted by $w_y$.

    Raises:
        ShapeError: input, target and weight do not fit.
        IndexError: a class is not in 0 .. C - 1, and not ignore_index.
        ValueError: the reduction is not known.
        TypeError: input or target is no Tensor.
    """
    check_tensors("nll_loss", input=input, target=target)
    check_order("nll_loss", input, target)
    check_kind(input.dtype, "f", "nll_loss")
    return entropy_of_classes(input, target, weight, ignore_index, reduction, 0.0)


def class_dim(input: Tensor) -> int:
    """Which dimension of the input counts the classes.

    Raises:
        ShapeError: the input has none.
    """
    if not input.ndim:
        raise ShapeError("a loss over classes takes an input (N, C), (C) or (N, C, *), got one number")
    return 0 if input.ndim == 1 else 1


def is_row_of_classes(input: Tensor, target: Tensor) -> bool:
    """Whether this is the common case, `(N, C)` with one class for each row."""
    shape, classes = input._array.shape, target._array
    return len(shape) == 2 and classes.shape == shape[:1] and classes.dtype.kind in "iu"


def along_classes(weight: Tensor | None, input: Tensor) -> Any:
    """The classes' weights so that they broadcast against the input.

    Raises:
        ShapeError: there is not one for each class.
    """
    dim = class_dim(input)
    if weight is None:
        return 1.0
    if weight.shape != (input.shape[dim],):
        raise ShapeError(f"a weight for each of {input.shape[dim]} classes is needed, got shape {weight.shape}")
    return weight.reshape(-1, *[1] * (input.ndim - dim - 1))


def entropy_of_probabilities(
    log_p: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float
) -> Any:
    """-sum_c w_c q_c ln p_c, where q is the target, moved towards the uniform distribution by the smoothing."""
    if target.shape != log_p.shape:
        raise ShapeError(
            f"the input {log_p.shape} needs probabilities of the same shape, or classes as integers, "
            f"got {target.dtype} {target.shape}"
        )
    dim = class_dim(log_p)
    q = target * (1 - smoothing) + smoothing / max(log_p.shape[dim], 1) if smoothing else target
    total = None if log_p.shape[dim] else 0  # the mean over no classes is NaN
    return reduced(-(log_p * q * along_classes(weight, log_p)).sum(dim), reduction, total)


def entropy_of_classes(
    log_p: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, smoothing: float
) -> Any:
    """(1 - s) w_y (-ln p_y) + s / C sum_c w_c (-ln p_c) where y is not ignored; the mean is over the w_y."""
    dim = class_dim(log_p)
    count = log_p.shape[dim]
    if target.shape != log_p.shape[:dim] + log_p.shape[dim + 1 :] or target.dtype.kind not in "iu":
        raise ShapeError(
            f"the input {log_p.shape}, with {count} classes, needs integer classes of shape "
            f"{log_p.shape[:dim] + log_p.shape[dim + 1 :]}, got {target.dtype} {target.shape}"
        )
    weights = along_classes(weight, log_p)
    if weight is not None and weight.dtype != log_p.dtype:
        raise RuntimeError(f"the weights of classes are of the input's dtype {log_p.dtype}, got {weight.dtype}")
    ignored = target == ignore_index
    y = target.masked_fill(ignored, 0).long()
    try:
        losses = -gather(log_p, dim, y.unsqueeze(dim)).squeeze(dim)
    except IndexError as error:
        raise IndexError(f"a class of the target is outside 0 to {count - 1}, and not {ignore_index}") from error
    w = (ones_like(losses) if weight is None else weight[y]).masked_fill(ignored, 0)
    losses = losses * w
    if smoothing:
        losses = (1 - smoothing) * losses - smoothing / max(count, 1) * (log_p * weights).sum(dim)
    return reduced(losses.masked_fill(ignored, 0), reduction, w.sum())
