"""`import torch` finding this engine: a finder of modules, put before all others and taken away again."""

import difflib
import importlib
import importlib.abc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType, TracebackType
from typing import Any

import numpy

from ..functions.layout import Size
from ..tensor import Tensor
from .dtypes import OF, bfloat16
from .forms import METHODS, in_any_form, loss_classes
from .paths import PATHS
from .reals import METHODS as METHODS_OF_REALS
from .sparse import METHODS as METHODS_OF_SPARSE
from .subclasses import METHODS as METHODS_OF_SUBCLASSES
from .unchecked import METHODS as METHODS_UNCHECKED

__all__ = ["as_torch"]

WRITING = {"torch", "torch.linalg", "torch.special"}  # their functions take out=
WITH_FORMS = {*WRITING, "torch.nn.functional"}
OVER_TORCH = {"torchaudio", "torchtext"}
OURS = {"functorch", "torch", "torchvision"}
# why what is out of scope is not there, by the first of its names
OUT_OF_SCOPE = {
    **dict.fromkeys(["ao", "quantization", "quantize_per_tensor", "quantize_per_channel"], "no numbers are quantised"),
    **dict.fromkeys(["library", "ops"], "operations have no names in a register; a Function has its own backward"),
    **dict.fromkeys(["rpc"], "a program runs in one process"),
}
# as PyTorch shows them; also, Tensor(x.shape) has that shape
AS_SHOWN = {
    **METHODS_OF_SPARSE,
    **METHODS_OF_SUBCLASSES,
    **METHODS_OF_REALS,
    **METHODS_UNCHECKED,
    "bfloat16": lambda x, **settings: x.to(bfloat16),  # which tells that it cannot be
    "_cdata": property(id, doc="What tells whether two are one Tensor."),
    "shape": property(lambda x: Size(x._array.shape), doc=Tensor.shape.__doc__),
    "dtype": property(lambda x: OF[x._array.dtype], doc=Tensor.dtype.__doc__),
}


def source(place: str) -> Any:
    """One of our modules, or an object in one: `module` or `module:object`."""
    module, _, name = place.partition(":")
    found = importlib.import_module(module)
    return getattr(found, name) if name else found


class Facade(ModuleType):
    """A module under PyTorch's path, whose names are looked up in ours when they are asked for."""

    def __getattr__(self, name: str) -> Any:
        path = self.__name__
        if name == "__all__":  # what `from torch.nn import *` asks for
            return [public for public in names(path) if not public.startswith("_")]
        if name.startswith("__") and name not in {"__version__", "__config__"}:  # what Python asks every module for
            raise AttributeError(name)
        found = [getattr(source(place), name) for place in places(path, name)]
        if f"{path}.{name}" in PATHS and not (found and callable(found[0])):
            return importlib.import_module(f"{path}.{name}")
        for first in found:
            if isinstance(first, numpy.dtype):
                return OF[first]
            plain = path in WITH_FORMS and callable(first) and not isinstance(first, type)
            return in_any_form(first, name, path, path in WRITING) if plain else first
        if path == "torch" and name.endswith("_") and hasattr(Tensor, name):  # torch.sin_(x) is x.sin_()
            return getattr(Tensor, name)
        raise AttributeError(f"{path}.{name} is not in tinygrad_edu{nearest(path, name)}")

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a name in the program's module; a switch of ours, such as cudnn.benchmark, where it is kept."""
        if isinstance(value, Facade) and getattr(self, name) is not value:
            return  # an import of autograd.gradcheck, the module, leaves autograd.gradcheck, the function, as it is
        for place in PATHS[self.__name__]:
            if ":" in place and hasattr(source(place), name):
                setattr(source(place), name, value)
                return
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return names(self.__name__)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """What was set here, and all names with what they stand for: programs ask `models.__dict__["resnet18"]`."""
        return {**{name: getattr(self, name) for name in names(self.__name__)}, **super().__dict__}


def places(path: str, name: str) -> list[str]:
    """The modules and objects of ours that have a name of a module under PyTorch's path."""
    return [
        place
        for place in PATHS[path]
        if hasattr(source(place), name) and not is_private(place, getattr(source(place), name))
    ]


def is_private(place: str, found: Any) -> bool:
    """Whether an object is a module of ours that PyTorch has under no such name: a way in that nobody should take."""
    return isinstance(found, ModuleType) and ":" not in place


def names(path: str) -> list[str]:
    """What a module under PyTorch's path has."""
    inner = [name.removeprefix(f"{path}.") for name in PATHS if name.startswith(f"{path}.")]
    public = [
        name
        for place in PATHS[path]
        for name in getattr(source(place), "__all__", ())
        if not is_private(place, getattr(source(place), name))
    ]
    return sorted({*public, *[name for name in inner if "." not in name]})


def nearest(path: str, name: str) -> str:
    """Where the name is, or else what is there of a name like this, as the end of a message."""
    if name in OUT_OF_SCOPE:
        return f": {OUT_OF_SCOPE[name]}"
    elsewhere = [other for other in PATHS if other != path and name in names(other)]
    if elsewhere:
        return f"; there is {elsewhere[0]}.{name}"
    near = difflib.get_close_matches(name, names(path), n=1)
    return f"; the nearest that is: {path}.{near[0]}" if near else ""


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `torch`, `torchvision` and `functorch`, and what is below them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The facade of a path of PyTorch's; None for everything that is not PyTorch's.

        Raises:
            ModuleNotFoundError: it is PyTorch's, and not here.
        """
        top = fullname.partition(".")[0]
        if top in OVER_TORCH and PathFinder.find_spec(fullname, path):  # else it is not there, as Python will tell
            return ModuleSpec(fullname, Refusing())
        if top not in OURS:
            return None
        if fullname not in PATHS:
            # without its name, for which `from torch import name` would tell in words of Python's own
            parent, _, name = fullname.rpartition(".")
            raise ModuleNotFoundError(f"{fullname} is not in tinygrad_edu{nearest(parent, name)}")
        return ModuleSpec(fullname, self, origin="tinygrad_edu", is_package=True)

    def create_module(self, spec: ModuleSpec) -> Facade:
        """An empty facade."""
        return Facade(spec.name, f"{spec.name}, as tinygrad_edu has it.")

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: names are looked up when they are asked for."""


class Refusing(importlib.abc.Loader):
    """Loads no library that is written over PyTorch's inside; programs may still ask whether it is installed."""

    def exec_module(self, module: ModuleType) -> None:
        """Refuse.

        Raises:
            ModuleNotFoundError: always.
        """
        top = module.__name__.partition(".")[0]
        raise ModuleNotFoundError(f"{top} needs PyTorch itself, not tinygrad_edu in its place", name=module.__name__)


def is_torch(name: str) -> bool:
    """Whether a module is one of those that ours stand for."""
    return name.partition(".")[0] in OURS


class as_torch:  # noqa: N801
    """Let `import torch` find this engine from now on, until `undo()` or the end of a `with` block.

    PyTorch itself, if it is installed, or even imported, stays as it is, and comes back.

    >>> with as_torch():
    ...     import torch
    ...     print(torch.ones(2) + 1)
    tensor([2., 2.])
    """

    def __init__(self) -> None:
        self.finder: Finder | None = Finder()
        places = [(Tensor, name) for name in METHODS] + [(kind, "__init__") for kind in loss_classes()]
        changed: list[tuple[type, str, Any]] = [
            (owner, name, in_any_form(getattr(owner, name), name)) for owner, name in places
        ]
        changed += [(Tensor, name, found) for name, found in AS_SHOWN.items()]
        self.attributes = [(owner, name, getattr(owner, name, None)) for owner, name, _ in changed]
        for change in changed:
            setattr(*change)
        self.before = {name: sys.modules.pop(name) for name in list(sys.modules) if is_torch(name)}
        sys.meta_path.insert(0, self.finder)

    def undo(self) -> None:
        """Let `import torch` find what it found before; a second time does nothing."""
        if self.finder is None:
            return
        sys.meta_path.remove(self.finder)
        for owner, name, before in self.attributes:
            if before is None:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        for name in [name for name in sys.modules if is_torch(name)]:
            del sys.modules[name]
        sys.modules.update(self.before)
        self.finder = None

    def __enter__(self) -> "as_torch":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()
