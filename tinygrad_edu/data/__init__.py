"""Data: sets of samples, loaders that make batches of them, the embedded digits, and image files."""

from .dataset import Dataset, Subset, TensorDataset, random_split
from .embedded import DATASETS, digits
from .framing import fit_image
from .images import read_image
from .loader import DataLoader, default_collate
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "DATASETS",
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "default_collate",
    "digits",
    "fit_image",
    "random_split",
    "read_image",
]
