"""Elements of a source that go to places of a Tensor: they replace what is there, or are reduced with it.

A place counts through the flattened Tensor. Where several elements go to one place and nothing says how they meet, the
last one wins, and it alone gets the gradient of that place. (PyTorch leaves open which one wins, and gives the gradient
to all of them.)
"""

from collections.abc import Callable
from typing import Any

import numpy
from numpy.typing import NDArray

from ..ops import movement
from ..ops.comparison import ge
from ..ops.elementwise import masked, maximum, sub, where
from ..ops.indexing import gather, getitem, put
from ..primitive import primitive
from ..recording import wrap
from ..tensor import Tensor

__all__ = ["REDUCTIONS", "add_at", "check_dtype", "overwrite", "placed", "positions", "reduce_into"]

Array = NDArray[Any]


def positions(shape: tuple[int, ...]) -> Array:
    """For each element of a Tensor of this shape its place in the flattened Tensor."""
    return numpy.arange(numpy.prod(shape, dtype=int)).reshape(shape)


@primitive(formula=r"\bar{x} = \bar{y}[index]")
def placed(x: Any, *, index: Any, size: int) -> Any:
    """Zeros with x at indices into the last dimension, the last of equal ones; `(.., n) -> (.., size)`."""
    out = numpy.zeros((*x.shape[:-1], size), x.dtype)
    numpy.put_along_axis(out, index, x, -1)
    return out


# PyTorch's rule, also where an index stands twice: each value's gradient is that of its place
placed.vjp(x=lambda g, index: gather(g, dim=g.ndim - 1, index=index))


def overwrite(input: Tensor, source: Tensor, places: Array) -> Tensor:
    """The input with source[i] at places[i] of its flattened elements; the last of several for one place wins."""
    # by operations, which an exporter sees
    index = movement.reshape(places, shape=(places.size,))
    origin = sub(placed(numpy.arange(1, places.size + 1), index=index, size=input.numel()), 1)
    origin = movement.reshape(origin, shape=input.shape)
    if source.numel():
        taken = getitem(source.reshape(-1), index=maximum(origin, 0))
    else:
        taken = put(source.reshape(-1), index=places.reshape(-1), shape=(input.numel(),)).reshape(input.shape)
    return where(wrap(ge(origin, 0)), taken, input)


def add_at(input: Tensor, source: Tensor, places: Array) -> Tensor:
    """The input with source[i] added at places[i] of its flattened elements; repeats add up."""
    return input + put(source.reshape(places.shape), index=places, shape=(input.numel(),)).reshape(input.shape)


def check_dtype(input: Tensor, source: Tensor, name: str) -> None:
    """Refuse a source of another dtype.

    Raises:
        RuntimeError: it has.
    """
    if input.dtype != source.dtype:
        raise RuntimeError(f"{name} needs a source of {input.dtype} as the input, got {source.dtype}")


def reduce_into(input: Tensor, source: Tensor, places: Array, reduce: str, include_self: bool) -> Tensor:
    """The input, in which what goes to each of these places of its flattened elements is reduced to one."""
    n = input.numel()
    values, group = source.reshape(-1), places.reshape(-1)
    if include_self:
        values = movement.cat(input.reshape(-1), values, dim=0)
        group = numpy.concatenate([numpy.arange(n), group])
    touched = numpy.zeros(n, bool)
    touched[places] = True
    reduced = REDUCTIONS[reduce](values, group, n)
    return where(wrap(touched.reshape(input.shape)), reduced.reshape(input.shape), input)


def group_sum(values: Tensor, group: Array, n: int) -> Tensor:
    """The sum of each of n groups; value i is in group[i]."""
    return put(values, index=group, shape=(n,))


def group_mean(values: Tensor, group: Array, n: int) -> Tensor:
    """The mean of each group; of integers rounded down."""
    counts = wrap(numpy.maximum(numpy.bincount(group, minlength=n), 1).astype(values.dtype))
    total = group_sum(values, group, n)
    return total / counts if values.dtype.kind == "f" else total // counts


def group_prod(values: Tensor, group: Array, n: int) -> Tensor:
    """The product of each group, by pairs: no division, so that zeros are no special case."""
    order = numpy.argsort(group, kind="stable")
    values, group = getitem(values, index=order), group[order]
    while (again := group[1:] == group[:-1]).any():
        rank = numpy.arange(len(group)) - numpy.searchsorted(group, group)
        firsts = numpy.flatnonzero(rank % 2 == 0)
        paired = numpy.append(again, False)[firsts]
        partners = getitem(values, index=numpy.minimum(firsts + 1, len(group) - 1))
        values = getitem(values, index=firsts)
        values = where(wrap(paired), values * partners, values)
        group = group[firsts]
    return group_sum(values, group, n)


def group_extreme(values: Tensor, group: Array, n: int, extreme: Any) -> Tensor:
    """The extreme of each group; those that reach it share its gradient, unless it is infinite."""
    top = numpy.zeros(n, values.dtype)
    top[group] = values._array  # one of each group, to begin with
    with numpy.errstate(invalid="ignore"):  # NaN is no mistake
        extreme.at(top, group, values._array)
    if not values.requires_grad:
        return wrap(top)
    reached = (values._array == top[group]) & numpy.isfinite(values._array)
    ties = numpy.maximum(numpy.bincount(group[reached], minlength=n), 1).astype(values.dtype)
    with numpy.errstate(invalid="ignore"):
        # the values that reach it are 0 above it: they add their gradients to it, and nothing to its value
        above = masked(values - wrap(top[group]), wrap(reached))
    return wrap(top) + group_sum(above / wrap(ties[group]), group, n)


def group_amax(values: Tensor, group: Array, n: int) -> Tensor:
    """The largest of each group, NaN if there is one."""
    return group_extreme(values, group, n, numpy.maximum)


def group_amin(values: Tensor, group: Array, n: int) -> Tensor:
    """The smallest of each group, NaN if there is one."""
    return group_extreme(values, group, n, numpy.minimum)


REDUCTIONS: dict[str, Callable[[Tensor, Array, int], Tensor]] = {
    "sum": group_sum,
    "prod": group_prod,
    "mean": group_mean,
    "amax": group_amax,
    "amin": group_amin,
}
