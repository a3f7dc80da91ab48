"""Running a script with this engine in PyTorch's place."""

import io
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from .importing import as_torch

__all__ = ["AGAIN", "SCRIPT", "execute", "run_script"]

SCRIPT = "TINYGRAD_EDU_SCRIPT"  # the environment's variable that tells processes which script they belong to
AGAIN = "tinygrad_edu.pytorch.again"


def run_script(path: str, arguments: Sequence[str] = ()) -> None:
    """Run a Python file as `python file arguments` would, except that `import torch` finds this engine.

    Raises:
        FileNotFoundError: there is no such file.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(2, "No such file", path)
    argv, folders, main = sys.argv, list(sys.path), sys.modules["__main__"]
    sys.argv = [path, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    os.environ[SCRIPT] = os.path.abspath(path)
    try:
        with as_torch():
            sys.modules["__main__"] = ModuleType("__main__")
            # a process that is spawned, not forked, imports the module of this name before it does its work
            sys.modules["__main__"].__spec__ = ModuleSpec(AGAIN, None)
            execute(path, sys.modules["__main__"])
    finally:
        sys.argv, sys.path[:], sys.modules["__main__"] = argv, folders, main
        del os.environ[SCRIPT]


def execute(path: str, module: ModuleType) -> None:
    """Run a file's code in a module."""
    vars(module).update(__file__=path, __builtins__=__builtins__)
    with io.open_code(path) as file:
        exec(compile(file.read(), path, "exec"), vars(module))
