"""Writing pickles of Tensors and plain containers, as `torch.load` reads them, without PyTorch.

Source: the instructions are those documented in Python's `pickletools`, protocol 2; tensors are written as calls of
`torch._utils._rebuild_tensor_v2`.
"""

import struct
from collections import OrderedDict
from typing import Any

import numpy

from ..dtypes import as_dtype
from ..functions.device import device
from ..tensor import Tensor
from .rebuild import STORAGES

__all__ = ["pickled"]

KINDS = {kind.dtype.str: kind.name for kind in STORAGES.values() if kind.name != "BFloat16Storage"}


class Writer:
    """One pickle being written: its instructions, what they remember, and the arrays that they refer to."""

    def __init__(self) -> None:
        self.parts: list[bytes] = [b"\x80\x02"]
        self.memo: dict[int, int] = {}
        self.kept: list[Any] = []  # what is remembered stays alive, so that no other object gets its id
        self.arrays: list[Any] = []
        self.places: dict[tuple[Any, ...], int] = {}  # the storage of an array's memory

    def remember(self, obj: Any) -> None:
        self.memo[id(obj)] = len(self.memo)
        self.kept.append(obj)
        self.parts.append(b"r" + struct.pack("<I", self.memo[id(obj)]))

    def write(self, obj: Any, name: str = "") -> None:
        """Write instructions that put the object on the stack.

        Raises:
            TypeError: it is, or holds, something that is no Tensor and no plain value.
        """
        if obj is None or isinstance(obj, (bool, numpy.bool)):
            self.parts.append({None: b"N", True: b"\x88", False: b"\x89"}[obj if obj is None else bool(obj)])
        elif isinstance(obj, (int, numpy.integer)):
            self.write_integer(int(obj))
        elif isinstance(obj, (float, numpy.floating)):
            self.parts.append(b"G" + struct.pack(">d", obj))
        elif isinstance(obj, str):
            self.write_text(obj)
        elif id(obj) in self.memo:
            self.parts.append(b"j" + struct.pack("<I", self.memo[id(obj)]))
        elif isinstance(obj, Tensor):
            self.write_tensor(obj)
            self.remember(obj)
        elif isinstance(obj, dict):
            self.parts.append(b"ccollections\nOrderedDict\n)R" if isinstance(obj, OrderedDict) else b"}")
            self.remember(obj)
            self.write_items(obj, name)
        elif isinstance(obj, list):
            self.parts.append(b"]")
            self.remember(obj)
            self.parts.append(b"(")
            for i, item in enumerate(obj):
                self.write(item, f"{name}[{i}]")
            self.parts.append(b"e")
        elif isinstance(obj, tuple):
            self.parts.append(b"(")
            for i, item in enumerate(obj):
                self.write(item, f"{name}[{i}]")
            self.parts.append(b"t")
        elif isinstance(obj, set):
            self.write_call("__builtin__", "set", list(obj), name)
            self.remember(obj)
        elif isinstance(obj, device):
            self.write_call("torch", "device", str(obj), name)
        elif isinstance(obj, numpy.dtype) or type(obj).__name__ == "dtype":  # PyTorch's programs have their own
            self.parts.append(f"ctorch\n{as_dtype(obj).name}\n".encode())
        elif type(obj).__name__ == "Namespace":
            self.parts.append(b"cargparse\nNamespace\n)R")
            self.remember(obj)
            self.parts.append(b"}")
            self.write_items(vars(obj), name)
            self.parts.append(b"b")
        else:
            raise TypeError(
                f"save() takes Tensors, numbers, strings and None in dicts, lists, tuples and sets; {name or 'this'} "
                f"is a {type(obj).__name__}; of a module or an optimizer save the state_dict()"
            )

    def write_call(self, module: str, function: str, argument: Any, name: str) -> None:
        self.parts.append(f"c{module}\n{function}\n".encode())
        self.write(argument, name)
        self.parts.append(b"\x85R")

    def write_integer(self, number: int) -> None:
        if -(1 << 31) <= number < 1 << 31:
            self.parts.append(b"J" + struct.pack("<i", number))
            return
        digits = number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)
        if len(digits) > 255:
            raise TypeError(f"an integer of {len(digits)} bytes is too long to be saved")
        self.parts.append(b"\x8a" + bytes([len(digits)]) + digits)

    def write_text(self, text: str) -> None:
        encoded = text.encode("utf-8", "surrogatepass")
        self.parts.append(b"X" + struct.pack("<I", len(encoded)) + encoded)

    def write_items(self, obj: dict[Any, Any], name: str) -> None:
        self.parts.append(b"(")
        for key, value in obj.items():
            if not isinstance(key, (str, int, float, tuple, type(None))):
                raise TypeError(f"a key of a saved dict is a string, a number, a tuple or None, got {key!r:.60}")
            self.write(key, f"{name}[{key!r}]")
            self.write(value, f"{name}[{key!r}]")
        self.parts.append(b"u")

    def write_tensor(self, x: Tensor) -> None:
        """Write a call that rebuilds a Tensor in its storage; those that share all their memory share a storage."""
        array = x._array
        memory = (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype)
        place = self.places.setdefault(memory, len(self.arrays))
        if place == len(self.arrays):
            self.kept.append(array)
            self.arrays.append(numpy.ascontiguousarray(array).reshape(array.shape))
        self.parts.append(b"ctorch._utils\n_rebuild_tensor_v2\n((")
        self.write_text("storage")
        self.parts.append(f"ctorch\n{KINDS[array.dtype.newbyteorder('<').str]}\n".encode())
        self.write_text(str(place))
        self.write_text("cpu")
        self.write_integer(array.size)
        self.parts.append(b"tQ")
        self.write_integer(0)
        self.write(array.shape)
        self.write(tuple([step // array.itemsize for step in self.arrays[place].strides]))
        self.write(x.requires_grad and x.is_leaf)
        self.parts.append(b"ccollections\nOrderedDict\n)RtR")


def pickled(obj: Any) -> tuple[bytes, list[Any]]:
    """The pickle of an object, and the arrays of its storages, by number.

    Raises:
        TypeError: it holds something that is no Tensor and no plain value.
        ValueError: it is nested too deep.
    """
    writer = Writer()
    try:
        writer.write(obj)
    except RecursionError:
        raise ValueError("the object is nested too deep to be saved") from None
    return b"".join([*writer.parts, b"."]), writer.arrays
