"""From samples to batches of Tensors."""

import contextlib
import copy
from collections.abc import Callable, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy

from ..dtypes import bool_, float64, int64
from ..errors import ShapeError
from ..functions.creation import as_tensor, tensor
from ..functions.joining import stack
from ..recording import wrap
from ..tensor import Tensor

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

default_collate_fn_map: dict[Any, Callable[..., Any]] = {}  # of kinds of samples that a program adds
DTYPES = {bool: bool_, int: int64, float: float64}


def default_collate(batch: Sequence[Any]) -> Any:
    """One batch from a list of samples: what is a number or a Tensor in a sample gets one dimension more, in front.

    Tensors and arrays are stacked, numbers become a Tensor (a float a float64, as in PyTorch), tuples, lists and dicts
    are gone into, and strings stay as they are, in a list, or in a tuple where the samples are tuples.

    Raises:
        ShapeError: the samples are not of one length, or their Tensors not of one shape.
        TypeError: a sample holds something else.

    >>> default_collate([{"x": 1, "name": "a"}, {"x": 2, "name": "b"}])
    {'x': tensor([1, 2]), 'name': ['a', 'b']}
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Sequence[Any], *, collate_fn_map: Mapping[Any, Callable[..., Any]] | None = None) -> Any:
    """As default_collate; but what is of a kind in the map is put together by the function there.

    The function is called with the list of what is of this kind, and with the map by its name.

    Raises:
        ShapeError: the samples are not of one length, or their Tensors not of one shape.
        TypeError: a sample holds something else.
    """
    first = batch[0]
    if collate_fn_map:
        fitting = [function for kind, function in collate_fn_map.items() if isinstance(first, kind)]
        if fitting:
            return collate_fn_map.get(type(first), fitting[0])(batch, collate_fn_map=collate_fn_map)
    if isinstance(first, Tensor):
        return stacked(list(batch))
    if isinstance(first, numpy.ndarray | numpy.generic) and first.dtype.kind not in "SUO":
        return stacked([as_tensor(x) for x in batch])
    if isinstance(first, int | float):
        return numbers(batch)
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        columns = {key: collate([sample[key] for sample in batch], collate_fn_map=collate_fn_map) for key in first}
        return remade(first, columns, columns.items())
    if isinstance(first, Sequence):
        if {len(sample) for sample in batch} != {len(first)}:
            raise ShapeError(f"samples of one batch must have one length, got {sorted({len(s) for s in batch})}")
        parts = zip(*batch, strict=True)
        return listed(first, [collate(column, collate_fn_map=collate_fn_map) for column in parts])
    told = f"an array of {first.dtype}" if isinstance(first, numpy.ndarray) else type(first).__name__
    raise TypeError(
        f"a sample may hold Tensors, arrays, numbers, strings, tuples, lists and dicts, not {told}; "
        f"give DataLoader a collate_fn that knows what to do with it"
    )


def stacked(tensors: list[Any]) -> Tensor:
    """The Tensors side by side; at once, which is thirty times as quick, where neither dtypes nor gradients meet."""
    if all(type(x) is Tensor and x._node is None for x in tensors):
        arrays = [x._array for x in tensors]
        if len({(array.shape, array.dtype) for array in arrays}) == 1:
            return wrap(numpy.array(arrays))
    return stack(tensors)


def numbers(batch: Sequence[Any]) -> Tensor:
    """A Tensor of these numbers; at once where they are all of one type."""
    kind = type(batch[0])
    if kind in DTYPES and set(map(type, batch)) == {kind}:
        with contextlib.suppress(OverflowError):
            return wrap(numpy.array(batch, DTYPES[kind]))
    return tensor(batch, dtype=float64 if isinstance(batch[0], float) else None)


def default_convert(data: Any) -> Any:
    """A sample whose arrays are Tensors; tuples, lists and dicts are gone into, and what else there is stays.

    >>> import numpy
    >>> default_convert([0, numpy.arange(2), "a"])
    [0, tensor([0, 1]), 'a']
    """
    if isinstance(data, numpy.ndarray | numpy.generic):
        return data if data.dtype.kind in "SUO" else as_tensor(data)
    if isinstance(data, Tensor | str | bytes):
        return data
    if isinstance(data, Mapping):
        converted = {key: default_convert(data[key]) for key in data}
        return remade(data, converted, converted.items())
    if isinstance(data, Sequence):
        return listed(data, [default_convert(x) for x in data])
    return data


def listed(like: Sequence[Any], content: list[Any]) -> Any:
    """A sequence of the same kind with this content; a list of a tuple, as in PyTorch, but for a named one."""
    if isinstance(like, tuple):
        return type(like)(*content) if hasattr(like, "_fields") else content
    return remade(like, content, enumerate(content))


def remade(like: Any, content: Any, items: Iterable[tuple[Any, Any]]) -> Any:
    """A container of the same kind, and with what else it knows, with this content; the content if that cannot be."""
    if type(like) is type(content):
        return content
    try:
        if not isinstance(like, MutableMapping | MutableSequence):
            return type(like)(content)
        found = copy.copy(like)
        for key, value in items:
            found[key] = value
    except TypeError:
        return content
    return found
