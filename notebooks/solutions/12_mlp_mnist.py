"""Solutions of notebook 12: a multilayer perceptron on MNIST."""

# %% ex1
import numpy as np


def one_hot(labels, classes):
    """A row of zeros with a one at the label, float32; `(*) -> (*, classes)`."""
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels run from 0 to {classes - 1}, got {labels.min()} to {labels.max()}")
    return np.eye(classes, dtype=np.float32)[labels]


# %% ex2
from itertools import pairwise


def parameters(sizes):
    """The weights and biases of linear layers between sizes, such as (784, 512, 10)."""
    return sum(n * m + m for n, m in pairwise(sizes))


# %% ex3
import numpy as np


def confusion(labels, predictions, classes):
    """Counts, labels in rows and predictions in columns; `(N,), (N,) -> (classes, classes)`."""
    return np.bincount(labels * classes + predictions, minlength=classes**2).reshape(classes, classes)


def recalls(matrix):
    """The share of each row that is on the diagonal; `(K, K) -> (K,)`."""
    totals = matrix.sum(1)
    return np.where(totals == 0, np.nan, np.diag(matrix) / np.maximum(totals, 1))


# %% ex4
import tinygrad_edu as tg


def predict(model, picture):
    """(class, its probability) of one picture, bytes `(28, 28)`, dark on light."""
    ink = tg.tensor(255 - picture).float().reshape(1, 1, 28, 28) / 255
    training = model.training
    model.eval()
    with tg.no_grad():
        chances = model(ink).softmax(1)[0]
    model.train(training)
    best = chances.argmax().item()
    return best, chances[best].item()


# %% ex5
import numpy as np


def mcnemar(first, second, labels):
    """McNemar's statistic for the predictions of two networks; `(N,), (N,), (N,) -> float`."""
    right, other = first == labels, second == labels
    b, c = (right & ~other).sum(), (~right & other).sum()
    return float((b - c) ** 2 / (b + c)) if b + c else 0.0
