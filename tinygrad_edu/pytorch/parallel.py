"""Networks spread over several devices, as PyTorch's programs ask for them: here there is one."""

from typing import Any

from ..nn import Module
from ..nn.batchnorm import BatchNorm

__all__ = [
    "DataParallel",
    "DistributedDataParallel",
    "SyncBatchNorm",
    "consume_prefix_in_state_dict_if_present",
    "gather",
    "parallel_apply",
    "replicate",
    "scatter",
]


class DataParallel(Module):
    """A network under the name `module`, called as it is: all of a batch goes to the one device there is."""

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0, **settings: Any
    ) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the network gives."""
        return self.module(*inputs, **kwargs)


class DistributedDataParallel(DataParallel):
    """A network whose gradients several processes would share, if there were any."""


class SyncBatchNorm(BatchNorm):
    """Batch norm whose statistics several processes would share, if there were any."""

    dimensions = (2, 3, 4, 5)

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """The network itself: one process has all statistics."""
        return module


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Take a prefix, such as "module." of a network in DataParallel, from the names in a state_dict, in place."""
    for names in (state_dict, getattr(state_dict, "_metadata", {})):
        for name in list(names):
            if name and f"{name}.".startswith(prefix):
                names[name[len(prefix) :]] = names.pop(name)


def scatter(inputs: Any, target_gpus: Any, dim: int = 0) -> list[Any]:
    """Inputs for each device: all for the one there is."""
    return [inputs]


def gather(outputs: Any, target_device: Any, dim: int = 0) -> Any:
    """The outputs of the one device there is."""
    return outputs[0]


def replicate(network: Module, devices: Any, detach: bool = False) -> list[Module]:
    """The network for each device: itself."""
    return [network]


def parallel_apply(modules: Any, inputs: Any, kwargs_tup: Any = None, devices: Any = None) -> list[Any]:
    """What each network gives for its inputs."""
    named = kwargs_tup or [{}] * len(modules)
    return [
        module(*(given if isinstance(given, tuple | list) else (given,)), **settings)
        for module, given, settings in zip(modules, inputs, named, strict=True)
    ]
