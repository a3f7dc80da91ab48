"""Backwards within backwards, however deep: so deep that the next goes on in a thread, which has its own stack."""

import threading
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import TypeVar

from ..errors import GradientError

__all__ = ["nested"]

Found = TypeVar("Found")
DEEP = 20  # calls within each other, far below Python's limit
DEEPEST = 10_000  # what goes deeper never ends
depth: ContextVar[int] = ContextVar("depth", default=0)


def nested(call: Callable[[], Found]) -> Found:
    """The result of a call of the user's code, which may run a backward, whose calls stand within this one.

    Raises:
        RuntimeError: it stands within so many others that it would never end.
    """
    if depth.get() == DEEPEST:
        raise GradientError(f"backwards stand {DEEPEST} deep within each other; does one run itself again?")
    inside = depth.set(depth.get() + 1)
    try:
        return elsewhere(call) if depth.get() % DEEP == 0 else call()
    finally:
        depth.reset(inside)


def elsewhere(call: Callable[[], Found]) -> Found:
    """The result of a call in a thread of its own."""
    found: list[Found] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            found.append(call())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=copy_context().run, args=(run,))
    thread.start()
    thread.join()
    if raised:
        raise raised.pop()  # popped, since the error's traceback holds this frame
    return found.pop()
