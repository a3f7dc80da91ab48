"""Sums and other results of many elements, products of matrices, softmax."""

from collections.abc import Callable
from typing import Any

import numpy

from ..graph import Graph, Value
from ..table import row

Dims = tuple[int, ...] | None


def reduced(g: Graph, operator: str, x: Value, dim: Dims, keepdim: bool) -> Any:
    """x reduced over dimensions, all without them."""
    if dim == () or not x.ndim:
        return x
    axes = [] if dim is None else [g.axes(dim)]
    return getattr(g, operator)(x, *axes, keepdims=int(keepdim))


@row
def sum(g: Graph, x: Value, *, dim: Dims = None, keepdim: bool = False) -> Any:
    return reduced(g, "ReduceSum", g.cast(x, g.call.dtypes[0]), dim, keepdim)


@row
def prod(g: Graph, x: Value, *, dim: Dims = None, keepdim: bool = False) -> Any:
    return reduced(g, "ReduceProd", g.cast(x, g.call.dtypes[0]), dim, keepdim)


@row
def mean(g: Graph, x: Value, *, dim: Dims = None, keepdim: bool = False) -> Any:
    return reduced(g, "ReduceMean", g.cast(x, g.call.dtypes[0]), dim, keepdim)


@row
def amax(g: Graph, x: Value, *, dim: Dims = None, keepdim: bool = False) -> Any:
    return through_integers(g, x, lambda y: reduced(g, "ReduceMax", y, dim, keepdim))


@row
def farthest(g: Graph, x: Value) -> Any:
    return reduced(g, "ReduceMax", x, (-1,), False)


@row
def amin(g: Graph, x: Value, *, dim: Dims = None, keepdim: bool = False) -> Any:
    return through_integers(g, x, lambda y: reduced(g, "ReduceMin", y, dim, keepdim))


@row
def any(g: Graph, x: Value, *, dim: Dims = None, keepdim: bool = False) -> Any:
    return amax(g, g.cast(x, bool), dim=dim, keepdim=keepdim)


@row
def all(g: Graph, x: Value, *, dim: Dims = None, keepdim: bool = False) -> Any:
    return amin(g, g.cast(x, bool), dim=dim, keepdim=keepdim)


def through_integers(g: Graph, x: Value, function: Callable[[Any], Any]) -> Any:
    """A function of bools that is one of integers only."""
    if x.dtype != bool:
        return function(x)
    return g.cast(function(g.cast(x, "int32")), bool)


@row
def logsumexp(g: Graph, x: Value, *, dim: Dims = None, keepdim: bool = False) -> Any:
    return reduced(g, "ReduceLogSumExp", x, dim, keepdim)


@row
def euclidean(g: Graph, x: Value, *, dim: Dims = None, keepdim: bool = False) -> Any:
    return g.Abs(x) if not x.ndim else reduced(g, "ReduceL2", x, dim, keepdim)


def index_of(operator: str) -> Callable[..., Any]:
    """The row of argmax or argmin; the first of equal elements."""

    def find(g: Graph, x: Value, *, dim: int | None = None, keepdim: bool = False) -> Any:
        ones = (1,) * x.ndim
        shape = x.shape
        x = g.cast(x, "int32") if x.dtype == bool else x
        if dim is None or not ones:
            found = getattr(g, operator)(g.Reshape(x, g.ints((-1,))), axis=0, keepdims=0)
            return g.Reshape(found, g.ints(ones if keepdim else ()))
        return getattr(g, operator)(x, axis=dim % len(shape), keepdims=int(keepdim))

    return find


row(name="argmax")(index_of("ArgMax"))
row(name="argmin")(index_of("ArgMin"))


# scans


@row
def cumsum(g: Graph, x: Value, *, dim: int, reverse: bool = False) -> Any:
    return g.CumSum(x, g.constant(numpy.int64(dim)), reverse=int(reverse))


# products of matrices


@row
def matmul(g: Graph, x: Value, y: Value) -> Any:
    return g.MatMul(x, y)


@row
def linear(g: Graph, x: Value, weight: Value, bias: Value | None = None) -> Any:
    if x.ndim == 2 and x.dtype.kind == "f":
        return g.Gemm(x, weight, *[] if bias is None else [bias], transB=1)
    product = g.MatMul(x, g.Transpose(weight, perm=(1, 0)))
    return product if bias is None else g.Add(product, bias)


# softmax


@row
def softmax(g: Graph, x: Value, *, dim: int) -> Any:
    return g.Softmax(x, axis=dim)


@row
def log_softmax(g: Graph, x: Value, *, dim: int) -> Any:
    return g.LogSoftmax(x, axis=dim)


@row
def logits_cross_entropy(g: Graph, x: Value, *, target: Value, reduction: str = "none") -> Any:
    picked = g.GatherElements(g.LogSoftmax(x, axis=1), g.Unsqueeze(g.cast(target, "int64"), g.axes((1,))), axis=1)
    losses = g.Neg(g.Squeeze(picked, g.axes((1,))))
    if reduction == "none":
        return losses
    return (g.ReduceSum if reduction == "sum" else g.ReduceMean)(losses, keepdims=0)
