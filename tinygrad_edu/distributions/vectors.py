"""Transforms of vectors and matrices: onto shares that sum to 1, onto factors of matrices, into other shapes."""

import math
from collections.abc import Sequence
from typing import Any

from ..functions.conversion import finfo
from ..functions.creation import zeros
from ..functions.diagonal import tril_indices
from ..functions.joining import cat, stack
from ..functions.layout import Size
from ..functions.linalg.decompositions import cholesky
from ..functions.sequences import arange, eye
from ..nn.functional import logsigmoid, pad, softplus
from . import constraints
from .constraint import joined
from .distribution import sum_rightmost
from .transform import Transform

__all__ = [
    "CatTransform",
    "CorrCholeskyTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "ReshapeTransform",
    "StackTransform",
    "StickBreakingTransform",
]


class StickBreakingTransform(Transform):
    """Vectors of n numbers as n + 1 shares that sum to 1: each number says how much of what is left is broken off."""

    bijective = True
    domain = constraints.real_vector
    codomain = constraints.simplex

    def _shifted(self, x: Any) -> Any:
        """x, so that zeros give equal shares."""
        n = x.shape[-1]
        return x - arange(n, 0, -1, dtype=x.dtype).log()

    def _call(self, x: Any) -> Any:
        limits = finfo(x.dtype)
        broken = self._shifted(x).sigmoid().clamp(limits.tiny, 1 - limits.eps)
        left = (1 - broken).cumprod(-1)
        return pad(broken, (0, 1), value=1) * pad(left, (1, 0), value=1)

    def _inverse(self, y: Any) -> Any:
        shares = y[..., :-1]
        left = (1 - shares.cumsum(-1)).clamp(min=finfo(y.dtype).tiny)
        return shares.log() - left.log() + arange(shares.shape[-1], 0, -1, dtype=y.dtype).log()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The sum of the logarithms of how each share moves with its number."""
        x = self._shifted(x)
        return (logsigmoid(x) - x + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Sequence[int]) -> Size:
        """One more in the last dimension."""
        return Size((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Sequence[int]) -> Size:
        """One fewer in the last dimension."""
        return Size((*shape[:-1], shape[-1] - 1))


class LowerCholeskyTransform(Transform):
    """Matrices as lower triangular ones with a positive diagonal: what is above falls away."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Any) -> Any:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Any) -> Any:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(Transform):
    """Matrices as symmetric, positive-definite ones: the products of the factors of LowerCholeskyTransform."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Any) -> Any:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Any) -> Any:
        return LowerCholeskyTransform().inv(cholesky(y))


class CorrCholeskyTransform(Transform):
    """Vectors of n (n - 1) / 2 numbers as lower triangular (n, n) matrices whose rows have length 1.

    Their products with their own transposes are all correlation matrices. The tanh of a number is the part that its
    element takes of what the elements before it leave of the row's length.
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Any) -> Any:
        eps = finfo(x.dtype).eps
        parts = below(x.tanh().clamp(-1 + eps, 1 - eps))
        left = (1 - parts**2).sqrt().cumprod(-1)
        return (parts + eye(parts.shape[-1], dtype=x.dtype)) * pad(left[..., :-1], (1, 0), value=1)

    def _inverse(self, y: Any) -> Any:
        left = 1 - (y * y).cumsum(-1)
        parts = beside(y, -1) / beside(pad(left[..., :-1], (1, 0), value=1), -1).sqrt()
        return (parts.log1p() - (-parts).log1p()) / 2

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The sum of the logarithms of how each element moves with its number."""
        left = beside(1 - (y * y).cumsum(-1), -2)
        return 0.5 * left.log().sum(-1) - 2 * (x + softplus(-2 * x) - math.log(2)).sum(-1)

    def forward_shape(self, shape: Sequence[int]) -> Size:
        """A matrix in place of the vector.

        Raises:
            ValueError: no matrix has so many elements below its diagonal.
        """
        n = order(shape[-1]) if shape else 0
        if not shape or n * (n - 1) // 2 != shape[-1]:
            raise ValueError(f"CorrCholeskyTransform takes (*, n (n - 1) / 2), got {tuple(shape)}")
        return Size((*shape[:-1], n, n))

    def inverse_shape(self, shape: Sequence[int]) -> Size:
        """The vector of what is below the matrix's diagonal.

        Raises:
            ValueError: it is no square matrix.
        """
        if len(shape) < 2 or shape[-1] != shape[-2]:
            raise ValueError(f"CorrCholeskyTransform gives (*, n, n), got {tuple(shape)}")
        return Size((*shape[:-2], shape[-1] * (shape[-1] - 1) // 2))


def order(count: int) -> int:
    """The size of the matrix that has so many elements below its diagonal."""
    return (1 + math.isqrt(1 + 8 * count)) // 2


def below(x: Any) -> Any:
    """Matrices with these numbers below the diagonal, row by row, and zeros elsewhere."""
    n = order(x.shape[-1])
    rows, columns = tril_indices(n, n, -1)
    out = x.new_zeros(*x.shape[:-1], n, n)
    out[..., rows, columns] = x
    return out


def beside(x: Any, offset: int) -> Any:
    """The numbers of matrices from a diagonal downwards, row by row."""
    rows, columns = tril_indices(x.shape[-2], x.shape[-1], offset)
    return x[..., rows, columns]


class ReshapeTransform(Transform):
    """Events of one shape as events of another.

    Raises:
        ValueError: they have other numbers of elements; the shape given to `forward_shape` ends in another.
    """

    bijective = True

    def __init__(self, in_shape: Sequence[int], out_shape: Sequence[int], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.in_shape, self.out_shape = Size(in_shape), Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError(f"{self.in_shape} and {self.out_shape} do not have the same number of elements")
        self.domain = joined(constraints.real, len(self.in_shape))
        self.codomain = joined(constraints.real, len(self.out_shape))

    def _call(self, x: Any) -> Any:
        return x.reshape(self.forward_shape(x.shape))

    def _inverse(self, y: Any) -> Any:
        return y.reshape(self.inverse_shape(y.shape))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """0."""
        return zeros(x.shape[: x.ndim - len(self.in_shape)], dtype=x.dtype)

    def forward_shape(self, shape: Sequence[int]) -> Size:
        """The batch, and the new shape of events."""
        return exchanged(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Sequence[int]) -> Size:
        """The batch, and the old shape of events."""
        return exchanged(shape, self.out_shape, self.in_shape)


def exchanged(shape: Sequence[int], end: Size, other: Size) -> Size:
    """A shape with another end.

    Raises:
        ValueError: it does not end so.
    """
    cut = len(shape) - len(end)
    if cut < 0 or tuple(shape[cut:]) != end:
        raise ValueError(f"an event has shape {end}, got {tuple(shape)}")
    return Size((*shape[:cut], *other))


class OfParts(Transform):
    """A transform for each part along a dimension.

    Raises:
        ValueError: one of them is none.
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        if not all(isinstance(part, Transform) for part in tseq):
            raise ValueError(f"{type(self).__name__} takes Transforms, got {tseq!r:.60}")
        self.transforms, self.dim = list(tseq), dim
        self.bijective = all(part.bijective for part in tseq)

    def _parts(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say which parts there are")

    def _joined(self, parts: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say how parts are joined")

    def _call(self, x: Any) -> Any:
        return self._joined([part(s) for part, s in zip(self.transforms, self._parts(x), strict=True)])

    def _inverse(self, y: Any) -> Any:
        return self._joined([part.inv(s) for part, s in zip(self.transforms, self._parts(y), strict=True)])

    def _log_dets(self, x: Any, y: Any) -> Any:
        parts = zip(self.transforms, self._parts(x), self._parts(y), strict=True)
        return [(part, part.log_abs_det_jacobian(s, t)) for part, s, t in parts]


class StackTransform(OfParts):
    """A transform for each slice along a dimension.

    Raises:
        ValueError: there are not as many slices as transforms, or one is none.
    """

    @constraints.dependent_property
    def domain(self) -> Any:
        """The transforms', stacked."""
        return constraints.stack([part.domain for part in self.transforms], self.dim)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """The transforms', stacked."""
        return constraints.stack([part.codomain for part in self.transforms], self.dim)

    def _parts(self, x: Any) -> Any:
        if not -x.ndim <= self.dim < x.ndim or x.shape[self.dim] != len(self.transforms):
            raise ValueError(f"dimension {self.dim} of {x.shape} is not {len(self.transforms)}, one for each transform")
        return x.unbind(self.dim)

    def _joined(self, parts: Any) -> Any:
        return stack(parts, self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """Those of the slices."""
        return self._joined([found for _, found in self._log_dets(x, y)])


class CatTransform(OfParts):
    """A transform for each section along a dimension, of lengths that are 1 where they are not given.

    Raises:
        ValueError: there are not as many lengths as transforms, the sections are not as long as the dimension, or one
            of the transforms is none.
    """

    def __init__(
        self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None, cache_size: int = 0
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise ValueError(f"CatTransform takes {len(self.transforms)} lengths, got {self.lengths}")

    @property
    def event_dim(self) -> int:
        """The largest of the transforms'."""
        return max(part.event_dim for part in self.transforms)

    @property
    def length(self) -> int:
        """How long the sections are together."""
        return sum(self.lengths)

    @constraints.dependent_property
    def domain(self) -> Any:
        """The transforms', side by side."""
        return constraints.cat([part.domain for part in self.transforms], self.dim, self.lengths)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """The transforms', side by side."""
        return constraints.cat([part.codomain for part in self.transforms], self.dim, self.lengths)

    def _parts(self, x: Any) -> Any:
        if not -x.ndim <= self.dim < x.ndim or x.shape[self.dim] != self.length:
            raise ValueError(f"dimension {self.dim} of {x.shape} is not {self.length}, the sections together")
        return x.split(self.lengths, self.dim)

    def _joined(self, parts: Any) -> Any:
        return cat(parts, self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """Those of the sections: side by side, or their sum where the dimension is one of an event's."""
        found = [sum_rightmost(each, self.event_dim - part.event_dim) for part, each in self._log_dets(x, y)]
        dim = (self.dim - x.ndim if self.dim >= 0 else self.dim) + self.event_dim
        return cat(found, dim) if dim < 0 else sum(found)
