"""Fourier transforms as PyTorch's programs import them: Tensors hold no complex numbers, so that all refuse."""

from typing import Any, NoReturn

# fmt: off
__all__ = [
    "fft", "fft2", "fftn", "hfft", "ifft", "ifft2", "ifftn", "ihfft", "irfft", "irfft2", "irfftn", "rfft", "rfft2",
    "rfftn",
]
# fmt: on


def fft(*args: Any, **settings: Any) -> NoReturn:
    """Refuse.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("torch.fft has no transforms here, as Tensors hold no complex numbers; numpy.fft has them")


fft2 = fftn = hfft = ifft = ifft2 = ifftn = ihfft = irfft = irfft2 = irfftn = rfft = rfft2 = rfftn = fft
