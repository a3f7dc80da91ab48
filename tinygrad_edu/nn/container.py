"""Modules together: Sequential runs them one after the other, ModuleList and ModuleDict only hold them."""

from collections.abc import Iterable, Iterator, Mapping
from operator import index as as_index
from typing import Any, Self, overload

from .members import MODULE
from .module import Module, indented

__all__ = ["ModuleDict", "ModuleList", "Sequential"]


class Row(Module):
    """Modules in a row, named by their places."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        attributes = vars(self)
        return iter([attributes[name] for name, kind in self._members.items() if kind == MODULE])

    def _name(self, place: int) -> str:
        """The name of the module at a place, counted from the end if negative.

        Raises:
            IndexError: there is none.
        """
        names = list(self._modules)
        try:
            return names[as_index(place)]
        except IndexError:
            raise IndexError(f"{self._get_name()} has {len(names)} modules, and none at {place}") from None

    def _refill(self, modules: Iterable[Any]) -> None:
        """Hold these modules instead, named by their places."""
        for name in list(self._modules):
            delattr(self, name)
        self.extend(modules)

    @overload
    def __getitem__(self, place: slice) -> Self: ...
    @overload
    def __getitem__(self, place: int) -> Any: ...
    def __getitem__(self, place: int | slice) -> Any:
        if not isinstance(place, slice):
            return self._modules[self._name(place)]
        return self._part({name: self._modules[name] for name in list(self._modules)[place]})

    def _part(self, modules: dict[str, Any]) -> Self:
        """A row of the same kind with some of the modules."""
        return type(self)().extend(modules.values())

    def __setitem__(self, place: int, module: Module) -> None:
        setattr(self, self._name(place), module)

    def __delitem__(self, place: int | slice) -> None:
        gone = list(self._modules)[place] if isinstance(place, slice) else [self._name(place)]
        self._refill([module for name, module in self._modules.items() if name not in gone])

    def __contains__(self, module: Any) -> bool:
        return any(module is other for other in self)

    def __add__(self, other: Iterable[Any]) -> Self:
        both = type(self)()
        return both.extend(self).extend(other)

    def __iadd__(self, other: Iterable[Any]) -> Self:
        return self.extend(other)

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Any]) -> Self:
        """Add modules at the end."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before the one at this place.

        Raises:
            IndexError: there is no such place.
            TypeError: it is no Module.
        """
        modules = list(self)
        if not -len(modules) <= index <= len(modules):
            raise IndexError(f"{self._get_name()} has {len(modules)} modules, and no place {index}")
        modules.insert(index, module)
        self._refill(modules)
        return self

    def pop(self, key: int = -1) -> Any:
        """Take out the module at this place, and give it."""
        module = self[key]
        del self[key]
        return module


class Sequential(Row):
    """Modules that run one after the other, each on what the one before it gave.

    >>> from tinygrad_edu import nn
    >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )

    Takes the modules, or one dictionary of modules by name.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self.extend(args)

    def _part(self, modules: dict[str, Any]) -> Self:
        """The modules under the names that they have here."""
        return type(self)(modules)

    def __mul__(self, count: int) -> Self:
        if count < 1:
            raise ValueError(f"Sequential is repeated once or more often, got {count} times")
        return type(self)(*list(self) * count)

    __rmul__ = __mul__

    def forward(self, input: Any) -> Any:
        """The input through all modules in turn."""
        for module in self:
            input = module(input)
        return input


class ModuleList(Row):
    """A list of modules, whose parameters belong to the module that holds the list."""

    def __init__(self, modules: Iterable[Any] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _child_lines(self) -> list[str]:
        """The display of the modules, equal ones in a row being told once: `(0-2): 3 x ReLU()`."""
        lines: list[str] = []
        shown = [repr(module) for module in self]
        first = 0
        for place, text in enumerate(shown):
            if place + 1 == len(shown) or shown[place + 1] != text:
                count = place + 1 - first
                label = f"({place}): " if count == 1 else f"({first}-{place}): {count} x "
                lines.append(label + indented(text))
                first = place + 1
        return lines


class ModuleDict(Module):
    """Modules by name, whose parameters belong to the module that holds the dictionary.

    >>> from tinygrad_edu import nn
    >>> heads = nn.ModuleDict({"class": nn.Linear(4, 3), "box": nn.Linear(4, 2)})
    >>> heads["box"].out_features
    2
    """

    def __init__(self, modules: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__()
        if modules is not None:  # else a class derived from this one may not be ready for an update
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def values(self) -> Any:
        """The modules."""
        return self._modules.values()

    def items(self) -> Any:
        """The names and modules."""
        return self._modules.items()

    def update(self, modules: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Add modules by name; those of a name that is there take the old one's place."""
        for key, module in dict(modules).items():
            self[key] = module

    def pop(self, key: str) -> Any:
        """Take out the module of this name, and give it."""
        return self._modules.pop(key)

    def clear(self) -> None:
        """Take out all modules."""
        self._modules.clear()
