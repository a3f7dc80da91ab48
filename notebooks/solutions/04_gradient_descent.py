# %% ex1
def five_point(f, x, h):
    """The derivative of f at x by the five-point formula."""
    return (-f(x + 2 * h) + 8 * f(x + h) - 8 * f(x - h) + f(x - 2 * h)) / (12 * h)


def best_power():
    """The p for which the best step is about eps**p."""
    return 1 / 5  # h**4 and eps / h are of one size where h**5 is about eps


# %% ex2
import numpy as np


def minimise(slope, start, rate, tolerance=1e-6, most=10_000):
    """(the last point, how many steps were taken)."""
    w, taken = start, 0
    while taken < most and np.linalg.norm(g := slope(w)) >= tolerance:
        w, taken = w - rate * g, taken + 1
    return w, taken


# %% ex3
import numpy as np


def rates(A):
    """(the border to divergence, the fastest rate)."""
    curvatures = np.linalg.eigvalsh(A)
    return 2 / curvatures[-1], 2 / (curvatures[0] + curvatures[-1])


# %% ex4
import numpy as np


def fit_line(x, y):
    """(a, b) of the line a x + b nearest to y, for x and y of shape (N,)."""
    center, spread = x.mean(), x.std()
    scaled = (x - center) / spread
    a = b = 0.0
    for _ in range(200):
        error = a * scaled + b - y
        a, b = a - 0.25 * 2 * (error * scaled).mean(), b - 0.25 * 2 * error.mean()
    return a / spread, b - a * center / spread


# %% ex5
import numpy as np


def backtrack(f, w, g, rate=1.0):
    """The first of rate, rate / 2, rate / 4, ... that is small enough."""
    while f(w - rate * g) > f(w) - rate / 2 * (g @ g):
        rate /= 2
    return rate
