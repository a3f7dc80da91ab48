# %% ex1
import numpy as np


def stable_softmax(x, axis=-1):
    """Shares that add up to 1 along the axis; `(*) -> (*)`."""
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


# %% ex2
import numpy as np


def log_sigmoid(x):
    """The logarithm of the sigmoid, elementwise."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


# %% ex3
import numpy as np


def scores(X, layers):
    """Scores (N, K) of X (N, D), for layers [(W, b), ...] from the first to the last."""
    *hidden, (W, b) = layers
    for V, c in hidden:
        X = np.maximum(0, X @ V.T + c)
    return X @ W.T + b


# %% ex4
import math


def streaming_logsumexp(numbers):
    """ln(sum(exp(x))) of the floats that an iterator gives; each can be seen only once."""
    top, total = -math.inf, 0.0  # the sum so far is total * exp(top)
    for x in numbers:
        if x > top:
            top, total = x, total * math.exp(top - x) + 1.0
        else:
            total += math.exp(x - top)
    return top + math.log(total)
