"""What PyTorch's programs do about the memory of parameters, for which nothing is to be done here."""

import inspect
from typing import Any, TypeVar

from ..functions.random import get_rng_state, set_rng_state
from ..nn import Module

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format", "skip_init"]

M = TypeVar("M", bound=Module)


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """A module whose parameters are not initialised; no random numbers are used up.

    Raises:
        RuntimeError: it is no class of modules, or one that cannot be told where its parameters are to be.
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise RuntimeError(f"skip_init takes a class of modules, got {module_cls!r}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError(f"skip_init takes a class whose modules have a device, but {module_cls.__name__} takes none")
    state = get_rng_state()
    module = module_cls(*args, **kwargs).to_empty(device=kwargs.get("device"))
    set_rng_state(state)
    return module


def convert_conv2d_weight_memory_format(module: M, memory_format: Any) -> M:
    """The module itself: there is one order of dimensions in memory."""
    return module


convert_conv3d_weight_memory_format = convert_conv2d_weight_memory_format
