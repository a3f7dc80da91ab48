"""Where an object keeps its parameters and their gradients: attributes, lists, dictionaries, and objects among them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy

from .problems import Array

__all__ = ["arrays_in", "chosen_parameters", "follow", "gradient_at", "written"]

GRADIENTS = ("d{}", "d_{}", "grad_{}", "{}_grad", "grad{}", "g{}")  # what the gradient of an attribute is called
DEPTH = 4  # of objects in objects in which parameters are looked for
NO_OWNERS = (type, FunctionType, MethodType, ModuleType, str)  # what holds arrays, if at all, of others
Path = tuple[Any, ...]
KEPT_WITH = ("grads", "gradients", "dparams")  # a list or dictionary of gradients, beside that of parameters


class Name(str):
    """The name of an attribute, in a path whose other steps are keys of lists and dictionaries."""


def arrays_in(owner: Any, path: Path = ()) -> Iterator[tuple[Path, Array]]:
    """The arrays of floats that an object holds, in attributes, lists, dictionaries and objects among them."""
    if isinstance(owner, Mapping):
        items = list(owner.items())
    elif isinstance(owner, list | tuple):
        items = list(enumerate(owner))
    else:
        items = [(Name(name), x) for name, x in getattr(owner, "__dict__", {}).items()]
    for key, x in items:
        if isinstance(x, numpy.ndarray):
            if x.dtype.kind == "f":
                yield (*path, key), x
        elif len(path) < DEPTH and not isinstance(x, NO_OWNERS):
            yield from arrays_in(x, (*path, key))


def follow(owner: Any, path: Path) -> Any:
    """What stands at the end of a path."""
    for key in path:
        owner = getattr(owner, key) if isinstance(key, Name) else owner[key]
    return owner


def written(path: Path) -> str:
    """`layers[0].W`."""
    return "".join(f".{key}" if isinstance(key, Name) else f"[{key!r}]" for key in path).removeprefix(".")


def chosen_parameters(layer: Any, steady: Sequence[Path], named: Any) -> dict[Path, str | None]:
    """The paths of the parameters, each with the name of its gradient, where one was given.

    Of arrays that are the same one counts, the one whose gradient is found.

    Raises:
        ValueError: a parameter that is named is not there.
    """
    if named is not None:
        by_name = {written(path): path for path in steady}
        names = named if isinstance(named, Mapping) else dict.fromkeys([named] if isinstance(named, str) else named)
        for name in names:
            if name not in by_name:
                raise ValueError(f"the layer has no parameter {name!r}; its arrays are {', '.join(by_name) or 'none'}")
        return {by_name[name]: gradient for name, gradient in names.items()}
    found: dict[int, Path] = {}
    gradients = {path for other in steady for path in gradient_paths(other)}
    for path in steady:
        last = path[-1]
        if path in gradients or (isinstance(last, str) and last.startswith(("_", "running_"))):
            continue
        key = id(follow(layer, path))
        if key not in found or gradient_at(layer, found[key], None) is None:
            found[key] = path
    return dict.fromkeys(found.values())


def gradient_paths(path: Path) -> list[Path]:
    """Where the gradient of a parameter may be: `dW` beside `W`, `grads["W"]` beside it or beside `params["W"]`."""
    *above, last = path
    kind = Name if isinstance(last, Name) else str
    found: list[Path] = []
    if isinstance(last, str):
        found += [(*above, kind(form.format(last))) for form in GRADIENTS]
    if isinstance(last, Name):
        found += [(*above, Name(kept), str(last)) for kept in KEPT_WITH]
    elif above:
        found += [(*above[:-1], type(above[-1])(kept), last) for kept in KEPT_WITH if isinstance(above[-1], str)]
        found += [
            (*above[:-1], type(above[-1])(kept), form.format(last))
            for kept in KEPT_WITH
            for form in GRADIENTS
            if isinstance(above[-1], str) and isinstance(last, str)
        ]
    return found


def gradient_at(layer: Any, path: Path, name: str | None) -> Any:
    """The gradient of a parameter that backward has left; None if there is none."""
    places = gradient_paths(path) if name is None else [(*path[:-1], Name(name)), (Name(name),)]
    for place in places:
        with suppress(AttributeError, KeyError, IndexError, TypeError):
            found = follow(layer, place)
            if found is not None:
                return found
    return None
