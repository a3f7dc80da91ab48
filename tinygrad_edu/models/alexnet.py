"""AlexNet, for small images."""

from .. import nn
from ..tensor import Tensor

__all__ = ["AlexNet"]


class AlexNet(nn.Module):
    """Class scores of images by five convolutions and three affine layers; `(B, C, H, W) -> (B, classes)`.

    For small images: the first convolution is 5x5 without a stride, and the hidden layers have `hidden` units in place
    of 4,096. The two halves, which the paper had on two GPUs, are one, and there is no local response normalisation.
    `width` is the first convolution's number of channels, with which the others grow.

    Raises:
        ValueError: the image is smaller than 16x16, so that nothing is left of it after three poolings.

    Source: Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks" (2012),
    section 3.5.
    """

    def __init__(
        self, image: tuple[int, int, int] = (3, 32, 32), classes: int = 10, width: int = 96, hidden: int = 1024
    ) -> None:
        super().__init__()
        channels, height, breadth = image
        if min(height, breadth) < 16:
            raise ValueError(f"AlexNet takes images of 16x16 or more; got {height}x{breadth}")
        second, third = 8 * width // 3, 4 * width
        self.features = nn.Sequential(
            nn.Conv2d(channels, width, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            nn.Conv2d(width, second, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            nn.Conv2d(second, third, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(third, third, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(third, second, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(second * -(-height // 8) * -(-breadth // 8), hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class."""
        x = self.features(x)  # (B, 8/3 width, H/8, W/8)
        return self.classifier(x)  # (B, classes)
