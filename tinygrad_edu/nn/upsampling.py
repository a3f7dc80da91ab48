"""Layers that change an image's resolution."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

from ..tensor import Tensor
from . import functional
from .module import Module

__all__ = [
    "ChannelShuffle",
    "PixelShuffle",
    "PixelUnshuffle",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]

Size = int | Sequence[int]
Factor = float | Sequence[float]


class Upsample(Module):
    """The input at another size, or at a multiple of its size; `(B, C, *spatial) -> (B, C, *size)`.

    By functional.interpolate, which says what the modes and settings mean.

    Raises:
        ValueError: in forward, the settings do not fit each other.
        ShapeError: in forward, they do not fit the input.
    """

    def __init__(
        self,
        size: Size | None = None,
        scale_factor: Factor | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.name = self._get_name()
        self.size = size
        self.scale_factor = as_floats(scale_factor)
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The input at the other size."""
        return functional.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        """The size or the factor, and the mode."""
        wanted = f"scale_factor={self.scale_factor}" if self.scale_factor is not None else f"size={self.size}"
        return f"{wanted}, mode={self.mode!r}"


def as_floats(factor: Any) -> float | tuple[float, ...] | None:
    """A factor, or one for each dimension, as floats."""
    if isinstance(factor, (tuple, list)):
        return tuple(map(float, factor))
    return float(factor) if isinstance(factor, Real) and factor else None


class UpsamplingNearest2d(Upsample):
    """Each pixel of an image repeated; `(B, C, H, W) -> (B, C, H', W')`."""

    def __init__(self, size: Size | None = None, scale_factor: Factor | None = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """The pixels of an image mixed, with aligned corners; `(B, C, H, W) -> (B, C, H', W')`."""

    def __init__(self, size: Size | None = None, scale_factor: Factor | None = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(Module):
    """Channels become pixels, r x r of them in the place of one; `(.., C * r^2, H, W) -> (.., C, H * r, W * r)`.

    Raises:
        ShapeError: in forward, r^2 does not divide the channels.

    Source: Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
    Neural Network" (2016), equation 4.
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The larger image."""
        return functional.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels become channels: the inverse of PixelShuffle; `(.., C, H * r, W * r) -> (.., C * r^2, H, W)`.

    Raises:
        ShapeError: in forward, r does not divide the sizes.
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The smaller image."""
        return functional.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels of each group dealt out in turn; `(B, C, *spatial) -> (B, C, *spatial)`.

    Raises:
        ShapeError: in forward, the groups do not divide the channels.

    Source: Zhang et al., "ShuffleNet" (2018), section 3.1.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """The input with its channels in another order."""
        return functional.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """How many groups."""
        return f"groups={self.groups}"
