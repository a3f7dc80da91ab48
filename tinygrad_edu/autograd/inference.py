"""inference_mode: no_grad that also marks what is computed in it."""

import functools
from collections.abc import Callable
from typing import Any

from .. import recording
from ..grad_mode import GradMode
from ..recording import Recorded, inferring
from ..tensor import Tensor, method

__all__ = ["inference_mode", "is_inference", "is_inference_mode_enabled"]

is_inference_mode_enabled = inferring.get


class inference_mode(GradMode):
    """Within it nothing is recorded, and results are marked; usable with `with` and as a decorator.

    With mode False the contrary holds within it. What is marked is written to in place within such a mode only.

    >>> from tinygrad_edu import tensor
    >>> x = tensor([1.0], requires_grad=True)
    >>> with inference_mode():
    ...     y = x * 2
    >>> y.requires_grad, y.is_inference()
    (False, True)
    """

    mode = False

    def __new__(cls, mode: Any = True) -> Any:
        """The mode; or the function in inference mode, of `@inference_mode` without parentheses."""
        return super().__new__(cls, mode if callable(mode) else None)

    def __init__(self, mode: bool = True) -> None:
        self.mode = not mode

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function in this mode."""
        unrecorded = super().__call__(function)

        @functools.wraps(function)
        def call(*args: Any, **named: Any) -> Any:
            with inference_mode(not self.mode):
                return unrecorded(*args, **named)

        return call

    def __enter__(self) -> None:
        super().__enter__()
        self.tokens = [*getattr(self, "tokens", ()), inferring.set(not self.mode)]
        recording.markers.append(mark)

    def __exit__(self, *exception: object) -> None:
        recording.markers.remove(mark)
        inferring.reset(self.tokens.pop())
        super().__exit__(*exception)


def mark(result: Recorded) -> None:
    """Note of a new Tensor that it was made in inference mode, if this thread is; a view is as its source."""
    if inferring.get() and result._view is None:
        result._inference = True


@method
def is_inference(self: Tensor) -> bool:
    """Whether this Tensor, or what it is a view of, was made in inference mode."""
    seen: Any = self
    while not seen._inference and seen._view is not None:
        seen = seen._view.source
    return bool(seen._inference)
