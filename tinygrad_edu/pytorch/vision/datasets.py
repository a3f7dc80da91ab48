"""torchvision's data sets under its names, read as those of `data` are: from the folder that data.storage tells."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy

from ...data import DATASETS, Dataset, ImageFolder
from ...data.cifar import cifar10
from ...data.mnist import fashion_mnist, mnist
from ...functions.random import Generator, randint, randn
from ...recording import wrap
from ...tensor import Tensor

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "KMNIST",
    "MNIST",
    "QMNIST",
    "STL10",
    "SVHN",
    "FakeData",
    "FashionMNIST",
    "ImageFolder",
    "ImageNet",
]

Change = Callable[[Any], Any] | None


class Pictures(Dataset[tuple[Any, Any]]):
    """Pictures `(C, H, W)` of floats from 0 to 1, and their classes; `root` and `download` change nothing."""

    load: ClassVar[Callable[[Any], Any]]
    classes: ClassVar[list[str]]

    def __init__(
        self,
        root: Any = None,
        train: bool = True,
        transform: Change = None,
        target_transform: Change = None,
        download: bool = False,
    ) -> None:
        self.root, self.train, self.transform, self.target_transform = root, train, transform, target_transform
        found = type(self).load(numpy.uint8)[0 if train else 1]
        self.pictures, labels = (x.numpy() for x in found.tensors)
        self.class_to_idx = {name: number for number, name in enumerate(self.classes)}
        self.data, self.targets = self.laid_out(self.pictures, labels)

    def laid_out(self, pictures: Any, labels: Any) -> tuple[Any, Any]:
        """All pictures as bytes and all classes, as torchvision has them: of grey ones Tensors."""
        return wrap(pictures[:, 0]), wrap(labels)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        picture: Any = wrap(numpy.divide(self.pictures[index], 255, dtype=numpy.float32))
        target = int(self.targets[index])
        return (
            picture if self.transform is None else self.transform(picture),
            target if self.target_transform is None else self.target_transform(target),
        )

    def __len__(self) -> int:
        return len(self.pictures)


class MNIST(Pictures):
    """MNIST's digits."""

    load, classes = staticmethod(mnist), list(DATASETS["mnist"].classes)


class FashionMNIST(Pictures):
    """Fashion-MNIST's clothes."""

    load, classes = staticmethod(fashion_mnist), list(DATASETS["fashion-mnist"].classes)


class CIFAR10(Pictures):
    """CIFAR-10's pictures in colour."""

    load, classes = staticmethod(cifar10), list(DATASETS["cifar10"].classes)

    def laid_out(self, pictures: Any, labels: Any) -> tuple[Any, Any]:
        """Arrays `(N, H, W, C)`, and a list."""
        return pictures.transpose(0, 2, 3, 1), labels.tolist()


class FakeData(Dataset[tuple[Any, Any]]):
    """Noise in the place of pictures, the same at each place whenever it is asked for."""

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, ...] = (3, 224, 224),
        num_classes: int = 10,
        transform: Change = None,
        target_transform: Change = None,
        random_offset: int = 0,
    ) -> None:
        self.size, self.image_size, self.num_classes = size, image_size, num_classes
        self.transform, self.target_transform, self.random_offset = transform, target_transform, random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if not 0 <= index < self.size:
            raise IndexError(f"FakeData has {self.size} pictures, and none of number {index}")
        generator = Generator().manual_seed(index + self.random_offset)
        picture: Tensor = (randn(*self.image_size, generator=generator) / 4 + 0.5).clamp(0, 1)
        target = int(randint(0, self.num_classes, (), generator=generator))
        return (
            picture if self.transform is None else self.transform(picture),
            target if self.target_transform is None else self.target_transform(target),
        )

    def __len__(self) -> int:
        return self.size


class Absent(Dataset[tuple[Any, Any]]):
    """A data set of torchvision's that programs import among others, and that is not here."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        raise RuntimeError(
            f"{type(self).__name__} is not among the data sets here: CIFAR10, MNIST, FashionMNIST, "
            "FakeData, and ImageFolder for pictures in folders"
        )


class CIFAR100(Absent):
    """Pictures in colour of 100 classes."""


class KMNIST(Absent):
    """Japanese characters."""


class QMNIST(Absent):
    """More of MNIST's digits."""


class STL10(Absent):
    """Larger pictures of ten classes."""


class SVHN(Absent):
    """House numbers."""


class ImageNet(Absent):
    """Photographs of 1,000 classes."""
