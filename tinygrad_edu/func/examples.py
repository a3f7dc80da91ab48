"""What the examples of a batch share while a function runs for each of them: random numbers, and memory."""

import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy

from .. import writes
from ..functions.random import Generator, listeners
from ..tensor import Tensor

__all__ = ["Examples"]

under_way: "ContextVar[tuple[Examples, ...]]" = ContextVar("under_way", default=())


class Examples:
    """The examples of one vmap, run one after the other as if all were run at once.

    What is drawn for one is drawn for all, or not, as `randomness` says. What one writes, none of the others may have
    written: a Tensor from outside, which PyTorch writes to once for all of them, would be written to once for each.
    """

    def __init__(self, size: int, randomness: str, batches: Iterable[Tensor]) -> None:
        self.size, self.randomness, self.running = size, randomness, 0
        self.drawn: dict[Generator, Any] = {}  # from which generators, and where each was before
        self.own = [writes.owner(x._array) for x in batches]  # every example may write to its part
        self.written: dict[int, tuple[weakref.ref[numpy.ndarray[Any, Any]], int]] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Within it draws and writes are noted."""
        tokens = listeners.set((*listeners.get(), self.note_draw)), under_way.set((*under_way.get(), self))
        writes.watchers.append(self.note_write)
        try:
            yield
        finally:
            writes.watchers.remove(self.note_write)
            listeners.reset(tokens[0])
            under_way.reset(tokens[1])

    def __iter__(self) -> Iterator[int]:
        for i in range(self.size):
            self.running = i
            if self.randomness == "same":
                for generator, state in self.drawn.items():
                    generator.set_state(state)
            yield i

    def note_draw(self, generator: Generator) -> None:
        """Note that random numbers are about to be drawn.

        Raises:
            RuntimeError: nobody has said whether all examples have the same ones.
        """
        if self.randomness == "error":
            raise RuntimeError(
                'vmap: the function draws random numbers; say randomness="different" or "same" for each example'
            )
        if generator not in self.drawn:
            self.drawn[generator] = generator.get_state()

    def note_write(self, array: Any, index: Any, value: Any) -> None:
        """Note that some memory is about to be written to.

        Raises:
            RuntimeError: another example has written to it.
        """
        memory = writes.owner(array)
        if self not in under_way.get() or any(memory is batch for batch in self.own):
            return
        known, example = self.written.get(id(memory), (None, -1))
        if known is None or known() is not memory:
            self.written[id(memory)] = weakref.ref(memory), self.running
        elif example != self.running:
            raise RuntimeError(
                f"vmap: the function writes in place to a Tensor of shape {array.shape} that all examples share, and "
                "would write to it once for each; take it as an argument with a batch, or make a new Tensor"
            )
