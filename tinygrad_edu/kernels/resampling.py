"""Linear maps along one dimension whose outputs each mix a few neighbours: interpolation and adaptive means.

In an interpolation `scale` is how far apart two outputs are in units of inputs: inputs / outputs unless a factor says
otherwise, and (inputs - 1) / (outputs - 1) where the corners are aligned.
"""

from collections.abc import Callable
from functools import cached_property, lru_cache
from math import ceil, prod
from typing import Any

import numpy
from numpy.typing import NDArray

from .pooling import widened

__all__ = ["Mixture", "antialiased", "cubic", "cubic_weights", "linear", "means", "mix", "nearest"]

Array = NDArray[Any]

BAND = 128  # outputs made by one product of matrices: more waste time on zeros, fewer on calls


class Mixture:
    """A sparse matrix, of shape (outputs, inputs), by its entries: value[e] stands at [row[e], column[e]]."""

    def __init__(self, row: Array, column: Array, value: Array, shape: tuple[int, int]) -> None:
        self.row, self.column, self.value, self.shape = row, column, value, shape
        self.made: dict[Any, list[tuple[slice, slice, Array]]] = {}

    @classmethod
    def of_taps(cls, index: Array, weight: Array, size: int) -> "Mixture":
        """y[i] = sum over k of weight[i, k] x[index[i, k]], of `size` inputs."""
        row = numpy.broadcast_to(numpy.arange(len(index))[:, None], index.shape)
        return cls(row.reshape(-1), index.reshape(-1), weight.reshape(-1), (len(index), size))

    def __repr__(self) -> str:
        return f"Mixture{self.shape}"

    @cached_property
    def T(self) -> "Mixture":
        """The transposed matrix, which is the adjoint map."""
        order = numpy.argsort(self.column, kind="stable")
        return Mixture(self.column[order], self.row[order], self.value[order], self.shape[::-1])

    @cached_property
    def picked(self) -> Array | None:
        """The inputs that the outputs are copies of, if that is all they are."""
        outputs = self.shape[0]
        copies = len(self.row) == outputs and (self.row == numpy.arange(outputs)).all() and (self.value == 1).all()
        return self.column if copies else None

    def in_fixed_point(self) -> "Mixture":
        """The same with weights that are multiples of a power of two, the finest that 16 bits hold, as for uint8."""
        place, entry = numpy.unique(self.row * self.shape[1] + self.column, return_inverse=True)
        value = numpy.bincount(entry, self.value)
        one = 1.0
        while value.max() * 2 * one + 0.5 < 1 << 15:
            one *= 2
        rounded = numpy.trunc(value * one + numpy.copysign(0.5, value)) / one
        return Mixture(*numpy.divmod(place, self.shape[1]), rounded, self.shape)

    def bands(self, dtype: Any) -> list[tuple[slice, slice, Array]]:
        """(outputs, the inputs that they need, the matrix between them) of each band of outputs."""
        if dtype not in self.made:
            self.made[dtype] = [self.band(first, dtype) for first in range(0, self.shape[0], BAND)]
        return self.made[dtype]

    def band(self, first: int, dtype: Any) -> tuple[slice, slice, Array]:
        """The band of outputs that begins at the first."""
        last = min(first + BAND, self.shape[0])
        entries = slice(*numpy.searchsorted(self.row, [first, last]))
        column, row = self.column[entries], self.row[entries]
        inputs = slice(column.min(), column.max() + 1) if len(column) else slice(0, 0)
        matrix = numpy.zeros((last - first, inputs.stop - inputs.start), dtype)
        numpy.add.at(matrix, (row - first, column - inputs.start), self.value[entries].astype(dtype))
        return slice(first, last), inputs, matrix


def mix(x: Array, mixture: Mixture, dim: int) -> Array:
    """The matrix applied along a dimension."""
    if mixture.picked is not None:
        return numpy.take(x, mixture.picked, axis=dim)
    outputs, inputs = mixture.shape
    before, after = x.shape[:dim], x.shape[dim + 1 :]
    flat = widened(x).reshape(prod(before), inputs, prod(after))
    y = numpy.empty((len(flat), outputs, flat.shape[2]), flat.dtype)
    if not numpy.isfinite(flat).all():
        # in a product of matrices, zero times infinity would spread NaN to outputs that do not mix it
        y[...] = 0
        with numpy.errstate(all="ignore"):
            terms = flat[:, mixture.column] * mixture.value.astype(y.dtype)[:, None]
            numpy.add.at(y.swapaxes(0, 1), mixture.row, terms.swapaxes(0, 1))
    else:
        for to, source, matrix in mixture.bands(y.dtype):
            if after:
                numpy.matmul(matrix, flat[:, source], out=y[:, to])
            else:
                numpy.matmul(flat[:, source, 0], matrix.T, out=y[:, to, 0])
    return y.reshape(*before, outputs, *after).astype(x.dtype, copy=False)


def spacing(inputs: int, outputs: int, scale: float | None, align_corners: bool) -> float:
    """How far apart two outputs are in units of inputs."""
    if align_corners:
        return (inputs - 1) / (outputs - 1) if outputs > 1 else 0.0
    return inputs / outputs if scale is None else scale


def sources(inputs: int, outputs: int, scale: float | None, align_corners: bool) -> Array:
    """Where the outputs lie among the inputs, which are at 0, 1, ..."""
    step = spacing(inputs, outputs, scale, align_corners)
    places = numpy.arange(outputs)
    return places * step if align_corners else (places + 0.5) * step - 0.5


@lru_cache(1024)
def nearest(inputs: int, outputs: int, scale: float | None, exact: bool) -> Mixture:
    """The input whose cell an output's start (or, exactly, its centre) lies in; steps are float32, as in PyTorch."""
    step = numpy.float32(inputs) / numpy.float32(outputs) if scale is None else numpy.float32(scale)
    places = (numpy.arange(outputs, dtype=numpy.float32) + numpy.float32(0.5 if exact else 0)) * step
    index = numpy.minimum(numpy.floor(places).astype(int), inputs - 1)[:, None]
    return Mixture.of_taps(index, numpy.ones(index.shape), inputs)


@lru_cache(1024)
def linear(inputs: int, outputs: int, scale: float | None, align_corners: bool) -> Mixture:
    """The two inputs around each output, each with the distance to the other; beyond the ends, the last one."""
    same = inputs == outputs  # then PyTorch leaves the dimension as it is, whatever the scale says
    place = numpy.arange(inputs) if same else numpy.maximum(sources(inputs, outputs, scale, align_corners), 0)
    left = numpy.minimum(place.astype(int), inputs - 1)
    right = left if same else numpy.minimum(left + 1, inputs - 1)
    weight = numpy.clip(place - left, 0, 1)
    return Mixture.of_taps(numpy.stack([left, right], 1), numpy.stack([1 - weight, weight], 1), inputs)


def cubic_weights(t: Any, a: float = -0.75) -> list[Any]:
    r"""The weights of the inputs at -1, 0, 1 and 2 for an output at t in [0, 1], of an array or a Tensor.

    $(a+2)|s|^3 - (a+3)|s|^2 + 1$ at distances $|s| \le 1$, $a|s|^3 - 5a|s|^2 + 8a|s| - 4a$ up to 2.

    Source: Keys, "Cubic Convolution Interpolation for Digital Image Processing" (1981), equation 15.
    """
    s, u = t + 1, 1 - t
    v = u + 1
    return [
        ((a * s - 5 * a) * s + 8 * a) * s - 4 * a,
        ((a + 2) * t - (a + 3)) * t * t + 1,
        ((a + 2) * u - (a + 3)) * u * u + 1,
        ((a * v - 5 * a) * v + 8 * a) * v - 4 * a,
    ]


@lru_cache(1024)
def cubic(inputs: int, outputs: int, scale: float | None, align_corners: bool) -> Mixture:
    """The four inputs around each output by a cubic through them; beyond the ends, the last one repeats."""
    place = sources(inputs, outputs, scale, align_corners)
    left = numpy.minimum(numpy.floor(place).astype(int), inputs - 1)
    weights = numpy.stack(cubic_weights(numpy.clip(place - left, 0, 1)), 1)
    return Mixture.of_taps(numpy.clip(left[:, None] + numpy.arange(-1, 3), 0, inputs - 1), weights, inputs)


def triangle(x: Array) -> Array:
    """1 at 0, falling to 0 at distance 1."""
    return numpy.maximum(1 - abs(x), 0)


def bicubic(x: Array) -> Array:
    """The cubic of Keys' paper with a = -1/2, by the distance; 0 from 2 on."""
    d = abs(x)
    near, far = cubic_weights(d, -0.5)[1], cubic_weights(numpy.minimum(d, 2) - 1, -0.5)[0]
    return numpy.where(d < 1, near, far)


def lanczos(x: Array) -> Array:
    """sinc x sinc x / 3, 0 from distance 3 on."""
    return numpy.where(abs(x) < 3, numpy.sinc(x) * numpy.sinc(x / 3), 0)


FILTERS: dict[str, tuple[int, Callable[[Array], Array]]] = {
    "bicubic": (2, bicubic),
    "bilinear": (1, triangle),
    "lanczos": (3, lanczos),
}  # how far each reaches, in cells of the coarser of inputs and outputs


@lru_cache(1024)
def antialiased(inputs: int, outputs: int, scale: float | None, align_corners: bool, mode: str) -> Mixture:
    """A filter as wide as the coarser cells around the centre of each output, its weights summing up to 1."""
    if inputs == outputs:  # whatever the scale says, as in PyTorch
        return Mixture.of_taps(numpy.arange(inputs)[:, None], numpy.ones((inputs, 1)), inputs)
    reach, filtered = FILTERS[mode]
    step = spacing(inputs, outputs, scale, align_corners)
    width = max(step, 1.0)
    centre = step * (numpy.arange(outputs) + 0.5)
    first = numpy.maximum((centre - reach * width + 0.5).astype(int), 0)[:, None]
    last = numpy.minimum((centre + reach * width + 0.5).astype(int), inputs)[:, None]
    index = first + numpy.arange(2 * ceil(reach * width) + 1)
    weight = numpy.where(index < last, filtered((index - centre[:, None] + 0.5) / width), 0)
    row, tap = numpy.nonzero(index < last)
    weight = weight / weight.sum(1, keepdims=True)
    return Mixture(row, index[row, tap], weight[row, tap], (outputs, inputs))


@lru_cache(1024)
def means(inputs: int, outputs: int) -> Mixture:
    """Each output the mean of the inputs that its cell touches: floor(i n / m) to ceil((i + 1) n / m)."""
    cells = numpy.arange(outputs)
    first, last = cells * inputs // outputs, -(-(cells + 1) * inputs // outputs)
    sizes = last - first
    row = numpy.repeat(cells, sizes)
    value = numpy.repeat(1 / sizes, sizes)
    column = numpy.arange(len(row)) + numpy.repeat(first - (numpy.cumsum(sizes) - sizes), sizes)
    return Mixture(row, column, value, (outputs, inputs))
