"""Functions of complex numbers, which libraries name when they are imported; Tensors hold none, so that all refuse."""

from typing import Any, NoReturn

__all__ = ["complex", "istft", "polar", "stft", "view_as_complex", "view_as_real"]


def complex(*args: Any, **settings: Any) -> NoReturn:
    """Refuse.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("Tensors hold no complex numbers; keep real and imaginary parts in two of them")


polar = view_as_complex = view_as_real = stft = istft = complex
