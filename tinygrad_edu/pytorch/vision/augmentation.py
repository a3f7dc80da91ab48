"""torchvision's transforms that views of one picture are made with, and those between pictures and Tensors."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from ...dtypes import as_dtype, get_default_dtype
from ...functions.creation import from_numpy
from ...functions.random import default_generator
from ...nn import Module
from ...nn.functional import conv2d, pad
from ...tensor import Tensor
from . import functional
from .transforms import Compose

__all__ = [
    "ConvertImageDtype",
    "GaussianBlur",
    "PILToTensor",
    "RandomGrayscale",
    "RandomOrder",
    "ToPILImage",
    "convert_image_dtype",
    "gaussian_blur",
    "pil_to_tensor",
]


def pair(value: Any) -> tuple[Any, Any]:
    """Two of a number, or the two that are given."""
    found = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    first, *rest = found
    return first, (rest[0] if rest else first)


def gaussian_blur(img: Any, kernel_size: Any, sigma: Any = None) -> Any:
    r"""Each pixel the mean of those around it, by weights $e^{-d^2 / 2 \sigma^2}$; `(.., C, H, W) -> (.., C, H, W)`.

    `kernel_size` and `sigma` are numbers, or those of the width and of the height; sigma is 0.15 kernel_size + 0.35 if
    it is not given. Beyond the edges the picture is mirrored.

    Raises:
        ValueError: a size is not odd and positive, or a sigma is not positive.
    """
    image = functional.as_image(img)
    sizes = pair(kernel_size)
    sigmas = pair([0.15 * n + 0.35 for n in sizes] if sigma is None else sigma)
    if not all(isinstance(n, int) and n > 0 and n % 2 for n in sizes) or not all(s > 0 for s in sigmas):
        raise ValueError(f"gaussian_blur takes odd kernel sizes and positive sigmas, got {kernel_size} and {sigma}")
    lines = []
    for n, s in zip(sizes, sigmas, strict=True):
        weights = numpy.exp(-0.5 * (numpy.linspace(-(n - 1) / 2, (n - 1) / 2, n) / s) ** 2)
        lines.append(weights / weights.sum())
    kind = image.dtype if image.dtype.kind == "f" else get_default_dtype()
    kernel: Any = from_numpy(numpy.outer(lines[1], lines[0])[None, None].astype(kind))
    over_x, over_y = (n // 2 for n in sizes)
    planes = pad(image.to(kind).reshape(-1, 1, *image.shape[-2:]), (over_x, over_x, over_y, over_y), mode="reflect")
    blurred = conv2d(planes, kernel).reshape(image.shape)
    return blurred if image.dtype.kind == "f" else blurred.round().to(image.dtype)


def pil_to_tensor(pic: Any) -> Tensor:
    """A picture of Pillow's as a Tensor of its numbers; `(H, W, C) -> (C, H, W)`."""
    pixels = numpy.array(pic)
    return from_numpy(numpy.ascontiguousarray(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)))


def convert_image_dtype(image: Tensor, dtype: Any = None) -> Any:
    """The picture in another dtype, its values scaled: floats go from 0 to 1, integers from 0 to their largest.

    Raises:
        RuntimeError: floats do not count as far as the integers go.
    """
    given, wanted = image.dtype, as_dtype(dtype, get_default_dtype())
    most = {kind: 1 if kind.kind == "f" else int(numpy.iinfo(kind).max) for kind in (given, wanted)}
    if given.kind == "f" and wanted.kind != "f":
        if most[wanted] >= 2 ** (numpy.finfo(given).nmant + 1):
            raise RuntimeError(f"the values of {wanted} are more than {given} can tell apart")
        return (image * (most[wanted] + 1 - 1e-3)).to(wanted)  # so that each integer has an equal share
    if given.kind == "f" or wanted.kind == "f":
        return image.to(wanted) if given.kind == "f" else image.to(wanted) / most[given]
    if most[given] > most[wanted]:
        return (image // ((most[given] + 1) // (most[wanted] + 1))).to(wanted)
    return image.to(wanted) * ((most[wanted] + 1) // (most[given] + 1))


class ToPILImage:
    """functional.to_pil_image."""

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        """The picture, as Pillow's."""
        return functional.to_pil_image(pic, self.mode)


class PILToTensor:
    """functional.pil_to_tensor."""

    def __call__(self, pic: Any) -> Tensor:
        """The picture, as a Tensor of its numbers."""
        return pil_to_tensor(pic)


class ConvertImageDtype(Module):
    """functional.convert_image_dtype."""

    def __init__(self, dtype: Any) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image: Tensor) -> Any:
        """The picture in this dtype."""
        return convert_image_dtype(image, self.dtype)


class GaussianBlur(Module):
    """functional.gaussian_blur with a sigma drawn between two, or with one.

    Raises:
        ValueError: a sigma is not positive, or the two are in the wrong order.
    """

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size, self.sigma = kernel_size, pair(sigma)
        if not 0 < self.sigma[0] <= self.sigma[1]:
            raise ValueError(f"GaussianBlur takes sigmas above 0, the smaller first, got {sigma}")

    def forward(self, img: Any) -> Any:
        """The picture, blurred."""
        return gaussian_blur(img, self.kernel_size, float(default_generator.source.uniform(*self.sigma)))


class RandomGrayscale(Module):
    """Grey with a probability, in as many channels as before."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        """The picture, grey or as it was."""
        grey = default_generator.source.random() < self.p
        return functional.rgb_to_grayscale(img, functional.get_dimensions(img)[0]) if grey else img


class RandomOrder:
    """Several transforms, one after the other in an order that is drawn for each picture."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = list(transforms)

    def __call__(self, img: Any) -> Any:
        """What the last one makes."""
        order = default_generator.source.permutation(len(self.transforms))
        return Compose([self.transforms[i] for i in order])(img)
