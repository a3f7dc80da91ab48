"""Many small parameters moved as one: laid end to end, they cost the calls of one update, not of hundreds."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import is_
from typing import Any, TypeVar

import numpy

from .. import writes
from ..recording import wrap
from ..tensor import Tensor
from .grouping import Group

__all__ = ["Array", "Packs", "State", "elementwise", "fewest_of", "same"]

Array = numpy.ndarray[Any, Any]
State = dict[str, Any]
Update = TypeVar("Update", bound=Callable[..., None])

MOST = 2048  # elements of a parameter up to which calls cost more than copies

fewest_of: dict[Callable[..., None], int] = {}


def elementwise(fewest: int = 4) -> Callable[[Update], Update]:
    """Tell that an optimizer's `update` treats each element by itself, so that parameters may be laid end to end.

    All that it keeps in a parameter's state are Tensors: of the parameter's shape, or counts of shape (). `fewest` is
    from how many parameters on that pays; the more calls an update takes, the sooner.
    """

    def mark(update: Update) -> Update:
        fewest_of[update] = fewest
        return update

    return mark


class Packs:
    """The packs of one group, made anew when other parameters have gradients, or when somebody replaced an array."""

    def __init__(self) -> None:
        self.useless = -1  # the size of the group when too few in it were small
        self.params: list[Tensor] = []
        self.packs: list[Pack] = []
        self.others: list[Tensor] = []

    def move(self, optimizer: Any, group: Group) -> list[Tensor]:
        """Move the small ones of the parameters that have gradients; gives the others."""
        given: list[Tensor] = group["params"]
        fewest = fewest_of.get(type(optimizer).update)
        if fewest is None or len(given) == self.useless or writes.watchers:
            return given
        params = [p for p in given if p.grad is not None]
        if not (same(params, self.params) and all(pack.is_current(optimizer.state) for pack in self.packs)):
            self.params, self.packs = params, packs_of(params, optimizer.state, fewest)
            packed = {id(p) for pack in self.packs for p in pack.params}
            self.others = [p for p in params if id(p) not in packed]
            if sum(is_small(p._array) for p in given) < fewest:
                self.useless = len(given)
        for pack in self.packs:
            pack.move(optimizer, group)
        return self.others


class Pack:
    """Parameters laid end to end, and their states: each is a part of the pack's."""

    def __init__(self, params: list[Tensor], states: list[State]) -> None:
        self.params, self.states = params, states
        self.arrays: list[Array] = [p._array for p in params]
        self.shapes = [array.shape for array in self.arrays]
        self.ends = numpy.cumsum([array.size for array in self.arrays]).tolist()
        self.values: Tensor = wrap(numpy.concatenate(self.arrays, axis=None))
        self.gradient: Tensor = wrap(numpy.empty_like(self.values._array))
        self.parts = self.split(self.values._array)
        self.state: State = {}
        self.counts: list[tuple[Tensor, Array]] = []  # of the pack, and of each parameter
        for name, first in states[0].items():
            given = [state[name]._array for state in states]
            self.take(name, first.clone() if first.ndim == 0 else wrap(numpy.concatenate(given, axis=None)))

    def split(self, array: Array) -> list[Array]:
        """The parts of an array that belong to each parameter."""
        pieces = numpy.split(array, self.ends[:-1])
        return [piece.reshape(shape) for piece, shape in zip(pieces, self.shapes, strict=True)]

    def take(self, name: str, value: Tensor) -> None:
        """Make each parameter's state a part of the pack's; a count becomes one for each."""
        self.state[name] = value
        if value.ndim:
            parts = self.split(value._array)
        else:
            each = numpy.full(len(self.params), value._array)
            self.counts.append((value, each))
            parts = [each[i, ...] for i in range(len(self.params))]
        for state, part in zip(self.states, parts, strict=True):
            if name in state:
                state[name]._array = part
            else:
                state[name] = wrap(part)
        self.entries = list(chain.from_iterable(map(dict.values, self.states)))

    def is_current(self, state: defaultdict[Tensor, State]) -> bool:
        """Whether the parameters and their states are still those that were laid end to end."""
        if not same([p._array for p in self.params], self.arrays):
            return False
        if not self.state:
            return not any(state.get(p) for p in self.params)
        return (
            same([state.get(p) for p in self.params], self.states)
            and same(list(chain.from_iterable(map(dict.values, self.states))), self.entries)
            and all((each == count._array).all() for count, each in self.counts)
        )

    def move(self, optimizer: Any, group: Group) -> None:
        """One step of all of them."""
        numpy.concatenate(self.arrays, axis=None, out=self.values._array)
        gradients = [p.grad._array for p in self.params]
        g = self.gradient
        numpy.concatenate(gradients, axis=None, out=g._array)
        optimizer.state[self.values] = state = dict(self.state)
        try:
            optimizer.update(self.values, -g if group.get("maximize", False) else g, group)
        finally:
            del optimizer.state[self.values]
        if state and not self.state:
            self.states = [optimizer.state[p] for p in self.params]
        for name, value in state.items():
            known = self.state.get(name)
            if known is None:
                self.take(name, value)
            elif known is not value:
                known.copy_(value)
        for count, each in self.counts:
            each[...] = count._array
        code = type(optimizer).update.__code__
        for array, part in zip(self.arrays, self.parts, strict=True):
            array[...] = part
            writes.note_write(array, code)


def same(some: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether these are the very same objects in the same order."""
    return len(some) == len(others) and all(map(is_, some, others))


def packs_of(params: Iterable[Tensor], states: defaultdict[Tensor, State], fewest: int) -> list[Pack]:
    """Packs of those parameters that are small, share no memory, and are as far as each other."""
    params = list(params)
    owners = Counter(id(writes.owner(p._array)) for p in params)
    alike: dict[Any, list[Tensor]] = defaultdict(list)
    for p in params:
        kind = kind_of(p, states.get(p, {}))
        if kind is not None and owners[id(writes.owner(p._array))] == 1:
            alike[kind].append(p)
    return [Pack(found, [states.get(p, {}) for p in found]) for found in alike.values() if len(found) >= fewest]


def is_small(array: Any) -> bool:
    """Whether calls for this array cost more than copies of it; without dimensions it would pass for a count."""
    return type(array) is numpy.ndarray and array.ndim > 0 and 0 < array.size <= MOST


def kind_of(p: Tensor, state: State) -> Any:
    """What parameters of one pack have in common: the dtype, and the names and the counts of their states."""
    array = p._array
    if not (
        is_small(array)
        and array.dtype.kind == "f"
        and array.flags.writeable
        and p.is_leaf
        and p._view is None
        and not p._inference
        and (p.grad.shape, p.grad.dtype) == (p.shape, p.dtype)
    ):
        return None
    entries: list[Any] = []
    for name, value in state.items():
        if not isinstance(value, Tensor) or type(value._array) is not numpy.ndarray:
            return None
        if value.ndim == 0:
            entries.append((name, value.dtype, value.item()))
        elif (value.shape, value.dtype) == (p.shape, p.dtype):
            entries.append(name)
        else:
            return None
    return array.dtype, tuple(entries)
