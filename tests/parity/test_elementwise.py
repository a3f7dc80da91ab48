"""Elementwise functions beside PyTorch: every mix of dtypes and numbers, edges, ties, arguments by name, in place."""

import math

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .compare import hold
from .grids import DTYPES, FLOATS, SHAPES, slope, with_ties

ODD = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1.5, np.inf, -np.inf, np.nan, 1e-30, 88.0, -100.0, 3.0])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


UNARY = [
    *["absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "deg2rad", "fix", "frac", "isneginf"],
    *["isposinf", "nan_to_num", "negative", "positive", "rad2deg", "sgn", "sign", "signbit", "square"],
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", UNARY)
def test_unary(name, dtype, rng):
    for shape in SHAPES:
        x = with_ties(rng, dtype, shape)
        with_gradient = name != "sgn"  # PyTorch's gradient of it is no array
        hold(lambda m, x: [getattr(m, name)(x), getattr(x, name)()], x, lenient=True, backward=with_gradient)
        hold(lambda m, x: getattr(m, name)(input=x), x, lenient=True, backward=False)
    if dtype in FLOATS:
        with np.errstate(over="ignore", under="ignore"):
            hold(lambda m, x: getattr(m, name)(x), ODD.astype(dtype), backward=name != "sgn")


def test_what_stands_in_for_nan_and_inf():
    for dtype in FLOATS:
        with np.errstate(over="ignore", under="ignore"):
            x = ODD.astype(dtype)
        hold(
            lambda m, x: [x.nan_to_num(1.5), m.nan_to_num(x, nan=2.0, posinf=5.0, neginf=-7.0), x.nan_to_num(posinf=1)],
            x,
        )


BINARY = [
    *["add", "copysign", "div", "divide", "eq", "floor_divide", "fmax", "fmin", "fmod", "greater", "greater_equal"],
    *["heaviside", "hypot", "ldexp", "less", "less_equal", "logaddexp", "logaddexp2", "maximum", "minimum", "mul"],
    *["multiply", "not_equal", "remainder", "sub", "subtract", "true_divide", "arctan2", "gcd", "lcm"],
    *["bitwise_left_shift", "bitwise_right_shift", "float_power", "pow"],
]
WHOLE = {"pow", "float_power"}
# where PyTorch divides a gradient by 0, or multiplies it by 0, and we do not; refuses one; or, in that of ldexp, takes
# 2^-4 to be the integer 0
NO_GRADIENT_AT_0 = {"hypot", "fmod", "remainder", "pow", "float_power", "ldexp", "heaviside"}


@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("name", BINARY)
def test_binary(name, first, rng):
    for second in DTYPES:
        if name == "arctan2" and "uint8" in (first, second):
            continue  # PyTorch's gradient multiplies by an unsigned integer negated, so by 254 for 2
        if first in FLOATS and second in FLOATS and first != second and name not in ("add", "sub", "mul", "maximum"):
            continue  # PyTorch computes some gradients in the narrower of the two
        for shapes in [((3,), (3,)), ((), (3,)), ((2, 1), (3,)), ((), ()), ((0,), (1,))]:
            x, y = with_ties(rng, first, shapes[0]), with_ties(rng, second, shapes[1])
            if "shift" in name:
                y = np.array(abs(y.astype(float)).astype(second))
            backward = name not in NO_GRADIENT_AT_0
            hold(lambda m, x, y: getattr(m, name)(x, y), x, y, lenient=True, backward=backward)
            hold(lambda m, x, y: getattr(x, name)(y), x, y, lenient=True, backward=backward)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in BINARY if name not in ("heaviside", "ldexp", "hypot")])
def test_binary_with_numbers(name, dtype, rng):
    for number in (2, -3, 2.5, True, 0, 0.0, float("nan"), float("inf")):
        if ("shift" in name and number in (-3, 2.5)) or (name in WHOLE and dtype == "bool"):
            continue
        x = with_ties(rng, dtype, (4,))
        backward = name not in NO_GRADIENT_AT_0
        hold(lambda m, x, n=number: getattr(x, name)(n), x, lenient=True, backward=backward)


@pytest.mark.parametrize(
    "name", ["copysign", "fmax", "fmin", "heaviside", "logaddexp", "logaddexp2", "maximum", "minimum"]
)
def test_binary_at_the_edges(name):
    for dtype in FLOATS:
        with np.errstate(over="ignore", under="ignore"):
            x, y = (part.copy() for part in np.meshgrid(ODD.astype(dtype), ODD.astype(dtype)))
        hold(lambda m, x, y: getattr(m, name)(x, y), x, y, backward=name not in ("copysign", "heaviside"))


BY_NAME = {
    "add": lambda m, x, y: [m.add(x, y, alpha=2), m.add(input=x, other=y), x.add(y, alpha=-1), x.add(3, alpha=2)],
    "sub": lambda m, x, y: [m.sub(x, y, alpha=2), m.subtract(x, other=y), x.sub(y, alpha=-1), m.rsub(x, y, alpha=2)],
    "rsub": lambda m, x, y: [m.rsub(x, 3), m.rsub(x, y)],
    "div": lambda m, x, y: [m.div(x, y), m.div(input=x, other=y, rounding_mode=None), m.true_divide(x, y)],
    "floored": lambda m, x, y: [m.div(x, y, rounding_mode="floor"), x.divide(2, rounding_mode="floor"), x.div(-3)],
    "truncated": lambda m, x, y: [m.div(x, y, rounding_mode="trunc"), x.div(-2, rounding_mode="trunc")],
    "mul": lambda m, x, y: [m.mul(input=x, other=y), m.mul(x, other=y), m.multiply(x, 2)],
    "compared": lambda m, x, y: [m.eq(x, other=y), m.greater(input=x, other=y), x.less(other=y), m.maximum(x, other=y)],
    "clamp": lambda m, x, y: [m.clip(x, 0, 1), m.clamp_min(x, 1), x.clamp_max(max=1), m.clamp(input=x, min=1, max=3)],
    "clamped by Tensors": lambda m, x, y: [m.clamp(x, y), x.clip(y, y + 1), x.clamp_min(y), m.clamp_max(x, y)],
    "lerp": lambda m, x, y: [m.lerp(x * 1.0, y * 1.0, 0.3), (x * 1.0).lerp(y * 1.0, weight=0.7)],
    "addcmul": lambda m, x, y: [m.addcmul(x, x, y, value=2), x.addcmul(tensor1=y, tensor2=x)],
    "addcdiv": lambda m, x, y: m.addcdiv(x * 1.0, x * 1.0, y * 1.0, value=0.5),
    "round": lambda m, x, y: [m.round(x * 1.37, decimals=1), m.round(input=x * 1.5)],
    "fill": lambda m, x, y: [m.fill(x, 3), m.fill(x, value=y.flatten()[0])],
    "where": lambda m, x, y: m.where(condition=x > 0, input=x, other=y),
    "bad alpha": lambda m, x, y: m.add(x.long(), y.long(), alpha=1.5),
    "bad rounding mode": lambda m, x, y: m.div(x, y, rounding_mode="up"),
    "bad difference of bools": lambda m, x, y: (x > 0) - (y > 0),
    "bad difference of bools by name": lambda m, x, y: m.sub(x > 0, y > 0),
    "bad gcd of floats": lambda m, x, y: m.gcd(x * 1.5, y * 1.5),
    "bad frac of integers": lambda m, x, y: m.frac(x.long()),
    "bad fill": lambda m, x, y: m.fill(x, y),
    "bad heaviside": lambda m, x, y: m.heaviside(x.float(), y.double()),
    "bad clamp": lambda m, x, y: m.clamp(x),
}


@pytest.mark.parametrize("dtype", [*FLOATS, "int64", "int32", "uint8"])
@pytest.mark.parametrize("name", BY_NAME)
def test_arguments_by_name(name, dtype):
    x, y = np.array([[1, 4, 7], [2, 0, 5]]).astype(dtype), np.array([3, 2, 1]).astype(dtype)
    hold(BY_NAME[name], x, y)


@pytest.mark.parametrize("name", ["logaddexp", "logaddexp2", "hypot", "atan2", "fmax", "copysign", "div", "mul", "pow"])
def test_second_derivatives(name, rng):
    x = rng.uniform(0.5, 2, (3, 4))
    hold(slope(lambda m, x: getattr(m, name)(x, x.flip(0) * 1.3 + 0.1)), x)


@pytest.mark.parametrize("dtype", FLOATS)
def test_ties_and_nan_in_bounds(dtype):
    x = np.array([1.0, 2.0, 3.0, np.nan, 0.0], dtype)
    low, high = np.array([1.0, 3.0, np.nan, 0.0, 2.0], dtype), np.array([1.0, 4.0, 3.0, 1.0, 1.0], dtype)
    hold(
        lambda m, x, low, high: [m.clamp(x, low), m.clamp(x, max=high), m.clamp(x[:3], low[:3], high[:3])], x, low, high
    )
    hold(lambda m, x: [x.clamp(min=float("nan")), x.clamp(1.0, 1.0), x.clamp(3.0, 1.0)], x)


TWINS = {
    **dict.fromkeys(["abs", "acos", "acosh", "arccos", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh"], ()),
    **dict.fromkeys(["deg2rad", "exp", "exp2", "expm1", "fix", "floor", "frac", "log", "log10", "log1p", "log2"], ()),
    **dict.fromkeys(["logical_not", "nan_to_num", "neg", "negative", "rad2deg", "reciprocal", "round", "rsqrt"], ()),
    **dict.fromkeys(["sgn", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc"], ()),
    **dict.fromkeys(["add", "atan2", "copysign", "div", "divide", "eq", "float_power", "floor_divide", "fmod"], (2.0,)),
    **dict.fromkeys(["ge", "greater", "gt", "hypot", "ldexp", "le", "less", "logical_and", "logical_or"], (2.0,)),
    **dict.fromkeys(["logical_xor", "lt", "mul", "multiply", "ne", "nextafter", "not_equal", "pow"], (2.0,)),
    **dict.fromkeys(["remainder", "sub", "subtract", "true_divide", "heaviside", "clamp_min", "clamp_max"], (2.0,)),
    **dict.fromkeys(["clamp", "clip"], (0.3, 0.6)),
    **dict.fromkeys(["bitwise_and", "bitwise_or", "bitwise_xor", "gcd", "lcm"], (6,)),
    **dict.fromkeys(["bitwise_left_shift", "bitwise_right_shift"], (1,)),
    "bitwise_not": (),
}
WITHOUT_GRADIENT = {
    *["acosh", "asinh", "atanh", "float_power", "floor_divide", "heaviside", "nextafter", "sgn"],  # PyTorch refuses
    *["eq", "ge", "greater", "gt", "le", "less", "lt", "ne", "not_equal"],  # PyTorch gives zeros for none
    *["logical_and", "logical_not", "logical_or", "logical_xor"],  # PyTorch lets them pass as if nothing was written
}
OF_TENSORS = {
    "atan2",
    "hypot",
    "heaviside",
    "nextafter",
    "logical_and",
    "logical_or",
    "logical_xor",
    "gcd",
    "lcm",
    "ldexp",
}


@pytest.mark.parametrize("name", TWINS)
def test_in_place_twins(name, rng):
    arguments = TWINS[name]
    whole = name.startswith("bitwise") or name in ("gcd", "lcm")
    x = rng.integers(1, 60, (2, 3)) if whole else rng.uniform(0.1, 0.9, (2, 3))

    def write(m, x):
        values = [m.tensor([v] * 3, dtype=x.dtype) if name in OF_TENSORS else v for v in arguments]
        y = x.clone()
        return [getattr(y, f"{name}_")(*values), y, getattr(x, name)(*values)]

    hold(write, x, backward=name not in WITHOUT_GRADIENT)


def test_in_place_keeps_the_dtype_or_refuses(rng):
    numbers = {"add_": 1.5, "mul_": 2, "div_": 2, "clamp_": 1, "pow_": 2, "eq_": 1, "sub_": 1}
    for dtype in DTYPES:
        for name, number in numbers.items():
            hold(
                lambda m, x, n=name, v=number: getattr(x.clone(), n)(v),
                with_ties(rng, dtype, (4,)),
                lenient=dtype == "bool",
                backward=name != "eq_",
            )


CLOSE = {
    "isclose": lambda m, x: [
        m.isclose(x, x),
        x.isclose(x * 2, rtol=1),
        m.isclose(x, x, equal_nan=True),
        x.isclose(x + 1),
    ],
    "allclose": lambda m, x: [m.allclose(x, x), x.allclose(x + 1), m.allclose(x, x, equal_nan=True)],
    "equal": lambda m, x: [m.equal(x, x), x.equal(x[:1]), x.equal(x + 1)],
    "bad isclose": lambda m, x: m.isclose(x, x, rtol=-1.0),
    "bad isclose of dtypes": lambda m, x: m.isclose(x, x.half()),
}


@pytest.mark.parametrize("name", CLOSE)
def test_closeness(name, rng):
    for x in [ODD, with_ties(rng, "float32", (3, 4)), with_ties(rng, "int64", (5,)), np.zeros(0)]:
        hold(CLOSE[name], x, backward=False)


CONVERSION = {
    "casts": lambda m, x: [x.float(), x.double(), x.half(), x.int(), x.long(), x.short(), x.char(), x.byte(), x.bool()],
    "to": lambda m, x: [x.to(m.float64), x.to("cpu"), x.to("cpu", m.float16), x.to(m.zeros(1, dtype=m.int32)), x.cpu()],
    "to a copy": lambda m, x: [
        y.data_ptr() == x.data_ptr()
        for y in (
            x.to(x.dtype),
            x.to(x.dtype, copy=True),
            x.to(x.dtype, False, True),
            x.to("cpu", x.dtype, False, True),
        )
    ],
    "to by name": lambda m, x: [x.to(dtype=m.int64), x.to(device="cpu"), x.to(m.device("cpu"), non_blocking=True)],
    "type": lambda m, x: [x.type(m.float64), x.type("torch.FloatTensor"), x.type_as(m.zeros(1, dtype=m.float64))],
    "kind": lambda m, x: [x.is_floating_point(), m.is_floating_point(x), m.is_tensor(x), m.is_tensor(1), x.is_signed()],
    "size": lambda m, x: [x.element_size(), m.numel(x), x.is_complex(), m.is_nonzero(x.flatten()[0])],
    "limits": lambda m, x: [m.finfo(m.float32).eps, m.finfo(m.float64).max, m.iinfo(m.int8).min, m.iinfo(m.uint8).max],
    "more limits": lambda m, x: [m.finfo(m.float16).tiny, m.finfo(m.float32).bits, m.iinfo(m.int64).bits],
    "meeting": lambda m, x: [m.zeros(1, dtype=m.promote_types(m.int8, m.uint8)), m.can_cast(m.float32, m.int64)],
    "device": lambda m, x: [str(x.device) == "cpu", x.device.type == "cpu", x.device == m.device("cpu"), x.cpu() is x],
    "operators": lambda m, x: [x.__rdiv__(2.0), (x.long() << 1), (x.long() >> 1)],
    "bad device": lambda m, x: x.to("nonsense"),
    "names of limits": lambda m, x: [m.finfo(m.float16).dtype == "float16", m.iinfo(m.int8).dtype == "int8"],
    "limits in words": lambda m, x: [m.finfo(m.float32).resolution, len(str(m.finfo())), len(str(m.iinfo(m.int8)))],
    "bad limits": lambda m, x: m.finfo(m.int64),
    "bad limits of floats": lambda m, x: m.iinfo(m.float32),
}


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "float16"])
@pytest.mark.parametrize("name", CONVERSION)
def test_conversion(name, dtype):
    hold(CONVERSION[name], np.array([[1, 2, 3], [4, 5, 6]]).astype(dtype), lenient=dtype == "bool")


MATMUL = {
    "inner": lambda m, x, y: [m.inner(x, x), x.inner(x[0]), m.inner(x, x[0, 0]), m.inner(x[None], x)],
    "dots": lambda m, x, y: [m.vdot(x[0], x[1]), m.ger(x[0], x[1]), x[0].ger(x[1]), m.dot(x[0], tensor=x[1])],
    "addmm": lambda m, x, y: [
        m.addmm(x[:, :2], x, y),
        m.addmm(x[0, :2], x, y, beta=2, alpha=3),
        m.addmm(x[0, 0], x, y),
    ],
    "addmm without input": lambda m, x, y: [m.addmm(x[:, :2], x, y, beta=0), x[:, :2].clone().addmm_(x, y)],
    "addmv": lambda m, x, y: [m.addmv(x[:, 0], x, x[0]), x[:, 0].addmv(x, x[1], beta=2, alpha=-1)],
    "addr": lambda m, x, y: [m.addr(x, x[:, 0], x[0]), x.addr(x[:, 0], x[0], beta=0, alpha=2)],
    "batches": lambda m, x, y: [
        m.baddbmm(x[None, :, :2], x[None], y[None]),
        m.addbmm(x[:, :2], x[None], y[None], alpha=2),
    ],
    "tensordot": lambda m, x, y: [m.tensordot(x, y, 1), m.tensordot(x, y, dims=([1], [0])), m.tensordot(x, x, 2)],
    "tensordot of all pairs": lambda m, x, y: [m.tensordot(x, y, 0), m.tensordot(x, y, dims=([0, 1], [1, 0]))],
    "kron": lambda m, x, y: [m.kron(x, y), x.kron(y[0]), m.kron(x[0], y), m.kron(x[0, 0], y)],
    "cross": lambda m, x, y: [
        m.cross(x, x.flip(0), dim=1),
        m.cross(y, y * 2 + 1, 0),
        x[None].cross(x[None] + 1, dim=-1),
    ],
    "bad inner": lambda m, x, y: m.inner(x, y),
    "bad addmm": lambda m, x, y: m.addmm(x, x, y),
    "bad tensordot": lambda m, x, y: m.tensordot(x, y, 2),
    "bad cross": lambda m, x, y: m.cross(x, x, dim=0),
    "bad dtypes": lambda m, x, y: m.matmul(x, y.short()),
    "bad number": lambda m, x, y: m.matmul(x, 2),
}


@pytest.mark.parametrize("dtype", [*FLOATS[:2], "int64", "int32"])
@pytest.mark.parametrize("name", MATMUL)
def test_products(name, dtype, rng):
    hold(MATMUL[name], rng.integers(-4, 5, (2, 3)).astype(dtype), rng.integers(-4, 5, (3, 2)).astype(dtype))


def test_distances(rng):
    x, y = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 4))
    for p in (0, 0.5, 1, 2, 3, np.inf):
        hold(lambda m, x, y, p=p: m.cdist(x, y, p), x, y)
    hold(lambda m, x, y: [m.cdist(x[0], x[0]), m.cdist(x, y[:1])], x, y)
    hold(lambda m, x, y: m.cdist(x, y[..., :2]), x, y)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
def test_mantissas_and_exponents(dtype):
    x = np.array([0, 1, -3.5, np.inf, np.nan, 1e-6, 0.1, 1000]) if dtype != "int64" else np.array([1, 2])
    hold(lambda m, x: [*m.frexp(x), x.frexp().mantissa, m.frexp(input=x).exponent], x.astype(dtype), lenient=True)
    hold(lambda m, x: m.ldexp(*m.frexp(x)), np.array([5e-324, 1e-310, 1.7e308, -0.1]), backward=False)


def test_powers_of_bools():
    x = np.array([True, False])
    hold(lambda m, x: [x**True, m.pow(x, False), m.pow(x, 2), m.pow(x, 2.0), m.pow(2, x)], x, backward=False)
    for program in (lambda m, x: m.pow(x, x), lambda m, x: m.pow(True, x)):
        hold(program, x, backward=False)


def test_powers_of_integers_to_negative_integers():
    x, y = np.array([0, 1, -1, 2, -1, 3])[:, None], np.array([-1, -2, 0, 3])
    hold(lambda m, x, y: [x[1:] ** y, m.pow(x[1:], y), x.float() ** y.abs(), 2**y, m.pow(-1, y), x.pow(2)], x, y)
    hold(lambda m, x: x**-1, np.array([1, 2]))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "float32"])
def test_dtypes_of_bools_among_numbers(dtype):
    x, mask = np.array([3, 1], dtype), np.array([True, False])
    hold(lambda m, x, mask: x.addcmul(mask, mask), x, mask, backward=False)
    hold(lambda m, x: x.sum(dtype=m.bool), x, backward=False)
    hold(lambda m, x: x**-1, x, backward=False)


@pytest.mark.parametrize("name", ["uint8", "int8", "int64", "float16", "float32", "bool"])
def test_can_cast_as_pytorch(name):
    others = ["uint8", "int8", "int64", "float16", "float32", "bool"]
    for other in others:
        assert tg.can_cast(getattr(tg, name), getattr(tg, other)) == torch.can_cast(
            getattr(torch, name), getattr(torch, other)
        )


@pytest.mark.parametrize(
    ("draw", "middle"),
    [
        (lambda x: x.log_normal_(0.5, 0.1), np.exp(0.5)),
        (lambda x: x.cauchy_(2.0, 0.5), 2.0),
        (lambda x: x.geometric_(0.25), 3.0),
    ],
)
def test_draws_in_place(draw, middle):
    for m in (tg, torch):
        m.manual_seed(0)
        x = m.zeros(20001)
        assert draw(x) is x
        assert float(x.median()) == pytest.approx(middle, abs=0.03)


@pytest.mark.parametrize("exponent", ["int64", "int32", "uint8"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_ldexp_where_the_power_overflows_and_the_product_does_not(dtype, exponent):
    values = np.array([0.0, 1e-6, -3.0, np.inf], dtype)
    powers = np.array([200, 20, 1, 0] if exponent == "uint8" else [2000, 20, -140, 3], exponent)
    hold(lambda m, x, n: m.ldexp(x.unsqueeze(-1), n), values, powers, backward=False)


@pytest.mark.parametrize("alpha", [True, 1.5, 2])
@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
def test_which_factors_a_sum_takes(alpha, dtype):
    x = np.array([1, 0]).astype(dtype)
    hold(lambda m, x: m.add(x, x, alpha=alpha), x, backward=False)
    hold(lambda m, x: x.sub(1, alpha=alpha), x, backward=False)


REFUSED = {
    "lerp of two dtypes": lambda m, x: m.lerp(x, x.double(), 0.5),
    "lerp by another dtype": lambda m, x: m.lerp(x, x, x.double()),
    "a negative power in place": lambda m, x: x.to(m.uint8).pow_(-1),
    "float_power in place": lambda m, x: x.detach().float_power_(2),
    "where of numbers": lambda m, x: m.where(x, 1.0, 2.0),
    "where of integers": lambda m, x: x.where(x.long(), x),
    "isclose of other shapes": lambda m, x: m.isclose(x, m.ones(3)),
    "a rounding mode": lambda m, x: m.div(x, x, rounding_mode="up"),
    "a mode of qr": lambda m, x: m.linalg.qr(m.ones(2, 2), "full"),
    "an order of polygamma": lambda m, x: m.polygamma(-1, x),
    "a dimension of mvlgamma": lambda m, x: m.mvlgamma(x, 0),
    "a padding of conv": lambda m, x: m.nn.functional.conv1d(m.ones(1, 1, 3), m.ones(1, 1, 2), padding="all"),
    "a mode of pad": lambda m, x: m.nn.functional.pad(m.ones(1, 1, 3), (1, 1), mode="all"),
    "a value for reflection": lambda m, x: m.nn.functional.pad(m.ones(1, 1, 3), (1, 1), mode="reflect", value=2.0),
    "a mode of interpolate": lambda m, x: m.nn.functional.interpolate(m.ones(1, 1, 3), size=2, mode="all"),
    "argnums": lambda m, x: m.func.grad(m.sum, argnums=3)(x),
    "no pair": lambda m, x: m.func.grad(m.sum, has_aux=True)(x),
    "no Tensor": lambda m, x: m.func.grad(lambda x: 3.0)(x),
    "randomness": lambda m, x: m.vmap(m.sin, randomness="all")(x),
    "sizes": lambda m, x: m.ones(-1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_pytorch_refuses_with_a_runtime_error(name):
    for library in (torch, tg):
        with pytest.raises(RuntimeError):
            REFUSED[name](library, library.ones(2))


def test_in_place_powers_of_doubles():
    hold(lambda m, x: (x * 1).float_power_(3), np.array([1.0, 2.0]))
    hold(lambda m, x: (x * 1).pow_(3), np.array([1.0, 2.0]))


def test_the_factor_of_integers_is_cut():
    hold(lambda m, x: [m.addcmul(x, x, x, value=1.5), x.clone().addcmul_(x, x, value=0.5)], np.array([1, 2]))


@pytest.mark.parametrize("dtype", FLOATS)
def test_fractions_and_angles(dtype):
    x = np.array([0.0, -0.0, 1.0, -1.5, 3e-6, 1000.0, math.inf, -math.inf, math.nan]).astype(dtype)
    hold(lambda m, x: list(m.frexp(x[:-3])), x)
    hold(lambda m, x: [m.angle(x), x.angle()], x)
    hold(lambda m, x: [m.angle(x), m.angle(x > 0)], np.array([1, -2]))
    hold(lambda m, x: m.frexp(x), np.array([1, -2]))


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", "float32"])
def test_numbers_are_shifted_by_tensors(dtype):
    hold(lambda m, x: 5 << x, np.arange(4).astype(dtype))
    hold(lambda m, x: 0x1337 >> x, np.arange(4).astype("int64" if dtype == "uint8" else dtype))
