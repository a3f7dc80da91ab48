"""Windows: the weights by which a piece of a signal fades in and out before its spectrum is taken."""

import math
from collections.abc import Callable
from typing import Any

from ..dtypes import as_dtype, float64, get_default_dtype
from ..tensor import Tensor
from ..told import guard
from .creation import full, ones
from .device import check_device
from .sequences import arange
from .special import i0

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def window(
    heights: Callable[[Any], Any], length: Any, periodic: Any, dtype: Any, device: Any, requires_grad: Any
) -> Any:
    """The heights at places that go from 0 to 1 over the window; a window of one is 1.

    A periodic one leaves the last place, 1, out.

    Raises:
        RuntimeError: the length is negative, or the dtype none of floats.
        TypeError: the length is no integer.
    """
    check_device(device)
    dtype = get_default_dtype() if dtype is None else as_dtype(dtype)
    if dtype.kind != "f":
        raise RuntimeError(f"a window is of floats, got {dtype}")
    if isinstance(length, bool) or not hasattr(length, "__index__"):
        raise TypeError(f"a window's length is an integer, got {length!r:.60}")
    length = int(length)
    if length < 0:
        raise RuntimeError(f"a window's length is 0 or more, got {length}")
    if length < 2:
        return ones(length, dtype=dtype, requires_grad=requires_grad)
    x = arange(length, dtype=float64) / (length if periodic else length - 1)
    return heights(x).to(dtype).requires_grad_(requires_grad)


def cosines(*coefficients: float) -> Callable[[Any], Any]:
    r"""$a_0 - a_1 \cos 2 \pi x + a_2 \cos 4 \pi x$."""
    return lambda x: sum(a * (-1) ** k * (2 * math.pi * k * x).cos() for k, a in enumerate(coefficients))


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    r"""$\frac{1}{2} (1 - \cos 2 \pi x)$; `-> (window_length,)`.

    A `periodic` window, the default, goes on smoothly when it is repeated; one that is not is the same from both sides.

    Raises:
        RuntimeError: the length is negative, or the dtype none of floats.
        TypeError: the length is no integer.

    >>> hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return window(cosines(0.5, 0.5), window_length, periodic, dtype, device, requires_grad)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    r"""$\alpha - \beta \cos 2 \pi x$; `-> (window_length,)`; see `hann_window`."""
    return window(cosines(alpha, beta), window_length, periodic, dtype, device, requires_grad)


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    r"""$0.42 - 0.5 \cos 2 \pi x + 0.08 \cos 4 \pi x$; `-> (window_length,)`; see `hann_window`."""
    return window(cosines(0.42, 0.5, 0.08), window_length, periodic, dtype, device, requires_grad)


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    r"""A triangle, $1 - |2 x - 1|$; `-> (window_length,)`; see `hann_window`."""
    return window(lambda x: 1 - (2 * x - 1).abs(), window_length, periodic, dtype, device, requires_grad)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    r"""$I_0(\beta \sqrt{1 - (2 x - 1)^2}) / I_0(\beta)$; `-> (window_length,)`; see `hann_window`.

    The larger `beta`, the lower are the side lobes, and the broader is the main one.
    """

    def heights(x: Any) -> Any:
        return i0(beta * (1 - (2 * x - 1) ** 2).clamp(min=0).sqrt()) / i0(full((), beta, dtype=float64))

    return window(heights, window_length, periodic, dtype, device, requires_grad)


guard(globals(), __all__, __name__)
