"""Data: sets of samples, loaders that make batches of them, transforms, data sets by name, and files of one's own.

`DATASETS` has the data sets by name: a few come with the package, the others are read from a folder, or downloaded into
it. Which folder that is, and how to fill it oneself, `help(tinygrad_edu.data.storage)` tells.
"""

from ..told import guard
from . import transforms
from .catalogue import DATASETS, Entry
from .cifar import cifar10, cifar10_5k
from .collate import default_collate, default_convert
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from .diabetes import diabetes
from .embedded import breast_cancer, digits, iris, wine
from .framing import fit_image
from .idx import read_idx
from .image_folder import ImageFolder
from .images import read_image
from .loader import DataLoader
from .mnist import fashion_mnist, mnist
from .nuclei import instance_boxes, nuclei
from .pixel_csv import PixelCSV
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler
from .series import airline_passengers, sunspots, time_series, windows, yearly_sunspots
from .tables import Table, read_table
from .text import TextDataset, first_names, tiny_shakespeare
from .worker import WorkerInfo, get_worker_info

__all__ = [
    "DATASETS",
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "Entry",
    "ImageFolder",
    "IterableDataset",
    "PixelCSV",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "Table",
    "TensorDataset",
    "TextDataset",
    "WeightedRandomSampler",
    "WorkerInfo",
    "airline_passengers",
    "breast_cancer",
    "cifar10",
    "cifar10_5k",
    "default_collate",
    "default_convert",
    "diabetes",
    "digits",
    "fashion_mnist",
    "first_names",
    "fit_image",
    "get_worker_info",
    "instance_boxes",
    "iris",
    "mnist",
    "nuclei",
    "random_split",
    "read_idx",
    "read_image",
    "read_table",
    "sunspots",
    "time_series",
    "tiny_shakespeare",
    "transforms",
    "windows",
    "wine",
    "yearly_sunspots",
]

guard(globals(), __all__, __name__, held=False)
