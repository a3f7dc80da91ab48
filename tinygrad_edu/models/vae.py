"""A variational autoencoder: codes are drawn, so that any code gives an image."""

import math

from .. import nn
from ..functions.random import Generator, randn
from ..grad_mode import no_grad
from ..nn import functional as F
from ..tensor import Tensor
from ..told import guarded

__all__ = ["VAE"]


class VAE(nn.Module):
    r"""A model of images with pixels from 0 to 1: each pixel is on with a probability that a hidden code gives.

    $p(z) = N(0, 1)$, $p(x | z)$ Bernoulli with logits from the decoder, and $q(z | x) = N(\mu, \sigma^2)$ from the
    encoder. Train on `-elbo(x).mean()`.

    Source: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014), section 3 and appendix C.
    """

    def __init__(self, image: tuple[int, int, int] = (1, 28, 28), code: int = 20, hidden: int = 400) -> None:
        super().__init__()
        pixels = math.prod(image)
        self.code = code
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(pixels, hidden), nn.Tanh(), nn.Linear(hidden, 2 * code))
        self.decoder = nn.Sequential(
            nn.Linear(code, hidden), nn.Tanh(), nn.Linear(hidden, pixels), nn.Unflatten(1, image)
        )

    @guarded
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the codes of images; `(B, C, H, W) -> (B, code), (B, code)`."""
        mean, log_variance = self.encoder(x).chunk(2, 1)
        return mean, log_variance

    @guarded
    def decode(self, z: Tensor) -> Tensor:
        """The logits of pixels; `(B, code) -> (B, C, H, W)`."""
        return self.decoder(z)

    def forward(self, x: Tensor, generator: Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """The logits from a code that is drawn for each image, and the code's mean and log-variance."""
        mean, log_variance = self.encode(x)
        noise = randn(mean.shape, generator=generator, dtype=mean.dtype)
        z = mean + (0.5 * log_variance).exp() * noise  # so that gradients flow to what it is drawn from
        return self.decode(z), mean, log_variance

    @guarded
    def elbo(self, x: Tensor, generator: Generator | None = None) -> Tensor:
        r"""A lower bound of $\log p(x)$, in nats, from one drawn code; `(B, C, H, W) -> (B)`.

        $\log p(x | z) - KL(q(z | x) \| p(z))$; equation 10 of the paper.
        """
        logits, mean, log_variance = self(x, generator)
        reconstruction = -F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
        return reconstruction - divergence

    @guarded
    def sample(self, count: int, generator: Generator | None = None) -> Tensor:
        """New images, as the probability of each pixel; `(count, C, H, W)`."""
        with no_grad():
            return self.decode(randn(count, self.code, generator=generator)).sigmoid()
