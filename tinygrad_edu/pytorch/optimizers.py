"""Names that optimizers of programs' own import from PyTorch's."""

from collections.abc import Iterable
from typing import Any

__all__ = ["ParamsT", "_params_t", "required"]

ParamsT = _params_t = Iterable[Any]


class Required:
    """What stands for a setting that has no default."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = Required()
