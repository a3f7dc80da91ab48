"""What loaders of programs' own import from PyTorch's `utils.data`."""

from ..data.batches import Batches as _BaseDataLoaderIter

__all__ = ["_BaseDataLoaderIter"]
