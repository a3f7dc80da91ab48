"""Data: sets of samples, loaders that make batches of them, the embedded digits, and image files."""

from .catalogue import DATASETS, Entry
from .dataset import Dataset, Subset, TensorDataset, random_split
from .embedded import digits
from .framing import fit_image
from .idx import read_idx
from .images import read_image
from .loader import DataLoader, default_collate
from .mnist import fashion_mnist, mnist
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "DATASETS",
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "Entry",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "default_collate",
    "digits",
    "fashion_mnist",
    "fit_image",
    "mnist",
    "random_split",
    "read_idx",
    "read_image",
]
