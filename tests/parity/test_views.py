"""Writes through every kind of view, seen by its base and by gradients: the same with PyTorch and with us."""

import itertools

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

X = np.linspace(-1, 1, 12).reshape(2, 6)

VIEWS = {
    "row": lambda x: x[0],
    "rows": lambda x: x[1:],
    "every second": lambda x: x[:, ::2],
    "new dimension": lambda x: x[None],
    "column": lambda x: x[..., 1],
    "view": lambda x: x.view(-1),
    "reshape": lambda x: x.reshape(3, 4),
    "transpose": lambda x: x.transpose(0, 1),
    "permute": lambda x: x.permute(1, 0),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "t": lambda x: x.t(),
    "narrow": lambda x: x.narrow(1, 1, 3),
    "select": lambda x: x.select(1, 2),
    "diagonal": lambda x: x.diagonal(1),
    "unfold": lambda x: x.unfold(1, 2, 2),
    "as_strided": lambda x: x.as_strided((2, 3), (7, 2), 0),
    "as_strided of columns": lambda x: x.t().as_strided((2, 2), (1, 7)),
    "squeeze": lambda x: x[:1].squeeze(0),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "unflatten": lambda x: x.unflatten(1, (2, 3)),
    "flatten": lambda x: x.flatten(),
    "ravel": lambda x: x.ravel(),
    "movedim": lambda x: x.movedim(0, 1),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "contiguous": lambda x: x.contiguous(),
    "split": lambda x: x.split(2, 1)[1],
    "chunk": lambda x: x.chunk(2, 1)[0],
    "unbind": lambda x: x.unbind(0)[1],
    "tensor_split": lambda x: x.tensor_split(3, 1)[1],
    "expand": lambda x: x[:1].expand(3, 6),
    "expand to no more": lambda x: x.expand(1, 2, 6),
    "detach": lambda x: x.detach(),
    "data": lambda x: x.data,
    "element": lambda x: x[1].unbind(0)[2],
    "element met on the way": lambda x: list(x[1])[2],
    "a chain": lambda x: x.t()[1:4].reshape(3, 2)[:, 1],
}

WRITES = {
    "mul_": lambda v: v.mul_(3),
    "fill_": lambda v: v.fill_(2),
    "exp_": lambda v: v.exp_(),
    "add_ of itself": lambda v: v.add_(v),
    "assignment": lambda v: v.__setitem__(..., 5.0),
    "to a part": lambda v: v[:1].mul_(4),
    "masked_fill_": lambda v: v.masked_fill_(v > 0, 1.5),
}

RESULTS = {
    "base": lambda base, view: (base * base).sum(),
    "view": lambda base, view: (view * view).sum(),
    "both": lambda base, view: (base.sum() + (view * view).sum()) ** 2,
}


def outcome(m, view, write, result, mode):
    """Base, view and gradient after a write through the view; or the error."""
    x = m.tensor(X, requires_grad=mode != "plain")
    base = x if mode in ("leaf", "plain") else x * 2
    try:
        seen = VIEWS[view](base)
        early = VIEWS[view](base)
        WRITES[write](seen)
        if mode == "base written after it":
            base.mul_(1.5)
        y = RESULTS[result](base, early if mode == "seen by an earlier view" else seen)
        if mode != "plain":
            y.backward()
        return [base.detach().numpy(), seen.detach().numpy(), None if x.grad is None else x.grad.numpy()]
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        return error


# torch warns of writes to what was expanded, which we refuse
@pytest.mark.filterwarnings("ignore:Use of .* on expanded:UserWarning")
@pytest.mark.parametrize("mode", ["plain", "leaf", "computed", "base written after it", "seen by an earlier view"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_write_through_a_view(view, mode):
    for write, result in itertools.product(WRITES, RESULTS):
        theirs, ours = (outcome(m, view, write, result, mode) for m in (torch, tg))
        if isinstance(ours, Exception):
            # memory of which elements are one is refused whatever is written to it
            assert isinstance(theirs, Exception) or "share memory" in str(ours), (write, result, ours)
        elif not isinstance(theirs, Exception):  # some that PyTorch refuses, the parts of a split, are right here
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(a, b, err_msg=f"{write}, {result}") if b is not None else None
                assert (a is None) == (b is None), (write, result)


@pytest.mark.parametrize("view", ["row", "split", "unbind", "transpose", "reshape", "a chain"])
@pytest.mark.parametrize("write", ["mul_", "exp_", "masked_fill_"])
def test_what_pytorch_refuses_is_right_by_differences(view, write):
    def run(x):
        base = x * 2
        seen = VIEWS[view](base)
        WRITES[write](seen)
        base.mul_(1.5)
        return (base * base).sum() + seen.sum()

    assert tg.autograd.gradcheck(run, tg.tensor(X + 0.05, requires_grad=True))


@pytest.mark.parametrize("view", VIEWS)
def test_the_gradient_of_a_base_that_was_written_to_through_a_view(view):
    def gradients(m):
        x = m.tensor(X, requires_grad=True)
        base = x * 2
        base.retain_grad()
        seen = VIEWS[view](base)
        seen.mul_(seen)
        (given,) = m.autograd.grad((seen * 3).sum(), base, retain_graph=True)
        (seen * 3).sum().backward()
        return given, base.grad, x.grad

    try:
        theirs = gradients(torch)
    except RuntimeError:  # of detached views, of what was expanded, and of parts of a split, which PyTorch refuses
        return
    for a, b in zip(gradients(tg), theirs, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy())


def test_a_view_of_what_took_another_shape_and_was_written_to_is_told_of():
    x = tg.ones(2, 3, requires_grad=True) * 1
    row = x.transpose(0, 1)
    x.unsqueeze_(0).mul_(2)
    with pytest.raises(RuntimeError, match="make the view anew"):
        (row * 2).sum().backward()


TURNED = {
    "softmax": lambda m, x: x.softmax(0),
    "softmax of the last": lambda m, x: x.softmax(-1),
    "log_softmax": lambda m, x: x.log_softmax(1),
    "cat": lambda m, x: m.cat([x, x], 1),
    "stack": lambda m, x: m.stack([x, x], -1),
    "hstack": lambda m, x: m.hstack([x, x]),
    "pad": lambda m, x: m.nn.functional.pad(x, (1, 2)),
    "cumsum": lambda m, x: x.cumsum(0),
    "cumprod": lambda m, x: x.cumprod(0),
    "logcumsumexp": lambda m, x: x.logcumsumexp(1),
    "roll": lambda m, x: x.roll(1, 0),
    "max_pool2d": lambda m, x: m.nn.functional.max_pool2d(x, 2),
    "avg_pool2d": lambda m, x: m.nn.functional.avg_pool2d(x, 2),
    "conv2d": lambda m, x: m.nn.functional.conv2d(x, m.ones(2, x.shape[1], 1, 1)),
    "contiguous": lambda m, x: x.contiguous(),
    "repeat": lambda m, x: x.repeat(1, 2, 1, 1),
}


@pytest.mark.parametrize("name", TURNED)
@pytest.mark.parametrize("kind", ["permuted", "expanded"])
def test_results_lie_in_order_whatever_the_input_does(name, kind):
    def result(m):
        x = m.arange(96.0)
        x = x.view(6, 4, 2, 2).permute(3, 2, 1, 0) if kind == "permuted" else x.view(1, 4, 6, 4).expand(3, 4, 6, 4)
        return TURNED[name](m, x)

    ours, theirs = result(tg), result(torch)
    assert theirs.is_contiguous()
    assert ours.is_contiguous()
    np.testing.assert_allclose(ours.view(-1).numpy(), theirs.view(-1).numpy(), rtol=1e-6)


RESIZED = [(2, 3), (7,), (), (0, 2), (2, 6)]


@pytest.mark.parametrize("sizes", RESIZED)
@pytest.mark.parametrize("view", ["contiguous", "transpose", "row"])
def test_another_shape_in_place(view, sizes):
    found = []
    for m in (torch, tg):
        x = VIEWS[view](m.tensor(X).clone())
        before = x.contiguous().clone()
        count = min(before.numel(), int(np.prod(sizes)))
        y = x if m is tg or view != "transpose" else x.contiguous()  # PyTorch's goes through the memory as it lies
        assert y.resize_(sizes) is y
        found.append((tuple(y.shape), y.reshape(-1)[:count].tolist()))
        assert y.resize_as_(m.ones(2, 2)).shape == (2, 2)
        assert y.set_(m.ones(3, dtype=m.float64)).tolist() == [1, 1, 1]
    assert found[0] == found[1]


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated:UserWarning")
@pytest.mark.parametrize("view", ["row", "every second", "transpose", "column", "as_strided"])
def test_the_memory_under_a_view(view):
    found = []
    for m in (torch, tg):
        x = m.tensor(X)
        seen = VIEWS[view](x)
        memory, raw = seen.storage(), seen.untyped_storage()
        assert raw.data_ptr() == x.untyped_storage().data_ptr() == memory.data_ptr()
        assert not m.is_storage(x)
        assert m.is_storage(memory)
        memory[3] = 7.0
        found.append((memory.tolist(), len(memory), memory.size(), raw.nbytes(), len(raw), x.tolist(), memory[4]))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "taken",
    [
        {},
        {"storage_offset": 2, "size": (2, 3)},
        {"storage_offset": 4, "size": (2,), "stride": (4,)},
        {"size": (5,), "stride": (0,)},
        {"storage_offset": 0, "size": (2,), "stride": (-1,)},
    ],
)
def test_memory_is_taken_by_sizes_and_steps(taken):
    found = []
    for m in (tg, torch):
        memory = m.arange(1.0, 11.0)
        x = m.zeros(0)
        try:
            x.set_(memory.untyped_storage(), **{"storage_offset": 0, "size": (10,), **taken})
        except RuntimeError:
            found.append("refused")
            continue
        if len(x) != 5:
            x[-1] = 50.0
        found.append((x.tolist(), x.stride(), memory.tolist()))
    assert found[0] == found[1]


def test_memory_of_steps_of_ones_own():
    for m in (tg, torch):
        x = m.empty_strided((2, 3), (1, 2), dtype=m.float64)
        assert (x.stride(), x.dtype, x._is_view()) == ((1, 2), m.float64, False)
        assert m.empty_strided((0, 3), (1, 2)).shape == (0, 3)
        assert m.arange(6.0).as_strided_((2, 2), (3, 1)).tolist() == [[0, 1], [3, 4]]
        assert m.arange(3.0).map_(m.ones(3), lambda a, b: a + b).tolist() == [1, 2, 3]
        assert m.is_same_size(x, x)
        assert m.isreal(x).all()
        with pytest.raises(RuntimeError):
            m.empty_strided((2, 3), (-1, 1))


def test_memory_does_not_grow_when_taken():  # PyTorch's does, by elements of no known value
    with pytest.raises(RuntimeError, match="outside of 10 elements"):
        tg.zeros(0).set_(tg.arange(10.0).storage(), 2, (20,), (1,))


def test_memory_is_not_taken_past_gradients():
    for m in (tg, torch):
        x = m.ones(2, requires_grad=True)
        for y in (x, x * 2):
            with pytest.raises(RuntimeError):  # of what was computed PyTorch's in the backward only
                y.set_(m.zeros(2)).sum().backward()
        with m.no_grad():
            x.set_(m.zeros(3))
        x.sum().backward()
        assert x.grad.tolist() == [1, 1, 1]
