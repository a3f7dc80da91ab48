"""From the losses of single examples or elements to what is asked for; what all families share."""

from typing import Any

from ....dtypes import check_kind
from ....errors import DtypeError, ShapeError
from ....ops import reduction as ops
from ....tensor import Tensor
from ....told import warn_user

__all__ = ["check_order", "check_tensors", "reduced", "warn_of_broadcast", "weighted"]


def reduced(losses: Any, reduction: str, total: Any = None) -> Any:
    """The losses as they are, their sum, or their mean: the sum over `total`, or over their number.

    Raises:
        ValueError: the reduction is none of "none", "sum", "mean".
    """
    if reduction == "mean":
        if losses.dtype.kind != "f":
            check_kind(losses.dtype, "f", "the mean of losses")
        return ops.mean(losses) if total is None else ops.sum(losses) / total
    if reduction == "sum":
        return ops.sum(losses)
    if reduction == "none":
        return losses
    raise ValueError(f"a reduction is 'mean', 'sum' or 'none', got {reduction!r}")


def weighted(losses: Any, weight: Tensor | None, shape: tuple[int, ...], name: str) -> Any:
    """The losses times a weight for each element of the input, if there is one.

    Raises:
        ShapeError: the weight is not of the input's shape.
    """
    if weight is None:
        return losses
    if weight.shape != shape:
        raise ShapeError(f"{name} takes a weight of the input's shape {shape}, got {weight.shape}")
    return losses * weight


def check_tensors(name: str, **inputs: Any) -> None:
    """Raise TypeError unless all are Tensors."""
    for role, x in inputs.items():
        if not isinstance(x, Tensor):
            raise TypeError(f"{name} takes a Tensor as {role}, got {type(x).__name__} {x!r:.60}; make it one: tensor()")


def check_order(name: str, input: Tensor, target: Tensor) -> None:
    """Raise TypeError where input and target seem to be in each other's place: the target has the floats."""
    if input.dtype.kind != "f" and target.dtype.kind == "f":
        raise DtypeError(
            f"{name} takes the input first and then the target, got {input.dtype} {input.shape} and "
            f"{target.dtype} {target.shape}: are they swapped?"
        )


def warn_of_broadcast(input: Any, target: Any, name: str) -> None:
    """Warn where a loss that compares element by element gets different shapes.

    Raises:
        TypeError: one of them is no Tensor.
    """
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        check_tensors(name, input=input, target=target)
    if target.shape != input.shape:
        warn_user(
            f"{name} of input {input.shape} and target {target.shape} broadcasts. "
            "Please ensure they have the same size."
        )
