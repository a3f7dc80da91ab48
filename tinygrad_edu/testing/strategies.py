"""Strategies for hypothesis: what Tensor programs are tried on.

They need hypothesis, which is in the extra `test`: `pip install "tinygrad-edu[test]"`.
"""

from typing import Any

import numpy
from numpy.typing import NDArray

try:
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as npst
except ImportError:
    raise ImportError('tinygrad_edu.testing.strategies needs hypothesis: pip install "tinygrad-edu[test]"') from None

__all__ = ["arrays", "broadcastable_shapes", "indices", "shapes"]

Array = NDArray[Any]
Shape = tuple[int, ...]


def shapes(max_dims: int = 3, max_side: int = 4, min_side: int = 0) -> st.SearchStrategy[Shape]:
    """Shapes, from that of a number on, empty ones among them."""
    return npst.array_shapes(min_dims=0, max_dims=max_dims, min_side=min_side, max_side=max_side)


def broadcastable_shapes(count: int = 2, max_dims: int = 3, max_side: int = 4) -> st.SearchStrategy[tuple[Shape, ...]]:
    """So many shapes that broadcast against each other."""
    drawn = npst.mutually_broadcastable_shapes(num_shapes=count, max_dims=max_dims, min_side=0, max_side=max_side)
    return drawn.map(lambda found: found.input_shapes)


def arrays(
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    *,
    low: float = -2.0,
    high: float = 2.0,
    away_from: tuple[float, ...] = (),
    margin: float = 0.01,
) -> st.SearchStrategy[Array]:
    """float64 arrays with elements from low to high, none within `margin` of a kink listed in `away_from`.

    Elements are multiples of 1/1000, so that counterexamples read well; ties do occur.
    """
    steps = st.integers(round(low * 1000), round(high * 1000)).map(lambda n: n / 1000)
    elements = steps.filter(lambda x: all(abs(x - kink) > margin for kink in away_from))
    return npst.arrays(numpy.float64, shapes() if shape is None else shape, elements=elements)


def indices(
    size: int, shape: Shape | st.SearchStrategy[Shape] | None = None, *, negative: bool = True
) -> st.SearchStrategy[Array]:
    """int64 arrays of indices into a dimension of this size, repeats among them; from -size on, or from 0."""
    wanted = npst.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=5) if shape is None else shape
    return npst.arrays(numpy.int64, wanted, elements=st.integers(-size if negative else 0, size - 1))
