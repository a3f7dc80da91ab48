"""The data sets by name, and what is to know about each."""

from collections.abc import Callable
from dataclasses import dataclass

from .cifar import CIFAR10, CIFAR10_5K, cifar10, cifar10_5k
from .cifar import CLASSES as CIFAR_CLASSES
from .dataset import TensorDataset
from .diabetes import DIABETES, diabetes
from .embedded import breast_cancer, digits, iris, wine
from .mnist import CLOTHES, FASHION_MNIST, MNIST, fashion_mnist, mnist
from .nuclei import NUCLEI, nuclei
from .published import File
from .series import SERIES, airline_passengers, sunspots, yearly_sunspots
from .storage import find
from .text import NAMES, SHAKESPEARE, first_names, tiny_shakespeare

__all__ = ["DATASETS", "Entry"]

IMAGES, TABLE, TEXT, SERIES_TASK = "image classification", "classification", "language modelling", "forecasting"
DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Entry:
    """What is to know about a data set; called, it loads it, to train on and to test on.

    `shape` is that of a sample's input, `rows` the numbers of samples to train and to test on, `classes` the names of
    the classes where it has any. `files` are those to be in the folder of data, none if it comes with the package.
    Signs in its pictures keep clear of the border by `margin` pixels.
    """

    load: Callable[[], tuple[TensorDataset, TensorDataset]]
    task: str
    shape: tuple[int, ...]
    rows: tuple[int, int]
    classes: tuple[str, ...]
    licence: str
    source: str
    files: tuple[File, ...] = ()
    margin: int = 0

    def __call__(self) -> tuple[TensorDataset, TensorDataset]:
        """Load the data set."""
        return self.load()

    @property
    def at_hand(self) -> bool:
        """Whether it can be loaded without a network."""
        return all(find(file) for file in self.files)

    @property
    def can_be_downloaded(self) -> bool:
        """Whether what is not at hand is fetched from where it was published."""
        return all(file.url for file in self.files)


DATASETS = {
    "digits": Entry(digits, IMAGES, (1, 8, 8), (1_442, 355), DIGITS, "CC BY 4.0", "Alpaydin and Kaynak 1998, UCI"),
    "iris": Entry(iris, TABLE, (4,), (120, 30), ("setosa", "versicolor", "virginica"), "CC BY 4.0", "Fisher 1936, UCI"),
    "wine": Entry(
        wine, TABLE, (13,), (144, 34), ("class_0", "class_1", "class_2"), "CC BY 4.0", "Aeberhard and Forina 1991, UCI"
    ),
    "breast-cancer": Entry(
        breast_cancer, TABLE, (30,), (456, 113), ("malignant", "benign"), "CC BY 4.0", "Wolberg et al. 1993, UCI"
    ),
    "diabetes": Entry(diabetes, "regression", (10,), (354, 88), (), "none stated", "Efron et al. 2004", DIABETES),
    "mnist": Entry(
        mnist, IMAGES, (1, 28, 28), (60_000, 10_000), DIGITS, "none stated", "LeCun, Cortes and Burges 1998", MNIST, 4
    ),
    "fashion-mnist": Entry(
        fashion_mnist, IMAGES, (1, 28, 28), (60_000, 10_000), CLOTHES, "MIT", "Xiao et al. 2017", FASHION_MNIST
    ),
    "cifar10": Entry(
        cifar10, IMAGES, (3, 32, 32), (50_000, 10_000), CIFAR_CLASSES, "none stated", "Krizhevsky 2009", CIFAR10
    ),
    "cifar10-5k": Entry(
        cifar10_5k, IMAGES, (3, 32, 32), (5_000, 10_000), CIFAR_CLASSES, "none stated", "Krizhevsky 2009", CIFAR10_5K
    ),
    "nuclei": Entry(
        nuclei, "segmentation", (1, 128, 128), (260, 74), (), "CC0", "Caicedo et al. 2019, BBBC038", NUCLEI
    ),
    "tiny-shakespeare": Entry(
        tiny_shakespeare, TEXT, (64,), (1_003_790, 111_476), (), "public domain", "Karpathy 2015", SHAKESPEARE
    ),
    "names": Entry(
        first_names, TEXT, (16,), (28_830, 3_203), (), "MIT; the names public domain", "Karpathy 2022", NAMES
    ),
    "airline-passengers": Entry(
        airline_passengers,
        SERIES_TASK,
        (12, 1),
        (103, 29),
        (),
        "none stated",
        "Box and Jenkins 1976",
        (SERIES["airline-passengers"],),
    ),
    "sunspots": Entry(
        sunspots,
        SERIES_TASK,
        (12, 1),
        (2_244, 564),
        (),
        "none stated",
        "Andrews and Herzberg 1985",
        (SERIES["sunspots"],),
    ),
    "yearly-sunspots": Entry(
        yearly_sunspots,
        SERIES_TASK,
        (12, 1),
        (235, 62),
        (),
        "public domain",
        "National Geophysical Data Center",
        (SERIES["yearly-sunspots"],),
    ),
}
