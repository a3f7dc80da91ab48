"""Strategies for hypothesis: what Tensor programs, gradients and layers are tried on.

One array: `arrays`, `batches` of rows, `ties`. Several that belong together: `broadcasts`, `matrices` to multiply, a
table and `lookups` in it, scores and `labels`. Empty arrays are among them, where nothing else is said.

They need hypothesis, which is in the extra `test`: `pip install "tinygrad-edu[test]"`.
"""

from typing import Any

import numpy
from numpy.typing import NDArray

from ..extras import require

try:
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as npst
except Exception:
    require("hypothesis.extra.numpy", "test", "tinygrad_edu.testing.strategies")  # which says what is wrong
    raise

__all__ = [
    "arrays",
    "batches",
    "broadcastable_shapes",
    "broadcasts",
    "indices",
    "labels",
    "lookups",
    "matrices",
    "shapes",
    "ties",
]

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


def batches(
    features: int | None = None, *, max_rows: int = 4, min_rows: int = 0, **elements: Any
) -> st.SearchStrategy[Array]:
    """Batches of rows, `(N, features)`, none and one among them; `elements` as those of `arrays`."""
    width = st.integers(1, 4) if features is None else st.just(features)
    return st.tuples(st.integers(min_rows, max_rows), width).flatmap(lambda shape: arrays(shape, **elements))


def ties(shape: Shape | st.SearchStrategy[Shape] | None = None) -> st.SearchStrategy[Array]:
    """float64 arrays with few different elements, so that the largest is often there more than once."""
    wanted = npst.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=4) if shape is None else shape
    return npst.arrays(numpy.float64, wanted, elements=st.sampled_from([0.0, 1.0, -1.0]))


def broadcasts(count: int = 2, **elements: Any) -> st.SearchStrategy[tuple[Array, ...]]:
    """So many arrays that broadcast against each other; `elements` as those of `arrays`."""
    return broadcastable_shapes(count).flatmap(lambda found: st.tuples(*[arrays(shape, **elements) for shape in found]))


def matrices(*, min_side: int = 0, **elements: Any) -> st.SearchStrategy[tuple[Array, Array]]:
    """Two matrices to multiply, `(n, k)` and `(k, m)`; `elements` as those of `arrays`."""
    sides = st.tuples(*[st.integers(min_side, 4)] * 3)
    return sides.flatmap(lambda n: st.tuples(arrays(n[:2], **elements), arrays(n[1:], **elements)))


def lookups(*, negative: bool = False, **elements: Any) -> st.SearchStrategy[tuple[Array, Array]]:
    """A table `(rows, D)` and indices of its rows, `(N)`, repeats among them; `elements` as those of `arrays`."""
    sides = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 5))
    return sides.flatmap(
        lambda n: st.tuples(arrays(n[:2], **elements), indices(n[0], (n[2],), negative=negative)),
    )


def labels(classes: int | None = None, *, min_rows: int = 1, **elements: Any) -> st.SearchStrategy[tuple[Array, Array]]:
    """Scores `(N, classes)` and the index of the right class of each row, `(N)`; `elements` as those of `arrays`."""
    width = st.integers(2, 4) if classes is None else st.just(classes)
    sides = st.tuples(st.integers(min_rows, 4), width)
    return sides.flatmap(lambda n: st.tuples(arrays(n, **elements), indices(n[1], (n[0],), negative=False)))
