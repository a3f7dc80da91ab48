r"""The Kullback-Leibler divergences between distributions of different families.

All are $-H(p) - E_p[\log q(x)]$: the logarithm of each density q is a sum of few functions of x, whose means under p
are tabled here, and it is infinite where p has values that q has not.
"""

import math
from collections.abc import Callable
from typing import Any

from ..functions.creation import as_tensor, full
from ..functions.elementwise import where
from ..functions.special import digamma, lgamma, xlogy
from .continuous import EULER, Cauchy, Exponential, Gumbel, Laplace, Uniform
from .continuous_bernoulli import ContinuousBernoulli
from .counts import Bernoulli, Binomial, Poisson
from .gamma import Beta, Gamma
from .half import HalfNormal
from .kl import Rule, kl_divergence, register_kl
from .normal import Normal
from .powers import Pareto

__all__ = ["between"]

Mean = Callable[..., Any]

# the mean of log x
MEAN_LOG: dict[type, Mean] = {
    Beta: lambda p: digamma(p.concentration1) - digamma(p.concentration1 + p.concentration0),
    Exponential: lambda p: -EULER - p.rate.log(),
    Gamma: lambda p: digamma(p.concentration) - p.rate.log(),
    Pareto: lambda p: p.scale.log() + 1 / p.alpha,
    Uniform: lambda p: (xlogy(p.high, p.high) - xlogy(p.low, p.low)) / (p.high - p.low) - 1,
}

# the mean of exp(-t x)
MEAN_EXP: dict[type, Mean] = {
    Exponential: lambda p, t: p.rate / (p.rate + t),
    Gamma: lambda p, t: (1 + t / p.rate) ** -p.concentration,
    Gumbel: lambda p, t: (lgamma(1 + p.scale * t) - p.loc * t).exp(),
    Normal: lambda p, t: ((p.scale * t) ** 2 / 2 - p.loc * t).exp(),
    Uniform: lambda p, t: ((-t * p.low).exp() - (-t * p.high).exp()) / (t * (p.high - p.low)),
}

# the lowest and the highest value
RANGE: dict[type, Callable[[Any], tuple[Any, Any]]] = {
    Beta: lambda p: (0.0, 1.0),
    ContinuousBernoulli: lambda p: (0.0, 1.0),
    Exponential: lambda p: (0.0, math.inf),
    Gamma: lambda p: (0.0, math.inf),
    Pareto: lambda p: (p.scale, math.inf),
    Uniform: lambda p: (p.low, p.high),
}
EVERYWHERE = (-math.inf, math.inf)

# the mean of the logarithm of q's density under p, which is of a kind that the tables above know
MEAN_OF_DENSITY: dict[type, Mean] = {
    ContinuousBernoulli: lambda p, q, kind: p.mean * q.logits + (-q.probs).log1p() + q._log_normaliser(),
    Beta: lambda p, q, kind: (
        (q.concentration1 - 1) * MEAN_LOG[kind](p)
        + (q.concentration0 - 1) * MEAN_LOG[kind](Uniform(1 - p.high, 1 - p.low, False))
        - lgamma(q.concentration1)
        - lgamma(q.concentration0)
        + lgamma(q.concentration1 + q.concentration0)
    ),
    Exponential: lambda p, q, kind: q.rate.log() - q.rate * p.mean,
    Gamma: lambda p, q, kind: (
        q.concentration * q.rate.log()
        - lgamma(q.concentration)
        + (q.concentration - 1) * MEAN_LOG[kind](p)
        - q.rate * p.mean
    ),
    Gumbel: lambda p, q, kind: (
        -q.scale.log() - (p.mean - q.loc) / q.scale - (q.loc / q.scale).exp() * MEAN_EXP[kind](p, 1 / q.scale)
    ),
    Normal: lambda p, q, kind: (
        -(p.variance + (p.mean - q.loc) ** 2) / (2 * q.scale**2) - q.scale.log() - math.log(2 * math.pi) / 2
    ),
    Pareto: lambda p, q, kind: q.alpha.log() + q.alpha * q.scale.log() - (q.alpha + 1) * MEAN_LOG[kind](p),
    Uniform: lambda p, q, kind: -(q.high - q.low).log(),
}
FINITE: dict[type, tuple[type, ...]] = {
    Beta: (ContinuousBernoulli, Exponential, Gamma, Normal, Uniform),
    ContinuousBernoulli: (ContinuousBernoulli, Exponential, Normal, Uniform),
    Exponential: (Gamma, Gumbel, Normal),
    Gamma: (Exponential, Gumbel, Normal),
    Gumbel: (Gumbel, Normal),
    Laplace: (Normal,),
    Normal: (Gumbel,),
    Pareto: (Exponential, Gamma, Normal, Pareto),
    Uniform: (Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Normal, Pareto),
}
INFINITE: dict[type, tuple[type, ...]] = {
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Exponential: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gamma: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Normal: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Poisson: (Bernoulli, Binomial),
}


def between(kind: type, other: type) -> Rule:
    """The divergence of a distribution of one kind from one of another, by the tables."""

    def divergence(p: Any, q: Any) -> Any:
        low, high = RANGE[kind](p) if kind in RANGE else EVERYWHERE
        least, most = RANGE[other](q) if other in RANGE else EVERYWHERE
        outside = as_tensor(low < least) | as_tensor(high > most)
        return where(outside, math.inf, -p.entropy() - MEAN_OF_DENSITY[other](p, q, kind))

    return divergence


def infinite(p: Any, q: Any) -> Any:
    """Infinite: p has values that q has not."""
    return full(p.batch_shape, math.inf, dtype=p.mean.dtype)


for kind, others in FINITE.items():
    for other in others:
        register_kl(kind, other)(between(kind, other))
for kind, others in INFINITE.items():
    for other in others:
        register_kl(kind, other)(infinite)


@register_kl(Normal, Laplace)
def _(p: Normal, q: Laplace) -> Any:
    z = (p.loc - q.loc) / p.scale
    distance = p.scale * (math.sqrt(2 / math.pi) * (-(z**2) / 2).exp() + z * (z / math.sqrt(2)).erf())
    return -p.entropy() + (2 * q.scale).log() + distance / q.scale


@register_kl(Bernoulli, Poisson)
def _(p: Bernoulli, q: Poisson) -> Any:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Binomial, Binomial)
def _(p: Binomial, q: Binomial) -> Any:
    if (p.total_count < q.total_count).any().item():
        raise NotImplementedError("there is no divergence of a Binomial of more events from one of fewer")
    finite = p.total_count * (p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p())
    return where(p.total_count > q.total_count, math.inf, finite)


@register_kl(Cauchy, Cauchy)
def _(p: Cauchy, q: Cauchy) -> Any:
    return (((p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2) / (4 * p.scale * q.scale)).log()


@register_kl(HalfNormal, HalfNormal)
def _(p: HalfNormal, q: HalfNormal) -> Any:
    return kl_divergence(p.base_dist, q.base_dist)
