"""Shapes: joining, splitting, rearranging, diagonals; against NumPy, and their gradients against differences."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.kernels.expansion import expanded
from tinygrad_edu.testing.strategies import arrays, shapes

X = np.arange(24.0).reshape(2, 3, 4)


def strided(x, size, stride, start):
    """Elements of x picked one by one, `stride` apart."""
    places = np.tensordot(stride, np.indices(size), 1) + start
    return x.ravel()[places.astype(int)]


M = X[0]

# What it gives for X, the cube, or M, its first matrix, and what NumPy gives.
ORACLES = {
    "swapaxes": (lambda x: x.swapaxes(0, 2), lambda x: x.swapaxes(0, 2)),
    "moveaxis": (lambda x: tg.moveaxis(x, (0, 1), (2, 0)), lambda x: np.moveaxis(x, (0, 1), (2, 0))),
    "unflatten": (lambda x: x.unflatten(2, (2, -1)), lambda x: x.reshape(2, 3, 2, 2)),
    "squeeze": (lambda x: x[:1, :, :1].squeeze(), lambda x: x[0, :, 0]),
    "squeeze of some": (lambda x: x[:1, :, :1].squeeze((0, 1)), lambda x: x[0, :, :1]),
    "expand": (lambda x: x[:, :1].expand(5, -1, 3, -1), lambda x: np.broadcast_to(x[:, :1], (5, 2, 3, 4))),
    "hstack": (lambda x: tg.hstack([x[0], x[1]]), lambda x: np.hstack([x[0], x[1]])),
    "vstack": (lambda x: tg.vstack([x[0], x[1, 0]]), lambda x: np.vstack([x[0], x[1, 0]])),
    "dstack": (lambda x: tg.dstack([x[0], x[1]]), lambda x: np.dstack([x[0], x[1]])),
    "column_stack": (lambda x: tg.column_stack([x[0, 0], x[1, 1]]), lambda x: np.column_stack([x[0, 0], x[1, 1]])),
    "stack": (lambda x: tg.stack([x, x * 2], -2), lambda x: np.stack([x, x * 2], -2)),
    "meshgrid": (
        lambda x: tg.meshgrid(x[0, 0], x[0, 1, :3])[1],
        lambda x: np.meshgrid(x[0, 0], x[0, 1, :3], indexing="ij")[1],
    ),
    "meshgrid xy": (
        lambda x: tg.meshgrid(x[0, 0], x[0, 1, :3], indexing="xy")[0],
        lambda x: np.meshgrid(x[0, 0], x[0, 1, :3])[0],
    ),
    "tensor_split": (lambda x: x.tensor_split(3, 2)[1], lambda x: np.array_split(x, 3, 2)[1]),
    "chunk": (lambda x: x.chunk(3, 2)[-1], lambda x: x[..., 2:]),
    "split": (lambda x: x.split([1, 3], 2)[1], lambda x: x[..., 1:]),
    "hsplit": (lambda x: x.hsplit(3)[2], lambda x: np.hsplit(x, 3)[2]),
    "vsplit": (lambda x: x.vsplit(2)[1], lambda x: np.vsplit(x, 2)[1]),
    "dsplit": (lambda x: x.dsplit([1])[1], lambda x: np.dsplit(x, [1])[1]),
    "unbind": (lambda x: x.unbind(-1)[2], lambda x: x[..., 2]),
    "narrow": (lambda x: x.narrow(2, -3, 2), lambda x: x[..., 1:3]),
    "narrow_copy": (lambda x: x.narrow_copy(1, 1, 2), lambda x: x[:, 1:3]),
    "select": (lambda x: x.select(1, -1), lambda x: x[:, -1]),
    "unfold": (lambda x: x.unfold(2, 3, 1), lambda x: np.lib.stride_tricks.sliding_window_view(x, 3, 2)),
    "unfold with steps": (lambda x: x.unfold(1, 1, 2), lambda x: x[:, ::2, :, None]),
    "as_strided": (lambda x: x.as_strided((2, 3, 2), (4, 1, 1), 5), lambda x: strided(x, (2, 3, 2), (4, 1, 1), 5)),
    "as_strided of a part": (lambda x: x[1].as_strided((2,), (3,)), lambda x: strided(x[1], (2,), (3,), 0)),
    "as_strided to one": (lambda x: x.as_strided((), (), 7), lambda x: x.ravel()[7]),
    "as_strided to nothing": (lambda x: x.as_strided((0, 3), (1, 1)), lambda x: np.zeros((0, 3))),
    "flip": (lambda x: x.flip(0, -1), lambda x: np.flip(x, (0, 2))),
    "rot90": (lambda x: x.rot90(3, (1, 2)), lambda x: np.rot90(x, 3, (1, 2))),
    "rot90 the other way": (lambda x: x.rot90(-1, (2, 0)), lambda x: np.rot90(x, -1, (2, 0))),
    "roll": (lambda x: x.roll((1, -2), (1, 2)), lambda x: np.roll(x, (1, -2), (1, 2))),
    "roll of all": (lambda x: x.roll(5), lambda x: np.roll(x, 5)),
    "repeat": (lambda x: x.repeat(2, 1, 2, 1), lambda x: np.tile(x, (2, 1, 2, 1))),
    "tile": (lambda x: x.tile((2,)), lambda x: np.tile(x, 2)),
    "repeat_interleave": (lambda x: x.repeat_interleave(2), lambda x: np.repeat(x, 2)),
    "repeat_interleave by counts": (
        lambda x: x.repeat_interleave(tg.tensor([2, 0, 1]), 1),
        lambda x: np.repeat(x, [2, 0, 1], 1),
    ),
    "constant_pad_nd": (
        lambda x: tg.constant_pad_nd(x, (1, -1, 0, 2), 7.0),
        lambda x: np.pad(x, ((0, 0), (0, 2), (1, 0)), constant_values=7)[..., :-1],
    ),
    "diagonal": (lambda x: x.diagonal(1, 2, 0), lambda x: np.diagonal(x, 1, 2, 0)),
    "diag of a matrix": (lambda x: x[0].diag(-1), lambda x: np.diag(x[0], -1)),
    "diag of a vector": (lambda x: x[0, 0].diag(2), lambda x: np.diag(x[0, 0], 2)),
    "diagflat": (lambda x: x[0].diagflat(-1), lambda x: np.diagflat(x[0], -1)),
    "diag_embed": (lambda x: x.diag_embed(), lambda x: x[..., None] * np.eye(4)),
    "tril": (lambda x: x.tril(-1), lambda x: np.tril(x, -1)),
    "triu": (lambda x: x.triu(1), lambda x: np.triu(x, 1)),
    "block_diag": (
        lambda x: tg.block_diag(x[0], x[1, :1]),
        lambda x: np.block([[x[0], np.zeros((3, 4))], [np.zeros((1, 4)), x[1, :1]]]),
    ),
    "cartesian_prod": (
        lambda x: tg.cartesian_prod(x[0, 0], x[1, :, 0]),
        lambda x: np.array([(a, b) for a in x[0, 0] for b in x[1, :, 0]]),
    ),
    "combinations": (
        lambda x: tg.combinations(x[0, 0], 3),
        lambda x: x[0, 0][np.array([(0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)])],
    ),
    "atleast_3d": (lambda x: tg.atleast_3d(x[0]), lambda x: np.atleast_3d(x[0])),
    "broadcast_tensors": (
        lambda x: tg.broadcast_tensors(x[:, :1], x[0, :, :1])[0],
        lambda x: np.broadcast_to(x[:, :1], x.shape),
    ),
}


@pytest.mark.parametrize("name", ORACLES)
def test_what_numpy_gives(name):
    ours, theirs = ORACLES[name]
    np.testing.assert_array_equal(ours(tg.tensor(X)).numpy(), theirs(X), strict=True)


@pytest.mark.parametrize("name", ORACLES)
def test_gradients(name):
    program = ORACLES[name][0]
    x = tg.tensor(np.random.default_rng(0).standard_normal(X.shape), requires_grad=True)
    assert gradcheck(lambda x: program(x) * program(x), [x])
    assert gradgradcheck(lambda x: program(x) * program(x), [x])


def test_cat_of_many_meets_at_the_common_dtype():
    x = tg.ones(1, requires_grad=True)
    for other, dtype in ((tg.tensor([1]), tg.float32), (tg.ones(1, dtype=tg.float64), tg.float64)):
        y = x * 1
        y.retain_grad()
        joined = tg.cat([y, y, other, y])
        joined.sum().backward()
        assert (joined.dtype, y.grad.dtype, y.grad.tolist()) == (dtype, tg.float32, [3])


def test_what_is_repeated_once_is_a_copy():
    x = tg.ones(2)
    x.repeat_interleave(1).zero_()
    assert x.tolist() == [1, 1]


def test_choices_of_none_are_none():
    assert tg.combinations(tg.arange(3), 0).tolist() == []


REFUSALS = {
    "swapaxes": (IndexError, lambda x: x.swapaxes(0, 3)),
    "moveaxis": (RuntimeError, lambda x: x.moveaxis((0, 1), (2, 2))),
    "unflatten": (RuntimeError, lambda x: x.unflatten(2, (3, 2))),
    "squeeze": (IndexError, lambda x: x.squeeze(3)),
    "squeeze twice": (RuntimeError, lambda x: x.squeeze((0, 0))),
    "expand": (RuntimeError, lambda x: x.expand(2, 4, 4)),
    "cat of one Tensor": (TypeError, tg.cat),
    "cat of numbers": (TypeError, lambda x: tg.cat([x, 1.0])),
    "stack of nothing": (RuntimeError, lambda x: tg.stack([])),
    "hstack": (RuntimeError, lambda x: tg.hstack([x, x[0]])),
    "block_diag": (RuntimeError, lambda x: tg.block_diag(x)),
    "meshgrid": (RuntimeError, lambda x: tg.meshgrid(x)),
    "meshgrid by another name": (ValueError, lambda x: tg.meshgrid(x[0, 0], indexing="ji")),
    "meshgrid of dtypes": (RuntimeError, lambda x: tg.meshgrid(x[0, 0], tg.arange(3))),
    "cartesian_prod": (RuntimeError, lambda x: tg.cartesian_prod(x)),
    "combinations": (RuntimeError, lambda x: tg.combinations(x)),
    "select": (IndexError, lambda x: x.select(2, 4)),
    "narrow from beyond": (IndexError, lambda x: x.narrow(2, 5, 0)),
    "narrow": (RuntimeError, lambda x: x.narrow(2, 3, 2)),
    "split": (RuntimeError, lambda x: x.split([1, 1], 2)),
    "split by less than nothing": (RuntimeError, lambda x: x.split(-1)),
    "chunk": (RuntimeError, lambda x: x.chunk(0)),
    "tensor_split": (RuntimeError, lambda x: x.tensor_split(0)),
    "hsplit": (RuntimeError, lambda x: x.hsplit(2)),
    "dsplit": (RuntimeError, lambda x: x[0].dsplit(2)),
    "unbind": (IndexError, lambda x: x[0, 0, 0].unbind()),
    "unfold": (RuntimeError, lambda x: x.unfold(0, 3, 1)),
    "unfold without steps": (RuntimeError, lambda x: x.unfold(0, 1, 0)),
    "as_strided beyond": (RuntimeError, lambda x: x.as_strided((2, 5), (20, 1))),
    "as_strided before": (RuntimeError, lambda x: x[1].as_strided((2,), (1,), 0)),
    "as_strided over gaps": (RuntimeError, lambda x: x[..., ::2].as_strided((2,), (1,))),
    "as_strided backwards": (ValueError, lambda x: x.as_strided((2,), (-1,), 3)),
    "as_strided with too few steps": (ValueError, lambda x: x.as_strided((2, 2), (1,))),
    "flip": (RuntimeError, lambda x: x.flip(0, -3)),
    "fliplr": (RuntimeError, lambda x: x[0, 0].fliplr()),
    "rot90": (RuntimeError, lambda x: x.rot90(1, (0, -3))),
    "roll": (RuntimeError, lambda x: x.roll((1, 2), 0)),
    "repeat": (RuntimeError, lambda x: x.repeat(2, 2)),
    "repeat_interleave": (RuntimeError, lambda x: x.repeat_interleave(tg.tensor([1, 2]), 1)),
    "repeat_interleave by fractions": (TypeError, lambda x: x.repeat_interleave(1.5)),
    "constant_pad_nd": (RuntimeError, lambda x: tg.constant_pad_nd(x, (1,))),
    "constant_pad_nd to less than nothing": (RuntimeError, lambda x: tg.constant_pad_nd(x, (-3, -2))),
    "diag": (RuntimeError, lambda x: x.diag()),
    "diagonal": (RuntimeError, lambda x: x.diagonal(0, 1, -2)),
    "tril": (RuntimeError, lambda x: x[0, 0].tril()),
    "tril_indices": (RuntimeError, lambda x: tg.tril_indices(-1, 2)),
    "broadcast_shapes": (RuntimeError, lambda x: tg.broadcast_shapes((3,), (4,))),
    "a dimension that is no integer": (TypeError, lambda x: x.select(0.5, 0)),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name):
    kind, program = REFUSALS[name]
    with pytest.raises(kind) as error:
        program(tg.tensor(X))
    assert "operands could not be broadcast" not in str(error.value)


def test_bytes_seen_as_another_dtype():
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    bits = x.view(tg.int32)
    assert bits.tolist() == x.detach().numpy().view("int32").tolist()
    assert (x.view(tg.int16).shape, x.view(tg.float64).shape) == ((2, 4), (2, 1))
    assert not x.view(tg.float64).requires_grad
    y = x.detach().clone()
    y.view(tg.int32)[0, 0] = 0
    assert y[0, 0].item() == 0
    for wrong in (lambda: y[:, :1].view(tg.float64), lambda: y.t().view(tg.float64)):
        with pytest.raises(RuntimeError, match="cannot be seen as float64"):
            wrong()
    with pytest.raises(TypeError, match="not a dtype"):
        y.view(object())


def test_a_view_of_windows_learns_of_a_write():
    """Windows overlap, so they are read only; a write to their source is seen by them and by backward."""
    x = tg.arange(5.0).requires_grad_()
    base = x * 1
    windows = base.unfold(0, 3, 1)
    base[2] = 10.0
    assert windows.tolist() == [[0, 1, 10], [1, 10, 3], [10, 3, 4]]
    windows.sum().backward()
    assert x.grad.tolist() == [1, 2, 0, 2, 1]

    squares = base.unfold(0, 3, 1).square()
    base.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace"):
        squares.sum().backward()


def test_a_diagonal_is_written_through():
    x = tg.zeros(3, 3)
    x.diagonal().copy_(tg.tensor([1.0, 2.0, 3.0]))
    x.diagonal(1).fill_(5)
    assert x.tolist() == [[1, 5, 0], [0, 2, 5], [0, 0, 3]]


def test_a_tensor_takes_another_shape_in_place():
    x = tg.arange(6.0).requires_grad_()
    y = (x * 1).view(2, 3)
    assert y.t_() is y
    assert y.unsqueeze_(0).shape == (1, 3, 2)
    (y.squeeze_(0) * tg.tensor([1.0, 10.0])).sum().backward()
    assert x.grad.tolist() == [1, 1, 1, 10, 10, 10]
    with pytest.raises(RuntimeError, match="leaf"):
        x.unsqueeze_(0)


def test_a_view_of_what_then_takes_another_shape_is_refused():
    """PyTorch follows it by strides; here it would get the gradient of other elements."""
    base = tg.arange(4.0).view(2, 2).requires_grad_() * 1
    row = base[0]
    base.t_()
    assert row.requires_grad  # nothing is lost until the base is written to
    base.mul_(2)
    with pytest.raises(RuntimeError, match="make the view anew"):
        row.sum()


@given(arrays(shapes(min_side=1)), st.data())
def test_what_is_split_joins_again(x, data):
    tensor = tg.tensor(x)
    if not x.ndim:
        return
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    n = data.draw(st.integers(1, 4))
    for parts in (tensor.split(n, dim), tensor.chunk(n, dim), tensor.tensor_split(n, dim)):
        np.testing.assert_array_equal(tg.cat(parts, dim).numpy(), x)
    np.testing.assert_array_equal(tg.stack(tensor.unbind(dim), dim).numpy(), x)


@given(arrays(shapes(min_side=1)), st.data())
def test_what_undoes_itself(x, data):
    tensor = tg.tensor(x)
    k = data.draw(st.integers(-5, 5))
    np.testing.assert_array_equal(tensor.roll(k).roll(-k).numpy(), x)
    if x.ndim:
        dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
        np.testing.assert_array_equal(tensor.flip(dim).flip(dim).numpy(), x)
        np.testing.assert_array_equal(tensor.diag_embed(k).diagonal(k, -2, -1).numpy(), x)
    if x.ndim > 1:
        np.testing.assert_array_equal(tensor.rot90(k).rot90(-k).numpy(), x)
        np.testing.assert_array_equal((tensor.tril(k) + tensor.triu(k + 1)).numpy(), x)


SPLITS = {
    "split": (lambda x: x.split([1, 0, 3], 1), lambda x: (x[:, :1], x[:, 1:1], x[:, 1:])),
    "chunk": (lambda x: x.chunk(2, -1), lambda x: (x[:, :2], x[:, 2:])),
    "unbind": (lambda x: x.unbind(1), lambda x: tuple(x[:, i] for i in range(4))),
}


@pytest.mark.parametrize("name", SPLITS)
def test_parts_of_a_split_are_slices_whose_gradients_are_joined(name):
    split, slices = SPLITS[name]
    results = []
    for program in (split, slices):
        x = tg.arange(12.0).reshape(3, 4).requires_grad_()
        parts = program(x * x)
        # one part twice, another not at all
        (slope,) = tg.autograd.grad((parts[-1] ** 2).sum() + parts[-1].sum(), x, create_graph=True)
        (second,) = tg.autograd.grad((slope * slope).sum(), x)
        results.append([*parts, slope, second])
    for found, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(found.detach().numpy(), expected.detach().numpy())


def test_writing_to_a_part_of_a_split_is_seen_by_all():
    x = tg.ones(2, 3, requires_grad=True)
    y = x * 2
    first, rest = y.split([1, 2], 1)
    first.mul_(5)
    rest[:, 1] = 7.0
    assert y.tolist() == [[10, 2, 7], [10, 2, 7]]
    (y.sum() + first.sum()).backward()
    assert x.grad.tolist() == [[20, 2, 0], [20, 2, 0]]
    y.zero_()
    assert not rest.any()


def test_a_filled_diagonal():
    assert tg.zeros(2, 3).fill_diagonal_(1).tolist() == [[1, 0, 0], [0, 1, 0]]
    tall = tg.zeros(5, 2)
    assert tall.fill_diagonal_(1, wrap=True) is tall
    assert tall.tolist() == [[1, 0], [0, 1], [0, 0], [1, 0], [0, 1]]
    assert tg.zeros(2, 2, 2).fill_diagonal_(3).nonzero().tolist() == [[0, 0, 0], [1, 1, 1]]
    x = tg.ones(3, 3, requires_grad=True)
    (x * 2).fill_diagonal_(0).sum().backward()
    assert x.grad.tolist() == [[0, 2, 2], [2, 0, 2], [2, 2, 0]]
    for wrong in (tg.ones(3), tg.ones(2, 3, 2)):
        with pytest.raises(RuntimeError, match="fill_diagonal_ needs a matrix"):
            wrong.fill_diagonal_(0)


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ((), (3, 2)),
        ((), ()),
        ((2, 1), (2, 5)),
        ((2, 1), (4, 2, 3)),
        ((0, 1), (0, 4)),
        ((1, 0), (3, 0)),
        ((1, 1), (0, 0)),
    ],
)
def test_what_is_expanded_is_what_numpy_repeats(shape, wanted):
    x = np.arange(math.prod(shape), dtype="float32").reshape(shape)
    for array in (x, np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2]) if shape else (x,):
        found, repeated = expanded(array, wanted), np.broadcast_to(array, wanted)
        assert found.shape == wanted
        assert found.strides == repeated.strides
        assert found.tolist() == repeated.tolist()
        assert not found.flags.writeable
        assert math.prod(wanted) == 0 or np.shares_memory(found, array)


@pytest.mark.parametrize("wanted", [(3, 5), (5,), ()])
def test_what_cannot_be_expanded_is_refused(wanted):
    with pytest.raises(ValueError, match=r"broadcast|dimensions"):
        expanded(np.ones((2, 1)), wanted)
