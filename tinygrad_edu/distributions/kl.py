"""The Kullback-Leibler divergence of one distribution from another, by a table of rules."""

from collections.abc import Callable
from typing import Any

from ..functions.elementwise import where
from ..functions.linalg.solving import solve_triangular
from ..functions.special import digamma, lgamma, mvlgamma
from ..nn.functional import softplus
from .categorical import Categorical, OneHotCategorical
from .continuous import Exponential, Laplace, Uniform
from .counts import Bernoulli, Geometric, Poisson
from .distribution import Distribution, sum_rightmost
from .exponential_family import ExponentialFamily, natural_divergence
from .gamma import Beta, Dirichlet, Gamma
from .low_rank import LowRankMultivariateNormal
from .multivariate_normal import MultivariateNormal, mahalanobis
from .normal import Normal
from .transformed import Independent, TransformedDistribution
from .wishart import Wishart, mvdigamma

__all__ = ["Rule", "kl_divergence", "register_kl"]

Rule = Callable[[Any, Any], Any]
RULES: dict[tuple[type, type], Rule] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Rule], Rule]:
    """A decorator that makes a function of two distributions the rule for these classes, and those below them."""

    def register(rule: Rule) -> Rule:
        RULES[type_p, type_q] = rule
        return rule

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    r"""$\mathrm{KL}(p \Vert q) = \int p(x) \log p(x) / q(x)\, dx$, for each distribution of the batch.

    >>> kl_divergence(Normal(0.0, 1.0), Normal(1.0, 1.0))
    tensor(0.5000)

    Raises:
        NotImplementedError: there is no rule for the two.
    """
    for kind in type(p).__mro__:
        for other in type(q).__mro__:
            if (kind, other) in RULES:
                return RULES[kind, other](p, q)
    raise NotImplementedError(
        f"there is no divergence of {type(q).__name__} from {type(p).__name__}; add one with register_kl"
    )


def check_events(p: Distribution, q: Distribution) -> None:
    """Refuse distributions of other events.

    Raises:
        ValueError: the shapes of the events differ.
    """
    if p.event_shape != q.event_shape:
        raise ValueError(f"a divergence is one of equal events, got {p.event_shape} and {q.event_shape}")


register_kl(ExponentialFamily, ExponentialFamily)(natural_divergence)


@register_kl(Normal, Normal)
def _(p: Normal, q: Normal) -> Any:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


@register_kl(MultivariateNormal, MultivariateNormal)
def _(p: MultivariateNormal, q: MultivariateNormal) -> Any:
    check_events(p, q)
    spread = length(q.scale_tril, p.scale_tril)
    distance = mahalanobis(q.scale_tril, q.loc - p.loc)
    return q._half_log_det() - p._half_log_det() + 0.5 * (spread + distance - p.event_shape[0])


def length(scale_tril: Any, matrix: Any) -> Any:
    """The squared norm of a matrix before a triangular one was applied to it."""
    return (solve_triangular(scale_tril, matrix, upper=False) ** 2).sum((-2, -1))


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _(p: LowRankMultivariateNormal, q: MultivariateNormal) -> Any:
    check_events(p, q)
    spread = length(q.scale_tril, p.cov_factor) + length(q.scale_tril, p.cov_diag.sqrt().diag_embed())
    distance = mahalanobis(q.scale_tril, q.loc - p.loc)
    return q._half_log_det() + 0.5 * (spread + distance - p._log_det() - p.event_shape[0])


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _(p: MultivariateNormal, q: LowRankMultivariateNormal) -> Any:
    check_events(p, q)
    spread = q._squared_lengths(p.scale_tril)
    return 0.5 * (q._log_det() + spread + q._squared_distance(q.loc - p.loc) - p.event_shape[0]) - p._half_log_det()


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _(p: LowRankMultivariateNormal, q: LowRankMultivariateNormal) -> Any:
    check_events(p, q)
    spread = q._squared_lengths(p.cov_factor) + q._squared_lengths(p.cov_diag.sqrt().diag_embed())
    return 0.5 * (q._log_det() - p._log_det() + spread + q._squared_distance(q.loc - p.loc) - p.event_shape[0])


@register_kl(Wishart, Wishart)
def _(p: Wishart, q: Wishart) -> Any:
    check_events(p, q)
    n = p.event_shape[-1]
    spread = p.df * (length(q.scale_tril, p.scale_tril) - n) + (p.df - q.df) * mvdigamma(p.df / 2, n)
    return q.df * (q._half_log_det() - p._half_log_det()) + 0.5 * spread + mvlgamma(q.df / 2, n) - mvlgamma(p.df / 2, n)


@register_kl(Bernoulli, Bernoulli)
def _(p: Bernoulli, q: Bernoulli) -> Any:
    one = weighted(p.probs, softplus(-q.logits) - softplus(-p.logits), q.probs)
    zero = weighted(1 - p.probs, softplus(q.logits) - softplus(p.logits), 1 - q.probs)
    return one + zero


@register_kl(Categorical, Categorical)
def _(p: Categorical, q: Categorical) -> Any:
    return weighted(p.probs, p.logits - q.logits, q.probs).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _(p: OneHotCategorical, q: OneHotCategorical) -> Any:
    return kl_divergence(p._categorical, q._categorical)


def weighted(probs: Any, log_ratio: Any, others: Any) -> Any:
    """The terms of a sum over classes: infinite where only the other distribution rules a class out."""
    infinite = (others == 0).to(probs.dtype) / 0  # inf, or NaN, which is not chosen
    return where(probs == 0, probs * 0, where(others == 0, infinite, probs * log_ratio))


@register_kl(Uniform, Uniform)
def _(p: Uniform, q: Uniform) -> Any:
    divergence = ((q.high - q.low) / (p.high - p.low)).log()
    return where((q.low > p.low) | (q.high < p.high), divergence * 0 + float("inf"), divergence)


@register_kl(Exponential, Exponential)
def _(p: Exponential, q: Exponential) -> Any:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Laplace, Laplace)
def _(p: Laplace, q: Laplace) -> Any:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return distance / q.scale + ratio * (-distance / p.scale).exp() - ratio.log() - 1


@register_kl(Poisson, Poisson)
def _(p: Poisson, q: Poisson) -> Any:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Geometric, Geometric)
def _(p: Geometric, q: Geometric) -> Any:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Gamma, Gamma)
def _(p: Gamma, q: Gamma) -> Any:
    a, b = p.concentration, q.concentration
    shapes = lgamma(b) - lgamma(a) + (a - b) * digamma(a)
    return b * (p.rate / q.rate).log() + shapes + (q.rate - p.rate) * a / p.rate


@register_kl(Beta, Beta)
def _(p: Beta, q: Beta) -> Any:
    return kl_divergence(p._as_dirichlet(), q._as_dirichlet())


@register_kl(Dirichlet, Dirichlet)
def _(p: Dirichlet, q: Dirichlet) -> Any:
    a, b = p.concentration, q.concentration
    total = a.sum(-1)
    normalisers = lgamma(total) - lgamma(b.sum(-1)) - (lgamma(a) - lgamma(b)).sum(-1)
    return normalisers + ((a - b) * (digamma(a) - digamma(total).unsqueeze(-1))).sum(-1)


@register_kl(Independent, Independent)
def _(p: Independent, q: Independent) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("there is no divergence of Independents with different numbers of dimensions")
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _(p: TransformedDistribution, q: TransformedDistribution) -> Any:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError("there is no divergence of distributions transformed in different ways")
    dims = len(p.event_shape) - len(p.base_dist.event_shape)
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), dims)
