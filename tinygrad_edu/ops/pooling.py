"""Pooling over windows of the last dimensions, one or more coming before: the largest value, or the mean.

`size` says how many windows, or at an adjoint how many values, each dimension has.
"""

from typing import Any

from ..kernels import pooling as kernels
from ..kernels.windows import Sizes, Window
from ..primitive import primitive


@primitive(formula=r"\bar{x} = \mathrm{max\_pool\_route}(\bar{y}, x)")
def max_pool(x: Any, *, window: Window, size: Sizes) -> Any:
    """The largest value of each window, NaN if it holds one; `(.., *spatial) -> (.., *size)`.

    Of equal values the first in row-major order gets the gradient.
    """
    if x.dtype.kind not in "iuf":
        raise RuntimeError(f"max-pooling takes integers or floats, got {x.dtype}")
    return kernels.top(x, window, size)


@primitive(formula=r"\bar{y} = \mathrm{max\_pool\_pick}(\bar{z}, x)")
def max_pool_route(y: Any, x: Any, peak: Any, *, window: Window) -> Any:
    """Each y added where its window of x has the largest value, `peak`; `(.., *out) -> (.., *spatial)`."""
    return kernels.route(y, x, peak, window)


@primitive(formula=r"\bar{y} = \mathrm{max\_pool\_route}(\bar{z}, x)")
def max_pool_pick(y: Any, x: Any, peak: Any, *, window: Window) -> Any:
    """The y where each window of x has its largest value, `peak`; `(.., *spatial) -> (.., *out)`; adjoint of route."""
    return kernels.pick(y, x, peak, window)


@primitive
def max_pool_indices(x: Any, peak: Any, *, window: Window) -> Any:
    """Where each window of x has its largest value, `peak`, counted through all spatial dimensions; `-> (.., *out)`."""
    return kernels.places(x, peak, window)


max_pool.vjp(x=lambda g, x, out, window, size: max_pool_route(g, x, out, window=window))
max_pool_route.vjp(y=lambda g, x, peak, window: max_pool_pick(g, x, peak, window=window), x=None, peak=None)
max_pool_pick.vjp(y=lambda g, x, peak, window: max_pool_route(g, x, peak, window=window), x=None, peak=None)


@primitive(formula=r"\bar{x} = \mathrm{avg\_pool\_input}(\bar{y})")
def avg_pool(x: Any, *, window: Window, size: Sizes, divisor: Any) -> Any:
    """The sum of each window, over the divisor, a number or one for each window; `(.., *spatial) -> (.., *size)`."""
    return kernels.average(x, window, size, divisor)


@primitive(formula=r"\bar{y} = \mathrm{avg\_pool}(\bar{x})")
def avg_pool_input(y: Any, *, window: Window, size: Sizes, divisor: Any) -> Any:
    """Each y, over the divisor, added to all of its window: the adjoint of avg_pool; `(.., *out) -> (.., *size)`."""
    return kernels.spread(y, window, size, divisor)


avg_pool.vjp(
    x=lambda g, x_shape, window, size, divisor: avg_pool_input(
        g, window=window, size=x_shape[-len(size) :], divisor=divisor
    )
)
avg_pool_input.vjp(
    y=lambda g, y_shape, window, size, divisor: avg_pool(g, window=window, size=y_shape[-len(size) :], divisor=divisor)
)
