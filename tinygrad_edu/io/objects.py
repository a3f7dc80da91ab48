"""Saving and loading nested containers of Tensors and plain values: `save` and `load`.

What is written is a PyTorch checkpoint or, under a name that ends in .safetensors, a safetensors file, in which the
containers are JSON in the metadata. Neither can have code in it that is run.
"""

import codecs
import json
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from ..atomic import FilePath, atomic_write
from ..functions.device import check_device, device
from ..tensor import Tensor
from .checkpoint import LEGACY, ZIP, read_legacy, read_zip, write_legacy, write_zip
from .safetensors import map_file, naming, parse_bytes, save_safetensors

__all__ = ["load", "save"]

LAYOUT = "tinygrad_edu.layout"  # the metadata's key
SCALARS = (bool, int, float, str)


def save(
    obj: Any,
    f: FilePath | BinaryIO,
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Write Tensors, numbers, strings and None, in dicts, lists and tuples however deep, to a path or an open file.

    The file is one that PyTorch's `torch.load` reads; under a path that ends in .safetensors it is a safetensors file,
    in which a state_dict's names are the names. Tensors that share memory share it again when they are loaded. A path
    is written as a whole or not at all. Bytes, complex numbers and NumPy's arrays may be in it, too, of which PyTorch
    loads the arrays with `weights_only=False` alone.

    `_use_new_zipfile_serialization=False` writes the files of PyTorch before version 1.6. `pickle_module` and
    `pickle_protocol` are taken for PyTorch's programs, and make no difference.

    >>> import io
    >>> from tinygrad_edu import tensor
    >>> file = io.BytesIO()
    >>> save({"epoch": 3, "weights": [tensor([1.0, 2.0])]}, file)
    >>> _ = file.seek(0)
    >>> load(file)
    {'epoch': 3, 'weights': [tensor([1., 2.])]}

    Raises:
        TypeError: something in it is of another type.
        OSError: the file cannot be written; what stood there stands unchanged.
    """
    write = write_zip if _use_new_zipfile_serialization else write_legacy
    if not isinstance(f, (str, os.PathLike)):
        if not hasattr(f, "write"):
            raise TypeError(f"save() writes to a path or to a file opened for writing bytes, got {type(f).__name__}")
        write(obj, f)
    elif os.fspath(f).endswith(".safetensors"):
        tensors: dict[str, Any] = {}
        layout = json.dumps(laid_out(obj, "", tensors, set()))
        save_safetensors(tensors, f, {LAYOUT: layout})
    else:
        with atomic_write(f) as file:
            write(obj, file)


def load(
    f: FilePath | BinaryIO,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = True,
    mmap: bool | None = True,
    encoding: str = "utf-8",
) -> Any:
    """Read what `save` or `torch.save` wrote, or a safetensors file's Tensors by name; no code in it is ever run.

    PyTorch's old files, from before version 1.6, are read too. The file is mapped into memory, so that values are read
    when they are used. Of an open file the bytes from where it stands are read. Strings that Python 2 wrote are read by
    `encoding`, or stay bytes if it is "bytes". `map_location` is the CPU; `pickle_module`, `weights_only` and `mmap`
    are taken for PyTorch's programs, and make no difference: other things than weights, plain containers and arrays
    are refused.

    Raises:
        ValueError: it is no such file, is cut short or damaged, or holds anything else; there is no such encoding.
        TypeError: `f` is neither a path nor a file of bytes, or `map_location` no place.
        RuntimeError: `map_location` is another device.
        OSError: it cannot be opened.
    """
    if isinstance(map_location, (str, device)):
        check_device(map_location)
    elif map_location is not None and not isinstance(map_location, Mapping) and not callable(map_location):
        raise TypeError(f"map_location is a device, a dict or a function, got {type(map_location).__name__}")
    check_encoding(encoding)
    if not isinstance(f, (str, os.PathLike)):
        content = f.read() if hasattr(f, "read") else None
        if not isinstance(content, bytes | bytearray | memoryview):
            raise TypeError(f"load() reads a path or a file opened for reading bytes, got {type(f).__name__}")
        obj, end = parsed(bytearray(content), "the file", encoding)
        if end < len(content):
            f.seek(end - len(content), os.SEEK_CUR)  # what follows is the next one's to read
        return obj
    with naming(f, "a checkpoint"):
        data = map_file(f)
    return parsed(data, os.fspath(f), encoding)[0]


def check_encoding(encoding: str) -> None:
    """Refuse what is no encoding of text.

    Raises:
        ValueError: there is none of this name.
    """
    try:
        codecs.lookup("latin1" if encoding == "bytes" else encoding)
    except (LookupError, TypeError):
        raise ValueError(f"encoding is the name of one, such as 'latin1', or 'bytes', got {encoding!r:.60}") from None


def parsed(data: Any, name: str, encoding: str) -> tuple[Any, int]:
    """The object in a file's bytes, and where it ends.

    Raises:
        ValueError: they are no file of a kind that is known, or are damaged.
    """
    for magic, read in ((ZIP, read_zip), (LEGACY, read_legacy)):
        if bytes(data[: len(magic)]) == magic:
            with naming(name, "a PyTorch checkpoint"):
                return read(data, encoding)
    with naming(name, "a checkpoint"):
        tensors, metadata = parse_bytes(data)
    if LAYOUT not in metadata:
        return tensors, len(data)
    try:
        return taken_up(json.loads(metadata[LAYOUT]), tensors), len(data)
    except (KeyError, IndexError, TypeError, AttributeError, RuntimeError, ValueError):
        raise ValueError(f"the layout in {name!r} is not one that save() writes") from None


def laid_out(obj: Any, name: str, tensors: dict[str, Any], within: set[int]) -> Any:
    """The layout of an object as JSON, its Tensors put under their names.

    Raises:
        TypeError: it holds something that cannot be saved.
        ValueError: it holds itself.
    """
    if isinstance(obj, Tensor):
        while name in tensors or not name:
            name += "_"
        tensors[name] = obj
        return {"tensor": name, "requires_grad": obj.requires_grad and obj.is_leaf}
    if obj is None or type(obj) in SCALARS:
        return {"value": obj}
    if id(obj) in within:
        raise ValueError(f"{name or 'the object'} holds itself and cannot be saved")
    within = within | {id(obj)}
    prefix = f"{name}." if name else ""
    if isinstance(obj, Mapping):
        items = []
        for key, value in obj.items():
            if key is not None and type(key) not in SCALARS:
                raise TypeError(f"a key of a saved dict is a string, a number or None, got {key!r:.60}")
            items.append([key, laid_out(value, f"{prefix}{key}", tensors, within)])
        return {"dict": items}
    if isinstance(obj, (list, tuple)):
        kind = "tuple" if isinstance(obj, tuple) else "list"
        return {kind: [laid_out(value, f"{prefix}{i}", tensors, within) for i, value in enumerate(obj)]}
    raise TypeError(
        f"save() takes Tensors, numbers, strings and None in dicts, lists and tuples; {name or 'this'} is a "
        f"{type(obj).__name__}; of a module save the state_dict()"
    )


def taken_up(layout: Any, tensors: Mapping[str, Any]) -> Any:
    """The object of a layout."""
    if "tensor" in layout:
        return tensors[layout["tensor"]].requires_grad_(layout["requires_grad"])
    if "dict" in layout:
        return {key: taken_up(value, tensors) for key, value in layout["dict"]}
    if "list" in layout:
        return [taken_up(value, tensors) for value in layout["list"]]
    if "tuple" in layout:
        return tuple([taken_up(value, tensors) for value in layout["tuple"]])
    return layout["value"]
