"""NumPy's arrays and numbers in a pickle, which programs keep beside their weights: data alone, never objects.

Source: what NumPy's `ndarray.__reduce__` and `dtype.__reduce__` give.
"""

import math
from typing import Any

import numpy

__all__ = ["KINDS", "Array", "Kind", "array_from", "empty_array", "kind_of", "scalar", "set_state"]

Array = numpy.ndarray
Kind = numpy.dtype
KINDS = "fiubcSU"  # no objects, and no records, which may hold them


def kind_of(name: Any, *rest: Any) -> Any:
    """A dtype by its name, such as "f8".

    Raises:
        ValueError: it is none, or one of objects or records.
    """
    if type(name) is not str or not name[:1].isalpha() or not name[1:].isdigit():
        raise ValueError(f"an array of {name!r:.60}")
    found = numpy.dtype(name)
    if found.kind not in KINDS:
        raise ValueError(f"an array of {found}")
    return found


def empty_array(*args: Any) -> Any:
    """An array that gets its values next."""
    return numpy.zeros(0)


def scalar(kind: Any, content: Any) -> Any:
    """A number of NumPy's.

    Raises:
        ValueError: there are not as many bytes as it takes.
    """
    return values(kind, (), content)[()]


def values(kind: Any, shape: Any, content: Any) -> Any:
    """An array of these bytes.

    Raises:
        ValueError: they are not as many as the shape asks for, or there is no such shape.
    """
    if not isinstance(kind, Kind) or not isinstance(content, bytes | bytearray):
        raise ValueError("an array without a dtype or without bytes")
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape) or len(shape) > 64:
        raise ValueError(f"an array of shape {shape!r:.60}")
    if len(content) != math.prod(shape) * kind.itemsize:
        raise ValueError(f"an array of shape {shape} and dtype {kind} of {len(content)} bytes")
    return numpy.frombuffer(bytearray(content), kind).reshape(shape)


def array_from(content: Any, kind: Any, shape: Any, order: Any) -> Any:
    """An array of these bytes, row by row ("C") or column by column ("F"), as protocol 5 writes it.

    Raises:
        ValueError: they are not as many as the shape asks for, or there is no such shape or order.
    """
    if order not in ("C", "F"):
        raise ValueError(f"an array in the order {order!r:.60}")
    found = values(kind, shape, content)
    return found if order == "C" else found.reshape(-1).reshape(shape, order="F")


def set_state(made: Any, state: Any) -> None:
    """Give an array its values, or a dtype its order of bytes, which is ours already.

    Raises:
        ValueError: they are not what NumPy writes, or the bytes are in another order.
    """
    if isinstance(made, Kind):
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", "|", "="):
            raise ValueError("an array whose bytes are in another order than they are on this machine")
        return
    if not isinstance(state, tuple) or len(state) != 5:
        raise ValueError("an array without a shape and bytes")
    _, shape, kind, in_columns, content = state
    found = values(kind, shape, content)
    made.__setstate__((1, shape, kind, bool(in_columns), found.tobytes()))
