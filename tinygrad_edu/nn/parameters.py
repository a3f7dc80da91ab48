"""Parameters together, in a list or by name."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from ..tensor import Tensor
from .module import Module
from .parameter import Parameter

__all__ = ["ParameterDict", "ParameterList"]


class ParameterDict(Module):
    """Parameters by name, which belong to the module that holds the dictionary; Tensors become Parameters.

    >>> from tinygrad_edu import nn, zeros
    >>> sorted(name for name, _ in nn.ParameterDict({"left": zeros(2), "right": zeros(3)}).named_parameters())
    ['left', 'right']
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        self.update({} if parameters is None else parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._keys[key] = None
        setattr(self, key, as_parameter(value))

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._keys.keys()

    def values(self) -> Iterable[Any]:
        """The parameters."""
        return [self[key] for key in self._keys]

    def items(self) -> Iterable[tuple[str, Any]]:
        """The names and parameters."""
        return [(key, self[key]) for key in self._keys]

    def update(self, parameters: Any) -> None:
        """Add parameters by name, from pairs, or from a dictionary: in alphabetical order, unless it is an ordered one.

        Raises:
            TypeError, ValueError: what is given, or something in it, is no pair.
        """
        if isinstance(parameters, (OrderedDict, ParameterDict)):
            pairs = list(parameters.items())
        elif isinstance(parameters, Mapping):
            pairs = sorted(parameters.items(), key=lambda pair: pair[0])
        else:
            pairs = list(dict(parameters).items())
        for key, value in pairs:
            self[key] = value

    def copy(self) -> Self:
        """Another such dictionary with the same parameters."""
        return type(self)(list(self.items()))

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> Self:
        """Another such dictionary with one value under all of these names."""
        return type(self)([(key, default) for key in keys])

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __or__(self, other: Any) -> Self:
        both = self.copy()
        both.update(other)
        return both

    def __ior__(self, other: Any) -> Self:
        self.update(other)
        return self

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter of this name, or the default."""
        return self[key] if key in self._keys else default

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The parameter of this name, added if it is not there."""
        if key not in self._keys:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        """Take out the parameter of this name, and give it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take out the last name and parameter, and give them."""
        key = list(self._keys)[-1]
        return key, self.pop(key)

    def clear(self) -> None:
        """Take out all parameters."""
        for key in self:
            del self[key]

    def _child_lines(self) -> list[str]:
        return [f"  ({key}): {told(value, 'FloatTensor')}" for key, value in self.items()]


class ParameterList(Module):
    """Parameters in a row, which belong to the module that holds the list; Tensors become Parameters.

    >>> from tinygrad_edu import nn, zeros
    >>> len(nn.ParameterList([zeros(2), zeros(3)]))
    2
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def _name(self, place: int) -> str:
        place = place.__index__()
        if not -self._size <= place < self._size:
            raise IndexError(f"ParameterList has {self._size} parameters, and none at {place}")
        return str(place % self._size)

    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return type(self)([getattr(self, str(i)) for i in range(self._size)[place]])
        return getattr(self, self._name(place))

    def __setitem__(self, place: int, value: Any) -> None:
        setattr(self, self._name(place), as_parameter(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(self._size)])

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def append(self, value: Any) -> Self:
        """Add a parameter at the end."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parameters at the end."""
        if isinstance(values, (Tensor, Mapping)):
            raise TypeError(f"a ParameterList is extended by a list of Tensors, got {type(values).__name__}")
        for value in list(values):
            self.append(value)
        return self

    def _child_lines(self) -> list[str]:
        return [f"  ({i}): {told(value, str(getattr(value, 'dtype', '')))}" for i, value in enumerate(self)]


def as_parameter(value: Any) -> Any:
    """A Tensor as a Parameter; everything else as it is."""
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def told(value: Any, kind: str) -> str:
    """A line of the display."""
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    return f"Parameter containing: [torch.{kind} of size {'x'.join(map(str, value.shape))}]"
