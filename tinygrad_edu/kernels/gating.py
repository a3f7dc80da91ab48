r"""An input times a smooth step of itself, and the slope: SiLU and both forms of GELU, block by block.

In the cache, where a block and two temporaries stay, an operation is three times as fast as over all of a large array.
In float32 the normal distribution's function is taken as $\Phi(x) = 1 / (1 + e^{-2 x\,P(x^2)})$, since
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
from .exponential import UNIT, power
from .memory import scratch
from .quiet import quiet

__all__ = ["TANH", "gelu", "gelu_gradient", "gelu_tanh", "gelu_tanh_gradient", "silu", "silu_gradient"]

Array = NDArray[Any]

BLOCK = 1 << 16  # float32 numbers: a few arrays of 256 KB stay in the cache

NORMAL = numbers("""
    0.7978842683951741 0.03633414915877641 -3.302673237040319e-05 -5.527337737973589e-05
    3.974069473524552e-06 -1.3378311899736166e-07 1.8139254662733725e-09
""")
TANH = 2 * math.sqrt(2 / math.pi), 2 * math.sqrt(2 / math.pi) * 0.044715
least = numpy.minimum.reduce
PEAK = 1 / math.sqrt(2 * math.pi)  # of the normal density

# the same as powers of e^-1: what falls from 1 to 0 where a step rises
NORMAL_FALL = [-2 * UNIT * c for c in NORMAL]
TANH_FALL = [-UNIT * c for c in TANH]


def in_blocks(kernel: Callable[..., object]) -> Callable[..., Array]:
    """Let a function of flat arrays take arrays of any shape; float16 is taken as float32.

    The function writes to the last of its arrays and has two temporaries, which follow.
    """

    @quiet
    @functools.wraps(kernel)
    def whole(*arrays: Array) -> Array:
        first = arrays[0]
        if first.dtype.char == "e":
            return whole(*[x.astype(numpy.float32) for x in arrays]).astype(first.dtype)
        out = numpy.empty(first.shape, first.dtype)
        flat = [x.reshape(-1) for x in (*arrays, out)]
        memory = scratch((2, min(BLOCK, first.size)), first.dtype)
        if first.size <= BLOCK:
            kernel(*flat, *memory)
            return out
        for start in range(0, first.size, BLOCK):
            parts = [x[start : start + BLOCK] for x in flat]
            kernel(*parts, *memory[:, : len(parts[0])])
        return out

    return whole


def divisor(p: Array) -> None:
    """1 + e^-z of p = -UNIT z, in its memory: what a step, the logistic function of z, is 1 over."""
    power(p, p)
    p += constant_for(p, 1.0)


def tanh_divisor(x: Array, square: Array, p: Array) -> None:
    """1 over the step of GELU's tanh form, (1 + tanh(..)) / 2, in p."""
    numpy.multiply(square, constant_for(x, TANH_FALL[1]), p)
    p += constant_for(x, TANH_FALL[0])
    p *= x
    divisor(p)


@in_blocks
def silu(x: Array, out: Array, *_: Array) -> None:
    """x / (1 + exp(-x))."""
    numpy.multiply(x, constant_for(x, -UNIT), out)
    divisor(out)
    numpy.divide(x, out, out)


@in_blocks
def silu_gradient(g: Array, x: Array, out: Array, step: Array, _: Array) -> None:
    """g times the slope of silu: step (1 + x (1 - step))."""
    numpy.multiply(x, constant_for(x, -UNIT), step)
    divisor(step)
    numpy.reciprocal(step, step)
    numpy.subtract(constant_for(x, 1.0), step, out)
    out *= x
    out += constant_for(x, 1.0)
    out *= step
    out *= g


@in_blocks
def gelu(x: Array, out: Array, square: Array, _: Array) -> None:
    """x times the normal distribution's function."""
    if x.dtype.char == "d":
        numpy.multiply(ndtr(x), x, out)
        return
    numpy.square(x, square)
    numpy.multiply(square, constant_for(x, NORMAL_FALL[-1]), out)
    for coefficient in NORMAL_FALL[-2:0:-1]:
        out += constant_for(x, coefficient)
        out *= square
    out += constant_for(x, NORMAL_FALL[0])
    out *= x
    divisor(out)
    numpy.divide(x, out, out)


@in_blocks
def gelu_gradient(g: Array, x: Array, y: Array, out: Array, density: Array, _: Array) -> None:
    """g times the slope of y = gelu(x): the distribution's function, which is y / x, plus x times its density."""
    numpy.divide(y, x, out)
    numpy.square(x, density)
    if not least(density, initial=1.0) > 0:
        out[density == 0] = 0.5
    density *= constant_for(x, -0.5 * UNIT)
    power(density, density)
    density *= x
    density *= constant_for(x, PEAK)
    out += density
    out *= g


@in_blocks
def gelu_tanh(x: Array, out: Array, square: Array, _: Array) -> None:
    """x times the step of GELU's tanh form."""
    numpy.square(x, square)
    tanh_divisor(x, square, out)
    numpy.divide(x, out, out)


@in_blocks
def gelu_tanh_gradient(g: Array, x: Array, out: Array, square: Array, step: Array) -> None:
    """g times the slope of gelu_tanh."""
    numpy.square(x, square)
    tanh_divisor(x, square, step)
    numpy.reciprocal(step, step)
    square *= constant_for(x, 3 * TANH[1])
    square += constant_for(x, TANH[0])
    numpy.subtract(constant_for(x, 1.0), step, out)
    out *= x
    out *= square
    out += constant_for(x, 1.0)
    out *= step
    out *= g
