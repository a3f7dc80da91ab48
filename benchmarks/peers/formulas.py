"""What the peers without a function for it compute by its formula, in functions of NumPy's names."""

from typing import Any

__all__ = ["Formulas"]


class Formulas:
    """Layers as formulas in `np`, which is a peer's NumPy."""

    np: Any

    def relu(self, x: Any) -> Any:
        return self.np.maximum(x, 0)

    def sigmoid(self, x: Any) -> Any:
        return 1 / (1 + self.np.exp(-x))

    def logsumexp(self, x: Any, dim: int) -> Any:
        top = self.np.max(x, axis=dim, keepdims=True)
        return self.np.log(self.np.sum(self.np.exp(x - top), axis=dim)) + self.np.squeeze(top, dim)

    def softmax(self, x: Any, dim: int) -> Any:
        e = self.np.exp(x - self.np.max(x, axis=dim, keepdims=True))
        return e / self.np.sum(e, axis=dim, keepdims=True)

    def cross_entropy(self, x: Any, classes: Any) -> Any:
        return self.np.mean(self.logsumexp(x, 1) - x[self.np.arange(len(classes)), classes])

    def linear(self, x: Any, weight: Any, bias: Any) -> Any:
        return self.np.matmul(x, weight.T) + bias

    def embedding(self, index: Any, weight: Any) -> Any:
        return weight[index]

    def normalized(self, x: Any, dims: tuple[int, ...]) -> Any:
        mean = self.np.mean(x, axis=dims, keepdims=True)
        centred = x - mean
        return centred / self.np.sqrt(self.np.mean(centred * centred, axis=dims, keepdims=True) + 1e-5)

    def batch_norm(self, x: Any, weight: Any, bias: Any) -> Any:
        return self.normalized(x, (0, 2, 3)) * weight[:, None, None] + bias[:, None, None]

    def layer_norm(self, x: Any, weight: Any, bias: Any) -> Any:
        return self.normalized(x, (-1,)) * weight + bias
