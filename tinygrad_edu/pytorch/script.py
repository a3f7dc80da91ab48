"""Running a script with this engine in PyTorch's place."""

import os
import runpy
import sys
from collections.abc import Sequence

from .importing import as_torch

__all__ = ["run_script"]


def run_script(path: str, arguments: Sequence[str] = ()) -> None:
    """Run a Python file as `python file arguments` would, except that `import torch` finds this engine.

    Raises:
        FileNotFoundError: there is no such file.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(2, "No such file", path)
    argv, folders = sys.argv, list(sys.path)
    sys.argv = [path, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    try:
        with as_torch():
            runpy.run_path(path, run_name="__main__")
    finally:
        sys.argv, sys.path[:] = argv, folders
