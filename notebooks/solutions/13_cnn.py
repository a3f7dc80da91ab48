"""Solutions of notebook 13: convolutional networks."""


# %% ex1
def output_size(n, kernel, stride=1, padding=0, dilation=1):
    """How many places a kernel finds along n pixels."""
    room = n + 2 * padding - dilation * (kernel - 1) - 1
    if room < 0:
        raise ValueError(f"a kernel of {kernel} with dilation {dilation} does not fit into {n + 2 * padding} pixels")
    return room // stride + 1


# %% ex2
import numpy as np


def im2col(x, kernel, stride=1, padding=0):
    """`(C, H, W) -> (C K K, places)`."""
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), (1, 2))[:, ::stride, ::stride]
    return windows.transpose(0, 3, 4, 1, 2).reshape(len(x) * kernel**2, -1)


# %% ex3
import numpy as np


def max_pool_backward(x, g):
    """The gradient at x `(H, W)` for that of the pooled map, g `(H // 2, W // 2)`."""
    found = np.zeros_like(x)
    for i, j in np.ndindex(g.shape):
        window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        down, right = divmod(int(window.argmax()), 2)
        found[2 * i + down, 2 * j + right] = g[i, j]
    return found


# %% ex4
def receptive_field(layers):
    """Of a stack of (kernel, stride), the first layer first."""
    field, apart = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * apart
        apart *= stride
    return field


# %% ex5
import numpy as np

import tinygrad_edu as tg


def occlusion(model, picture, label, size):
    """What probability is lost, for each place of the square; `(1, H, W) -> (H - size + 1, W - size + 1)`, NumPy."""
    _, height, width = picture.shape
    places = list(np.ndindex(height - size + 1, width - size + 1))
    images = np.repeat(picture.numpy()[None], 1 + len(places), 0)
    for image, (top, left) in zip(images[1:], places, strict=True):
        image[0, top : top + size, left : left + size] = 0
    with tg.no_grad():
        chances = model(tg.tensor(images)).softmax(1)[:, label].numpy()
    return (chances[0] - chances[1:]).reshape(height - size + 1, width - size + 1)
