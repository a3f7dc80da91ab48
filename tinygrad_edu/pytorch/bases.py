"""What PyTorch's layers are made of, under its names: for programs that ask of which kind one is."""

import copy

from ..nn import Module, ModuleList
from ..nn.batchnorm import BatchNorm, ChannelNorm, InstanceNorm
from ..nn.conv import _ConvNd, _Transposed
from ..nn.dropout import Dropping
from ..nn.loss.base import Loss
from ..nn.padding import _ConstantPad
from ..nn.pooling import _AdaptiveAvgPool, _AdaptiveMaxPool, _AvgPool, _LPPool, _MaxPool, _MaxUnpool
from ..nn.transformer_layers import named_activation as _get_activation_fn
from .parallel import SyncBatchNorm

__all__ = [
    "SyncBatchNorm",
    "_AdaptiveAvgPoolNd",
    "_AdaptiveMaxPoolNd",
    "_AvgPoolNd",
    "_BatchNorm",
    "_ConstantPadNd",
    "_ConvNd",
    "_ConvTransposeNd",
    "_DropoutNd",
    "_InstanceNorm",
    "_LPPoolNd",
    "_Loss",
    "_MaxPoolNd",
    "_MaxUnpoolNd",
    "_NormBase",
    "_WeightedLoss",
    "_get_activation_fn",
    "_get_clones",
]

_BatchNorm, _InstanceNorm, _NormBase = BatchNorm, InstanceNorm, ChannelNorm
_Loss = _WeightedLoss = Loss
_ConvTransposeNd, _DropoutNd, _ConstantPadNd = _Transposed, Dropping, _ConstantPad
_AvgPoolNd, _MaxPoolNd, _MaxUnpoolNd, _LPPoolNd = _AvgPool, _MaxPool, _MaxUnpool, _LPPool
_AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd = _AdaptiveAvgPool, _AdaptiveMaxPool


def _get_clones(module: Module, N: int) -> ModuleList:
    """N copies of a layer."""
    return ModuleList([copy.deepcopy(module) for _ in range(N)])
