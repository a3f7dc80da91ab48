# %% ex1
import math

import tinygrad_edu as tg


def causal_attention(q, k, v):
    """Means of v (.., T, E) by how well k (.., T, d) fits q (.., T, d), none from later positions."""
    T = q.shape[-2]
    later = tg.ones(T, T, dtype="bool").triu(1)
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return scores.masked_fill(later, -math.inf).softmax(-1) @ v


# %% ex2
def split_heads(x, heads):
    """(B, T, C) -> (B, heads, T, C / heads)."""
    B, T, C = x.shape
    return x.reshape(B, T, heads, C // heads).transpose(1, 2)


def join_heads(x):
    """(B, heads, T, E) -> (B, T, heads * E)."""
    return x.transpose(1, 2).flatten(2)


# %% ex3
import numpy as np


def nucleus(probabilities, p):
    """The probabilities (V,) of sampling by top-p, an array (V,) with a sum of 1."""
    order = np.argsort(-probabilities)
    before = np.cumsum(probabilities[order]) - probabilities[order]
    kept = np.zeros_like(probabilities)
    kept[order[before < p]] = probabilities[order[before < p]]
    return kept / kept.sum()


# %% ex4
import numpy as np


def turned(x, positions):
    """The vectors x (T, d), d even, each turned as its position (T,) asks; an array (T, d)."""
    d = x.shape[1]
    angles = positions[:, None] * 10_000.0 ** (-np.arange(0, d, 2) / d)
    even, odd = x[:, ::2], x[:, 1::2]
    pairs = [even * np.cos(angles) - odd * np.sin(angles), even * np.sin(angles) + odd * np.cos(angles)]
    return np.stack(pairs, -1).reshape(x.shape)
