"""Where a model takes values out of Tensors: what it does with them no exported model can do again."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ... import writes
from ...recording import in_library
from ...tensor import Tensor
from .trace import Trace

__all__ = ["noticed"]

WAYS_OUT = (
    "__array__",
    "__bool__",
    "__complex__",
    "__contains__",
    "__float__",
    "__index__",
    "__int__",
    "item",
    "numpy",
    "tolist",
)


@contextmanager
def noticed(trace: Trace) -> Iterator[list[str]]:
    """The places in the user's program where values that depend on the inputs leave the engine within the block."""
    places: list[str] = []
    usual = {name: getattr(Tensor, name) for name in WAYS_OUT}
    try:
        for name, method in usual.items():
            setattr(Tensor, name, noticing(method, trace, places))
        yield places
    finally:
        for name, method in usual.items():
            setattr(Tensor, name, method)


def noticing(method: Callable[..., Any], trace: Trace, places: list[str]) -> Callable[..., Any]:
    """The method, which notes who calls it."""

    def call(self: Any, *args: Any, **settings: Any) -> Any:
        frame = sys._getframe(1)
        mine = threading.get_ident() == trace.thread
        if mine and not in_library[frame.f_code.co_filename] and trace.depends(self._array):
            place = writes.describe_place(frame.f_code, frame.f_lasti)
            if place not in places:
                places.append(place)
        return method(self, *args, **settings)

    return call
