"""Parametrizations: a parameter that is computed, at each use, from others in its place."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from ...grad_mode import no_grad
from ...tensor import Tensor
from ...told import guard
from ..container import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]

M = TypeVar("M", bound=Module)

kept: dict[tuple[int, str], Any] = {}  # what is computed within cached()
depth = [0]


@contextlib.contextmanager
def cached() -> Iterator[None]:
    """A block in which each parametrized Tensor is computed at its first use only."""
    depth[0] += 1
    try:
        yield
    finally:
        depth[0] -= 1
        if not depth[0]:
            kept.clear()


class ParametrizationList(ModuleList):
    """The modules that compute a Tensor, one after the other, from `original`, or from `original0`, `original1`, ..

    Raises:
        ValueError: they do not give a Tensor of the shape and dtype of the one in whose place they stand.
    """

    def __init__(self, modules: Any, original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        before = original.detach()
        new: Any = original
        with no_grad():
            for module in reversed(self):
                if hasattr(module, "right_inverse"):
                    with contextlib.suppress(NotImplementedError):  # then the value becomes the original as it is
                        new = module.right_inverse(new)
        check_originals(new, original)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        for name, value in zip(self._names(), [new] if self.is_tensor else new, strict=True):
            if isinstance(original, Parameter):
                if self.is_tensor:
                    original.data = value.detach()
                    value = original  # the same object, which an optimizer may hold
                else:
                    value = Parameter(value.detach(), original.requires_grad)
                self.register_parameter(name, value)
            else:
                self.register_buffer(name, value)
        if not unsafe:
            try:
                with no_grad():
                    check_same(self(), before)
            except Exception:
                original.data = before
                raise

    def _names(self) -> list[str]:
        return ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]

    def forward(self) -> Any:
        """The computed Tensor."""
        first, *others = list(self)
        value = first(*[getattr(self, name) for name in self._names()])
        for module in others:
            value = module(value)
        return value

    def right_inverse(self, value: Tensor) -> None:
        """Give the original Tensors those values of which a value is computed.

        Raises:
            RuntimeError: a parametrization cannot be inverted.
        """
        new: Any = value
        with no_grad():
            for module in reversed(self):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"{type(module).__name__} has no right_inverse, so nothing can be assigned")
                new = module.right_inverse(new)
            for name, part in zip(self._names(), [new] if self.is_tensor else new, strict=True):
                getattr(self, name).data = part.detach().clone()


def check_same(found: Any, wanted: Tensor) -> None:
    """Refuse what has another shape or dtype.

    Raises:
        ValueError: it has.
    """
    if not isinstance(found, Tensor):
        raise ValueError(f"a parametrization must return a tensor, got {type(found).__name__}")
    for what in ("dtype", "shape"):
        if getattr(found, what) != getattr(wanted, what):
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, "
                f"{getattr(wanted, what)}, got {getattr(found, what)}; pass unsafe=True to allow it"
            )


def check_originals(found: Any, wanted: Tensor) -> None:
    """Refuse what cannot be the original of a Tensor, or the originals.

    Raises:
        ValueError: it is no Tensor, or a Tensor of another dtype, or a sequence of anything else.
    """
    if isinstance(found, Tensor):
        if found.dtype != wanted.dtype:
            raise ValueError(
                f"where right_inverse outputs one tensor, it may not change the dtype {wanted.dtype}, got {found.dtype}"
            )
        return
    told = "right_inverse must return a Tensor or a Sequence of Tensors"
    if not isinstance(found, Sequence):
        raise ValueError(f"{told}, got {type(found).__name__}")
    for i, part in enumerate(found):
        if not isinstance(part, Tensor):
            raise ValueError(f"{told}, got element {i} of the sequence with type {type(part).__name__}")


def check_inverse(parametrization: Any, value: Tensor) -> None:
    """Refuse a parametrization whose inverse, if it has one, does not give what it takes.

    Raises:
        ValueError: it gives no Tensor, or one of another shape or dtype.
    """
    if not hasattr(parametrization, "right_inverse"):
        return
    with contextlib.suppress(NotImplementedError):
        found = parametrization.right_inverse(value)
        if not isinstance(found, Tensor):
            raise ValueError(f"right_inverse must return a tensor, got {type(found).__name__}")
        for what in ("dtype", "shape"):
            if getattr(found, what) != getattr(value, what):
                raise ValueError(
                    f"what right_inverse returns must have the same {what}, {getattr(value, what)}, "
                    f"got {getattr(found, what)}"
                )


class Parametrized:
    """What the class of a parametrized module has before its own: assignments that reach the originals."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self).get("parametrizations", {}) and isinstance(value, Tensor):
            vars(self)["parametrizations"][name].right_inverse(value)
        else:
            super().__setattr__(name, value)

    def __reduce_ex__(self, protocol: Any) -> Any:
        names = tuple(vars(self)["parametrizations"].keys())
        return bare, (type_before_parametrizations(self), names), dict(vars(self))


def computed(name: str) -> property:
    """The property that computes a parametrized Tensor."""

    def value(module: Any) -> Any:
        if not depth[0]:
            return vars(module)["parametrizations"][name]()
        key = id(module), name
        if key not in kept:
            kept[key] = vars(module)["parametrizations"][name]()
        return kept[key]

    return property(value)


def parametrized_class(before: type, names: Any) -> type:
    """The class of a module, some of whose Tensors are computed."""
    return type(f"Parametrized{before.__name__}", (Parametrized, before), {name: computed(name) for name in names})


def bare(before: type, names: tuple[str, ...]) -> Any:
    """A parametrized module without its attributes, which copies and pickles are made of."""
    return object.__new__(parametrized_class(before, names))


def register_parametrization(module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> M:
    """Let a module compute one of its parameters or buffers: `parametrization(original)` takes its place.

    The original is then `module.parametrizations[tensor_name].original`. If the parametrization has a method
    `right_inverse`, the original starts at what it gives for the value so far; where this is a tuple, the
    parametrization takes as many arguments. A second one is computed of what the first gives.

    Raises:
        ValueError: there is no such Tensor, or the parametrization changes its shape or dtype and is not `unsafe`.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            with no_grad():
                value = getattr(module, tensor_name)
                made = parametrization(value)
                check_same(made, value)
                check_inverse(parametrization, made)
        module.parametrizations[tensor_name].append(parametrization)
        module.parametrizations[tensor_name].unsafe |= unsafe
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(f"{type(module).__name__} does not have a parameter or buffer {tensor_name!r}")
    parts = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.parametrizations = ModuleDict()
    module.parametrizations[tensor_name] = parts
    module.__class__ = parametrized_class(type_before_parametrizations(module), module.parametrizations.keys())
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module computes this one of its Tensors, or any."""
    parts = vars(module).get("parametrizations")
    if not isinstance(module, Parametrized) or parts is None:
        return False
    return len(parts) > 0 if tensor_name is None else tensor_name in parts


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make a computed Tensor a parameter or buffer again: at its present value, or at that of its original.

    Raises:
        ValueError: it is not computed, or is computed of several originals, none of which can be left.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"{type(module).__name__} does not have a parametrization of {tensor_name!r}")
    parts = module.parametrizations[tensor_name]
    if not parts.is_tensor and not leave_parametrized:
        raise ValueError(
            f"{tensor_name} is computed of {parts.ntensors} originals: it cannot be leave_parametrized=False"
        )
    first = getattr(parts, parts._names()[0])
    with no_grad():
        value = parts().detach() if leave_parametrized else first.detach()
    del module.parametrizations[tensor_name]
    before, names = type_before_parametrizations(module), module.parametrizations.keys()
    if not names:
        delattr(module, "parametrizations")
    module.__class__ = parametrized_class(before, names) if names else before
    if not isinstance(first, Parameter):
        module.register_buffer(tensor_name, value)
    elif parts.is_tensor:
        first.data = value
        module.register_parameter(tensor_name, first)
    else:
        module.register_parameter(tensor_name, Parameter(value, first.requires_grad))
    return module


def transfer_parametrizations_and_params(from_module: Module, to_module: M, tensor_name: str | None = None) -> M:
    """Let a module compute its Tensors, or one of them, as another does, of the same originals."""
    parts = from_module.parametrizations if is_parametrized(from_module) else {}
    for name in parts if tensor_name is None else [tensor_name]:
        if not hasattr(to_module, name):
            to_module.register_parameter(name, Parameter(getattr(from_module, name).detach()))
        for parametrization in parts[name]:
            register_parametrization(to_module, name, parametrization)
        for original in parts[name]._names():
            setattr(to_module.parametrizations[name], original, getattr(parts[name], original))
    return to_module


def type_before_parametrizations(module: Any) -> type:
    """The class that a module had before any of its Tensors was computed."""
    return type(module).__bases__[1] if isinstance(module, Parametrized) else type(module)


guard(globals(), __all__, __name__, held=False)
