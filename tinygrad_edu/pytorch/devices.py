"""Devices as PyTorch's programs name them: also those that are not there, on which nothing can be."""

from typing import Any

from ..functions import device as ours

__all__ = ["device"]

# fmt: off
KINDS = {
    "cpu", "cuda", "fpga", "hip", "hpu", "ideep", "ipu", "lazy", "maia", "meta", "mkldnn", "mps", "mtia", "opencl",
    "opengl", "privateuseone", "ve", "vulkan", "xla", "xpu",
}
# fmt: on


class Kinds(type):
    """A class of which the device of a Tensor is one, too."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, ours.device)


class device(ours.device, metaclass=Kinds):  # noqa: N801
    """A device's kind and number; one that is not the CPU is refused where a Tensor is to be on it.

    Raises:
        RuntimeError: no device of PyTorch's is of this kind.
    """

    def __init__(self, type: Any, index: int | None = None) -> None:
        kind, _, number = ("cuda", "", str(type)) if isinstance(type, int) else str(type).partition(":")
        if kind not in KINDS or not (number.isdigit() or not number) or (index or 0) < 0:
            told = str(type) if index is None else f"{type}:{index}"
            raise RuntimeError(f"there is no kind of device {told!r}; use device('cpu')")
        self.type, self.index = kind, int(number) if number else index

    def __repr__(self) -> str:
        return f"device(type={self.type!r}" + ("" if self.index is None else f", index={self.index}") + ")"
