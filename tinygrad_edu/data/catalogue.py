"""The data sets by name, and what is to know about each."""

from collections.abc import Callable
from dataclasses import dataclass

from .dataset import TensorDataset
from .embedded import digits
from .mnist import FASHION_MNIST, MNIST, fashion_mnist, mnist
from .storage import File, find

__all__ = ["DATASETS", "Entry"]

IMAGES = "image classification"


@dataclass(frozen=True)
class Entry:
    """What is to know about a data set; called, it loads it, to train on and to test on.

    `shape` is that of a sample's input, `rows` the numbers of samples to train and to test on, `classes` the number of
    classes where it has any. `files` are those to be in the folder of data, none if it comes with the package.
    """

    load: Callable[[], tuple[TensorDataset, TensorDataset]]
    task: str
    shape: tuple[int, ...]
    rows: tuple[int, int]
    classes: int | None
    licence: str
    source: str
    files: tuple[File, ...] = ()

    def __call__(self) -> tuple[TensorDataset, TensorDataset]:
        """Load the data set."""
        return self.load()

    @property
    def at_hand(self) -> bool:
        """Whether it can be loaded without a download."""
        return all(find(file) for file in self.files)


DATASETS = {
    "digits": Entry(
        digits, IMAGES, (1, 8, 8), (1442, 355), 10, "CC BY 4.0", "Alpaydin and Kaynak 1998, doi:10.24432/C50P49"
    ),
    "mnist": Entry(
        mnist, IMAGES, (1, 28, 28), (60_000, 10_000), 10, "none stated", "LeCun, Cortes and Burges 1998", MNIST
    ),
    "fashion-mnist": Entry(
        fashion_mnist, IMAGES, (1, 28, 28), (60_000, 10_000), 10, "MIT", "Xiao et al. 2017", FASHION_MNIST
    ),
}
