"""The log of in-place writes: which memory was written, and when.

Nodes and writes draw their numbers from one clock. A value saved by a node was overwritten exactly when its memory has
a write with a later number, so forward pays nothing for the check and backward pays one comparison per node. Memory is
known by the array that owns it, so all views of it, and all Tensors that share it, share one version.
"""

import weakref
from collections.abc import Callable, Iterator
from itertools import count
from types import CodeType
from typing import Any

from numpy import ndarray

from .errors import GradientError

__all__ = [
    "arrays_in",
    "describe_place",
    "find_write",
    "latest",
    "lost",
    "next_number",
    "note_write",
    "overwritten",
    "owner",
    "version",
    "watch",
    "watchers",
]

next_number = count(1).__next__
latest = [0]  # the number of the last write of all
# What looks at each write before it is made, (target, index, value): a tracer. While there is one, no value is computed
# into memory directly, so that it sees them all.
watchers: list[Callable[[ndarray, Any, ndarray], None]] = []


class Write:
    """The last write to some memory, and how many there were."""

    __slots__ = ("code", "lasti", "memory", "number", "version")

    code: CodeType | None
    lasti: int
    number: int

    def __init__(self, memory: "weakref.ref[ndarray]") -> None:
        self.memory = memory
        self.version = 0


log: dict[int, Write] = {}  # by the id of the array that owns the memory


def owner(array: ndarray) -> ndarray:
    """The array that owns the memory of this one."""
    base = array.base
    while base is not None:
        if isinstance(base, ndarray):
            array = base
        base = getattr(base, "base", None)  # between sliding windows and what they slide over stands no array
    return array


def note_write(array: ndarray, code: CodeType | None = None, lasti: int = 0) -> None:
    """Tell that the memory of this array has just been written to, by this line."""
    memory = array if array.base is None else owner(array)
    key = id(memory)
    write = log.get(key)
    if write is None:
        write = log[key] = Write(weakref.ref(memory, lambda _: log.pop(key, None)))
    write.number = latest[0] = next_number()
    write.version += 1
    write.code = code
    write.lasti = lasti


def watch(target: ndarray, index: Any, value: ndarray) -> None:
    """Show a write that is about to be made to whoever wants to see it."""
    for watcher in watchers.copy():
        watcher(target, index, value)


def version(array: ndarray) -> int:
    """How often the memory of this array was written to in place."""
    known = log.get(id(owner(array)))
    return known.version if known else 0


def find_write(value: Any, since: int) -> Write | None:
    """The last write to this value's memory, if it came after moment `since`."""
    if isinstance(value, ndarray):
        known = log.get(id(owner(value)))
        if known is not None and known.number > since:
            return known
    return None


def arrays_in(saved: Any) -> Iterator[ndarray]:
    """All arrays that a node saved, however deep in tuples; not those it has in other keeping (autograd/graph.py)."""
    for value in saved if isinstance(saved, tuple) else ():
        if isinstance(value, ndarray):
            yield value
        elif isinstance(value, tuple):
            yield from arrays_in(value)


def overwritten(saved: Any, since: int) -> Iterator[tuple[ndarray, Write]]:
    """Those of the arrays that were written to after moment `since`, each with the last write."""
    for array in arrays_in(saved):
        write = find_write(array, since)
        if write is not None:
            yield array, write


def lost(array: ndarray, write: Write, needed: str) -> GradientError:
    """The error that tells of a value which something needs, and which a write has replaced."""
    return GradientError(
        f"a value of shape {array.shape} that {needed} was overwritten (modified by an inplace operation) at "
        f"{describe_place(write.code, write.lasti)} (it is now at version {write.version}); write to a clone() of it, "
        "or use the operation that returns a new Tensor"
    )


def describe_place(code: CodeType | None, lasti: int) -> str:
    """`file:line in function`, of an instruction of a code object."""
    if code is None:
        return "an unknown line"
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= lasti < end and number is not None:
            line = number
    return f"{code.co_filename}:{line} in {code.co_name}"
