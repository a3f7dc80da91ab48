"""Lazy layers: made for the size that their first input has, and from then on layers like any other."""

from typing import Any

from .batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .module import Module
from .parameter import Parameter, UninitializedBuffer, UninitializedParameter

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
]


class Lazy(Module):
    """What lazy layers share: the arguments of a layer without its first, which a call or a state_dict tells.

    The parameters are there from the start, so that an optimizer may have them, and are drawn when the size is known.
    """

    of: Any  # the class of the layer that it becomes
    size: str  # the attribute for what is to be known

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.of.__init__(self, 0, *args, **settings)
        for parameter in self.parameters():
            parameter.__class__ = UninitializedParameter
        for buffer in self.buffers():
            if not buffer.numel():
                buffer.__class__ = UninitializedBuffer
        self._arguments = args, settings
        self._waiting = [
            self.register_forward_pre_hook(at_first_input),
            self.register_load_state_dict_pre_hook(at_state),
        ]

    def has_uninitialized_params(self) -> bool:
        """True, until the layer is made and is no lazy one any more."""
        return True

    def reset_parameters(self) -> None:
        """Nothing: the size is not known yet."""

    def _size_of(self, input: Any) -> int:
        raise NotImplementedError

    def _size_in(self, state: dict[str, Any], prefix: str) -> int | None:
        raise NotImplementedError

    def _become(self, size: int) -> None:
        args, settings = self._arguments
        whole = self.of(size, *args, **settings)
        for mine, theirs in zip(self.parameters(), whole.parameters(), strict=True):
            mine.__class__ = Parameter
            mine.data = theirs.detach().to(mine.dtype)
        for name, buffer in self._buffers.items():
            if buffer is not None and name != "num_batches_tracked":
                setattr(self, name, whole._buffers[name].to(buffer.dtype))
        setattr(self, self.size, size)
        for handle in self._waiting:
            handle.remove()
        del self._waiting, self._arguments
        self.__class__ = self.of


def at_first_input(module: Any, args: Any) -> None:
    """Make a lazy layer for its first input."""
    module._become(module._size_of(args[0]))


def at_state(module: Any, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Make a lazy layer for a state_dict that has its parameters."""
    size = module._size_in(state, prefix)
    if size is not None:
        module._become(size)


class LazyLinear(Lazy, Linear):
    """Linear(in_features, ..), in_features being the last size of the first input."""

    of, size = Linear, "in_features"

    def _size_of(self, input: Any) -> int:
        return int(input.shape[-1])

    def _size_in(self, state: dict[str, Any], prefix: str) -> int | None:
        weight = state.get(f"{prefix}weight")
        return None if weight is None else int(weight.shape[1])


class LazyConv(Lazy):
    """A convolution whose in_channels are those of the first input."""

    size = "in_channels"

    def _size_of(self, input: Any) -> int:
        return int(input.shape[-1 - len(self.kernel_size)])

    def _size_in(self, state: dict[str, Any], prefix: str) -> int | None:
        weight = state.get(f"{prefix}weight")
        if weight is None:
            return None
        return int(weight.shape[0] if self.transposed else weight.shape[1] * self.groups)


class LazyNorm(Lazy):
    """A norm whose num_features are the channels of the first input."""

    size = "num_features"

    def _size_of(self, input: Any) -> int:
        return int(input.shape[1] if input.ndim in (self.dimensions[-1], 2) else input.shape[0])

    def _size_in(self, state: dict[str, Any], prefix: str) -> int | None:
        found = [state[prefix + name] for name in ("weight", "running_mean") if prefix + name in state]
        return int(found[0].shape[0]) if found else None


class LazyConv1d(LazyConv, Conv1d):
    """Conv1d(in_channels, ..), in_channels being those of the first input."""

    of = Conv1d


class LazyConv2d(LazyConv, Conv2d):
    """Conv2d(in_channels, ..), in_channels being those of the first input."""

    of = Conv2d


class LazyConv3d(LazyConv, Conv3d):
    """Conv3d(in_channels, ..), in_channels being those of the first input."""

    of = Conv3d


class LazyConvTranspose1d(LazyConv, ConvTranspose1d):
    """ConvTranspose1d(in_channels, ..), in_channels being those of the first input."""

    of = ConvTranspose1d


class LazyConvTranspose2d(LazyConv, ConvTranspose2d):
    """ConvTranspose2d(in_channels, ..), in_channels being those of the first input."""

    of = ConvTranspose2d


class LazyConvTranspose3d(LazyConv, ConvTranspose3d):
    """ConvTranspose3d(in_channels, ..), in_channels being those of the first input."""

    of = ConvTranspose3d


class LazyBatchNorm1d(LazyNorm, BatchNorm1d):
    """BatchNorm1d(num_features, ..), num_features being the channels of the first input."""

    of = BatchNorm1d


class LazyBatchNorm2d(LazyNorm, BatchNorm2d):
    """BatchNorm2d(num_features, ..), num_features being the channels of the first input."""

    of = BatchNorm2d


class LazyBatchNorm3d(LazyNorm, BatchNorm3d):
    """BatchNorm3d(num_features, ..), num_features being the channels of the first input."""

    of = BatchNorm3d


class LazyInstanceNorm1d(LazyNorm, InstanceNorm1d):
    """InstanceNorm1d(num_features, ..), num_features being the channels of the first input."""

    of = InstanceNorm1d


class LazyInstanceNorm2d(LazyNorm, InstanceNorm2d):
    """InstanceNorm2d(num_features, ..), num_features being the channels of the first input."""

    of = InstanceNorm2d


class LazyInstanceNorm3d(LazyNorm, InstanceNorm3d):
    """InstanceNorm3d(num_features, ..), num_features being the channels of the first input."""

    of = InstanceNorm3d
