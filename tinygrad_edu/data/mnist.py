"""MNIST and Fashion-MNIST: 70,000 grey pictures of 28x28 each, of handwritten digits and of clothes."""

from typing import Any

import numpy

from ..dtypes import as_dtype
from ..recording import wrap
from ..told import guard
from .dataset import TensorDataset
from .idx import parse_idx
from .published import File
from .storage import read

__all__ = ["fashion_mnist", "mnist"]

CLOTHES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
TRAIN_IMAGES, TRAIN_LABELS = 47_040_016, 60_008  # bytes
TEST_IMAGES, TEST_LABELS = 7_840_016, 10_008


def files(folder: str, url: str, published: dict[str, tuple[int, int, str]]) -> tuple[File, ...]:
    """The four files of such a data set: for each its size, that of what is in it, and the digest of that."""
    return tuple(
        File(f"{folder}/{name}-ubyte.gz", size, digest, inside, f"{url}{name}-ubyte.gz")
        for name, (size, inside, digest) in published.items()
    )


MNIST = files(
    "mnist",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    {
        "train-images-idx3": (
            9_912_422,
            TRAIN_IMAGES,
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        "train-labels-idx1": (28_881, TRAIN_LABELS, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        "t10k-images-idx3": (
            1_648_877,
            TEST_IMAGES,
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        "t10k-labels-idx1": (4_542, TEST_LABELS, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    },
)
FASHION_MNIST = files(
    "fashion-mnist",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    {
        "train-images-idx3": (
            26_421_880,
            TRAIN_IMAGES,
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        "train-labels-idx1": (29_515, TRAIN_LABELS, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        "t10k-images-idx3": (
            4_422_102,
            TEST_IMAGES,
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        "t10k-labels-idx1": (5_148, TEST_LABELS, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    },
)


def mnist(dtype: Any = numpy.float32) -> tuple[TensorDataset, TensorDataset]:
    """MNIST's handwritten digits, 60,000 to train on and 10,000 to test on: images `(N, 1, 28, 28)`, digits `(N,)`.

    The images are float32 from 0 (paper) to 1 (ink), or with `dtype=uint8` from 0 to 255 in a quarter of the memory
    (55 instead of 219 MB), which become floats batch by batch with
    `TransformedDataset(train, ToDtype(float32, scale=True), batched=True)`. The digits are int64. Which folder they are
    read from, `data.storage` tells.

    Source: LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document recognition".

    Raises:
        ConnectionError: it is not at hand, and cannot be downloaded.
        ValueError: a file is damaged, or not the published one.
    """
    return read_pictures(MNIST, dtype)


def fashion_mnist(dtype: Any = numpy.float32) -> tuple[TensorDataset, TensorDataset]:
    """Fashion-MNIST's clothes, 60,000 to train on and 10,000 to test on: images `(N, 1, 28, 28)`, classes `(N,)`.

    The classes are t-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag and ankle boot; all else is as
    for `mnist`.

    Source: Xiao, Rasul and Vollgraf (2017), "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms", arXiv:1708.07747; MIT licence, Zalando SE.

    Raises:
        ConnectionError: it is not at hand, and cannot be downloaded.
        ValueError: a file is damaged, or not the published one.
    """
    return read_pictures(FASHION_MNIST, dtype)


def read_pictures(published: tuple[File, ...], dtype: Any) -> tuple[TensorDataset, TensorDataset]:
    """The two sets in four files."""
    train_images, train_labels, test_images, test_labels = (parse_idx(read(file)) for file in published)
    return (
        TensorDataset(wrap(scaled(train_images[:, None], dtype)), wrap(train_labels.astype(numpy.int64))),
        TensorDataset(wrap(scaled(test_images[:, None], dtype)), wrap(test_labels.astype(numpy.int64))),
    )


def scaled(pixels: numpy.typing.NDArray[numpy.uint8], dtype: Any) -> numpy.typing.NDArray[Any]:
    """Bytes as floats from 0 to 1, or as they are.

    Raises:
        ValueError: the dtype is neither a float's nor uint8.
    """
    wanted = as_dtype(dtype)
    if wanted == numpy.uint8:
        return pixels.copy()  # what comes from a file's bytes cannot be written to
    if wanted.kind != "f":
        raise ValueError(f"images are floats from 0 to 1, or uint8, not {wanted}")
    # divided in float32 at least, as PyTorch does: 255 halves are no full scale
    return numpy.divide(pixels, numpy.float32(255), dtype=numpy.result_type(wanted, "f4")).astype(wanted, copy=False)


guard(globals(), __all__, __name__)
