"""Random Tensors from distributions with parameters, and Tensors filled in place with random numbers."""

import math
from operator import index
from typing import Any

import numpy

from ..dtypes import int64
from ..errors import ShapeError, broadcast_clash
from ..ops.elementwise import where
from ..recording import wrap
from ..tensor import Tensor, method
from .random import Generator, drawn, randn, source_of

__all__ = ["bernoulli", "binomial", "multinomial", "normal", "poisson"]


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """Normal numbers with this mean and standard deviation, each a number or a Tensor; no gradient flows to them.

    Raises:
        RuntimeError: a standard deviation is negative.
    """
    mean, std = [x.detach() if isinstance(x, Tensor) else x for x in (mean, std)]
    if (std._array < 0).any() if isinstance(std, Tensor) else std < 0:
        raise RuntimeError(f"normal needs standard deviations that are not negative, got {std}")
    given = [x.dtype for x in (mean, std) if isinstance(x, Tensor)]
    if size is None:
        size = numpy.broadcast_shapes(getattr(mean, "shape", ()), getattr(std, "shape", ()))
    drawn = randn(size, generator=generator, dtype=given[0] if dtype is None and given else dtype, device=device)
    result = (drawn * std + mean).to(drawn.dtype)
    return result.requires_grad_() if requires_grad else result


@method
def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element gives (or with probability p), else 0; its gradient is 0.

    Raises:
        RuntimeError: a probability is not between 0 and 1, or the Tensor does not hold floats.
    """
    chances = input._array if p is None else numpy.full(input.shape, p)
    if p is None and input.dtype.kind != "f":
        raise RuntimeError(f"bernoulli takes probabilities, got {input.dtype}")
    if not ((chances >= 0) & (chances <= 1)).all():
        raise RuntimeError("bernoulli needs probabilities from 0 to 1")
    drawn = wrap((source_of(generator).random(input.shape) < chances).astype(input.dtype))
    return where(False, input, drawn) if input.requires_grad else drawn


@method
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Indices drawn with probabilities in proportion to the weights; `(n) -> (k)`, `(B, n) -> (B, k)`.

    Without replacement the largest weights over exponential numbers are taken: Efraimidis and Spirakis 2006, "Weighted
    random sampling with a reservoir".

    Raises:
        RuntimeError: weights are negative or not finite, or fewer than num_samples are positive.
    """
    weights = input._array
    if input.ndim not in (1, 2) or input.dtype.kind != "f":
        raise RuntimeError(f"multinomial takes weights (n) or (B, n) of floats, got {input.dtype} {input.shape}")
    if num_samples < 1 or (not replacement and num_samples > input.shape[-1]):
        raise RuntimeError(f"multinomial cannot draw {num_samples} of {input.shape[-1]} without replacement")
    if not ((weights >= 0) & numpy.isfinite(weights)).all() or not weights.any(-1).all():
        raise RuntimeError("multinomial takes weights that are finite and not negative, and some of them positive")
    if not replacement and (numpy.count_nonzero(weights, -1) < num_samples).any():
        raise RuntimeError(f"multinomial cannot draw {num_samples} without replacement: too few weights are positive")
    source = source_of(generator)
    if not replacement:
        with numpy.errstate(over="ignore"):
            keys = weights / source.standard_exponential(weights.shape)
        return wrap(numpy.argsort(-keys, -1)[..., :num_samples].astype(int64))
    bounds = numpy.cumsum(weights.astype(float), -1)
    draws = source.random((*weights.shape[:-1], num_samples)) * bounds[..., -1:]
    # the number of bounds that a draw has passed; a weight of 0 has none of its own
    return wrap((draws[..., None] >= bounds[..., None, :]).sum(-1, dtype=int64))


def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of so many tries succeed, each with its probability; they broadcast; no gradient.

    What lies outside counts as the nearest that is possible: 0 tries, a probability of 0 or 1.

    Raises:
        RuntimeError: they do not hold floats of one dtype, or one is NaN.
        ShapeError: they do not broadcast.
    """
    if count.dtype != prob.dtype or count.dtype.kind != "f":
        raise RuntimeError(f"binomial takes two Tensors of floats, got {count.dtype} and {prob.dtype}")
    if clash := broadcast_clash([count.shape, prob.shape]):
        raise ShapeError(f"binomial of {count.shape} and {prob.shape}: {clash}")
    if numpy.isnan(count._array).any() or numpy.isnan(prob._array).any():
        raise RuntimeError("binomial takes numbers of tries and probabilities, and some are NaN")
    tries = numpy.maximum(count._array, 0).astype(int64)
    drawn = source_of(generator).binomial(tries, numpy.clip(prob._array, 0, 1))
    return wrap(numpy.asarray(drawn, count.dtype))


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Counts of events whose expected number each element gives; no gradient.

    Raises:
        RuntimeError: an expected number is negative.
    """
    if not (input._array >= 0).all():
        raise RuntimeError("poisson needs expected numbers that are not negative")
    return wrap(numpy.asarray(source_of(generator).poisson(input._array), input.dtype))


def check_parameter(fits: bool, name: str, rule: str) -> None:
    """Refuse what no distribution has.

    Raises:
        RuntimeError: it does not fit.
    """
    if not fits:
        raise RuntimeError(f"{name} takes {rule}")


@method
def uniform_(self: Tensor, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with uniform numbers in [low, high).

    Raises:
        RuntimeError: the bounds are in the wrong order, not finite, or further apart than the dtype can tell.
    """
    check_parameter(low <= high, "uniform_", f"low <= high, got {low} and {high}")
    widest = float(numpy.finfo(self.dtype).max) if self.dtype.kind == "f" else math.inf
    check_parameter(high - low <= widest, "uniform_", f"bounds no further apart than {widest}, got {low} and {high}")
    return self.copy_(drawn(self.shape, self.dtype, generator, "random") * (high - low) + low)


@method
def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers."""
    check_parameter(std >= 0, "normal_", f"a deviation of 0 or more, got {std}")
    return self.copy_(drawn(self.shape, self.dtype, generator, "standard_normal") * std + mean)


@method
def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers from the exponential distribution of rate lambd."""
    check_parameter(lambd > 0, "exponential_", f"a rate above 0, got {lambd}")
    return self.copy_(wrap(drawn(self.shape, self.dtype, generator, "standard_exponential") / lambd))


@method
def log_normal_(self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with exponentials of numbers from the normal distribution of this mean and deviation."""
    check_parameter(std > 0, "log_normal_", f"a deviation above 0, got {std}")
    check_parameter(self.dtype.kind == "f", "log_normal_", f"a Tensor of floats to fill, got {self.dtype}")
    return self.copy_(wrap(numpy.exp(source_of(generator).normal(mean, std, self.shape))))


@method
def cauchy_(self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers from the Cauchy distribution."""
    check_parameter(sigma > 0, "cauchy_", f"a width above 0, got {sigma}")
    check_parameter(self.dtype.kind == "f", "cauchy_", f"a Tensor of floats to fill, got {self.dtype}")
    return self.copy_(wrap(median + sigma * source_of(generator).standard_cauchy(self.shape)))


@method
def geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with the number of tries, each of probability p, until the first that succeeds."""
    check_parameter(0 < p < 1, "geometric_", f"a probability between 0 and 1, got {p}")
    return self.copy_(wrap(source_of(generator).geometric(p, self.shape)))


@method
def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1 with probability p, a number or a Tensor, else 0."""
    chance = numpy.asarray(getattr(p, "_array", p))
    check_parameter(bool(((chance >= 0) & (chance <= 1)).all()), "bernoulli_", f"probabilities from 0 to 1, got {p}")
    draws = source_of(generator).random(self.shape)
    return self.copy_(wrap((draws < chance).astype(self.dtype)))


def counted(dtype: Any) -> tuple[int, int]:
    """The least and the largest integer that a dtype counts without a gap."""
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        most = 2 ** (numpy.finfo(dtype).nmant + 1)
        return -most, most
    limits = numpy.iinfo(dtype)
    return int(limits.min), int(limits.max)


@method
def random_(self: Tensor, *bounds: int, generator: Generator | None = None, **named: int) -> Tensor:
    """Fill with integers up to, but without, `to`, from 0 or `from`: `random_()`, `random_(to)`, `random_(from, to)`.

    Without `to`, or with None, they go up to the largest that the dtype counts.

    Raises:
        RuntimeError: none lies between the bounds, or the dtype cannot hold them.
        TypeError: these are no bounds.
    """
    if bounds and "to" in named:
        bounds = (*bounds, named["to"])
    if len(bounds) > 2 or not {"from", "to"} >= named.keys():
        raise TypeError(f"random_ takes bounds (from, to), got {bounds} and {named}")
    least, most = counted(self.dtype)
    low, high = bounds if len(bounds) == 2 else (0, *bounds) if bounds else (0, None)
    low, high = named.get("from", low), named.get("to", high)
    low, high = index(low), most + 1 if high is None else index(high)
    check_parameter(low < high, "random_", f"from < to, got {low} and {high}")
    fits = self.dtype.kind == "f" or (least <= low and high - 1 <= most)
    check_parameter(fits, "random_", f"bounds that {self.dtype} can hold, from {least} to {most}; got {low}, {high}")
    return self.copy_(wrap(source_of(generator).integers(low, high, self.shape).astype(self.dtype)))
