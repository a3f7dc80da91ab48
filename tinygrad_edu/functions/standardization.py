r"""What batch, layer, group, instance and RMS norm are made of: groups of elements brought to one scale.

`standardize` brings them to mean 0 and variance 1 by their own statistics, `standardize_by` by statistics that are
given for each channel; `scale_to_rms` brings rows to a mean square of 1.

Fused for speed: composed of ten operations, each of which passes over memory and is remembered, a norm takes four times
as long, and of a few numbers the six operations of an RMS norm take three times as long. A test holds each to its
composed form. The groups' own statistics come as settings, so that they can also update
running ones; their dependence on x is part of the gradient.
"""

from typing import Any

import numpy

from ..kernels import rows
from ..kernels import standardization as kernel
from ..kernels.standardization import Layout
from ..ops.elementary import rsqrt
from ..ops.elementwise import cast
from ..ops.movement import reshape, sum_to
from ..ops.reduction import mean as mean_over
from ..primitive import primitive


@primitive(
    formula=r"\bar{x} = \frac{1}{\sigma}\,(\bar{y} w - \mathrm{mean}(\bar{y} w) - z\,\mathrm{mean}(\bar{y} w z))"
)
def standardize(x: Any, weight: Any, bias: Any, *, layout: Layout, eps: float, mean: Any, rstd: Any) -> Any:
    """(x - mean) * rstd * weight + bias, where mean and rstd = 1 / sqrt(var + eps) are those of x; `(*) -> (*)`."""
    return kernel.standardized(x, weight, bias, layout, mean, rstd)


@primitive(formula=r"\text{the derivatives of the gradients of standardize}")
def standardize_gradients(z: Any, x: Any, weight: Any, *, layout: Layout, eps: float, mean: Any, rstd: Any) -> Any:
    """The gradients of x, weight and bias that a gradient z of standardize gives."""
    return kernel.gradients(z, x, weight, layout, mean, rstd)


standardize.joint_vjp(
    lambda g, x, weight, layout, eps, mean, rstd: standardize_gradients(
        g, x, weight, layout=layout, eps=eps, mean=mean, rstd=rstd
    )
)


class Groups:
    """The groups of x standardised, by operations that can be differentiated further."""

    def __init__(self, x: Any, weight: Any, layout: Layout, eps: float) -> None:
        self.layout = layout
        x = self.seen(x, layout.view)
        centred = x - self.mean(x)
        self.rstd = rsqrt(self.mean(centred * centred) + eps)
        self.y = centred * self.rstd
        self.weight = self.seen(weight, layout.spot)

    def seen(self, h: Any, shape: Any) -> Any:
        """h in another shape, and float16 in float32, because rstd^2 passes 65504."""
        return reshape(cast(h, dtype=numpy.float32) if h.dtype.char == "e" else h, shape=shape)

    def given(self, h: Any, x: Any) -> Any:
        """h in the shape and dtype of x."""
        return reshape(h if h.dtype == x.dtype else cast(h, dtype=x.dtype), shape=x.shape)

    def mean(self, h: Any) -> Any:
        """The mean of each group."""
        return mean_over(h, dim=self.layout.dims, keepdim=True)

    def project(self, h: Any) -> Any:
        """What of h changes neither the groups' means nor their variances; a symmetric map."""
        return h - self.mean(h) - self.y * self.mean(h * self.y)

    def views(self, gradients: Any) -> tuple[Any, Any, Any]:
        """The gradients of the three outputs as they are seen here."""
        hx, hw, hb = gradients
        spot = self.layout.spot
        return self.seen(hx, self.layout.view), self.seen(hw, spot), self.seen(hb, spot)


def gradient_of_z(g: Any, x: Any, weight: Any, layout: Layout, eps: float) -> Any:
    """The outputs are linear in z: their adjoint."""
    groups = Groups(x, weight, layout, eps)
    hx, hw, hb = groups.views(g)
    return groups.given(groups.weight * groups.rstd * groups.project(hx) + hw * groups.y + hb, x)


def gradient_of_weight(g: Any, z: Any, x: Any, weight: Any, layout: Layout, eps: float) -> Any:
    """Only the first output, rstd * project(z * weight), depends on the weight."""
    groups = Groups(x, weight, layout, eps)
    hx, _, _ = groups.views(g)
    each = groups.seen(z, layout.view) * groups.rstd * groups.project(hx)
    return groups.given(sum_to(each, shape=layout.spot), weight)


def gradient_of_x(g: Any, z: Any, x: Any, weight: Any, layout: Layout, eps: float) -> Any:
    """By way of the standardised y, and of rstd, whose derivative is -rstd^2 y / n."""
    groups = Groups(x, weight, layout, eps)
    hx, hw, _ = groups.views(g)
    y, rstd, mean = groups.y, groups.rstd, groups.mean
    z = groups.seen(z, layout.view)
    q = z * groups.weight
    along_q, along_h = mean(q * y), mean(hx * y)
    of_y = hw * z - rstd * (hx * along_q + q * along_h)
    of_rstd = mean(hx * q) - mean(hx) * mean(q) - along_h * along_q
    return groups.given(rstd * groups.project(of_y) - rstd * rstd * y * of_rstd, x)


standardize_gradients.vjp(
    z=lambda g, x, weight, layout, eps: gradient_of_z(g, x, weight, layout, eps),
    x=lambda g, z, x, weight, layout, eps: gradient_of_x(g, z, x, weight, layout, eps),
    weight=lambda g, z, x, weight, layout, eps: gradient_of_weight(g, z, x, weight, layout, eps),
)


@primitive(formula=r"\bar{x} = \bar{y}\,w / \sqrt{\sigma^2 + \epsilon}")
def standardize_by(x: Any, weight: Any, bias: Any, mean: Any, var: Any, *, eps: float) -> Any:
    """(x - mean) / sqrt(var + eps) * weight + bias, each channel with its numbers; `(B, C, ..) -> (B, C, ..)`."""
    return kernel.standardized_by(x, weight, bias, mean, var, eps)


def beside(h: Any, x: Any) -> Any:
    """A number for each channel, as it broadcasts against x; `(C,) -> (C, 1, ..)`."""
    return reshape(h, shape=(*h.shape, *[1] * (x.ndim - 2)))


def by_channel(h: Any) -> Any:
    """The sum over each channel; `(B, C, ..) -> (C,)`."""
    return reshape(sum_to(h, shape=(h.shape[1], *[1] * (h.ndim - 2))), shape=(h.shape[1],))


standardize_by.vjp(
    x=lambda g, weight, var, eps: g * beside(weight * rsqrt(var + eps), g),
    weight=lambda g, x, mean, var, eps: by_channel(g * (x - beside(mean, x))) * rsqrt(var + eps),
    bias=lambda g: by_channel(g),
    mean=lambda g, weight, var, eps: -by_channel(g) * weight * rsqrt(var + eps),
    var=lambda g, x, weight, mean, var, eps: (
        by_channel(g * (x - beside(mean, x))) * weight * rsqrt(var + eps) / (var + eps) * -0.5
    ),
)


@primitive(formula=r"\bar{x} = r\,\bar{y} w - r^3 x\,\mathrm{mean}(\bar{y} w x),\ \bar{w} = \sum \bar{y}\,r\,x")
def scale_to_rms(x: Any, weight: Any, *, eps: float) -> Any:
    r"""r x weight with $r = 1 / \sqrt{\mathrm{mean}(x^2) + \epsilon}$ over the weight's dimensions; `(*, *n), (*n)`."""
    return rows.scaled(x, weight, eps)


def scale_to_rms_gradients(g: Any, x: Any, weight: Any, eps: float) -> tuple[Any, Any]:
    """The gradients of x and weight; on arrays in half as many passes."""
    if type(g) is numpy.ndarray:
        return rows.scaled_gradients(g, x, weight, eps)
    gy, wide, w = [cast(h, dtype=numpy.float32) if h.dtype.char == "e" else h for h in (g, x, weight)]
    dims = tuple(range(x.ndim - weight.ndim, x.ndim))
    r = rsqrt(mean_over(wide * wide, dim=dims, keepdim=True) + eps)
    y, q = r * wide, gy * w
    gx, gw = r * (q - y * mean_over(q * y, dim=dims, keepdim=True)), sum_to(gy * y, shape=weight.shape)
    return (gx, gw) if gy is g else (cast(gx, dtype=x.dtype), cast(gw, dtype=weight.dtype))


scale_to_rms.joint_vjp(lambda g, x, weight, eps: scale_to_rms_gradients(g, x, weight, eps))
