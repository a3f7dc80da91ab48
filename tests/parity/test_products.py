"""Products of vectors, matrices and batches of them, and distances between rows, beside PyTorch."""

import itertools
import math

import numpy as np
import pytest

from .compare import hold
from .grids import slope

SHAPES = [(), (3,), (0,), (2, 3), (3, 2), (1, 3), (3, 0), (2, 3, 3), (1, 3, 2), (2, 1, 3, 3)]
DTYPES = ["float64", "float32", "float16", "int64", "uint8"]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def values(rng, shape, dtype="float64"):
    """Random floats; small integers in the dtypes that would round them."""
    if dtype in ("float64", "float32"):
        return rng.standard_normal(shape).astype(dtype)
    return np.array(rng.integers(0, 4, shape)).astype(dtype)


@pytest.mark.parametrize(
    "name", ["matmul", "mm", "bmm", "mv", "dot", "vdot", "outer", "ger", "inner", "kron", "cross", "tensordot"]
)
def test_two_operands(name, rng):
    for first, second in itertools.product(SHAPES, SHAPES):
        for dtype in DTYPES if first == second else ["float64"]:
            hold(lambda m, x, y: getattr(m, name)(x, y), values(rng, first, dtype), values(rng, second, dtype))


@pytest.mark.parametrize("name", ["matmul", "mm", "bmm", "mv", "dot", "inner", "outer", "kron", "tensordot", "cross"])
def test_two_dtypes(name, rng):
    shapes = {"bmm": ((2, 3, 3), (2, 3, 3)), "mv": ((3, 3), (3,)), "dot": ((3,), (3,)), "outer": ((3,), (2,))}
    for first, second in itertools.permutations(["float64", "float32", "int64"], 2):
        of_x, of_y = shapes.get(name, ((3, 3), (3, 3)))
        # a gradient in float32 of what met in float64 is rounded at another place
        hold(
            lambda m, x, y: getattr(m, name)(x, y),
            values(rng, of_x, first),
            values(rng, of_y, second),
            backward="int64" in (first, second),
        )
    hold(lambda m, x, y: m.inner(x, y), values(rng, (), "int64"), values(rng, (2, 3), "float32"))


SUMS = {
    "addmm": ((2, 4), (2, 3), (3, 4)),
    "addmv": ((2,), (2, 3), (3,)),
    "addbmm": ((2, 4), (5, 2, 3), (5, 3, 4)),
    "baddbmm": ((5, 2, 4), (5, 2, 3), (5, 3, 4)),
    "addr": ((2, 3), (2,), (3,)),
}
FACTORS = [{}, {"beta": 2}, {"alpha": 2}, {"beta": 0, "alpha": 3}, {"alpha": 0}]
FRACTIONS = [{"beta": 0.5}, {"alpha": 1.5, "beta": 2}]


@pytest.mark.parametrize("name", SUMS)
def test_a_product_added(name, rng):
    whole, first, second = SUMS[name]
    for shape in [whole, (), (1,), whole[-1:], (1,) * len(whole), (7,), (1, *whole)]:
        for factors in FACTORS + FRACTIONS:
            arrays = [values(rng, size) for size in (shape, first, second)]
            hold(lambda m, x, y, z, f=factors: getattr(m, name)(x, y, z, **f), *arrays)
    for dtype in DTYPES[1:]:
        for factors in FACTORS + FRACTIONS:
            arrays = [values(rng, size, dtype) for size in (whole, first, second)]
            hold(lambda m, x, y, z, f=factors: getattr(m, name)(x, y, z, **f), *arrays, backward=dtype == "float32")
    arrays = [values(rng, size) for size in (whole, first, second)]
    hold(lambda m, x, y, z: getattr(m, name)(x * math.nan, y, z, beta=0), *arrays, backward=False)
    hold(lambda m, x, y, z: getattr(x.clone(), f"{name}_")(y, z, beta=0.5, alpha=2), *arrays)
    hold(lambda m, x, y, z: getattr(m, name)(x, z, z), *arrays)


EQUATIONS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("...ij,...jk->...ik", (5, 2, 3), (3, 4)),
    ("...ij,...jk", (5, 1, 2, 3), (4, 3, 4)),
    ("b...,b...->...", (2, 3, 4), (2, 3, 4)),
    ("b...,...b->...b", (2, 3), (3, 2)),
    ("i...,j...->ij...", (2, 4, 1), (3, 5)),
    ("...,...", (2, 3), (3,)),
    ("i...j->...", (2, 3, 4)),
    ("...ii->...i", (2, 3, 3)),
    ("iij->ij", (3, 3, 2)),
    ("ii", (3, 3)),
    ("ii->i", (3, 1)),
    ("->", ()),
    ("", ()),
    (",", (), ()),
    ("i,->i", (3,), ()),
    ("ij,ij->ij", (2, 3), (1, 3)),
    ("ij,kj->ik", (2, 3), (4, 1)),
    ("bij,bjk->bik", (2, 3, 4), (1, 4, 5)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 5)),
    ("Ab,bA->", (2, 3), (3, 2)),
    ("bA", (2, 3)),
    ("i j , jk -> i k", (2, 3), (3, 4)),
    ("ij,j->i", (2, 0), (0,)),
    *[("ij->iij", (2, 3)), ("ij->ik", (2, 3)), ("ij->...", (2, 3)), ("ij,jk->ik->", (2, 3), (3, 4))],
    *[("ij..,jk", (2, 3), (3, 4)), ("......ij", (2, 3)), ("i-j", (2, 3)), ("i_j", (2, 3)), ("αβ->βα", (2, 3))],
    *[("ij", (2, 3), (2,)), ("ij,", (2, 3)), ("ij,jk", (2, 3), (4, 5)), ("ij,jk->i",)],
]


@pytest.mark.parametrize("equation", EQUATIONS, ids=str)
def test_einsum(equation, rng):
    text, *shapes = equation
    for dtype in ("float64", "float32", "int64"):
        arrays = [values(rng, shape, dtype) for shape in shapes]
        hold(lambda m, *xs: m.einsum(text, *xs), *arrays)
        hold(lambda m, *xs: m.einsum(text, list(xs)), *arrays)
    if shapes:
        array, *rest = [values(rng, shape) for shape in shapes]
        hold(slope(lambda m, x: m.einsum(text, x, *[m.from_numpy(y.copy()) for y in rest])), array)


@pytest.mark.parametrize(
    "lists",
    [
        ([0, 1], [1, 2], [0, 2]),
        ([0, 1], [1, 2]),
        ((0, 1), (1, 2), (2, 0)),
        ([0, 1], [1, 2], []),
        ([..., 0, 1], [..., 1, 2], [..., 0, 2]),
        ([..., 1], [1, ...]),
        ([51, 0], [0, 30], [30, 51]),
        ([52, 0], [0, 1]),
        ([-1, 0], [0, 1]),
        (["a", "b"], ["b", "c"]),
        ([0, 1, 2], [1]),
        ([0, 1],),
    ],
    ids=str,
)
def test_einsum_of_lists(lists, rng):
    hold(
        lambda m, x, y: m.einsum(x, lists[0], y, *lists[1:]),
        rng.standard_normal((2, 3)),
        rng.standard_normal((3, 4)),
    )


DIMS = [0, 1, 2, 3, -1, ([0], [0]), ([0, 1], [0, 1]), ([-1], [0]), ([1], [1]), ([], []), ([0], [0, 1])]
PAIRS = [((3, 3), (3, 3)), ((2, 3), (3, 2)), ((3,), (3,)), ((), ()), ((2, 1), (3, 2)), ((2, 3, 4), (4, 3, 2))]


@pytest.mark.parametrize("dims", [*DIMS, ([0, 0], [0, 0]), ([5], [0]), ((1,), (0,))], ids=str)
def test_tensordot(dims, rng):
    for first, second in [*PAIRS, ((0, 3), (3, 0)), ((2, 0), (0, 2))]:
        for dtype in ("float64", "int64"):
            hold(lambda m, x, y: m.tensordot(x, y, dims=dims), values(rng, first, dtype), values(rng, second, dtype))
    hold(
        lambda m, x, y: m.tensordot(x, y, m.tensor([[0], [1]])),
        rng.standard_normal((3, 2)),
        rng.standard_normal((2, 3)),
    )


MODES = ["use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist", "other"]
ROWS = [((3, 2), (4, 2)), ((3, 0), (4, 0)), ((0, 2), (4, 2)), ((2, 3, 2), (4, 2)), ((5, 1, 3, 2), (4, 4, 2))]
MISFITS = [((3, 2), (4, 3)), ((3,), (4, 3)), ((2, 3, 2), (3, 4, 2))]


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, math.inf, -1, math.nan])
def test_cdist(p, rng):
    for first, second in [*ROWS, ((30, 5), (40, 5)), ((2, 26, 3), (3, 3)), *MISFITS]:
        x, y = rng.standard_normal(first), rng.standard_normal(second)
        hold(lambda m, x, y: m.cdist(x, y, p), x, y, lenient=not p >= 0 and 0 in first)
        hold(lambda m, x, y: m.cdist(x, y, p=p), x.astype("float32"), y.astype("float32"), backward=False, lenient=True)
        for mode in MODES[:3]:
            hold(lambda m, x, y, mode=mode: m.cdist(x, y, p, compute_mode=mode), x, y, lenient=not p >= 0)
    hold(
        lambda m, x, y: m.cdist(x, y, p, compute_mode=MODES[3]),
        rng.standard_normal((3, 2)),
        rng.standard_normal((3, 2)),
    )
    hold(lambda m, x, y: m.cdist(x, y, p), np.ones((2, 3), "int64"), np.ones((2, 3), "int64"))


def test_cdist_of_rows_that_are_equal(rng):
    x = rng.integers(0, 2, (6, 3)).astype(float)
    for p in (0, 1, 2, 3, math.inf):
        hold(lambda m, x, p=p: m.cdist(x, x, p), x)
        hold(lambda m, x, p=p: m.nn.functional.pdist(x, p), x)
    hold(lambda m, x: m.nn.functional.pdist(x, math.inf), np.zeros((3, 0)))
    many = rng.integers(0, 3, (30, 2)).astype(float)  # whose squares are exact
    hold(lambda m, x: m.cdist(x, x), many)
