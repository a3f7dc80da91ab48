"""Module: a layer or a network, with its parameters, buffers and submodules under the names of its attributes."""

from collections.abc import Callable, Mapping
from typing import Any, Self

from ..functions.creation import empty, empty_like
from ..told import explained, guarded, is_told
from .hooks import Hooked, everywhere
from .markup import html_of
from .parameter import clear_gradients
from .state import KeysNotMatched, hold, load_state, new_state, save, state_of
from .tree import Tree

__all__ = ["Module"]


PACKAGE = __name__.split(".")[0] + "."


def no_forward(self: "Module", *args: Any, **kwargs: Any) -> Any:
    """Stand in for a forward that a subclass has not defined."""
    raise NotImplementedError(f"{type(self).__name__} does not say what it computes: give it a method forward()")


class Module(Hooked):
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

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if cls.__module__.startswith(PACKAGE) and "__init__" in vars(cls):
            cls.__init__ = guarded(cls.__init__)  # type: ignore[method-assign]

    training: bool
    call_super_init: bool = False  # whether __init__ goes on to the next class, with what it is given
    forward: Callable[..., Any] = no_forward
    _version = 1  # of what is in the state_dict

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if (args or kwargs) and not self.call_super_init:
            raise TypeError(f"nn.Module takes no arguments, got {[*args, *kwargs]}")
        super().__init__()
        vars(self)["training"] = True
        if self.call_super_init:
            super(Tree, self).__init__(*args, **kwargs)

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)  # as without this method, which subclasses call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What forward gives for these arguments, between the hooks if there are any."""
        try:
            own = self._forward_pre_hooks or self._forward_hooks or self._backward_hooks or self._backward_pre_hooks
            if own or everywhere:
                return self._call_with_hooks(args, kwargs)
            if kwargs or len(args) != 1:
                return self.forward(*args, **kwargs)
            return self.forward(args[0])  # without a star it takes a third less time
        except Exception as error:
            if is_told(error) or "_members" not in vars(self):  # whose __init__ did not call super().__init__()
                raise
            raise explained(type(self).forward, (self, *args), kwargs, error) from error

    # changes to all of it

    def apply(self, fn: Callable[["Module"], Any]) -> Self:
        """Call a function with every module below this one, and at last with this one; often to initialise."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch to training mode or, with False, to evaluation, which dropout and the like heed.

        Each child is told by its own `train`, so that one which is frozen can decline.

        Raises:
            ValueError: the mode is no bool.
        """
        if not isinstance(mode, bool):
            raise ValueError(f"the training mode is True or False, got {mode!r}")
        self.training = mode
        for child in self.children():
            child.train(mode)
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

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Self:
        for module in self.modules() if recurse else [self]:
            for parameter in module._parameters.values():
                if parameter is not None:
                    parameter.data = fn(parameter.data)
                    parameter.grad = None if parameter.grad is None else fn(parameter.grad.detach())
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    vars(module)[name] = fn(buffer)
        return self

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Give parameters and buffers other memory, with whatever numbers are there."""
        return self._apply(lambda x: empty_like(x, device=device), recurse)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert parameters and buffers, in this module itself, as Tensor.to does; integers keep their dtype.

        Raises:
            TypeError: the dtype is not a floating one.
            RuntimeError: it is asked for a copy.
        """
        if "copy" in kwargs:
            raise RuntimeError("a module is converted itself; for another one like it use copy.deepcopy()")
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

    def type(self, dst_type: Any) -> Self:
        """Convert all parameters and buffers to a dtype, whatever theirs is."""
        return self._apply(lambda x: x.type(dst_type))

    def cpu(self) -> Self:
        """The module itself: the CPU is where it is."""
        return self

    def share_memory(self) -> Self:
        """The module itself: no other process sees its memory.

        Raises:
            RuntimeError: some of its parameters or buffers are not made yet.
        """
        for tensor in (*self.parameters(), *self.buffers()):
            tensor.share_memory_()
        return self

    def compile(self, *args: Any, **settings: Any) -> None:
        """Nothing: there is no compiler."""

    def cuda(self, device: Any = None) -> Self:
        """Refuse: the CPU is the only device.

        Raises:
            RuntimeError: always.
        """
        return self.to("cuda" if device is None else device)

    # state

    def state_dict(
        self, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """All parameters and persistent buffers by dotted name; they share the module's memory.

        With `keep_vars` they are the parameters themselves rather than Tensors without history. Where a subclass
        defines `get_extra_state()`, what it gives is there as `_extra_state`.
        """
        return state_of(self, new_state() if destination is None else destination, prefix, keep_vars)

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        save(self, destination, prefix, keep_vars)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        hold(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> KeysNotMatched:
        """Copy the values of a state_dict into the parameters and buffers of the same names.

        All keys are looked at first, so the module is either loaded whole or left as it was. Without `strict` keys may
        be missing or left over; they are returned. With `assign` the given Tensors themselves, with their dtypes, take
        the place of the module's.

        Raises:
            RuntimeError: telling every key that is missing, unexpected, or of another shape.
        """
        return load_state(self, state_dict, strict, assign)

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

    def _repr_html_(self) -> str:
        return html_of(self)


def indented(text: str) -> str:
    """The text with every line but the first moved to the right."""
    return text.replace("\n", "\n  ")
