"""Hooks on Tensors and nodes, what nodes tell, anomalies, what is saved elsewhere, inference mode."""

import gc
import threading
import weakref

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.autograd import (
    detect_anomaly,
    grad,
    gradgradcheck,
    inference_mode,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    is_inference_mode_enabled,
    register_multi_grad_hook,
    saved_tensors_hooks,
    set_detect_anomaly,
    set_forward_lines,
)
from tinygrad_edu.errors import GradientError, ShapeError


def leaf(*values):
    return tg.tensor([*values], dtype=tg.float64, requires_grad=True)


def test_hooks_on_nodes_come_in_order_and_can_be_taken_away():
    x, order = leaf(1.0, 2.0), []
    y = x * 3
    y.register_hook(lambda g: order.append("tensor"))
    first = y.grad_fn.register_prehook(lambda go: order.append("before"))
    second = y.grad_fn.register_hook(lambda gi, go: order.append((gi[0].tolist(), gi[1], go[0].tolist())))
    y.grad_fn.register_hook(lambda gi, go: (gi[0] * 2, None))
    y.sum().backward(retain_graph=True)
    assert order == ["tensor", "before", ([3, 3], None, [1, 1])]
    assert x.grad.tolist() == [6, 6]
    first.remove()
    second.remove()
    y.sum().backward()
    assert order[3:] == ["tensor"]


def test_hooks_on_a_tensor_come_before_those_on_its_node():
    order = []
    x = leaf(1.0)
    y = x * 2
    y.grad_fn.register_prehook(lambda go: order.append("before y") or (go[0] * 5,))
    y.register_hook(lambda g: order.append("y") or g * 3)
    accumulate = y.grad_fn.next_functions[0][0]
    accumulate.register_hook(lambda gi, go: order.append("behind x"))
    accumulate.register_prehook(lambda go: order.append("before x"))
    x.register_hook(lambda g: order.append("x"))
    x.register_post_accumulate_grad_hook(lambda leaf: order.append("x.grad"))
    y.sum().backward(retain_graph=True)
    assert order == ["y", "before y", "x", "before x", "x.grad", "behind x"]
    assert x.grad.tolist() == [30]
    order.clear()
    assert grad(y.sum(), y, retain_graph=True)[0].tolist() == [3]  # y's node does not run
    assert order == ["y"]
    order.clear()
    assert grad(y.sum(), x)[0].tolist() == [30]
    assert order == ["y", "before y", "x"]


def test_a_hook_before_a_node_of_several_outputs_sees_none_where_nothing_came_back():
    x, seen = leaf(1.0, 2.0), []
    first, _ = x.chunk(2)
    first.grad_fn.register_prehook(lambda go: seen.append(go[1]) or (go[0] * 2, None))
    first.sum().backward()
    assert seen == [None]
    assert x.grad.tolist() == [2, 0]


def test_a_hook_after_a_gradient_is_accumulated_returns_nothing():
    x = leaf(1.0)
    x.register_post_accumulate_grad_hook(lambda leaf: leaf.grad)
    with pytest.raises(RuntimeError, match="returns None, got Tensor"):
        x.sum().backward()


def test_a_view_retains_its_gradient_though_its_source_is_written_to():
    x = leaf(1.0, 2.0).clone()
    first, second = x[:], x[:]
    second.retain_grad()
    first.mul_(2)
    (second * 3).sum().backward()
    assert second.grad.tolist() == [3, 3]


def test_what_packs_saved_values_writes_to_none_of_them_and_gets_no_numbers():
    x = leaf(1.0, 2.0)
    with saved_tensors_hooks(lambda t: t.add_(1), lambda t: t), pytest.raises(GradientError, match="wrote in place"):
        x.exp()
    packed = []
    with saved_tensors_hooks(lambda t: packed.append(t) or t, lambda t: t):
        y = x * 3
    assert packed == []
    y.sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_hooks_on_nodes_see_gradients_of_the_inputs_shapes():
    x, b = leaf(1.0, 2.0), leaf(3.0)
    seen = []
    y = x * b
    y.grad_fn.register_hook(lambda gi, go: seen.extend(g.shape for g in (*gi, *go)))
    y.sum().backward()
    assert seen == [(2,), (1,), (2,)]


def test_hooks_are_differentiated_with_the_backward():
    def function(x):
        y = x.sin() * x
        y.grad_fn.register_hook(lambda gi, go: tuple([g * x for g in gi]))
        y.grad_fn.register_prehook(lambda go: (go[0] * 2,))
        (g,) = grad(y.sum(), x, create_graph=True)
        return g

    x = leaf(0.5, -1.0)
    (h,) = grad(function(x).sum(), x)
    v = x.detach()
    # the gradient is 2x (sin x + x cos x), and through one more hook the same again
    np.testing.assert_allclose(h, 2 * (v.sin() + 3 * v * v.cos() - v * v * v.sin()))
    assert gradgradcheck(lambda x: x.sin() * x, [x])


@pytest.mark.parametrize(
    ("hook", "error", "message"),
    [
        (lambda gi, go: (gi[0],), GradientError, "returned 1 gradients; it must return 2"),
        (lambda gi, go: (gi[0][:1], None), ShapeError, r"of shape \(2,\) or None"),
        (lambda gi, go: (1.0, None), TypeError, "or None, got float"),
    ],
)
def test_what_a_hook_on_a_node_may_not_return(hook, error, message):
    y = leaf(1.0, 2.0) * 3
    y.grad_fn.register_hook(hook)
    with pytest.raises(error, match=message):
        y.sum().backward()
    y = leaf(1.0, 2.0) * 3
    y.grad_fn.register_prehook(lambda go: (*go, *go))
    with pytest.raises(GradientError, match="returned 2 gradients; it must return 1"):
        y.sum().backward()


def test_hooks_after_accumulation_run_at_once_and_only_where_a_grad_is_kept():
    x, w, seen = leaf(1.0, 2.0), leaf(3.0, 4.0), []
    handle = x.register_post_accumulate_grad_hook(lambda p: seen.append((p is x, p.grad.tolist())))
    y = (x * w).sum()
    grad(y, x, retain_graph=True)
    y.backward(retain_graph=True, inputs=[w])
    assert seen == []
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    assert seen == [(True, [3, 4]), (True, [6, 8])]
    handle.remove()
    y.backward()
    assert len(seen) == 2
    for tensor in (x * 2, x.detach()):
        with pytest.raises(GradientError):
            tensor.register_post_accumulate_grad_hook(print)


def test_an_optimizer_within_the_backward():
    x = leaf(1.0, 2.0)
    optimizer = tg.optim.SGD([x], lr=0.5)

    def step(p):
        optimizer.step()
        optimizer.zero_grad()

    x.register_post_accumulate_grad_hook(step)
    for _ in range(2):
        (x * x).sum().backward()
    assert x.tolist() == [0, 0]
    assert x.grad is None


def test_a_hook_on_several_tensors_waits_for_all_that_are_reached():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y, unused, seen = x * w, x * 5, []
    handle = register_multi_grad_hook(
        (x, w, y, unused), lambda gs: seen.append([None if g is None else g.tolist() for g in gs])
    )
    y.sum().backward(retain_graph=True)
    grad(y.sum(), w, retain_graph=True)
    handle.remove()
    y.sum().backward()
    assert seen == [[[3, 4], [1, 2], [1, 1], None], [None, [1, 2], [1, 1], None]]
    with pytest.raises(ValueError, match="'some'"):
        register_multi_grad_hook([x], print, mode="some")


def test_hooks_leave_no_cycles():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        y = x * 3
        z = y.exp()
        y.grad_fn.register_hook(lambda gi, go: None)
        y.grad_fn.register_prehook(lambda go: None)
        y.register_hook(lambda g: None)
        register_multi_grad_hook([x, y, z], lambda gs: None)
        nodes = [weakref.ref(t._node) for t in (y, z)]
        with detect_anomaly():
            z.sum().backward()
        del y, z
        assert [node() for node in nodes] == [None, None]
    finally:
        gc.enable()


def test_what_nodes_tell():
    x = leaf(1.0, 2.0)
    y = (x * 2 + tg.ones(2)).log_softmax(0)
    assert y.grad_fn.name() == "LogSoftmaxBackward0"
    ((plus, place),) = y.grad_fn.next_functions
    assert (plus.name(), place) == ("AddBackward0", 0)
    (times, _), nothing = plus.next_functions
    assert nothing == (None, 0)
    accumulator = times.next_functions[0][0]
    assert accumulator.name() == "torch::autograd::AccumulateGrad"
    assert accumulator.next_functions == ()
    assert (x * x).grad_fn.next_functions == ((accumulator, 0), (accumulator, 0))
    assert x.grad_fn is None


def undefined(x):
    return (x * 0).sqrt() * 0


def test_an_anomaly_is_told_with_its_operation_and_line():
    x = leaf(1.0, 2.0)
    y = undefined(x).sum()
    y.backward(retain_graph=True)
    assert np.isnan(x.grad._array).all()
    with detect_anomaly():
        assert is_anomaly_enabled()
        assert is_anomaly_check_nan_enabled()
        with pytest.raises(GradientError, match=r"backward of sqrt .*test_hooks.py:\d+ in undefined.* its input 0"):
            y.backward(retain_graph=True)
        with pytest.raises(GradientError, match="of sqrt"):
            grad(y, x, create_graph=True)
        (x * x).sum().backward()
        first, _ = (x * 1).chunk(2)
        with pytest.raises(GradientError, match=r"of sections .*gave NaN.* held NaN already"):
            first.backward(tg.tensor([np.nan]))
    assert not is_anomaly_enabled()
    y.backward()


def test_an_anomaly_in_a_layer_is_told_with_the_line_of_the_program():
    def forward(layer, x):
        return layer(x)

    layer = nn.Linear(3, 2)
    with detect_anomaly():
        y = forward(layer, tg.full((2, 3), float("inf"), requires_grad=True))
        with pytest.raises(GradientError, match=r"test_hooks.py:\d+ in forward"):
            (y * 0).sum().backward()


def test_the_search_for_anomalies_switches_and_switches_back():
    try:
        assert not set_forward_lines(False)
        with set_detect_anomaly(True, check_nan=False):
            assert (is_anomaly_enabled(), is_anomaly_check_nan_enabled()) == (True, False)
            with set_detect_anomaly(False):
                assert not is_anomaly_enabled()
            assert is_anomaly_enabled()
            assert set_forward_lines(True)
        assert not is_anomaly_enabled()
        assert not set_forward_lines(False)
        set_detect_anomaly(True)
        assert is_anomaly_enabled()
    finally:
        set_detect_anomaly(False)
        set_forward_lines(False)
    found = []
    with detect_anomaly():
        thread = threading.Thread(target=lambda: found.append(is_anomaly_enabled()))
        thread.start()
        thread.join()
    assert found == [False]
    assert detect_anomaly()(is_anomaly_enabled)()


def test_what_is_saved_elsewhere():
    packed = []
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    with saved_tensors_hooks(lambda t: packed.append(t) or len(packed) - 1, lambda i: packed[i]):
        y = (x * w).exp()
        with saved_tensors_hooks(lambda t: t.numpy().copy(), tg.from_numpy):
            z = y * y
    outside = z * z
    assert len(packed) == 3
    (g,) = grad(outside.sum(), x, create_graph=True)
    (h,) = grad(g.sum(), x, retain_graph=True)
    np.testing.assert_allclose(h, 16 * w.detach() ** 2 * (4 * x * w).detach().exp())
    outside.sum().backward()
    with pytest.raises(GradientError, match="freed"):
        outside.sum().backward()


@pytest.mark.parametrize(
    ("unpack", "error", "message"),
    [
        (lambda t: 5, TypeError, "must return a Tensor, got int"),
        (lambda t: t[:1], GradientError, r"unpack gave float64 \(1,\) where float64 \(2,\) was packed by exp"),
        (lambda t: t.float(), GradientError, "float32"),
        (lambda t: t.add_(1), GradientError, "overwritten"),
    ],
)
def test_what_unpack_may_not_give(unpack, error, message):
    with saved_tensors_hooks(lambda t: t, unpack):
        y = leaf(1.0, 2.0).exp()
    with pytest.raises(error, match=message):
        y.sum().backward()


def test_a_write_to_what_is_kept_elsewhere_is_seen():
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        y = leaf(1.0, 2.0) * 2
        z = y.exp()
        y.mul_(y)
    with pytest.raises(GradientError, match="overwritten"):
        y.sum().backward()
    z.sum().backward()


def test_inference_mode_marks_and_records_nothing():
    x = leaf(1.0, 2.0)
    with inference_mode():
        y = x * 2
        made = tg.ones(2)
        assert is_inference_mode_enabled()
        assert not tg.is_grad_enabled()
        with inference_mode(False):
            assert (x * 2).requires_grad
            assert not (x * 2).is_inference()
    assert [t.is_inference() for t in (y, made, y[0], x, y.clone())] == [True, True, True, False, False]
    assert not y.requires_grad
    assert tg.is_grad_enabled()
    assert not is_inference_mode_enabled()


@pytest.mark.parametrize("mode", [inference_mode, inference_mode()])
def test_inference_mode_as_a_decorator(mode):
    @mode
    def double(x):
        """Twice x."""
        return x * 2

    assert double(leaf(1.0)).is_inference()
    assert double.__doc__ == "Twice x."
    with pytest.raises(KeyError), inference_mode():
        raise KeyError
    assert not tg.ones(1).is_inference()


def test_create_graph_records_whatever_the_mode_and_hooks_only_then():
    x, seen = leaf(1.0, 2.0), []
    y = (x**3).sum()
    x.register_hook(lambda g: seen.append((g * x).requires_grad))
    with tg.no_grad():
        (g,) = grad(y, x, create_graph=True)
        assert not tg.is_grad_enabled()
    assert g.requires_grad
    y.backward()
    assert seen == [True, False]
    assert tg.is_grad_enabled()


def test_the_gradient_of_what_is_no_leaf_is_asked_for_before():
    x = leaf(1.0, 2.0)
    y = x * 2
    with pytest.warns(UserWarning, match=r"retain_grad\(\)"):
        assert y.grad is None
    with pytest.warns(UserWarning, match=r"retain_grad\(\)"):
        assert y[0].grad is None
    y.retain_grad()
    assert (y.grad, x.grad, tg.ones(1).grad, y.detach().grad) == (None, None, None, None)  # which tell of nothing
    y.sum().backward()
    assert y.grad.tolist() == [1, 1]
    z = x * 3
    z.grad = tg.ones(2, dtype=tg.float64)
    assert z.grad.tolist() == [1, 1]


class Same(tg.autograd.Function):
    """What it is given, as a view."""

    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return g


class Twice(tg.autograd.Function):
    """What it is given, as two views."""

    @staticmethod
    def forward(ctx, x):
        return x.view_as(x), x.view_as(x)

    @staticmethod
    def backward(ctx, g, h):
        return g + h


@pytest.mark.parametrize("view", [Same.apply, lambda x: Twice.apply(x)[0]])
def test_a_view_that_a_function_gave_is_of_no_use_after_a_write(view):
    # its values have changed, and what its backward does has not: the gradient would be wrong
    x = leaf(1.0, 2.0)
    y = x.clone()
    z = view(y)
    used = (z * 2).sum()
    y[0] *= 3
    for use in (lambda: z.sum(), lambda: z[1:], lambda: z.backward(tg.ones(2, dtype=tg.float64))):
        with pytest.raises(GradientError, match=r"written to in place since; write to a clone\(\)"):
            use()
    used.backward()
    assert x.grad.tolist() == [2, 2]
    with pytest.raises(GradientError, match="given by a Function"):
        view(x.clone()).mul_(2)


def test_a_module_with_backward_hooks_keeps_no_view_beyond_a_write():
    class Keeping(nn.Module):
        def forward(self, x):
            self.kept = x
            return x.clone()

    module, x = Keeping(), leaf(1.0, 2.0)
    module.register_full_backward_hook(lambda *args: None)
    y = x.clone()
    module(y)
    y[0] *= 3
    with pytest.raises(GradientError, match="a hook of a module"):
        module.kept + 2
