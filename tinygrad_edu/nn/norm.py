"""Norms that keep no statistics: layer, group, root-mean-square and local response norm."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..functions.creation import empty
from ..tensor import Tensor
from . import functional, init
from .module import Module
from .parameter import Parameter

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


def as_shape(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """The sizes to normalise over, one or several."""
    return tuple(normalized_shape) if isinstance(normalized_shape, Iterable) else (normalized_shape,)


class LayerNorm(Module):
    r"""The last dimensions standardised; `(.., *normalized_shape) -> (.., *normalized_shape)`.

    $y = (x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$, with the mean and (biased) variance over those dimensions.

    Parameters, if `elementwise_affine`: `weight (*normalized_shape)`, at first 1, and if `bias` too, `bias` of the same
    shape, at first 0.

    Raises:
        ShapeError: in forward, the input does not end in normalized_shape.

    Source: Ba, Kiros and Hinton, "Layer Normalization" (2016), equation 4.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        form = {"device": device, "dtype": dtype}
        weight = Parameter(empty(self.normalized_shape, **form)) if elementwise_affine else None
        self.register_parameter("weight", weight)
        shift = Parameter(empty(self.normalized_shape, **form)) if elementwise_affine and bias else None
        self.register_parameter("bias", shift)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """The input standardised over its last dimensions."""
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class GroupNorm(Module):
    r"""Groups of each image's channels standardised; `(B, C, ..) -> (B, C, ..)`.

    $y = (x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$, with the mean and (biased) variance over a group's
    channels and places, w and b being a channel's.

    Parameters, if `affine`: `weight (num_channels)`, at first 1, and if `bias` too, `bias (num_channels)`, at first 0.

    Raises:
        ValueError: the groups do not divide the channels.
        ShapeError: in forward, the input has other channels.

    Source: Wu and He, "Group Normalization" (2018), equations 1, 2 and 7.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(f"num_groups must divide num_channels, got {num_groups} for {num_channels}")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        form = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(empty(num_channels, **form)) if affine else None)
        self.register_parameter("bias", Parameter(empty(num_channels, **form)) if affine and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """The input with its groups of channels standardised."""
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    r"""The last dimensions brought to a root mean square of 1; `(.., *normalized_shape) -> (.., *normalized_shape)`.

    $y = x / \sqrt{\mathrm{mean}(x^2) + \epsilon} \cdot w$; eps None is the dtype's distance from 1 to the next number.

    Parameters, if `elementwise_affine`: `weight (*normalized_shape)`, at first 1.

    Raises:
        ShapeError: in forward, the input does not end in normalized_shape.

    Source: Zhang and Sennrich, "Root Mean Square Layer Normalization" (2019), equation 4.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        weight = Parameter(empty(self.normalized_shape, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", weight)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """The input at one scale."""
        return functional.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class LocalResponseNorm(Module):
    r"""Each channel divided by the size of its neighbours; `(B, C, ..) -> (B, C, ..)`.

    $y_c = x_c\,(k + \frac{\alpha}{size} \sum x_{c'}^2)^{-\beta}$, over the `size` channels around c.

    Raises:
        ShapeError: in forward, the input has fewer than three dimensions.

    Source: Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks" (2012),
    section 3.3, where alpha is not divided by the size.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """The input divided by the size of its neighbours."""
        return functional.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
