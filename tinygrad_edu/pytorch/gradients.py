"""What PyTorch's programs ask of torch.autograd and torch.func beside what autograd and func have."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..autograd import Function
from ..nn import Module
from ..nn.batchnorm import BatchNorm

__all__ = ["InplaceFunction", "replace_all_batch_norm_modules_", "set_multithreading_enabled"]


class InplaceFunction(Function):
    """A Function; older programs write to their inputs in one of this name."""


@contextmanager
def set_multithreading_enabled(mode: bool) -> Iterator[None]:
    """A block like any other: backward runs in the thread that calls it."""
    yield


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """The module itself, none of whose batch norms keeps running statistics any more.

    Those are written to in place, which vmap refuses where all examples share them.
    """
    for module in root.modules():
        if isinstance(module, BatchNorm):
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
