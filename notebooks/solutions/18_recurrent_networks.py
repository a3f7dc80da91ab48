# %% ex1
import numpy as np


def fit_autoregression(values, order):
    """The weights (order,), that of the latest value first, and the constant, by least squares; values is an array (N,)."""
    runs = np.lib.stride_tricks.sliding_window_view(values, order + 1)
    features = np.column_stack([runs[:, -2::-1], np.ones(len(runs))])
    *weights, constant = np.linalg.lstsq(features, runs[:, -1], rcond=None)[0]
    return np.array(weights), constant


# %% ex2
import tinygrad_edu as tg


def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """The state (B, H) after a step from inputs (B, in) and states (B, H); weights (3 H, in) and (3 H, H)."""
    from_x = (x @ weight_ih.T + bias_ih).chunk(3, 1)
    from_h = (h @ weight_hh.T + bias_hh).chunk(3, 1)
    r = (from_x[0] + from_h[0]).sigmoid()
    z = (from_x[1] + from_h[1]).sigmoid()
    n = tg.tanh(from_x[2] + r * from_h[2])
    return (1 - z) * n + z * h


# %% ex3
import numpy as np


def clipped(gradients, most):
    """A list of arrays like the gradients, the norm of all their elements together being at most `most`."""
    norm = np.sqrt(sum((g * g).sum() for g in gradients))
    return [g * min(1.0, most / max(norm, 1e-12)) for g in gradients]


# %% ex4
def contexts(states, vectors, there):
    """Contexts (B, T, C) of states (B, T, C), from vectors (B, S, C), of which those count where `there` (B, S) is True."""
    scores = states @ vectors.mT
    weights = scores.masked_fill(~there[:, None], -float("inf")).softmax(-1)
    return weights @ vectors
