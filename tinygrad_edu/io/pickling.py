"""Writing pickles of Tensors and plain containers, as `torch.load` reads them, without PyTorch.

Source: the instructions are those documented in Python's `pickletools`, protocol 2; tensors are written as calls of
`torch._utils._rebuild_tensor_v2`.
"""

import struct
from collections import Counter, OrderedDict
from typing import Any

import numpy

from ..dtypes import as_dtype
from ..functions.device import device
from ..functions.layout import Size
from ..tensor import Tensor
from .arrays import KINDS as ARRAY_KINDS
from .rebuild import STORAGES
from .storages import Place, storages_of

__all__ = ["pickled"]

KINDS = {kind.dtype.str: kind.name for kind in STORAGES.values() if kind.name != "BFloat16Storage"}


class Writer:
    """One pickle being written: its instructions, with Tensors among them whose storages are not known yet."""

    def __init__(self) -> None:
        self.parts: list[Any] = []
        self.memo: dict[int, int] = {}
        self.kept: list[Any] = []  # what is remembered stays alive, so that no other object gets its id

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
        elif isinstance(obj, complex):
            self.write_call("__builtin__", "complex", (obj.real, obj.imag), name)
        elif isinstance(obj, str):
            self.write_text(obj)
        elif id(obj) in self.memo:
            self.parts.append(b"j" + struct.pack("<I", self.memo[id(obj)]))
        elif isinstance(obj, Tensor):
            self.parts.append(obj)
            self.remember(obj)
        elif isinstance(obj, Counter):
            self.write_call("collections", "Counter", (dict(obj),), name)
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
        elif isinstance(obj, Size):
            self.write_call("torch", "Size", (tuple(obj),), name)
        elif isinstance(obj, tuple):
            self.parts.append(b"(")
            for i, item in enumerate(obj):
                self.write(item, f"{name}[{i}]")
            self.parts.append(b"t")
        elif isinstance(obj, (set, frozenset)):
            self.write_call("__builtin__", "set" if isinstance(obj, set) else "frozenset", (list(obj),), name)
            self.remember(obj)
        elif isinstance(obj, bytes):
            self.write_call("_codecs", "encode", (obj.decode("latin1"), "latin1"), name)
        elif isinstance(obj, bytearray):
            self.write_call("__builtin__", "bytearray", (obj.decode("latin1"), "latin1"), name)
            self.remember(obj)
        elif isinstance(obj, numpy.ndarray) and obj.dtype.kind in ARRAY_KINDS:
            self.write_array(obj)
            self.remember(obj)
        elif isinstance(obj, device):
            self.write_call("torch", "device", (str(obj),), name)
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

    def write_call(self, module: str, function: str, args: tuple[Any, ...], name: str = "") -> None:
        self.parts.append(f"c{module}\n{function}\n".encode())
        self.write(args, name)
        self.parts.append(b"R")

    def write_array(self, array: Any) -> None:
        """Write an array of NumPy's as Python's own pickles have it, its bytes within the pickle."""
        plain = numpy.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
        self.parts.append(b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n")
        self.write((0,))
        self.write(b"b")
        self.parts.append(b"tR(")
        self.write_integer(1)
        self.write(plain.shape)
        self.write_call("numpy", "dtype", (plain.dtype.str[1:], False, True))
        self.write(plain.dtype.__reduce__()[2])
        self.parts.append(b"b\x89")
        self.write(plain.tobytes())
        self.parts.append(b"tb")

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


def rebuilding(x: Tensor, place: Place, count: int, view: tuple[None, ...]) -> bytes:
    """A call that rebuilds a Tensor in its storage of so many elements."""
    writer = Writer()
    writer.parts.append(b"ctorch._utils\n_rebuild_tensor_v2\n((")
    writer.write_text("storage")
    writer.parts.append(f"ctorch\n{KINDS[x.dtype.newbyteorder('<').str]}\n".encode())
    for name in (str(place.storage), "cpu", count, *view):
        writer.write(name)
    writer.parts.append(b"tQ")
    for argument in (place.offset, x._array.shape, place.strides, x.requires_grad and x.is_leaf):
        writer.write(argument)
    return b"".join([*writer.parts, b"ccollections\nOrderedDict\n)RtR"])


def pickled(obj: Any, *view: None) -> tuple[bytes, list[Any]]:
    """The pickle of an object, and its storages, by number.

    References to storages end with `view`, which the files of before version 1.6 have and later ones have not.

    Raises:
        TypeError: it holds something that is no Tensor and no plain value.
        ValueError: it is nested too deep.
    """
    writer = Writer()
    try:
        writer.write(obj)
    except RecursionError:
        raise ValueError("the object is nested too deep to be saved") from None
    storages, found = storages_of([part._array for part in writer.parts if isinstance(part, Tensor)])
    places = iter(found)
    parts = [b"\x80\x02"]
    for part in writer.parts:
        if isinstance(part, Tensor):
            place = next(places)
            part = rebuilding(part, place, storages[place.storage].size, view)
        parts.append(part)
    return b"".join([*parts, b"."]), storages
