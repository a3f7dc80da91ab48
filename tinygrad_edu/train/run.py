"""The folder of a run, to read."""

import json
import os
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from ..data import DATASETS
from ..io import load_safetensors
from ..models import MODELS, build
from ..nn import Module
from ..tensor import Tensor

__all__ = ["CONFIG", "FILES", "HISTORY", "WEIGHTS", "Run", "shape_of_data"]

WEIGHTS = "model.safetensors"
CONFIG = "config.json"  # what was asked for, what came of it, and whether the training was interrupted
HISTORY = "history.json"  # loss and accuracy of each completed epoch
CURVES = "loss.svg"  # the same as a picture
GRAPH = "graph.svg"  # of one training step
FILES = (WEIGHTS, CONFIG, HISTORY, CURVES, GRAPH)

LARGEST = 1 << 24  # bytes of a JSON file


@dataclass(frozen=True)
class Run:
    """A training that was saved: its folder, and what config.json and history.json say."""

    folder: Path
    config: dict[str, Any]
    history: list[dict[str, float]]

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> "Run":
        """Read what a run's folder says; the weights are read by `model`.

        Raises:
            ValueError: a file is not what a training writes.
            OSError: a file is missing or cannot be opened.
        """
        folder = Path(folder)
        config = read_json(folder / CONFIG)
        if not isinstance(config, dict):
            raise ValueError(f"{str(folder / CONFIG)!r} is not the configuration of a run: it holds no JSON object")
        for key, known in (("model", list(MODELS)), ("data", list(DATASETS))):
            if config.get(key) not in known:
                found = reprlib.repr(config.get(key))
                raise ValueError(f"{str(folder / CONFIG)!r} says that its {key} is {found}, not {' or '.join(known)}")
        history = read_json(folder / HISTORY)
        if not isinstance(history, list) or not all(map(is_record, history)):
            raise ValueError(f"{str(folder / HISTORY)!r} is not a history: it holds no list of objects with numbers")
        return cls(folder, config, history)

    def model(self) -> Module:
        """The network with its weights, in evaluation mode.

        Raises:
            ValueError: the weights are damaged, are not those of this network, or are not all finite.
            OSError: the file of the weights is missing or cannot be opened.
        """
        path = self.folder / WEIGHTS
        model = build(self.config["model"], *shape_of_data(self.config["data"]))
        weights = load_safetensors(path)
        check_weights(weights, model.state_dict(), f"{str(path)!r} does not fit the model {self.config['model']!r}")
        model.load_state_dict(weights)
        return model.eval()


def shape_of_data(name: str) -> tuple[tuple[int, int, int], int]:
    """The shape of a data set's images `(C, H, W)`, and the number of its classes."""
    images, labels = DATASETS[name]()[0].tensors
    channels, height, width = images.shape[1:]
    return (channels, height, width), int(labels.max().item()) + 1


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        ValueError: it is not JSON.
        OSError: it cannot be opened.
    """
    with open(path, "rb") as file:
        data = file.read(LARGEST + 1)
    try:
        if len(data) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"cannot read {str(path)!r} as JSON: {error}") from None


def is_record(entry: Any) -> bool:
    """Whether an entry of a history is a dict from names to numbers."""
    return isinstance(entry, dict) and all(isinstance(value, int | float) for value in entry.values())


def check_weights(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor], misfit: str) -> None:
    """Raise ValueError if names, shapes or kinds of numbers differ, or a weight is infinite or NaN."""
    for name in sorted(wanted.keys() ^ weights.keys()):
        raise ValueError(f"{misfit}: it {'lacks' if name in wanted else 'has an unknown'} {name!r}")
    for name, weight in weights.items():
        if weight.shape != wanted[name].shape or weight.dtype.kind != wanted[name].dtype.kind:
            found, needed = (f"{x.dtype} {x.shape}" for x in (weight, wanted[name]))
            raise ValueError(f"{misfit}: its {name!r} is {found} instead of {needed}")
        if not numpy.isfinite(weight.numpy()).all():
            raise ValueError(f"{misfit}: its {name!r} is not finite (NaN or infinity)")
