"""What programs import from PyTorch's `utils.data`, beside what `data` has."""

from ..data.batches import Batches as _BaseDataLoaderIter
from .distributed import DistributedSampler

__all__ = ["DistributedSampler", "_BaseDataLoaderIter"]
