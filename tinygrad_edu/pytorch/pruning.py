"""Functions of PyTorch's nn.utils.prune that programs call by private names."""

from typing import Any

from ..nn.utils.prune import check_amount, counted

__all__ = ["_compute_nparams_toprune", "_validate_pruning_amount", "_validate_pruning_amount_init"]

_validate_pruning_amount_init = check_amount


def _validate_pruning_amount(amount: Any, tensor_size: int) -> None:
    """Refuse a number that is larger than the size.

    Raises:
        ValueError: it is.
    """
    counted(amount, tensor_size)


def _compute_nparams_toprune(amount: Any, tensor_size: int) -> int:
    """How many elements an amount is."""
    return counted(amount, tensor_size)
