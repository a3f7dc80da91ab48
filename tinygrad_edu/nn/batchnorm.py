"""Batch norm and instance norm: channels standardised over a batch, or over one image, with running statistics."""

import warnings
from typing import Any

from ..errors import ShapeError
from ..functions.creation import empty, ones, tensor, zeros
from ..tensor import Tensor
from . import functional, init
from .module import Module
from .parameter import Parameter

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class ChannelNorm(Module):
    """What the norms of channels share: their parameters and running statistics."""

    dimensions: tuple[int, ...]  # that an input may have
    _version = 2  # since PyTorch 0.4.1, when the count of batches came

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        form = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(empty(num_features, **form)) if affine else None)
        self.register_parameter("bias", Parameter(empty(num_features, **form)) if affine and bias else None)
        self.register_buffer("running_mean", zeros(num_features, **form) if track_running_stats else None)
        self.register_buffer("running_var", ones(num_features, **form) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tensor(0) if track_running_stats else None)
        self.reset_parameters()

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], *told: Any, **named: Any
    ) -> None:
        if self.num_batches_tracked is not None and local_metadata.get("version", 1) < 2:
            state_dict.setdefault(f"{prefix}num_batches_tracked", self.num_batches_tracked)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *told, **named)

    def reset_running_stats(self) -> None:
        """Start the running statistics anew: mean 0, variance 1."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Start the running statistics anew, and set weight to 1 and bias to 0."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def check_input(self, input: Tensor) -> None:
        """Refuse an input of other dimensions.

        Raises:
            ShapeError: it has too few or too many.
        """
        if input.ndim not in self.dimensions:
            told = " or ".join([f"{n}-d" for n in self.dimensions])
            raise ShapeError(f"{type(self).__name__} takes a {told} input, got {input.shape}")

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm(ChannelNorm):
    """What the batch norms share: each channel is standardised over the batch, or by the running statistics."""

    def forward(self, input: Tensor) -> Tensor:
        """The input with each channel standardised."""
        self.check_input(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:  # the mean of all batches
                momentum = 1 / self.num_batches_tracked.item()
        by_batch = self.training or self.running_mean is None
        tracked = not self.training or self.track_running_stats
        return functional.batch_norm(
            input,
            self.running_mean if tracked else None,
            self.running_var if tracked else None,
            self.weight,
            self.bias,
            by_batch,
            momentum,
            self.eps,
        )


class BatchNorm1d(BatchNorm):
    r"""Each channel standardised over the batch; `(B, C) -> (B, C)` or `(B, C, L) -> (B, C, L)`.

    $y = (x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$. In training $\mu$ and $\sigma^2$ (biased) are those of the
    batch, and the running ones move the part `momentum` of the way to them ($\sigma^2$ unbiased); with momentum None
    they are the mean of all batches. In evaluation the running ones are taken, if `track_running_stats`.

    Parameters, if `affine`: `weight (num_features)`, at first 1, and if `bias` too, `bias (num_features)`, at first 0.
    Buffers: `running_mean`, `running_var`, `num_batches_tracked`.

    Raises:
        ShapeError: in forward, the input is of other dimensions or channels.
        ValueError: in training, there is one value for each channel.

    Source: Ioffe and Szegedy, "Batch Normalization" (2015), algorithm 1.
    """

    dimensions = (2, 3)


class BatchNorm2d(BatchNorm):
    """Each channel standardised over the batch, see BatchNorm1d; `(B, C, H, W) -> (B, C, H, W)`."""

    dimensions = (4,)


class BatchNorm3d(BatchNorm):
    """Each channel standardised over the batch, see BatchNorm1d; `(B, C, D, H, W) -> (B, C, D, H, W)`."""

    dimensions = (5,)


class InstanceNorm(ChannelNorm):
    """What the instance norms share: the channels of each image are standardised on their own."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _get_no_batch_dim(self) -> int:
        return min(self.dimensions)

    def forward(self, input: Tensor) -> Tensor:
        """The input with each image's channels standardised."""
        self.check_input(input)
        batched = input if input.ndim == max(self.dimensions) else input.unsqueeze(0)
        if batched.shape[1] != self.num_features:
            place = input.ndim + 1 - max(self.dimensions)
            wanted = f"expected input's size at dim={place} to be {self.num_features}"
            told = f"{type(self).__name__}: {wanted}, got {input.shape}"
            if self.affine or self.track_running_stats:
                raise ShapeError(told)
            warnings.warn(f"{told}, which is not used because affine=False", stacklevel=2)
        out = functional.instance_norm(
            batched,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return out if batched is input else out.squeeze(0)


class InstanceNorm1d(InstanceNorm):
    r"""Each channel of each image standardised over its places; `(B, C, L) -> (B, C, L)`, or without B.

    $y = (x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$, with the image's own $\mu$ and $\sigma^2$ (biased). With
    `track_running_stats` running ones, the means over each batch, are kept as in BatchNorm1d and taken in evaluation.

    Parameters, if `affine`: `weight (num_features)`, at first 1, and if `bias` too, `bias (num_features)`, at first 0.

    Raises:
        ShapeError: in forward, the input is of other dimensions or channels.
        ValueError: there is one value for each channel.

    Source: Ulyanov, Vedaldi and Lempitsky, "Instance Normalization: The Missing Ingredient for Fast Stylization"
    (2016), equation 4.
    """

    dimensions = (2, 3)


class InstanceNorm2d(InstanceNorm):
    """Each image's channels standardised, see InstanceNorm1d; `(B, C, H, W) -> (B, C, H, W)`, or without B."""

    dimensions = (3, 4)


class InstanceNorm3d(InstanceNorm):
    """Each image's channels standardised, see InstanceNorm1d; `(B, C, D, H, W) -> (B, C, D, H, W)`, or without B."""

    dimensions = (4, 5)
