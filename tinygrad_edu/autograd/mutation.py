"""Writing to values that operations have saved for backward, which get copies of them first."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .. import recording, writes
from ..errors import GradientError
from ..graph import Node
from ..inplace import apart_from

__all__ = ["allow_mutation_on_saved_tensors"]

allowed: ContextVar[object] = ContextVar("allowed", default=None)  # the block that this code runs in


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[None]:
    """Within it a write in place to what an operation made here has saved for backward leaves that operation a copy.

    >>> from tinygrad_edu import tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> with allow_mutation_on_saved_tensors():
    ...     y = x.clone()
    ...     z = y * y
    ...     _ = y.mul_(10)
    >>> z.sum().backward()
    >>> x.grad
    tensor([2., 4.])

    Raises:
        RuntimeError: it stands within another such block.
    """
    if allowed.get() is not None:
        raise GradientError("allow_mutation_on_saved_tensors: one such block cannot stand within another")
    block = object()
    savers: dict[int, list[weakref.ref[Node]]] = {}  # by the id of the array that owns the memory they share

    def note_node(node: Node, output: Any) -> None:
        if allowed.get() is block:
            for array in writes.arrays_in(node.saved):
                savers.setdefault(id(writes.owner(array)), []).append(weakref.ref(node))

    def note_write(array: Any, index: Any, value: Any) -> None:
        if allowed.get() is block:
            memory = writes.owner(array)
            for reference in savers.pop(id(memory), ()):
                node = reference()
                if node is not None:
                    node.saved = apart_from(memory, node.saved)

    token = allowed.set(block)
    recording.watchers.append(note_node)
    writes.watchers.append(note_write)
    try:
        yield
    finally:
        writes.watchers.remove(note_write)
        recording.watchers.remove(note_node)
        allowed.reset(token)
