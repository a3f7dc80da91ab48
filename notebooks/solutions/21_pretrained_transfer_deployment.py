# %% ex1
import numpy

import tinygrad_edu as tg


def preprocess(pixels):
    """A batch of one for the published ResNet, from bytes (H, W, 3)."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = pixels[top : top + side, left : left + side] / numpy.float32(255)
    small = square.reshape(32, side // 32, 32, side // 32, 3).mean((1, 3))
    mean, std = numpy.array([0.485, 0.456, 0.406]), numpy.array([0.229, 0.224, 0.225])
    normalised = ((small - mean) / std).astype(numpy.float32)
    return tg.tensor(numpy.ascontiguousarray(normalised.transpose(2, 0, 1)[None]))


# %% ex2
import math


def cheapest_threshold(scores, is_dog, stranger, dog):
    """The threshold with the lowest cost; `scores` and `is_dog` are lists of floats and of bools."""

    def cost(threshold):
        let_in = sum(score >= threshold and not real for score, real in zip(scores, is_dog, strict=True))
        kept_out = sum(score < threshold and real for score, real in zip(scores, is_dog, strict=True))
        return stranger * let_in + dog * kept_out

    return min((math.inf, *scores), key=lambda threshold: (cost(threshold), -threshold))


# %% ex3
from tinygrad_edu import nn


class Frozen(nn.Module):
    """A body that stays as it is, whatever happens around it."""

    def __init__(self, body):
        super().__init__()
        self.body = body.requires_grad_(False).eval()

    def train(self, mode=True):
        super().train(mode)
        self.body.eval()
        return self

    def forward(self, x):
        return self.body(x)


# %% ex4
def discriminative_groups(parts, lr, factor):
    """Groups of parameters with their rates, from the input to the output."""
    groups = []
    for depth, part in enumerate(reversed(parts)):
        learning = [p for p in part.parameters() if p.requires_grad]
        if learning:
            groups.insert(0, {"params": learning, "lr": lr * factor**depth})
    return groups
