"""An autoencoder: images through a narrow place, and back."""

import math

from .. import nn
from ..tensor import Tensor
from ..told import guarded

__all__ = ["Autoencoder"]


class Autoencoder(nn.Module):
    """Images rebuilt from codes of a few numbers; `(B, C, H, W) -> (B, C, H, W)`.

    With `hidden=None` encoder and decoder are affine maps, and the best codes are those of PCA. Given noisy images and
    asked for clean ones it is a denoising autoencoder.

    Source: Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks" (2006); Vincent et al.,
    "Extracting and Composing Robust Features with Denoising Autoencoders" (2008).
    """

    def __init__(self, image: tuple[int, int, int] = (1, 28, 28), code: int = 32, hidden: int | None = 256) -> None:
        super().__init__()
        pixels = math.prod(image)
        if hidden is None:
            down: list[nn.Module] = [nn.Linear(pixels, code)]
            up: list[nn.Module] = [nn.Linear(code, pixels)]
        else:
            down = [nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, code)]
            up = [nn.Linear(code, hidden), nn.ReLU(), nn.Linear(hidden, pixels)]
        self.encoder = nn.Sequential(nn.Flatten(), *down)
        self.decoder = nn.Sequential(*up, nn.Unflatten(1, image))

    @guarded
    def encode(self, x: Tensor) -> Tensor:
        """The codes; `(B, C, H, W) -> (B, code)`."""
        return self.encoder(x)

    @guarded
    def decode(self, z: Tensor) -> Tensor:
        """The images of codes; `(B, code) -> (B, C, H, W)`."""
        return self.decoder(z)

    def forward(self, x: Tensor) -> Tensor:
        """The images as their codes tell them."""
        return self.decode(self.encode(x))
