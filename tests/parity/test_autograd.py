"""Backward, higher orders, hooks and writes in place: the same programs with PyTorch and with us."""

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu.testing import check_gradient

from .compare import assert_same, hold

X = np.array([[0.5, -1.5, 2.0], [1.25, 0.75, -0.25]])
W = np.array([[1.5, 0.25, -0.5], [-1.0, 2.0, 0.75]])
V = np.array([0.3, -0.7, 1.1])


def scale_in_place(m, x, w):
    y = x.clone()
    y.mul_(w)
    return y


def operators_in_place(m, x, w):
    y = x.clone()
    alias = y
    y += w
    y *= w
    y -= 2
    y /= w
    return alias


def square_in_place_twice(m, x, w):
    y = x * w
    y.mul_(y)
    y.mul_(y)
    return y


def power_operators_in_place(m, x, w):
    y = x.clone()
    y **= 2
    y %= 0.7
    return y


def row_written(m, x, w):
    y = x * 2
    y[0] = w[1]
    return y * y


def row_scaled_through_a_view(m, x, w):
    y = x * 2
    y[0].mul_(w[0])
    return y * w


def source_written_after_view(m, x, w):
    y = x.clone()
    v = y[0]
    y.mul_(w)
    return v * v, y


def view_written_then_source_then_view(m, x, w):
    y = x.clone()
    v = y[:, 1]
    v.mul_(3)
    y.add_(w)
    v.sub_(w[:, 0])
    return y * y, v * 2


def view_of_a_view(m, x, w):
    y = x.clone()
    v = y.t()[1:]
    u = v[0]
    u.mul_(w[:, 2])
    v.add_(1)
    return u * u, v, y * w


def two_overlapping_views(m, x, w):
    y = x.clone().view(-1)
    a, b = y[:4], y[2:]
    a.mul_(2)
    b.mul_(w.view(-1)[:4])
    return a * a, b, y


def reshaped_view(m, x, w):
    y = x.clone()
    v = y.view(3, 2)
    v[1] = w[0, :2]
    v.mul_(v)
    return y, v


def unsqueezed_and_transposed(m, x, w):
    y = x.clone()
    y.unsqueeze(0).transpose(1, 2)[0, 1].fill_(4)
    return y * w


def split_views(m, x, w):
    y = x.clone()
    for part in list(y.split(1, 1))[:1]:
        part = y.narrow(1, 0, 1)
        part.mul_(w[:, :1])
    return y * y


def buffer_filled_row_by_row(m, x, w):
    out = m.zeros(2, 3, dtype=x.dtype)
    for i in range(2):
        out[i] = x[i] * w[i]
    return out


def buffer_filled_element_by_element(m, x, w):
    out = m.zeros(6, dtype=x.dtype)
    for i in range(6):
        out[i] = x.view(-1)[i] ** 2
        if i:
            out[i] += out[i - 1]
    return out


def view_of_a_buffer_taken_before_it_had_a_history(m, x, w):
    out = m.zeros(2, 3, dtype=x.dtype)
    first = out[0]
    out.add_(x)
    first[1] = 5.0
    return out * w, first


def view_of_a_buffer_written_with_a_history(m, x, w):
    out = m.zeros(2, 3, dtype=x.dtype)
    out[1].add_(x[0])
    out[:, 0] = w[:, 1]
    return out * out


def masked_write(m, x, w):
    y = x.clone()
    y[y > 0] = 0.0
    y[w > 1] *= 3
    return y


def masked_write_of_values(m, x, w):
    y = x.clone()
    mask = w > 0
    y[mask] = (x * w)[mask]
    return y * y


def indexed_write(m, x, w):
    y = x.clone()
    y[m.tensor([0, 1]), m.tensor([2, 0])] = w[0, :2]
    return y * y


def numbers_beside_arrays(m, x, w):
    y = x.clone().view(1, 2, 3)
    y[0, :, m.tensor([0, 2])] = w[:, :2]
    return y * y, y[0, :, m.tensor([1, 1])]


def indexed_add(m, x, w):
    y = x.clone()
    y[:, m.tensor([0, 2])] += w[:, :2]
    return y * w


def repeated_index_read(m, x, w):
    return x[m.tensor([0, 0, 1])] * m.tensor([[1.0], [2.0], [3.0]], dtype=x.dtype)


def broadcast_write(m, x, w):
    y = x.clone()
    y[:] = w[0]
    return y * x


def step_slices(m, x, w):
    y = x.clone().view(-1)
    y[::2] = y[1::2]
    return y * w.view(-1)


def self_assignment(m, x, w):
    y = x.clone()
    y[0] = y[1]
    return y * w


def swap_rows(m, x, w):
    y = x.clone()
    saved = y[0].clone()
    y[0] = y[1]
    y[1] = saved
    return y * w


def zero_and_fill(m, x, w):
    y, z = x * 2, x * 3
    y.zero_()
    z[:, 0].fill_(1.5)
    return y + z * w


def copied_into(m, x, w):
    y = x * 2
    y.copy_(w[0])
    z = m.zeros(2, 3, dtype=x.dtype)
    z[0].copy_(x[1])
    return y * z, z


def copied_from_another_dtype(m, x, w):
    y = m.zeros(2, 3, dtype=m.float32)
    y.copy_(x * w)
    return y * y


def lower_precision_written(m, x, w):
    y = x.clone()
    y.add_((w * 2).to(m.float32))
    return y * y


def unary_in_place(m, x, w):
    y = x * w
    y.exp_()
    y.sqrt_()
    y.tanh_()
    return y


def sigmoid_relu_in_place(m, x, w):
    y = x * w
    y.sigmoid_().neg_().abs_()
    z = x.clone().relu_()
    return y, z


def output_saved_then_overwritten(m, x, w):
    y = x.exp()
    y.mul_(2)
    return y


def input_saved_then_overwritten(m, x, w):
    y = x.clone()
    z = y * y
    y.add_(1)
    return z


def input_not_needed_then_overwritten(m, x, w):
    y = x.clone()
    z = y + w
    y.mul_(5)
    return z, y


def other_operand_overwritten(m, x, w):
    y = w.clone()
    z = x * y
    y.zero_()
    return z


def view_of_saved_overwritten(m, x, w):
    y = x.clone()
    z = y.sin()
    y[0, 0] = 3.0
    return z


def index_overwritten(m, x, w):
    index = m.tensor([0, 1])
    z = x[index] * 2
    index[0] = 1
    return z


def mask_overwritten(m, x, w):
    mask = w > 0
    z = m.where(mask, x, w)
    mask[0] = False
    return z


def detached_then_written(m, x, w):
    y = x.clone()
    z = y * y
    y.detach().mul_(2)
    return z


def write_under_no_grad(m, x, w):
    y = x * 2
    with m.no_grad():
        y.add_(1)
    return y * w


def saved_then_written_under_no_grad(m, x, w):
    y = x * 2
    z = y * y
    with m.no_grad():
        y.add_(1)
    return z


def leaf_written(m, x, w):
    x.mul_(2)
    return x * w


def view_of_a_leaf_written(m, x, w):
    x[0].mul_(2)
    return x * w


def leaf_assigned(m, x, w):
    x[0, 0] = 5.0
    return x * w


def leaf_written_under_no_grad(m, x, w):
    with m.no_grad():
        x.mul_(2)
        x[0] = 1.0
    return x * w


def leaf_written_under_no_grad_after_use(m, x, w):
    y = x * w
    with m.no_grad():
        x.mul_(2)
    return y


def expanded_written(m, x, w):
    y = x[:1].clone().expand(2, 3)
    y.mul_(2)
    return y


def view_made_under_no_grad_written(m, x, w):
    y = x * 2
    with m.no_grad():
        v = y[0]
    v.mul_(2)
    return y


def view_made_under_no_grad_of_a_buffer_written(m, x, w):
    out = m.zeros(2, 3, dtype=x.dtype)
    with m.no_grad():
        v = out[0]
    v.copy_(x[0])
    return out


def too_large_a_result(m, x, w):
    y = x[0].clone()
    y.add_(w)
    return y


def whole_numbers_cannot_hold_it(m, x, w):
    y = m.zeros(2, 3, dtype=m.int64)
    y.add_(x)
    return y


def whole_numbers_copied_into(m, x, w):
    y = m.zeros(2, 3, dtype=m.int64)
    y.copy_(x)
    y[0] = x[0]
    return y


def part_detached(m, x, w):
    y = x * w
    return y * y.detach()


def part_under_no_grad(m, x, w):
    with m.no_grad():
        c = x * w
        with m.enable_grad():
            d = x * w
    return c * x, d


def only_some_require_grad(m, x, w):
    c = w.detach()
    return x * c + c, c * 2


def grown_in_a_loop(m, x, w):
    y = x
    for _ in range(16):
        y = y + y
    return y * 1e-4


def diamond(m, x, w):
    a = x * w
    return a.sin() * a.cos() + a + x


def einsum_view_written(m, x, w):
    y = x.clone()
    y.permute(1, 0)[0].mul_(w[:, 0])
    return y * y


def diagonal_of_ones(m, x, w):
    y = m.stack([x[0], w[0], x[1]])
    y[range(3), range(3)] = x[0]
    return y * y


def repeated_write_last_one_holds(m, x, w):
    y = x.clone()
    y[0] = w[0]
    y[0] = x[1]
    y[0, 1] = w[1, 1]
    return y


def write_of_itself_scaled(m, x, w):
    y = x.clone()
    y[:, 0] = y[:, 0] * w[:, 0] + y[:, 1]
    return y * y


def running_state(m, x, w):
    state = m.zeros(3, dtype=x.dtype)
    outs = []
    for row in x:
        state = state * 0.5 + row * w[0]
        outs.append(state)
    return m.stack(outs)


def running_state_in_place(m, x, w):
    state = m.zeros(3, dtype=x.dtype)
    for row in x:
        state.mul_(0.5).add_(row, alpha=2)
    return state * w


PROGRAMS = [value for value in list(globals().values()) if getattr(value, "__module__", None) == __name__]

# PyTorch refuses these, because a write that follows overwrites what the one before saved; we keep a copy.
KEPT = [square_in_place_twice, reshaped_view, unary_in_place, sigmoid_relu_in_place]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_program(program, dtype):
    hold(program, X.astype(dtype), W.astype(dtype), lenient=program in KEPT)


@pytest.mark.parametrize("program", KEPT, ids=lambda program: program.__name__)
def test_what_only_we_compute_is_right(program):
    def total(x, w):
        outputs = program(tg, x, w)
        return sum((y * y).sum() for y in outputs) if isinstance(outputs, tuple) else outputs

    check_gradient(total, [X, W])


def both(function):
    """What a function of the library gives with each."""
    return function(tg), function(torch)


def leaf(m, values=V):
    return m.tensor(values.tolist(), dtype=m.float64, requires_grad=True)


@pytest.mark.parametrize(
    "function",
    [
        lambda m, x: (x**3).sum(),
        lambda m, x: (x.sin() * x.exp()).sum(),
        lambda m, x: (x * x).sum() ** 2,
        lambda m, x: m.tanh(x * x[0]).prod(),
        lambda m, x: m.logsumexp(x * x, 0),
        lambda m, x: (x.sigmoid() / (1 + x * x)).mean(),
        lambda m, x: m.einsum("i,j,ij->", x, x, m.outer(x, x)),
        lambda m, x: (x[m.tensor([0, 0, 1])] * x.flip(0)).var(),
        lambda m, x: m.stack([x, x * x]).sqrt().abs().max() if m is None else m.stack([x, x * x]).square().max(),
        lambda m, x: m.where(x > 0, x**3, x**2).cumsum(0).sum() if m is None else m.where(x > 0, x**3, x**2).sum(),
        lambda m, x: (x.unsqueeze(1) @ x.unsqueeze(0)).pow(2).sum(),
        lambda m, x: m.cat([x, x[:1] * x[1:2]]).prod(),
    ],
)
def test_third_order(function):
    def derivatives(m):
        x = leaf(m)
        found = [function(m, x)]
        for weights in (V[::-1], V + 1, V * V):
            y = (found[-1] * m.tensor(weights.tolist(), dtype=m.float64)).sum() if found[-1].ndim else found[-1]
            found += m.autograd.grad(y, x, create_graph=True)
        return found

    for ours, theirs in zip(*both(derivatives), strict=True):
        assert_same(ours, theirs, "a derivative")


def test_grad_of_several_outputs_and_inputs():
    def gradients(m):
        x, y, z = leaf(m), leaf(m, V * 2), leaf(m, V + 1)
        a, b = x * y, (y * y).sum()
        seeds = [m.tensor([1.0, -1.0, 2.0], dtype=m.float64), None]
        found = [*m.autograd.grad([a, b], [x, y], seeds, retain_graph=True)]
        found += m.autograd.grad([a, b], [x, z, y], seeds, allow_unused=True, retain_graph=True)
        found += m.autograd.grad([a, b], [x, z], seeds, materialize_grads=True, retain_graph=True)
        found += m.autograd.grad([b, b, a.sum()], (y, a), retain_graph=True)
        found += m.autograd.grad(a, a, m.ones(3, dtype=m.float64))
        return [*found, x.grad, y.grad]

    for ours, theirs in zip(*both(gradients), strict=True):
        assert_same(ours, theirs, "a gradient")


@pytest.mark.parametrize(
    "program",
    [
        lambda m, x: m.autograd.grad((x * x).sum(), leaf(m)),
        lambda m, x: m.autograd.grad(x * x, x),
        lambda m, x: m.autograd.grad((x * x).sum(), x.detach()),
        lambda m, x: m.autograd.grad(m.ones(1).sum(), x),
        lambda m, x: m.autograd.grad(x * x, x, m.ones(2, dtype=m.float64)),
        lambda m, x: m.autograd.grad([x.sum(), x.sum()], x, [m.ones(())]),
        lambda m, x: (x * x).backward(),
        lambda m, x: (x * x).backward(m.ones(2)),
        lambda m, x: x.detach().sum().backward(),
        lambda m, x: [(y := (x * x).sum()).backward(), y.backward()],
        lambda m, x: [(y := x.exp().sum()).backward(), y.backward()],
        lambda m, x: [(y := (x * x)).sum().backward(), (y * 2).sum().backward()],
        lambda m, x: x.detach().register_hook(lambda g: g),
        lambda m, x: x.detach().retain_grad(),
        lambda m, x: (x * 2).requires_grad_(False),
        lambda m, x: m.arange(3).requires_grad_(),
        lambda m, x: m.tensor([1, 2], requires_grad=True),
        lambda m, x: (x * 2).numpy(),
        lambda m, x: setattr(x, "grad", m.ones(2)),
        lambda m, x: setattr(x, "grad", m.ones(3)),
        lambda m, x: setattr(x, "grad", 1.0),
        lambda m, x: [x.register_hook(lambda g: g[:1]), x.sum().backward()],
    ],
)
def test_what_pytorch_refuses_we_refuse(program):
    with pytest.raises((RuntimeError, TypeError, ValueError)):
        program(torch, leaf(torch))
    with pytest.raises((RuntimeError, TypeError, ValueError)):
        program(tg, leaf(tg))


@pytest.mark.parametrize(
    "program",
    [
        lambda m, x: [(y := (x + 1).sum()).backward(), y.backward()],
        lambda m, x: [(y := (x * x).sum()).backward(retain_graph=True), y.backward()],
        lambda m, x: [(x * x).backward(m.tensor([1.0, 2.0, 3.0])), (x * x).sum().backward()],
        lambda m, x: (x * x).sum().backward(inputs=[x]),
        lambda m, x: [(y := x * 2).retain_grad(), (y * y).sum().backward(), y.grad],
        lambda m, x: [(y := x * 2).retain_grad(), y.retain_grad(), y.mul_(x), (y * y).sum().backward(), y.grad],
        lambda m, x: [(y := x * 2), y.register_hook(lambda g: g * 3), (y * y).sum().backward()],
        lambda m, x: [x.register_hook(lambda g: g * 3), x.register_hook(lambda g: g + 1), (x * x).sum().backward()],
        lambda m, x: [(h := x.register_hook(lambda g: g * 3)), h.remove(), h.remove(), (x * x).sum().backward()],
        lambda m, x: [(y := x * 2), y.register_hook(lambda g: g * 0), y.retain_grad(), y.sum().backward(), y.grad],
        lambda m, x: [(y := x * 2), y.register_hook(lambda g: g * 3), y.mul_(x), y.sum().backward()],
        lambda m, x: [x.register_hook(lambda g: None), (x * x).sum().backward()],
        lambda m, x: [(y := x * 2), y.register_hook(lambda g: g * g), (y**3).sum().backward(create_graph=True)],
        lambda m, x: [(x**3).sum().backward(), (x**2).sum().backward(), x.grad],
        lambda m, x: [x.sum().backward(), x.grad.zero_(), (x * x).sum().backward()],
        lambda m, x: [setattr(x, "grad", m.ones(3, dtype=m.float64)), (x * x).sum().backward()],
        lambda m, x: [(x * x).sum().backward(), setattr(x, "grad", None), x.sum().backward()],
        lambda m, x: [x.requires_grad_(False), x.requires_grad_(), (x * x).sum().backward()],
        lambda m, x: [
            (x**3).sum().backward(create_graph=True),
            (g := x.grad),
            setattr(x, "grad", None),
            (g * g).sum().backward(),
        ],
        lambda m, x: [(x**2).sum().backward(create_graph=True), (x**3).sum().backward()],
        lambda m, x: [setattr(x, "data", m.tensor([4.0, 5.0], dtype=m.float64)), (x * x).sum().backward()],
        lambda m, x: [
            (x * x).sum().backward(),
            x.data.sub_(x.grad * 0.1),
            setattr(x, "grad", None),
            x.exp().sum().backward(),
        ],
        lambda m, x: [x.clone().detach().requires_grad_().is_leaf, (x * 2).is_leaf, x.is_leaf, x.sum().backward()],
        lambda m, x: m.zeros(0).sum().item() or (x[:0].sum() + x.sum()).backward(),
        lambda m, x: [(y := x.double()).retain_grad(), y.sum().backward(), x.is_leaf],
    ],
)
@pytest.mark.filterwarnings("ignore:Using backward.. with create_graph=True:UserWarning")  # PyTorch's
def test_leaves_and_hooks(program):
    def gradient(m):
        x = leaf(m)
        found = program(m, x)
        return [x.grad, *[y for y in found or [] if isinstance(y, (bool, m.Tensor))]]

    ours, theirs = both(gradient)
    assert len(ours) == len(theirs)
    for x, y in zip(ours, theirs, strict=True):
        assert_same(x, y, "a gradient")


def test_backward_to_chosen_inputs_leaves_the_others_alone():
    def gradients(m):
        x, w = leaf(m), leaf(m, V + 2)
        seen = []
        w.register_hook(seen.append)
        (x * w).sum().backward(inputs=[x])
        middle = x * 2
        (middle * w).sum().backward(inputs=[middle, w])
        return [x.grad, w.grad, middle.grad, m.tensor(len(seen))]

    for ours, theirs in zip(*both(gradients), strict=True):
        assert_same(ours, theirs, "a gradient")


def test_hooks_see_the_same_gradients_in_the_same_order():
    def seen(m):
        found = []
        x, w = leaf(m), leaf(m, V + 2)
        a = x * w
        b = a.exp()
        for tensor in (x, a, b, w):
            tensor.register_hook(found.append)
        (b * a).sum().backward()
        return found[:2]  # the order in which leaves follow is nobody's promise

    for ours, theirs in zip(*both(seen), strict=True):
        assert_same(ours, theirs, "what a hook saw")


def test_a_full_backward_hook_is_not_called_by_a_second_derivative():
    for m in (tg, torch):
        calls = []
        module = m.nn.MSELoss()
        module.register_full_backward_hook(lambda *_, calls=calls: calls.append(1))
        x = m.tensor([1.0, 2.0], requires_grad=True)
        (g,) = m.autograd.grad(module(x, m.ones(2)), x, create_graph=True)
        m.autograd.grad(g.sum(), x)
        assert calls == [1]


def test_which_output_of_its_node_a_tensor_is():
    for m in (tg, torch):
        x = m.ones(4, requires_grad=True)
        assert [y.output_nr for y in (x, x * 2, *x.chunk(2))] == [0, 0, 0, 1]
