"""Random correlations."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy

from ..functions.random import randn
from ..functions.sequences import arange
from ..functions.special import lgamma, mvlgamma
from ..nn.functional import pad
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, broadcast_all
from .gamma import Beta

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    r"""Lower Cholesky factors $L$ of correlation matrices, $p(L L^\top) \propto \det(L L^\top)^{c - 1}$.

    A concentration of 1 makes all correlation matrices equally likely; a greater one favours those near the identity.
    Samples are drawn row by row, by the onion method of Lewandowski, Kurowicka and Joe, "Generating random correlation
    matrices based on vines and extended onion method" (2009), section 3.2; PyTorch's are too far from the identity
    where the dimension is above 2, as the first parameter of its rows' Beta is too large.

    Raises:
        ValueError: the dimension is below 2.
    """

    arg_constraints: ClassVar[Any] = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim: int, concentration: Tensor | float = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"LKJCholesky takes a dimension of 2 or more, got {dim}")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        super().__init__(self.concentration.shape, (dim, dim), validate_args)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Factors, without gradients."""
        c = self.concentration.detach().unsqueeze(-1)
        before = pad(
            arange(self.dim - 1, dtype=c.dtype), (1, 0)
        )  # of row i, the i - 1 elements before the last but one
        lengths = Beta((before + 1) / 2, c + 0.5 * (self.dim - 2 - before), validate_args=False).sample(sample_shape)
        directions = randn(self._extended_shape(sample_shape), dtype=c.dtype).tril(-1)
        directions = directions / directions.norm(dim=-1, keepdim=True)
        directions[..., 0, :] = 0  # of the first row, which has nothing below the diagonal
        rows = lengths.unsqueeze(-1).sqrt() * directions
        rest = (1 - (rows**2).sum(-1)).clamp(min=numpy.finfo(c.dtype).tiny).sqrt()
        return rows + rest.diag_embed()

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density of the factor."""
        if self._validate_args:
            self._validate_sample(value)
        c, n = self.concentration, self.dim - 1
        powers = 2 * (c - 1).unsqueeze(-1) + n - arange(1, n + 1, dtype=c.dtype)
        unnormalized = (powers * value.diagonal(dim1=-1, dim2=-2)[..., 1:].log()).sum(-1)
        alpha = c + 0.5 * n
        return unnormalized - (0.5 * n * math.log(math.pi) + mvlgamma(alpha - 0.5, n) - n * lgamma(alpha))
