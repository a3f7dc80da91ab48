"""The normal distribution's counterpart for angles."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy

from ..functions.creation import from_numpy
from ..functions.random import source_of
from ..functions.special import i0e, i1e
from ..grad_mode import no_grad
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, broadcast_all

__all__ = ["VonMises"]


class VonMises(Distribution):
    r"""$p(x) = e^{\kappa \cos(x - loc)} / 2 \pi I_0(\kappa)$, angles in radians; $\kappa$ is the concentration.

    loc and values are any numbers, taken modulo $2 \pi$; samples lie between $-\pi$ and $\pi$. Mean and variance are
    the circular ones: the direction of the mean of the points of the unit circle, and 1 minus its length.

    Source: Mardia and Jupp, "Directional Statistics" (2000), section 3.5.4.
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        """loc."""
        return self.loc

    @property
    def mode(self) -> Any:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Any:
        """1 - I_1 / I_0 at the concentration."""
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Angles from -pi to pi; drawn as if for loc 0, so that the whole of loc's precision counts."""
        with no_grad():
            concentration = self.concentration.double().numpy()
            drawn = source_of(None).vonmises(0.0, concentration, tuple(self._extended_shape(sample_shape)))
            angles = from_numpy(numpy.asarray(drawn)) + self.loc.double()
            return ((angles + math.pi) % (2 * math.pi) - math.pi).to(self.loc.dtype)

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        # exp(concentration) taken out of both: I_0 overflows float32 near 91
        near = self.concentration * ((value - self.loc).cos() - 1)
        return near - i0e(self.concentration).log() - math.log(2 * math.pi)
