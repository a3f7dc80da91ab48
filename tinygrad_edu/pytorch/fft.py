"""Fourier transforms as PyTorch's programs import them: Tensors hold no complex numbers, so that all refuse.

What is around them is there: the frequencies, and moving the frequency 0 into the middle.
"""

from collections.abc import Sequence
from typing import Any, NoReturn

from ..dtypes import get_default_dtype
from ..functions.rearranging import roll
from ..functions.sequences import arange
from ..tensor import Tensor

# fmt: off
__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "irfft",
    "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]
# fmt: on


def fft(*args: Any, **settings: Any) -> NoReturn:
    """Refuse.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("torch.fft has no transforms here, as Tensors hold no complex numbers; numpy.fft has them")


fft2 = fftn = hfft = ifft = ifft2 = ifftn = ihfft = irfft = irfft2 = irfftn = rfft = rfft2 = rfftn = fft


def fftfreq(n: int, d: float = 1.0, **settings: Any) -> Tensor:
    """The frequency of each of n values that a transform of values d apart gives; `-> (n)`."""
    return roll(arange(-(n // 2), n - n // 2, **floating(settings)), n - n // 2) / (n * d)


def rfftfreq(n: int, d: float = 1.0, **settings: Any) -> Tensor:
    """The frequencies of a transform of n real values d apart; `-> (n // 2 + 1)`."""
    return arange(n // 2 + 1, **floating(settings)) / (n * d)


def floating(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with a floating dtype, the default one unless they name another."""
    return {"dtype": get_default_dtype(), **{name: value for name, value in settings.items() if value is not None}}


def fftshift(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """The values with that of frequency 0 in the middle of each dimension, or of these."""
    dims = dimensions(input, dim)
    return roll(input, [input.shape[d] // 2 for d in dims], dims)


def ifftshift(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """The values as they were before fftshift."""
    dims = dimensions(input, dim)
    return roll(input, [(input.shape[d] + 1) // 2 for d in dims], dims)


def dimensions(input: Tensor, dim: int | Sequence[int] | None) -> list[int]:
    """The dimensions to shift: all, unless they are given."""
    return list(range(input.ndim)) if dim is None else [dim] if isinstance(dim, int) else list(dim)
