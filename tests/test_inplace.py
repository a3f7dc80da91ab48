"""Writes in place: the right gradient or a clear error, never a wrong one."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import writes
from tinygrad_edu.errors import GradientError, ShapeError
from tinygrad_edu.nn import functional as F
from tinygrad_edu.ops.movement import unfold
from tinygrad_edu.testing import check_gradient

X = np.array([[0.5, -1.5, 2.0], [1.25, 0.75, -0.25]])
W = np.array([[1.5, 0.25, -0.5], [-1.0, 2.0, 0.75]])


def leaf(*values, **named):
    return tg.tensor([*values], requires_grad=True, **named)


def scaled(x, w):
    y = x.clone()
    y.mul_(w)
    y += w
    y /= 2
    y -= x * w
    return y * y


def scaled_by_itself(x, w):
    y = x * w
    y.mul_(y)
    return y


def row_written(x, w):
    y = x * 2
    y[0] = w[1] * x[0]
    return y * y


def source_and_views_written_in_turn(x, w):
    y = x.clone()
    column, row = y[:, 1], y[0]
    column.mul_(w[:, 0])
    y.add_(w)
    row.sub_(w[1])
    column += row[0]
    return y * y, column * w[:, 2], row.exp()


def view_of_a_view_of_a_view(x, w):
    y = x.clone()
    v = y.view(-1)[1:].view(5, 1)[::2]
    v.mul_(3)
    y[1, 0] = w[0, 0]
    return y * w, v * v


def overlapping(x, w):
    y = x.clone().view(-1)
    a, b = y[:4], y[2:]
    a.mul_(w.view(-1)[:4])
    b.mul_(2)
    a.exp_()
    return a * a, b, y


def filled_buffer(x, w):
    out = tg.zeros(2, 3, dtype="float64")
    first = out[0]
    for i in range(2):
        out[i] = x[i] * w[i]
    first.mul_(x[1])
    return out * out, first


def arrays_and_masks(x, w):
    y = x.clone()
    y[[0, 1], [2, 0]] = w[0, :2]
    y[y > 1] = 0.0
    y[np.array([[True, False, False], [False, True, False]])] *= w[:, 0]
    return y * y


def numbers_beside_arrays(x, w):
    y = x.clone().view(1, 2, 3)
    y[0, :, [0, 2]] = w[:, :2] * x[:, 1:]
    return y * y


def self_overlap(x, w):
    y = x.clone().view(-1)
    y[1:] = y[:-1]
    y[::2] += y[1::2]
    return y * w.view(-1)


def broadcast_value(x, w):
    y = x.clone()
    y[:] = w[0]
    y[:, 0] = x.sum()
    return y * y


def running_product(x, w):
    y = tg.ones(3, dtype="float64")
    for row in x:
        y.mul_(row)
        y.add_(w[0], alpha=2)
    return y


def fill_and_copy(x, w):
    y, z = x * 2, x * w
    y[0].fill_(3)
    z.copy_(w[0] * x[1])
    y[:, 1].zero_()
    return y * z


def powers_and_remainders(x, w):
    y = x * 2
    y **= 2
    y %= 1.9
    return y + x * w


PROGRAMS = [value for value in list(globals().values()) if getattr(value, "__module__", None) == __name__]
PROGRAMS = [program for program in PROGRAMS if program.__name__ != "leaf"]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_program(program):
    def total(x, w):
        found = program(x, w)
        return sum((y * y).sum() for y in found) if isinstance(found, tuple) else found

    check_gradient(total, [X, W])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_values_are_numpys(program):
    """The same program on Tensors without a history writes the same numbers: NumPy's views share memory as ours."""
    recorded = program(tg.tensor(X, requires_grad=True), tg.tensor(W, requires_grad=True))
    plain = program(tg.tensor(X), tg.tensor(W))
    with tg.no_grad():
        unrecorded = program(tg.tensor(X, requires_grad=True), tg.tensor(W, requires_grad=True))
    for found in zip(*[x if isinstance(x, tuple) else (x,) for x in (recorded, plain, unrecorded)], strict=True):
        assert found[0].requires_grad
        assert not found[1].requires_grad
        assert found[0].tolist() == found[1].tolist() == found[2].tolist()


def test_sliding_windows_share_the_version_too():
    x = leaf(1.0, 2.0, 3.0)
    y = x * 1
    z = unfold(y, dim=0, size=2, step=1)
    products = z * z
    y.mul_(2)
    with pytest.raises(GradientError, match="overwritten"):
        products.sum().backward()
    assert z.tolist() == [[2, 4], [4, 6]]


def test_the_version_is_shared_by_views():
    x = tg.zeros(4)
    view, other = x[1:], tg.zeros(4)
    before = x._version
    view.add_(1)
    x[0] = 5
    view[0:1].detach().mul_(2)
    assert x._version == view._version == before + 3
    assert other._version == 0


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.add_(1),
        lambda x: x.mul_(2),
        lambda x: x.zero_(),
        lambda x: x.exp_(),
        lambda x: x.copy_(tg.ones(3)),
        lambda x: x.__setitem__(0, 1.0),
        lambda x: x.__iadd__(1),
        lambda x: x[1:].mul_(2),
        lambda x: x.view(3, 1)[0].fill_(1),
        lambda x: x.detach()[:2].requires_grad_().mul_(2),
    ],
)
def test_a_leaf_and_its_views_are_not_written_to(write):
    x = leaf(1.0, 2.0, 3.0)
    with pytest.raises(RuntimeError, match=r"leaf requires grad.*no_grad\(\)"):
        write(x)
    assert x.tolist() == [1, 2, 3]
    assert x.is_leaf


def test_a_leaf_is_written_to_under_no_grad():
    x = leaf(1.0, 2.0, 3.0)
    with tg.no_grad():
        x.mul_(2)
        x[0] = 7
        x[1:].add_(1)
        x -= 1
    assert x.is_leaf
    assert x.tolist() == [6, 4, 6]
    (x * x).sum().backward()
    assert x.grad.tolist() == [12, 8, 12]


def test_a_leaf_takes_another_shape_under_no_grad_and_stays_one():
    x = tg.arange(6.0).reshape(2, 3).requires_grad_()
    with tg.no_grad():
        assert x.t_() is x
    assert x.requires_grad
    assert x.is_leaf
    (x * tg.arange(6.0).reshape(3, 2)).sum().backward()
    assert x.grad.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_what_was_computed_takes_another_shape_under_no_grad_with_its_history():
    x = tg.arange(6.0).reshape(2, 3).requires_grad_()
    y = x * 2
    with tg.no_grad():
        y.t_()
    y[0] = 0.0
    y.sum().backward()
    assert x.grad.tolist() == [[0, 2, 2], [0, 2, 2]]


def test_expanded_memory_is_not_written_to():
    x = tg.ones(1, 3)
    for write in (lambda y: y.add_(1), lambda y: y.__setitem__((0, 0), 1.0), lambda y: y.mul_(tg.ones(2, 3))):
        with pytest.raises(RuntimeError, match=r"share memory .*clone\(\)"):
            write(x.expand(2, 3))
        with tg.no_grad(), pytest.raises(RuntimeError, match=r"share memory .*clone\(\)"):
            write(x.expand(2, 3))
    assert x.tolist() == [[1, 1, 1]]


def test_a_view_made_under_no_grad_is_not_written_to_where_the_source_would_not_learn_of_it():
    x = leaf(1.0, 2.0)
    y = x * 2
    with tg.no_grad():
        view = y[:1]
    for write in (lambda v: v.mul_(3), lambda v: v.__setitem__(0, 1.0), lambda v: v.add_(x[0])):
        with pytest.raises(GradientError, match=r"view made under no_grad\(\)"):
            write(view)
    assert y.tolist() == [2, 4]
    with tg.no_grad():
        view.mul_(3)
    assert y.tolist() == [6, 4]


def test_a_view_of_a_buffer_learns_what_the_buffer_became():
    x = leaf(1.0, 2.0, 3.0)
    buffer = tg.zeros(3)
    view = buffer[:2]
    assert not view.requires_grad
    buffer.add_(x)
    assert view.requires_grad
    assert not view.is_leaf
    view[0] = 5.0  # a plain number, and still the history of the buffer changes
    (buffer * buffer).sum().backward()
    assert x.grad.tolist() == [0, 4, 6]


def test_an_overwritten_output_beside_others_is_seen():
    x = tg.eye(2, requires_grad=True)
    values, vectors = tg.linalg.eigh(x)
    vectors.mul_(2)
    with pytest.raises(GradientError, match=r"overwritten .*test_inplace.py"):
        values.sum().backward()


def test_a_view_of_a_view_learns_what_the_source_became():
    x = leaf(1.0, 1.0, 1.0)
    y = x * 1
    part = y[:2]
    number = part[0]
    y.mul_(3)
    number.backward(retain_graph=True)
    assert x.grad.tolist() == [3, 0, 0]
    assert number.grad_fn is number.grad_fn  # renewed once


def test_a_leaf_that_is_a_view_stays_one():
    base = tg.zeros(4)
    x = base[:2].requires_grad_()
    base += 1
    assert x.tolist() == [1, 1]
    assert x.is_leaf
    assert x.requires_grad
    (x * x).sum().backward()
    assert x.grad.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("saved", "write"),
    [
        (lambda y: y * y, lambda y: y.add_(1)),
        (lambda y: y.sin(), lambda y: y[0].zero_()),
        (lambda y: y[0] * y[1], lambda y: y.fill_(1)),
        (lambda y: y @ y.T, lambda y: y.T.mul_(2)),
        (lambda y: y.prod(), lambda y: y.__setitem__((0, 0), 9.0)),
        (lambda y: tg.where(y > 0, y * y, y), lambda y: y.detach().add_(1)),
    ],
)
def test_a_saved_value_that_is_overwritten_raises(saved, write):
    x = tg.tensor(X, requires_grad=True)
    y = x * 1
    z = saved(y)
    write(y)
    with pytest.raises(GradientError, match=r"modified by an inplace operation\) at"):
        z.sum().backward()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda x, index, mask: x[index], [1, 1, 0]),
        (lambda x, index, mask: x.gather(0, index), [1, 1, 0]),
        (lambda x, index, mask: tg.zeros(3).scatter_add(0, index, x[:2] * 1), [1, 1, 0]),
        (lambda x, index, mask: x[mask], [1, 0, 1]),
        (lambda x, index, mask: tg.where(mask, x, 0.0), [1, 0, 1]),
        (lambda x, index, mask: x.masked_fill(mask, 5.0), [0, 1, 0]),
    ],
)
def test_an_index_or_mask_that_is_overwritten_gives_the_right_gradient_or_an_error(make, expected):
    x, index, mask = leaf(1.0, 2.0, 3.0), tg.tensor([0, 1]), tg.tensor([True, False, True])
    y = make(x, index, mask)
    index[0] = 1
    mask[0] = False
    try:
        y.sum().backward()
    except GradientError:
        return
    assert x.grad.tolist() == expected


def test_what_no_rule_needs_may_be_overwritten():
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y + y.sum() + y.reshape(2, 1).sum() - y[0]
    y.zero_()
    z.sum().backward()
    assert x.grad.tolist() == [3, 5]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: F.gelu(x),
        lambda x: F.max_pool1d(x[None], 2)[0],
        lambda x: F.max_pool1d(x[None], 3, 1, 1)[0],
        lambda x: x / x.sum(1, keepdim=True),
        lambda x: F.normalize(x),
    ],
)
def test_an_output_may_be_overwritten_whose_gradient_pytorch_computes_of_the_inputs(f):
    grads = []
    for write in (True, False):
        x = tg.tensor(X, requires_grad=True)
        y = f(x * 1)
        y = y.view(-1).exp_() if write else y.exp()
        (y * y).sum().backward(retain_graph=True)
        first = x.grad.tolist()
        (gx,) = tg.autograd.grad((y * y).sum(), x, create_graph=True)
        (gx * gx).sum().backward()
        grads.append([first, gx.tolist(), x.grad.tolist()])
    assert grads[0] == grads[1]


def test_an_input_and_an_output_that_are_both_overwritten_are_told():
    y = tg.tensor(X, requires_grad=True) * 1
    z = F.gelu(y)
    y.add_(1)
    z.add_(1)
    with pytest.raises(GradientError, match="backward of gelu"):
        z.sum().backward()


def test_the_right_hand_side_may_be_a_view_of_the_left():
    x = tg.tensor([1.0, 2.0, 3.0, 4.0])
    x[1:] = x[:-1]
    assert x.tolist() == [1, 1, 2, 3]
    x += x.flip(0)
    assert x.tolist() == [4, 3, 3, 4]
    x[:2].mul_(x[2:])
    assert x.tolist() == [12, 12, 3, 4]


def test_dtypes_of_writes():
    whole, small, truth = tg.ones(3, dtype="int64"), tg.ones(3, dtype="uint8"), tg.zeros(3, dtype="bool")
    for write in (
        lambda: whole.add_(0.5),
        lambda: whole.div_(2),
        lambda: truth.add_(1),
        lambda: whole.mul_(tg.ones(3)),
    ):
        with pytest.raises(RuntimeError, match="cannot be stored in a Tensor of"):
            write()
    small += tg.ones(3, dtype="int64")
    whole.fill_(2.7)
    truth.fill_(2)
    assert (small.dtype, small.tolist()) == (tg.uint8, [2, 2, 2])
    assert (whole.dtype, whole.tolist()) == (tg.int64, [2, 2, 2])
    assert truth.tolist() == [True] * 3
    x = tg.ones(3)
    x += tg.ones(3, dtype="float64")
    x -= tg.tensor([1, 2, 3], dtype="uint8")
    assert (x.dtype, x.tolist()) == (tg.float32, [1, 0, -1])


COMPARISONS = ["eq_", "ne_", "lt_", "le_", "gt_", "ge_", "logical_and_", "logical_or_", "logical_xor_"]


@pytest.mark.parametrize("name", COMPARISONS)
def test_a_comparison_written_into_floats_has_a_gradient_of_0(name):
    x, z = (tg.tensor([[1.0, 2.0, 0.0]], requires_grad=True) for _ in range(2))
    y = x * 3
    getattr(y, name)(tg.tensor([[3.0, 0.0, 0.0]]))
    (y * x).sum().backward()
    assert x.grad.equal(y.detach())  # of the factor alone
    y = x * 3
    getattr(y[0, 1:], name)(tg.tensor([6.0, 1.0]))
    assert tg.autograd.grad(y.sum(), x)[0].tolist() == [[3, 0, 0]]
    y = tg.tensor([[1.0, 1.0, 1.0]] * 2)  # of what it is compared with, and that broadcasts
    getattr(y, name)(z)
    assert tg.autograd.grad(y.sum(), z)[0].tolist() == [[0, 0, 0]]
    with tg.no_grad():
        y = tg.tensor([[1.0, 1.0, 1.0]])
        assert not getattr(y, name)(x).requires_grad
    whole = tg.tensor([[1, 1, 1]])
    assert not getattr(whole, name)(x).requires_grad


def test_whole_numbers_hold_no_history():
    x = leaf(1.5, 2.5)
    whole = tg.zeros(2, dtype="int64")
    whole.copy_(x)
    whole[0] = x[1]
    assert not whole.requires_grad
    assert whole.tolist() == [2, 2]
    assert not x.long().requires_grad
    assert x.long().numpy().tolist() == [1, 2]


def test_copies_may_be_asked_not_to_wait():
    x = tg.zeros(2)
    assert x.copy_(tg.tensor([1, 2]), non_blocking=True).tolist() == [1, 2]
    assert x.copy_(other=tg.tensor([3, 4])).tolist() == [3, 4]


def test_shapes_of_writes():
    x = tg.zeros(2, 3)
    for write in (
        lambda: x.add_(tg.ones(2)),
        lambda: x[0].add_(tg.ones(2, 3)),
        lambda: x.__setitem__(0, tg.ones(2)),
        lambda: x.__setitem__(slice(None), tg.ones(3, 3)),
        lambda: x.copy_(tg.ones(4, 2, 3)),
        lambda: (x * leaf(1.0, 1.0, 1.0)).add_(tg.ones(2, 2, 3)),
    ):
        with pytest.raises(ShapeError, match=r"\(.*\).*\("):
            write()
    assert not x.numpy().any()
    with pytest.raises(IndexError, match=r"\(2, 3\)"):
        x[2] = 1.0


def test_operators_in_place_keep_the_tensor():
    x = tg.tensor([7.0, 8.0])
    alias = x
    x += 1
    x -= 2
    x *= 3
    x /= 2
    x **= 2
    x //= 2
    x %= 7
    assert x is alias
    bits = other = tg.tensor([6, 3])
    bits &= 2
    bits |= 1
    bits ^= 2
    assert bits is other
    assert bits.tolist() == [1, 1]


def test_a_nan_or_overflow_written_in_place_is_no_warning():
    x = tg.full((2,), 1e38)
    x.mul_(10)
    x.sub_(x)
    assert np.isnan(x.numpy()).all()


def test_retained_gradients_follow_the_value():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.retain_grad()
    y.mul_(3)
    y.sum().backward()
    assert y.grad.tolist() == [1, 1]
    assert x.grad.tolist() == [6, 6]


def test_einsum_that_only_permutes_is_a_view_and_writes_through():
    x = leaf(1.0, 2.0, 3.0, 4.0)
    y = (x * 1).view(2, 2)
    y.permute(1, 0)[0].mul_(10)
    assert y.tolist() == [[10, 2], [30, 4]]
    (y * y).sum().backward()
    assert x.grad.tolist() == [200, 4, 600, 8]
    z = (x * 1).view(2, 2)
    turned = tg.einsum("ij->ji", z)
    turned[0, 1] = 0.0
    assert z.tolist() == [[1, 2], [0, 4]]


def test_assigning_data_replaces_the_array():
    x = leaf(1.0, 2.0)
    x.data = tg.tensor([1.0, 2.0, 3.0])
    assert x.is_leaf
    (x * x).sum().backward()
    assert x.grad.tolist() == [2, 4, 6]
    x.data.mul_(2)
    assert x.tolist() == [2, 4, 6]


# the direct ways, which optimizers take


@pytest.mark.parametrize("size", [3, 200_000])
@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda x, y, z: x.add_(y, alpha=0.5), lambda x, y, z: x + 0.5 * y),
        (lambda x, y, z: x.sub_(y, alpha=0.5), lambda x, y, z: x - 0.5 * y),
        (lambda x, y, z: x.mul_(y), lambda x, y, z: x * y),
        (lambda x, y, z: x.div_(z), lambda x, y, z: x / z),
        (lambda x, y, z: x.addcmul_(y, z, value=-2), lambda x, y, z: x - 2 * y * z),
        (lambda x, y, z: x.addcdiv_(y, z), lambda x, y, z: x + y / z),
        (lambda x, y, z: x.lerp_(y, 0.25), lambda x, y, z: x + 0.25 * (y - x)),
        (lambda x, y, z: x.copy_(y), lambda x, y, z: y),
        (lambda x, y, z: x.copy_(y[:1]), lambda x, y, z: np.broadcast_to(y[:1], x.shape)),
        (lambda x, y, z: x.fill_(1.5), lambda x, y, z: np.full_like(x, 1.5)),
        (lambda x, y, z: x.zero_(), lambda x, y, z: np.zeros_like(x)),
        (lambda x, y, z: x.addcmul_(x, x), lambda x, y, z: x + x * x),
        (lambda x, y, z: x[1:].copy_(x[:-1]), lambda x, y, z: np.concatenate([x[:1], x[:-1]])),
        (lambda x, y, z: x[1:].addcmul_(x[:-1], y[1:]), lambda x, y, z: np.r_[x[:1], x[1:] + x[:-1] * y[1:]]),
    ],
)
def test_direct_writes_are_the_formula(write, expected, size):
    x, y, z = np.random.default_rng(0).uniform(0.5, 2, (3, size)).astype(np.float32)
    target = tg.tensor(x)
    memory = target.numpy()
    with tg.no_grad():
        write(target, tg.tensor(y), tg.tensor(z))
    np.testing.assert_allclose(memory, expected(x, y, z), rtol=1e-5)
    assert target.numpy() is memory


@pytest.mark.parametrize("size", [2, 200_000])
def test_what_overflows_is_written_where_warnings_are_errors(size):
    large = np.full(size, 3e38, np.float32)
    large[0] = 1
    for write in (
        lambda x: x.add_(x, alpha=10.0),
        lambda x: x.addcmul_(x, x, value=2.0),
        lambda x: x.addcdiv_(x, tg.tensor(1 / large)),
        lambda x: x.mul_(x),
        lambda x: x.div_(tg.tensor(1 / large)),
    ):
        x = tg.tensor(large)
        write(x)
        assert np.isinf(x.numpy()[-1])
        assert x.numpy()[0] != 1 or write(tg.tensor(large)).numpy()[0] == 1


def test_a_factor_that_is_a_tensor_is_read_at_each_call():
    x, factor = tg.zeros(2), tg.tensor(1.0)
    for value in (2.0, 3.0):
        factor.fill_(value)
        x.add_(tg.ones(2), alpha=factor)
    assert x.tolist() == [5, 5]
    factor.requires_grad_()
    y = tg.zeros(2).add_(tg.ones(2), alpha=factor)
    (slope,) = tg.autograd.grad(y.sum(), factor)
    assert slope.item() == 2


@pytest.mark.parametrize(
    "act",
    [
        lambda: tg.zeros(3).copy_(tg.ones(1, 3)),
        lambda: tg.zeros(3).copy_(tg.ones(2)),
        lambda: tg.zeros(3).addcmul_(tg.ones(2), tg.ones(3)),
        lambda: tg.zeros(3).addcdiv_(tg.ones(3), tg.ones(2)),
        lambda: tg.zeros(3).div_(tg.ones(2, 3)),
        lambda: tg.zeros(1).expand(3).copy_(tg.ones(3)),
        lambda: tg.zeros(1).expand(3).zero_(),
    ],
)
def test_direct_writes_that_cannot_be_are_refused(act):
    with pytest.raises(RuntimeError):  # a ShapeError is one
        act()


WATCHED = [
    lambda x: x.add_(2.0, alpha=3),
    lambda x: x.sub_(tg.ones(3)),
    lambda x: x.mul_(2.0),
    lambda x: x.div_(4.0),
    lambda x: x.zero_(),
    lambda x: x.fill_(7.0),
    lambda x: x.copy_(tg.arange(3.0)),
    lambda x: x.addcmul_(tg.ones(3), tg.ones(3), value=2),
    lambda x: x.addcdiv_(tg.ones(3), 2 * tg.ones(3)),
    lambda x: x.lerp_(tg.ones(3), 0.25),
    lambda x: x.clamp_(max=0.5),
    lambda x: x.exp_(),
    lambda x: x.__setitem__(slice(1, None), tg.zeros(2)),
    lambda x: x[1:].mul_(-1.0),
]


@pytest.mark.parametrize("write", WATCHED)
def test_who_watches_writes_is_told_their_values(write, monkeypatch):
    x = tg.tensor([0.5, 1.0, 2.0])
    told = []
    monkeypatch.setattr(writes, "watchers", [lambda *what: told.append((what[0], what[1], what[2].copy()))])
    again = x.numpy().copy()
    write(x)
    assert told
    for target, index, value in told:
        assert np.shares_memory(target, x.numpy())
        (again if target.size == 3 else again[1:])[index] = value
    assert (again == x.numpy()).all()


def test_a_word_is_no_factor():
    with pytest.raises(TypeError, match="got str 'ab'"):
        tg.tensor(3).mul_("ab")


@pytest.mark.parametrize(("start", "steps"), [(0, [1, -3, 2**31, -(2**40), 2**62]), (5, [True, 7])])
def test_a_count_is_written_where_it_is(start, steps):
    count = tg.tensor([start, start])
    part, memory, version = count[:1], count.numpy(), count._version
    for step in steps:
        count.add_(step)
    assert count.tolist() == [start + sum(steps)] * 2
    assert part.tolist() == [start + sum(steps)]
    assert count.numpy() is memory
    assert count._version == version + len(steps)


def test_a_count_stays_whole():
    count = tg.tensor(1)
    for step, alpha in ((0.5, 1), (1, 0.5)):
        with pytest.raises(RuntimeError):
            count.add_(step, alpha=alpha)
    with pytest.raises(RuntimeError, match="expanded"):
        tg.tensor([1]).expand(3).add_(1)
    assert count.add_(3, alpha=2).item() == 7


def test_a_sum_in_place_with_what_holds_no_numbers():
    with pytest.raises(TypeError, match="numbers are taken"):
        tg.ones(1).add_(np.array(["a"]), alpha=2)


def test_numbers_of_a_vector_are_views_of_it():
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    for number in y:
        number.mul_(3)
    y.unbind()[1].add_(1)
    assert y.tolist() == [3, 7, 9]
    y.sum().backward()
    assert x.grad.tolist() == [3, 3, 3]
    y = x.detach().clone()
    second = y.unbind()[1]
    y.zero_()
    assert second == 0
