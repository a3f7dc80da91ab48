"""How variables vary together."""

from typing import Any

import numpy

from ..dtypes import bool_
from ..ops.elementary import sqrt
from ..ops.indexing import getitem
from ..tensor import Tensor, method
from .elementwise import clamp
from .linear import mm

__all__ = ["corrcoef", "cov"]


def check_weights(weights: Tensor | None, name: str, kinds: str, count: int) -> None:
    """Refuse weights that are not one for each observation.

    Raises:
        RuntimeError: they are not, or some are negative, or not of the kind of number that they need to be.
    """
    if weights is not None and (weights.dtype.kind not in kinds or weights.shape != (count,) or (weights < 0).any()):
        what = "floats" if kinds == "f" else "integers"
        raise RuntimeError(
            f"cov: {name} are {count} {what} that are not negative, one for each observation; "
            f"got {weights.dtype} {weights.shape}"
        )


@method
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    r"""The covariances of variables, each a row of observations; `(V, N) -> (V, V)`, `(N) -> ()`.

    $C_{ij} = \sum_n w_n (x_{in} - \mu_i)(x_{jn} - \mu_j) / (\sum_n w_n - correction)$. The weight of an observation
    is how often it was made, `fweights`, times how much it counts, `aweights`; where the latter are given, the
    correction is taken times their weighted mean.

    Raises:
        RuntimeError: there are more than two dimensions, bools, or weights that do not fit or sum to 0.
    """
    if input.ndim > 2 or input.dtype == bool_:
        raise RuntimeError(f"cov takes numbers in at most 2 dimensions, got {input.dtype} {input.shape}")
    x = input if input.ndim == 2 else input.reshape(1, -1)
    check_weights(fweights, "fweights", "iu", x.shape[1])
    check_weights(aweights, "aweights", "f", x.shape[1])
    weights: Any = 1
    total: Any = x.shape[1]
    for given in (fweights, aweights):
        if given is not None:
            weights = weights * given
            total = weights.sum()
    if isinstance(total, Tensor) and total == 0:
        raise RuntimeError("cov: the weights sum to 0, so there is no mean")
    lost = correction if aweights is None else correction * (weights * aweights).sum() / total
    freedom = total - lost
    if freedom <= 0:  # no observation is left to tell a spread from
        freedom = freedom * 0
    deviation = x - ((x * weights).sum(1) / total).unsqueeze(1)
    return (mm(deviation, (deviation * weights).T) / freedom).squeeze()


@method
def corrcoef(input: Tensor) -> Tensor:
    r"""The correlations of variables, each a row of observations; `(V, N) -> (V, V)`, `(N) -> ()`.

    $R_{ij} = C_{ij} / \sqrt{C_{ii} C_{jj}}$, Pearson's, with the covariances C.

    Raises:
        RuntimeError: there are more than two dimensions, or bools.
    """
    covariance = cov(input)
    if not covariance.ndim:
        return covariance / covariance  # NaN for a constant, or for fewer than two observations
    places = numpy.arange(len(covariance))
    deviation = sqrt(getitem(covariance, index=(places, places)))
    return clamp(covariance / deviation.unsqueeze(1) / deviation, -1, 1)
