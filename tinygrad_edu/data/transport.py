"""Batches on their way from a worker: large arrays in shared memory, the rest through the connection.

The memory of a worker is a file without a name, so nothing is left of it when both sides are gone, however they ended.
In it each batch has a place, far from the others. The arrays of a batch are used where they are, without a copy, and
their place is taken for another batch when nobody holds them any more.
"""

import io
import mmap
import os
import pickle
import struct
import weakref
from collections.abc import Iterable
from typing import Any

import numpy

from ..protocols import attributes
from ..recording import wrap
from ..tensor import Tensor

__all__ = ["Places", "can_share", "new_memory", "pack"]

LARGE = 8192  # bytes; the connection is as quick below
SPACING = 2**40  # bytes from one place to the next; the system keeps what was written, and not the holes
ALIGNMENT = 64  # bytes, a line of the cache: where an array begins
COUNT = struct.Struct("<Q")  # of the arrays that are in the memory; their sizes follow, and then the rest, pickled
MOST_HELD = 64  # places whose arrays are in use, of a system that allows a process some 65,000 mappings

forks = 0  # of this process


def count_fork() -> None:
    """Take note that another process now sees what is in the places."""
    global forks
    forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_parent=count_fork)


def can_share() -> bool:
    """Whether the system has files without a name that can be shared; elsewhere all is pickled."""
    return hasattr(os, "memfd_create")


def new_memory() -> int:
    """The file descriptor of new memory."""
    return os.memfd_create("batch")


def pack(content: Any, memory: int | None, place: int) -> bytes:
    """What to send through the connection, when the large arrays have been written to this place of the memory."""
    body = io.BytesIO()
    outgoing = Outgoing(body, memory is not None)
    outgoing.dump(content)
    offset = place * SPACING
    for view in outgoing.large:
        start = offset
        offset += aligned(view.nbytes)
        while view:  # the system may write a part
            written = os.pwrite(memory, view, start)  # type: ignore[arg-type]
            view, start = view[written:], start + written
    sizes = [view.nbytes for view in outgoing.large]
    return struct.pack(f"<{1 + len(sizes)}Q", len(sizes), *sizes) + body.getvalue()


Told = int | tuple[bool, str, tuple[int, ...], bytearray | None]


class Outgoing(pickle.Pickler):
    """Pickles a batch, its arrays and Tensors as no more than what they are: Python's way to make them takes longer."""

    def __init__(self, file: io.BytesIO, shares: bool) -> None:
        super().__init__(file, protocol=5)
        self.shares = shares
        self.large: list[memoryview] = []
        self.known: dict[int, int] = {}

    def persistent_id(self, content: Any) -> Told | None:
        """Of an array or a plain Tensor its dtype, shape and, if it is small, its bytes; nothing of all else."""
        kind = type(content)
        if kind is not numpy.ndarray and (kind is not Tensor or content.requires_grad or attributes(content)):
            return None
        array = content if kind is numpy.ndarray else content._array
        if array.dtype.kind not in "biufc" or not array.flags.c_contiguous:
            return None
        if id(content) in self.known:  # the same one once more
            return self.known[id(content)]
        self.known[id(content)] = len(self.known)
        if large := self.shares and array.nbytes >= LARGE:
            self.large.append(array.reshape(-1).view(numpy.uint8).data)
        return kind is Tensor, array.dtype.str, array.shape, None if large else bytearray(array.tobytes())


class Incoming(pickle.Unpickler):
    """Makes a batch of what `Outgoing` has pickled."""

    def __init__(self, file: io.BytesIO, large: Iterable[Any]) -> None:
        super().__init__(file)
        self.large = iter(large)
        self.made: list[Any] = []

    def persistent_load(self, told: Told) -> Any:
        """The array or Tensor."""
        if isinstance(told, int):
            return self.made[told]
        is_tensor, dtype, shape, content = told
        array = numpy.ndarray(shape, dtype, next(self.large) if content is None else content)
        self.made.append(wrap(array) if is_tensor else array)
        return self.made[-1]


def aligned(size: int) -> int:
    """Where the next array begins after one of so many bytes."""
    return -(-size // ALIGNMENT) * ALIGNMENT


class Places:
    """The places of a worker's memory, seen from the process that uses what is in them."""

    def __init__(self, memory: int | None) -> None:
        self.memory = memory
        self.count = 0
        self.free: list[int] = []
        self.held: list[tuple[int, list[weakref.ref[Any]], int]] = []  # place, its arrays, forks until then
        self.mapped: dict[int, mmap.mmap] = {}

    def take(self) -> int:
        """A place that nobody uses."""
        for entry in self.held:
            place, arrays, forks_then = entry
            if any(array() is not None for array in arrays):
                continue
            self.held.remove(entry)
            if forks_then == forks:
                return place
            self.mapped.pop(place)  # a process that was forked may still read there
            break
        if self.free:
            return self.free.pop()
        self.count += 1
        return self.count - 1

    def unpack(self, packed: bytes, place: int) -> Any:
        """What was packed, its large arrays in this place; past so many places in use they are copies."""
        (count,) = COUNT.unpack_from(packed)
        sizes = struct.unpack_from(f"<{count}Q", packed, COUNT.size)
        body = io.BytesIO(packed)
        body.seek(COUNT.size * (1 + count))
        if not sizes:
            self.free.append(place)
            return Incoming(body, ()).load()
        arrays, offset = [], 0
        whole = self.mapping(place, sum(map(aligned, sizes)))
        for size in sizes:
            arrays.append(numpy.frombuffer(whole, numpy.uint8, size, offset))
            offset += aligned(size)
        if len(self.held) >= MOST_HELD:
            arrays = [array.copy() for array in arrays]
            self.free.append(place)
        else:
            self.held.append((place, [weakref.ref(array) for array in arrays], forks))
        return Incoming(body, arrays).load()

    def mapping(self, place: int, size: int) -> mmap.mmap:
        """The memory of a place, of this size at least."""
        known = self.mapped.get(place)
        if known is None or len(known) < size:
            # as much as the file has there: the last array need not end on a line of the cache
            size = min(size, os.fstat(self.memory).st_size - place * SPACING)  # type: ignore[arg-type]
            known = self.mapped[place] = mmap.mmap(self.memory, size, offset=place * SPACING)  # type: ignore[arg-type]
        return known
