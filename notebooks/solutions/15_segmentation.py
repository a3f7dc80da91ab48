# %% ex1
def iou_and_dice(found, truth):
    """IoU and Dice of two masks, Tensors of bool of one shape, as two Python floats."""
    common, either = (found & truth).sum().item(), (found | truth).sum().item()
    if not either:
        return 1.0, 1.0
    return common / either, 2 * common / (common + either)


# %% ex2
from tinygrad_edu import zeros


def stamped(x, kernel, stride):
    """The transposed convolution of x `(n)` with a kernel `(k)`, as a Tensor `((n - 1) stride + k)`."""
    y = zeros((len(x) - 1) * stride + len(kernel))
    for i, value in enumerate(x):
        y[i * stride : i * stride + len(kernel)] += value * kernel
    return y


# %% ex3
def side_seen(layers):
    """The side of the receptive field after layers of (kernel, stride, dilation), from the first to the last."""
    side, step = 1, 1
    for kernel, stride, dilation in layers:
        side += step * dilation * (kernel - 1)
        step *= stride
    return side


# %% ex4
def tversky_loss(p, t, alpha, beta):
    """One minus the Tversky index of probabilities p and targets t of 0 and 1, a Tensor without dimensions."""
    right, extra, missed = (p * t).sum(), (p * (1 - t)).sum(), ((1 - p) * t).sum()
    return 1 - (right + 1) / (right + alpha * extra + beta * missed + 1)
