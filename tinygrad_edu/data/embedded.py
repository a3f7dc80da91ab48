"""The data sets that come with the package."""

import io
from importlib import resources

import numpy
from numpy.typing import NDArray

from ..recording import wrap
from .dataset import TensorDataset

__all__ = ["digits"]

EVERY = 5  # one in so many samples of each class is held out


def digits() -> tuple[TensorDataset, TensorDataset]:
    """Handwritten digits to train on and, held out, to test on: images `(N, 1, 8, 8)` and their digits `(N,)`.

    The 1,797 images are float32 from 0 (paper) to 1 (ink), each pixel the share of ink in a block of 4x4 in steps of
    1/16; the digits are int64. Of each digit every fifth image, in the order of the file, is held out: 1,442 to train,
    355 to test.

    Source: Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI, doi:10.24432/C50P49, its test
    set; CC BY 4.0.

    >>> train, test = digits()
    >>> train.tensors[0].shape, test.tensors[0].shape
    ((1442, 1, 8, 8), (355, 1, 8, 8))
    """
    stored = resources.files(__package__).joinpath("digits.npz").read_bytes()
    with numpy.load(io.BytesIO(stored), allow_pickle=False) as arrays:
        images = arrays["x"][:, None].astype(numpy.float32) / 16
        labels = arrays["y"].astype(numpy.int64)
    test = held_out(labels)
    return (
        TensorDataset(wrap(images[~test]), wrap(labels[~test])),
        TensorDataset(wrap(images[test]), wrap(labels[test])),
    )


def held_out(labels: NDArray[numpy.int64]) -> NDArray[numpy.bool]:
    """Which samples are held out: of each class the last of every five, in order."""
    chosen = numpy.zeros(len(labels), bool)
    for label in numpy.unique(labels):
        chosen[numpy.flatnonzero(labels == label)[EVERY - 1 :: EVERY]] = True
    return chosen
