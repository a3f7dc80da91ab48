"""Module: a layer or a network, with its parameters, buffers and submodules under the names of its attributes."""

from collections.abc import Callable, Mapping
from typing import Any, Self

from ..autograd.hooks import RemovableHandle, next_key
from ..functions.creation import as_tensor, empty
from ..graph import no_grad
from .members import BUFFER, Members
from .parameter import clear_gradients
from .state import KeysNotMatched, compare_keys
from .tree import Tree

__all__ = ["Module"]

Hooks = dict[int, tuple[Callable[..., Any], bool]]  # with whether it takes the keyword arguments


def no_forward(self: "Module", *args: Any, **kwargs: Any) -> Any:
    """Stand in for a forward that a subclass has not defined."""
    raise NotImplementedError(f"{type(self).__name__} does not say what it computes: give it a method forward()")


class Module(Tree):
    """A layer or a network: assign Parameters and Modules to attributes, and say in `forward` what it computes.

    >>> from tinygrad_edu import nn, ones
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden = nn.Linear(4, 8)
    ...         self.out = nn.Linear(8, 2)
    ...
    ...     def forward(self, x):
    ...         return self.out(self.hidden(x).relu())
    >>> net = Net()
    >>> net(ones(3, 4)).shape
    (3, 2)
    >>> [name for name, _ in net.named_parameters()]
    ['hidden.weight', 'hidden.bias', 'out.weight', 'out.bias']
    """

    training: bool
    forward: Callable[..., Any] = no_forward
    _forward_hooks: Hooks
    _forward_pre_hooks: Hooks

    def __init__(self) -> None:
        super().__init__()
        vars(self).update(training=True, _forward_hooks={}, _forward_pre_hooks={})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What forward gives for these arguments, between the hooks if there are any."""
        if self._forward_pre_hooks or self._forward_hooks:
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    # changes to all of it

    def apply(self, fn: Callable[["Module"], Any]) -> Self:
        """Call a function with every module below this one, and at last with this one; often to initialise."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch to training mode or, with False, to evaluation, which dropout and the like heed.

        Raises:
            ValueError: the mode is no bool.
        """
        if not isinstance(mode, bool):
            raise ValueError(f"the training mode is True or False, got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch to evaluation mode: train(False)."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Ask for gradients of all parameters, or of none."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        clear_gradients(self.parameters(), set_to_none)

    def _apply(self, fn: Callable[[Any], Any]) -> Self:
        for module in self.modules():
            for parameter in module._parameters.values():
                if parameter is not None:
                    parameter.data = fn(parameter.data)
                    parameter.grad = None if parameter.grad is None else fn(parameter.grad.detach())
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    vars(module)[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert parameters and buffers, in this module itself, as Tensor.to does; integers keep their dtype.

        Raises:
            TypeError: the dtype is not a floating one.
        """
        wanted = empty(0).to(*args, **kwargs).dtype
        if wanted.kind != "f":
            raise TypeError(f"a module can be converted to floating dtypes only, got {wanted}")
        return self._apply(lambda x: x.to(*args, **kwargs) if x.dtype.kind == "f" else x)

    def float(self) -> Self:
        """Convert floating parameters and buffers to float32."""
        return self.to("float32")

    def double(self) -> Self:
        """Convert floating parameters and buffers to float64."""
        return self.to("float64")

    def half(self) -> Self:
        """Convert floating parameters and buffers to float16."""
        return self.to("float16")

    # state

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """All parameters and persistent buffers by dotted name; they share the module's memory.

        With `keep_vars` they are the parameters themselves rather than Tensors without history.
        """
        state = {} if destination is None else destination
        for members in (self._parameters, Members(self, BUFFER)):
            for name, tensor in members.items():
                if tensor is not None:
                    state[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> KeysNotMatched:
        """Copy the values of a state_dict into the parameters and buffers of the same names.

        All keys are looked at first, so the module is either loaded whole or left as it was. Without `strict` keys may
        be missing or left over; they are returned.

        Raises:
            RuntimeError: telling every key that is missing, unexpected, or of another shape.
        """
        own = self.state_dict(keep_vars=True)
        keys = compare_keys(own, state_dict, strict, type(self).__name__)
        values = {key: as_tensor(value) for key, value in state_dict.items() if key in own}
        with no_grad():
            for key, value in values.items():
                own[key].copy_(value)
        return keys

    # hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before forward; what it returns, if anything, replaces the arguments.

        With `with_kwargs` it is `hook(module, args, kwargs)`, which returns both or nothing.
        """
        return add_hook(self._forward_pre_hooks, hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after forward; what it returns, if anything, replaces the output.

        With `with_kwargs` it is `hook(module, args, kwargs, output)`.
        """
        return add_hook(self._forward_hooks, hook, prepend, with_kwargs)

    def _call_with_hooks(self, args: Any, kwargs: dict[str, Any]) -> Any:
        for hook, with_kwargs in list(self._forward_pre_hooks.values()):
            result = hook(self, args, kwargs) if with_kwargs else hook(self, args)
            if result is not None and with_kwargs:
                args, kwargs = result
            elif result is not None:
                args = result if isinstance(result, tuple) else (result,)
        output = self.forward(*args, **kwargs)
        for hook, with_kwargs in list(self._forward_hooks.values()):
            result = hook(self, args, kwargs, output) if with_kwargs else hook(self, args, output)
            output = output if result is None else result
        return output

    # display

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses of the display, such as the sizes of a layer."""
        return ""

    def _child_lines(self) -> list[str]:
        return [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]

    def __repr__(self) -> str:
        extra = self.extra_repr()
        children = self._child_lines()
        if not children and "\n" not in extra:
            return f"{self._get_name()}({extra})"
        lines = [*(extra.split("\n") if extra else []), *children]
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


def add_hook(hooks: Hooks, hook: Callable[..., Any], prepend: bool, with_kwargs: bool) -> RemovableHandle:
    """Put a hook behind the others, or before them."""
    key = next_key()
    others = dict(hooks) if prepend else {}
    if prepend:
        hooks.clear()
    hooks[key] = hook, with_kwargs
    hooks.update(others)
    return RemovableHandle(hooks, key)


def indented(text: str) -> str:
    """The text with every line but the first moved to the right."""
    return text.replace("\n", "\n  ")
