# %% ex1
def cost(channels, planes, size, height, width, stride=1, padding=0):
    """Parameters and multiply-adds of a convolution."""
    parameters = planes * channels * size**2
    places = [(n + 2 * padding - size) // stride + 1 for n in (height, width)]
    return parameters, parameters * places[0] * places[1]


# %% ex2
def receptive_field(layers):
    """The side of the square of pixels that one output depends on."""
    side, apart = 1, 1
    for size, stride in layers:
        side += (size - 1) * apart
        apart *= stride
    return side


# %% ex3
from tinygrad_edu import nn


class Bottleneck(nn.Module):
    """relu(f(x) + x) with f of 1x1, 3x3 and 1x1; `(B, C, H, W) -> (B, C, H, W)`."""

    def __init__(self, channels):
        super().__init__()
        width = channels // 4
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels)

    def forward(self, x):
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y)).relu()
        return (self.bn3(self.conv3(y)) + x).relu()


# %% ex4
def squeeze_and_excite(x, w1, b1, w2, b2):
    """The maps, each times a number from 0 to 1 that depends on all of them."""
    squeezed = x.mean((2, 3))
    excited = ((squeezed @ w1.T + b1).relu() @ w2.T + b2).sigmoid()
    return x * excited[:, :, None, None]
