"""A large parameter moved block by block: all that an update does with a block finds it in the cache."""

from typing import Any

import numpy

from .. import writes
from ..recording import wrap
from ..tensor import Tensor
from .grouping import Group
from .packing import Array, State, fewest_of, same

__all__ = ["WHOLE", "Blocks"]

WHOLE = 1 << 20  # bytes of a parameter up to which blocks gain little: most of it stays in the cache as it is
BLOCK = 1 << 18


class Blocks:
    """The blocks of an optimizer's large parameters, each with its part of their states."""

    def __init__(self) -> None:
        self.known: dict[Tensor, Cut] = {}

    def move(self, p: Tensor, optimizer: Any, group: Group) -> bool:
        """Move a parameter block by block, where its update treats each element by itself; gives whether it did."""
        state = optimizer.state.get(p)
        if not state or type(optimizer).update not in fewest_of or writes.watchers or not is_plain(p.grad, p):
            return False
        cut = self.known.get(p)
        if cut is None or not cut.is_current(state):
            self.known.pop(p, None)
            if p._view is not None or p._inference or not all(is_plain(x, p) for x in (p, *state.values())):
                return False
            cut = self.known[p] = Cut(p, state)
        cut.move(optimizer, group)
        return True


class Cut:
    """A parameter cut into blocks, and its state cut likewise; each block has counts of its own."""

    def __init__(self, p: Tensor, state: State) -> None:
        self.p, self.state = p, state
        self.arrays = [p._array, *[value._array for value in state.values()]]
        size = BLOCK // p._array.itemsize
        self.places = [slice(start, start + size) for start in range(0, p._array.size, size)]
        self.blocks: list[Tensor] = [wrap(part) for part in self.parts(p)]
        self.states = [{name: self.piece(name, x, place) for name, x in state.items()} for place in self.places]

    def parts(self, x: Tensor) -> list[Array]:
        """The parts of a Tensor, of one dimension, that belong to each block."""
        flat = x._array.reshape(-1)
        return [flat[place] for place in self.places]

    def piece(self, name: str, value: Tensor, place: slice) -> Tensor:
        """A block's part of the parameter's state, which begins here if it is new; or a count of the block's own."""
        if name not in self.state:
            self.state[name] = wrap(numpy.zeros(self.p.shape if value.ndim else (), value._array.dtype))
            self.arrays.append(self.state[name]._array)
        array = self.state[name]._array
        return wrap(array.reshape(-1)[place] if array.ndim else array.copy())

    def is_current(self, state: State) -> bool:
        """Whether the parameter and its state are still those that were cut."""
        arrays = [self.p._array, *[getattr(value, "_array", None) for value in state.values()]]
        return state is self.state and same(arrays, self.arrays)

    def move(self, optimizer: Any, group: Group) -> None:
        """One step of all of it."""
        uphill = group.get("maximize", False)
        counts = [(name, value._array) for name, value in self.state.items() if not value.ndim]
        pieces = zip(self.blocks, self.states, self.places, self.parts(self.p.grad), strict=True)
        for block, state, place, g in pieces:
            for name, count in counts:
                state[name]._array[...] = count
            kept = optimizer.state[block] = dict(state)
            try:
                optimizer.update(block, wrap(-g if uphill else g), group)
            finally:
                del optimizer.state[block]
            for name, value in kept.items():
                if name not in state:
                    state[name] = self.piece(name, value, place)
                if value is not state[name]:
                    state[name].copy_(value)
        for name, value in self.state.items():
            if not value.ndim:
                value.copy_(self.states[-1][name])


def is_plain(x: Any, p: Tensor) -> bool:
    """Whether this is a count, or a Tensor as the parameter is, whose elements lie in order."""
    if not isinstance(x, Tensor) or type(x._array) is not numpy.ndarray:
        return False
    array = x._array
    alike = array.shape == p._array.shape and array.dtype is p._array.dtype and array.dtype.kind == "f"
    return array.ndim == 0 or (alike and array.flags.c_contiguous and array.flags.writeable)
