"""What the names in a PyTorch checkpoint stand for: storages, and how tensors lie in them."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy

from ..dtypes import as_dtype
from ..functions.device import device
from ..functions.layout import Size
from ..recording import wrap
from ..tensor import Tensor
from .arrays import array_from, empty_array, kind_of, scalar
from .unpickle import Global, Names

__all__ = ["STORAGES", "Storage", "StorageType", "names", "storage_of"]


class StorageType(NamedTuple):
    """A kind of storage: its name in PyTorch, and the dtype of its elements as they lie in the file."""

    name: str
    dtype: Any


class Storage(NamedTuple):
    """The elements of a storage; bfloat16 as float32 already."""

    elements: Any


TYPES = [
    StorageType("FloatStorage", numpy.dtype("<f4")),
    StorageType("DoubleStorage", numpy.dtype("<f8")),
    StorageType("HalfStorage", numpy.dtype("<f2")),
    StorageType("LongStorage", numpy.dtype("<i8")),
    StorageType("IntStorage", numpy.dtype("<i4")),
    StorageType("ShortStorage", numpy.dtype("<i2")),
    StorageType("CharStorage", numpy.dtype("i1")),
    StorageType("ByteStorage", numpy.dtype("u1")),
    StorageType("BoolStorage", numpy.dtype("?")),
    StorageType("BFloat16Storage", numpy.dtype("<u2")),
]
STORAGES = {kind.name: kind for kind in TYPES}
CORES = ("numpy.core", "numpy._core")  # before NumPy 2, and since
DTYPES = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")


def storage_of(kind: StorageType, data: Any, start: int, count: int, swapped: bool = False) -> Storage:
    """So many elements of a file's bytes, where they lie; a copy only where they cannot be used as they lie.

    Raises:
        ValueError: the bytes end before.
    """
    if count < 0 or start + count * kind.dtype.itemsize > len(data):
        raise ValueError(f"a storage of {count} elements is longer than its bytes")
    stored: Any = numpy.ndarray(count, kind.dtype.newbyteorder(">") if swapped else kind.dtype, data, start)
    if kind.name == "BFloat16Storage":
        upper = stored.astype(numpy.uint32)
        upper <<= 16
        return Storage(upper.view(numpy.float32))
    if kind.name == "BoolStorage":
        return Storage(stored.view(numpy.uint8) != 0)  # a byte of 2 is no bool
    return Storage(stored.astype(stored.dtype.newbyteorder("="), copy=not stored.flags.aligned))


def tensor(storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *rest: Any) -> Tensor:
    """A Tensor that lies in a storage; of the rest, requires_grad is heeded.

    Raises:
        ValueError: it would reach outside its storage.
    """
    if not isinstance(storage, Storage) or len(size) != len(stride):
        raise ValueError("a tensor without a storage, or with as many strides as sizes")
    numbers = (offset, *size, *stride)
    if not all(type(n) is int and 0 <= n < 1 << 62 for n in numbers) or len(size) > 64:
        raise ValueError(f"a tensor of size {size!r:.60} with strides {stride!r:.60} at {offset!r:.30}")
    elements = storage.elements
    reach = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1
    if 0 not in size and reach > len(elements):
        raise ValueError(f"a tensor of size {size} reaches outside its storage of {len(elements)} elements")
    if 0 in size:
        array = numpy.zeros(size, elements.dtype)
    else:
        strides = [step * elements.itemsize if n > 1 else 0 for n, step in zip(size, stride, strict=True)]
        array = numpy.lib.stride_tricks.as_strided(elements[offset:], size, strides)
    made = wrap(array)
    return made.requires_grad_() if rest[:1] == (True,) else made


def parameter(data: Tensor, requires_grad: bool, *rest: Any) -> Tensor:
    """A parameter, as a Tensor."""
    return data.detach().requires_grad_(bool(requires_grad))


def plain(module: str, name: str, call: Callable[..., Any] | None = None) -> tuple[tuple[str, str], Global]:
    return (module, name), Global(module, name, call)


class Namespace(SimpleNamespace):
    """A program's arguments, as argparse gives them."""


def encoded(characters: str, encoding: str) -> bytes:
    """Bytes, as protocol 2 writes them."""
    if encoding != "latin1":
        raise ValueError(f"bytes in the encoding {encoding!r:.20}")
    return characters.encode("latin1")


def octets(kind: Callable[..., Any]) -> Callable[..., Any]:
    """Bytes of a kind made of text or of bytes; of a number it would be as many zeros, and as much memory."""

    def made(*args: Any) -> Any:
        if args and not isinstance(args[0], (str, bytes)):
            raise ValueError(f"bytes of {args[0]!r:.60}")
        return kind(*args)

    return made


BUILTINS: dict[str, Callable[..., Any]] = {
    "set": set,
    "frozenset": frozenset,
    "complex": complex,
    "bytes": octets(bytes),
    "bytearray": octets(bytearray),
}


def names() -> Names:
    """What stands for each name that a checkpoint may refer to."""
    return {
        **dict(
            [
                plain("collections", "OrderedDict", OrderedDict),
                plain("torch._utils", "_rebuild_tensor_v2", tensor),
                plain("torch._utils", "_rebuild_tensor", tensor),
                plain("torch._utils", "_rebuild_parameter", parameter),
                plain("torch", "Size", Size),
                plain("torch", "device", lambda *place: device("cpu")),
                plain("_codecs", "encode", encoded),
                plain("argparse", "Namespace", Namespace),
                plain("collections", "Counter", Counter),
                plain("numpy", "dtype", kind_of),
                plain("numpy", "ndarray"),
            ]
        ),
        **dict(plain(f"{core}.multiarray", "_reconstruct", empty_array) for core in CORES),
        **dict(plain(f"{core}.multiarray", "scalar", scalar) for core in CORES),
        **dict(plain(f"{core}.numeric", "_frombuffer", array_from) for core in CORES),
        **dict(plain(module, name, call) for module in ("builtins", "__builtin__") for name, call in BUILTINS.items()),
        **{("torch", kind.name): kind for kind in TYPES},
        **{("torch", name): as_dtype(name) for name in DTYPES},
    }
