"""Optional packages: NumPy alone is required, what needs more says which extra brings it."""

import importlib
import re
from typing import Any

__all__ = ["LEAST", "install", "require"]

KNOWN_AS = {"PIL": "Pillow", "math_core": "math-core", "sklearn": "scikit-learn"}  # by another name than its module's

# the versions that the extras ask for; math_core does not tell its own
LEAST = {
    "PIL": "10",
    "graphviz": "0.20",
    "gymnasium": "1.0",
    "hypothesis": "6.100",
    "ipykernel": "6.29",
    "matplotlib": "3.8",
    "nbclient": "0.10",
    "nbformat": "5.10",
    "onnx": "1.17",
    "sklearn": "1.6",
    "tensorboardX": "2.6.2",
}


def require(module: str, extra: str, purpose: str) -> Any:
    """The module of an optional package; `purpose` says what it is needed for.

    Raises:
        ImportError: it is not installed, is too old, or fails itself; the message is one line that names the extra to
            install.

    >>> require("a_package_that_is_not_there", "viz", "drawing this")
    Traceback (most recent call last):
    ImportError: drawing this needs a_package_that_is_not_there: pip install "tinygrad-edu[viz]"
    """
    package = module.partition(".")[0]
    needed, cause = f"{purpose} needs {KNOWN_AS.get(package, package)}", None
    try:
        found = importlib.import_module(package)
        version = getattr(found, "__version__", "")
        if package not in LEAST or numbers(version) >= numbers(LEAST[package]):
            return importlib.import_module(module)
        there = version or getattr(found, "__file__", "a folder of that name")
        needed += f" {LEAST[package]} or newer, and what is there is {there}"
    except Exception as error:  # one that is damaged, or does not fit another package, may fail in any way
        if not (isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == package):
            needed += f", which is there and fails ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
            cause = error
    raise ImportError(f"{needed}: {install(extra)}") from cause


def install(extra: str) -> str:
    """What to type to install an extra."""
    return f'pip install "tinygrad-edu[{extra}]"'


def numbers(version: str) -> list[int]:
    """The numbers that a version begins with, to be compared.

    >>> numbers("1.10.0rc1") > numbers("1.9"), numbers("")
    (True, [])
    """
    return [int(number) for number in re.findall(r"\d+", version.partition("+")[0])]
