"""Values in nested tuples, lists, dicts and what programs register, taken apart and put together again."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..errors import ArgumentError
from ..tensor import Tensor

__all__ = ["flatten", "leaves_like", "rebuild", "register", "spread", "tensors_of"]

Apart = Callable[[Any], tuple[Iterable[Any], Any]]
Together = Callable[[Iterable[Any], Any], Any]

kinds: dict[type, tuple[Apart, Together]] = {}  # of structures that programs have made themselves


def register(cls: type, flatten_fn: Apart, unflatten_fn: Together) -> None:
    """Have objects of a class taken for structures.

    One function gives what an object holds, and whatever else the other needs, besides other such parts, to make one.

    Raises:
        ValueError: the class is one already.
    """
    if cls in kinds:
        raise ValueError(f"{cls.__name__} is already registered as a structure")
    kinds[cls] = flatten_fn, unflatten_fn


def parts_of(value: Any) -> list[Any] | None:
    """What a structure holds, in order; None of anything else."""
    if type(value) in kinds:
        return list(kinds[type(value)][0](value)[0])
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, (tuple, list)) else None


def flatten(value: Any) -> list[Any]:
    """Everything in a structure that is no structure itself, in order."""
    parts = parts_of(value)
    return [value] if parts is None else [leaf for part in parts for leaf in flatten(part)]


def rebuild(value: Any, leaves: Iterable[Any]) -> Any:
    """The structure of a value with other leaves."""
    found = iter(leaves)
    return with_leaves(value, lambda _: next(found))


def with_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """The structure of a value, each leaf changed."""
    if type(value) in kinds:
        apart, together = kinds[type(value)]
        parts, rest = apart(value)
        return together([with_leaves(part, change) for part in parts], rest)
    if isinstance(value, dict):
        made: Any = {key: with_leaves(part, change) for key, part in value.items()}
        if isinstance(value, defaultdict):
            return defaultdict(value.default_factory, made)
        return OrderedDict(made) if isinstance(value, OrderedDict) else made
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[with_leaves(part, change) for part in value])
    if isinstance(value, (tuple, list)):
        return type(value)([with_leaves(part, change) for part in value])
    return change(value)


def spread(setting: Any, value: Any, what: str) -> Iterator[Any]:
    """A setting for each leaf of a value: the setting has the value's structure, or is one for all below a place.

    Raises:
        ValueError: the structures do not fit.
    """
    settings, parts = parts_of(setting), parts_of(value)
    if settings is None:
        yield from [setting] * len(flatten(value))
        return
    if isinstance(setting, dict) or isinstance(value, dict):
        named = isinstance(setting, dict) and isinstance(value, dict) and setting.keys() == value.keys()
        settings = [setting[key] for key in value] if named else []
    if parts is None or len(parts) != len(settings):
        raise ValueError(f"{what}={setting!r} does not fit the structure of {describe(value)}")
    for inner, part in zip(settings, parts, strict=True):
        yield from spread(inner, part, what)


def leaves_like(value: Any, other: Any, what: str) -> Iterator[Any]:
    """The leaves of a value that has the structure of another, in the order in which that one holds its own.

    Raises:
        ValueError: it has another structure.
    """
    parts, given = parts_of(other), parts_of(value)
    if parts is None and given is None:
        yield value
    elif isinstance(other, dict) and isinstance(value, dict) and other.keys() == value.keys():
        for key in other:
            yield from leaves_like(value[key], other[key], what)
    elif type(value) is type(other) and not isinstance(value, dict) and len(given or ()) == len(parts or ()):
        for inner, part in zip(given or (), parts or (), strict=True):
            yield from leaves_like(inner, part, what)
    else:
        raise ArgumentError(f"{what} has the structure {describe(value)}, not {describe(other)}")


def describe(value: Any) -> str:
    """`(Tensor, [Tensor, int], {'b': Tensor})`."""
    parts = parts_of(value)
    if parts is None:
        return type(value).__name__
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {describe(part)}" for key, part in value.items()) + "}"
    inside = ", ".join(map(describe, parts))
    return f"[{inside}]" if isinstance(value, list) else f"({inside})"


def tensors_of(value: Any, what: str) -> Sequence[Tensor]:
    """The leaves of a structure, which must be Tensors.

    Raises:
        ValueError: one is not.
    """
    leaves = flatten(value)
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise ArgumentError(f"{what} must hold Tensors only, got {describe(value)}")
    return leaves
