# %% ex1
def majority():
    """Weights [w1, w2, w3] and a bias b: w1 x1 + w2 x2 + w3 x3 + b is above 0 for two or three ones, else below 0."""
    return [1.0, 1.0, 1.0], -1.5


# %% ex2
def half_adder(a, b, nand):
    """(sum, carry) of two bits, by calls of nand only."""
    not_both = nand(a, b)
    total = nand(nand(a, not_both), nand(b, not_both))
    return total, nand(not_both, not_both)


# %% ex3
def xor_with_product():
    """Weights [w1, w2, w3] and a bias b: w1 x1 + w2 x2 + w3 x1 x2 + b is above 0 for XOR, else below 0."""
    return [1.0, 1.0, -2.0], -0.5


# %% ex4
import numpy as np


def rosenblatt(X, t, epochs=1000):
    """(w, b, epochs that were begun) for rows X (N, D) and targets t (N,) of 0 and 1."""
    w, b = np.zeros(X.shape[1]), 0.0
    taken = 0
    while taken < epochs:
        taken += 1
        mistakes = 0
        for x, target in zip(X, t, strict=True):
            error = target - int(x @ w + b > 0)
            w, b = w + error * x, b + error
            mistakes += error != 0
        if not mistakes:
            break
    return w, b, taken


# %% ex5
from tinygrad_edu import nn, optim
from tinygrad_edu.nn import functional as F


def learn_parity(X, t):
    """A trained network that takes X (8, 3) to logits (8, 1) of the probability that the parity t (8, 1) is 1."""
    model = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    for _ in range(500):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(model(X), t).backward()
        optimizer.step()
    return model
