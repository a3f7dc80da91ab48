"""Arithmetic, elementwise.

Inputs broadcast against each other and meet at a common dtype; the engine sums their gradients back to their shapes.
At a tie `maximum` and `minimum` give each side half of the gradient, as PyTorch does.
"""

from typing import Any

from .. import backend
from ..primitive import primitive
from .comparison import logical_not
from .elementary import log


@primitive(formula=r"\bar{x} = \bar{z},\ \bar{y} = \bar{z}", promotion="common")
def add(x: Any, y: Any) -> Any:
    """x + y, elementwise; `(*), (*) -> (*)`."""
    return x + y


@primitive(formula=r"\bar{x} = \bar{z},\ \bar{y} = -\bar{z}", promotion="common")
def sub(x: Any, y: Any) -> Any:
    """x - y, elementwise; `(*), (*) -> (*)`."""
    return x - y


@primitive(formula=r"\bar{x} = \bar{z}\,y,\ \bar{y} = \bar{z}\,x", promotion="common")
def mul(x: Any, y: Any) -> Any:
    """x * y, elementwise; `(*), (*) -> (*)`."""
    return x * y


@primitive(formula=r"\bar{x} = \bar{z} / y,\ \bar{y} = -\bar{z}\,x / y^2", promotion="float")
def div(x: Any, y: Any) -> Any:
    """x / y, elementwise, integers as floats; `(*), (*) -> (*)`."""
    return x / y


@primitive(formula=r"\bar{x} = -\bar{y}", promotion="common", kinds="iuf")
def neg(x: Any) -> Any:
    """-x, elementwise; `(*) -> (*)`."""
    return -x


@primitive(formula=r"\bar{x} = -\bar{y}\,y^2", promotion="float")
def reciprocal(x: Any) -> Any:
    """1 / x, elementwise; `(*) -> (*)`."""
    return 1 / x


@primitive(formula=r"\bar{x} = 2\,\bar{y}\,x", promotion="common")
def square(x: Any) -> Any:
    """x * x, elementwise; `(*) -> (*)`."""
    return x * x


@primitive(formula=r"\bar{x} = \bar{z}\,y\,x^{y-1},\ \bar{y} = \bar{z}\,z \ln x", promotion="common", kinds="iuf")
def pow(x: Any, y: Any, *, xp: Any) -> Any:
    """x to the power of y, elementwise; `(*), (*) -> (*)`; the gradient for y is 0 where x = 0 and y >= 0."""
    return xp.power(x, y)


add.vjp(x=lambda g: g, y=lambda g: g)
sub.vjp(x=lambda g: g, y=lambda g: -g)
mul.vjp(x=lambda g, y: g * y, y=lambda g, x: g * x)
div.vjp(x=lambda g, y: g / y, y=lambda g, x, y: -(x / y * g) / y)
neg.vjp(x=lambda g: -g)
reciprocal.vjp(x=lambda g, out: -g * out * out)
square.vjp(x=lambda g, x: g * (x + x))


@primitive(formula=r"\bar{x} = \bar{y}\,\mathrm{sign}(x)", promotion="common", kinds="iuf")
def abs(x: Any, *, xp: Any) -> Any:
    """|x|, elementwise; `(*) -> (*)`; the gradient at 0 is 0."""
    return xp.abs(x)


@primitive(formula=r"\bar{x} = 0", promotion="common")
def sign(x: Any, *, xp: Any) -> Any:
    """-1, 0 or 1, and 0 for NaN, elementwise; `(*) -> (*)`; its gradient is 0 everywhere."""
    return xp.subtract(x > 0, x < 0, dtype=x.dtype)


@primitive(formula=r"\bar{x} = \bar{y}\,[x > 0]", promotion="common", kinds="iuf")
def relu(x: Any, *, xp: Any) -> Any:
    """max(x, 0), elementwise; `(*) -> (*)`; the gradient at 0 is 0."""
    return xp.maximum(x, backend.ZEROS[x.dtype.char])  # in half the time of a Python 0


@primitive(formula=r"\bar{x} = \bar{z}\,([x > y] + \frac{1}{2}[x = y])", promotion="common")
def maximum(x: Any, y: Any, *, xp: Any) -> Any:
    """The larger of x and y, elementwise, NaN if either is; `(*), (*) -> (*)`; a tie shares the gradient."""
    return xp.maximum(x, y)


@primitive(formula=r"\bar{x} = \bar{z}\,([x < y] + \frac{1}{2}[x = y])", promotion="common")
def minimum(x: Any, y: Any, *, xp: Any) -> Any:
    """The smaller of x and y, elementwise, NaN if either is; `(*), (*) -> (*)`; a tie shares the gradient."""
    return xp.minimum(x, y)


@primitive(formula=r"\bar{x} = \bar{z}\,[c],\ \bar{y} = \bar{z}\,[\lnot c]", promotion="branches")
def where(condition: Any, x: Any, y: Any, *, xp: Any) -> Any:
    """x where the condition holds and y elsewhere; `(*), (*), (*) -> (*)`."""
    return xp.where(condition, x, y)


@primitive(formula=r"\bar{x} = \bar{y}\,[m]")
def masked(x: Any, mask: Any) -> Any:
    """x where the mask is not 0 and 0 elsewhere; `(*), (*) -> (*)`; what is masked does not count, be it inf or NaN."""
    return backend.masked(x, mask)


@primitive(formula=r"\bar{x} = \bar{y}\,[low \le x \le high]", promotion="common", kinds="iuf")
def clamp(x: Any, *, low: Any = None, high: Any = None, xp: Any) -> Any:
    """x held between two numbers, elementwise; `(*) -> (*)`; on a bound the gradient passes."""
    return xp.clip(x, low, high)


def within(x: Any, low: Any, high: Any) -> Any:
    """Where low <= x <= high, a bound of None being none."""
    if low is None:
        return x <= high
    return x >= low if high is None else (x >= low) & (x <= high)


def nothing(g: Any) -> Any:
    """The rule of a function that is flat almost everywhere: zeros, also where g is infinite."""
    return masked(g, False)


# where y = 0 the slope in x is 0, but x^(y-1) is inf at x = 0; where x = 0 and y >= 0 that in y is 0, but ln 0 is -inf
pow.vjp(
    x=lambda g, x, y: where(y == 0, 0.0, g * y * pow(x, where(y == 0, 1.0, y - 1))),
    y=lambda g, x, y, out: where((x == 0) & (y >= 0), 0.0, g * out * log(where((x == 0) & (y >= 0), 1.0, x))),
)
abs.vjp(x=lambda g, x: g * sign(x))
sign.vjp(x=nothing)
# out is positive, 0 or NaN; a NaN lets the gradient through, as in PyTorch
relu.vjp(x=lambda g, out: masked(g, out))
# beside a NaN both sides get the whole gradient, as in PyTorch
maximum.vjp(
    x=lambda g, x, y: where(x == y, g / 2, where(x < y, 0.0, g)),
    y=lambda g, x, y: where(x == y, g / 2, where(x > y, 0.0, g)),
)
minimum.vjp(
    x=lambda g, x, y: where(x == y, g / 2, where(x > y, 0.0, g)),
    y=lambda g, x, y: where(x == y, g / 2, where(x < y, 0.0, g)),
)
where.vjp(
    condition=None,
    x=lambda g, condition: masked(g, condition),
    y=lambda g, condition: masked(g, logical_not(condition)),
)
masked.vjp(x=lambda g, mask: masked(g, mask), mask=None)
clamp.vjp(x=lambda g, x, low, high: masked(g, within(x, low, high)))


@primitive(formula=r"\bar{x} = \bar{y}")
def clone(x: Any) -> Any:
    """A copy of x; `(*) -> (*)`."""
    return x.copy()


@primitive(formula=r"\bar{x} = \mathrm{cast}(\bar{y})")
def cast(x: Any, *, dtype: Any) -> Any:
    """x with another dtype; `(*) -> (*)`; the gradient is cast back."""
    return x.astype(dtype)


def check_divisor(x: Any, y: Any) -> None:
    """Refuse to divide integers by zero, for which they have no answer; floats have inf and NaN.

    Raises:
        RuntimeError: y holds integers, and a zero among them.
    """
    if y.dtype.kind != "f" and x.size and not y.all():
        raise RuntimeError("integers cannot be divided by zero; convert one operand with .float() to get inf or NaN")


@primitive(formula=r"\bar{x} = \bar{z},\ \bar{y} = -\bar{z}\,\lfloor x / y \rfloor", promotion="common", kinds="iuf")
def remainder(x: Any, y: Any, *, xp: Any) -> Any:
    """x - y * floor(x / y), with the sign of y, elementwise; `(*), (*) -> (*)`."""
    check_divisor(x, y)
    return xp.remainder(x, y)


@primitive(formula=r"\bar{x} = \bar{z},\ \bar{y} = -\bar{z}\,\mathrm{trunc}(x / y)", promotion="common", kinds="iuf")
def fmod(x: Any, y: Any, *, xp: Any) -> Any:
    """x - y * trunc(x / y), with the sign of x, elementwise; `(*), (*) -> (*)`."""
    check_divisor(x, y)
    return xp.fmod(x, y)


@primitive(formula=r"\bar{x} = 0", promotion="common", kinds="iuf")
def floor(x: Any, *, xp: Any) -> Any:
    """The largest integer <= x, elementwise; `(*) -> (*)`; its gradient is 0."""
    return xp.floor(x)


@primitive(formula=r"\bar{x} = 0", promotion="common", kinds="iuf")
def ceil(x: Any, *, xp: Any) -> Any:
    """The smallest integer >= x, elementwise; `(*) -> (*)`; its gradient is 0."""
    return xp.ceil(x)


@primitive(formula=r"\bar{x} = 0", promotion="common", kinds="iuf")
def trunc(x: Any, *, xp: Any) -> Any:
    """x without its fraction, elementwise; `(*) -> (*)`; its gradient is 0."""
    return xp.trunc(x)


@primitive(formula=r"\bar{x} = 0", promotion="common", kinds="iuf")
def round(x: Any, *, decimals: int = 0, xp: Any) -> Any:
    """x to so many decimals, halves to the even side, elementwise; `(*) -> (*)`; its gradient is 0."""
    return xp.round(x, decimals)


for step in (floor, ceil, trunc, round):
    step.vjp(x=nothing)
clone.vjp(x=lambda g: g)
cast.vjp(x=lambda g, x_dtype: cast(g, dtype=x_dtype))
remainder.vjp(x=lambda g: g, y=lambda g, x, y: -g * floor(x / y))
fmod.vjp(x=lambda g: g, y=lambda g, x, y: -g * trunc(x / y))


@primitive(promotion="common", kinds="iuf")
def floor_divide(x: Any, y: Any, *, xp: Any) -> Any:
    """floor(x / y), elementwise; `(*), (*) -> (*)`; no gradient."""
    check_divisor(x, y)
    return xp.floor_divide(x, y)
