"""Errors in our own words. They are worked out after a call has failed, so a call that succeeds pays nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["GradientError", "ShapeError", "explain"]


class ShapeError(ValueError, RuntimeError):
    """Shapes that do not fit. A ValueError to Python's eye; a RuntimeError too, as PyTorch's programs expect."""


class GradientError(RuntimeError):
    """A gradient that cannot be computed: no graph, a freed one, or a saved value that was overwritten."""


def explain(operation: Any, arrays: Sequence[Any], settings: Mapping[str, Any], error: Exception) -> Exception:
    """The error to raise where an operation failed on these arrays with NumPy's `error`; ours pass unchanged."""
    if isinstance(error, (ShapeError, GradientError, MemoryError)) or not from_numpy(error):
        return error
    told = ", ".join(describe(x) for x in arrays)
    told += "".join(f", {name}={value!r}" for name, value in settings.items() if short(value))
    clash = broadcast_clash([getattr(x, "shape", ()) for x in arrays]) if operation.promotion else None
    if clash is not None:
        return ShapeError(f"{operation.name}({told}): {clash}")
    if isinstance(error, IndexError):
        return IndexError(f"{operation.name}({told}): {error}")
    if isinstance(error, TypeError):
        return TypeError(f"{operation.name}({told}): {error}")
    return ShapeError(f"{operation.name}({told}): {error}")


def from_numpy(error: Exception) -> bool:
    """Whether an error came out of NumPy or Python itself rather than from a `raise` in a forward of ours."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return True
    code = trace.tb_frame.f_code
    return code.co_code[trace.tb_lasti] != RAISE or "numpy" in code.co_filename


RAISE = __import__("opcode").opmap["RAISE_VARARGS"]


def describe(x: Any) -> str:
    """`float32 (3, 4)` of an array, and a number as it is."""
    return f"{x.dtype} {x.shape}" if hasattr(x, "shape") else repr(x)


def short(value: Any) -> bool:
    """Whether a setting is worth telling in one line."""
    return isinstance(value, (int, float, str, tuple)) and len(repr(value)) < 60


def broadcast_clash(shapes: Sequence[tuple[int, ...]]) -> str | None:
    """Which dimension keeps shapes from broadcasting, if one does."""
    for place in range(1, max(map(len, shapes), default=0) + 1):
        sizes = {shape[-place] for shape in shapes if len(shape) >= place} - {1}
        if len(sizes) > 1:
            found = " and ".join(map(str, shapes))
            return (
                f"shapes {found} do not broadcast: at dimension -{place} the sizes are "
                f"{' and '.join(map(str, sorted(sizes)))}; sizes must be equal, or one of them 1"
            )
    return None
