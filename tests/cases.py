"""The table of cases: for every primitive its inputs, settings and NumPy's answer; test_primitives.py drives it.

Float inputs are float64 and keep away from kinks, so that finite differences hold. An input may also be an array of
bools or integers. `orders` is how many derivatives are checked, 0 for a primitive that has none.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_edu.kernels.windows import Window
from tinygrad_edu.ops import (
    comparison,
    convolution,
    elementary,
    elementwise,
    indexing,
    linear,
    movement,
    pooling,
    reduction,
    scan,
    softmax,
)
from tinygrad_edu.primitive import Primitive

rng = np.random.default_rng(0)


@dataclass(frozen=True)
class Row:
    """One call of a primitive, and the function of arrays that says what it must give."""

    primitive: Primitive
    oracle: Callable[..., Any]
    inputs: tuple[Any, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    orders: int = 2

    def __str__(self) -> str:
        shapes = "x".join(str(x.shape).replace(" ", "") for x in self.inputs)
        told = [f"{name}={value!r}".replace(" ", "") for name, value in self.settings.items()]
        return "-".join([self.primitive.name, shapes, *(text for text in told if len(text) < 30)])


def values(*shape: int, low: float = -2.0, high: float = 2.0, apart_from: float | None = None) -> Any:
    """Distinct float64 values in random order, none within 0.05 of a kink."""
    grid = np.linspace(low, high, 1009)
    if apart_from is not None:
        grid = grid[abs(grid - apart_from) > 0.05]
    return rng.choice(grid, shape, replace=False)


def unary(primitive: Primitive, oracle: Any, orders: int = 2, settings: Any = None, **domain: Any) -> Iterator[Row]:
    for shape in [(), (3,), (0,), (2, 0), (2, 1, 3)]:
        yield Row(primitive, oracle, (values(*shape, **domain),), settings or {}, orders)


def binary(primitive: Primitive, oracle: Any, orders: int = 2, first: Any = None, **domain: Any) -> Iterator[Row]:
    pairs = [((), ()), ((3,), ()), ((2, 3), (3,)), ((3, 1), (1, 4)), ((0, 3), (1, 3)), ((1,), (2, 2)), ((4,), (4,))]
    for x, y in pairs:
        yield Row(primitive, oracle, (values(*x, **(first or domain)), values(*y, **domain)), {}, orders)


def each(primitive: Primitive, oracle: Any, x: Any, *settings: dict[str, Any], orders: int = 2) -> Iterator[Row]:
    for chosen in settings:
        yield Row(primitive, oracle, (x,), chosen, orders)


def elementary_rows() -> Iterator[Row]:
    for primitive, oracle in [
        (elementary.exp, np.exp),
        (elementary.expm1, np.expm1),
        (elementary.exp2, np.exp2),
        (elementary.sin, np.sin),
        (elementary.cos, np.cos),
        (elementary.atan, np.arctan),
        (elementary.sinh, np.sinh),
        (elementary.cosh, np.cosh),
        (elementary.tanh, np.tanh),
        (elementary.asinh, np.arcsinh),
        (elementary.sigmoid, lambda x: 1 / (1 + np.exp(-x))),
    ]:
        yield from unary(primitive, oracle)
    for primitive, oracle, low, high in [
        (elementary.log, np.log, 0.2, 3),
        (elementary.log1p, np.log1p, -0.8, 3),
        (elementary.log2, np.log2, 0.2, 3),
        (elementary.log10, np.log10, 0.2, 3),
        (elementary.sqrt, np.sqrt, 0.2, 3),
        (elementary.rsqrt, lambda x: x**-0.5, 0.2, 3),
        (elementary.tan, np.tan, -1.2, 1.2),
        (elementary.asin, np.arcsin, -0.9, 0.9),
        (elementary.acos, np.arccos, -0.9, 0.9),
        (elementary.acosh, np.arccosh, 1.2, 3),
        (elementary.atanh, np.arctanh, -0.9, 0.9),
    ]:
        yield from unary(primitive, oracle, low=low, high=high)
    yield from binary(elementary.atan2, np.arctan2, apart_from=0)


def elementwise_rows() -> Iterator[Row]:
    yield from binary(elementwise.add, np.add)
    yield from binary(elementwise.sub, np.subtract)
    yield from binary(elementwise.mul, np.multiply)
    yield from binary(elementwise.div, np.divide, low=0.5, high=2)
    yield from binary(elementwise.pow, np.power, low=0.5, high=2)
    yield Row(elementwise.pow, np.power, (values(3), np.array([2.0, 3.0, 0.0])), orders=1)
    yield from binary(elementwise.maximum, np.maximum)
    yield from binary(elementwise.minimum, np.minimum)
    quotients = {"first": {"low": 2.1, "high": 2.9}, "low": 0.75, "high": 0.95}  # no quotient is near an integer
    yield from binary(elementwise.remainder, np.remainder, **quotients, orders=2)
    yield from binary(elementwise.fmod, np.fmod, **quotients, orders=2)
    yield from binary(elementwise.floor_divide, np.floor_divide, 0, apart_from=0)
    yield from unary(elementwise.neg, np.negative)
    yield from unary(elementwise.reciprocal, np.reciprocal, low=0.5)
    yield from unary(elementwise.square, np.square)
    yield from unary(elementwise.abs, np.abs, apart_from=0)
    yield from unary(elementwise.sign, np.sign, apart_from=0)
    yield from unary(elementwise.relu, lambda x: np.where(x > 0, x, 0), apart_from=0)
    yield from unary(elementwise.clone, np.copy)
    yield from unary(elementwise.cast, lambda x, dtype: x.astype(dtype), settings={"dtype": np.dtype("float64")})
    yield from unary(elementwise.floor, np.floor, low=0.1, high=0.9)
    yield from unary(elementwise.ceil, np.ceil, low=0.1, high=0.9)
    yield from unary(elementwise.trunc, np.trunc, low=0.1, high=0.9)
    yield from unary(elementwise.round, np.round, low=0.6, high=1.4)
    yield from each(
        elementwise.round, lambda x, decimals: np.round(x, decimals), np.array([1.23, 2.38]), {"decimals": 1}
    )
    bounds = [{"low": -1.0}, {"high": 1.0}, {"low": -1.0, "high": 1.0}]
    for x in (np.array([-1.5, -0.5, 0.5, 1.5]), np.array(1.5), values(0, 2)):
        yield from each(elementwise.clamp, lambda x, low=None, high=None: np.clip(x, low, high), x, *bounds)
    masks = [np.array([True, False, True]), np.array(True), np.array([[True], [False]]), np.zeros((0, 3), bool)]
    for mask in masks:
        yield Row(elementwise.where, np.where, (mask, values(3), values(3)))
        yield Row(elementwise.where, np.where, (mask, values(3), values()))
        yield Row(elementwise.masked, lambda x, mask: np.where(mask, x, 0.0), (values(3), mask))


def comparison_rows() -> Iterator[Row]:
    ties = np.array([1.0, 2.0, 3.0]), np.array([[1.0], [2.0]])
    for primitive, oracle in [
        (comparison.eq, np.equal),
        (comparison.ne, np.not_equal),
        (comparison.lt, np.less),
        (comparison.le, np.less_equal),
        (comparison.gt, np.greater),
        (comparison.ge, np.greater_equal),
    ]:
        yield Row(primitive, oracle, ties, orders=0)
        yield from binary(primitive, oracle, 0)
    odd = np.array([0.0, -0.0, 1.0, np.nan, np.inf, -np.inf])
    for primitive, oracle in [
        (comparison.isnan, np.isnan),
        (comparison.isinf, np.isinf),
        (comparison.isfinite, np.isfinite),
        (comparison.logical_not, np.logical_not),
    ]:
        yield Row(primitive, oracle, (odd,), orders=0)
        yield from unary(primitive, oracle, 0)
    for primitive, oracle in [
        (comparison.logical_and, np.logical_and),
        (comparison.logical_or, np.logical_or),
        (comparison.logical_xor, np.logical_xor),
    ]:
        yield Row(primitive, oracle, (odd, odd[:, None]), orders=0)
    whole = np.arange(-3, 5), np.arange(4)[:, None]
    truth = np.array([True, False]), np.array([[True], [False]])
    for pair in (whole, truth):
        yield Row(comparison.bitwise_and, np.bitwise_and, pair, orders=0)
        yield Row(comparison.bitwise_or, np.bitwise_or, pair, orders=0)
        yield Row(comparison.bitwise_xor, np.bitwise_xor, pair, orders=0)
        yield Row(comparison.bitwise_not, np.bitwise_not, pair[:1], orders=0)


REDUCED = [{}, {"dim": (0,)}, {"dim": (1,), "keepdim": True}, {"dim": (0, 2)}, {"keepdim": True}, {"dim": (-1,)}]


def reduced(oracle: Any) -> Any:
    """NumPy's reduction under our settings."""
    return lambda x, dim=None, keepdim=False: oracle(x, axis=dim, keepdims=keepdim)


def logsumexp(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.log(np.exp(x).sum(axis=axis, keepdims=keepdims))


def reduction_rows() -> Iterator[Row]:
    positive = REDUCED[:-1]  # dimensions counted from the left are what primitives take
    for primitive, oracle in [
        (reduction.sum, np.sum),
        (reduction.mean, np.mean),
        (reduction.prod, np.prod),
        (reduction.amax, np.max),
        (reduction.amin, np.min),
        (reduction.logsumexp, logsumexp),
        (reduction.any, np.any),
        (reduction.all, np.all),
    ]:
        orders = 0 if primitive in (reduction.any, reduction.all) else 2
        yield from each(primitive, reduced(oracle), values(2, 3, 4), *positive, orders=orders)
        yield from each(primitive, reduced(oracle), values(), {}, {"keepdim": True}, orders=orders)
        yield from each(primitive, reduced(oracle), values(0, 3), {"dim": (1,)}, orders=orders)
    for primitive, oracle in [(reduction.sum, np.sum), (reduction.prod, np.prod)]:
        yield from each(primitive, reduced(oracle), values(2, 0), {}, {"dim": (1,)}, {"dim": (0,)})
    yield from each(reduction.prod, reduced(np.prod), np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 3.0]]), {}, {"dim": (1,)})
    for primitive, oracle in [(reduction.argmax, np.argmax), (reduction.argmin, np.argmin)]:
        for chosen in [{}, {"dim": 0}, {"dim": 1, "keepdim": True}]:
            yield Row(primitive, reduced(oracle), (values(2, 3),), chosen, 0)
        yield Row(primitive, reduced(oracle), (np.array([1.0, 3.0, 3.0, 1.0]),), {}, 0)


def movement_rows() -> Iterator[Row]:
    x = values(2, 3, 4)
    yield from each(movement.reshape, lambda x, shape: x.reshape(shape), x, {"shape": (6, 4)}, {"shape": (24,)})
    yield from each(movement.reshape, lambda x, shape: x.reshape(shape), values(), {"shape": (1, 1)})
    yield from each(movement.reshape, lambda x, shape: x.reshape(shape), values(0, 3), {"shape": (3, 0)})
    yield from each(movement.permute, lambda x, dims: x.transpose(dims), x, {"dims": (2, 0, 1)}, {"dims": (0, 2, 1)})
    yield from each(movement.permute, lambda x, dims: x.transpose(dims), values(), {"dims": ()})
    yield from each(movement.permute, lambda x, dims: x.transpose(dims), values(0, 3), {"dims": (1, 0)})
    wide = [{"shape": (2, 3, 4)}, {"shape": (5, 2, 3, 4)}]
    yield from each(movement.broadcast_to, np.broadcast_to, values(3, 1), *wide)
    yield from each(movement.broadcast_to, np.broadcast_to, values(), {"shape": (2, 0)}, {"shape": ()})
    yield from each(movement.broadcast_to, np.broadcast_to, values(0, 1), {"shape": (2, 0, 3)})
    yield from each(
        movement.sum_to, sum_to, x, {"shape": (3, 1)}, {"shape": (1, 3, 4)}, {"shape": ()}, {"shape": x.shape}
    )
    yield from each(movement.sum_to, sum_to, values(0, 3), {"shape": (1, 3)})
    yield from each(movement.flip, lambda x, dims: np.flip(x, dims), x, {"dims": (0,)}, {"dims": (0, 2)}, {"dims": ()})
    yield from each(movement.flip, lambda x, dims: np.flip(x, dims), values(0, 2), {"dims": (0, 1)})
    for chosen in [{}, {"offset": 1}, {"offset": -1, "dim1": 1, "dim2": 0}, {"offset": 9}, {"dim1": 1, "dim2": 2}]:
        yield Row(movement.diagonal, diagonal, (values(3, 4, 2),), chosen)
    yield Row(movement.diagonal, diagonal, (values(0, 3),))
    for chosen in [
        {"dim": 0, "size": 2, "step": 1},
        {"dim": 1, "size": 3, "step": 2},
        {"dim": 1, "size": 1, "step": 3},
    ]:
        yield Row(movement.unfold, unfold, (values(3, 5),), chosen)
    yield Row(movement.unfold, unfold, (values(3, 0),), {"dim": 0, "size": 2, "step": 1})
    widths = [{"widths": ((0, 1), (2, 0), (0, 0))}, {"widths": ((1, 1),) * 3, "value": 5.0}]
    yield from each(movement.pad, pad, x, *widths)
    yield from each(movement.pad, pad, values(0, 2), {"widths": ((1, 0), (0, 0))})
    for inputs, dim in [((x, values(2, 1, 4)), 1), ((x,), 0), ((values(2), values(0), values(3)), 0)]:
        yield Row(movement.cat, lambda *xs, dim: np.concatenate(xs, dim), inputs, {"dim": dim})


def diagonal(x: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    return np.diagonal(x, offset, dim1, dim2)


def unfold(x: Any, dim: int, size: int, step: int) -> Any:
    """The windows one by one, each with its dimension at the end."""
    starts = range(0, x.shape[dim] - size + 1, step)
    return np.stack([np.moveaxis(x.take(range(start, start + size), dim), dim, -1) for start in starts], dim)


def pad(x: Any, widths: Any, value: float = 0.0) -> Any:
    return np.pad(x, widths, constant_values=value)


def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """By counting what each element of the target was repeated to."""
    out = np.zeros(shape)
    places = np.broadcast_to(np.arange(out.size).reshape(shape), x.shape)
    np.add.at(out.reshape(-1), places.reshape(-1), x.reshape(-1))
    return out


def scan_rows() -> Iterator[Row]:
    for x in (values(3, 4), values(2, 0), values(1)):
        for chosen in [{"dim": 0}, {"dim": x.ndim - 1, "reverse": True}]:
            yield Row(scan.cumsum, cumsum, (x,), chosen)
            yield Row(scan.recurrence, recurrence, (values(*x.shape), x), chosen)


def cumsum(x: Any, dim: int, reverse: bool = False) -> Any:
    return np.flip(np.cumsum(np.flip(x, dim), dim), dim) if reverse else np.cumsum(x, dim)


def recurrence(a: Any, b: Any, dim: int, reverse: bool = False) -> Any:
    """Step by step along the first dimension, from one end or the other."""
    a, b = (np.moveaxis(x, dim, 0) for x in (a, b))
    out = b.copy()
    for i in range(1, len(b)):
        if reverse:
            out[-1 - i] += a[-i] * out[-i]
        else:
            out[i] += a[i] * out[i - 1]
    return np.moveaxis(out, 0, dim)


def indexing_rows() -> Iterator[Row]:
    x = values(3, 4, 2)
    forms = [
        1,
        -1,
        slice(None, None, 2),
        (Ellipsis, 0),
        (None, slice(1, 3), None, -1),
        np.array([0, 0, 2]),
        np.array([[0, -1], [-3, 2]]),
        (np.array([0, 0, 2]), np.array([1, 1, 3])),
        (np.array([[0], [2]]), slice(None), np.array([0, 1])),
        (slice(None), np.array([3, 3, 0])),
        np.arange(3) > 0,
        (slice(None), np.arange(4) % 2 == 0),
        np.arange(24).reshape(3, 4, 2) % 3 == 0,
        np.zeros(0, int),
        np.array(True),
        (1, 2, 1),
    ]
    for index in forms:
        part = x[index]
        yield Row(indexing.getitem, lambda x, index: x[index], (x,), {"index": index})
        yield Row(indexing.put, put, (values(*np.shape(part)),), {"index": index, "shape": x.shape})
    y = values(3, 4)
    picks = [(1, np.array([[0, 0, 3], [1, 1, 1], [2, 0, 2]])), (0, np.array([[2, 2]])), (1, np.zeros((3, 0), int))]
    for dim, index in picks:
        yield Row(indexing.gather, gather, (y,), {"dim": dim, "index": index})
        chosen = {"dim": dim, "index": index, "shape": (3, 4)}
        yield Row(indexing.scatter_add, scatter_add, (values(*index.shape),), chosen)
    yield from each(indexing.argsort, argsort, values(2, 5), {"dim": 1}, {"dim": 0, "descending": True}, orders=0)
    ties = np.array([2.0, 1.0, 2.0, 1.0])
    yield from each(indexing.argsort, argsort, ties, {"dim": 0}, {"dim": 0, "descending": True}, orders=0)
    # what it records happened before, so its value alone is not a function of the inputs: see test_inplace.py
    path = ((indexing.getitem, {"index": slice(1, 3)}),)
    yield Row(indexing.overwritten, lambda x, value, path: x, (values(4), values(2)), {"path": path}, 0)


def put(x: Any, index: Any, shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape)
    np.add.at(out, index, x)
    return out


def gather(x: Any, dim: int, index: Any) -> Any:
    out = np.zeros(index.shape)
    for place in np.ndindex(index.shape):
        out[place] = x[(*place[:dim], index[place], *place[dim + 1 :])]
    return out


def scatter_add(x: Any, dim: int, index: Any, shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape)
    for place in np.ndindex(index.shape):
        out[(*place[:dim], index[place], *place[dim + 1 :])] += x[place]
    return out


def argsort(x: Any, dim: int, descending: bool = False) -> Any:
    return np.argsort(-x if descending else x, axis=dim, kind="stable")


def linear_rows() -> Iterator[Row]:
    pairs = [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (3,)),
        ((3,), (5, 3, 4)),
        ((2, 3), (5, 3, 4)),
        ((5, 2, 3), (5, 3, 4)),
        ((1, 2, 3), (5, 3, 4)),
        ((6, 1, 2, 3), (5, 3, 4)),
        ((0, 3), (3, 4)),
        ((2, 0), (0, 4)),
        ((2, 3, 0), (0, 4)),
        ((2, 0, 3), (3, 4)),
    ]
    for x, y in pairs:
        yield Row(linear.matmul, np.matmul, (values(*x), values(*y)))
    for x in [(3,), (2, 3), (5, 2, 3), (0, 3), (2, 0, 3)]:
        yield Row(linear.linear, lambda x, w: x @ w.T, (values(*x), values(4, 3)))
        yield Row(linear.linear, lambda x, w, b: x @ w.T + b, (values(*x), values(4, 3), values(4)))
    yield Row(linear.linear, lambda x, w: x @ w.T, (values(2, 5, 0), values(4, 0)))


def softmax_rows() -> Iterator[Row]:
    for x, dim in [(values(2, 3, 4), 0), (values(2, 3, 4), 1), (values(2, 3, 4), 2), (values(0, 3), 1)]:
        yield Row(softmax.softmax, lambda x, dim: np.exp(x) / np.exp(x).sum(dim, keepdims=True), (x,), {"dim": dim})
        yield Row(softmax.log_softmax, lambda x, dim: x - np.log(np.exp(x).sum(dim, keepdims=True)), (x,), {"dim": dim})
        weights = values(*x.shape)
        yield Row(
            softmax.softmax_adjoint,
            lambda x, w, dim: w * (x - (w * x).sum(dim, keepdims=True)),
            (x, weights),
            {"dim": dim},
        )
    for rows in (3, 0):
        target = np.array([0, 3, 3])[:rows]
        yield Row(softmax.logits_cross_entropy, cross_entropy, (values(rows, 4),), {"target": target})
        for y in ((), (rows, 1)):
            yield Row(softmax.logits_adjoint, cross_entropy_slope, (values(*y), values(rows, 4)), {"target": target})


def cross_entropy(x: Any, target: Any) -> Any:
    return np.log(np.exp(x).sum(1)) - x[np.arange(len(x)), target]


def cross_entropy_slope(y: Any, x: Any, target: Any) -> Any:
    return y * (np.exp(x) / np.exp(x).sum(1, keepdims=True) - np.eye(x.shape[1])[target])


def conv_taps(x: Any, w: Any, size: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Iterator[Any]:
    """(output, input, weight) places of each product in a convolution, from the shapes of input and weight."""
    per_group, channels = w[0] // groups, w[1]
    for o, c in np.ndindex(w[0], channels):
        source = o // per_group * channels + c
        for out in np.ndindex(*size):
            for tap in np.ndindex(*w[2:]):
                place = [i * s + k * d - p for i, s, k, d, p in zip(out, stride, tap, dilation, padding, strict=True)]
                if all(0 <= i < n for i, n in zip(place, x[2:], strict=True)):
                    yield (slice(None), o, *out), (slice(None), source, *place), (o, c, *tap)


def conv_rows() -> Iterator[Row]:
    for spatial, kernel, settings in [
        ((5,), (3,), {"stride": (1,), "padding": (1,), "dilation": (1,), "groups": 1}),
        ((4, 5), (3, 2), {"stride": (1, 1), "padding": (0, 1), "dilation": (1, 1), "groups": 1}),
        ((5, 4), (2, 2), {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2}),
        ((4, 4), (1, 1), {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}),
    ]:
        groups = settings["groups"]
        x, w = values(2, 2 * groups, *spatial), values(2 * groups, 2, *kernel)
        size = convolution.output_size(x.shape, w.shape, **settings)
        y = values(2, w.shape[0], *size)
        taps = list(conv_taps(x.shape, w.shape, size, **settings))

        def conv(x: Any, w: Any, bias: Any = None, taps: Any = taps, shape: Any = y.shape, **settings: Any) -> Any:
            out = np.zeros(shape)
            for o, i, k in taps:
                out[o] += w[k] * x[i]
            return out if bias is None else out + bias.reshape(-1, *[1] * (out.ndim - 2))

        def conv_input(y: Any, w: Any, taps: Any = taps, shape: Any = x.shape, **settings: Any) -> Any:
            out = np.zeros(shape)
            for o, i, k in taps:
                out[i] += w[k] * y[o]
            return out

        def conv_weight(y: Any, x: Any, taps: Any = taps, shape: Any = w.shape, **settings: Any) -> Any:
            out = np.zeros(shape)
            for o, i, k in taps:
                out[k] += (y[o] * x[i]).sum()
            return out

        yield Row(convolution.conv, conv, (x, w), settings)
        yield Row(convolution.conv, conv, (x, w, values(w.shape[0])), settings)
        yield Row(convolution.conv_input, conv_input, (y, w), {**settings, "size": x.shape[2:]})
        yield Row(convolution.conv_weight, conv_weight, (y, x), {**settings, "kernel": w.shape[2:]})


def pooling_rows() -> Iterator[Row]:
    for spatial, window, size in [
        ((6,), Window((2,), (2,), (0,), (1,)), (3,)),
        ((4, 5), Window((2, 3), (2, 1), (1, 1), (1, 1)), (3, 5)),
        ((5, 4), Window((2, 2), (1, 2), (0, 0), (2, 1)), (3, 2)),
    ]:
        x = values(2, 3, *spatial)
        places = list(pool_places(spatial, window, size))

        def by_window(x: Any, reduce: Any, places: Any = places, size: Any = size) -> Any:
            columns = [reduce(x[(..., *np.transpose(inside))]) for _, inside in places]
            return np.stack(columns, -1).reshape(*x.shape[:2], *size)

        def max_pool(x: Any, by_window: Any = by_window, **settings: Any) -> Any:
            return by_window(x, lambda found: found.max(-1))

        def avg_pool(x: Any, divisor: Any, by_window: Any = by_window, **settings: Any) -> Any:
            return by_window(x, lambda found: found.sum(-1)) / divisor

        def avg_pool_input(y: Any, divisor: Any, places: Any = places, spatial: Any = spatial, **settings: Any) -> Any:
            out = np.zeros((*y.shape[:2], *spatial))
            for to, inside in places:
                for place in inside:
                    out[(..., *place)] += y[(..., *to)] / divisor
            return out

        def routes(x: Any, places: Any = places) -> Iterator[Any]:
            """(batch and channel, window, the place of its largest value)."""
            for lead in np.ndindex(x.shape[:2]):
                for to, inside in places:
                    yield lead, to, inside[int(np.argmax(x[lead][tuple(np.transpose(inside))]))]

        def route(y: Any, x: Any, peak: Any, window: Any, routes: Any = routes) -> Any:
            out = np.zeros(x.shape)
            for lead, to, best in routes(x):
                out[(*lead, *best)] += y[(*lead, *to)]
            return out

        def pick(y: Any, x: Any, peak: Any, window: Any, routes: Any = routes) -> Any:
            out = np.zeros(peak.shape)
            for lead, to, best in routes(x):
                out[(*lead, *to)] = y[(*lead, *best)]
            return out

        def indices(x: Any, peak: Any, window: Any, routes: Any = routes) -> Any:
            out = np.zeros(peak.shape, int)
            for lead, to, best in routes(x):
                out[(*lead, *to)] = np.ravel_multi_index(best, x.shape[2:])
            return out

        peak = max_pool(x)
        y = values(*peak.shape)
        only = {"window": window}
        divisor = math.prod(window.kernel)
        yield Row(pooling.max_pool, max_pool, (x,), {"window": window, "size": size})
        yield Row(pooling.max_pool_route, route, (y, x, peak), only)
        yield Row(pooling.max_pool_pick, pick, (values(*x.shape), x, peak), only)
        yield Row(pooling.max_pool_indices, indices, (x, peak), only, 0)
        yield Row(pooling.avg_pool, avg_pool, (x,), {"window": window, "size": size, "divisor": divisor})
        yield Row(pooling.avg_pool_input, avg_pool_input, (y,), {"window": window, "size": spatial, "divisor": divisor})


def pool_places(spatial: Any, window: Window, size: Any) -> Iterator[Any]:
    """(window, the places of the input in it)."""
    for out in np.ndindex(*size):
        inside = []
        for tap in np.ndindex(*window.kernel):
            place = tuple(
                i * s + k * d - p
                for i, k, s, p, d in zip(out, tap, window.stride, window.padding, window.dilation, strict=True)
            )
            if all(0 <= i < n for i, n in zip(place, spatial, strict=True)):
                inside.append(place)
        yield out, inside


ROWS: list[Row] = [
    *elementary_rows(),
    *elementwise_rows(),
    *comparison_rows(),
    *reduction_rows(),
    *movement_rows(),
    *scan_rows(),
    *indexing_rows(),
    *linear_rows(),
    *softmax_rows(),
    *conv_rows(),
    *pooling_rows(),
]
