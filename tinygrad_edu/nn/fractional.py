"""Layers of max-pooling to a part of a size, in windows whose distances are drawn."""

from collections.abc import Sequence
from typing import Any

from ..tensor import Tensor
from . import functional
from .module import Module

__all__ = ["FractionalMaxPool2d", "FractionalMaxPool3d"]

Setting = int | Sequence[int]
Ratio = float | Sequence[float]


class _FractionalMaxPool(Module):
    """The settings of fractional max-pooling."""

    dims: int

    def __init__(
        self,
        kernel_size: Setting,
        output_size: Setting | None = None,
        output_ratio: Ratio | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        if (output_size is None) == (output_ratio is None):
            raise ValueError(f"{self._get_name()} takes either an output_size or an output_ratio")
        self.kernel_size = self._each(kernel_size)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else self._each(output_size)
        self.output_ratio = None if output_ratio is None else self._each(output_ratio)
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1, got {output_ratio}")

    def _each(self, setting: Any) -> tuple[Any, ...]:
        return tuple(setting) if isinstance(setting, (tuple, list)) else (setting,) * self.dims


class FractionalMaxPool2d(_FractionalMaxPool):
    r"""The largest value of each of so many windows, whose distances are drawn; `(B, C, H, W) -> (B, C, H', W')`.

    The size made is `output_size`, or `output_ratio` of the input's; see functional.fractional_max_pool2d. With
    `return_indices` also where each value was found, for MaxUnpool2d.

    Raises:
        ValueError: not exactly one of size and ratio is given, or the ratio is not between 0 and 1.
        ShapeError: in forward, the windows do not fit in the input.

    Source: Graham, "Fractional Max-Pooling" (2014).
    """

    dims = 2

    def forward(self, input: Tensor) -> Any:
        """The largest value of each window."""
        return functional.fractional_max_pool2d(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )


class FractionalMaxPool3d(_FractionalMaxPool):
    """FractionalMaxPool2d of three dimensions; `(B, C, D, H, W) -> (B, C, D', H', W')`."""

    dims = 3

    def forward(self, input: Tensor) -> Any:
        """The largest value of each window."""
        return functional.fractional_max_pool3d(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )
