"""Module: a layer or a network, with its parameters, buffers and submodules under the names of its attributes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from ..autograd import RemovableHandle, next_key
from ..functions.creation import as_tensor, empty
from ..graph import no_grad
from ..tensor import Tensor
from .members import BUFFER, MODULE, PARAMETER, TRANSIENT, Members
from .parameter import Parameter, clear_gradients
from .state import KeysNotMatched, compare_keys

__all__ = ["Module"]

FAMILIES = {PARAMETER: "_parameters", BUFFER: "_buffers", TRANSIENT: "_buffers", MODULE: "_modules"}
Hooks = dict[int, tuple[Callable[..., Any], bool]]  # with whether it takes the keyword arguments


def no_forward(self: "Module", *args: Any, **kwargs: Any) -> Any:
    """Stand in for a forward that a subclass has not defined."""
    raise NotImplementedError(f"{type(self).__name__} does not say what it computes: give it a method forward()")


class Module:
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
    _members: dict[str, str]  # the kind of each member, in the order of definition; the members are attributes
    _forward_hooks: Hooks
    _forward_pre_hooks: Hooks

    def __init__(self) -> None:
        vars(self).update(training=True, _members={}, _forward_hooks={}, _forward_pre_hooks={})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._forward_pre_hooks or self._forward_hooks:
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    # members

    def __setattr__(self, name: str, value: Any) -> None:
        kind = PARAMETER if isinstance(value, Parameter) else MODULE if isinstance(value, Module) else None
        known = vars(self).get("_members", {}).get(name)
        if kind is not None and known in (None, kind, BUFFER, TRANSIENT):
            if known is not kind and name in vars(self):
                delattr(self, name)
            self._register(kind, name, value)
            return
        if known is not None and value is not None:
            wanted = {PARAMETER: Parameter, MODULE: Module}.get(known, Tensor)
            if not isinstance(value, wanted):
                raise TypeError(
                    f"{type(self).__name__}.{name} is a {known} and takes a {wanted.__name__} or None, "
                    f"got {type(value).__name__}; to change its values, write to it under no_grad()"
                )
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        word = "" if "_members" in vars(self) else "; call super().__init__() first in its __init__"
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{word}")

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._members.pop(name, None)

    def _register_new(self, kind: str, name: str, value: Any, wanted: type) -> None:
        if value is not None and not isinstance(value, wanted):
            raise TypeError(f"the {kind} {name!r} is a {wanted.__name__} or None, got {type(value).__name__}")
        if "_members" in vars(self) and name not in getattr(self, FAMILIES[kind]) and hasattr(self, str(name)):
            raise KeyError(f"{type(self).__name__} already has an attribute {name!r}, which is no {kind}")
        self._register(kind, name, value)

    def _register(self, kind: str, name: str, value: Any) -> None:
        if "_members" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__} cannot have a {kind} {name!r} yet; call super().__init__() first in its __init__"
            )
        if not isinstance(name, str) or not name or "." in name:
            raise KeyError(f"the name of a {kind} is a string, not empty and without dots, got {name!r}")
        self._members[name] = kind
        vars(self)[name] = value

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name; None keeps its place, for one that this module does without.

        Raises:
            TypeError: it is no Parameter.
            KeyError: the name is taken, or is none.
        """
        self._register_new(PARAMETER, name, param, Parameter)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a Tensor that is no parameter but belongs to the module; the state_dict has it if it is persistent.

        Raises:
            TypeError: it is no Tensor.
            KeyError: the name is taken, or is none.
        """
        self._register_new(BUFFER if persistent else TRANSIENT, name, tensor, Tensor)

    def add_module(self, name: str, module: "Module | None") -> None:
        """Add a submodule under a name.

        Raises:
            TypeError: it is no Module.
            KeyError: the name is taken, or is none.
        """
        self._register_new(MODULE, name, module, Module)

    register_module = add_module

    @property
    def _parameters(self) -> Members:
        return Members(self, PARAMETER)

    @property
    def _buffers(self) -> Members:
        return Members(self, BUFFER, TRANSIENT)

    @property
    def _modules(self) -> Members:
        return Members(self, MODULE)

    # walks, in the order of definition

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, "Module"]]:
        """This module and all below it, with their dotted names; one that is used in several places comes once."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self) -> Iterator["Module"]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The submodules, with their names; not those below them."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator["Module"]:
        """The submodules; not those below them."""
        return (module for _, module in self.named_children())

    def _named_tensors(
        self, of: Callable[["Module"], Members], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        places = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for place, module in places:
            for name, tensor in of(module).items():
                if tensor is not None and tensor not in seen:
                    if remove_duplicate:
                        seen.add(tensor)
                    yield f"{place}.{name}" if place else name, tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters of this module and all below it, with their dotted names; a shared one comes once."""
        return self._named_tensors(lambda module: module._parameters, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and all below it; a shared one comes once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers of this module and all below it, with their dotted names; a shared one comes once."""
        return self._named_tensors(lambda module: module._buffers, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and all below it; a shared one comes once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> "Module":
        """The module under a dotted name; this one under the empty name.

        Raises:
            AttributeError: there is none.
        """
        module = self
        for name in target.split(".") if target else []:
            found = module._modules.get(name)
            if found is None:
                raise AttributeError(
                    f"{target!r}: {type(module).__name__} has no submodule {name!r}; it has {list(module._modules)}"
                )
            module = found
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter under a dotted name.

        Raises:
            AttributeError: there is none.
        """
        return self._get_tensor(target, "parameter", lambda module: module._parameters)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer under a dotted name.

        Raises:
            AttributeError: there is none.
        """
        return self._get_tensor(target, "buffer", lambda module: module._buffers)

    def _get_tensor(self, target: str, kind: str, of: Callable[["Module"], Members]) -> Any:
        path, _, name = target.rpartition(".")
        members = of(self.get_submodule(path))
        if members.get(name) is None:
            raise AttributeError(f"{target!r}: there is no {kind} {name!r} among {list(members)}")
        return members[name]

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
