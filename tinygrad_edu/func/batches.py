"""vmap: a function of one example made a function of a batch, by a loop."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import ArgumentError, PlaceError
from ..functions.comparison import equal
from ..functions.creation import zeros
from ..functions.joining import stack
from ..tensor import Tensor
from .examples import Examples
from .structures import flatten, rebuild, spread

__all__ = ["vmap"]


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that applies `func` to each element of a batch and stacks the results; it runs `func` in a loop.

    `in_dims` says along which dimension each argument is a batch, None for one that all share: an int for all, or
    the structure of the arguments; those by name are shared. `out_dims` says where the batch stands in each result,
    None of what is the same for all.
    `randomness` is "error", "different" for draws of their own, or "same" for the same draws for each. `chunk_size`
    makes no difference. For an empty batch the function runs once, on zeros, to tell what its results are like.

    >>> from tinygrad_edu import tensor
    >>> vmap(lambda x, y: (x * y).sum(), in_dims=(0, None))(tensor([[1.0, 2.0], [3.0, 4.0]]), tensor([1.0, 10.0]))
    tensor([21., 43.])

    Raises:
        ValueError: the settings do not fit the arguments, batches differ in size, or `func` returns something else than
            Tensors, or different ones, where there is to be one.
        IndexError: there is no such place for the batch in a result.
        RuntimeError: random numbers are drawn under randomness="error", or all examples write to one Tensor in place.
    """
    if randomness not in ("error", "different", "same"):
        raise ArgumentError(f'randomness is "error", "different" or "same", got {randomness!r}')
    if chunk_size is not None and chunk_size < 1:
        raise ValueError(f"chunk_size is a positive number or None, got {chunk_size!r}")

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        leaves = flatten(args)
        dims = [place(x, dim) for x, dim in zip(leaves, spread(in_dims, args, "in_dims"), strict=True)]
        sizes = {x.shape[dim] for x, dim in zip(leaves, dims, strict=True) if dim is not None}
        if len(sizes) != 1:
            raise ValueError(
                f"vmap needs batches of one size, got {sorted(sizes)}" if sizes else "vmap needs a Tensor with a batch"
            )
        (size,) = sizes
        batches = [x for x, dim in zip(leaves, dims, strict=True) if dim is not None]
        examples, results = Examples(size or 1, randomness, batches), []
        with examples.watched():
            for i in examples:
                part = [x if dim is None else element(x, dim, i) for x, dim in zip(leaves, dims, strict=True)]
                results.append(func(*rebuild(args, part), **kwargs))
        return joined(results, out_dims, size)

    return call


def place(x: Any, dim: Any) -> int | None:
    """Where the batch stands in an argument, None if it has none.

    Raises:
        ValueError: there is no such dimension, or the argument is no Tensor.
    """
    if dim is None:
        return None
    if not isinstance(dim, int):
        raise ValueError(f"in_dims names dimensions by ints, got {dim!r}")
    if not isinstance(x, Tensor):
        raise ValueError(f"vmap: an argument of type {type(x).__name__} is no batch; give it None among in_dims")
    if not -x.ndim <= dim < x.ndim:
        raise ValueError(f"vmap: dimension {dim} of in_dims is out of range for an argument of shape {x.shape}")
    return dim % x.ndim


def element(x: Tensor, dim: int, i: int) -> Tensor:
    """What one example gets of a batch; of an empty one, zeros of its form."""
    return x.select(dim, i) if x.shape[dim] else zeros(x.shape[:dim] + x.shape[dim + 1 :], dtype=x.dtype)


def joined(results: list[Any], out_dims: Any, size: int) -> Any:
    """The results of so many examples, each part stacked where its dimension of the batch is to stand.

    Raises:
        ValueError: a part is no Tensor.
        IndexError: it has no such place.
    """
    rows = [flatten(result) for result in results]
    if not isinstance(results[0], (tuple, list, dict)) and isinstance(out_dims, tuple) and len(out_dims) == 1:
        out_dims = out_dims[0]
    dims = list(spread(out_dims, results[0], "out_dims"))
    columns = []
    for column, dim in zip(zip(*rows, strict=True), dims, strict=True):
        if dim is None:
            columns.append(shared(column))
            continue
        if not all(isinstance(x, Tensor) for x in column):
            raise ValueError(
                f"vmap: the function must return Tensors where out_dims is not None, got {column[0]!r:.80}"
            )
        if not isinstance(dim, int):
            raise ValueError(f"out_dims names dimensions by ints, got {dim!r}")
        if not -column[0].ndim - 1 <= dim <= column[0].ndim:
            raise PlaceError(f"vmap: {dim!r} of out_dims is no place in a result of shape {column[0].shape}")
        made = stack(column, dim)
        columns.append(made if size else made.narrow(dim, 0, 0))
    return rebuild(results[0], columns)


def shared(column: Sequence[Any]) -> Any:
    """What all examples have in common.

    Raises:
        ValueError: it differs from one to the other.
    """
    first = column[0]
    for x in column:
        if x is not first and not (equal(x, first) if isinstance(x, Tensor) else x == first):
            raise ValueError(
                f"vmap: a result differs from example to example, and cannot be None in out_dims: {first!r:.80}"
            )
    return first
