"""All parameters as one vector, and back."""

import math
from collections.abc import Iterable

from ...errors import ShapeError
from ...functions.joining import cat
from ...grad_mode import no_grad
from ...tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters flattened and joined in their order; `(n_1), (n_2), .. -> (n_1 + n_2 + ..)`.

    >>> from tinygrad_edu import nn
    >>> parameters_to_vector(nn.Linear(3, 2).parameters()).shape
    (8,)
    """
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Give the parameters, in their order, the elements of a vector as their values.

    Raises:
        TypeError: the vector is no Tensor.
        ShapeError: it has another number of elements than the parameters.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters takes a Tensor, got {type(vec).__name__}")
    found = list(parameters)
    wanted = sum(p.numel() for p in found)
    if vec.shape != (wanted,):
        raise ShapeError(f"these parameters take a vector of {wanted} elements, got shape {vec.shape}")
    start = 0
    with no_grad():
        for p in found:
            end = start + math.prod(p.shape)
            p.copy_(vec[start:end].reshape(p.shape))
            start = end
