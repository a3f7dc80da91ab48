"""The reductions of losses as PyTorch's core counts them, for losses that programs write in its manner."""

from typing import Any

from .forms import in_one_word

__all__ = ["get_enum", "legacy_get_enum", "legacy_get_string"]

NUMBERS = {"none": 0, "mean": 1, "elementwise_mean": 1, "sum": 2}


def get_enum(reduction: str) -> int:
    """The number of a reduction.

    Raises:
        ValueError: there is no such reduction.
    """
    if reduction not in NUMBERS:
        raise ValueError(f"{reduction} is not a valid value for reduction; use one of 'none', 'mean' and 'sum'")
    return NUMBERS[reduction]


def legacy_get_string(size_average: Any, reduce: Any, emit_warning: bool = True) -> str:
    """The reduction that the two arguments of before 2018 mean."""
    return in_one_word({"size_average": size_average, "reduce": reduce}, emit_warning)["reduction"]


def legacy_get_enum(size_average: Any, reduce: Any, emit_warning: bool = True) -> int:
    """The number of the reduction that the two arguments of before 2018 mean."""
    return get_enum(legacy_get_string(size_average, reduce, emit_warning))
