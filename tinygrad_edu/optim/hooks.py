"""Functions that are called around the steps of optimizers, and around their state_dicts."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ..autograd.hooks import RemovableHandle, next_key

__all__ = ["Hooked", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook", "with_hooks"]

Hook = Callable[..., Any]
KINDS = ("step_pre", "step_post", "state_dict_pre", "state_dict_post", "load_state_dict_pre", "load_state_dict_post")

of_all_optimizers: dict[str, dict[int, Hook]] = {"step_pre": {}, "step_post": {}}


def with_hooks(function: Hook) -> Hook:
    """The step of an optimizer, with the hooks before and after it."""

    @functools.wraps(function)
    def step(self: Any, *args: Any, **kwargs: Any) -> Any:
        if type(self).step is not step:  # called by the step of a class derived from this one, which has the hooks
            return function(self, *args, **kwargs)
        args, own = (self, *args), self._hooks
        for hook in both(of_all_optimizers["step_pre"], own["step_pre"]):
            changed = hook(self, args, kwargs)
            if changed is not None:
                if not isinstance(changed, tuple) or len(changed) != 2:
                    raise RuntimeError(f"a hook before a step returns None or (args, kwargs), got {changed!r:.200}")
                args, kwargs = changed
        self._opt_called = True
        result = function(*args, **kwargs)
        for hook in both(own["step_post"], of_all_optimizers["step_post"]):
            hook(self, args, kwargs)
        return result

    return step


def both(first: dict[int, Hook], then: dict[int, Hook]) -> Sequence[Hook]:
    """The hooks that there are now; mostly there are none."""
    return [*first.values(), *then.values()] if first or then else ()


def add_hook(hooks: dict[int, Hook], hook: Hook, prepend: bool = False) -> RemovableHandle:
    """Put a hook behind those that are there, or before them."""
    others = dict(hooks) if prepend else {}
    key = next_key()
    hooks[key] = hook
    for other in others:
        hooks[other] = hooks.pop(other)
    return RemovableHandle(hooks, key)


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Call hook(optimizer, args, kwargs) before each step of every optimizer; it may return other (args, kwargs)."""
    return add_hook(of_all_optimizers["step_pre"], hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Call hook(optimizer, args, kwargs) after each step of every optimizer."""
    return add_hook(of_all_optimizers["step_post"], hook)


class Hooked:
    """The hooks of an optimizer; a copy or a pickle of it has none."""

    @functools.cached_property  # made when asked for: an optimizer around another may do without Optimizer.__init__
    def _hooks(self) -> dict[str, dict[int, Hook]]:
        return {kind: {} for kind in KINDS}

    def _begin_hooks(self) -> None:
        vars(self).pop("_hooks", None)

    def _patch_step_function(self) -> None:
        """Nothing to do, for what is around an optimizer and asks for it: a step has its hooks from the start."""

    def _call_hooks(self, kind: str) -> None:
        for hook in [*self._hooks[kind].values()]:
            hook(self)

    def _changed_by_hooks(self, kind: str, state_dict: dict[str, Any]) -> dict[str, Any]:
        """A state_dict as the hooks leave it: a hook changes it in place, or returns another."""
        for hook in [*self._hooks[kind].values()]:
            changed = hook(self, state_dict)
            if changed is not None:
                state_dict = changed
        return state_dict

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call hook(optimizer, args, kwargs) before each step; it may return other (args, kwargs).

        As in PyTorch args are those of the unbound method: (optimizer,) or (optimizer, closure).
        """
        return add_hook(self._hooks["step_pre"], hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call hook(optimizer, args, kwargs) after each step."""
        return add_hook(self._hooks["step_post"], hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call hook(optimizer) before a state_dict is made; before the hooks that are there with `prepend`."""
        return add_hook(self._hooks["state_dict_pre"], hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call hook(optimizer, state_dict) after it is made; it may change it, or return another."""
        return add_hook(self._hooks["state_dict_post"], hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call hook(optimizer, state_dict) before one is loaded, with a shallow copy; it may return another."""
        return add_hook(self._hooks["load_state_dict_pre"], hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call hook(optimizer) after a state_dict was loaded."""
        return add_hook(self._hooks["load_state_dict_post"], hook, prepend)
