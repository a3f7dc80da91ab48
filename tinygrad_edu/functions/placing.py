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
from ..ops.elementwise import masked, where
from ..ops.indexing import getitem, put
from ..recording import wrap
from ..tensor import Tensor

__all__ = ["REDUCTIONS", "add_at", "check_dtype", "overwrite", "positions", "reduce_into"]

Array = NDArray[Any]


def positions(shape: tuple[int, ...]) -> Array:
    """For each element of a Tensor of this shape its place in the flattened Tensor."""
    return numpy.arange(numpy.prod(shape, dtype=int)).reshape(shape)


def overwrite(input: Tensor, source: Tensor, places: Array) -> Tensor:
    """The input with source[i] at places[i] of its flattened elements; the last of several for one place wins."""
    origin = numpy.full(input.numel(), -1)
    origin[places.reshape(-1)] = numpy.arange(places.size)
    origin = origin.reshape(input.shape)
    if source.numel():
        taken = getitem(source.reshape(-1), index=numpy.maximum(origin, 0))
    else:
        taken = put(source.reshape(-1), index=places.reshape(-1), shape=(input.numel(),)).reshape(input.shape)
    return where(wrap(origin >= 0), taken, input)


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
    touched, group = numpy.unique(places, return_inverse=True)
    group, values = group.reshape(-1), source.reshape(-1)
    if include_self:
        values = movement.cat(getitem(input.reshape(-1), index=touched), values, dim=0)
        group = numpy.concatenate([numpy.arange(len(touched)), group])
    if not touched.size:
        return overwrite(input, source, touched)
    order = numpy.argsort(group, kind="stable")  # group by group
    reduced = REDUCTIONS[reduce](getitem(values, index=order), group[order])
    return overwrite(input, reduced, touched)


def group_sum(values: Tensor, group: Array) -> Tensor:
    """The sum of each group of values, which stand together."""
    return put(values, index=group, shape=(int(group[-1]) + 1,))


def group_mean(values: Tensor, group: Array) -> Tensor:
    """The mean of each group of values; of integers rounded down."""
    counts = wrap(numpy.bincount(group).astype(values.dtype))
    return group_sum(values, group) / counts if values.dtype.kind == "f" else group_sum(values, group) // counts


def group_prod(values: Tensor, group: Array) -> Tensor:
    """The product of each group of values, by pairs: no division, so that zeros are no special case."""
    while group[-1] + 1 < len(group):
        rank = numpy.arange(len(group)) - numpy.searchsorted(group, group)
        firsts = numpy.flatnonzero(rank % 2 == 0)
        paired = numpy.append(group[1:] == group[:-1], False)[firsts]
        partners = getitem(values, index=numpy.minimum(firsts + 1, len(group) - 1))
        values = getitem(values, index=firsts)
        values = where(wrap(paired), values * partners, values)
        group = group[firsts]
    return values


def group_extreme(values: Tensor, group: Array, extreme: Any) -> Tensor:
    """The extreme of each group of values; those that reach it share its gradient, unless it is infinite."""
    starts = numpy.searchsorted(group, numpy.arange(group[-1] + 1))
    top = extreme.reduceat(values._array, starts)
    if not values.requires_grad:
        return wrap(top)
    reached = (values._array == top[group]) & numpy.isfinite(values._array)
    ties = numpy.maximum(numpy.add.reduceat(reached, starts, dtype=values.dtype), 1)
    with numpy.errstate(invalid="ignore"):
        # the values that reach it are nothing above it: they add their gradients to it, and to its value 0
        above = masked(values - wrap(top[group]), wrap(reached))
    return wrap(top) + group_sum(above / wrap(ties[group]), group)


def group_amax(values: Tensor, group: Array) -> Tensor:
    """The largest of each group of values, NaN if there is one."""
    return group_extreme(values, group, numpy.maximum)


def group_amin(values: Tensor, group: Array) -> Tensor:
    """The smallest of each group of values, NaN if there is one."""
    return group_extreme(values, group, numpy.minimum)


REDUCTIONS: dict[str, Callable[[Tensor, Array], Tensor]] = {
    "sum": group_sum,
    "prod": group_prod,
    "mean": group_mean,
    "amax": group_amax,
    "amin": group_amin,
}
