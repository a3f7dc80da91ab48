"""Picking elements by index, and what writes in place come to."""

import math
from collections.abc import Sequence
from typing import Any

import numpy

from ..graph import Graph, UntranslatableError, Value
from ..sizes import Size, is_fixed
from ..table import row

FIRST, LAST = -(1 << 63), (1 << 63) - 1


class States(Value):
    """The states after all steps, of which ONNX gives only the last one."""

    def __init__(self, shape: Any, dtype: Any, last: Value, index: slice) -> None:
        super().__init__("", shape, dtype)
        self.last = last
        self.index = index

    @property
    def unavailable(self) -> str:
        """Of all but the last."""
        return "ONNX gives an LSTM's cells after the last step only, not those of each step"


def whole(index: Any, ndim: int) -> list[Any]:
    """The parts of an index, with as many slices in place of an ellipsis, or at the end, as it takes."""
    parts = list(index) if isinstance(index, tuple) else [index]
    taken = sum([0 if p is None or p is Ellipsis else p.ndim if is_mask(p) else 1 for p in parts])
    at = next((i for i, p in enumerate(parts) if p is Ellipsis), len(parts))
    return [*parts[:at], *[slice(None)] * (ndim - taken), *parts[at + 1 :]]


def is_mask(part: Any) -> bool:
    """Whether a part of an index is an array of bools."""
    return isinstance(part, Value) and bool(part.dtype == bool)


@row
def getitem(g: Graph, x: Value, *, index: Any) -> Any:
    if isinstance(x, States):
        if index != x.index:
            raise UntranslatableError(x.unavailable)
        return x.last
    return picked(g, x, index)


def picked(g: Graph, x: Value, index: Any) -> Any:
    """x[index]."""
    parts = without_masks(g, whole(index, x.ndim))
    cut = sliced(g, x, [part for part in parts if part is not None])
    dim = 0
    arrays: list[tuple[int, Value]] = []
    added: list[int] = []
    place = 0
    for part in parts:
        if part is None:
            added.append(place)
            place += 1
        elif isinstance(part, Value):
            arrays.append((dim, part))
            dim += 1
            place += 1
        elif isinstance(part, slice):
            dim += 1
            place += 1
        else:
            cut = entry(g, cut, part, dim)
    if arrays and added:
        raise UntranslatableError("an index of arrays with None beside them; index first and unsqueeze then")
    if arrays:
        return by_arrays(g, cut, arrays, dim)
    return g.Unsqueeze(cut, g.axes(added)) if added else x if cut is x else cut


def sliced(g: Graph, x: Value, parts: Sequence[Any]) -> Any:
    """x after those parts of the index that are slices."""
    bounds: list[list[Any]] = [[], [], [], []]
    for dim, part in enumerate(parts):
        if isinstance(part, slice) and part != slice(None):
            step = 1 if part.step is None else part.step
            start, stop = (0, LAST) if step > 0 else (LAST, FIRST)
            told = (start if part.start is None else part.start, stop if part.stop is None else part.stop, dim, step)
            for values, value in zip(bounds, told, strict=True):
                values.append(value)
    return g.Slice(x, *map(g.ints, bounds)) if bounds[0] else x


def entry(g: Graph, x: Value, index: Any, dim: int) -> Any:
    """One entry of a dimension."""
    place = g.Squeeze(g.size(index)) if isinstance(index, Size) else g.constant(numpy.int64(index))
    return g.Gather(x, place, axis=dim)


def without_masks(g: Graph, parts: Sequence[Any]) -> list[Any]:
    """The parts, with the places where a constant mask holds instead of it.

    Raises:
        UntranslatableError: a mask is no constant, so that sizes would depend on values.
    """
    found: list[Any] = []
    for part in parts:
        if not is_mask(part):
            found.append(part)
        elif part.array is None or not part.ndim:
            raise UntranslatableError("how many elements a mask picks depends on values; use where() instead")
        else:
            found += [g.constant(places) for places in numpy.nonzero(part.array)]
    return found


def by_arrays(g: Graph, x: Value, arrays: Sequence[tuple[int, Value]], ndim: int) -> Any:
    """x of so many dimensions, with arrays as the index of some, which all broadcast against each other."""
    if len(arrays) == 1:
        dim, index = arrays[0]
        return g.Gather(x, g.cast(index, "int64"), axis=dim)
    dims = [dim for dim, _ in arrays]
    rest = [d for d in range(ndim) if d not in dims]
    front = g.Transpose(x, perm=(*dims, *rest)) if dims[-1] != len(dims) - 1 else x
    found = g.GatherND(front, stacked(g, [index for _, index in arrays]))
    together = dims == list(range(dims[0], dims[0] + len(dims)))
    if not together or not dims[0]:
        return found
    n = max(index.ndim for _, index in arrays)
    before, after = range(n, n + dims[0]), range(n + dims[0], n + len(rest))
    return g.Transpose(found, perm=(*before, *range(n), *after))


def stacked(g: Graph, indices: Sequence[Value]) -> Any:
    """Indices, broadcast, side by side in a new last dimension."""
    arrays = [index.array for index in indices if index.array is not None]
    if len(arrays) == len(indices):
        together = numpy.broadcast_arrays(*arrays)
        return g.constant(numpy.stack(together, -1).astype("int64"))
    wide = [g.cast(index, "int64") for index in indices]
    total = wide[0]
    for index in wide[1:]:
        total = g.Add(total, index)
    shape = g.Shape(total)
    return g.Concat(*[g.Unsqueeze(g.Expand(index, shape), g.axes((-1,))) for index in wide], axis=-1)


# writes


@row(computes=False)  # its forward gives the memory, which was written to beside it
def overwritten(g: Graph, x: Value, value: Value, *, path: Any) -> Any:
    last = path[-1][1].get("index") if len(path) == 1 else None
    if isinstance(last, Value) and is_mask(last) and last.array is None:
        if value.ndim:
            raise UntranslatableError("several values written where a mask holds; use where() or masked_fill()")
        return g.Where(last, value, x)
    if not is_fixed(path) or holds_values(path):
        raise UntranslatableError("a write in place to a part that depends on sizes or values; use where() or cat()")
    varying = [d for d, n in enumerate(x.shape) if isinstance(n, Size)]
    if not varying:
        return written(g, x, value, follow(numpy.arange(math.prod(x.shape)).reshape(x.shape), path), ())
    parts = whole(last, x.ndim) if last is not None else [None]
    if varying != [0] or parts[0] != slice(None) or any(isinstance(p, Value) for p in parts):
        raise UntranslatableError(f"a write in place to a part of {x.shape}, whose sizes vary; use where() or cat()")
    tail = x.shape[1:]
    places = numpy.arange(math.prod(tail)).reshape(tail)[tuple(parts[1:])]
    return written(g, x, value, places, x.shape[:1])


def holds_values(path: Any) -> bool:
    """Whether an index of the path is computed."""
    return any(
        isinstance(part, Value) and part.array is None
        for _, settings in path
        for value in settings.values()
        for part in (value if isinstance(value, tuple) else (value,))
    )


def follow(places: Any, path: Any) -> Any:
    """The part of an array at the end of a path of views."""
    for view, settings in path:
        places = view(places, **{name: as_arrays(value) for name, value in settings.items()})
    return places


def as_arrays(value: Any) -> Any:
    """A setting with arrays in place of constants."""
    if isinstance(value, tuple):
        return tuple(map(as_arrays, value))
    return value.array if isinstance(value, Value) else value


def written(g: Graph, x: Value, value: Value, places: Any, before: Any) -> Any:
    """x with a value at these places of its flattened elements, or of those of each entry of its first dimension."""
    n = len(before)
    size = math.prod(x.shape[n:])
    part = g.Expand(value, g.ints((*before, *places.shape)))
    indices = places.reshape(-1)
    if before:
        indices = g.Expand(indices[None], g.ints((*before, places.size)))
    flat = g.ScatterElements(g.reshape(x, (*before, size)), indices, g.reshape(part, (*before, places.size)), axis=n)
    return g.reshape(flat, x.shape)


@row
def put(g: Graph, x: Value, *, index: Any, shape: Any) -> Any:
    zeros = g.Expand(g.constant(0, x.dtype), g.ints(shape))
    if isinstance(index, Value) and not is_mask(index):
        return g.ScatterND(zeros, g.Unsqueeze(g.cast(index, "int64"), g.axes((-1,))), x, reduction="add")
    if not is_fixed((index, shape)) or holds_values([("", {"index": index})]):
        raise UntranslatableError("elements put at places that depend on sizes or values")
    places = numpy.arange(math.prod(shape)).reshape(shape)[as_arrays(index)].reshape(-1)
    flat = g.ScatterElements(
        g.Reshape(zeros, g.ints((-1,))), places, g.Reshape(x, g.ints((-1,))), axis=0, reduction="add"
    )
    return g.reshape(flat, shape)


# along a dimension


@row
def gather(g: Graph, x: Value, *, dim: int, index: Value) -> Any:
    pairs = zip(x.shape, index.shape, strict=True)
    bounds = [slice(None) if d == dim or n == m else slice(m) for d, (n, m) in enumerate(pairs)]
    return g.GatherElements(sliced(g, x, bounds), g.cast(index, "int64"), axis=dim)


@row
def scatter_add(g: Graph, x: Value, *, dim: int, index: Value, shape: Any) -> Any:
    zeros = g.Expand(g.constant(0, x.dtype), g.ints(shape))
    return g.ScatterElements(zeros, g.cast(index, "int64"), x, axis=dim, reduction="add")


@row
def argsort(g: Graph, x: Value, *, dim: int, descending: bool = False) -> Any:
    _, indices = g.TopK(x, g.ints(x.shape[dim : dim + 1]), axis=dim, largest=int(descending), sorted=1, outputs=2)
    indices.dtype = numpy.dtype("int64")
    return indices


@row
def placed(g: Graph, x: Value, *, index: Value, size: int) -> Any:
    zeros = g.Expand(g.constant(0, x.dtype), g.ints((*x.shape[:-1], size)))
    return g.ScatterElements(zeros, g.cast(index, "int64"), x, axis=x.ndim - 1)
