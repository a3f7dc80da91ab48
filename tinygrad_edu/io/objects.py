"""Saving and loading nested containers of Tensors and plain values: `save` and `load`.

A file is a safetensors file, which other programs read too; how its tensors stand in lists and dictionaries, and the
plain values beside them, is JSON in its metadata. Nothing in it can be run.
"""

import json
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy

from ..atomic import FilePath
from ..tensor import Tensor
from .safetensors import array_bytes, load_safetensors, parse_bytes, safetensors_metadata, save_safetensors

__all__ = ["load", "save"]

LAYOUT = "tinygrad_edu.layout"  # the metadata's key
SCALARS = (bool, int, float, str)


def save(obj: Any, f: FilePath | BinaryIO) -> None:
    """Write Tensors, numbers, strings and None, in dicts, lists and tuples however deep, to a path or an open file.

    A path is written as a whole or not at all. A state_dict's names are the file's names.

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
    tensors: dict[str, Any] = {}
    layout = json.dumps(laid_out(obj, "", tensors, set()))
    if isinstance(f, (str, os.PathLike)):
        save_safetensors(tensors, f, {LAYOUT: layout})
    else:
        f.write(array_bytes({name: numpy.asarray(x.detach()) for name, x in tensors.items()}, {LAYOUT: layout}))


def load(f: FilePath | BinaryIO) -> Any:
    """Read what `save` wrote; of any other safetensors file, its Tensors by name.

    Raises:
        ValueError: it is no such file, is cut short, or says what cannot be true.
        OSError: it cannot be opened.
    """
    if isinstance(f, (str, os.PathLike)):
        tensors, metadata = load_safetensors(f), safetensors_metadata(f)
    else:
        tensors, metadata = parse_bytes(f.read())
    if LAYOUT not in metadata:
        return tensors
    try:
        return taken_up(json.loads(metadata[LAYOUT]), tensors)
    except (KeyError, IndexError, TypeError, AttributeError, RuntimeError, ValueError):
        raise ValueError(f"the layout in {f!r} is not one that save() writes") from None


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
