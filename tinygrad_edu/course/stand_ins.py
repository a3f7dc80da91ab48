"""What stands in for data that are not at hand: of the same shapes, made of what comes with the package."""

import inspect
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from .. import nn, optim
from ..data import TensorDataset, TextDataset, digits, windows
from ..data.framing import resize
from ..data.text import LONGEST, in_windows, spelled
from ..dtypes import as_dtype
from ..recording import wrap
from ..tensor import Tensor

__all__ = ["STAND_INS"]

Pair = tuple[TensorDataset, TensorDataset]

SIDE, CELLS = 128, 16  # of a picture with many things in it, and the most things
MONTHS = {"airline-passengers": 144, "sunspots": 2_820, "yearly-sunspots": 309}


def pictures(size: int, channels: int) -> Callable[..., Pair]:
    """The embedded digits in another size."""

    def make(dtype: Any = numpy.float32) -> Pair:
        wanted = as_dtype(dtype)
        if wanted != numpy.uint8 and wanted.kind != "f":
            raise ValueError(f"images are floats from 0 to 1, or uint8, not {wanted}")
        train, test = (enlarged(part, size, channels, wanted) for part in digits())
        return train, test

    return make


def enlarged(part: TensorDataset, size: int, channels: int, dtype: numpy.dtype[Any]) -> TensorDataset:
    """Each picture of the set in another size and with more channels."""
    small, labels = (tensor.numpy() for tensor in part.tensors)
    large = numpy.stack([resize(image[0], (size, size)) for image in small])[:, None].repeat(channels, 1)
    if dtype == numpy.uint8:
        large = (255 * large).round()
    return TensorDataset(wrap(large.astype(dtype)), wrap(labels.copy()))


def scattered() -> Pair:
    """Pictures with several digits in each, and which pixel belongs to which."""
    train, test = digits()
    return drawn(train, 260), drawn(test, 74)


def drawn(part: TensorDataset, count: int) -> TensorDataset:
    """So many pictures, of digits of the set in places where there is room."""
    source = numpy.random.default_rng(count)
    inks = [resize(image[0], (16, 16)).astype(numpy.float32) for image in part.tensors[0].numpy()]
    images = numpy.zeros((count, 1, SIDE, SIDE), numpy.float32)
    maps = numpy.zeros((count, SIDE, SIDE), numpy.int64)
    for image, owners in zip(images[:, 0], maps, strict=True):
        for number in range(1, 1 + source.integers(3, CELLS)):
            y, x = source.integers(0, SIDE - 16, 2)
            place = numpy.s_[y : y + 16, x : x + 16]
            if not owners[place].any():
                ink = inks[source.integers(len(inks))]
                image[place] = ink
                owners[place][ink > 0.3] = number
        image += source.normal(0.1, 0.05, image.shape).astype(numpy.float32)
    return TensorDataset(wrap(images.clip(0, 1)), wrap(maps))


def documentation() -> Iterator[str]:
    """What the layers and the optimizers say of themselves."""
    for module in (nn, nn.functional, optim):
        for name in module.__all__:
            yield inspect.getdoc(getattr(module, name)) or ""


def prose(context: int = 64) -> tuple[TextDataset, TextDataset]:
    """The package's documentation, as windows of characters."""
    return in_windows("\n\n".join(documentation()).encode("ascii", "ignore").decode(), context)


def words() -> tuple[TextDataset, TextDataset]:
    """The words of the package's documentation, as if they were names."""
    known = set(re.findall(rf"\b[a-z]{{2,{LONGEST}}}\b", "\n".join(documentation())))
    return spelled([word.encode() for word in sorted(known)])


def waves(count: int) -> Callable[..., Pair]:
    """A noisy wave of a period of 11, as long as the series that it stands in for."""

    def make(context: int = 12) -> Pair:
        time = numpy.arange(count)
        wave = 60 + 50 * numpy.sin(2 * math.pi * time / 11) + numpy.random.default_rng(0).normal(0, 8, count)
        values: Tensor = wrap(wave.clip(1).astype(numpy.float32))  # counts, of which logarithms may be taken
        border = count * 4 // 5
        return windows(values[:border], context), windows(values[border - context :], context)

    return make


def table() -> Pair:
    """A linear relation with noise, of the size of the diabetes data."""
    source = numpy.random.default_rng(0)
    x = source.normal(size=(442, 10)).astype(numpy.float32)
    y = (150 + x @ source.normal(0, 20, 10) + source.normal(0, 50, 442)).astype(numpy.float32)
    return TensorDataset(wrap(x[:354]), wrap(y[:354])), TensorDataset(wrap(x[354:]), wrap(y[354:]))


STAND_INS: dict[str, tuple[str, Callable[..., Pair]]] = {
    "mnist": ("the 1,797 embedded digits, enlarged,", pictures(28, 1)),
    "fashion-mnist": ("the 1,797 embedded digits, enlarged,", pictures(28, 1)),
    "cifar10": ("the 1,797 embedded digits, enlarged and grey,", pictures(32, 3)),
    "cifar10-5k": ("the 1,797 embedded digits, enlarged and grey,", pictures(32, 3)),
    "nuclei": ("pictures of several embedded digits each", scattered),
    "tiny-shakespeare": ("the package's own docstrings", prose),
    "names": ("the words of the package's docstrings", words),
    "diabetes": ("made-up numbers in a linear relation", table),
    **{name: ("made-up waves with noise", waves(count)) for name, count in MONTHS.items()},
}
