"""DCGAN: one network makes images of noise, the other tells them from real ones."""

from .. import nn
from ..tensor import Tensor

__all__ = ["Discriminator", "Generator"]


def quarters(image: tuple[int, int, int], what: str) -> tuple[int, int]:
    """Height and width after two halvings.

    Raises:
        ValueError: they are no multiples of 4.
    """
    _, height, breadth = image
    if height % 4 or breadth % 4:
        raise ValueError(f"the {what} halves an image twice, which {height}x{breadth} cannot be without rest")
    return height // 4, breadth // 4


def draw_weights(network: nn.Module) -> None:
    """Weights are normal with a standard deviation of 0.02, as in section 4 of the paper, and biases 0."""
    for name, p in network.named_parameters():
        if p.ndim > 1:
            nn.init.normal_(p, std=0.02)
        elif name.endswith("bias"):
            nn.init.zeros_(p)
        else:
            nn.init.normal_(p, mean=1.0, std=0.02)


class Generator(nn.Module):
    """Images with pixels from -1 to 1, of noise; `(B, code) -> (B, C, H, W)`.

    Raises:
        ValueError: height or width is no multiple of 4.

    Source: Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative
    Adversarial Networks" (2016), section 3.
    """

    def __init__(self, image: tuple[int, int, int] = (1, 28, 28), code: int = 64, width: int = 32) -> None:
        super().__init__()
        height, breadth = quarters(image, "generator")
        self.code = code
        self.layers = nn.Sequential(
            nn.Linear(code, 2 * width * height * breadth, bias=False),
            nn.Unflatten(1, (2 * width, height, breadth)),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, image[0], kernel_size=4, stride=2, padding=1),
            nn.Tanh(),
        )
        draw_weights(self)

    def forward(self, z: Tensor) -> Tensor:
        """The images of this noise."""
        return self.layers(z)


class Discriminator(nn.Module):
    """The logit of an image's being real; `(B, C, H, W) -> (B)`.

    Raises:
        ValueError: height or width is no multiple of 4.

    Source: as of Generator.
    """

    def __init__(self, image: tuple[int, int, int] = (1, 28, 28), width: int = 32) -> None:
        super().__init__()
        height, breadth = quarters(image, "discriminator")
        self.layers = nn.Sequential(
            nn.Conv2d(image[0], width, kernel_size=4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(2 * width * height * breadth, 1),
        )
        draw_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        return self.layers(x).squeeze(1)
