"""Mixed precision as PyTorch's programs ask for it: on the CPU here everything stays in the precision that it has."""

import contextlib
from collections.abc import Callable
from typing import Any

import numpy

from ..optim import Optimizer
from ..tensor import Tensor
from .dtypes import OF, bfloat16

__all__ = [
    "GradScaler",
    "autocast",
    "clear_autocast_cache",
    "custom_bwd",
    "custom_fwd",
    "get_autocast_cpu_dtype",
    "get_autocast_dtype",
    "get_autocast_gpu_dtype",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "is_autocast_enabled",
]


class autocast(contextlib.ContextDecorator):  # noqa: N801
    """A block or a function in the precision that its Tensors have; the arguments are taken and change nothing."""

    def __init__(
        self, device_type: str = "cpu", dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        self.device_type = device_type

    def __enter__(self) -> "autocast":
        return self

    def __exit__(self, *exception: object) -> None:
        """Nothing to go back to."""


def is_autocast_enabled(device_type: str = "cpu") -> bool:
    """False."""
    return False


def get_autocast_dtype(device_type: str = "cpu") -> Any:
    """The dtype that PyTorch computes in on such a device by default, in which nothing is computed here."""
    return bfloat16 if device_type == "cpu" else OF[numpy.dtype("float16")]


def get_autocast_cpu_dtype() -> Any:
    """As get_autocast_dtype."""
    return get_autocast_dtype("cpu")


def get_autocast_gpu_dtype() -> Any:
    """As get_autocast_dtype."""
    return get_autocast_dtype("cuda")


def clear_autocast_cache() -> None:
    """Nothing to do: nothing is cast."""


is_autocast_cpu_enabled = is_autocast_cache_enabled = is_autocast_enabled


def custom_fwd(fwd: Callable[..., Any] | None = None, **settings: Any) -> Any:
    """The forward of a Function itself, which needs no cast here."""
    return (lambda function: function) if fwd is None else fwd


def custom_bwd(bwd: Callable[..., Any] | None = None, **settings: Any) -> Any:
    """The backward of a Function itself, which needs no cast here."""
    return (lambda function: function) if bwd is None else bwd


class GradScaler:
    """The scaler of losses, disabled: without float16 no gradient underflows, so the scale is 1."""

    def __init__(self, device: str = "cpu", **settings: Any) -> None:
        self.device = device

    def scale(self, outputs: Tensor) -> Tensor:
        """The loss itself."""
        return outputs

    def unscale_(self, optimizer: Optimizer) -> None:
        """Nothing to do."""

    def step(self, optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        """The optimizer's step."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Nothing to do."""

    def get_scale(self) -> float:
        """1."""
        return 1.0

    def is_enabled(self) -> bool:
        """False."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing to do."""
