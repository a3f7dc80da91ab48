"""Published weights, which PyTorch's programs ask for by their addresses: here they are read from files."""

import os
import re
from typing import Any
from urllib.parse import urlparse

__all__ = [
    "HASH_REGEX",
    "download_url_to_file",
    "get_dir",
    "load_state_dict_from_url",
    "load_url",
    "set_dir",
    "urlparse",
]

HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")  # the first digits of a file's sum, in its name

place = [os.path.join(os.path.expanduser("~"), ".cache", "torch", "hub")]


def get_dir() -> str:
    """Where downloaded files are looked for."""
    return place[0]


def set_dir(d: Any) -> None:
    """Look for downloaded files there."""
    place[0] = os.fspath(d)


def load_state_dict_from_url(
    url: str, model_dir: Any = None, map_location: Any = None, *, file_name: str | None = None, **settings: Any
) -> Any:
    """`load` of the file of this name in the folder `model_dir`, by default `checkpoints` in that of the hub.

    Raises:
        FileNotFoundError: it is not there; nothing is downloaded.
    """
    from ..io import load

    folder = os.path.join(get_dir(), "checkpoints") if model_dir is None else os.fspath(model_dir)
    path = os.path.join(folder, file_name or os.path.basename(url))
    if not os.path.exists(path):
        raise FileNotFoundError(f"there is no {path}; nothing is downloaded here: put the file from {url} there")
    return load(path, map_location)


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
    """Refuse.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(f"nothing is downloaded here: put the file from {url} at {dst}")


load_url = load_state_dict_from_url
