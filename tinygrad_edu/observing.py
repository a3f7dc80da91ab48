"""Seeing each call of a primitive while a block runs: what a counter of operations needs.

`forward` is then found on the class, as a property whose function tells of the call; when nobody observes it is not
there, and no call pays for it.
"""

import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .backend import to_numpy
from .primitive import Primitive

__all__ = ["observing"]

See = Callable[[Primitive, Sequence[Any], Mapping[str, Any], Any], None]

observer: ContextVar[See | None] = ContextVar("observer", default=None)
lock = threading.Lock()
blocks = 0  # that are running, in all threads


@contextmanager
def observing(see: See) -> Iterator[None]:
    """Call `see(primitive, inputs, settings, out)` after each call of a primitive in this block and thread.

    Inputs and output (or outputs, a tuple) are arrays, the very ones that Tensors then hold. Primitives that a forward
    calls in turn are part of it, and not told.
    """
    global blocks
    with lock:
        blocks += 1
        Primitive.forward = Observed()  # type: ignore[assignment]
    token = observer.set(see)
    try:
        yield
    finally:
        observer.reset(token)
        with lock:
            blocks -= 1
            if not blocks:
                del Primitive.forward  # type: ignore[misc]


class Observed:
    """What stands for `forward` on the class while somebody observes."""

    def __get__(self, primitive: Any, owner: Any = None) -> Any:
        """The primitive's forward, or one that tells of the call where this thread observes."""
        if primitive is None:
            return self
        forward, see = primitive.__wrapped__, observer.get()
        return forward if see is None else functools.partial(told, primitive, forward, see)

    def __set__(self, primitive: Any, forward: Any) -> None:
        vars(primitive)["forward"] = forward


def told(primitive: Primitive, forward: Callable[..., Any], see: See, /, *inputs: Any, **settings: Any) -> Any:
    """What the forward gives, of which the observer is told."""
    token = observer.set(None)
    try:
        out = forward(*inputs, **settings)
        out = tuple(map(to_numpy, out)) if isinstance(out, tuple) else to_numpy(out)
        see(primitive, inputs, settings, out)
    finally:
        observer.reset(token)
    return out
