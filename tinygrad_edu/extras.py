"""Optional packages: NumPy alone is required, what needs more says which extra brings it."""

import importlib
from typing import Any

__all__ = ["require"]

KNOWN_AS = {"PIL": "Pillow", "sklearn": "scikit-learn"}  # where a package is known by another name than its module's


def require(module: str, extra: str, purpose: str) -> Any:
    """The module of an optional package; `purpose` says what it is needed for.

    Raises:
        ImportError: it is not installed; the message is one line that names the extra to install.

    >>> require("a_package_that_is_not_there", "viz", "drawing this")
    Traceback (most recent call last):
    ImportError: drawing this needs a_package_that_is_not_there: pip install "tinygrad-edu[viz]"
    """
    package = module.partition(".")[0]
    try:
        importlib.import_module(package)
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # it is there, and itself lacks something: that is another story
        name = KNOWN_AS.get(package, package)
        raise ImportError(f'{purpose} needs {name}: pip install "tinygrad-edu[{extra}]"') from None
