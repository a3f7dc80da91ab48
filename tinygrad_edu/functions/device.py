"""The device that Tensors live on: the CPU, under PyTorch's names, so that programs that name it run."""

from typing import Any

from ..tensor import Tensor, method

__all__ = ["check_device", "device", "get_default_device", "set_default_device"]


class device:  # noqa: N801
    """Where Tensors are: `device("cpu")`, equal to no other.

    Raises:
        RuntimeError: it is another device than the CPU.
    """

    def __init__(self, type: Any, index: int | None = None) -> None:
        name, _, number = str(type).partition(":")
        if name != "cpu" or number not in ("", "0"):
            raise RuntimeError(f"there is no device {str(type)!r}: Tensors are on the CPU; use device('cpu')")
        self.type = name
        self.index = int(number) if number else index

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type={self.type!r})" if self.index is None else f"device(type='cpu', index={self.index})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))


CPU = device("cpu")


def check_device(wanted: Any) -> None:
    """Refuse another device than the CPU.

    Raises:
        RuntimeError: it is another.
    """
    if wanted is not None and wanted is not CPU:
        device(wanted)


@method
def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
    """The Tensor itself: it is on the CPU."""
    return self


@method
def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """Not possible.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("there is no CUDA device: Tensors are on the CPU; ask tinygrad_edu.cuda.is_available() first")


@method
def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """The Tensor itself: there is no device to copy to."""
    return self


@method
def is_pinned(self: Tensor, device: Any = None) -> bool:
    """False: there is no device to copy to."""
    return False


@method
def get_device(self: Tensor) -> int:
    """-1, as of every Tensor on the CPU."""
    return -1


def get_default_device() -> device:
    """Where new Tensors are: on the CPU."""
    return CPU


def set_default_device(device: Any) -> None:
    """Say where new Tensors are.

    Raises:
        RuntimeError: not on the CPU.
    """
    check_device(device)


for kind in ("cuda", "sparse", "quantized", "meta", "mps", "xpu", "nested", "xla", "mkldnn"):
    setattr(Tensor, f"is_{kind}", False)
Tensor.is_cpu = True  # type: ignore[attr-defined]
Tensor.device = property(lambda self: CPU, doc="Where the Tensor is: the CPU.")  # type: ignore[attr-defined]
