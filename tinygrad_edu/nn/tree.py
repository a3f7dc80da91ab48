"""Tree: an object whose attributes may be parameters, buffers and further trees, which it finds again by name."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..tensor import Tensor
from .members import BUFFER, MODULE, PARAMETER, TRANSIENT, Members
from .parameter import Buffer, Parameter

__all__ = ["Tree", "at_registration"]

FAMILIES = {PARAMETER: "_parameters", BUFFER: "_buffers", TRANSIENT: "_buffers", MODULE: "_modules"}
NAMES = {PARAMETER: "an nn.Parameter", BUFFER: "a Tensor", TRANSIENT: "a Tensor", MODULE: "an nn.Module"}

# hooks that see each member as it becomes one, by its kind, and may give another: see hooks.py
at_registration: dict[str, dict[int, Callable[..., Any]]] = {PARAMETER: {}, BUFFER: {}, MODULE: {}}


class Tree:
    """What a Module is as the owner of its members: it registers what is assigned to it, and walks through it."""

    _members: dict[str, str]  # the kind of each member, in the order of definition; the members are attributes

    def __init__(self) -> None:
        vars(self)["_members"] = {}

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if cls.__getattr__ is not Tree.__getattr__ and cls.__getattribute__ is object.__getattribute__:
            cls.__getattribute__ = through_getattr  # type: ignore[method-assign, assignment]

    def __setattr__(self, name: str, value: Any) -> None:
        kind = PARAMETER if isinstance(value, Parameter) else MODULE if isinstance(value, Tree) else None
        known = vars(self).get("_members", {}).get(name)
        if isinstance(value, Buffer) and known not in (PARAMETER, MODULE):
            self._register_new(BUFFER if value.persistent else TRANSIENT, name, value, Tensor)
            return
        if kind is not None and (known in (None, kind, BUFFER, TRANSIENT) or kind == PARAMETER):
            if known != kind and name in vars(self):
                delattr(self, name)
            self._register(kind, name, value)
            return
        allowed = {None: object, PARAMETER: Parameter, MODULE: Tree}.get(known, Tensor)
        if value is not None and not isinstance(value, allowed):
            raise TypeError(
                f"{type(self).__name__}.{name} is a {known} and takes {NAMES[known]} or None, "
                f"got {type(value).__name__}; to change its values, write to it under no_grad()"
            )
        object.__setattr__(self, name, value if known is None else self._shown(known, name, value))

    def __getattr__(self, name: str) -> Any:
        if name in vars(self):  # asked for by super().__getattr__(name), as wrappers do
            return vars(self)[name]
        word = "" if "_members" in vars(self) else "; call super().__init__() first in its __init__"
        if not word and hasattr(Tensor, name) and not name.startswith("_"):
            word = "; what it computes has: call the module first, and take it of the result"
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{word}")

    def __dir__(self) -> list[str]:
        """The names of attributes, without those of modules in a row, which are no identifiers."""
        return [name for name in super().__dir__() if not name[0].isdigit()]

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._members.pop(name, None)

    def _register_new(self, kind: str, name: str, value: Any, wanted: type) -> None:
        if not isinstance(name, str):
            raise TypeError(f"a {kind} name should be a string. Got {type(name).__name__}")
        if value is not None and not isinstance(value, wanted):
            came = f"the class {value.__name__}: call it" if isinstance(value, type) else type(value).__name__
            more = "; give modules one by one, as in Sequential(*modules)" if isinstance(value, list | tuple) else ""
            raise TypeError(f"the {kind} {name!r} is {NAMES[kind]} or None, got {came}{more}")
        if "_members" in vars(self) and name not in getattr(self, FAMILIES[kind]) and hasattr(self, name):
            raise KeyError(f"{type(self).__name__} already has an attribute {name!r}, which is no {kind}")
        self._register(kind, name, value)

    def _register(self, kind: str, name: str, value: Any) -> None:
        if "_members" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__} cannot have the {kind} {name!r} yet; call super().__init__() first in __init__"
            )
        if not name or "." in name:
            raise KeyError(f"the name of a {kind} is a string, not empty and without dots, got {name!r}")
        self._members[name] = kind
        vars(self)[name] = self._shown(kind, name, value)

    def _shown(self, kind: str, name: str, value: Any) -> Any:
        """The new member itself, or what a hook that sees it gives in its place."""
        if kind == PARAMETER and value is None:
            return None
        for hook in list(at_registration[BUFFER if kind == TRANSIENT else kind].values()):
            given = hook(self, name, value)
            value = value if given is None else given
        return value

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

    def add_module(self, name: str, module: "Tree | None") -> None:
        """Add a submodule under a name.

        Raises:
            TypeError: it is no Module.
            KeyError: the name is taken, or is none.
        """
        self._register_new(MODULE, name, module, Tree)

    register_module = add_module

    @property
    def _parameters(self) -> Members:
        return Members(self, PARAMETER)

    @_parameters.setter
    def _parameters(self, members: Mapping[str, Any]) -> None:
        self._parameters.replace(members)

    @property
    def _buffers(self) -> Members:
        return Members(self, BUFFER, TRANSIENT)

    @_buffers.setter
    def _buffers(self, members: Mapping[str, Any]) -> None:
        self._buffers.replace(members)

    @property
    def _non_persistent_buffers_set(self) -> set[str]:
        return {name for name, kind in self._members.items() if kind == TRANSIENT}

    @property
    def _modules(self) -> Members:
        return Members(self, MODULE)

    @_modules.setter
    def _modules(self, members: Mapping[str, Any]) -> None:
        self._modules.replace(members)

    # walks, in the order of definition

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
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

    def modules(self) -> Iterator[Any]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """The submodules, with their names; not those below them."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Any]:
        """The submodules; not those below them."""
        return (module for _, module in self.named_children())

    def _named_members(
        self,
        get_members_fn: Callable[[Any], Iterable[tuple[str, Any]]],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        """What a function gives of this module and all below it; programs have members of kinds of their own."""
        seen = set()
        places = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for place, module in places:
            for name, tensor in get_members_fn(module):
                if tensor is not None and tensor not in seen:
                    if remove_duplicate:
                        seen.add(tensor)
                    yield f"{place}.{name}" if place else name, tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters of this module and all below it, with their dotted names; a shared one comes once."""
        return self._named_members(lambda module: module._parameters.items(), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and all below it; a shared one comes once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers of this module and all below it, with their dotted names; a shared one comes once."""
        return self._named_members(lambda module: module._buffers.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and all below it; a shared one comes once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Any:
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

    def set_submodule(self, target: str, module: "Tree", strict: bool = False) -> None:
        """Put a module under a dotted name; with `strict` only in the place of one that is there.

        Raises:
            ValueError: the name is empty, or what is given is no Module.
            AttributeError: there is no module to put it in, or none in whose place it would be.
        """
        path, _, name = target.rpartition(".")
        if not name or not isinstance(module, Tree):
            raise ValueError(f"set_submodule takes a name and an nn.Module, got {target!r} and {type(module).__name__}")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            parent.get_submodule(name)
        setattr(parent, name, module)

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

    def _get_tensor(self, target: str, kind: str, of: Callable[[Any], Members]) -> Any:
        path, _, name = target.rpartition(".")
        members = of(self.get_submodule(path))
        if members.get(name) is None:
            raise AttributeError(f"{target!r}: there is no {kind} {name!r} among {list(members)}")
        return members[name]


def through_getattr(self: Tree, name: str) -> Any:
    """An attribute, as `__getattribute__` of the classes that have a `__getattr__` of their own.

    In PyTorch members are no attributes of the instance, so that such a class is asked for them each time: Pyro's
    modules make parameters into random variables there.

    Raises:
        AttributeError: it is a member, upon which Python asks `__getattr__`.
    """
    found = object.__getattribute__(self, name)
    if not name.startswith("__"):
        own = object.__getattribute__(self, "__dict__")
        if name in own.get("_members", ()) and own.get(name) is found:
            raise AttributeError(name)
    return found
