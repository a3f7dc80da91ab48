"""Hooked: a tree that calls what was registered with it, around its forward, its backward, and its state."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ..autograd.function import Function, FunctionCtx
from ..autograd.hooks import RemovableHandle, next_key
from ..functions.creation import zeros_like
from ..grad_mode import is_grad_enabled
from ..tensor import Tensor
from ..told import warn_user
from .members import BUFFER, MODULE, PARAMETER
from .state import Replacing
from .tree import Tree, at_registration

__all__ = [
    "Hooked",
    "everywhere",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

Hooks = dict[int, Callable[..., Any]]
Marks = dict[int, bool]  # of some hooks, by their keys


class Hook(NamedTuple):
    """A hook, and how it is called."""

    key: int
    call: Callable[..., Any]
    with_kwargs: bool  # whether it takes the keyword arguments
    always: bool  # whether it is called when forward fails, too


everywhere: dict[int, tuple[str, Hook]] = {}  # the hooks of all modules, with the attribute where a module has its own


class Hooked(Tree):
    """What a Module is as the owner of its hooks."""

    _forward_pre_hooks: Hooks
    _forward_pre_hooks_with_kwargs: Marks
    _forward_hooks: Hooks
    _forward_hooks_with_kwargs: Marks
    _forward_hooks_always_called: Marks
    _backward_pre_hooks: Hooks
    _backward_hooks: Hooks
    _state_dict_pre_hooks: Hooks
    _state_dict_hooks: Hooks
    _load_state_dict_pre_hooks: Hooks
    _load_state_dict_post_hooks: Hooks
    forward: Callable[..., Any]

    def __init__(self) -> None:
        super().__init__()
        vars(self).update(
            _forward_pre_hooks={},
            _forward_pre_hooks_with_kwargs={},
            _forward_hooks={},
            _forward_hooks_with_kwargs={},
            _forward_hooks_always_called={},
            _backward_pre_hooks={},
            _backward_hooks={},
            _state_dict_pre_hooks={},
            _state_dict_hooks={},
            _load_state_dict_pre_hooks={},
            _load_state_dict_post_hooks={},
        )

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before forward; what it returns, if anything, replaces the arguments.

        With `with_kwargs` it is `hook(module, args, kwargs)`, which returns both or nothing.
        """
        return add_hook(self._forward_pre_hooks, hook, prepend, (self._forward_pre_hooks_with_kwargs, with_kwargs))

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after forward; what it returns, if anything, replaces the output.

        With `with_kwargs` it is `hook(module, args, kwargs, output)`. With `always_call` it is called, with None for
        the output, when forward or another hook fails too.
        """
        marks = (self._forward_hooks_with_kwargs, with_kwargs), (self._forward_hooks_always_called, always_call)
        return add_hook(self._forward_hooks, hook, prepend, *marks)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the outputs' gradients are known; what it returns replaces them.

        `grad_output` has an entry for each output, None for one that nothing depends on.
        """
        return add_hook(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the inputs' gradients are known; it may give others.

        `grad_input` has an entry for each positional argument, None for one without a gradient.
        """
        return add_hook(self._backward_hooks, hook, prepend)

    register_backward_hook = register_full_backward_hook  # PyTorch's older name

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before the module's part of a state_dict is made."""
        return add_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, metadata)` after the module's part of a state_dict, to change it."""
        return add_hook(self._state_dict_hooks, hook)

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        return add_hook(self._state_dict_hooks, Replacing(hook))

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        return self.register_load_state_dict_pre_hook(hook if with_module else WithoutModule(hook))

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, metadata, strict, missing, unexpected, errors)` before loading.

        The state_dict is a copy of what is below the module, which the hook may change; what it adds to the lists of
        names and words is told.
        """
        return add_hook(self._load_state_dict_pre_hooks, hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, keys)` after a state was loaded, with its missing and unexpected keys."""
        return add_hook(self._load_state_dict_post_hooks, hook)

    def _call_with_hooks(self, args: Any, kwargs: dict[str, Any]) -> Any:
        output, called = None, set[int]()
        try:
            for hook in hooks_of(self, "_forward_pre_hooks"):
                result = hook.call(self, args, kwargs) if hook.with_kwargs else hook.call(self, args)
                if result is not None and hook.with_kwargs:
                    args, kwargs = both(result)
                elif result is not None:
                    args = result if isinstance(result, tuple) else (result,)
            watched = hooks_of(self, "_backward_hooks") or hooks_of(self, "_backward_pre_hooks")
            backward = BackwardHooks(self) if watched else None
            passed = backward.inputs(args) if backward else args
            output = self.forward(*passed, **kwargs)
            for hook in hooks_of(self, "_forward_hooks"):
                called.add(hook.key)
                result = hook.call(self, *((args, kwargs) if hook.with_kwargs else (args,)), output)
                output = output if result is None else result
            return backward.outputs(output) if backward else output
        except Exception:
            for hook in hooks_of(self, "_forward_hooks"):
                if hook.always and hook.key not in called:
                    call_after_failure(hook, self, *((args, kwargs) if hook.with_kwargs else (args,)), output)
            raise


def both(given: Any) -> tuple[Any, Any]:
    """The arguments that a hook gave, those without and those with names.

    Raises:
        RuntimeError: it gave something else.
    """
    if isinstance(given, tuple) and len(given) == 2:
        return given
    raise RuntimeError(f"a forward pre-hook with_kwargs gives (args, kwargs), or None, got {given!r:.80}")


def hooks_of(module: Hooked, kind: str) -> list[Hook]:
    """The hooks that all modules have, and then the module's own."""
    common = [hook for where, hook in everywhere.values() if where == kind]
    with_kwargs, always = (getattr(module, f"{kind}_{mark}", ()) for mark in ("with_kwargs", "always_called"))
    own = getattr(module, kind).items()
    return [*common, *[Hook(key, call, key in with_kwargs, key in always) for key, call in own]]


def call_after_failure(hook: Hook, *args: Any) -> None:
    """Call a hook where another error is on its way, which one of its own does not take the place of."""
    try:
        hook.call(*args)
    except Exception as error:
        warn_user(f"a forward hook with always_call failed after another error: {error}")


def register_everywhere(
    kind: str, hook: Callable[..., Any], with_kwargs: bool = False, always: bool = False
) -> RemovableHandle:
    """Add a hook of all modules."""
    key = next_key()
    everywhere[key] = kind, Hook(key, hook, with_kwargs, always)
    return RemovableHandle(everywhere, key)


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, args)` before the forward of every module, as its own such hooks, and before those."""
    return register_everywhere("_forward_pre_hooks", hook)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call `hook(module, args, output)` after the forward of every module, as its own such hooks, and before those."""
    return register_everywhere("_forward_hooks", hook, with_kwargs, always_call)


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_output)` for every module, as its own such hooks, and before those."""
    return register_everywhere("_backward_pre_hooks", hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` for every module, as its own such hooks, and before those."""
    return register_everywhere("_backward_hooks", hook)


register_module_backward_hook = register_module_full_backward_hook  # PyTorch's older name


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, parameter)` for each parameter that becomes a module's; it may give another."""
    return add_hook(at_registration[PARAMETER], hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, buffer)` for each buffer that becomes a module's; it may give another."""
    return add_hook(at_registration[BUFFER], hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, submodule)` for each module that becomes another's; it may give another."""
    return add_hook(at_registration[MODULE], hook)


class WithoutModule:
    """A hook that is not told the module."""

    def __init__(self, hook: Callable[..., Any]) -> None:
        self.hook = hook

    def __call__(self, module: Any, *args: Any) -> Any:
        return self.hook(*args)


class Watched(Function):
    """Tensors as they are; what sees their gradients, all at once, may replace them."""

    @staticmethod
    def forward(ctx: FunctionCtx, seen: Callable[..., Any], *tensors: Tensor) -> Any:
        """The Tensors, each as a view."""
        ctx.seen = seen  # type: ignore[attr-defined]
        ctx.set_materialize_grads(False)
        return tuple([x.view_as(x) for x in tensors])

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Any) -> Any:
        """The gradients, or what is given in their place."""
        return None, *ctx.seen(grads)  # type: ignore[attr-defined]


class BackwardHooks:
    """One call of a module whose backward is watched: at its outputs, and at its inputs."""

    def __init__(self, module: Hooked) -> None:
        self.module = module
        self.grad_output: Any = None
        self.reaches_inputs = False

    def watch(self, values: tuple[Any, ...], seen: Callable[..., Any], filled: bool) -> tuple[tuple[Any, ...], bool]:
        """The values, those Tensors that carry gradients watched together; and whether there are any.

        Where none comes for a Tensor, zeros are seen if `filled`, else None.
        """
        places = [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]
        if not places or not is_grad_enabled():
            return values, False

        def seen_in_place(grads: tuple[Any, ...]) -> tuple[Any, ...]:
            come = dict(zip(places, grads, strict=True))
            whole = [come.get(i) for i in range(len(values))]
            if filled:
                whole = [zeros_of(x) if g is None else g for x, g in zip(values, whole, strict=True)]
            given = seen(tuple(whole))
            return tuple([zeros_of(values[i]) if given[i] is None else given[i] for i in places])

        watched = list(values)
        for i, x in zip(places, Watched.apply(seen_in_place, *[values[i] for i in places]), strict=True):
            watched[i] = x
        return tuple(watched), True

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, watched."""
        self.count = len(args)
        args, self.reaches_inputs = self.watch(args, self.at_inputs, filled=True)
        return args

    def outputs(self, output: Any) -> Any:
        """The output, watched."""
        several = isinstance(output, tuple)
        if not several and not isinstance(output, Tensor):
            warn_user(
                f"the backward hooks of {type(self.module).__name__} are not called: its output should be a Tensor or "
                f"a tuple of Tensors, got {type(output).__name__}"
            )
            return output
        watched, _ = self.watch(tuple(output) if several else (output,), self.at_outputs, filled=False)
        return getattr(type(output), "_make", type(output))(watched) if several else watched[0]

    def at_outputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """Called with the gradients of the outputs."""
        for hook in hooks_of(self.module, "_backward_pre_hooks"):
            grads = replaced(hook.call(self.module, grads), grads, "pre-hook")
        self.grad_output = grads
        if not self.reaches_inputs:
            hooks = hooks_of(self.module, "_backward_hooks")
            if hooks:
                warn_user(
                    "Full backward hook is firing with the gradients of outputs alone, as no positional argument of "
                    f"{type(self.module).__name__} requires gradients"
                )
            for hook in hooks:
                given = hook.call(self.module, (None,) * self.count, grads)
                if given is not None and any(g is not None for g in as_tuple(given)):
                    raise RuntimeError(
                        f"a backward hook of {type(self.module).__name__} gave gradients of its inputs, where no input "
                        "requires gradients"
                    )
        return grads

    def at_inputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """Called with the gradients of the inputs."""
        if self.grad_output is None:  # the output was none that is watched, or this is a second derivative
            return grads
        for hook in hooks_of(self.module, "_backward_hooks"):
            grads = replaced(hook.call(self.module, grads, self.grad_output), grads, "hook")
        self.grad_output = None
        return grads


def zeros_of(value: Any) -> Tensor | None:
    """The gradient of a Tensor that nothing depends on; None for what is no Tensor."""
    return zeros_like(value) if isinstance(value, Tensor) else None


def replaced(by: Any, grads: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    """What a hook gave in place of gradients, None for no change.

    Raises:
        TypeError: it is no gradients.
        RuntimeError: it is another number of gradients, or one of another shape or dtype.
    """
    if by is None:
        return grads
    by = as_tuple(by)
    if any(g is not None and not isinstance(g, Tensor) for g in by):
        raise TypeError(f"a backward {what} gives gradients, or None for no change, got {by!r:.80}")
    if len(by) != len(grads):
        raise RuntimeError(f"a backward {what} gives as many gradients: got {len(by)}, but expected {len(grads)}")
    for given, g in zip(by, grads, strict=True):
        if given is not None and g is not None and (given.shape, given.dtype) != (g.shape, g.dtype):
            raise RuntimeError(
                f"a backward {what} gives gradients of the same shape and dtype: for {g.dtype} {tuple(g.shape)} it "
                f"gave {given.dtype} {tuple(given.shape)}"
            )
    return by


def as_tuple(given: Any) -> tuple[Any, ...]:
    """Several gradients, or one."""
    return tuple(given) if isinstance(given, (tuple, list)) else (given,)


def add_hook(hooks: Hooks, hook: Any, prepend: bool = False, *marks: tuple[Marks, bool]) -> RemovableHandle:
    """Put a hook behind the others, or before them; each mark is set for it or not."""
    key = next_key()
    others = dict(hooks) if prepend else {}
    if prepend:
        hooks.clear()
    hooks[key] = hook
    hooks.update(others)
    for mark, holds in marks:
        if holds:
            mark[key] = True
    return RemovableHandle(hooks, key, [mark for mark, _ in marks])
