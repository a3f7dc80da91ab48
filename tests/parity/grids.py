"""Inputs that the comparisons with PyTorch run over."""

from collections.abc import Callable
from typing import Any

import numpy as np

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]
FLOATS = DTYPES[:3]
SHAPES = [(), (1,), (5,), (3, 4), (2, 1, 3), (0,), (2, 0), (0, 3)]


def with_ties(rng: np.random.Generator, dtype: str, shape: tuple[int, ...]) -> Any:
    """Few different values, 0 among them."""
    if dtype == "bool":
        return np.array(rng.integers(0, 2, shape).astype(bool))
    if dtype[0] in "iu":
        return np.array(rng.integers(0 if dtype[0] == "u" else -4, 5, shape).astype(dtype))
    return np.array(rng.choice([-2.0, -1.5, -0.5, 0.0, 0.25, 0.5, 1.0, 2.0, 3.0], shape).astype(dtype))


def distinct(rng: np.random.Generator, dtype: str, shape: tuple[int, ...]) -> Any:
    """All values different, for what is not defined between equal ones, and far from 0; of floats, exact in each."""
    size = int(np.prod(shape))
    numbers = rng.permutation(size) + 1 - (0 if dtype[0] == "u" else size // 2)
    numbers[numbers <= 0] -= 1
    return np.array((numbers / 4 if dtype[0] == "f" else numbers).reshape(shape).astype(dtype))


def laid_out(x: Any) -> list[Any]:
    """The same values in order, and where there is room for it also in another order of memory."""
    return [x, np.asfortranarray(x)] if x.ndim > 1 else [x]


def dims_of(shape: tuple[int, ...]) -> range:
    """All dimensions counted from either end, and one too many."""
    return range(-max(len(shape), 1), max(len(shape), 1) + 1)


def slope(program: Callable[..., Any]) -> Callable[..., Any]:
    """The gradient of a program's results squared, so that `hold` compares second derivatives."""

    def first(m: Any, x: Any) -> Any:
        y = program(m, x)
        (gx,) = m.autograd.grad((y * y).sum(), x, create_graph=True)
        return gx

    return first
