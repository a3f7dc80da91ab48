"""RealNVP: noise turned into data by steps that can be undone, so that every point has a known likelihood."""

import math

from .. import nn
from ..functions.random import Generator, randn
from ..functions.sequences import arange
from ..grad_mode import no_grad
from ..tensor import Tensor
from ..told import guarded

__all__ = ["RealNVP"]


class Coupling(nn.Module):
    r"""Half of the numbers are scaled and shifted by what the other half says; `(B, size) -> (B, size), (B)`.

    $y = b x + (1 - b) (x e^{s(b x)} + t(b x))$ for a mask b of 0 and 1; the log-determinant of its Jacobian is the sum
    of s over the changed half. Equations 7 to 9 of the paper.
    """

    def __init__(self, size: int, hidden: int, odd: bool) -> None:
        super().__init__()
        self.register_buffer("mask", (arange(size) % 2 == int(odd)).float())
        self.net = nn.Sequential(
            nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2 * size)
        )
        nn.init.zeros_(self.net[-1].weight)  # it begins as the identity
        nn.init.zeros_(self.net[-1].bias)

    def scale_and_shift(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """s and t, 0 where the mask is 1; s is bounded, for the exponential of a large one would overflow."""
        s, t = self.net(x * self.mask).chunk(2, -1)
        return s.tanh() * (1 - self.mask), t * (1 - self.mask)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """From data towards noise, with the log-determinant."""
        s, t = self.scale_and_shift(x)
        return x * s.exp() + t, s.sum(-1)

    def inverse(self, y: Tensor) -> Tensor:
        """Back: the half that tells s and t is unchanged in y."""
        s, t = self.scale_and_shift(y)
        return (y - t) * (-s).exp()


class RealNVP(nn.Module):
    r"""A density of points; `(B, size) -> (B, size), (B)`: the noise that each comes from, and the log-determinant.

    $\log p(x) = \log N(f(x); 0, 1) + \log |\det f'(x)|$, where f is coupling layers, one after the other, which change
    odd and even numbers in turn. Train on `-log_prob(x).mean()`.

    Source: Dinh, Sohl-Dickstein and Bengio, "Density Estimation Using Real NVP" (2017), section 3.
    """

    def __init__(self, size: int = 2, layers: int = 6, hidden: int = 64) -> None:
        super().__init__()
        self.size = size
        self.layers = nn.ModuleList([Coupling(size, hidden, odd=bool(i % 2)) for i in range(layers)])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The noise, and the log-determinant of the map to it."""
        total = x.new_zeros(x.shape[:-1])
        for layer in self.layers:
            x, log_determinant = layer(x)
            total = total + log_determinant
        return x, total

    @guarded
    def inverse(self, z: Tensor) -> Tensor:
        """The points that come from this noise."""
        for layer in reversed(list(self.layers)):
            z = layer.inverse(z)
        return z

    @guarded
    def log_prob(self, x: Tensor) -> Tensor:
        """The log-likelihood of each point, in nats; `(B, size) -> (B)`."""
        z, log_determinant = self(x)
        return log_determinant - 0.5 * (z.square().sum(-1) + self.size * math.log(2 * math.pi))

    @guarded
    def sample(self, count: int, generator: Generator | None = None) -> Tensor:
        """New points; `(count, size)`."""
        with no_grad():
            return self.inverse(randn(count, self.size, generator=generator))
