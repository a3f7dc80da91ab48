"""Function: an operation whose forward and backward are the user's own."""

import contextvars
import functools
from collections.abc import Callable
from typing import Any

from ..errors import GradientError
from ..grad_mode import grad_enabled, no_grad
from ..tensor import Tensor
from .calls import Call, FunctionCtx, FunctionPrimitive, finish

__all__ = ["Function", "FunctionCtx", "forward_runs", "once_differentiable"]

forward_runs = contextvars.ContextVar("forward_runs", default=False)  # whether a Function's forward does, here and now


class Function:
    """An operation with a forward and a backward of its own; subclass it and call `apply`.

    `forward(ctx, ...)` takes what apply got and returns a Tensor or a tuple; `backward(ctx, ...)` takes the gradient
    of each output and returns one for each argument of forward, None for those without. Or `forward(...)` goes
    without ctx, and `setup_context(ctx, inputs, output)` follows it. A `jvp(ctx, ...)`, if there is one, is called by
    func.jvp and its like: it takes the tangent of each argument, None for what is no Tensor of floats, and returns one
    for each output; it is made of Tensor operations and linear in the tangents.

    >>> from tinygrad_edu import tensor
    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x**2
    >>> x = tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    primitive: FunctionPrimitive
    jvp: Any = None  # in a subclass jvp(ctx, ...) may take a tangent for each argument and give one for each output

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        cls.primitive = FunctionPrimitive(cls.__name__)

    def __call__(self, *arguments: Any) -> Any:
        """Not the way to call it.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"a Function is not called as an object; write {type(self).__name__}.apply(...)")

    @staticmethod
    def forward(*arguments: Any, **named: Any) -> Any:
        """Compute the outputs; nothing in it is recorded."""
        raise NotImplementedError("a Function needs a static method forward(ctx, ...)")

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Any, ...], output: Any) -> Any:
        """After a forward without ctx: save what backward needs."""
        raise NotImplementedError("setup_context was not defined")

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Any) -> Any:
        """Compute the gradients of forward's arguments; recorded where the backward itself is."""
        raise NotImplementedError("a Function needs a static method backward(ctx, ...) to be differentiated")

    vjp = backward

    @classmethod
    def run_backward(cls, ctx: FunctionCtx, *gradients: Any) -> Any:
        """Backward, or vjp, which is another name for it.

        Raises:
            RuntimeError: both were defined.
        """
        if cls.vjp is Function.vjp:
            return cls.backward(ctx, *gradients)
        if cls.backward is not Function.backward:
            raise GradientError(f"{cls.__name__} defines both backward and vjp, which are one thing; keep one")
        return cls.vjp(ctx, *gradients)

    @classmethod
    def apply(cls, *arguments: Any, **named: Any) -> Any:
        """Call the Function: run forward, and note in the graph that backward leads back.

        Raises:
            RuntimeError: a leaf that requires grad was marked dirty, or something that is not returned.
        """
        in_two = cls.setup_context is not Function.setup_context
        if named or in_two:
            forward = cls.forward if in_two else functools.partial(cls.forward, None)
            arguments, named = in_order(forward, arguments, named)
        ctx = FunctionCtx(tuple([isinstance(x, Tensor) and x.requires_grad for x in arguments]))
        within = forward_runs.set(True)
        try:
            with no_grad():
                result = cls.forward(*arguments, **named) if in_two else cls.forward(ctx, *arguments, **named)
                if in_two:
                    cls.setup_context(ctx, arguments, result)
        finally:
            forward_runs.reset(within)
        several = isinstance(result, tuple)
        call = Call(cls, ctx, arguments, list(result) if several else [result], several)
        finish(call)
        return tuple(call.outputs) if several else call.outputs[0]


def in_order(
    forward: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """All arguments by position where they can be, defaults included, and the others by name."""
    import inspect  # it takes long, and few programs come here

    bound = inspect.signature(forward).bind(*arguments, **named)
    bound.apply_defaults()
    return bound.args, bound.kwargs


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """A backward that cannot itself be differentiated, because it computes by other means than Tensors.

    Raises:
        RuntimeError: in a backward through what it returned.
    """

    @functools.wraps(backward)
    def once(ctx: FunctionCtx, *gradients: Any) -> Any:
        with no_grad():
            found = backward(ctx, *gradients)
        tracked = [g for g in gradients if isinstance(g, Tensor) and g.requires_grad]
        if not grad_enabled.get() or not tracked:
            return found
        several = isinstance(found, tuple)
        closed = DifferentiatedTwice.apply(*(found if several else [found]), *tracked)
        return closed[: len(found)] if several else closed[0]

    return once


class DifferentiatedTwice(Function):
    """Passes on what a once_differentiable backward returned, and stands for the history it has not."""

    @staticmethod
    def forward(ctx: FunctionCtx, *values: Any) -> Any:
        """The values as they are."""
        return values

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Any) -> Any:
        """Refuse.

        Raises:
            RuntimeError: always.
        """
        raise GradientError(
            "a backward marked @once_differentiable was differentiated; write it in Tensor operations and drop the mark"
        )
