"""The data and weights of the course, and what stands in for data that are not at hand."""

import inspect
import os
from pathlib import Path
from typing import Any

from ..data import DATASETS
from ..data.dataset import TensorDataset
from ..data.storage import VARIABLE, data_folders
from ..errors import did_you_mean
from ..told import guard
from .stand_ins import STAND_INS

__all__ = ["load", "stand_ins_used", "weights"]

used: set[str] = set()


def load(name: str, **options: Any) -> tuple[TensorDataset, TensorDataset]:
    """A data set of `data.DATASETS` to train on and to test on, or what stands in for it where it is not at hand.

    The options are those of the function that loads it. Nothing is downloaded. A stand-in has the same shapes, is made
    of what comes with the package, and says so: the notebook then runs, and teaches less.

    Raises:
        ValueError: there is no data set of this name, or a file of it is damaged.
        TypeError: the name is no string, or the function that loads it takes no such option.
    """
    if not isinstance(name, str):
        raise TypeError(f"load takes the name of a data set, such as 'mnist', got {name!r}")
    if name not in DATASETS:
        near = did_you_mean(name, DATASETS)
        raise ValueError(f"there is no data set {name!r}; {near}there are {', '.join(DATASETS)}")
    entry: Any = DATASETS[name]
    told, make = ("", entry.load) if entry.at_hand else STAND_INS[name]
    try:
        inspect.signature(make).bind(**options)
    except TypeError as error:
        known = ", ".join(inspect.signature(make).parameters) or "none"
        raise TypeError(f"load({name!r}) {error}; its options: {known}") from None
    if entry.at_hand:
        return entry.load(**options)
    if name not in used:
        print(f"{name} is not in the folder that {VARIABLE} names: {told} stand in")
    used.add(name)
    return make(**options)


def weights(name: str) -> Path | None:
    """Where the file of published weights is, in the folder of data or in `weights` in it or beside it, if it is.

    Raises:
        TypeError: the name is none of a file.
    """
    if not isinstance(name, str | os.PathLike):
        raise TypeError(f"weights takes the name of a file, such as 'resnet20.safetensors', got {name!r}")
    folders = [place for folder in data_folders() for place in (folder, folder / "weights", folder.parent / "weights")]
    return next((path for folder in folders if (path := folder / name).is_file()), None)


def stand_ins_used() -> frozenset[str]:
    """The names of the data sets that others have stood in for."""
    return frozenset(used)


guard(globals(), __all__, __name__)
