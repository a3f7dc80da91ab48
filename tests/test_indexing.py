"""Picking and writing by indices: against NumPy, and gradients against differences, repeated indices included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.testing.strategies import indices

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 3))
S = RNG.standard_normal((4, 3))
ROWS = np.array([2, 0, 2, 1])
TABLE = np.array([[0, 3, 1], [0, 0, 1], [2, 3, 3], [0, 1, 1]])


def at(*pairs):
    """X with values put at places, one after the other."""
    out = X.copy()
    for place, value in pairs:
        out[place] = value
    return out


def along(x, index):
    """The places that an index along the first dimension names."""
    return [(int(index[i, j]), j) for i in range(index.shape[0]) for j in range(index.shape[1])]


def folded(step, include_self=True):
    """X, with each element of S joined by `step` to what is at the place that TABLE says."""
    out, seen = X.copy(), set()
    for place, value in zip(along(X, TABLE), S.reshape(-1), strict=True):
        out[place] = step(out[place], value) if include_self or place in seen else value
        seen.add(place)
    return out


def mean():
    total = folded(lambda a, b: a + b)
    count = np.ones_like(X)
    for place in along(X, TABLE):
        count[place] += 1
    return total / count


def added(x, index, source):
    out = x.copy()
    np.add.at(out, index, source)
    return out


index, rows, mask = tg.tensor(TABLE), tg.tensor(ROWS), tg.tensor(X > 0)

# What it gives for X and S, and what NumPy gives.
ORACLES = {
    "gather": (lambda x, s: x.gather(0, index), lambda: np.take_along_axis(X, TABLE, 0)),
    "take": (lambda x, s: x.take(tg.tensor([[0, -1], [5, 5]])), lambda: X.take([[0, -1], [5, 5]])),
    "take_along_dim": (lambda x, s: x.take_along_dim(index[:2], 0), lambda: np.take_along_axis(X, TABLE[:2], 0)),
    "index_select": (lambda x, s: x.index_select(0, rows), lambda: X[ROWS]),
    "masked_select": (lambda x, s: x.masked_select(mask), lambda: X[X > 0]),
    "scatter": (
        lambda x, s: x.scatter(0, index, s),
        lambda: at(*zip(along(X, TABLE), S.reshape(-1), strict=True)),
    ),
    "scatter of a number": (lambda x, s: x.scatter(0, index, 7), lambda: at(*[(p, 7) for p in along(X, TABLE)])),
    "scatter_add": (lambda x, s: x.scatter_add(0, index, s), lambda: folded(lambda a, b: a + b)),
    "scatter by product": (lambda x, s: x.scatter(0, index, s, reduce="multiply"), lambda: folded(lambda a, b: a * b)),
    "scatter_reduce sum": (
        lambda x, s: x.scatter_reduce(0, index, s, "sum", include_self=False),
        lambda: folded(lambda a, b: a + b, include_self=False),
    ),
    "scatter_reduce prod": (
        lambda x, s: x.scatter_reduce(0, index, s, "prod", include_self=False),
        lambda: folded(lambda a, b: a * b, include_self=False),
    ),
    "scatter_reduce mean": (lambda x, s: x.scatter_reduce(0, index, s, "mean"), mean),
    "scatter_reduce amax": (lambda x, s: x.scatter_reduce(0, index, s, "amax"), lambda: folded(max)),
    "scatter_reduce amin": (
        lambda x, s: x.scatter_reduce(0, index, s, "amin", include_self=False),
        lambda: folded(min, include_self=False),
    ),
    "index_add": (lambda x, s: x.index_add(0, rows, s, alpha=2), lambda: added(X, ROWS, 2 * S)),
    "index_copy": (lambda x, s: x.index_copy(0, rows, s), lambda: at(*zip(ROWS, S, strict=True))),
    "index_fill": (lambda x, s: x.index_fill(1, tg.tensor([0, -1]), 7), lambda: at((np.s_[:, [0, 2]], 7))),
    "index_reduce": (
        lambda x, s: x.index_reduce(0, rows, s, "amax"),
        lambda: np.maximum(X, [np.max(S[i == ROWS], 0, initial=-np.inf) for i in range(4)]),
    ),
    "index_put": (
        lambda x, s: x.index_put((rows, tg.tensor([0, 1, 0, 2])), s[:, 0]),
        lambda: at(*zip(zip(ROWS, [0, 1, 0, 2], strict=True), S[:, 0], strict=True)),
    ),
    "index_put that adds": (lambda x, s: x.index_put((rows,), s, accumulate=True), lambda: added(X, ROWS, S)),
    "put": (
        lambda x, s: x.put(tg.tensor([0, -1, 0]), s[0]),
        lambda: at(((0, 0), S[0, 0]), ((3, 2), S[0, 1]), ((0, 0), S[0, 2])),
    ),
    "put that adds": (
        lambda x, s: x.put(tg.tensor([0, -1, 0]), s[0], accumulate=True),
        lambda: added(X.reshape(-1), [0, 11, 0], S[0]).reshape(4, 3),
    ),
    "masked_fill": (lambda x, s: x.masked_fill(mask, 7), lambda: np.where(X > 0, 7, X)),
    "masked_fill by a Tensor": (lambda x, s: x.masked_fill(mask, s[1, 1]), lambda: np.where(X > 0, S[1, 1], X)),
    "masked_scatter": (lambda x, s: x.masked_scatter(mask, s), lambda: at((X > 0, S.reshape(-1)[: (X > 0).sum()]))),
    "select_scatter": (lambda x, s: x.select_scatter(s[0], 0, -1), lambda: at((-1, S[0]))),
    "slice_scatter": (lambda x, s: x.slice_scatter(s[:2], 0, 0, 4, 2), lambda: at((np.s_[::2], S[:2]))),
    "diagonal_scatter": (
        lambda x, s: x.diagonal_scatter(s[0, :2], 1),
        lambda: at(((0, 1), S[0, 0]), ((1, 2), S[0, 1])),
    ),
}


@pytest.mark.parametrize("name", ORACLES)
def test_what_numpy_gives(name):
    ours, theirs = ORACLES[name]
    np.testing.assert_allclose(ours(tg.tensor(X), tg.tensor(S)).numpy(), theirs(), 1e-14, strict=True)


@pytest.mark.parametrize("name", ORACLES)
def test_gradients(name):
    """Of what several elements are written to, only the last is there, so only it has a gradient."""
    program = ORACLES[name][0]
    x, s = tg.tensor(X, requires_grad=True), tg.tensor(S, requires_grad=True)
    assert gradcheck(lambda x, s: program(x * s, s) * program(x, s * x), [x, s])
    assert gradgradcheck(lambda x, s: program(x, s) * program(x, s), [x, s])


def test_the_elements_that_reach_an_extreme_share_its_gradient():
    x = tg.tensor([1.0, 5.0, -np.inf], requires_grad=True)
    s = tg.tensor([1.0, 1.0, 2.0, -np.inf], requires_grad=True)
    out = x.scatter_reduce(0, tg.tensor([0, 0, 1, 2]), s, "amax")
    assert out.tolist() == [1, 5, -np.inf]
    out.backward(tg.tensor([6.0, 6.0, 6.0]))
    assert x.grad.tolist() == [2, 6, 0]
    assert s.grad.tolist() == [2, 2, 0, 0]


def test_products_with_zeros_have_the_right_gradient():
    x = tg.tensor([2.0, 0.0], requires_grad=True)
    s = tg.tensor([0.0, 3.0, 0.0, 5.0], requires_grad=True)
    x.scatter_reduce(0, tg.tensor([0, 0, 1, 1]), s, "prod").sum().backward()
    assert x.grad.tolist() == [0, 0]
    assert s.grad.tolist() == [6, 0, 0, 0]


def test_many_of_float16_add_up():
    ones = tg.ones(5000, dtype=tg.float16)
    assert tg.zeros(1, dtype=tg.float16).index_add(0, tg.zeros(5000, dtype=tg.int64), ones).item() == 5000


@pytest.mark.parametrize(
    "index",
    [
        0,
        (0, slice(1, 3)),
        (slice(None), [0, 2]),
        ([0, 1], slice(None), [1, 0]),
        (1, slice(None), [1, 1]),
        (..., [0, -1]),
        (None, [1, 0], None),
        ([[0], [1]], [0, 2]),
        ([], 1),
        (0, slice(None, None, -1), [1, 0]),
        (slice(None), slice(None, None, -2)),
    ],
    ids=str,
)
def test_brackets_have_right_gradients(index):
    x = tg.tensor(RNG.standard_normal((2, 3, 4)), requires_grad=True)
    assert gradcheck(lambda x: x[index] * x[index], [x])

    def written(x):
        y = x * 1
        y[index] = x[index] * 3 + 1
        return y * y

    if index != (1, slice(None), [1, 1]):
        assert gradcheck(written, [x])
        assert gradgradcheck(written, [x])


@pytest.mark.parametrize(
    ("index", "steps"),
    [
        ((0, slice(None), [1, 3]), [0, (slice(None), [1, 3])]),
        ((0, ..., [[0], [1]]), [0, (..., [[0], [1]])]),
        ((None, 0, [1, 0]), [None, (slice(None), 0), (slice(None), [1, 0])]),
        ((0, slice(None, None, -1), [1, 0]), [0, slice(None, None, -1), (slice(None), [1, 0])]),
        ((slice(None, None, -2), None), [slice(None, None, -2), (slice(None), None)]),
        ((0, True, [1, 0]), [0, [1, 0]]),  # a bool goes along with lists
        ((None, np.array(True), [1, 0]), [None, (slice(None), [1, 0])]),
        ((..., True, [1, 0]), [(..., [1, 0])]),
    ],
    ids=str,
)
def test_what_stands_beside_lists_is_taken_first(index, steps):
    x = expected = np.arange(24.0).reshape(2, 3, 4)
    for step in steps:
        expected = expected[step]
    assert tg.tensor(x)[index].tolist() == expected.tolist()


def test_a_list_of_indices_stands_for_a_tuple():
    x = tg.arange(12).reshape(3, 4)
    assert x[[[0, 1], [1, 2]]].tolist() == [1, 6]
    assert x[[tg.tensor(0), tg.tensor(2)]].item() == 2
    assert x[[0, 1]].tolist() == x[:2].tolist()


def test_bytes_are_a_mask():
    x = tg.arange(3)
    assert x[tg.tensor([1, 0, 1], dtype=tg.uint8)].tolist() == [0, 2]
    assert x[np.array([1, 0, 1], np.uint8)].tolist() == [0, 2]


def test_in_place_twins_write_to_the_memory():
    for write in (
        lambda x: x.scatter_(0, tg.tensor([1]), 5.0),
        lambda x: x.scatter_add_(0, tg.tensor([1]), tg.tensor([4.0])),
        lambda x: x.scatter_reduce_(0, tg.tensor([1]), tg.tensor([5.0]), "amax"),
        lambda x: x.index_add_(0, tg.tensor([1]), tg.tensor([4.0])),
        lambda x: x.index_copy_(0, tg.tensor([1]), tg.tensor([5.0])),
        lambda x: x.index_fill_(0, tg.tensor([1]), 5),
        lambda x: x.index_put_((tg.tensor([1]),), tg.tensor(5.0)),
        lambda x: x.index_reduce_(0, tg.tensor([1]), tg.tensor([5.0]), "prod"),
        lambda x: x.put_(tg.tensor([1]), tg.tensor([5.0])),
        lambda x: x.masked_fill_(x == 1, 5),
        lambda x: x.masked_scatter_(x == 1, tg.tensor([5.0])),
    ):
        memory = np.arange(3, dtype="float32")
        x = tg.from_numpy(memory)
        assert write(x) is x
        assert memory.tolist() == [0, 5, 2]


REFUSALS = {
    "gather": (IndexError, lambda x: x.gather(0, index + 2)),
    "gather by fractions": (TypeError, lambda x: x.gather(0, index.float())),
    "gather of another size": (RuntimeError, lambda x: x.gather(0, rows)),
    "take": (IndexError, lambda x: x.take(tg.tensor([12]))),
    "take_along_dim": (RuntimeError, lambda x: x.take_along_dim(rows, 0)),
    "index_select": (IndexError, lambda x: x.index_select(1, rows + 1)),
    "index_select of two from a number": (IndexError, lambda x: x[0, 0].index_select(0, rows[:2])),
    "one_hot of nothing": (RuntimeError, lambda x: tg.nn.functional.one_hot(index[:0])),
    "index_select by a table": (IndexError, lambda x: x.index_select(1, index)),
    "masked_select": (RuntimeError, lambda x: x.masked_select(mask[:, :2])),
    "masked_select by numbers": (TypeError, lambda x: x.masked_select(x)),
    "scatter": (IndexError, lambda x: x.scatter(1, index, 1.0)),
    "scatter of too little": (RuntimeError, lambda x: x.scatter(0, index, x[:2])),
    "scatter of another dtype": (RuntimeError, lambda x: x.scatter(0, index, x.float())),
    "scatter of nothing": (TypeError, lambda x: x.scatter(0, index)),
    "scatter by another reduction": (RuntimeError, lambda x: x.scatter(0, index, x, reduce="mean")),
    "scatter_reduce": (RuntimeError, lambda x: x.scatter_reduce(0, index, x, "median")),
    "index_add": (RuntimeError, lambda x: x.index_add(0, rows, x[:2])),
    "index_add of another dtype": (RuntimeError, lambda x: x.index_add(0, rows, x.float())),
    "index_copy": (IndexError, lambda x: x.index_copy(0, rows - 1, x)),
    "index_fill": (IndexError, lambda x: x.index_fill(0, rows + 2, 1)),
    "index_fill by many": (RuntimeError, lambda x: x.index_fill(0, rows, x[0])),
    "index_reduce": (RuntimeError, lambda x: x.index_reduce(0, rows, x, "sum")),
    "index_put": (IndexError, lambda x: x.index_put((rows + 2,), x)),
    "index_put of another size": (RuntimeError, lambda x: x.index_put((rows,), x[:2])),
    "put": (IndexError, lambda x: x.put(tg.tensor([12]), x[0, :1])),
    "put of another size": (RuntimeError, lambda x: x.put(rows, x[0])),
    "masked_fill": (RuntimeError, lambda x: x.masked_fill(mask, x[0])),
    "masked_scatter": (RuntimeError, lambda x: x.masked_scatter(x == x, x[0])),
    "select_scatter": (RuntimeError, lambda x: x.select_scatter(x, 0, 0)),
    "slice_scatter": (RuntimeError, lambda x: x.slice_scatter(x, 0, 1)),
    "slice_scatter backwards": (RuntimeError, lambda x: x.slice_scatter(x, step=-1)),
    "diagonal_scatter": (RuntimeError, lambda x: x.diagonal_scatter(x[:, 0])),
    "unravel_index": (TypeError, lambda x: tg.unravel_index(x, (2, 3))),
    "brackets": (IndexError, lambda x: x[4]),
    "brackets with fractions": (IndexError, lambda x: x[x]),
    "a write of another size": (RuntimeError, lambda x: x.__setitem__(0, x[:, 0])),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name):
    kind, program = REFUSALS[name]
    with pytest.raises(kind) as error:
        program(tg.tensor(X))
    assert "operands could not be broadcast" not in str(error.value)


@given(indices(5), st.integers(1, 3))
def test_repeated_indices_of_rows(places, width):
    """The gradient of picked rows counts how often each was picked."""
    x = tg.zeros(5, width, dtype=tg.float64, requires_grad=True)
    x[tg.tensor(places)].sum().backward()
    counts = np.bincount(places.reshape(-1) % 5, minlength=5)
    np.testing.assert_array_equal(x.grad.numpy(), np.repeat(counts[:, None], width, 1))


@given(indices(6, negative=False))
def test_unravel_index_is_the_inverse_of_counting(places):
    row, column = tg.unravel_index(tg.tensor(places), (2, 3))
    np.testing.assert_array_equal((row * 3 + column).numpy(), places)
    picked = tg.arange(6).reshape(2, 3)[row, column]
    np.testing.assert_array_equal(picked.numpy(), places)


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32"])
def test_an_index_of_a_dtype_that_pytorch_does_not_take(dtype):
    with pytest.raises(IndexError, match=f"an index holds int64, int32 or bools, this Tensor {dtype}"):
        tg.ones(3)[tg.tensor([0, 1]).to(getattr(tg, dtype))]


def test_a_mask_that_does_not_fit_is_told():
    with pytest.raises(IndexError, match="a mask of 3 does not fit dimension 0, whose size is 2"):
        tg.ones(2, 3)[tg.tensor([True, False, True])]


@pytest.mark.parametrize(
    "pick",
    [
        lambda x, i: x[:, i],
        lambda x, i: x[:, :, i],
        lambda x, i: x[i][:, i],
        lambda x, i: x[:, i, 1:3],
        lambda x, i: x[..., [0, 1]],
        lambda x, i: x[:, x[0, :, 0] > 3],
        lambda x, i: x[i, :, i],
        lambda x, i: x.index_select(1, i),
        lambda x, i: x.repeat_interleave(2, 1),
        lambda x, i: x.topk(2, 1)[0],
        lambda x, i: x.topk(2, 1)[1],
        lambda x, i: x.cumprod(1),
        lambda x, i: x.gather(1, x[:, :2] % 4),
        lambda x, i: tg.nn.functional.pad(x.float(), (-1, 1), "replicate"),
        lambda x, i: tg.nn.functional.grid_sample(x[None].float(), tg.zeros(1, 2, 2, 2), align_corners=False),
    ],
)
def test_what_is_copied_lies_in_order(pick):
    """So that view takes it, as in PyTorch."""
    found = pick(tg.arange(60).reshape(3, 4, 5), tg.tensor([2, 0]))
    assert found.is_contiguous()
    assert found.view(-1).tolist() == found.reshape(-1).tolist()


def test_what_is_a_view_stays_one():
    x = tg.arange(12).reshape(3, 4)
    for part in (x[:, 1:3], x.t()[1:], x[:, ::2], x[..., None, 1]):
        part[...] = -1
    assert (x == -1).sum() == 12
    assert not x[:, 1:3].is_contiguous()


def test_as_strided_scatter_is_a_write_to_a_view_of_a_copy():
    x, y = (tg.arange(n, dtype="float64", requires_grad=True) for n in (6.0, 4.0))
    for start in (None, 0, 1):
        tg.autograd.gradcheck(
            lambda x, y, s=start: x.reshape(2, 3).as_strided_scatter(y.view(2, 2), (2, 2), (3, 1), s), (x, y)
        )
    assert x.tolist() == [0, 1, 2, 3, 4, 5]
    part = tg.zeros(6)[2:]
    assert part.as_strided_scatter(tg.ones(2), (2,), (2,)).tolist() == [1, 0, 1, 0]
    assert part.as_strided_scatter(tg.ones(2), (2,), (2,), 3).tolist() == [
        0,
        1,
        0,
        1,
    ]  # counted from the memory's first
    assert part.as_strided_scatter(tg.tensor(3), (), ()).tolist() == [3, 0, 0, 0]
    for bad in (
        lambda: part.as_strided_scatter(tg.ones(1), (2,), (2,)),
        lambda: part.as_strided_scatter(tg.ones(2), (2,), (4,)),
        lambda: part.as_strided_scatter(tg.ones(2), (2,), (2,), 0),
        lambda: part.as_strided_scatter(tg.ones(2), (2,), (0,)),
        lambda: tg.zeros(2, 2).t().as_strided_scatter(tg.ones(1), (1,), (1,)),
    ):
        with pytest.raises((RuntimeError, ValueError)):
            bad()
