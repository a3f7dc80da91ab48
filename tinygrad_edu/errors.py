"""Errors in our own words. They are worked out after a call has failed, so a call that succeeds pays nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .wording import TOO_LARGE, in_our_words

__all__ = [
    "EXPLAINED",
    "PLAIN",
    "ArgumentError",
    "DtypeError",
    "GradientError",
    "LinAlgError",
    "PlaceError",
    "ShapeError",
    "broadcast_clash",
    "check_operands",
    "did_you_mean",
    "explain",
    "misfitting_rule",
]


class ShapeError(ValueError, RuntimeError):
    """Shapes that do not fit. A ValueError to Python's eye; a RuntimeError too, as PyTorch's programs expect."""


class ArgumentError(ValueError, RuntimeError):
    """A value that an argument cannot have. A ValueError to Python's eye; a RuntimeError too, as PyTorch's raise."""


class PlaceError(IndexError, RuntimeError):
    """An index out of range. An IndexError to Python's eye; a RuntimeError too, as PyTorch's functions raise."""


class DtypeError(TypeError, RuntimeError):
    """An index or mask of another dtype. A TypeError to Python's eye; a RuntimeError too, as PyTorch's raise."""


class GradientError(RuntimeError):
    """A gradient that cannot be computed: no graph, a freed one, or a saved value that was overwritten."""


class LinAlgError(RuntimeError):
    """A matrix for which there is no such result: a singular one to invert, one without a Cholesky factor."""


# what may come from below; a number that is too large for C is an OverflowError
EXPLAINED = (AttributeError, IndexError, MemoryError, OverflowError, TypeError, ValueError, ZeroDivisionError)


def explain(operation: Any, arrays: Sequence[Any], settings: Mapping[str, Any], error: Exception) -> Exception:
    """The error to raise where an operation failed on these arrays: what came, and what does not fit.

    An error that says so already, in words of ours, passes unchanged.
    """
    if isinstance(error, (ShapeError, GradientError)) or not isinstance(error, EXPLAINED):
        return error
    told = ", ".join(map(describe, arrays))
    told += "".join(f", {name}={value!r}" for name, value in settings.items() if len(repr(value)) < 60)
    shapes = [getattr(x, "shape", ()) for x in arrays]
    if "f" not in operation.kinds and any(hasattr(x, "dtype") and x.dtype.kind == "f" for x in arrays):
        return RuntimeError(f"{operation.name}({told}): it is not for floats; convert them with .int()")
    words = in_our_words(error)
    if isinstance(error, MemoryError):
        return RuntimeError(f"{operation.name}({told}): {words}")
    if words == TOO_LARGE:
        reason = None
    elif operation.misfit is not None:
        reason = operation.misfit(*shapes)
    else:
        reason = broadcast_clash(shapes) if operation.promotion else None
    kind: type[Exception] = DtypeError if isinstance(error, (AttributeError, TypeError)) else ShapeError
    kind = IndexError if isinstance(error, IndexError) else kind
    return (ShapeError if reason else kind)(f"{operation.name}({told}): {reason or words}")


PLAIN = {bool, int, float, complex, str, list, tuple, dict, type(None)}  # what NumPy would make an array of


def check_operands(name: str, operands: Sequence[Any]) -> None:
    """Refuse a call where nothing is a Tensor or an array: NumPy would take numbers and lists, and give its own.

    Raises:
        TypeError: nothing is.
    """
    if not any(hasattr(x, "dtype") for x in operands):
        told = ", ".join(f"{type(x).__name__} {x!r:.40}" for x in operands) or "nothing"
        raise TypeError(f"{name} takes Tensors, got {told}; tensor() makes one of numbers")


def misfitting_rule(name: str, given: str, names: Sequence[str], known: Iterable[str]) -> TypeError:
    """The error to raise where a rule asks for something that a call does not have."""
    return TypeError(
        f"the rule of {name} for {given} takes ({', '.join(names)}); "
        f"it must take g first, then any of {', '.join(sorted(known))}"
    )


def describe(x: Any) -> str:
    """`float32 (3, 4)` of an array, and a number as it is."""
    return f"{x.dtype} {x.shape}" if hasattr(x, "dtype") and hasattr(x, "shape") else f"{x!r:.60}"


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


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`did you mean 'adam'? ` of the known name that is like the given one, in whatever case; nothing if none is.

    >>> did_you_mean("Adma", ["adam", "sgd"])
    "did you mean 'adam'? "
    """
    import difflib  # when something is wrong already

    names = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), names, n=1)
    return f"did you mean {names[near[0]]!r}? " if near else ""
