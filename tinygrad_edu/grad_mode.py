"""Whether calls are recorded in the graph: in a block, in a function or from now on; each thread or task by itself."""

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

__all__ = ["GradMode", "enable_grad", "grad_enabled", "is_grad_enabled", "no_grad", "set_grad_enabled"]

grad_enabled: ContextVar[bool] = ContextVar("grad_enabled", default=True)
is_grad_enabled = grad_enabled.get

CO_GENERATOR = 0x20  # of a code object: a call of it gives a generator


class GradMode:
    """A `with` block or decorated function in which recording is on or off, for this thread or task alone."""

    mode: bool
    before: list[bool]

    def __new__(cls, function: Any = None, *, mode: Any = None) -> Any:
        """A mode; or the function in that mode, of `@no_grad` without parentheses."""
        made = super().__new__(cls)
        made.before = []
        return made(function) if callable(function) else made

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function in this mode; of a generator function every step."""

        def run(step: Callable[..., Any], *args: Any, **named: Any) -> Any:
            token = grad_enabled.set(self.mode)
            try:
                return step(*args, **named)
            finally:
                grad_enabled.reset(token)

        def call(*args: Any, **named: Any) -> Any:
            return run(function, *args, **named)

        def iterate(*args: Any, **named: Any) -> Any:
            generator = function(*args, **named)
            step, given = generator.send, None
            while True:
                try:
                    value = run(step, given)
                except StopIteration as stop:
                    return stop.value
                try:
                    step, given = generator.send, (yield value)
                except BaseException as error:  # thrown in, or GeneratorExit: it is to be closed
                    step, given = generator.throw, error

        code = getattr(function, "__code__", None)
        is_generator = code is not None and code.co_flags & CO_GENERATOR
        return functools.wraps(function)(iterate if is_generator else call)

    def __enter__(self) -> None:
        self.before.append(grad_enabled.get())
        grad_enabled.set(self.mode)

    def __exit__(self, *exception: object) -> None:
        grad_enabled.set(self.before.pop())


class no_grad(GradMode):
    """Within it nothing is recorded: results do not require grad; usable with `with` and as a decorator."""

    mode = False


class enable_grad(GradMode):
    """Within it calls are recorded again, also inside no_grad; usable with `with` and as a decorator."""

    mode = True


class set_grad_enabled(GradMode):
    """Switch recording on or off at once; as a context manager, until its block ends.

    Raises:
        TypeError: the mode is neither True nor False.
    """

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(f"set_grad_enabled takes True or False, got {mode!r:.60}")
        self.mode = mode
        self.before = [grad_enabled.get()]
        grad_enabled.set(self.mode)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function in this mode, and the mode itself as it was before."""
        grad_enabled.set(self.before[0])
        return super().__call__(function)

    def __enter__(self) -> None:
        grad_enabled.set(self.mode)

    def __exit__(self, *exception: object) -> None:
        grad_enabled.set(self.before[0])
