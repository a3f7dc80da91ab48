"""In which storages the arrays of a checkpoint lie: those that share memory share a storage, as in PyTorch's files."""

from typing import Any, NamedTuple

import numpy

__all__ = ["Place", "storages_of"]


class Place(NamedTuple):
    """Where an array lies: the number of its storage, the first of its elements there, and its strides in elements."""

    storage: int
    offset: int
    strides: tuple[int, ...]


def memory_of(array: Any) -> tuple[Any, ...]:
    """What arrays that may share a storage have in common: the array that owns the memory, and the dtype."""
    owner = array
    while isinstance(owner.base, numpy.ndarray) and min(array.strides, default=0) >= 0:
        owner = owner.base
    return id(owner), array.dtype.str


def overlapping(arrays: list[Any]) -> list[list[int]]:
    """The numbers of the arrays, put together where their memory overlaps; in the order of the first of each."""
    bounds = [(*memory_of(array), *numpy.lib.array_utils.byte_bounds(array)) for array in arrays]
    groups: list[list[int]] = []
    end: tuple[Any, ...] = ()
    for i in sorted(range(len(arrays)), key=lambda i: bounds[i]):
        *memory, first, last = bounds[i]
        if (*memory, first) < end and end[:2] == tuple(memory):
            groups[-1].append(i)
            end = max(end, (*memory, last))
        else:
            groups.append([i])
            end = (*memory, last)
    return sorted(map(sorted, groups))


def strides_of(array: Any) -> tuple[int, ...]:
    """Strides in elements."""
    return tuple([step // array.itemsize for step in array.strides])


def storages_of(arrays: list[Any]) -> tuple[list[Any], list[Place]]:
    """The storages that these arrays need, one-dimensional, and the place of each array.

    An array alone gets its values side by side, however it lies; arrays that overlap get the memory they span.
    """
    storages: list[Any] = []
    places: dict[int, Place] = {}
    for number, group in enumerate(overlapping(arrays)):
        first = min((arrays[i] for i in group), key=lambda array: numpy.lib.array_utils.byte_bounds(array)[0])
        if all(arrays[i].shape == first.shape and arrays[i].strides == first.strides for i in group):
            whole = numpy.ascontiguousarray(first).reshape(first.shape)
            storages.append(whole.reshape(-1))
            places.update({i: Place(number, 0, strides_of(whole)) for i in group})
            continue
        begin = first.__array_interface__["data"][0]
        end = max(numpy.lib.array_utils.byte_bounds(arrays[i])[1] for i in group)
        span = (end - begin) // first.itemsize
        storages.append(numpy.lib.stride_tricks.as_strided(first, (span,), (first.itemsize,), writeable=False))
        for i in group:
            offset = (arrays[i].__array_interface__["data"][0] - begin) // first.itemsize
            places[i] = Place(number, offset, strides_of(arrays[i]))
    return storages, [places[i] for i in range(len(arrays))]
