# %% ex1
import math


def he_std(shape, slope=0.0):
    """The standard deviation of weights of this shape, `(out, in, *kernel)`."""
    fan_in = math.prod(shape[1:])
    return math.sqrt(2 / ((1 + slope**2) * fan_in))


# %% ex2
def predicted_std(layer, width, std):
    """The standard deviation before the ReLU of this layer, by the theory of section 5."""
    first = width**0.5 * std  # the inputs have lost no half to a ReLU
    return first * ((width / 2) ** 0.5 * std) ** (layer - 1)


# %% ex3
from tinygrad_edu import nn, no_grad
from tinygrad_edu.nn import init


def unit_variance_(network, x):
    """Initialise an nn.Sequential in place so that every nn.Linear gives outputs of standard deviation 1 for x."""
    with no_grad():
        for module in network:
            if isinstance(module, nn.Linear):
                init.orthogonal_(module.weight)
                init.zeros_(module.bias)
                module.weight.div_(module(x).std())
            x = module(x)


# %% ex4
def diagnosis(stds):
    """What is the matter with a network whose layers have these standard deviations."""
    if not all(0 < std < float("inf") for std in stds):
        return "broken"
    growth = stds[-1] / stds[0]
    if growth >= 10:
        return "explodes"
    return "vanishes" if growth <= 0.1 else "healthy"
