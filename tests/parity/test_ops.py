"""All public functions and methods beside PyTorch: values, dtypes, shapes and gradients over a grid of inputs."""

import operator
import pathlib
import re

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .compare import hold

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]
FLOATS = DTYPES[:3]
# Poles, signed zeros, overflow and what is no number, beside ordinary values.
ODD = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1.5, 2.5, np.inf, -np.inf, np.nan, 1e-30, 88.0, -100.0, 3.0])


def values(rng, dtype, shape):
    """Values with ties, some of them 0, in any dtype."""
    if dtype == "bool":
        return np.array(rng.integers(0, 2, shape).astype(bool))
    if dtype[0] in "iu":
        return np.array(rng.integers(0 if dtype[0] == "u" else -4, 5, shape).astype(dtype))
    return np.array(rng.choice([-2.0, -1.5, -0.5, 0.0, 0.25, 0.5, 1.0, 2.0, 3.0], shape).astype(dtype))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


UNARY = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "bitwise_not",
    "ceil",
    "clone",
    "cos",
    "cosh",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "isfinite",
    "isinf",
    "isnan",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_not",
    "neg",
    "reciprocal",
    "relu",
    "round",
    "rsqrt",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "trunc",
]
WITHOUT_BOOL = {"sign", "square"}  # bools have neither, they say


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", UNARY)
def test_unary(name, dtype, rng):
    if dtype == "bool" and name in WITHOUT_BOOL:
        return
    for shape in [(), (3,), (0,), (2, 3)]:
        x = values(rng, dtype, shape)
        hold(lambda m, x: getattr(m, name)(x), x, lenient=True)
        hold(lambda m, x: getattr(x, name)(), x, lenient=True)
    if dtype in FLOATS:
        with np.errstate(over="ignore", under="ignore"):
            hold(lambda m, x: getattr(m, name)(x), ODD.astype(dtype), lenient=True)


BINARY = [
    "add",
    "atan2",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "div",
    "eq",
    "floor_divide",
    "fmod",
    "ge",
    "gt",
    "le",
    "logical_and",
    "logical_or",
    "logical_xor",
    "lt",
    "maximum",
    "minimum",
    "mul",
    "ne",
    "pow",
    "remainder",
    "sub",
]


def whole_power(name, *dtypes):
    """Whether an integer is raised to an integer, which may be negative: we refuse what PyTorch rounds to 0."""
    return name in {"pow", "ipow"} and all(dtype not in FLOATS for dtype in dtypes)


@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("name", BINARY)
def test_binary(name, first, rng):
    for second in DTYPES:
        # PyTorch's gradient of atan2 multiplies by an unsigned integer negated, so by 254 for 2
        if whole_power(name, first, second) or (name == "atan2" and "uint8" in (first, second)):
            continue
        for shapes in [((3,), (3,)), ((), (3,)), ((2, 1), (3,)), ((), ()), ((0,), (1,)), ((2, 3), (0, 1, 1))]:
            x, y = values(rng, first, shapes[0]), values(rng, second, shapes[1])
            hold(lambda m, x, y: getattr(m, name)(x, y), x, y, lenient=True)
            hold(lambda m, x, y: getattr(x, name)(y), x, y, lenient=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", BINARY)
def test_binary_with_numbers(name, dtype, rng):
    for number in (2, -3, 2.5, True, 0, 0.0, float("nan"), float("inf")):
        if not whole_power(name, dtype):
            hold(lambda m, x, n=number: getattr(m, name)(x, n), values(rng, dtype, (4,)), lenient=True)
            hold(lambda m, x, n=number: getattr(x, name)(n), values(rng, dtype, ()), lenient=True)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", BINARY)
def test_binary_at_the_edges(name, dtype):
    with np.errstate(over="ignore", under="ignore"):
        x, y = np.meshgrid(ODD.astype(dtype), ODD.astype(dtype))
    # the quotient that remainder's gradient rounds is 0 / 0 or inf / inf there, which they take for another NaN
    hold(lambda m, x, y: getattr(m, name)(x, y), x.copy(), y.copy(), lenient=True, backward=name != "remainder")


OPERATORS = [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "and_",
    "or_",
    "xor",
    "lt",
    "le",
    "eq",
    "ne",
    "gt",
    "ge",
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_both_ways_round(name, dtype, rng):
    apply = getattr(operator, name)
    numbers = [2, -3, 2.5, True, 0, 1, np.float64(2.5), np.int64(2)]
    for number in numbers:
        if name == "pow" and dtype not in FLOATS:
            continue
        for shape in [(4,), ()]:
            hold(lambda m, x, n=number: apply(x, n), values(rng, dtype, shape), lenient=True)
            if not isinstance(number, np.generic):  # there PyTorch leaves the choice to NumPy
                hold(lambda m, x, n=number: apply(n, x), values(rng, dtype, shape), lenient=True)


IN_PLACE = ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "iand", "ior", "ixor"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", IN_PLACE)
def test_operators_in_place(name, dtype, rng):
    apply = getattr(operator, name)

    def changed(m, x, y):
        alias = z = x.clone()
        z = apply(z, y)
        return alias, z is alias

    for number in (2, 2.5, True, -1):
        if not whole_power(name, dtype):
            hold(lambda m, x, n=number: changed(m, x, n), values(rng, dtype, (4,)), lenient=True)
    for other in DTYPES:
        # PyTorch raises in the lower of two float dtypes, we in the higher one
        mixed = dtype in FLOATS and other in FLOATS and dtype != other
        if whole_power(name, dtype, other) or mixed or (name == "ipow" and dtype != other):
            continue
        for shape in [(4,), (), (1,)]:
            hold(changed, values(rng, dtype, (4,)), values(rng, other, shape), lenient=True)


REDUCTIONS = [
    "sum",
    "mean",
    "prod",
    "amax",
    "amin",
    "max",
    "min",
    "argmax",
    "argmin",
    "all",
    "any",
    "logsumexp",
    "var",
    "std",
]
SHAPES = [(), (3,), (2, 3), (2, 1, 3), (0,), (2, 0), (0, 3)]


@pytest.mark.parametrize("dtype", DTYPES)
# PyTorch's logical_not_ leaves the history that its values no longer come from; ours has none
@pytest.mark.parametrize("name", [name for name in UNARY if hasattr(tg.Tensor, f"{name}_") and name != "logical_not"])
def test_methods_in_place(name, dtype, rng):
    if dtype != "bool":
        hold(lambda m, x: getattr(x.clone(), f"{name}_")(), values(rng, dtype, (2, 3)), lenient=True)


@pytest.mark.parametrize("dtype", FLOATS)
def test_sums_of_products_in_place(dtype, rng):
    x, y, z = (values(rng, dtype, (2, 3)) + np.asarray(0.125, dtype) for _ in range(3))
    for program in (
        lambda m, x, y, z: x.clone().addcmul_(y, z, value=0.5),
        lambda m, x, y, z: x.clone().addcdiv_(y, z, value=-2),
        lambda m, x, y, z: x.clone().lerp_(y, 0.25),
        lambda m, x, y, z: x.clone().lerp_(y, z),
    ):
        hold(program, x, y, z, lenient=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name, dtype, rng):
    lenient = dtype == "bool"  # which they take for no number
    for shape in SHAPES:
        x = values(rng, dtype, shape)
        if name != "logsumexp":
            hold(lambda m, x: getattr(m, name)(x), x, lenient=lenient)
            hold(lambda m, x: getattr(x, name)(), x, lenient=lenient)
        for dim in [0, -1, 1, 2, -3, 3]:
            for keepdim in (False, True):
                hold(lambda m, x, d=dim, k=keepdim: getattr(m, name)(x, dim=d, keepdim=k), x, lenient=lenient)
                if name not in ("var", "std"):
                    hold(lambda m, x, d=dim, k=keepdim: getattr(x, name)(d, k), x, lenient=lenient)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "all", "any", "logsumexp", "var", "std"])
def test_reductions_over_several_dimensions(name, dtype, rng):
    for shape in SHAPES:
        for dim in [(0, 1), (-1, 0), (0, 0), [0], [0, -1]]:
            hold(lambda m, x, d=dim: getattr(m, name)(x, dim=d), values(rng, dtype, shape))
            hold(lambda m, x, d=dim: getattr(x, name)(dim=d, keepdim=True), values(rng, dtype, shape))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_of_ties_and_edges(name, dtype):
    ties = np.array([[1, 3, 3, 1], [2, 2, 2, 2], [0, 0, 1, 0]]).astype(dtype)
    if name != "logsumexp":
        hold(lambda m, x: getattr(m, name)(x), ties, lenient=True)
    hold(lambda m, x: getattr(m, name)(x, dim=1), ties, lenient=True)
    hold(lambda m, x: getattr(m, name)(x, dim=0), ties, lenient=True)
    if dtype in FLOATS:
        with np.errstate(over="ignore", under="ignore"):
            odd = ODD.astype(dtype)
        # PyTorch's amax gives every element NaN where one is, and its prod 0 where one is 0 and another NaN
        hold(lambda m, x: getattr(m, name)(x, dim=0), odd, backward=name not in ("amax", "amin", "prod"))
        if name not in ("prod", "var", "std"):  # where inf - inf and 0 inf are NaN in one order and not in another
            for special in ([np.inf, 1.0], [-np.inf, 1.0], [-np.inf, -np.inf], [1.0, 1.0]):
                hold(lambda m, x: getattr(m, name)(x, dim=0), np.array(special, dtype))


@pytest.mark.parametrize("name", ["sum", "mean", "prod"])
def test_the_dtype_to_sum_in(name, rng):
    for dtype in DTYPES:
        for wanted in ("float64", "float32", "int64", "int32"):
            if (dtype in FLOATS) <= (wanted in FLOATS):
                hold(lambda m, x, w=wanted: getattr(x, name)(dtype=getattr(m, w)), values(rng, dtype, (3,)))
                hold(lambda m, x, w=wanted: getattr(x, name)(0, dtype=getattr(m, w)), values(rng, dtype, (3, 2)))


@pytest.mark.parametrize("name", ["var", "std"])
def test_degrees_of_freedom(name, rng):
    for correction in (0, 1, 2):
        x = values(rng, "float64", (4, 3))
        hold(lambda m, x, c=correction: getattr(m, name)(x, correction=c), x)
        hold(lambda m, x, c=correction: getattr(x, name)(dim=0, correction=c, keepdim=True), x)
        hold(lambda m, x, c=correction: getattr(x, name)(unbiased=bool(c)), x)
        hold(lambda m, x, c=correction: getattr(x, name)(0, bool(c)), x)
        hold(lambda m, x, c=correction: getattr(x, name)(bool(c)), x)


def test_numpys_names_of_arguments(rng):
    for name in ("sum", "mean", "prod", "argmax", "amin", "max"):
        hold(lambda m, x, n=name: getattr(x, n)(axis=0, keepdims=True), values(rng, "float32", (2, 3)), lenient=True)


def test_sums_of_float16_are_exact_enough():
    x = np.ones((5000, 3), "float16")
    hold(lambda m, x: [x.sum(0), x.mean(0), x.sum(), x.mean()], x)
    hold(lambda m, x, b: x * b, x, np.ones(3, "float16"))
    hold(lambda m, x: x.mean(), np.full(70000, 2, "float16"))


def setitem(x, index, value):
    y = x.clone()
    y[index] = value
    return y


# On x of shape (2, 3), of floats and of integers; what starts with "bad" PyTorch refuses.
MOVEMENT = {
    "reshape": lambda m, x: [
        x.reshape(-1),
        x.reshape(3, 2),
        x.reshape((6, 1)),
        m.reshape(x, (3, -1)),
        x.reshape([2, -1]),
    ],
    "bad reshape": lambda m, x: x.reshape(4, 2),
    "bad reshape with two unknowns": lambda m, x: x.reshape(-1, -1),
    "bad reshape with a negative size": lambda m, x: x.reshape(-2, 3),
    "bad reshape of nothing": lambda m, x: x[:0].reshape(0, -1),
    "reshape_as": lambda m, x: x.reshape_as(m.zeros(6)),
    "view": lambda m, x: [x.view(-1), x.view(3, 2), x.view_as(m.zeros(3, 2))],
    "bad view": lambda m, x: x.T.view(-1),
    "flatten": lambda m, x: [x.flatten(), m.flatten(x, 0, 1), x.flatten(1), x[None].flatten(1, 2), x[0, 0].flatten()],
    "bad flatten": lambda m, x: x.flatten(1, 0),
    "unflatten": lambda m, x: [x.unflatten(1, (3, 1)), m.unflatten(x, 0, (2, -1)), x.unflatten(-1, [-1, 3])],
    "bad unflatten": lambda m, x: x.unflatten(1, (2, 2)),
    "ravel": lambda m, x: [x.ravel(), m.ravel(x.T)],
    "squeeze": lambda m, x: [m.squeeze(x), x[:, None].squeeze(1), x[:, None].squeeze(0), x[None].squeeze((0, 1))],
    "bad squeeze": lambda m, x: x.squeeze(2),
    "unsqueeze": lambda m, x: [x.unsqueeze(0), x.unsqueeze(-1), x.unsqueeze(2), m.unsqueeze(x, -3)],
    "bad unsqueeze": lambda m, x: x.unsqueeze(3),
    "permute": lambda m, x: [x.permute(1, 0), x.permute((1, 0)), x.permute(-1, 0), m.permute(x, (1, 0))],
    "bad permute": lambda m, x: x.permute(0, 0),
    "bad permute of too few": lambda m, x: x.permute(0),
    "transpose": lambda m, x: [x.transpose(0, 1), x.transpose(-1, -2), m.transpose(x, 1, 1), x.T, x.mT],
    "bad transpose": lambda m, x: x.transpose(0, 2),
    "t": lambda m, x: [x.t(), m.t(x[0])],
    "bad t": lambda m, x: x[None].t(),
    "bad mT": lambda m, x: x[0].mT,
    "movedim": lambda m, x: [x.movedim(0, 1), m.movedim(x[None], (0, 1), (2, 0)), x[None].movedim(-1, 0)],
    "bad movedim": lambda m, x: x.movedim((0, 1), 0),
    "expand": lambda m, x: [x[:, None].expand(2, 4, 3), x[:, None].expand(-1, 4, -1), x.expand((5, -1, 3))],
    "expand_as": lambda m, x: [x.expand_as(m.zeros(4, 2, 3)), x[:1].expand(0, 3), x.expand(0, 2, 3)],
    "bad expand": lambda m, x: x.expand(4, 3),
    "bad expand to fewer": lambda m, x: x.expand(3),
    "bad expand of a new unknown": lambda m, x: x.expand(-1, 2, 3),
    "broadcast_to": lambda m, x: [m.broadcast_to(x, (4, 2, 3)), x.broadcast_to((2, 3))],
    "flip": lambda m, x: [x.flip(0), x.flip(0, 1), x.flip((1,)), x.flip([-1]), m.flip(x, (0,)), x.flip(())],
    "bad flip": lambda m, x: x.flip(0, 0),
    "bad flip of what is not there": lambda m, x: x.flip(2),
    "cat": lambda m, x: [m.cat([x, x]), m.cat((x, x * 2, x), 1), m.cat([x, x], dim=-1), m.cat([x])],
    "cat of nothing": lambda m, x: [m.cat([m.zeros(0), x]), m.cat([x[:0], x]), m.cat([m.zeros(0), m.zeros(0)])],
    "cat of dtypes": lambda m, x: m.cat([x, m.ones(1, 3, dtype=m.float64), m.ones(1, 3, dtype=m.int64)]),
    "bad cat": lambda m, x: m.cat([x, x.T]),
    "bad cat of no Tensors": lambda m, x: m.cat([]),
    "bad cat of numbers": lambda m, x: m.cat([x[0, 0], x[0, 0]]),
    "bad cat along what is not there": lambda m, x: m.cat([x, x], 2),
    "stack": lambda m, x: [m.stack([x, x]), m.stack((x, x), 1), m.stack([x, x], -1), m.stack([x[0, 0], x[1, 1]])],
    "bad stack": lambda m, x: m.stack([x, x.T]),
    "bad stack of no Tensors": lambda m, x: m.stack([]),
    "select": lambda m, x: [x.select(0, 1), m.select(x, 1, -1), x.select(-1, 0)],
    "bad select": lambda m, x: x.select(0, 2),
    "narrow": lambda m, x: [x.narrow(1, 0, 2), m.narrow(x, 0, 1, 1), x.narrow(-1, -2, 2), x.narrow(0, 2, 0)],
    "bad narrow": lambda m, x: x.narrow(0, 1, 2),
    "bad narrow to less than nothing": lambda m, x: x.narrow(0, 0, -1),
    "split": lambda m, x: [x.split(1), m.split(x, 2, 1), x.split([1, 2], 1), x.split(5), x.split([2, 0], 0)],
    "bad split": lambda m, x: x.split([1, 1], 1),
    "bad split by nothing": lambda m, x: x.split(0),
    "bad split by less than nothing": lambda m, x: x.split([3, -1], 0),
    "chunk": lambda m, x: [x.chunk(2), x.chunk(2, 1), m.chunk(x, 5, 1), x.chunk(1, -1)],
    "bad chunk": lambda m, x: x.chunk(0),
    "unbind": lambda m, x: [x.unbind(), m.unbind(x, 1), x.unbind(-1)],
    "bad unbind": lambda m, x: x[0, 0].unbind(),
    "repeat": lambda m, x: [x.repeat(2, 1), x.repeat(2, 2, 1), x.repeat((1, 3)), x.repeat(0, 1)],
    "bad repeat": lambda m, x: x.repeat(2),
    "bad repeat less than never": lambda m, x: x.repeat(-1, 1),
    "tile": lambda m, x: [x.tile(2), x.tile((2, 1)), m.tile(x, (2, 1, 2)), x.tile(())],
    "contiguous": lambda m, x: [x.contiguous(), x.T.contiguous()],
    "iteration": lambda m, x: [*x, len(x), x.dim(), x.ndim, x.numel(), x.size(0), x.size(-1), *x.size(), *x.shape],
    "bad iteration": lambda m, x: list(x[0, 0]),
    "bad len": lambda m, x: len(x[0, 0]),
    "bad size": lambda m, x: x.size(2),
    "item": lambda m, x: [x[0, 0].item(), x[:1, :1].item(), float(x[0, 0]), int(x[0, 1]), bool(x[0, 0])],
    "bad item": lambda m, x: x.item(),
    "bad truth": lambda m, x: bool(x),
    "tolist": lambda m, x: [m.tensor(x.tolist()), m.tensor(x[0, 0].tolist()), 1.0 in x, 77 in x],
    "detach": lambda m, x: [x * x.detach(), x * x.data],
    "to": lambda m, x: [
        x.to(m.float64),
        x.double(),
        x.float(),
        x.half(),
        x.long(),
        x.int(),
        x.bool(),
        x.to(dtype=m.int8),
    ],
    "where": lambda m, x: [
        m.where(x > 0, x, -x),
        m.where(x > 0, x, 0),
        m.where(x > 0, 0.5, x),
        m.where(x > 0, 1, 2),
        m.where(x > 0, 1.0, 2.0),
        x.where(x > 1, x * 2),
        m.where(x > 0, x, m.zeros(3, dtype=m.float64)),
        m.where(m.tensor(True), x, 2.0),
        *m.where(x > 0),
    ],
    "masked_fill": lambda m, x: [x.masked_fill(x > 0, 5), x.masked_fill(x[0] > 0, 2.0), x[0].masked_fill(x > 0, 1.0)],
    "bad masked_fill": lambda m, x: x.masked_fill(x, 1.0),
    "masked_select": lambda m, x: [m.masked_select(x, x > 0), x.masked_select(x[0] > 0), x[0].masked_select(x > 0)],
    "clamp": lambda m, x: [
        x.clamp(0, 1),
        x.clamp(min=0),
        x.clamp(max=0.5),
        m.clamp(x, -1, 1.5),
        x.clamp(2, 1),
        x.clamp(x * 0.5, x * 0.5 + 1),
        x.clamp(min=x[0]),
        x.clamp(max=m.tensor(0.0)),
    ],
    "bad clamp": lambda m, x: x.clamp(),
    "pow": lambda m, x: [x**2, x**3, x**0, x**1, x**0.5, x**-0.5, x**2.5, 2.0**x, x.pow(2), m.pow(x, 2.0), 0.0**x],
    "round": lambda m, x: [m.round(x * 1.37, decimals=1), (x * 13.7).round(decimals=-1)],
    "isclose": lambda m, x: [m.isclose(x, x), x.isclose(x * 2, rtol=1.0), m.isclose(x, x, equal_nan=True)],
    "allclose": lambda m, x: [m.allclose(x, x), x.allclose(x + 1), m.equal(x, x), x.equal(x + 1), x.equal(x[0])],
    "signs": lambda m, x: [-x, +x, abs(x), x % 2, ~(x > 0), (x > 0) & (x < 2), (x > 0) | (x < 2), (x > 0) ^ True],
    "bad invert": lambda m, x: ~(x * 1.0),
    "bad operand": lambda m, x: x + "a",
    "bad operand of a product": lambda m, x: x @ 2,
    "bad operand that is nothing": lambda m, x: x * None,
    "bad shapes": lambda m, x: x + x.T,
    "likes": lambda m, x: [m.zeros_like(x), m.ones_like(x), m.full_like(x, 7), m.zeros_like(x, dtype=m.int64)],
    "sort": lambda m, x: [
        m.sort(x),
        x.sort(0),
        x.sort(1, descending=True),
        x.argsort(),
        m.argsort(x, 0, descending=True),
    ],
    "sort of little": lambda m, x: [x[0, 0].sort(), x[:0].sort(0), x[0, 0].argsort()],
    "topk": lambda m, x: [x.topk(2), m.topk(x, 1, 0), x.topk(2, largest=False), x.topk(0), x[0, 0].topk(1)],
    "bad topk": lambda m, x: x.topk(4),
    "nonzero": lambda m, x: [x.nonzero(), *m.nonzero(x, as_tuple=True), x[0, 0].nonzero(), m.nonzero(x[0])],
    "matmul": lambda m, x: [x @ x.T, x @ x[0], x[0] @ x.T, x[0] @ x[0], m.matmul(x, x.T), x[None] @ x.T],
    "products": lambda m, x: [
        m.mm(x, x.T),
        m.mv(x, x[0]),
        m.dot(x[0], x[1]),
        m.outer(x[0], x[1]),
        m.bmm(x[None], x.T[None]),
    ],
    "matmul of batches": lambda m, x: x.expand(4, 2, 3) @ x.T.expand(4, 3, 2),
    "matmul of nothing": lambda m, x: [x[:, :0] @ x.T[:0], x[:0] @ x.T, x[None, :, :0] @ x.T[:0]],
    "bad matmul": lambda m, x: x @ x,
    "bad matmul of a number": lambda m, x: x @ x[0, 0],
    "bad mm": lambda m, x: m.mm(x, x[0]),
    "bad dot": lambda m, x: m.dot(x[0], x[0, :2]),
    "bad bmm": lambda m, x: m.bmm(x.expand(2, 2, 3), x.T.expand(3, 3, 2)),
    "einsum": lambda m, x: [
        m.einsum("ij,kj->ik", x, x),
        m.einsum("ij->", x),
        m.einsum("ij,ij", x, x),
        m.einsum("...j->...", x),
        m.einsum("i j , k j -> i k", x, x),
        m.einsum("ij,jk", [x, x.T]),
        m.einsum("ij->ji", x),
        m.einsum("ii->i", x[:2, :2]),
        m.einsum("ij,jk->ik", x[:, :1], x.T),
    ],
    "bad einsum": lambda m, x: m.einsum("ij,jk->ik", x, x),
    "bad einsum of one": lambda m, x: m.einsum("ij,ij", x),
    "bad einsum with an unknown letter": lambda m, x: m.einsum("ij->k", x),
    "bad einsum with a digit": lambda m, x: m.einsum("i1->i", x),
    "bad einsum with too many letters": lambda m, x: m.einsum("ijk->i", x),
}


@pytest.mark.parametrize("dtype", [*FLOATS, "int64"])
@pytest.mark.parametrize("name", MOVEMENT)
def test_movement_and_choice(name, dtype, rng):
    x = rng.choice([-2.0, -1.5, -0.5, 0.25, 0.5, 1.0, 2.0, 3.0], (2, 3), replace=False)
    x = np.arange(-2, 4).reshape(2, 3)[:, ::-1].copy() if dtype == "int64" else x.astype(dtype)
    assert name.startswith("bad") == isinstance(refusal(MOVEMENT[name], x), Exception)
    hold(MOVEMENT[name], x)


def refusal(program, x):
    """What PyTorch raises, or None."""
    try:
        program(torch, torch.from_numpy(x))
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError) as error:
        return error
    return None


# On x of shape (3, 4).
INDEXING = {
    "numbers": lambda m, x: [x[0], x[-1], x[1, 2], x[..., 0], x[0, ...], x[None], x[:, None], x[()], x[...]],
    "slices": lambda m, x: [x[1:], x[:, ::2], x[0:5], x[1:1], x[-2:], x[:, -1:], x[slice(0, 2), 1]],
    "bad number": lambda m, x: x[3],
    "bad count": lambda m, x: x[0, 0, 0],
    "bad fraction": lambda m, x: x[1.5],
    "bad text": lambda m, x: x["a"],
    "bad list": lambda m, x: x[[5]],
    "lists": lambda m, x: [
        x[[0, 2]],
        x[[0, 0, 1]],
        x[[0, 1], [1, 2]],
        x[:, [0, 0]],
        x[[True, False, True]],
        x[[-1]],
        x[[]],
    ],
    "Tensors": lambda m, x: [
        x[m.tensor([0, 2, 2])],
        x[m.tensor([[0, 1], [1, 2]])],
        x[:, m.tensor([1, 1])],
        x[m.tensor([0, 1]), m.tensor([2, 3])],
        x[m.tensor(1)],
        x[m.tensor(1), m.tensor(2)],
        x[m.tensor([[0], [1]]), m.tensor([1, 2])],
        x[m.tensor([0, 1], dtype=m.int32)],
        x[m.tensor(0) : m.tensor(2)],
    ],
    "masks": lambda m, x: [
        x[x > 0],
        x[x[:, 0] > 0],
        x[:, x[0] > 0],
        x[m.tensor(True)],
        x[m.tensor(False)],
        x[True],
        x[x > 100],
    ],
    "bad mask": lambda m, x: x[m.tensor([True, False])],
    "bad index of floats": lambda m, x: x[m.tensor([0.0, 1.0])],
    "mixtures": lambda m, x: [
        x[0, [1, 2]],
        x[[0, 1], 1:3],
        x[1:, [0, 1]],
        x[None, [0, 1]],
        x[[0, 1], None],
        x[..., [0, 1]],
        x[m.tensor([0, 1]), ..., None],
        x[0, None, m.tensor([1, 1])],
        x[None, :, None, [0, 1]],
        x.view(3, 2, 2)[0, :, m.tensor([0, 1, 1])],
        x.view(3, 2, 2)[m.tensor([0, 1, 1]), :, 0],
        x.view(3, 1, 2, 2)[:, m.tensor([0, 0]), :, 1],
        x.view(3, 2, 2)[0, x[0].view(2, 2) > 0],
    ],
    "arrays": lambda m, x: [x[np.array([0, 2])], x[np.int64(1)], x[np.array([True, False, True])], x[range(2)]],
    "gather": lambda m, x: [
        m.gather(x, 1, m.tensor([[0, 0], [1, 2], [3, 3]])),
        x.gather(0, m.tensor([[2, 1, 0, 0]])),
        x[0].gather(0, m.tensor([1, 1])),
        x.gather(1, m.zeros(3, 0, dtype=m.int64)),
    ],
    "bad gather": lambda m, x: x.gather(1, m.tensor([[4]])),
    "bad gather of other dimensions": lambda m, x: x.gather(1, m.tensor([0])),
    "bad gather by floats": lambda m, x: x.gather(1, m.tensor([[0.0]])),
    "bad gather from the end": lambda m, x: x.gather(1, m.tensor([[-1]])),
    "bad gather of too much": lambda m, x: x.gather(1, m.zeros(4, 1, dtype=m.int64)),
    "scatter_add": lambda m, x: x.scatter_add(1, m.tensor([[0, 0, 1, 3]] * 3), x),
    "bad scatter_add": lambda m, x: x.scatter_add(1, m.tensor([[0, 9]]), x),
    "index_select": lambda m, x: [
        m.index_select(x, 0, m.tensor([0, 0, 2])),
        x.index_select(1, m.tensor([3])),
        x.index_select(-1, m.tensor(1)),
        x[0, 0].index_select(0, m.tensor([0])),
    ],
    "bad index_select": lambda m, x: x.index_select(0, m.tensor([3])),
    "bad index_select from the end": lambda m, x: x.index_select(0, m.tensor([-1])),
    "take_along_dim": lambda m, x: [
        m.take_along_dim(x, m.tensor([[0], [1], [2]]), 1),
        m.take_along_dim(x, m.tensor([3, 1])),
        x.take_along_dim(m.tensor([[0, 1, 1, 0]]), dim=0),
    ],
    "assignment": lambda m, x: [
        setitem(x, 0, 1.0),
        setitem(x, (0, 1), x[2, 3]),
        setitem(x, slice(1, 3), x[0]),
        setitem(x, x > 0, 0.0),
        setitem(x, [0, 1], x[1]),
        setitem(x, ..., 3),
        setitem(x, (m.tensor([0, 1]), m.tensor([1, 1])), x[0, :2]),
        setitem(x, None, x),
        setitem(x, x[:, 0] > 0, x[1]),
        setitem(x, 0, np.float64(2.0)),
        setitem(x, 0, m.ones(1, 4)),
        setitem(x, 0, m.ones(4, dtype=m.float64)),
        setitem(x, 0, True),
        setitem(x.view(3, 2, 2), (0, slice(None), m.tensor([0, 1])), x[:2, :2]),
    ],
    "bad assignment": lambda m, x: setitem(x, 5, 1.0),
    "bad assignment of another size": lambda m, x: setitem(x, 0, m.ones(3)),
    "bad assignment of more": lambda m, x: setitem(x, slice(0, 2), m.ones(3, 4)),
}


@pytest.mark.parametrize("dtype", [*FLOATS, "int64"])
@pytest.mark.parametrize("name", INDEXING)
def test_indexing(name, dtype, rng):
    x = rng.choice(np.arange(-8, 9), (3, 4), replace=False).astype(dtype)
    assert name.startswith("bad") == isinstance(refusal(INDEXING[name], x), Exception)
    hold(INDEXING[name], x)


CREATION = {
    "tensor": lambda m: [
        m.tensor(1),
        m.tensor(1.5),
        m.tensor(True),
        m.tensor([1, 2.0]),
        m.tensor([]),
        m.tensor([[]]),
        m.tensor([True, 2]),
        m.tensor([[1, 2], [3, 4]]),
        m.tensor((1, 2)),
        m.tensor(np.arange(3)),
        m.tensor(np.float64(2)),
        m.tensor(np.float32([1])),
        m.tensor([np.float64(1.5)]),
        m.tensor([np.float32(1.5), 2]),
        m.tensor(1, dtype=m.float32),
        m.tensor([1.7, -1.7], dtype=m.int64),
        m.tensor([m.tensor(1), m.tensor(2)]),
        m.tensor([m.tensor(1.0), 2.0]),
        m.tensor([m.tensor(1), 2.5]),
        m.tensor(range(3)),
        m.tensor(float("nan")),
        m.tensor([1, 0], dtype=m.bool),
        m.tensor(2**40),
    ],
    "bad ragged": lambda m: m.tensor([[1], [1, 2]]),
    "bad mixture": lambda m: m.tensor([[1, 2], 3]),
    "bad text": lambda m: m.tensor("a"),
    "bad nothing": lambda m: m.tensor(None),
    "bad dict": lambda m: m.tensor({1: 2}),
    "bad large": lambda m: m.tensor(2**63),
    "bad whole numbers with a gradient": lambda m: m.tensor([1], requires_grad=True),
    "arange": lambda m: [
        m.arange(5),
        m.arange(1, 5),
        m.arange(0, 5, 2),
        m.arange(5.0),
        m.arange(0, 1, 0.1),
        m.arange(5, 0, -1),
        m.arange(0),
        m.arange(1, 1),
        m.arange(3, dtype=m.float64),
        m.arange(0.5, 3),
        m.arange(start=1, end=4),
        m.arange(0, 1, 0.3, dtype=m.float64),
    ],
    "bad arange": lambda m: m.arange(5, 0),
    "bad arange without steps": lambda m: m.arange(0, 5, 0),
    "bad arange to no number": lambda m: m.arange(0, float("nan")),
    "bad arange without end": lambda m: m.arange(0, float("inf")),
    "linspace": lambda m: [
        m.linspace(0, 1, 5),
        m.linspace(3, 3, 1),
        m.linspace(0, 1, 0),
        m.linspace(-1, 1, 4, dtype=m.float64),
    ],
    "bad linspace": lambda m: m.linspace(0, 1, -1),
    "filled": lambda m: [
        m.zeros(2, 3),
        m.zeros((2, 3)),
        m.zeros([2]),
        m.zeros(()),
        m.zeros(0),
        m.ones(2, dtype=m.int64),
        m.ones(1, dtype=m.bool),
        m.full((2,), 3),
        m.full((2,), 3.0),
        m.full((2,), True),
        m.full([2, 2], 1, dtype=m.float64),
        m.full((), 2.5),
        m.eye(3),
        m.eye(2, 3),
        m.eye(0),
        m.eye(2, dtype=m.int64),
    ],
    "bad size": lambda m: m.zeros(-1),
    "bad size of text": lambda m: m.zeros(2, "a"),
    "bad size of a fraction": lambda m: m.zeros(1.5),
    "bad sizes": lambda m: m.ones((2, -3)),
    "bad eye": lambda m: m.eye(-1),
    "bad full": lambda m: m.full((-1,), 2),
    "bad full of text": lambda m: m.full((2,), "a"),
    "bad rand": lambda m: m.rand(-1),
    "bad randn": lambda m: m.randn(1.5),
    "bad randint": lambda m: m.randint(5, 5, (2,)),
    "bad randperm": lambda m: m.randperm(-1),
    "bad bernoulli": lambda m: m.bernoulli(m.ones(2) * 2),
    "as_tensor": lambda m: [
        m.as_tensor([1, 2]),
        m.as_tensor(np.arange(2.0)),
        m.as_tensor(3),
        m.as_tensor([1.0], dtype=m.float64),
    ],
    "bad from_numpy": lambda m: m.from_numpy([1, 2]),
    "bad from_numpy of text": lambda m: m.from_numpy(np.array(["a"])),
    "bad from_numpy of another byte order": lambda m: m.from_numpy(np.array([1.0], ">f4")),
    "from_numpy": lambda m: [m.from_numpy(np.arange(3.0))[1:], m.from_numpy(np.asfortranarray(np.ones((2, 3)))).T],
    "shapes of random ones": lambda m: [
        m.zeros_like(x)
        for x in [
            m.rand(2, 3),
            m.randn((2,)),
            m.randint(3, (2, 2)),
            m.randint(1, 3, (2,)),
            m.randperm(4),
            m.rand_like(m.ones(2, dtype=m.float64)),
            m.randn_like(m.ones(2)),
            m.normal(0.0, 1.0, (3,)),
            m.normal(m.zeros(2), m.ones(2)),
            m.normal(m.zeros(2), 1.0),
            m.bernoulli(m.ones(3) * 0.5),
            m.empty(2, 3),
            m.empty_like(m.ones(2)),
        ]
    ],
    "certain bernoulli": lambda m: m.bernoulli(m.tensor([0.0, 1.0])),
    "result_type": lambda m: [
        m.zeros(1, dtype=m.result_type(m.ones(1), 1.5)),
        m.zeros(1, dtype=m.result_type(m.ones(1, dtype=m.int64), 1.5)),
        m.zeros(1, dtype=m.result_type(m.ones(1, dtype=m.int8), m.ones(1, dtype=m.uint8))),
        m.zeros(1, dtype=m.result_type(m.ones(1, dtype=m.float16), m.tensor(1.0, dtype=m.float64))),
    ],
    "bad dtype": lambda m: m.zeros(2, dtype="nonsense"),
}


@pytest.mark.parametrize("name", CREATION)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of lists of arrays, by PyTorch
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_creation(name):
    assert name.startswith("bad") == isinstance(refusal(lambda m, _: CREATION[name](m), np.zeros(1)), Exception)
    hold(lambda m: CREATION[name](m))


# What has its own file of tests, or is nothing that two libraries could be compared in.
ELSEWHERE = {
    *[
        "Generator",
        "Tensor",
        "autograd",
        "default_generator",
        "enable_grad",
        "no_grad",
        "set_grad_enabled",
        "is_grad_enabled",
    ],
    *["get_default_dtype", "set_default_dtype", "initial_seed", "manual_seed"],
    *[
        "bool",
        "double",
        "float",
        "float16",
        "float32",
        "float64",
        "half",
        "int",
        "int16",
        "int32",
        "int64",
        "int8",
        "long",
        "short",
        "uint8",
    ],
    *["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"],
    *["avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool1d", "max_pool2d", "max_pool3d"],
    *[
        "data",
        "device",
        "dtype",
        "grad",
        "grad_fn",
        "is_leaf",
        "nbytes",
        "numpy",
        "requires_grad",
        "requires_grad_",
        "retain_grad",
    ],
    *["backward", "register_hook", "cast", "masked", "save", "load"],
}


def test_every_public_name_is_compared_in_one_of_these_files():
    told = " ".join(file.read_text() for file in pathlib.Path(__file__).parent.glob("*.py"))
    names = {name.removesuffix("_") for name in (*tg.__all__, *dir(tg.Tensor)) if not name.startswith("_")}
    assert not {name for name in names - ELSEWHERE if not re.search(rf"\b{name}_?\b", told)}


def test_no_public_name_is_unknown_to_pytorch():
    ours = {"data", "models", "testing", "train", "viz"}
    assert not {name for name in tg.__all__ if not hasattr(torch, name)} - ours
