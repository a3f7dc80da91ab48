"""To which call of which module each operation belongs.

A scope is the way from the model down to a call: the names of its modules between dots, as in `named_modules`, each
with the number of the call where it was called more than once: `encoder.layers.0`, `cell:17`. The operations of a scope
follow each other without a gap, so that a scope can be drawn as one box and no edge leaves it and comes back.
"""

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from .. import recording, writes
from ..nn import Module

__all__ = ["Scopes", "common", "inferred", "number_calls", "parents"]

Segment = tuple[str, int]  # the name of a module, and which call of it
Way = tuple[Segment, ...]


@dataclass(slots=True)
class Call:
    """One call of a module: its way, and the numbers of the nodes that were made during it."""

    way: Way
    first: int
    last: int = -1


class Scopes:
    """`with Scopes(model) as scopes: loss = model(x).sum()` notes which operations are made in which module.

    `viz.trace(loss, names=model, scopes=scopes)` then knows the module of each of them, how often it was called, and
    the line of the user's program also where that called a function made of several operations. The model is as before
    when the block ends.

    >>> from tinygrad_edu import nn, rand, viz
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    >>> with viz.Scopes(model) as scopes:
    ...     y = model(rand(1, 2))
    >>> [vertex.scope for vertex in viz.trace(y, names=model, scopes=scopes).of_kind("operation")]
    ['0', '1']
    """

    def __init__(self, model: Module) -> None:
        self.model = model
        self.calls: list[Call] = []
        self.kinds = {name: type(module).__name__ for name, module in model.named_modules() if name}

    def __enter__(self) -> Self:
        running: list[Call] = []

        def enter(name: str) -> Any:
            def hook(module: Module, args: Any) -> None:
                number = writes.next_number()
                running.append(Call(way_of(name, number, running[-1].way if running else ()), number))
                self.calls.append(running[-1])

            return hook

        def leave(module: Module, args: Any, output: Any) -> None:
            running.pop().last = writes.next_number()

        self.lines = contextlib.ExitStack()
        if recording.note_user_line not in recording.watchers:
            recording.watchers.append(recording.note_user_line)
            self.lines.callback(recording.watchers.remove, recording.note_user_line)
        self.handles = []
        for name, module in self.model.named_modules():
            if name:
                self.handles.append(module.register_forward_pre_hook(enter(name), prepend=True))
                self.handles.append(module.register_forward_hook(leave, always_call=True))
        return self

    def __exit__(self, *exception: object) -> None:
        self.lines.close()
        for handle in self.handles:
            handle.remove()

    def ways(self, numbers: Sequence[int]) -> list[Way]:
        """The way to each node of these ascending numbers; empty for what was made in no module."""
        found: list[Way] = []
        waiting = iter(self.calls)
        call = next(waiting, None)
        running: list[Call] = []
        for number in numbers:
            while call is not None and call.first < number:
                running.append(call)
                call = next(waiting, None)
            while running and running[-1].last < number:
                running.pop()
            found.append(running[-1].way if running else ())
        return found


def way_of(name: str, call: int, parent: Way) -> Way:
    """The way to a call of a module of this name, made within another call; lists of modules are not called."""
    names, above = name.split("."), [segment[0] for segment in parent]
    own = names[len(above) :] if names[: len(above)] == above and len(names) > len(above) else names
    return (*parent, *((part, 0) for part in own[:-1]), (own[-1], call))


def inferred(scopes: Sequence[str]) -> list[Way]:
    """Ways from the modules of the operations' own parameters, in the order of computation.

    An operation without parameters between two others belongs to the module that both are in.
    """
    ways: list[Way] = [tuple((name, 0) for name in scope.split(".")) if scope else () for scope in scopes]
    known = [k for k, way in enumerate(ways) if way]
    for a, b in pairwise(known):
        ways[a + 1 : b] = [shared(ways[a], ways[b])] * (b - a - 1)
    return ways


def shared(a: Way, b: Way) -> Way:
    """What two ways begin with in common."""
    length = 0
    while length < min(len(a), len(b)) and a[length] == b[length]:
        length += 1
    return a[:length]


def number_calls(ways: Sequence[Way]) -> list[str]:
    """The scope of each operation, from the ways in the order of computation; calls count from 0 within each scope.

    What is left and entered again counts as another call, as nothing else keeps the operations of a scope together.

    >>> number_calls([(("cell", 1),), (("cell", 2),), (), (("head", 3), ("0", 4))])
    ['cell:0', 'cell:1', '', 'head.0']
    """
    instances: list[tuple[int, str]] = [(-1, "")]  # of scopes: which one it lies in, and its name
    running: list[tuple[Segment, int]] = []
    innermost: list[int] = []
    for way in ways:
        length = 0
        while length < min(len(way), len(running)) and way[length] == running[length][0]:
            length += 1
        del running[length:]
        for segment in way[length:]:
            instances.append((running[-1][1] if running else 0, segment[0]))
            running.append((segment, len(instances) - 1))
        innermost.append(running[-1][1] if running else 0)
    times, seen = Counter(instances), Counter[tuple[int, str]]()
    scopes = [""]
    for instance in instances[1:]:
        above, name = instance
        label = name if times[instance] == 1 else f"{name}:{seen[instance]}"
        seen[instance] += 1
        scopes.append(f"{scopes[above]}.{label}" if above else label)
    return [scopes[k] for k in innermost]


def parents(scope: str) -> Iterator[str]:
    """What a scope lies in, from the outermost, and itself; not the model as a whole, which is ""."""
    parts = scope.split(".") if scope else []
    return (".".join(parts[: k + 1]) for k in range(len(parts)))


def common(scopes: Iterable[str]) -> str:
    """The innermost scope that all of these lie in."""
    first, *rest = (list(parents(scope)) for scope in set(scopes))
    return max((scope for scope in first if all(scope in others for others in rest)), key=len, default="")
