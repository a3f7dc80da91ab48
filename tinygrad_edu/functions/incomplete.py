r"""The incomplete gamma functions and Hurwitz's zeta function, of two variables; what computes them is in kernels/.

Each has a gradient in its second variable alone, as in PyTorch, and derivatives of every order in that.
"""

from typing import Any

import numpy

from ..errors import GradientError
from ..inplace import in_place
from ..kernels.incomplete_gamma import incomplete_gamma
from ..kernels.zeta import hurwitz
from ..ops.elementary import exp, log
from ..primitive import primitive
from ..tensor import Tensor, method
from .special import lgamma

__all__ = ["igamma", "igammac"]


def refused(g: Any) -> Any:
    """No gradient in the first variable.

    Raises:
        GradientError: always.
    """
    raise GradientError("the derivative of igamma, igammac and zeta in their first argument is not implemented")


def computed(kernel: Any, a: Any, x: Any, *settings: Any) -> Any:
    """What a kernel of float64 arrays gives for arrays that broadcast, in their dtype."""
    one, other = numpy.broadcast_arrays(a.astype("float64"), x.astype("float64"))
    return kernel(one, other, *settings).astype(a.dtype)


@primitive(formula=r"\bar{x} = \bar{y}\,x^{a-1} e^{-x} / \Gamma(a)", promotion="common", kinds="f")
def lower_gamma(a: Any, x: Any) -> Any:
    r"""$\frac{1}{\Gamma(a)} \int_0^x t^{a-1} e^{-t} dt$, elementwise; `(*), (*) -> (*)`; NaN where one is negative."""
    return computed(incomplete_gamma, a, x, False)


@primitive(formula=r"\bar{x} = -\bar{y}\,x^{a-1} e^{-x} / \Gamma(a)", promotion="common", kinds="f")
def upper_gamma(a: Any, x: Any) -> Any:
    r"""$\frac{1}{\Gamma(a)} \int_x^\infty t^{a-1} e^{-t} dt$, elementwise; `(*), (*) -> (*)`; 1 - the lower one."""
    return computed(incomplete_gamma, a, x, True)


@primitive(formula=r"\bar{q} = -\bar{y}\,s\,\zeta(s + 1, q)", promotion="float")
def zeta(s: Any, q: Any) -> Any:
    r"""Hurwitz's zeta function $\sum_{k \ge 0} (q + k)^{-s}$, elementwise; `(*), (*) -> (*)`; NaN for s < 1."""
    return computed(hurwitz, s, q)


lower_gamma.vjp(a=refused, x=lambda g, a, x: g * exp((a - 1) * log(x) - x - lgamma(a)))
upper_gamma.vjp(a=refused, x=lambda g, a, x: -g * exp((a - 1) * log(x) - x - lgamma(a)))
zeta.vjp(s=refused, q=lambda g, s, q: g * -s * zeta(s + 1, q))


@method
def igamma(input: Tensor, other: Tensor) -> Any:
    r"""The regularised lower incomplete gamma function, elementwise; `(*), (*) -> (*)`.

    $P(a, x) = \frac{1}{\Gamma(a)} \int_0^x t^{a-1} e^{-t} dt$ of a = `input` and x = `other`; NaN where one of them is
    negative.

    Raises:
        RuntimeError: neither holds floats.
        GradientError: in backward, if the gradient of `input` is asked for.
    """
    return lower_gamma(input, other)


@method
def igammac(input: Tensor, other: Tensor) -> Any:
    """The regularised upper incomplete gamma function, 1 - igamma, elementwise; `(*), (*) -> (*)`.

    Raises:
        RuntimeError: neither holds floats.
        GradientError: in backward, if the gradient of `input` is asked for.
    """
    return upper_gamma(input, other)


in_place(igamma, "igamma_")
in_place(igammac, "igammac_")
