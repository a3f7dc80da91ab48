r"""Modified Bessel functions of the first kind, of orders 0 and 1, and the spherical one of order 0, which is sinc.

The tables are Chebyshev interpolants (computed in 60 digits, rewritten as powers) of $I_0(x)$ and $I_1(x) / x$ in
$x^2 / 64$ up to 8, and of $\sqrt{x} e^{-x} I_n(x)$ in $8 / x$ beyond, the ranges being those of Clenshaw 1962,
"Chebyshev series for mathematical functions".
"""

import math
from collections.abc import Callable
from typing import Any

import numpy
from numpy.typing import NDArray

from .blockwise import blockwise, numbers, polynomial

__all__ = ["i0", "i0e", "i1", "i1e", "sinc"]

Array = NDArray[Any]

I0_NEAR = numbers("""
    1.0 16.0 64.00000000000003 113.7777777777769 113.77777777779527 72.81777777756619 32.36345679181142
    10.567659350685679 2.641914877279706 0.5218596123987362 0.083497792831347 0.011040613612716828
    0.0012272420944860261 0.00011573616439279102 9.734997549064576e-06 5.695329606162454e-07 6.725742072411059e-08
""")
I0_FAR = numbers("""
    0.4021765094450081 0.0033605519836678614 0.0001362160743919305 1.1143033790932038e-05 1.4838475658279249e-06
    2.9735985885673923e-07 8.872219737904059e-08 3.932584334552951e-08 2.1548377974791112e-08 7.554691881248854e-09
    -6.747657956104836e-09 -1.340891754008996e-08 -5.4047715675894285e-09 7.552583062124036e-09
    7.430464650347439e-09 -3.5059665308805554e-09 -5.9535694382990935e-09 1.5200816953938937e-09
    3.637954635936275e-09 -5.715843864213651e-10 -1.6189806836476387e-09 1.5279202695027498e-10
    4.577087631729844e-10 -2.0260604287496793e-11 -6.06763157074485e-11
""")
I1_NEAR = numbers("""
    0.5 4.000000000000001 10.666666666666629 14.222222222223511 11.377777777755087 6.068148148389495
    2.3116754833250175 0.660478718111503 0.1467730188272614 0.026093055523606808 0.003795216489082557
    0.00046021131154359005 4.702014543750919e-05 4.2583740607253695e-06 2.670429081612229e-07 3.3634868403857223e-08
""")
I1_FAR = numbers("""
    0.38939845902587233 -0.009749577193235737 -0.00021923576383388928 -1.5038547200567216e-05
    -1.8349101326980946e-06 -3.483855761044295e-07 -1.0001288294864889e-07 -4.312917729178348e-08
    -2.3373928208142152e-08 -8.42776609373524e-09 6.734464815298894e-09 1.4034238782067446e-08
    5.9744376080497635e-09 -7.642394134364322e-09 -7.88835150788415e-09 3.426234149009206e-09 6.2427412198207276e-09
    -1.43872505330578e-09 -3.7946708962435706e-09 5.29562544117366e-10 1.6848984479935108e-09
    -1.4011625179822362e-10 -4.758818838790199e-10 1.851511882894619e-11 6.30596519729207e-11
""")


def parts(near: tuple[float, ...], far: tuple[float, ...], scaled: bool) -> list[Callable[[Array], Array]]:
    """How to compute I_n (or exp(-x) I_n if scaled), less the factor x of I_1 up to 8, for 0 <= x <= 8 and beyond."""

    def small(x: Array) -> Array:
        value = polynomial(x * x / 64, near)
        return value * numpy.exp(-x) if scaled else value

    def large(x: Array) -> Array:
        value = polynomial(16 / x - 1, far) / numpy.sqrt(x)
        if scaled:
            return value
        half = numpy.exp(x / 2)  # exp(x) overflows before I_n(x) does
        return value * half * half

    return [small, large]


def even(scaled: bool) -> Callable[[Array], Array]:
    chosen = parts(I0_NEAR, I0_FAR, scaled)

    def order_0(x: Array) -> Array:
        size = abs(x)
        return numpy.piecewise(size, [size <= 8], chosen)

    return blockwise(order_0)


def odd(scaled: bool) -> Callable[[Array], Array]:
    small, large = parts(I1_NEAR, I1_FAR, scaled)

    def order_1(x: Array) -> Array:
        size = abs(x)
        return numpy.copysign(numpy.piecewise(size, [size <= 8], [lambda x: x * small(x), large]), x)

    return blockwise(order_1)


i0, i0e, i1, i1e = even(False), even(True), odd(False), odd(True)


TERMS = 24


def sinc_near(u: Array, n: int) -> Array:
    r"""The n-th derivative of sin(u) / u for u <= n + 1.5, by the series of $\int_0^1 t^n \cos(ut + n\pi/2) dt$."""
    odd = n % 2
    sign = (-1) ** ((n + odd) // 2)
    powers = range(odd, odd + 2 * TERMS, 2)
    terms = [sign * (-1) ** i / (math.factorial(j) * (n + j + 1)) for i, j in enumerate(powers)]
    return polynomial(u * u, tuple(terms)) * (u if odd else 1)


def sinc_far(x: Array, n: int) -> Array:
    r"""The same for larger u = pi x, by $u f^{(n)} + n f^{(n-1)} = \sin(u + n\pi/2)$, which is stable there."""
    u, whole = numpy.pi * x, numpy.rint(x)
    sign = 1 - 2 * (whole % 2)
    sine, cosine = sign * numpy.sin(numpy.pi * (x - whole)), sign * numpy.cos(numpy.pi * (x - whole))
    out = sine / u
    for k in range(1, n + 1):
        out = ((sine, cosine, -sine, -cosine)[k % 4] - k * out) / u
    return out


@blockwise
def sinc(x: Array, n: int) -> Array:
    """The n-th derivative of sin(pi x) / (pi x)."""
    size = abs(x)
    near = size * numpy.pi < n + 1.5
    out = numpy.piecewise(size, [near], [lambda x: sinc_near(numpy.pi * x, n), lambda x: sinc_far(x, n)])
    return out * (numpy.copysign(numpy.pi**n, x) if n % 2 else numpy.pi**n)
