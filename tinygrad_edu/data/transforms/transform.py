"""What a transform is, chains of them, and data sets whose samples go through one."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from ...errors import ShapeError, describe
from ...grad_mode import no_grad
from ...tensor import Tensor
from ..dataset import Dataset

__all__ = ["Compose", "Lambda", "Transform", "TransformedDataset", "chance", "is_number", "is_whole", "needs_tensor"]


class Transform:
    """Changes images: one `(C, H, W)`, or a batch `(B, C, H, W)` of which each draws its own random numbers.

    What derives from it defines `of`, which takes a batch. The images are floats from 0 to 1 unless it says otherwise;
    they are not changed, and no gradient flows through. Random numbers come from the `generator` given to a transform,
    or else from the library's own, which a DataLoader seeds for each batch, so that the pictures do not depend on the
    number of its workers.
    """

    def __call__(self, images: Any) -> Tensor:
        """The images, changed.

        Raises:
            TypeError: this is no Tensor of floats.
            ShapeError: it is neither an image nor a batch of images.
        """
        dtype = images.dtype if isinstance(images, Tensor) else None
        if dtype is None or dtype.kind != "f":
            found = type(images).__name__ if dtype is None else f"a Tensor of {dtype}"
            hint = "ToTensor() and ToDtype(float32, scale=True) make floats of bytes"
            raise TypeError(f"{type(self).__name__} takes images as a Tensor of floats, got {found}; {hint}")
        if images.ndim not in (3, 4):
            raise ShapeError(f"{type(self).__name__} takes images (C, H, W) or (B, C, H, W), got {describe(images)}")
        with no_grad():
            images = images.detach()
            return self.of(images) if images.ndim == 4 else self.of(images[None])[0]

    def of(self, images: Tensor) -> Tensor:
        """A batch of images, changed; `(B, C, H, W)`."""
        raise NotImplementedError(f"{type(self).__name__} does not define of(), which changes a batch of images")


class Compose:
    """One transform after the other.

    Raises:
        TypeError: this is no list of transforms.

    >>> from tinygrad_edu import tensor
    >>> Compose([Lambda(lambda x: x + 1), Lambda(lambda x: x * 2)])(tensor(3.0))
    tensor(8.)
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        if not all(map(callable, transforms)):
            raise TypeError(f"Compose takes a list of transforms, got {transforms!r:.60}")
        self.transforms = list(transforms)

    def __call__(self, images: Any) -> Any:
        """What the last one makes."""
        for transform in self.transforms:
            images = transform(images)
        return images

    def __repr__(self) -> str:
        return f"Compose([{', '.join(map(repr, self.transforms))}])"


class Lambda:
    """Any function as a transform.

    Raises:
        TypeError: it cannot be called.
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda takes a function, got {type(lambd).__name__}")
        self.lambd = lambd

    def __call__(self, images: Any) -> Any:
        """What the function makes."""
        return self.lambd(images)

    def __repr__(self) -> str:
        return f"Lambda({getattr(self.lambd, '__name__', self.lambd)})"


class TransformedDataset(Dataset[Any]):
    """A data set whose images, the first of what is in a sample, go through a transform each time they are asked for.

    With `batched` a DataLoader without a collate_fn of its own hands the transform whole batches, `(B, C, H, W)`, which
    takes a fraction of the time: the images are then to be of one size, and the transform is to take batches, as all
    here do.

    Raises:
        TypeError: the transform cannot be called.

    >>> TransformedDataset([(3, "three"), (4, "four")], lambda x: -x)[1]
    (-4, 'four')
    """

    def __init__(self, dataset: Any, transform: Callable[[Any], Any], batched: bool = False) -> None:
        if not callable(transform):
            raise TypeError(f"TransformedDataset takes a transform, got {type(transform).__name__}")
        self.dataset = dataset
        self.transform = transform
        self.batched = batched

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        images, *rest = self.dataset[index]
        return (self.transform(images), *rest)

    def __len__(self) -> int:
        return len(self.dataset)


def chance(name: str, p: Any) -> None:
    """Refuse what is no probability.

    Raises:
        ValueError: it is not from 0 to 1.
    """
    if not (is_number(p) and 0 <= p <= 1):
        raise ValueError(f"{name} takes a probability p from 0 to 1, got {p!r}")


def is_number(value: Any) -> bool:
    """Whether this is a finite number."""
    return isinstance(value, int | float | numpy.integer | numpy.floating) and bool(numpy.isfinite(value))


def needs_tensor(name: str, value: Any) -> None:
    """Refuse what is no Tensor.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} takes a Tensor, got {type(value).__name__}")


def is_whole(value: Any, least: int) -> bool:
    """Whether this is a whole number of `least` or more."""
    return isinstance(value, int | numpy.integer) and not isinstance(value, bool) and bool(value >= least)
