"""What PyTorch's layers are made of, under its names: for programs that ask of which kind one is."""

import copy

from ..nn import Module, ModuleList
from ..nn.batchnorm import BatchNorm, ChannelNorm, InstanceNorm
from ..nn.conv import _ConvNd
from ..nn.loss.base import Loss

__all__ = ["_BatchNorm", "_ConvNd", "_InstanceNorm", "_Loss", "_NormBase", "_get_clones"]

_BatchNorm, _InstanceNorm, _NormBase, _Loss = BatchNorm, InstanceNorm, ChannelNorm, Loss


def _get_clones(module: Module, N: int) -> ModuleList:
    """N copies of a layer."""
    return ModuleList([copy.deepcopy(module) for _ in range(N)])
