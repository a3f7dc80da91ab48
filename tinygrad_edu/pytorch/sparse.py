"""Sparse matrices as PyTorch's programs make them: here they are dense, with zeros where nothing was given."""

from collections.abc import Sequence
from typing import Any

from ..functions.creation import as_tensor, zeros
from ..functions.dims import as_sizes
from ..functions.joining import stack
from ..functions.linear import addmm, mm
from ..functions.reduction import sum
from ..functions.sequences import arange
from ..functions.types import DoubleTensor as Double
from ..functions.types import FloatTensor as Float
from ..tensor import Tensor

__all__ = ["DoubleTensor", "FloatTensor", "addmm", "mm", "sum"]


def sparse_coo_tensor(
    indices: Any,
    values: Any,
    size: Sequence[int] | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **settings: Any,
) -> Tensor:
    """The Tensor with values at places, `(d, n)` for d dimensions, those at one place added."""
    places, given = as_tensor(indices).long(), as_tensor(values, dtype=dtype, device=device)
    found = tuple((places.amax(1) + 1).tolist()) + given.shape[1:] if size is None else as_sizes(size)
    made: Tensor = zeros(*found, dtype=given.dtype).index_put(tuple(places), given, accumulate=True)
    return made.requires_grad_() if requires_grad else made


def _convert_indices_from_coo_to_csr(input: Tensor, size: int, *, out_int32: bool = False) -> Any:
    """Where each of so many rows ends, of the sorted rows of values, and 0 before the first; `(n) -> (size + 1)`."""
    ends: Any = zeros(size + 1, dtype=input.dtype)
    ends[1:] = input.bincount(minlength=size).cumsum(0)
    return ends.int() if out_int32 else ends


def sparse_csr_tensor(
    crow_indices: Any, col_indices: Any, values: Any, size: Sequence[int] | None = None, **settings: Any
) -> Tensor:
    """The matrix with values in columns, row after row; row i has those from the i-th of `crow_indices` to the next."""
    ends, columns = as_tensor(crow_indices).long(), as_tensor(col_indices).long()
    rows = arange(len(ends) - 1).repeat_interleave(ends.diff())
    sides = (len(ends) - 1, int(columns.max()) + 1 if columns.numel() else 0) if size is None else size
    return sparse_coo_tensor(stack([rows, columns]), values, sides, **settings)


def sparse_csc_tensor(
    ccol_indices: Any, row_indices: Any, values: Any, size: Sequence[int] | None = None, **settings: Any
) -> Tensor:
    """The matrix with values in rows, column after column: the transpose of what sparse_csr_tensor makes of it."""
    sides = None if size is None else (size[1], size[0])
    turned: Any = sparse_csr_tensor(ccol_indices, row_indices, values, sides, **settings)
    return turned.t()


def FloatTensor(indices: Any, values: Any, size: Sequence[int] | None = None) -> Tensor:  # noqa: N802
    """sparse_coo_tensor of float32."""
    return sparse_coo_tensor(indices, values if isinstance(values, Tensor) else Float(values), size).float()


def DoubleTensor(indices: Any, values: Any, size: Sequence[int] | None = None) -> Tensor:  # noqa: N802
    """sparse_coo_tensor of float64."""
    return sparse_coo_tensor(indices, values if isinstance(values, Tensor) else Double(values), size).double()


def itself(self: Tensor, *arguments: Any, **named: Any) -> Tensor:
    """The Tensor itself: it is dense, and no place in it comes twice."""
    return self


def indices(self: Tensor) -> Tensor:
    """Where the Tensor is not zero; `(d, n)`."""
    return self.detach().nonzero().t()


def values(self: Tensor) -> Any:
    """What is not zero."""
    return self[self.detach().nonzero(as_tuple=True)]


METHODS = {
    **dict.fromkeys(
        ["_coalesced_", "coalesce", "to_dense", "to_sparse", "to_sparse_coo", "to_sparse_csc", "to_sparse_csr"], itself
    ),
    **dict.fromkeys(["indices", "_indices"], indices),
    **dict.fromkeys(["values", "_values"], values),
    "is_coalesced": lambda self: True,
    "_nnz": lambda self: int(self.count_nonzero()),
}
