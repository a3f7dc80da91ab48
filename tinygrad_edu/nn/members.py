"""What a Module has registered: under each name a parameter, a buffer or a submodule."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

__all__ = ["BUFFER", "MODULE", "PARAMETER", "TRANSIENT", "Members"]

PARAMETER, MODULE = "parameter", "module"
BUFFER, TRANSIENT = "buffer", "transient buffer"  # a transient one is not part of the state_dict


class Members(MutableMapping[str, Any]):
    """The members of some kinds as a dictionary: a view, so that writing to it writes to the module."""

    def __init__(self, module: Any, *kinds: str) -> None:
        self.module = module
        self.kinds = kinds

    def __getitem__(self, name: str) -> Any:
        if self.module._members.get(name) not in self.kinds:
            raise KeyError(name)
        return vars(self.module)[name]

    def __setitem__(self, name: str, value: Any) -> None:
        kind = self.module._members.get(name)
        self.module._register(kind if kind in self.kinds else self.kinds[0], name, value)

    def __delitem__(self, name: str) -> None:
        self[name]
        del (
            vars(self.module)[name],
            self.module._members[name],
        )  # not by delattr: the class may have a property of this name

    def replace(self, members: Mapping[str, Any]) -> None:
        """Have these and no others, each of the kind that it was."""
        given, kinds = dict(members), dict(self.module._members)
        for name in self:
            del self[name]
        for name, value in given.items():
            kind = kinds.get(name)
            self.module._register(kind if kind in self.kinds else self.kinds[0], name, value)

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, kind in self.module._members.items() if kind in self.kinds])

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self))

    def keys(self) -> Any:
        """The names now, in order or from the end."""
        return self.copy().keys()

    def values(self) -> Any:
        """The members now, in order or from the end."""
        return self.copy().values()

    def items(self) -> Any:
        """Names and members now, in order or from the end."""
        return self.copy().items()

    def copy(self) -> dict[str, Any]:
        """Names and members as a dictionary of its own."""
        return {name: self[name] for name in self}

    def __len__(self) -> int:
        return sum(kind in self.kinds for kind in self.module._members.values())

    def __repr__(self) -> str:
        return repr(self.copy())
