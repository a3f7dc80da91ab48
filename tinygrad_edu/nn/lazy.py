"""Lazy layers: made for the size that their first input has, and from then on layers like any other."""

from typing import Any

from .batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .module import Module
from .parameter import Parameter, UninitializedBuffer, UninitializedParameter, is_uninitialized

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
    "LazyModuleMixin",
]


class LazyModuleMixin:
    """What makes a module wait for its first input: to be named before Module among the bases of a class.

    Its parameters and buffers that cannot be made yet are UninitializedParameter and UninitializedBuffer; its method
    `initialize_parameters`, which gets the arguments of the first call, materializes them. From then on it is of the
    class `cls_to_become`, if that is given. A state_dict that has them makes them too.

    Raises:
        RuntimeError: in the first call, if something is not made even then.
    """

    cls_to_become: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wait()

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Make the parameters and buffers for these arguments of the first call."""
        raise NotImplementedError(f"{type(self).__name__} does not say how its parameters are made: define this method")

    def has_uninitialized_params(self: Any) -> bool:
        """Whether some parameters or buffers are not made yet."""
        return any(map(is_uninitialized, [*self._parameters.values(), *self._buffers.values()]))

    def _wait(self: Any) -> None:
        self._waiting = [
            self.register_forward_pre_hook(at_first_input, with_kwargs=True),
            self.register_load_state_dict_pre_hook(at_state),
        ]

    def _settle(self) -> None:
        for handle in self._waiting:
            handle.remove()
        del self._waiting
        if self.cls_to_become is not None:
            self.__class__ = self.cls_to_become

    def _make_for(self: Any, state: dict[str, Any], prefix: str) -> None:
        for name, tensor in [*self._parameters.items(), *self._buffers.items()]:
            given = state.get(prefix + name)
            if is_uninitialized(tensor) and given is not None and not is_uninitialized(given):
                tensor.materialize(given.shape)


def at_first_input(module: Any, args: Any, kwargs: Any) -> None:
    """Make a lazy module for its first input."""
    module.initialize_parameters(*args, **kwargs)
    if module.has_uninitialized_params():
        raise RuntimeError(f"{type(module).__name__} has uninitialized parameters after initialize_parameters()")
    module._settle()


def at_state(module: Any, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Make a lazy module for a state_dict that has its parameters."""
    module._make_for(state, prefix)


class Lazy(LazyModuleMixin, Module):
    """What lazy layers share: the arguments of a layer without its first, which a call or a state_dict tells.

    The parameters are there from the start, so that an optimizer may have them, and are drawn when the size is known.
    """

    size: str  # the attribute for what is to be known

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.cls_to_become.__init__(self, 0, *args, **settings)
        for parameter in self.parameters():
            parameter.__class__ = UninitializedParameter
        for buffer in self.buffers():
            if not buffer.numel():
                buffer.__class__ = UninitializedBuffer
        self._arguments = args, settings
        self._wait()

    def reset_parameters(self) -> None:
        """Nothing: the size is not known yet."""

    def initialize_parameters(self, input: Any, *args: Any, **kwargs: Any) -> None:
        """Make the layer for its first input."""
        self._make(self._size_of(input))

    def _make_for(self, state: dict[str, Any], prefix: str) -> None:
        size = self._size_in(state, prefix)
        if size is not None:
            self._make(size)
            self._settle()

    def _size_of(self, input: Any) -> int:
        raise NotImplementedError

    def _size_in(self, state: dict[str, Any], prefix: str) -> int | None:
        raise NotImplementedError

    def _make(self, size: int) -> None:
        args, settings = self._arguments
        whole = self.cls_to_become(size, *args, **settings)
        for mine, theirs in zip(self.parameters(), whole.parameters(), strict=True):
            mine.__class__ = Parameter
            mine.data = theirs.detach().to(mine.dtype)
        for name, buffer in self._buffers.items():
            if buffer is not None and name != "num_batches_tracked":
                setattr(self, name, whole._buffers[name].to(buffer.dtype))
        setattr(self, self.size, size)
        del self._arguments


class LazyLinear(Lazy, Linear):
    """Linear(in_features, ..), in_features being the last size of the first input."""

    cls_to_become, size = Linear, "in_features"

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

    cls_to_become = Conv1d


class LazyConv2d(LazyConv, Conv2d):
    """Conv2d(in_channels, ..), in_channels being those of the first input."""

    cls_to_become = Conv2d


class LazyConv3d(LazyConv, Conv3d):
    """Conv3d(in_channels, ..), in_channels being those of the first input."""

    cls_to_become = Conv3d


class LazyConvTranspose1d(LazyConv, ConvTranspose1d):
    """ConvTranspose1d(in_channels, ..), in_channels being those of the first input."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(LazyConv, ConvTranspose2d):
    """ConvTranspose2d(in_channels, ..), in_channels being those of the first input."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(LazyConv, ConvTranspose3d):
    """ConvTranspose3d(in_channels, ..), in_channels being those of the first input."""

    cls_to_become = ConvTranspose3d


class LazyBatchNorm1d(LazyNorm, BatchNorm1d):
    """BatchNorm1d(num_features, ..), num_features being the channels of the first input."""

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(LazyNorm, BatchNorm2d):
    """BatchNorm2d(num_features, ..), num_features being the channels of the first input."""

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(LazyNorm, BatchNorm3d):
    """BatchNorm3d(num_features, ..), num_features being the channels of the first input."""

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(LazyNorm, InstanceNorm1d):
    """InstanceNorm1d(num_features, ..), num_features being the channels of the first input."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(LazyNorm, InstanceNorm2d):
    """InstanceNorm2d(num_features, ..), num_features being the channels of the first input."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(LazyNorm, InstanceNorm3d):
    """InstanceNorm3d(num_features, ..), num_features being the channels of the first input."""

    cls_to_become = InstanceNorm3d
