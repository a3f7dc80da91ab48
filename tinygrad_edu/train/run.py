"""The folder of a run, to read."""

import errno
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from ..io import load_safetensors
from ..nn import Module
from ..tensor import Tensor
from ..wording import in_our_words
from .callbacks import HISTORY, TABLE
from .config import Config, ConfigError, completed
from .setup import CHECKPOINT, build_model

__all__ = ["CONFIG", "FILES", "RESULT", "WEIGHTS", "Run", "read_config"]

CONFIG = "config.toml"  # what was asked for
WEIGHTS = "model.safetensors"
RESULT = "result.json"  # what came of it
CURVES = "loss.svg"  # the history as a picture
GRAPH = "graph.svg"  # of one training step
FILES = (CONFIG, WEIGHTS, RESULT, HISTORY, TABLE, CURVES, GRAPH, CHECKPOINT)

LARGEST = 1 << 24  # bytes of a file of text


@dataclass(frozen=True)
class Run:
    """A training: its folder, what config.toml and history.jsonl say, and result.json once it has come to its end."""

    folder: Path
    config: Config
    history: list[dict[str, float]]
    result: dict[str, Any]

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> "Run":
        """Read what a run's folder says; the weights are read by `model`.

        Raises:
            ValueError: a file is not what a training writes.
            OSError: a file is missing or cannot be opened.
        """
        folder = Path(folder)
        config = read_config(folder / CONFIG)
        try:
            config = completed(config)
        except ConfigError as error:
            raise ValueError(f"{str(folder / CONFIG)!r} is not the configuration of a run: {error}") from None
        history = read_history(folder / HISTORY) if (folder / HISTORY).exists() else []
        result = read_json(folder / RESULT) if (folder / RESULT).exists() else {}
        if not isinstance(result, dict):
            raise ValueError(f"{str(folder / RESULT)!r} is not the result of a run: it holds no JSON object")
        return cls(folder, config, history, result)

    def model(self) -> Module:
        """The network with its weights, in evaluation mode.

        Raises:
            ValueError: the weights are damaged, are not those of this network, or are not all finite.
            OSError: the file of the weights is missing or cannot be opened.
        """
        path = self.folder / WEIGHTS
        model = build_model(self.config)
        if not path.exists() and (self.folder / CHECKPOINT).exists():
            reason = "the training has not come to its end; train --resume goes on with it"
            raise FileNotFoundError(errno.ENOENT, reason, str(path))
        weights = load_safetensors(path)
        name = self.config["model"]["name"]
        check_weights(weights, model.state_dict(), f"{str(path)!r} does not fit the model {name!r}")
        model.load_state_dict(weights)
        return model.eval()


def read_text(path: Path, kind: str) -> str:
    """The text in a file.

    Raises:
        ValueError: it is too large, or no text.
        OSError: it cannot be opened.
    """
    with open(path, "rb") as file:
        data = file.read(LARGEST + 1)
    try:
        if len(data) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
        return data.decode()
    except ValueError as error:
        raise ValueError(f"cannot read {str(path)!r} as {kind}: {in_our_words(error)}") from None


def read_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a TOML file holds.

    Raises:
        ValueError: it is not TOML.
        OSError: it cannot be opened.
    """
    try:
        return tomllib.loads(read_text(Path(path), "TOML"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"cannot read {os.fspath(path)!r} as TOML: {in_our_words(error)}") from None


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        ValueError: it is not JSON.
        OSError: it cannot be opened.
    """
    text = read_text(path, "JSON")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"cannot read {str(path)!r} as JSON: {in_our_words(error)}") from None


def read_history(path: Path) -> list[dict[str, float]]:
    """The records in a file of JSON lines; a last line that was not written to its end is left out.

    Raises:
        ValueError: it is not such a file.
        OSError: it cannot be opened.
    """
    *lines, _ = read_text(path, "JSON lines").split("\n")
    try:
        history = [json.loads(line) for line in lines]
    except (ValueError, RecursionError) as error:
        raise ValueError(f"cannot read {str(path)!r} as JSON lines: {in_our_words(error)}") from None
    if not all(map(is_record, history)):
        raise ValueError(f"{str(path)!r} is not a history: its lines are not all objects with numbers")
    return history


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
