"""TensorBoard's event files, as PyTorch's programs write them; the package tensorboardX does it."""

from collections.abc import Callable
from typing import Any

from ..extras import require
from ..tensor import Tensor

__all__ = ["SummaryWriter"]


class SummaryWriter:
    """A writer of scalars, histograms and images into a folder: tensorboardX's, which gets arrays for Tensors.

    Raises:
        ImportError: tensorboardX is not installed.
    """

    def __init__(self, log_dir: Any = None, *arguments: Any, **settings: Any) -> None:
        made = require("tensorboardX", "tensorboard", "writing event files for TensorBoard").SummaryWriter
        self.writer = made(None if log_dir is None else str(log_dir), *arguments, **settings)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.writer, name)
        return lambda *arguments, **named: method(*plain(arguments), **plain(named))

    def __enter__(self) -> "SummaryWriter":
        return self

    def __exit__(self, *exception: object) -> None:
        self.writer.close()


def plain(value: Any) -> Any:
    """The value with arrays in the place of Tensors, also in dictionaries, lists and tuples."""
    if isinstance(value, Tensor):
        return value.detach().numpy()
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return type(value)(map(plain, value)) if type(value) in (list, tuple) else value
