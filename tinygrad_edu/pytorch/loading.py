"""What programs import from PyTorch's `utils.data`, beside what `data` has."""

from ..data.batches import Batches as _BaseDataLoaderIter
from ..data.batches import FromWorkers as _MultiProcessingDataLoaderIter
from ..data.batches import InProcess as _SingleProcessDataLoaderIter
from .distributed import DistributedSampler

__all__ = [
    "DistributedSampler",
    "_BaseDataLoaderIter",
    "_MultiProcessingDataLoaderIter",
    "_SingleProcessDataLoaderIter",
]
