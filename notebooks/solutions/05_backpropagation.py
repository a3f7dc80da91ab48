# %% ex1
class Divide:
    """x1 / x2, and how a gradient g of it goes back to both."""

    def forward(self, x1, x2):
        self.x1, self.x2 = x1, x2
        return x1 / x2

    def backward(self, g):
        return g / self.x2, -g * self.x1 / self.x2**2


# %% ex2
import numpy as np


class Swish:
    """x times sigmoid(x), elementwise; `(*) -> (*)`."""

    def forward(self, X):
        self.X, self.sigmoid = X, 1 / (1 + np.exp(-X))
        return X * self.sigmoid

    def backward(self, g):
        return g * (self.sigmoid + self.X * self.sigmoid * (1 - self.sigmoid))


# %% ex3
import numpy as np


def tied(X, W):
    """(loss, gradient of W) for X (N, D) and W (D, K)."""
    code = X @ W
    error = code @ W.T - X
    as_encoder = X.T @ (error @ W)
    as_decoder = error.T @ code
    return 0.5 * (error**2).sum(), as_encoder + as_decoder


# %% ex4
def squareplus_rule(g, x, out):
    """The gradient of x."""
    return g * out / (2 * out - x)  # 2y - x is the square root


# %% ex5
from tinygrad_edu.autograd import grad


def hessian_vector_product(f, x, v):
    """H v, of the shape of x, where H is the Hessian of f at x."""
    x = x.detach().requires_grad_()
    (slope,) = grad(f(x), [x], create_graph=True)
    (product,) = grad((slope * v).sum(), [x])
    return product
