"""Picking and writing by indices beside PyTorch: brackets of every form, gather, scatter and their kin."""

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg

from .compare import hold

FLOATS = ["float64", "float32", "float16"]
DTYPES = [*FLOATS, "int64", "int32", "uint8", "bool"]


def made(shape, dtype="float64", start=-3):
    return np.array(np.arange(start, np.prod(shape, dtype=int) + start).reshape(shape).astype(dtype))


# An index is drawn as plain data and made into Tensors of either library by `built`. Index Tensors are in range: where
# nothing is picked, PyTorch does not look.


def reached(shape, drawn):
    """The places that PyTorch picks; None where it refuses."""
    try:
        places = torch.arange(int(np.prod(shape))).reshape(shape)[tuple([built(torch, part) for part in drawn])]
    except (IndexError, RuntimeError, TypeError):
        return None
    return places.reshape(-1).tolist()


def built(m, part):
    kind, value = part
    if kind == "tensor":
        return m.from_numpy(np.array(value))
    return list(value) if kind == "list" else value


integers = st.integers(-4, 4).map(lambda i: ("number", i))
slices = st.builds(
    lambda start, stop, step: ("slice", slice(start, stop, step)),
    st.none() | st.integers(-4, 4),
    st.none() | st.integers(-4, 4),
    st.none() | st.integers(1, 3),
)
broadcastable = st.sampled_from([(), (1,), (2,), (3,), (2, 1), (1, 3), (2, 3), (0,), (2, 0)])


@st.composite
def index_tensors(draw):
    shape = draw(broadcastable)
    dtype = draw(st.sampled_from(["int64", "int64", "int32"]))
    count = int(np.prod(shape))
    drawn = draw(st.lists(st.integers(-2, 1), min_size=count, max_size=count))
    return "tensor", np.array(drawn, dtype).reshape(shape)


@st.composite
def masks(draw):
    shape = draw(st.sampled_from([(), (2,), (3,), (2, 3), (3, 2), (3, 3)]))
    count = int(np.prod(shape))
    return "tensor", np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)), bool).reshape(shape)


number_lists = st.lists(st.integers(-2, 1), max_size=3).map(lambda x: ("list", x))
truth_lists = st.lists(st.booleans(), min_size=2, max_size=3).map(lambda x: ("list", x))
others = st.sampled_from([("none", None), ("ellipsis", ...), ("truth", True), ("truth", False)])
parts = st.one_of(integers, slices, index_tensors(), masks(), number_lists, truth_lists, others)
shapes = st.lists(st.integers(2, 3), max_size=4).map(tuple)
indices = st.lists(parts, max_size=4).filter(lambda drawn: sum(kind == "ellipsis" for kind, _ in drawn) <= 1)


@settings(max_examples=1500)
@given(shapes, indices, st.booleans())
@example((2,), [("none", None), ("truth", False), ("none", None), ("number", 0)], False)
def test_reading_by_any_index(shape, drawn, alone):
    def program(m, x):
        index = tuple([built(m, part) for part in drawn])
        return x[index[0] if alone and len(index) == 1 else index]

    hold(program, made(shape))


@settings(max_examples=1500)
@given(shapes, indices, st.booleans(), st.sampled_from([(), (1,), (3,), (2, 1), (2, 3)]))
def test_writing_by_any_index(shape, drawn, alone, of):
    """Of values that go to one place PyTorch gives the gradient to all: only where each goes to its own they agree."""
    places = reached(shape, drawn)
    assume(places != [])  # where nothing is written, PyTorch does not look at the value
    repeated = places is not None and len(set(places)) < len(places)

    def program(m, x, value):
        y = x * 1
        index = tuple([built(m, part) for part in drawn])
        y[index[0] if alone and len(index) == 1 else index] = value
        return y

    hold(program, made(shape), np.array(made(of) * 0.5), backward=not repeated)
    hold(lambda m, x: program(m, x, 7.5), made(shape))


@given(shapes, indices)
def test_views_by_brackets_are_written_through(shape, drawn):
    def program(m, x):
        y = x * 1
        part = y[tuple([built(m, part) for part in drawn])]
        part.mul_(2)
        return [y, part]

    hold(program, made(shape))


@pytest.mark.parametrize(
    "name", ["byte masks", "one number of int8", "nested lists", "lists of Tensors", "masks of nothing", "arrays"]
)
def test_indices_of_other_kinds(name):
    program = {
        "byte masks": lambda m, x: x[m.tensor([1, 0, 1], dtype=m.uint8)],
        "one number of int8": lambda m, x: x[m.tensor(1, dtype=m.int8)],
        "nested lists": lambda m, x: [x[[[0, 1], [1, 2]]], x[[[0], [1]], [0, 1]], x[:, [[0, 1]]]],
        "lists of Tensors": lambda m, x: [x[[m.tensor(0), m.tensor(2)]], x[[m.tensor(1)]]],
        "masks of nothing": lambda m, x: [x[:0][m.zeros(0, dtype=m.bool)], x[:0][m.zeros(0, 4, dtype=m.bool)]],
        "arrays": lambda m, x: [
            x[np.array([0, 2]), 1],
            x[np.array(1)],
            x[np.array([[True] * 4] * 3)],
            x[1:][np.int32(0)],
        ],
    }[name]
    hold(program, made((3, 4)))


# scatter, gather and their kin, on every dtype


def index_for(rng, shape, dim, size, unique):
    """Indices into a dimension of this size, no two of a line alike if `unique`."""
    if not unique:
        return rng.integers(0, size, shape)
    if not shape:
        return np.zeros((), int)
    lines = np.moveaxis(np.empty(shape, int), dim, -1)
    for line in lines.reshape(-1, lines.shape[-1]) if lines.size else []:
        line[:] = rng.permutation(size)[: len(line)]
    return np.ascontiguousarray(np.moveaxis(lines, -1, dim))


def cases(rng, dtype, unique):
    """(input, dim, index, source), also with an index smaller than both, without dimensions, and empty."""
    for shape, index_shape, source_shape, dim in [
        ((3, 4), (3, 4), (3, 4), 0),
        ((3, 4), (3, 4), (3, 4), -1),
        ((3, 4), (2, 3), (3, 4), 1),
        ((5, 2, 3), (3, 2, 2), (4, 2, 3), 0),
        ((5,), (4,), (4,), 0),
        ((), (), (), 0),
        ((3, 4), (0, 4), (2, 4), 0),
    ]:
        x, source = [rng.choice([-2, -1, 0, 1, 2, 3], s).astype(dtype) for s in (shape, source_shape)]
        if unique:
            x, source = [(rng.permutation(x.size).reshape(x.shape) - 2).astype(dtype) for x in (x, source)]
        index = index_for(rng, index_shape, dim, shape[dim] if shape else 1, unique)
        yield np.array(x), dim, np.array(index), np.array(source)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_scatter(dtype, rng):
    for x, dim, index, source in cases(rng, dtype, unique=True):
        full = index.shape == source.shape
        hold(lambda m, x, i, s, d=dim: m.scatter(x, d, i, s), x, index, source, backward=full)
        hold(lambda m, x, i, s, d=dim: (x * 1).scatter_(d, i, s), x, index, source, backward=full)
        hold(
            lambda m, x, i, d=dim: [x.scatter(d, i, 1), m.scatter(x, d, i, value=2.0), x.scatter(d, i, True)], x, index
        )
        hold(lambda m, x, i, d=dim: x.scatter(d, i, 3, reduce="add"), x, index, backward=False)
        hold(lambda m, x, i, s, d=dim: x.scatter(d, i, s, reduce="multiply"), x, index, source, backward=False)
    for x, dim, index, source in cases(rng, dtype, unique=False):
        hold(lambda m, x, i, s, d=dim: m.scatter(x, d, i, s), x, index, source, backward=False)


@pytest.mark.parametrize("dtype", DTYPES)
def test_scatter_add(dtype, rng):
    for x, dim, index, source in cases(rng, dtype, unique=False):
        full = index.shape == source.shape
        hold(lambda m, x, i, s, d=dim: m.scatter_add(x, d, i, s), x, index, source, backward=full)
        hold(lambda m, x, i, s, d=dim: (x * 1).scatter_add_(d, i, s), x, index, source, backward=full)


def apart(x):
    """Elements that no source has: PyTorch shares the gradient of an extreme with equal elements that do not count."""
    return np.array(x + 10).astype(x.dtype)


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
@pytest.mark.parametrize("dtype", DTYPES[:-1])
def test_scatter_reduce(dtype, reduce, include_self, rng):
    for unique in (True, False):
        for x, dim, index, source in cases(rng, dtype, unique):
            full = index.shape == source.shape
            if not include_self:
                x = apart(x)
            hold(
                lambda m, x, i, s, d=dim: [
                    m.scatter_reduce(x, d, i, s, reduce, include_self=include_self),
                    (x * 1).scatter_reduce_(d, i, s, reduce=reduce, include_self=include_self),
                ],
                x,
                index,
                source,
                backward=full,
            )


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0), (0, 0, 0)])
def test_an_index_of_no_elements_names_no_place(shape):
    for write in (
        lambda x, i, s: x.scatter(0, i, s),
        lambda x, i, s: x.scatter(0, i, 2.0),
        lambda x, i, s: x.scatter_add(1, i, s),
        lambda x, i, s: x.scatter_reduce(0, i, s, "mean", include_self=False),
        lambda x, i, s: x.scatter_reduce(0, i, s, "amax"),
    ):
        found = []
        for m in (tg, torch):
            x, s = m.ones(2, 2, requires_grad=True), m.ones(2, 2)
            y = write(x, m.zeros(*shape, dtype=m.int64), s)
            if m is tg:  # PyTorch cannot go back from all of them
                y.sum().backward()
                assert x.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]
            found.append(y.tolist())
        assert found[0] == found[1]


@pytest.mark.parametrize("reduce", ["sum", "prod", "amax", "amin"])
def test_scatter_reduce_of_bools(reduce, rng):
    for x, dim, index, source in cases(rng, "bool", unique=False):
        hold(lambda m, x, i, s, d=dim: x.scatter_reduce(d, i, s, reduce), x, index, source)


@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
def test_scatter_reduce_of_what_is_no_number(reduce):
    x = np.array([1.0, np.nan, np.inf, -np.inf, 2.0])
    source = np.array([np.nan, 1.0, np.inf, -np.inf, 3.0, 3.0])
    index = np.array([0, 1, 2, 3, 4, 4])
    for include_self in (True, False):
        hold(
            lambda m, x, i, s, c=include_self: x.scatter_reduce(0, i, s, reduce, include_self=c),
            x,
            index,
            source,
            backward=False,
        )


SLICES = {
    "index_add": lambda m, x, d, i, s: [
        m.index_add(x, d, i, s),
        x.index_add(d, i, s, alpha=2),
        (x * 1).index_add_(d, i, s),
    ],
    "index_copy": lambda m, x, d, i, s: [m.index_copy(x, d, i, s), (x * 1).index_copy_(d, i, s)],
    "index_fill": lambda m, x, d, i, s: [
        m.index_fill(x, d, i, 2),
        x.index_fill(d, i - 1, 1.0),
        x.index_fill(d, i, s.sum().to(x.dtype)),
        (x * 1).index_fill_(d, i, 0),
    ],
    "index_select": lambda m, x, d, i, s: [m.index_select(x, d, i), x.index_select(d, i)],
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SLICES)
def test_slices(name, dtype, rng):
    for shape, dim, index in [((4, 3), 0, [2, 0]), ((4, 3), -1, [1]), ((4, 3), 1, []), ((2, 3, 4), 1, [2, 0, 1])]:
        source_shape = list(shape)
        source_shape[dim] = len(index)
        arrays = made(shape, dtype), np.array(index, int), made(source_shape, dtype, 2)
        hold(lambda m, x, i, s, d=dim: SLICES[name](m, x, d, i, s), *arrays)
        hold(lambda m, x, i, s, d=dim: SLICES[name](m, x, d, i.to(m.int32), s), *arrays, lenient=True)
    if name != "index_copy":
        hold(
            lambda m, x, i, s: SLICES[name](m, x, 0, i, s),
            made((4, 2), dtype),
            np.array([1, 1, 3]),
            made((3, 2), dtype),
        )
    hold(lambda m, x, i, s: SLICES[name](m, x, 0, i, s), made((3,), dtype), np.array(1), made((), dtype), lenient=True)
    hold(
        lambda m, x, i, s: SLICES[name](m, x, 0, i, s), made((), dtype), np.array([0]), made((1,), dtype), lenient=True
    )


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reduce", ["prod", "mean", "amax", "amin"])
@pytest.mark.parametrize("dtype", [*FLOATS, "int64"])
def test_index_reduce(dtype, reduce, include_self, rng):
    for shape, dim, index in [
        ((4, 3), 0, [2, 0, 2]),
        ((4, 3), -1, [1, 1]),
        ((2, 3, 4), 1, [2, 2, 2, 1]),
        ((4, 3), 1, []),
    ]:
        source_shape = list(shape)
        source_shape[dim] = len(index)
        x = rng.choice([-2, -1, 1, 2, 3], shape).astype(dtype)
        hold(
            lambda m, x, i, s, d=dim: [
                m.index_reduce(x, d, i, s, reduce, include_self=include_self),
                (x * 1).index_reduce_(d, i, s, reduce, include_self=include_self),
            ],
            x if include_self else apart(x),
            np.array(index, int),
            rng.choice([-2, -1, 1, 2, 3], source_shape).astype(dtype),
        )


@pytest.mark.parametrize("accumulate", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_index_put(dtype, accumulate):
    for index, of in [
        (([0, 2],), (2, 3)),
        (([0, -1],), (3,)),
        (([1, 0], [2, 1]), (2,)),
        (([[0], [2]], [0, 1]), (2, 2)),
        (([0, 2],), ()),
        (([],), (3,)),
        (([True, False, True],), (2, 3)),
        ((1, [0, 2]), (2,)),
    ]:
        hold(
            lambda m, x, v, index=index: [
                m.index_put(x, tuple(map(m.tensor, index)), v, accumulate=accumulate),
                (x * 1).index_put_([m.tensor(i) for i in index], v, accumulate),
            ],
            made((3, 3), dtype),
            made(of, dtype, 2),
            lenient=index == ([],),
        )
    repeated = np.array([1, 1, 2])
    hold(
        lambda m, x, i, v: x.index_put((i,), v, accumulate),
        made((3, 2), dtype),
        repeated,
        made((3, 2), dtype),
        backward=accumulate,
    )


@pytest.mark.parametrize("accumulate", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_put(dtype, accumulate):
    for shape, index in [((3, 2), [0, -1, 3]), ((3, 2), [[4, 1]]), ((), [0]), ((3, 2), []), ((3, 2), 5)]:
        index = np.array(index, int)
        hold(
            lambda m, x, i, s: [m.put(x, i, s, accumulate), (x * 1).put_(i, s, accumulate=accumulate)],
            made(shape, dtype),
            index,
            made(index.shape, dtype, 2),
        )
    hold(
        lambda m, x, i, s: m.put(x, i, s, accumulate),
        made((2, 2), dtype),
        np.array([1, 1]),
        made((2,), dtype),
        backward=accumulate,
    )


# On x of shape (3, 4); what starts with "bad" PyTorch refuses.
PLACES = {
    "take": lambda m, x: [
        m.take(x, m.tensor([0, -1, 5, 5])),
        x.take(m.tensor([[1], [2]])),
        x.T.take(m.tensor(3)),
        x[0, 0].take(m.tensor([0])),
    ],
    "take of nothing": lambda m, x: x.take(m.zeros(0, 2, dtype=m.int64)),
    "bad take": lambda m, x: x.take(m.tensor([12])),
    "bad take from before": lambda m, x: x.take(m.tensor([-13])),
    "bad take by fractions": lambda m, x: x.take(m.tensor([0.0])),
    "take_along_dim": lambda m, x: [
        m.take_along_dim(x, m.tensor([[0, 1]]), 1),
        x.take_along_dim(m.tensor([[-1]]), dim=1),
        x.take_along_dim(m.tensor([[2, 0, 0, 1]]), 0),
        x.take_along_dim(m.tensor([11, 3])),
        x.take_along_dim(x.argsort(1), 1),
    ],
    "bad take_along_dim": lambda m, x: x.take_along_dim(m.tensor([0]), 1),
    "bad take_along_dim beside": lambda m, x: x.take_along_dim(m.tensor([[0], [1]]), 1),
    "gather by int32": lambda m, x: x.gather(1, m.tensor([[0]], dtype=m.int32)),
    "gather of a number": lambda m, x: [x[0, 0].gather(0, m.tensor(0)), x[0, 0].gather(0, m.tensor([0, 0]))],
    "bad gather of a number": lambda m, x: x[0, 0].gather(0, m.tensor([1])),
    "bad gather along what is not there": lambda m, x: x.gather(2, m.tensor([[0]])),
    "bad index_select by fractions": lambda m, x: x.index_select(0, m.tensor([0.0])),
    "bad index_select by a table": lambda m, x: x.index_select(0, m.tensor([[0]])),
    "masked_select": lambda m, x: [
        m.masked_select(x, x > 100),
        x.T.masked_select(x.T > 1),
        x[0, 0].masked_select(m.tensor(True)),
    ],
    "bad masked_select": lambda m, x: x.masked_select(m.tensor([True, False])),
    "bad masked_select by numbers": lambda m, x: x.masked_select(m.ones(3, 4)),
    "masked_fill": lambda m, x: [
        x.masked_fill(x > 1, 0),
        m.masked_fill(x, x[:, :1] > 1, 5),
        x.masked_fill(x > 1, m.tensor(3, dtype=x.dtype)),
        x.masked_fill(x > 1, x[0, 0]),
        (x * 1).masked_fill_(x > 1, 2),
        (x * 1).masked_fill_(x[0] > 1, x[1, 1]),
        x[0].masked_fill(x > 1, 1),
    ],
    "bad masked_fill in place": lambda m, x: (x[0] * 1).masked_fill_(x > 1, 1),
    "bad masked_fill by many": lambda m, x: x.masked_fill(x > 1, x[0, :1]),
    "masked_scatter": lambda m, x: [
        m.masked_scatter(x, x > 1, x.flip(0)),
        x.masked_scatter(x[0] > -3, x),
        x[0].masked_scatter(x > 1, x * 2),
        (x * 1).masked_scatter_(x > 2, x),
        x.masked_scatter(x > 100, x[0, :0]),
    ],
    "bad masked_scatter": lambda m, x: x.masked_scatter(x < 100, x[0]),
    "bad masked_scatter of another dtype": lambda m, x: x.masked_scatter(x > 1, x.to(m.int8)),
    "select_scatter": lambda m, x: [m.select_scatter(x, x[0] * 2, 0, 1), x.select_scatter(x[:, 0], 1, -1)],
    "select_scatter of another dtype": lambda m, x: x.select_scatter(x[0].to(m.int16), 0, 1),
    "bad select_scatter": lambda m, x: x.select_scatter(x[0, :1], 0, 1),
    "bad select_scatter where nothing is": lambda m, x: x.select_scatter(x[0], 0, 3),
    "slice_scatter": lambda m, x: [
        m.slice_scatter(x, x[:2] * 2, 0, 1),
        x.slice_scatter(x[:, :2] * 2, 1, 0, 4, 2),
        x.slice_scatter(x[:1] * 2, start=-1),
        x.slice_scatter(x[:0], 0, 2, 1),
        x.slice_scatter(x * 2, dim=1, end=9),
    ],
    "as_strided_scatter": lambda m, x: [  # its gradient to x is wrong in PyTorch
        m.as_strided_scatter(x.detach(), x[:2, :2], (2, 2), (5, 2), 1),
        x.detach().as_strided_scatter(x[:2, 0], (2,), (3,)),
    ],
    "bad as_strided_scatter": lambda m, x: x.as_strided_scatter(x[0], (2,), (1,)),
    "bad slice_scatter": lambda m, x: x.slice_scatter(x[:1], 0, 1),
    "bad slice_scatter backwards": lambda m, x: x.slice_scatter(x, 0, None, None, -1),
    "diagonal_scatter": lambda m, x: [
        m.diagonal_scatter(x, x[0, :3]),
        x.diagonal_scatter(x[0, :2], -1),
        x.diagonal_scatter(x[0, 1:], offset=1),
        x[None].diagonal_scatter(x[:1, :3], 0, 1, 2),
    ],
    "bad diagonal_scatter": lambda m, x: x.diagonal_scatter(x[0]),
    "bad scatter": lambda m, x: x.scatter(0, m.tensor([[3]]), x),
    "bad scatter from before": lambda m, x: x.scatter(0, m.tensor([[-1]]), x),
    "bad scatter of too little": lambda m, x: x.scatter(0, m.tensor([[0, 0]]), x[:, :1]),
    "bad scatter beside": lambda m, x: x.scatter(0, m.zeros(1, 5, dtype=m.int64), 1.0),
    "bad scatter by a vector": lambda m, x: x.scatter(0, m.tensor([0]), x),
    "bad scatter of another dtype": lambda m, x: x.scatter(0, m.tensor([[0]]), x.to(m.int8)),
    "bad scatter of nothing": lambda m, x: x.scatter(0, m.tensor([[0]])),
    "bad scatter reduced otherwise": lambda m, x: x.scatter(0, m.tensor([[0]]), x, reduce="sum"),
    "bad scatter by fractions": lambda m, x: x.scatter(0, m.tensor([[0.0]]), x),
    "bad scatter_add of another dtype": lambda m, x: x.scatter_add(0, m.tensor([[0]]), x.to(m.int8)),
    "bad scatter_reduce": lambda m, x: x.scatter_reduce(0, m.tensor([[0]]), x, "median"),
    "bad index_add": lambda m, x: x.index_add(0, m.tensor([0, 1]), x),
    "bad index_add beyond": lambda m, x: x.index_add(0, m.tensor([3]), x[:1]),
    "bad index_add from before": lambda m, x: x.index_add(0, m.tensor([-1]), x[:1]),
    "bad index_add of another dtype": lambda m, x: x.index_add(0, m.tensor([0]), x[:1].to(m.int8)),
    "bad index_add of other slices": lambda m, x: x.index_add(0, m.tensor([0]), x[:1, :2]),
    "bad index_copy": lambda m, x: x.index_copy(0, m.tensor([3]), x[:1]),
    "bad index_copy of other slices": lambda m, x: x.index_copy(0, m.tensor([0, 1]), x),
    "bad index_fill": lambda m, x: x.index_fill(0, m.tensor([3]), 1),
    "bad index_fill from before": lambda m, x: x.index_fill(0, m.tensor([-4]), 1),
    "bad index_fill by many": lambda m, x: x.index_fill(0, m.tensor([0]), x[0, :2]),
    "bad index_reduce": lambda m, x: x.index_reduce(0, m.tensor([0]), x[:1], "sum"),
    "bad index_put": lambda m, x: x.index_put((m.tensor([3]),), x[0]),
    "bad index_put of another dtype": lambda m, x: x.index_put((m.tensor([0]),), x[0].to(m.int8)),
    "bad index_put of another size": lambda m, x: x.index_put((m.tensor([0]),), x[0, :3]),
    "bad put": lambda m, x: x.put(m.tensor([12]), x[0, :1]),
    "bad put of another size": lambda m, x: x.put(m.tensor([0, 1]), x[0, :1]),
    "bad put of another dtype": lambda m, x: x.put(m.tensor([0]), x[0, :1].to(m.int8)),
}


@pytest.mark.parametrize("dtype", [*FLOATS, "int64", "uint8"])
@pytest.mark.parametrize("name", PLACES)
def test_places(name, dtype):
    x = made((3, 4), dtype, 0)
    try:
        PLACES[name](torch, torch.from_numpy(x.copy()))
        refused = False
    except (RuntimeError, TypeError, ValueError, IndexError):
        refused = True
    assert name.startswith("bad") == refused
    hold(PLACES[name], x)


def test_kinds_of_errors():
    """What is out of range is an IndexError wherever PyTorch says so."""
    x = made((3, 4))
    for name, program in PLACES.items():
        if name.startswith("bad"):
            with pytest.raises((RuntimeError, TypeError, ValueError, IndexError)) as theirs:
                program(torch, torch.from_numpy(x))
            if theirs.type is IndexError and not name.endswith(("other slices", "another size")):  # those are sizes
                with pytest.raises(IndexError):
                    program(tg, tg.from_numpy(x))


def test_unravel_index():
    for indices, shape in [([0, 5, 3], (2, 3)), ([[1], [11]], (2, 3, 2)), (4, 6), ([], (2, 2)), ([-1, 7], (2, 3))]:
        hold(lambda m, i, s=shape: m.unravel_index(i, s), np.array(indices, int))
    hold(lambda m, i: m.unravel_index(i, (2, 3)), np.array([1.0]))
    hold(lambda m, i: m.unravel_index(i, (2, -3)), np.array([1]))


def test_the_index_may_change_after_the_call():
    def program(m, x, i):
        y = [x.gather(0, i), x.take(i), x.index_select(0, i), x.scatter_add(0, i, x), x[i], x.index_add(0, i, x)]
        i.zero_()
        return y

    hold(program, made((3,)), np.array([2, 0, 1]))


@pytest.mark.parametrize(
    ("shape", "wrap"), [((3, 3), False), ((2, 4), False), ((7, 2), False), ((7, 2), True), ((2, 2, 2), False)]
)
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_fill_diagonal_(shape, wrap, dtype):
    x = made(shape, dtype)
    ours, theirs = tg.tensor(x), torch.tensor(x)
    assert ours.fill_diagonal_(5, wrap) is ours
    np.testing.assert_array_equal(ours.numpy(), theirs.fill_diagonal_(5, wrap).numpy())
    if dtype != "int64":
        ours, theirs = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        (ours * 2).fill_diagonal_(1.0, wrap).square().sum().backward()
        (theirs * 2).fill_diagonal_(1.0, wrap).square().sum().backward()
        np.testing.assert_array_equal(ours.grad.numpy(), theirs.grad.numpy())


@pytest.mark.parametrize("name", ["channels_last", "channels_last_3d"])
def test_layouts_of_memory_change_no_value(name):
    x = made((2, 3, 4, 5) if name == "channels_last" else (2, 3, 2, 2, 2))
    ours = tg.tensor(x).to(memory_format=getattr(tg, name))
    np.testing.assert_array_equal(ours.numpy(), torch.tensor(x).to(memory_format=getattr(torch, name)).numpy())


@pytest.mark.parametrize("shapes", [((3,), (), ()), ((3,), (), (1,)), ((3,), (1,), ()), ((), (1,), (1,)), ((), (), ())])
def test_what_has_no_dimensions_stands_for_one_element(shapes):
    x, i, src = made(shapes[0]), np.zeros(shapes[1], int), made(shapes[2])
    # PyTorch cannot go back where the numbers of dimensions differ
    hold(lambda m, x, i: x.gather(0, i), x, i)
    hold(lambda m, x, i, src: x.scatter(0, i, src), x, i, src, lenient=True)
    hold(lambda m, x, i: x.scatter(0, i, 5.0), x, i)
    hold(lambda m, x, i, src: x.scatter_add(0, i, src), x, i, src, lenient=True)
    hold(lambda m, x, i, src: x.scatter_reduce(0, i, src, "amax"), x, i, src, lenient=True)


@pytest.mark.parametrize("sizes", [(), (0,), (2, 0), (2, 3)])
def test_a_tensor_of_sizes_given_as_a_size(sizes):
    for m in (tg, torch):
        assert m.ones(2).new(m.zeros(sizes).size()).shape == sizes
        assert m.FloatTensor(m.zeros(sizes).size()).shape == sizes


SMALL = {
    "assignment": lambda m, x, number: x.__setitem__(0, number),
    "fill_": lambda m, x, number: x.fill_(number),
    "masked_fill": lambda m, x, number: x.masked_fill(x == x, number),
    "index_fill": lambda m, x, number: x.index_fill(0, m.tensor([0]), number),
    "scatter": lambda m, x, number: x.scatter(0, m.tensor([0]), number),
    "full_like": lambda m, x, number: m.full_like(x, number),
    "pad": lambda m, x, number: m.nn.functional.pad(x, (1, 1), value=number),
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "float16"])
@pytest.mark.parametrize("number", [255, -1, -128, 256, 1e6, -1e6, float("inf"), float("nan"), 1.5])
def test_numbers_that_a_dtype_cannot_hold(name, dtype, number):
    if dtype == "float16" and name == "fill_":
        pytest.skip("floats are written directly, and overflow to inf")
    if dtype == "uint8" and name == "pad" and number < 0:
        pytest.skip("PyTorch lets a negative number stand for its bits everywhere else")
    hold(lambda m, x: [SMALL[name](m, x, number), x][name == "assignment"], np.ones(3, dtype), backward=False)


@pytest.mark.parametrize(
    "act",
    [
        lambda m, x: x.gather(0, m.tensor([9])),
        lambda m, x: x.gather(0, m.tensor([0.0])),
        lambda m, x: x.scatter(0, m.tensor([9]), 1.0),
        lambda m, x: x.take(m.tensor([0.5])),
        lambda m, x: x.masked_fill(m.tensor([1, 0, 1]), 0),
        lambda m, x: x.masked_select(m.tensor([1, 0, 1])),
        lambda m, x: m.gcd(x, x),
    ],
)
def test_errors_are_of_pytorchs_kind_too(act):
    for m in (torch, tg):
        with pytest.raises(RuntimeError):
            act(m, m.ones(3))


def test_one_hot():
    for classes in ([3, 4, 1, 0], [[3, 4], [1, 0]], 4, [], [3, -1], [True, False], [1.0]):
        for count in (-2, -1, 0, 3, 6):
            hold(lambda m, x, count=count: m.nn.functional.one_hot(x, count), np.array(classes))
    hold(lambda m, x: m.nn.functional.one_hot(x), np.zeros((4, 0), np.int64))
    hold(lambda m, x: m.nn.functional.one_hot(x, num_classes=5), np.zeros((4, 0), np.int64))
