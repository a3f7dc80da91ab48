"""Shapes beside PyTorch: reshaping, joining, splitting, rearranging, diagonals; values, gradients, views, refusals."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg

from .compare import hold

FLOATS = ["float64", "float32", "float16"]
DTYPES = [*FLOATS, "int64", "int32", "uint8", "bool"]


def refused(program, *arrays):
    """Whether PyTorch raises."""
    try:
        program(torch, *[torch.from_numpy(np.array(x)) for x in arrays])
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError):
        return True
    return False


def check(table, name, dtype, shape):
    x = np.arange(-2, np.prod(shape) - 2).reshape(shape).astype(dtype)
    assert name.startswith("bad") == refused(table[name], x)
    hold(table[name], x)


# On x of shape (2, 3); what starts with "bad" PyTorch refuses.
MATRIX = {
    "swapaxes": lambda m, x: [m.swapaxes(x, 0, 1), x.swapaxes(-1, 0), m.swapdims(x, 0, 1), x.swapdims(0, -1)],
    "swapaxes by name": lambda m, x: [x.swapaxes(axis0=0, axis1=1), m.swapdims(x, dim0=0, dim1=1)],
    "bad swapaxes": lambda m, x: x.swapaxes(0, 2),
    "moveaxis": lambda m, x: [m.moveaxis(x, 0, 1), x.moveaxis((0, 1), (1, 0)), x[None].moveaxis([0], [-1])],
    "bad moveaxis to one place": lambda m, x: x.moveaxis((0, 1), (0, 0)),
    "concat": lambda m, x: [m.concat([x, x]), m.concatenate((x, x), 1), m.concat([x, x], dim=1)],
    "axis for dim": lambda m, x: [m.cat([x, x], axis=1), m.stack([x, x], axis=-1), m.concatenate([x, x], axis=1)],
    "hstack": lambda m, x: [
        m.hstack([x, x]),
        m.hstack((x[0], x[1, :2])),
        m.hstack([x[0, 0], x[1]]),
        m.hstack([x[None]]),
    ],
    "bad hstack": lambda m, x: m.hstack([x, x[0]]),
    "bad hstack of nothing": lambda m, x: m.hstack([]),
    "bad hstack of one Tensor": lambda m, x: m.hstack(x),
    "bad stack of one Tensor": lambda m, x: m.stack(x),
    "bad cat of one Tensor": lambda m, x: m.cat(x),
    "vstack": lambda m, x: [m.vstack([x, x[0]]), m.row_stack((x[0], x[1])), m.vstack([x[0, 0], x[1, 1]])],
    "bad vstack": lambda m, x: m.vstack([x, x[0, :2]]),
    "dstack": lambda m, x: [
        m.dstack([x, x]),
        m.dstack([x[0], x[1]]),
        m.dstack([x[0, 0], x[0, 1]]),
        m.dstack([x[None]] * 2),
    ],
    "column_stack": lambda m, x: [
        m.column_stack([x, x[:, 0]]),
        m.column_stack((x[0], x[1])),
        m.column_stack([x[0, 0]] * 2),
    ],
    "bad column_stack": lambda m, x: m.column_stack([x, x[0]]),
    "block_diag": lambda m, x: [
        m.block_diag(x, x.T),
        m.block_diag(x[0], x[0, 0], x),
        m.block_diag(x),
        m.block_diag(x[:0], x),
        m.block_diag(x[:, :0], x),
        m.block_diag(),
    ],
    "bad block_diag": lambda m, x: m.block_diag(x[None]),
    "meshgrid": lambda m, x: [
        m.meshgrid(x[0], x[:, 0], indexing="ij"),
        m.meshgrid(x[0], x[:, 0], indexing="xy"),
        m.meshgrid([x[0], x[0, 0], x[1]], indexing="xy"),
        m.meshgrid(x[0], indexing="xy"),
        m.meshgrid(x[0, 0], indexing="ij"),
        m.meshgrid(x[0], x[0, :0], indexing="ij"),
    ],
    "bad meshgrid": lambda m, x: m.meshgrid(x, indexing="ij"),
    "bad meshgrid of dtypes": lambda m, x: m.meshgrid(x[0], m.zeros(2, dtype=m.int16), indexing="ij"),
    "bad meshgrid by another name": lambda m, x: m.meshgrid(x[0], indexing="ji"),
    "cartesian_prod": lambda m, x: [
        m.cartesian_prod(x[0], x[1]),
        m.cartesian_prod(x[0]),
        m.cartesian_prod(x[0], x[1], x[:, 0]),
        m.cartesian_prod(x[0], x[0, :0]),
    ],
    "bad cartesian_prod": lambda m, x: m.cartesian_prod(x, x[0]),
    "combinations": lambda m, x: [
        m.combinations(x[0]),
        m.combinations(x[0], r=3),
        m.combinations(x[0], 2, True),
        m.combinations(x[0], r=3, with_replacement=True),
        m.combinations(x[0], 1),
        m.combinations(x[0], 4),
        m.combinations(x[0, :0]),
    ],
    "bad combinations": lambda m, x: m.combinations(x),
    "bad combinations of less than none": lambda m, x: m.combinations(x[0], -1),
    "atleast": lambda m, x: [
        *[f(y) for f in (m.atleast_1d, m.atleast_2d, m.atleast_3d) for y in (x[0, 0], x[0], x, x[None], x[None, None])],
        m.atleast_2d(x[0], x[0, 0]),
        m.atleast_3d([x, x[0]]),
        m.atleast_1d((x[0, 0], x)),
    ],
    "broadcast_tensors": lambda m, x: [m.broadcast_tensors(x, x[0]), m.broadcast_tensors(x[:, :1], x[0], x[0, 0])],
    "bad broadcast_tensors": lambda m, x: m.broadcast_tensors(x, x.T),
    "split_with_sizes": lambda m, x: [
        m.split_with_sizes(x, [1, 2], 1),
        x.split_with_sizes((2, 0)),
        x.split_with_sizes([3], -1),
    ],
    "bad split_with_sizes": lambda m, x: x.split_with_sizes([1, 2]),
    "split of nothing": lambda m, x: [
        x[:0].split(2),
        x[:0].chunk(3),
        x[:0].tensor_split(2),
        x[:, :0].unbind(1),
        x[:0].split(0),
    ],
    "bad split of a number": lambda m, x: x[0, 0].split(1),
    "bad chunk of a number": lambda m, x: x[0, 0].chunk(1),
    "tensor_split": lambda m, x: [
        m.tensor_split(x, 2, 1),
        x.tensor_split((1, 2), dim=1),
        x.tensor_split([1, -1], 1),
        x.tensor_split(5, -1),
        x.tensor_split((2, 1, 7), 1),
        x.tensor_split(()),
        x.tensor_split(m.tensor([1])),
        x.tensor_split(m.tensor(2), 1),
    ],
    "bad tensor_split": lambda m, x: x.tensor_split(0),
    "bad tensor_split of a number": lambda m, x: x[0, 0].tensor_split(1),
    "hsplit": lambda m, x: [m.hsplit(x, 3), x.hsplit((1,)), x[0].hsplit(3), x.hsplit([1, 2])],
    "bad hsplit": lambda m, x: x.hsplit(2),
    "bad hsplit by nothing": lambda m, x: x.hsplit(0),
    "bad hsplit of a number": lambda m, x: x[0, 0].hsplit(1),
    "vsplit": lambda m, x: [m.vsplit(x, 2), x.vsplit((1,))],
    "bad vsplit": lambda m, x: x[0].vsplit(1),
    "dsplit": lambda m, x: [m.dsplit(x[None], 3), x[None].dsplit((1,))],
    "bad dsplit": lambda m, x: x.dsplit(1),
    "select": lambda m, x: [m.select(x, 0, 1), x.select(-1, -3), x.select(dim=1, index=0)],
    "bad select of a number": lambda m, x: x[0, 0].select(0, 0),
    "bad select before the first": lambda m, x: x.select(0, -3),
    "narrow": lambda m, x: [x.narrow(0, m.tensor(1), 1), x.narrow(1, 3, 0), x.narrow(dim=1, start=-2, length=2)],
    "H": lambda m, x: [x.H, x[None].mH],
    "bad H of a vector": lambda m, x: x[0].H,
    "bad H of matrices": lambda m, x: x[None].H,
    "narrow_copy": lambda m, x: [x.narrow_copy(0, 1, 1), m.narrow_copy(x, dim=1, start=1, length=2)],
    "bad narrow of a number": lambda m, x: x[0, 0].narrow(0, 0, 1),
    "bad narrow from beyond": lambda m, x: x.narrow(0, 3, 0),
    "bad narrow from before": lambda m, x: x.narrow(0, -3, 1),
    "unfold": lambda m, x: [
        x.unfold(1, 2, 1),
        x.unfold(-1, 2, 2),
        x.unfold(0, 2, 1),
        x.unfold(1, 1, 2),
        x.unfold(1, 3, 5),
    ],
    "unfold of little": lambda m, x: [
        x.unfold(1, 0, 1),
        x[0, 0].unfold(0, 1, 1),
        x[0, 0].unfold(0, 0, 1),
        x[:0].unfold(1, 2, 1),
    ],
    "bad unfold": lambda m, x: x.unfold(0, 3, 1),
    "bad unfold without steps": lambda m, x: x.unfold(0, 1, 0),
    "bad unfold of less than nothing": lambda m, x: x.unfold(0, -1, 1),
    "flips": lambda m, x: [m.flipud(x), m.fliplr(x), x.flipud(), x.fliplr(), x[0].flipud(), x[None].fliplr()],
    "bad fliplr": lambda m, x: x[0].fliplr(),
    "bad flipud": lambda m, x: x[0, 0].flipud(),
    "rot90": lambda m, x: [
        *[m.rot90(x, k) for k in range(-5, 6)],
        x.rot90(1, (1, 0)),
        x.rot90(k=2, dims=[-2, -1]),
        x.rot90(),
    ],
    "bad rot90": lambda m, x: x.rot90(1, (0, 0)),
    "bad rot90 of a vector": lambda m, x: x[0].rot90(),
    "bad rot90 of one dimension": lambda m, x: x.rot90(1, (0,)),
    "roll": lambda m, x: [
        m.roll(x, 1),
        x.roll(-2),
        x.roll(1, 0),
        m.roll(x, (1, -1), (0, 1)),
        x.roll((1, 1), (1, 1)),
        x.roll(shifts=7, dims=-1),
        x[0, 0].roll(1),
        x[:0].roll(1, 0),
        x[:0].roll(1),
    ],
    "bad roll": lambda m, x: x.roll((1, 2), (0,)),
    "bad roll without dims": lambda m, x: x.roll((1, 2)),
    "bad roll of a number": lambda m, x: x[0, 0].roll(1, 0),
    "bad roll along what is not there": lambda m, x: x.roll(1, 2),
    "repeat_interleave": lambda m, x: [
        m.repeat_interleave(x, 2),
        x.repeat_interleave(2, dim=1),
        x.repeat_interleave(m.tensor([2, 0]), 0),
        x.repeat_interleave(m.tensor([3]), dim=-1),
        x.repeat_interleave(m.tensor(2), dim=0),
        x.repeat_interleave(m.tensor([0, 1, 2]), 1, output_size=3),
        x.repeat_interleave(repeats=0, dim=0),
        x[0, 0].repeat_interleave(3),
        x[:, 0].repeat_interleave(m.tensor([1, 2])),
        m.repeat_interleave(m.tensor([2, 0, 1])),
    ],
    "bad repeat_interleave": lambda m, x: x.repeat_interleave(m.tensor([1, 2, 1]), 0),
    "bad repeat_interleave less than never": lambda m, x: x.repeat_interleave(-1, 0),
    "bad repeat_interleave to another size": lambda m, x: x.repeat_interleave(m.tensor([1, 2]), 0, output_size=4),
    "bad repeat_interleave by a table": lambda m, x: x.repeat_interleave(m.tensor([[1, 2]]), 0),
    "bad repeat_interleave by fractions": lambda m, x: x.repeat_interleave(m.tensor([1.0, 2.0]), 0),
    "constant_pad_nd": lambda m, x: [
        m.constant_pad_nd(x, (1, 2)),
        m.constant_pad_nd(x, (1, 0, 0, 2), 1),
        m.constant_pad_nd(x, (-1, 1), 1),
        m.constant_pad_nd(x, (0, -1, -1, 0)),
        m.constant_pad_nd(x, [-1, -2]),
        m.constant_pad_nd(x, ()),
    ],
    "bad constant_pad_nd": lambda m, x: m.constant_pad_nd(x, (1,)),
    "bad constant_pad_nd of too many": lambda m, x: m.constant_pad_nd(x, (1, 1) * 3),
    "bad constant_pad_nd to less than nothing": lambda m, x: m.constant_pad_nd(x, (-2, -2)),
    "diag": lambda m, x: [
        m.diag(x),
        x.diag(1),
        x.diag(-1),
        x.diag(9),
        x[0].diag(),
        m.diag(x[0], 2),
        x[0].diag(diagonal=-1),
    ],
    "bad diag": lambda m, x: x[None].diag(),
    "bad diag of a number": lambda m, x: x[0, 0].diag(),
    "diagonal": lambda m, x: [
        m.diagonal(x),
        x.diagonal(1),
        x.diagonal(-1, 1, 0),
        x.diagonal(offset=9),
        x[None].diagonal(dim1=-1, dim2=0),
        x[None].diagonal(0, 1, 2),
        x[:0].diagonal(),
    ],
    "bad diagonal": lambda m, x: x.diagonal(0, 1, -1),
    "bad diagonal of a vector": lambda m, x: x[0].diagonal(),
    "diag_embed": lambda m, x: [
        m.diag_embed(x),
        x.diag_embed(1),
        x.diag_embed(-2, 0, 1),
        x.diag_embed(dim1=2, dim2=0),
        x.diag_embed(offset=1, dim1=-1, dim2=-3),
        x[0, :0].diag_embed(),
        x[:0].diag_embed(),
    ],
    "bad diag_embed": lambda m, x: x.diag_embed(0, 1, 1),
    "bad diag_embed of a number": lambda m, x: x[0, 0].diag_embed(),
    "diagflat": lambda m, x: [m.diagflat(x), x.diagflat(-1), x[0, 0].diagflat(1), x[:0].diagflat()],
    "tril": lambda m, x: [*[m.tril(x, k) for k in range(-3, 4)], x.T.tril(), x[None].tril(diagonal=1), x[:0].tril()],
    "triu": lambda m, x: [*[m.triu(x, k) for k in range(-3, 4)], x.T.triu(), x[None].triu(diagonal=1), x[:, :0].triu()],
    "bad tril": lambda m, x: x[0].tril(),
    "bad triu": lambda m, x: x[0, 0].triu(),
    "tril in place": lambda m, x: [x.clone().tril_(), x.clone().triu_(1)],
    "unflatten": lambda m, x: [x.unflatten(1, (1, 3)), x.unflatten(dim=0, sizes=(-1, 2)), x.T.unflatten(0, (3, 1))],
    "bad unflatten of a number": lambda m, x: x[0, 0].unflatten(0, (1, 1)),
    "shapes in place": lambda m, x: [
        x.clone().unsqueeze_(0),
        x.clone()[None].squeeze_(0),
        x.clone()[None, :, None].squeeze_(),
        x.clone().t_(),
        x.clone().transpose_(0, 1),
        x.clone().swapaxes_(0, 1),
        x.clone().swapdims_(-1, 0),
    ],
    "bad unsqueeze in place": lambda m, x: x.clone().unsqueeze_(3),
    "T of more": lambda m, x: [x.mT, x[None].mT, x[None].transpose(0, 2)],
    "in order": lambda m, x: [x.T.contiguous(), x.expand(4, 2, 3).contiguous(), x[:, ::2].contiguous()],
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", MATRIX)
def test_shapes(name, dtype):
    check(MATRIX, name, dtype, (2, 3))


# On x of shape (2, 3, 4).
CUBE = {
    "diagonals": lambda m, x: [
        x.diagonal(k, a, b) for k in (-2, 0, 1) for a, b in [(0, 1), (1, 0), (0, 2), (2, 1), (-1, -2), (1, 2)]
    ],
    "triangles": lambda m, x: [f(x, k) for f in (m.tril, m.triu) for k in (-1, 0, 2)],
    "windows": lambda m, x: [x.unfold(d, n, s) for d in (1, 2, -1) for n in (1, 2, 3) for s in (1, 2, 3)],
    "windows of windows": lambda m, x: x.unfold(1, 2, 1).unfold(2, 3, 1),
    "windows of other orders": lambda m, x: [x.transpose(0, 2).unfold(0, 2, 2), x.flip(2)[..., ::2].unfold(2, 2, 1)],
    "turns": lambda m, x: [x.rot90(k, d) for k in (1, 2, 3) for d in [(0, 2), (2, 1), (-1, 0)]],
    "rolls": lambda m, x: [x.roll((1, 2), (2, 0)), x.roll((-1, 3, 1), (0, 1, 2)), x.roll(5)],
    "pads": lambda m, x: [m.constant_pad_nd(x, (1, -1, 0, 2, -1, 1), 1), m.constant_pad_nd(x, (0, 0, 1, 1))],
    "repeats": lambda m, x: [x.tile(2, 1), x.repeat(1, 2, 1, 2), x.repeat_interleave(2, 1)],
    "orders": lambda m, x: [x.movedim((0, 1), (-1, 0)), x.permute(2, 0, 1), x.moveaxis(2, 0), x.mT, x.swapaxes(0, 2)],
    "squeezed": lambda m, x: [
        x[:1].squeeze(),
        x[:1, :, :1].squeeze((0, 2)),
        x[:1].squeeze(
            0,
        ),
        x.squeeze(dim=1),
        x[:1].squeeze(()),
        x[:1].squeeze([]),
    ],
    "bad squeezed twice": lambda m, x: x.squeeze((0, 0)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CUBE)
def test_shapes_of_three_dimensions(name, dtype):
    check(CUBE, name, dtype, (2, 3, 4))


@pytest.mark.parametrize("name", ["tril_indices", "triu_indices"])
def test_indices_of_triangles(name):
    for row, col, offset in [(3, 3, 0), (2, 4, 1), (4, 2, -1), (0, 3, 0), (3, 0, 0), (2, 2, 9), (2, 2, -9)]:
        hold(lambda m, r=row, c=col, o=offset: getattr(m, name)(r, c, o))
    hold(lambda m: getattr(m, name)(2, 3, offset=1, dtype=m.int32))
    hold(lambda m: getattr(m, name)(-1, 3))


# What PyTorch makes a view: written through, its base follows, and so do gradients.
VIEWS = {
    "view": lambda x: x.view(3, 2),
    "reshape": lambda x: x.reshape(-1),
    "flatten": lambda x: x.flatten(),
    "unflatten": lambda x: x.unflatten(1, (3, 1)),
    "ravel": lambda x: x.ravel(),
    "squeeze": lambda x: x[None].squeeze(0),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "expand": lambda x: x.expand(2, 3),
    "permute": lambda x: x.permute(1, 0),
    "transpose": lambda x: x.transpose(0, 1),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "t": lambda x: x.t(),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "movedim": lambda x: x.movedim(0, 1),
    "select": lambda x: x.select(1, -1),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "slice": lambda x: x[:, ::2],
    "diagonal": lambda x: x.diagonal(1),
    "diagonal of another order": lambda x: x.T.diagonal(-1, 1, 0),
    "unfold": lambda x: x.unfold(1, 1, 2),
    "unfold of other windows": lambda x: x.view(6).unfold(0, 2, 3),
    "contiguous": lambda x: x.contiguous(),
    "view of a view of a view": lambda x: x.T[1:].diagonal().unsqueeze(0)[:, 1:],
}


def written_through(view, m, x, v):
    base = x * 1
    part = view(base)
    part.mul_(v)
    before = base * 2
    part.copy_(part + v)
    return [base, part, before]


def written_beneath(view, m, x, v):
    base = x * 1
    part = view(base)
    base.mul_(v)
    return [base, part, part * v]


@pytest.mark.parametrize("name", VIEWS)
def test_views(name):
    x = np.arange(6.0).reshape(2, 3)
    hold(lambda m, x, v: written_through(VIEWS[name], m, x, v), x, np.array(3.0))
    hold(lambda m, x, v: written_beneath(VIEWS[name], m, x, v), x, np.array(3.0))
    for program in (written_through, written_beneath):
        hold(lambda m, x, v, p=program: p(VIEWS[name], m, x, v), x, np.array(3.0), backward=False)


SEVERAL = {
    "split": lambda x: x.split(2, 1),
    "split_with_sizes": lambda x: x.split_with_sizes([1, 2], 1),
    "chunk": lambda x: x.chunk(2, 1),
    "tensor_split": lambda x: x.tensor_split((1,), 1),
    "hsplit": lambda x: x.hsplit(3),
    "vsplit": lambda x: x.vsplit(2),
    "unbind": lambda x: x.unbind(1),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_views_that_come_in_several(name):
    """PyTorch refuses to write to these where gradients are asked for; without them it writes to the base."""
    x = np.arange(6.0).reshape(2, 3)
    hold(lambda m, x: written_through(lambda y: SEVERAL[name](y)[0], m, x, 3.0), x, backward=False)
    hold(lambda m, x: written_beneath(lambda y: SEVERAL[name](y)[-1], m, x, 3.0), x, lenient=True)


COPIES = {
    "flip": lambda m, x: x.flip(0),
    "flip nothing": lambda m, x: x.flip(()),
    "roll": lambda m, x: x.roll(0),
    "rot90": lambda m, x: x.rot90(0),
    "rot90 by half": lambda m, x: x.rot90(2),
    "repeat": lambda m, x: x.repeat(1, 1),
    "tile": lambda m, x: x.tile(1),
    "repeat_interleave": lambda m, x: x.repeat_interleave(1, 0),
    "diag": lambda m, x: x.diag(),
    "diag_embed": lambda m, x: x.diag_embed(),
    "tril": lambda m, x: x.tril(9),
    "triu": lambda m, x: x.triu(-9),
    "take": lambda m, x: x.take(m.tensor([0, 1])),
    "gather": lambda m, x: x.gather(0, m.tensor([[0, 0, 0]])),
    "index_select": lambda m, x: x.index_select(0, m.tensor([0, 1])),
    "masked_select": lambda m, x: x.masked_select(x == x),
    "constant_pad_nd": lambda m, x: m.constant_pad_nd(x, (0, -1)),
    "cat of one": lambda m, x: m.cat([x]),
    "stack of one": lambda m, x: m.stack([x]),
    "scatter of nothing": lambda m, x: x.scatter(0, m.zeros(0, 3, dtype=m.int64), 1.0),
    "masked_fill": lambda m, x: x.masked_fill(x != x, 1.0),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies(name):
    def program(m, x):
        base = x * 1
        COPIES[name](m, base).zero_()
        return base

    hold(program, np.arange(6.0).reshape(2, 3))


def test_a_window_that_shares_elements_is_not_written_to():
    """PyTorch writes, in an order of its own."""
    with pytest.raises(RuntimeError, match="share"):
        tg.arange(4.0).unfold(0, 2, 1).mul_(2)


def test_a_leaf_keeps_its_shape():
    hold(lambda m, x: x.unsqueeze_(0), np.arange(3.0))
    hold(lambda m, x: x.detach().unsqueeze_(0) * x, np.arange(3.0))


def test_shapes_in_place_follow_the_base():
    def program(m, x):
        base = x * 1
        part = base[:, 1:]
        part.t_().unsqueeze_(0)
        part.mul_(3)
        return [base, part, part.squeeze_(0).sum(0)]

    hold(program, np.arange(6.0).reshape(2, 3))


def test_shapes_of_shapes():
    hold(lambda m: m.zeros(m.broadcast_shapes((3, 1), (4,), (1, 1, 1))))
    assert tg.broadcast_shapes((3, 1), (4,)).numel() == torch.broadcast_shapes((3, 1), (4,)).numel()
    hold(lambda m: m.zeros(m.broadcast_shapes(2, (3, 1))))
    hold(lambda m: m.zeros(m.broadcast_shapes((3,), (4,))))


shape = st.lists(st.integers(0, 3), min_size=0, max_size=3).map(tuple)


@given(shape, st.data())
def test_any_shape_along_any_dimension(sizes, data):
    """Also along dimensions that do not exist."""
    x = np.arange(np.prod(sizes, dtype=int), dtype="float64").reshape(sizes)
    dim = data.draw(st.integers(-len(sizes) - 1, len(sizes)))
    n = data.draw(st.integers(0, 3))
    start = data.draw(st.integers(-4, 4))
    for program in (
        lambda m, x: x.unfold(dim, n, start),
        lambda m, x: x.narrow(dim, start, n),
        lambda m, x: x.split(n, dim),
        lambda m, x: x.chunk(n, dim),
        lambda m, x: x.tensor_split(n, dim),
        lambda m, x: x.tensor_split((start, n), dim),
        lambda m, x: x.unbind(dim),
        lambda m, x: x.select(dim, start),
        lambda m, x: x.flip(dim),
        lambda m, x: x.squeeze(dim),
        lambda m, x: x.unsqueeze(dim),
        lambda m, x: x.diagonal(start, dim, -1),
        lambda m, x: x.diag_embed(start, dim, -1),
        lambda m, x: x.transpose(dim, 0),
        lambda m, x: x.movedim(dim, 0),
        lambda m, x: x.rot90(start, (dim, 0)),
        lambda m, x: m.stack([x, x], dim),
        lambda m, x: [m.hstack([x, x]), m.vstack([x, x]), m.dstack([x, x])],
        lambda m, x: m.tril(x, start),
        lambda m, x: x.tile((n, 2)),
    ):
        hold(program, x)
    if x.size:  # of nothing PyTorch rolls and joins any dimension, and it does not repeat along one of a number
        hold(lambda m, x: m.cat([x, x], dim), x)
        hold(lambda m, x: x.roll(start, dim), x)
        hold(lambda m, x: x.repeat_interleave(n, dim), x, lenient=not sizes)
