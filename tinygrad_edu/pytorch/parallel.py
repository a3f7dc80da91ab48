"""Networks spread over several devices, as PyTorch's programs ask for them: here there is one."""

from typing import Any

from ..nn import Module

__all__ = ["DataParallel", "DistributedDataParallel"]


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
