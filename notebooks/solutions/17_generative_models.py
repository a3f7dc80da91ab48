# %% ex1
from tinygrad_edu import linalg


def principal_axes(X, k):
    """The mean `(D)` and the first k principal axes `(k, D)` of the rows of X `(N, D)`."""
    mean = X.mean(0)
    _, _, axes = linalg.svd(X - mean, full_matrices=False)
    return mean, axes[:k]


# %% ex2
def price_of_codes(mean, log_variance):
    """The divergence in nats; `(B, code), (B, code) -> (B)`."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)


# %% ex3
from tinygrad_edu import stack


def couple(x, s, t):
    """The points y `(N, 2)`, and the log-determinant `(N)` of the layer at each."""
    first, second = x.unbind(1)
    return stack([first, second * s(first).exp() + t(first)], 1), s(first)


def uncouple(y, s, t):
    """The points x `(N, 2)` that the layer sends to y."""
    first, second = y.unbind(1)
    return stack([first, (second - t(first)) * (-s(first)).exp()], 1)


# %% ex4
from tinygrad_edu import special


def score_of(p):
    """The inception score of probabilities `(N, classes)`, as a float."""
    mean = p.mean(0)
    divergence = (special.xlogy(p, p) - special.xlogy(p, mean)).sum(1)
    return divergence.mean().exp().item()
