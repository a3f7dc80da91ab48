"""mygrad as it comes: it locks the arrays in use, so that no write passes it by, where we count the writes."""

from typing import Any, ClassVar

import mygrad
import numpy
from mygrad.nnet import activations
from mygrad.nnet.layers import batchnorm, conv_nd, max_pool
from mygrad.nnet.losses import softmax_crossentropy

from ..work import Array, LackingError
from .recorded import Recorded

__all__ = ["peer"]


class Mygrad(Recorded):
    title, version = "mygrad", mygrad.__version__
    sources = (activations, mygrad)
    names: ClassVar = {"clamp": "clip", "cat": "concatenate"}
    cross_entropy = staticmethod(softmax_crossentropy)

    def leaf(self, array: Array) -> Any:
        return mygrad.tensor(array)

    def backward(self, out: Any, g: Array | None) -> None:
        out.backward(g)

    def gradient(self, x: Any) -> Array:
        g: Array = x.grad
        x.null_grad()
        return g

    def transpose(self, x: Any, first: int, second: int) -> Any:
        return mygrad.swapaxes(x, first, second)

    def softmax(self, x: Any, dim: int) -> Any:
        return activations.softmax(x, axis=dim)

    def logsumexp(self, x: Any, dim: int) -> Any:
        top = numpy.max(x.data, axis=dim, keepdims=True)
        return mygrad.log(mygrad.sum(mygrad.exp(x - top), axis=dim)) + top.squeeze(dim)

    def linear(self, x: Any, weight: Any, bias: Any) -> Any:
        return mygrad.matmul(x, weight.T) + bias

    def embedding(self, index: Any, weight: Any) -> Any:
        return weight[index]

    def conv2d(self, x: Any, w: Any, bias: Any = None, stride: int = 1, padding: int = 0) -> Any:
        if (x.shape[-1] + 2 * padding - w.shape[-1]) % stride:
            raise LackingError("mygrad's windows must reach the last pixel")
        y = conv_nd(x, w, stride=stride, padding=padding)
        return y if bias is None else y + mygrad.reshape(bias, (-1, 1, 1))

    def max_pool2d(self, x: Any, size: int) -> Any:
        return max_pool(x, (size, size), size)

    def batch_norm(self, x: Any, weight: Any, bias: Any) -> Any:
        return batchnorm(x, gamma=weight, beta=bias, eps=1e-5)


peer = Mygrad()
