"""LeNet-5, the convolutional network that read cheques."""

from .. import nn
from ..tensor import Tensor

__all__ = ["LeNet"]


class LeNet(nn.Module):
    """Class scores of images of 28x28 by LeNet-5; `(B, C, H, W) -> (B, classes)`.

    As in the paper, but for what is no longer done: C3 sees all maps of S2, subsampling has no weights, and the output
    is an affine layer rather than radial basis functions. Zeros around the image make it the paper's 32x32.

    Raises:
        ValueError: the image is smaller than 12x12, so that nothing is left of it after two subsamplings.

    Source: LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition" (1998),
    section II.B and figure 2.
    """

    def __init__(self, image: tuple[int, int, int] = (1, 28, 28), classes: int = 10) -> None:
        super().__init__()
        channels, height, breadth = image
        if min(height, breadth) < 12:
            raise ValueError(f"LeNet takes images of 12x12 or more; got {height}x{breadth}")
        self.c1 = nn.Conv2d(channels, 6, kernel_size=5, padding=2)
        self.s2 = nn.AvgPool2d(2)
        self.c3 = nn.Conv2d(6, 16, kernel_size=5)
        self.s4 = nn.AvgPool2d(2)
        self.flatten = nn.Flatten()
        self.c5 = nn.Linear(16 * ((height // 2 - 4) // 2) * ((breadth // 2 - 4) // 2), 120)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, classes)
        self.tanh = nn.Tanh()

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class."""
        x = self.s2(self.tanh(self.c1(x)))  # (B, 6, H/2, W/2)
        x = self.s4(self.tanh(self.c3(x)))  # (B, 16, H/4 - 2, W/4 - 2)
        x = self.tanh(self.c5(self.flatten(x)))  # (B, 120)
        x = self.tanh(self.f6(x))  # (B, 84)
        return self.output(x)  # (B, classes)
