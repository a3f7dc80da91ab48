"""Families whose entropies and divergences follow from one function, the logarithm of what normalises them."""

from collections.abc import Callable
from typing import Any

from ..autograd import grad
from ..grad_mode import enable_grad
from .distribution import Distribution, sum_rightmost

__all__ = ["ExponentialFamily", "natural_divergence"]


class ExponentialFamily(Distribution):
    r"""$p(x) = \exp(\langle t(x), \theta \rangle - F(\theta) + k(x))$, $\theta$ the natural parameters.

    The gradient of F is the mean of t(x), so that the entropy is $F(\theta) - \langle \theta, \nabla F(\theta) \rangle
    - E[k(x)]$. A family of one's own gives its `_natural_params`, a tuple, its `_log_normalizer`, which is F as a
    function of them, and the mean of k, `_mean_carrier_measure`; those here mostly have closed forms of their own, too.

    Source: Nielsen and Nock, "Entropies and Cross-Entropies of Exponential Families" (2010), equations 7 and 12.
    """

    @property
    def _natural_params(self) -> Any:
        raise self._absent("_natural_params")

    def _log_normalizer(self, *natural_params: Any) -> Any:
        raise self._absent("_log_normalizer")

    @property
    def _mean_carrier_measure(self) -> Any:
        raise self._absent("entropy")

    def entropy(self) -> Any:
        """The expected negative logarithm of the density, or of the probability, by the gradient of F."""
        measure = self._mean_carrier_measure
        natural, value, gradients = with_gradients(self, self._log_normalizer)
        for theta, slope in zip(natural, gradients, strict=True):
            value = value - sum_rightmost(theta * slope, theta.ndim - len(self.batch_shape))
        return value - measure


def with_gradients(p: Any, function: Callable[..., Any]) -> tuple[Any, Any, Any]:
    """The natural parameters, what a function makes of them, and its gradients, which can be differentiated, too."""
    with enable_grad():
        # copies: one parameter may be computed from another, and F is a function of each
        natural = [x.clone() if x.requires_grad else x.detach().requires_grad_() for x in p._natural_params]
        value = function(*natural)
        return natural, value, grad(value.sum(), natural, create_graph=True)


def natural_divergence(p: Any, q: Any) -> Any:
    r"""$F(\theta_q) - F(\theta_p) - \langle \theta_q - \theta_p, \nabla F(\theta_p) \rangle$, for two of one family.

    Raises:
        NotImplementedError: they are of two.
    """
    if type(p) is not type(q):
        raise NotImplementedError(
            f"there is no divergence of {type(q).__name__} from {type(p).__name__}; add one with register_kl"
        )
    natural, value, gradients = with_gradients(p, p._log_normalizer)
    divergence = q._log_normalizer(*q._natural_params) - value
    for theta, other, slope in zip(natural, q._natural_params, gradients, strict=True):
        term = (other - theta) * slope
        divergence = divergence - sum_rightmost(term, term.ndim - divergence.ndim)
    return divergence
