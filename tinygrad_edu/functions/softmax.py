"""Softmax and its logarithm, with PyTorch's arguments."""

from typing import Any

from ..ops import softmax as ops
from ..tensor import Tensor, method
from .dims import as_dim

__all__ = ["log_softmax", "softmax"]


@method
def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    r"""$y_i = e^{x_i} / \sum_j e^{x_j}$ along a dimension, which then sums to 1; `(*) -> (*)`.

    >>> from tinygrad_edu import tensor
    >>> softmax(tensor([1000.0, 1000.0]), dim=0)
    tensor([0.5000, 0.5000])

    Raises:
        IndexError: there is no such dimension.
    """
    x = input if dtype is None else input.to(dtype)
    return along(ops.softmax, x, dim)


@method
def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    r"""$y_i = x_i - \ln \sum_j e^{x_j}$ along a dimension, without overflow; `(*) -> (*)`.

    Raises:
        IndexError: there is no such dimension.
    """
    x = input if dtype is None else input.to(dtype)
    return along(ops.log_softmax, x, dim)


def along(primitive: Any, x: Any, dim: int) -> Any:
    """A primitive along a dimension; a single number has one too, of size 1."""
    if not x.ndim:
        return primitive(x.reshape(1), dim=as_dim(dim, 1)).reshape(())
    return primitive(x, dim=as_dim(dim, x.ndim))
