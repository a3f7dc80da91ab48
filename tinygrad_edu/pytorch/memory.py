"""What PyTorch's programs do about the memory of parameters, for which nothing is to be done here."""

from typing import Any, TypeVar

from ..functions.random import get_rng_state, set_rng_state
from ..nn import Module

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format", "skip_init"]

M = TypeVar("M", bound=Module)


def skip_init(module_cls: type[M], *args: Any, **kwargs: Any) -> M:
    """A module whose parameters are not initialised; no random numbers are used up."""
    state = get_rng_state()
    module = module_cls(*args, **kwargs).to_empty()
    set_rng_state(state)
    return module


def convert_conv2d_weight_memory_format(module: M, memory_format: Any) -> M:
    """The module itself: there is one order of dimensions in memory."""
    return module


convert_conv3d_weight_memory_format = convert_conv2d_weight_memory_format
