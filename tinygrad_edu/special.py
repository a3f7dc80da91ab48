"""Special functions under the names of PyTorch's `torch.special`; what computes them is in functions/ and kernels/."""

from .functions.incomplete import igamma as gammainc
from .functions.incomplete import igammac as gammaincc
from .functions.incomplete import zeta
from .functions.reduction import logsumexp
from .functions.softmax import log_softmax, softmax
from .functions.special import (
    digamma,
    entr,
    erf,
    erfc,
    erfcx,
    erfinv,
    i0,
    i0e,
    i1,
    i1e,
    lgamma,
    log_ndtr,
    logit,
    mvlgamma,
    ndtr,
    ndtri,
    polygamma,
    sinc,
    xlog1py,
    xlogy,
)
from .functions.unary import round
from .ops.elementary import exp2, expm1, log1p, sigmoid
from .told import guard

__all__ = [
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
    "zeta",
]

expit, gammaln, multigammaln, psi = sigmoid, lgamma, mvlgamma, digamma

guard(globals(), __all__, __name__)
