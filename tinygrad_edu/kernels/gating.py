r"""An input times a smooth step of itself, and the slope: SiLU and both forms of GELU, block by block.

In the cache, where a block and two temporaries stay, an operation is three times as fast as over all of a large array.
In float32 the normal distribution's function is taken as $\Phi(x) = (1 + \tanh(x\,P(x^2))) / 2$, since
$\ln(\Phi / (1 - \Phi)) / 2$ is odd and smooth: P is a least-squares fit, weighted until $x\,\Phi(x)$ is right to 7e-8
everywhere. float64 takes the exact function.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy
from numpy.typing import NDArray

from .blockwise import numbers
from .constants import constant_for
from .erf import ndtr
from .memory import scratch

__all__ = ["TANH", "gelu", "gelu_gradient", "gelu_tanh", "gelu_tanh_gradient", "silu", "silu_gradient"]

Array = NDArray[Any]

BLOCK = 1 << 16  # float32 numbers: a few arrays of 256 KB stay in the cache

NORMAL = numbers("""
    0.7978842683951741 0.03633414915877641 -3.302673237040319e-05 -5.527337737973589e-05
    3.974069473524552e-06 -1.3378311899736166e-07 1.8139254662733725e-09
""")
TANH = 2 * math.sqrt(2 / math.pi), 2 * math.sqrt(2 / math.pi) * 0.044715
PEAK = 1 / math.sqrt(2 * math.pi)  # of the normal density


def in_blocks(kernel: Callable[..., object]) -> Callable[..., Array]:
    """Let a function of flat arrays take arrays of any shape; float16 is taken as float32.

    The function writes to the last of its arrays and has two temporaries, which follow.
    """

    @functools.wraps(kernel)
    def whole(*arrays: Array) -> Array:
        first = arrays[0]
        if first.dtype.char == "e":
            return whole(*[x.astype(numpy.float32) for x in arrays]).astype(first.dtype)
        out = numpy.empty(first.shape, first.dtype)
        flat = [x.reshape(-1) for x in (*arrays, out)]
        memory = scratch((2, min(BLOCK, first.size)), first.dtype)
        with numpy.errstate(all="ignore"):
            if first.size <= BLOCK:
                kernel(*flat, *memory)
                return out
            for start in range(0, first.size, BLOCK):
                parts = [x[start : start + BLOCK] for x in flat]
                kernel(*parts, *memory[:, : len(parts[0])])
        return out

    return whole


def logistic(p: Array) -> None:
    """1 / (1 + exp(-p)), in the memory of p."""
    numpy.negative(p, p)
    numpy.exp(p, p)
    p += constant_for(p, 1.0)
    numpy.reciprocal(p, p)


def tanh_step(x: Array, square: Array, p: Array) -> None:
    """The step of GELU's tanh form, (1 + tanh(..)) / 2, in p."""
    numpy.multiply(square, constant_for(x, TANH[1]), p)
    p += constant_for(x, TANH[0])
    p *= x
    logistic(p)


def normal_step(x: Array, square: Array, p: Array) -> None:
    """The probability that a standard normal number is at most x, in p."""
    if x.dtype.char == "d":
        numpy.copyto(p, ndtr(x))
        return
    numpy.multiply(square, constant_for(x, NORMAL[-1]), p)
    for coefficient in NORMAL[-2:0:-1]:
        p += constant_for(x, coefficient)
        p *= square
    p += constant_for(x, NORMAL[0])
    p *= x
    # one pass, where the logistic function's exp, + 1 and 1 / are three
    numpy.tanh(p, p)
    p += constant_for(x, 1.0)
    p *= constant_for(x, 0.5)


@in_blocks
def silu(x: Array, out: Array, p: Array, _: Array) -> None:
    """x / (1 + exp(-x))."""
    numpy.copyto(p, x)
    logistic(p)
    numpy.multiply(x, p, out)


@in_blocks
def silu_gradient(g: Array, x: Array, out: Array, step: Array, slope: Array) -> None:
    """g times the slope of silu: step (1 + x (1 - step))."""
    numpy.copyto(step, x)
    logistic(step)
    numpy.subtract(constant_for(x, 1.0), step, slope)
    slope *= x
    slope += constant_for(x, 1.0)
    slope *= step
    numpy.multiply(slope, g, out)


@in_blocks
def gelu(x: Array, out: Array, square: Array, p: Array) -> None:
    """x times the normal distribution's function."""
    numpy.square(x, square)
    normal_step(x, square, p)
    numpy.multiply(p, x, out)


@in_blocks
def gelu_gradient(g: Array, x: Array, y: Array, out: Array, density: Array, slope: Array) -> None:
    """g times the slope of y = gelu(x): the distribution's function, which is y / x, plus x times its density."""
    numpy.divide(y, x, slope)
    numpy.square(x, density)
    if not numpy.minimum.reduce(density, initial=1.0) > 0:
        slope[density == 0] = 0.5
    density *= constant_for(x, -0.5)
    numpy.exp(density, density)
    density *= x
    density *= constant_for(x, PEAK)
    slope += density
    numpy.multiply(slope, g, out)


@in_blocks
def gelu_tanh(x: Array, out: Array, square: Array, p: Array) -> None:
    """x times the step of GELU's tanh form."""
    numpy.square(x, square)
    tanh_step(x, square, p)
    numpy.multiply(p, x, out)


@in_blocks
def gelu_tanh_gradient(g: Array, x: Array, out: Array, square: Array, step: Array) -> None:
    """g times the slope of gelu_tanh."""
    numpy.square(x, square)
    tanh_step(x, square, step)
    square *= constant_for(x, 3 * TANH[1])
    square += constant_for(x, TANH[0])
    slope = (1 - step) * x
    slope *= square
    slope += constant_for(x, 1.0)
    slope *= step
    numpy.multiply(slope, g, out)
