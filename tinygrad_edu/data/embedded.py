"""The data sets that come with the package: small, and of licences that allow it, which LICENSES.md tells."""

import io
from importlib import resources
from typing import Any

import numpy
from numpy.typing import NDArray

from ..recording import wrap
from .dataset import TensorDataset
from .tables import Table

__all__ = ["breast_cancer", "digits", "held_out", "iris", "table_of", "wine"]

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
    arrays = stored("digits")
    images = arrays["x"][:, None].astype(numpy.float32) / 16
    labels = arrays["y"].astype(numpy.int64)
    test = held_out(labels)
    return (
        TensorDataset(wrap(images[~test]), wrap(labels[~test])),
        TensorDataset(wrap(images[test]), wrap(labels[test])),
    )


def iris() -> tuple[Table, Table]:
    """Irises of three species by the lengths of their leaves in cm: 120 flowers to train on and 30 to test on.

    Of each species every fifth flower, in the order of the file, is held out, as for all tables here.

    Source: Fisher (1936), "The use of multiple measurements in taxonomic problems"; UCI, doi:10.24432/C56C76; CC BY
    4.0.

    >>> train, test = iris()
    >>> train[0], train.target_names
    ((tensor([5.1000, 3.5000, 1.4000, 0.2000]), tensor(0)), ['setosa', 'versicolor', 'virginica'])
    """
    return table_of(stored("iris"))


def wine() -> tuple[Table, Table]:
    """Wines of three growers by 13 chemical measures: 144 to train on and 34 to test on.

    Source: Aeberhard and Forina (1991), Wine, UCI, doi:10.24432/C5PC7J; CC BY 4.0.

    >>> train, test = wine()
    >>> len(train), len(test), train.feature_names[:3]
    (144, 34, ['alcohol', 'malic_acid', 'ash'])
    """
    return table_of(stored("wine"))


def breast_cancer() -> tuple[Table, Table]:
    """Tumours, malignant (0) or benign (1), by 30 measures of cell nuclei: 456 to train on and 113 to test on.

    Source: Wolberg, Mangasarian, Street and Street (1993), Breast Cancer Wisconsin (Diagnostic), UCI,
    doi:10.24432/C5DW2B; CC BY 4.0.

    >>> train, test = breast_cancer()
    >>> len(train), len(test), train.target_names
    (456, 113, ['malignant', 'benign'])
    """
    return table_of(stored("breast_cancer"))


def stored(name: str) -> dict[str, NDArray[Any]]:
    """The arrays of a file of the package."""
    content = resources.files(__package__).joinpath(f"{name}.npz").read_bytes()
    with numpy.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def table_of(arrays: dict[str, NDArray[Any]]) -> tuple[Table, Table]:
    """A table to train on and one to test on."""
    features, targets = arrays["x"].astype(numpy.float32), arrays["y"]
    if targets.dtype.kind == "f":
        test = held_out(numpy.zeros(len(targets), numpy.int64))
    else:
        targets = targets.astype(numpy.int64)
        test = held_out(targets)
    names = [arrays[key].tolist() if key in arrays else [] for key in ("feature_names", "target_names")]
    return (
        Table(wrap(features[~test]), wrap(targets[~test]), *names),
        Table(wrap(features[test]), wrap(targets[test]), *names),
    )


def held_out(labels: NDArray[numpy.int64]) -> NDArray[numpy.bool]:
    """Which samples are held out: of each class the last of every five, in order."""
    chosen = numpy.zeros(len(labels), bool)
    for label in numpy.unique(labels):
        chosen[numpy.flatnonzero(labels == label)[EVERY - 1 :: EVERY]] = True
    return chosen
