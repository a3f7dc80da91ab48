"""CIFAR-10: 60,000 colour pictures of 32x32, of ten kinds of things and animals."""

import io
import tarfile
from typing import Any

import numpy
from numpy.typing import NDArray

from ..recording import wrap
from ..told import guard
from .dataset import TensorDataset
from .mnist import scaled
from .published import File
from .storage import read

__all__ = ["cifar10", "cifar10_5k"]

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

CIFAR10 = (
    File(
        "cifar10/cifar-10-binary.tar.gz",
        170_052_171,
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    ),
)
CIFAR10_5K = (
    File("cifar10/cifar10_train5k.npz", 10_880_309, "a62e075aa005be07a933e6f5c38271f737cfa6ba2d11ef66bf3f94979d098e14"),
    File("cifar10/cifar10_test10k.npz", 21_751_209, "fb870559540cdd35faf60f2716aa56c68304386a18479289cb604e4f5dcf9165"),
)
TRAIN = [f"cifar-10-batches-bin/data_batch_{k}.bin" for k in range(1, 6)]
TEST = ["cifar-10-batches-bin/test_batch.bin"]
ROWS, SIDE = 10_000, 32


def cifar10(dtype: Any = numpy.float32) -> tuple[TensorDataset, TensorDataset]:
    """CIFAR-10, 50,000 pictures to train on and 10,000 to test on: images `(N, 3, 32, 32)`, classes `(N,)`.

    The images are red, green and blue, float32 from 0 to 1, or with `dtype=uint8` from 0 to 255 in a quarter of the
    memory (184 instead of 737 MB). The classes are airplane, automobile, bird, cat, deer, dog, frog, horse, ship and
    truck. Which folder they are read from, `data.storage` tells.

    Source: Krizhevsky (2009), "Learning multiple layers of features from tiny images"; its binary version.

    Raises:
        ConnectionError: it is not at hand, and cannot be downloaded.
        ValueError: the file is damaged, or not the published one.
    """
    (file,) = CIFAR10
    with tarfile.open(fileobj=io.BytesIO(read(file)), mode="r:gz") as archive:
        train, test = (numpy.concatenate([batch(archive, name) for name in names]) for names in (TRAIN, TEST))
    return pictures(train[:, 1:], train[:, 0], dtype), pictures(test[:, 1:], test[:, 0], dtype)


def cifar10_5k(dtype: Any = numpy.float32) -> tuple[TensorDataset, TensorDataset]:
    """CIFAR-10 with 5,000 pictures to train on, 500 of each class, and all 10,000 to test on; else as `cifar10`.

    The pictures are in another order than in CIFAR-10's own files.
    """
    train, test = (decoded(numpy.load(io.BytesIO(read(file)), allow_pickle=False)) for file in CIFAR10_5K)
    return pictures(*train, dtype), pictures(*test, dtype)


def batch(archive: tarfile.TarFile, name: str) -> NDArray[numpy.uint8]:
    """One of CIFAR-10's six files: rows of a label and then red, green and blue pixels.

    Raises:
        ValueError: it is not in the archive, or of another size.
    """
    try:
        member = archive.extractfile(name)  # read where it is: nothing of an archive is written to the disk
    except KeyError:
        member = None
    data = b"" if member is None else member.read(ROWS * (1 + 3 * SIDE**2) + 1)
    if len(data) != ROWS * (1 + 3 * SIDE**2):
        raise ValueError(f"CIFAR-10's archive has no {name!r} of {ROWS:,} pictures")
    return numpy.frombuffer(data, numpy.uint8).reshape(ROWS, -1)


def decoded(stored: Any) -> tuple[NDArray[numpy.uint8], NDArray[numpy.uint8]]:
    """Pixels `(N, 3, 32, 32)` and labels; stored are the differences of differences of neighbours, which pack well."""
    rows = numpy.cumsum(stored["delta"], 1, dtype=numpy.uint8)
    return numpy.cumsum(rows, 2, dtype=numpy.uint8).transpose(0, 3, 1, 2), stored["label"]


def pictures(pixels: NDArray[numpy.uint8], labels: NDArray[numpy.uint8], dtype: Any) -> TensorDataset:
    """The data set of these bytes."""
    images = numpy.ascontiguousarray(pixels.reshape(-1, 3, SIDE, SIDE))  # while they are bytes: floats take longer
    return TensorDataset(wrap(scaled(images, dtype)), wrap(labels.astype(numpy.int64)))


guard(globals(), __all__, __name__)
