"""The layers' functions without state: what they compute, their parameters being arguments."""

from ...functions.convolution import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from ...functions.indexing import one_hot
from ...functions.movement import flatten
from ...functions.pooling import avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d
from .activation import log_softmax, relu, softmax
from .attention import scaled_dot_product_attention
from .dropout import dropout
from .linear import bilinear, linear
from .loss import cross_entropy, mse_loss, nll_loss
from .multi_head import multi_head_attention_forward

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "bilinear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cross_entropy",
    "dropout",
    "flatten",
    "linear",
    "log_softmax",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "mse_loss",
    "multi_head_attention_forward",
    "nll_loss",
    "one_hot",
    "relu",
    "scaled_dot_product_attention",
    "softmax",
]
