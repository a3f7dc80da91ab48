"""What others stumble on: each is held here, but for what the tests of nn, optim and viz hold."""

import asyncio
import gc
import math
import sys
import threading
import tracemalloc

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.graph import Node
from tinygrad_edu.ops.softmax import log_softmax, logits_cross_entropy, softmax
from tinygrad_edu.primitive import Primitive


def leaf(*values):
    return tg.tensor([*values], requires_grad=True)


def counted():
    """A primitive that does nothing, and a list of how often its rule ran."""
    calls = [0]

    def pass_on(x):
        return x + 0

    def rule(g):
        calls[0] += 1
        return g

    operation = Primitive(pass_on, r"\bar{x} = \bar{y}")
    operation.vjp(x=rule)
    return operation, calls


def chain(length):
    """(rule calls, blocks of memory held at the end of forward) of a chain."""
    operation, calls = counted()
    x = leaf(1.0)
    gc.collect()
    before = sys.getallocatedblocks()
    y = x
    for _ in range(length):
        y = operation(y)
    held = sys.getallocatedblocks() - before
    y.backward()
    assert x.grad.item() == 1
    return calls[0], held


def test_a_chain_of_a_million_goes_backward_in_linear_work_and_memory():
    assert sys.getrecursionlimit() <= 3000
    calls, held = chain(100_000)
    more_calls, more_held = chain(1_000_000)
    assert (calls, more_calls) == (100_000, 1_000_000)
    assert more_held < 10.5 * held


def test_a_chain_differentiated_twice_needs_no_recursion():
    x = leaf(0.5)
    y = x
    for _ in range(3000):
        y = y * 1.0001
    (g,) = tg.autograd.grad(y * y, x, tg.ones(1), create_graph=True)
    (second,) = tg.autograd.grad(g.sum(), x)
    assert second.item() == pytest.approx(2 * 1.0001**6000, rel=1e-3)


def test_doubling_sixteen_times_visits_each_node_once():
    operation, calls = counted()
    x = leaf(1.0)
    y = x
    for _ in range(16):
        y = operation(y)
        y = y + y
    y.backward()
    assert x.grad.item() == 2**16
    assert calls[0] == 16


def test_an_index_named_twice_gets_both_gradients():
    x = leaf(1.0, 2.0, 3.0)
    x[[0, 0, 1]].sum().backward()
    assert x.grad.tolist() == [2, 1, 0]


@pytest.mark.parametrize("index", [[0, 0, 2], [[0, 0], [2, 2]], [-1, 2, 2], []])
def test_rows_named_twice_as_in_an_embedding(index):
    table = tg.tensor(np.arange(12.0).reshape(3, 4), requires_grad=True)
    index = np.array(index, int)
    weights = np.arange(1.0, 1 + index.size * 4).reshape(*index.shape, 4)
    (table[tg.tensor(index)] * tg.tensor(weights)).sum().backward()
    expected = np.zeros((3, 4))
    np.add.at(expected, index, weights)
    np.testing.assert_array_equal(table.grad.numpy(), expected)


def test_scatter_add_adds_what_is_named_twice():
    x, source = leaf(0.0, 0.0, 0.0), leaf(1.0, 2.0, 3.0)
    y = x.scatter_add(0, tg.tensor([1, 1, 0]), source)
    assert y.tolist() == [3, 3, 0]
    (y * tg.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert source.grad.tolist() == [10, 10, 1]
    assert x.grad.tolist() == [1, 10, 100]


def test_numbers_keep_float32():
    x = leaf(1.0, 2.0)
    y = (x * 2.0 + 1.0) / 3 - 1e-3
    y = 2 ** (1 - y) + np.float64(2.0) * y ** np.int64(2)
    assert y.dtype == tg.float32
    y.sum().backward()
    assert x.grad.dtype == tg.float32


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64", "uint8"])
def test_numbers_keep_every_dtype(dtype):
    x = tg.ones(3, dtype=dtype)
    assert (x + 1).dtype == (2 * x).dtype == (x - 1).dtype == (x // 2).dtype == dtype
    assert (x * 1.5).dtype == (dtype if "float" in dtype else tg.float32)


# Each is told by its dtype and its dimensions; a Python number by itself.
MEETINGS = [
    (("float32", 1), ("int64", 1), "float32"),
    (("int64", 1), ("float16", 1), "float16"),
    (("bool", 1), ("float64", 1), "float64"),
    (("float16", 1), ("float32", 1), "float32"),
    (("uint8", 1), ("int8", 1), "int16"),
    (("bool", 1), ("uint8", 1), "uint8"),
    (("float32", 0), ("int64", 0), "float32"),
    (("float32", 1), ("float64", 0), "float32"),
    (("float16", 0), ("float32", 1), "float32"),
    (("int64", 1), ("float64", 0), "float64"),
    (("int8", 1), ("int64", 0), "int8"),
    (("bool", 1), ("uint8", 0), "uint8"),
    (("float64", 0), 1.5, "float64"),
    (("int64", 0), 1.5, "float32"),
    (("int8", 1), 1.5, "float32"),
    (("bool", 1), 1, "int64"),
    (("bool", 1), True, "bool"),
    (("uint8", 0), 1, "uint8"),
]


@pytest.mark.parametrize(("x", "y", "dtype"), MEETINGS, ids=str)
def test_where_dtypes_meet(x, y, dtype):
    x, y = (tg.ones((1,) * one[1], dtype=one[0]) if isinstance(one, tuple) else one for one in (x, y))
    assert (x * y).dtype == (y * x).dtype == tg.where(tg.tensor([True]), x, y).dtype == dtype


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge"])
def test_comparisons_meet_at_the_common_dtype(name):
    large = 2**24 + 1  # float32 does not tell it from the number before
    found = getattr(tg, name)(tg.tensor([large]), tg.tensor([large - 1.0]))
    assert found.tolist() == [name in ("eq", "le", "ge")]


@pytest.mark.parametrize("left", [np.arange(3.0), np.float64(2), np.float32(2), np.int64(2), np.array(2.0), 2, 2.0])
def test_a_numpy_left_operand_gives_a_tensor(left):
    x = leaf(1.0, 2.0, 4.0)
    wide = isinstance(left, np.ndarray) and left.ndim
    for result in (left + x, left - x, left * x, left / x, left // x, left % x, left == x, left < x, left >= x):
        assert type(result) is tg.Tensor
        assert result.shape == (3,)
    assert (left * x).dtype == (tg.float64 if wide else tg.float32)
    (left * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.broadcast_to(left, 3))
    assert x.grad.dtype == tg.float32


def test_a_numpy_matrix_times_a_tensor():
    x = tg.tensor(np.arange(3.0), requires_grad=True)
    y = np.ones((2, 3)) @ x
    assert type(y) is tg.Tensor
    y.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_an_array_changed_after_use_does_not_change_the_gradient():
    array, index = np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1])
    x = tg.tensor([1.0, 1.0, 1.0], dtype="float64", requires_grad=True)
    y = x * array + x[index]
    array[:] = index[:] = 2
    y.sum().backward()
    assert x.grad.tolist() == [3, 3, 3]


def test_overwriting_a_saved_value_raises_and_names_both_lines():
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y.exp() + y * y  # the forward line
    y += 1  # the writing line
    lines = [sys._getframe().f_lineno - 2, sys._getframe().f_lineno - 1]
    with pytest.raises(RuntimeError, match="overwritten") as failure:
        z.sum().backward()
    message = str(failure.value)
    assert "mul" in message
    for line in [lines[0] - 0, lines[1]]:
        assert f"{__file__}:{line} in test_overwriting" in message


def test_overwriting_an_output_that_is_saved_raises():
    x = leaf(1.0, 2.0)
    y = x.exp()
    y.mul_(2)
    with pytest.raises(RuntimeError, match="exp"):
        y.sum().backward()


def test_max_of_ties():
    x = tg.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]], requires_grad=True)
    x.max().backward()
    assert x.grad.tolist() == [[0, 0.5, 0.5], [0, 0, 0]]
    x.grad = None
    values, indices = x.max(1)
    values.sum().backward()
    assert indices.tolist() == [1, 0]
    assert x.grad.tolist() == [[0, 1, 0], [1, 0, 0]]
    x.grad = None
    x.amax(1).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0.5, 0.5], [1 / 3] * 3], rtol=1e-6)
    x.grad = None
    tg.maximum(x, tg.tensor([2.0, 3.0, 2.0])).sum().backward()
    assert x.grad.tolist() == [[0, 0.5, 1], [0.5, 0, 0.5]]


def test_what_where_leaves_out_has_no_gradient_not_even_that_of_nan():
    x = leaf(-1.0, 0.0, 4.0)
    y = tg.where(x > 0, x, 1.0).log()
    tg.where(x > 0, y * float("inf"), y).sum().backward()
    assert x.grad.tolist() == [0, 0, float("inf")]
    x.grad = None
    (x.masked_fill(x <= 0, 1.0).sqrt()).sum().backward()
    assert x.grad.tolist() == [0, 0, 0.25]


def test_roots_at_zero():
    x = leaf(0.0, 4.0)
    x.sqrt().sum().backward()
    assert x.grad.tolist() == [float("inf"), 0.25]
    flat = leaf(3.0, 3.0)
    flat.std().backward()
    assert flat.grad.tolist() == [0, 0]
    x.grad = None
    (x**2).sum().backward()
    (x**0).sum().backward()
    assert x.grad.tolist() == [0, 8]


def test_backward_twice():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4, 8]
    with pytest.raises(RuntimeError, match=r"mul .*test_stumbles.py:\d+ in test_backward_twice.* retain_graph=True"):
        y.backward()


def test_extremes_of_exponentials():
    x = tg.tensor([[1000.0, 0.0, -1000.0]], requires_grad=True)
    assert softmax(x, dim=1).tolist() == [[1, 0, 0]]
    assert log_softmax(x, dim=1).tolist() == [[0, -1000, -2000]]
    assert x.logsumexp(1).tolist() == [1000]
    assert logits_cross_entropy(x, target=np.array([2])).item() == 2000
    assert x.sigmoid().tolist() == [[1, 0.5, 0]]
    assert x.tanh().tolist() == [[1, 0, -1]]
    (softmax(x, dim=1) + log_softmax(x, dim=1) + x.sigmoid() + x.tanh() + x.logsumexp(1, True)).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_a_masked_row_of_attention():
    scores = tg.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], requires_grad=True)
    mask = tg.tensor([[False, True, True], [False, False, True]])
    weights = softmax(scores.masked_fill(mask, float("-inf")), dim=1)
    assert weights.tolist()[0] == [1, 0, 0]
    (weights * tg.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert np.isfinite(scores.grad.numpy()).all()
    assert scores.grad.tolist()[0] == [0, 0, 0]


def network_step(weights, x, kept):
    """A training step that goes through views, writes, hooks, retained and second derivatives."""
    w, b = weights
    hidden = (x @ w + b).tanh()
    hidden.retain_grad()
    handle = hidden.register_hook(lambda g: g * 1.0)
    buffer = tg.zeros(4, 3)
    buffer[:2] = hidden[:2]
    buffer[2:].add_(hidden[2:])
    loss = (buffer[[0, 0, 1, 3]] ** 2).mean() + tg.cat([hidden, buffer]).var()
    (g,) = tg.autograd.grad(loss, w, create_graph=True)
    (loss + (g * g).sum()).backward()
    handle.remove()
    with tg.no_grad():
        for parameter in weights:
            parameter -= 0.01 * parameter.grad
            parameter.grad = None
    kept[0] = loss.item()


def alive():
    return sum(issubclass(type(x), (tg.Tensor, Node)) for x in gc.get_objects())


def bytes_of_arrays():
    """What NumPy holds for the elements of arrays, while tracemalloc traces."""
    only = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([only]).traces)


@pytest.fixture
def without_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("steps", [50, 1000])
@pytest.mark.usefixtures("without_collector")
def test_steps_without_the_collector_leak_nothing(steps):
    weights = [tg.ones(5, 3, requires_grad=True), tg.zeros(3, requires_grad=True)]
    x, kept = tg.tensor(np.linspace(-1, 1, 20, dtype="float32").reshape(4, 5)), [0.0]
    tracemalloc.start()
    for _ in range(10):
        network_step(weights, x, kept)
    gc.collect()
    before, bytes_before, containers = alive(), bytes_of_arrays(), len(gc.get_objects())
    for _ in range(steps):
        network_step(weights, x, kept)
    grown = len(gc.get_objects()) - containers
    bytes_after = bytes_of_arrays()
    tracemalloc.stop()
    assert alive() == before
    assert gc.collect() == 0, "a reference cycle"
    assert bytes_after == bytes_before
    assert grown < 20


@pytest.mark.usefixtures("without_collector")
def test_a_failed_backward_leaks_nothing():
    def fail():
        x = leaf(1.0)
        y = (x * x).exp()
        y.register_hook(lambda g: g[:0])
        try:
            y.backward()
        except RuntimeError:
            return
        pytest.fail("the hook is wrong")

    fail()
    gc.collect()
    before = alive()
    fail()
    assert alive() == before


@pytest.mark.usefixtures("without_collector")
def test_summing_losses_as_numbers_holds_no_graphs():
    x = leaf(1.0, 2.0)
    total, running = 0.0, tg.zeros(())
    before = alive()
    for _ in range(20):
        loss = (x * x).sum()
        total += loss.item()
        running += loss.detach()
    del loss
    assert total == running.item() == 100
    assert alive() == before


def test_summing_losses_as_tensors_gives_the_sum_of_gradients():
    x = leaf(1.0, 2.0)
    total = sum((x * k).sum() for k in range(4))
    total.backward()
    assert x.grad.tolist() == [6, 6]


PROGRAMS = [
    lambda a, b: a + b,
    lambda a, b: (a + b).sum(),
    lambda a, b: a - b + b,
    lambda a, b: (a.reshape(3, 1) + b.reshape(3, 1)).sum(),
    lambda a, b: a.clone() + b.clone(),
    lambda a, b: tg.cat([a, b]),
    lambda a, b: tg.stack([a, b]).sum(0),
    lambda a, b: a.expand(2, 3) + b,
    lambda a, b: a.flip(0) + b[[0, 1, 2]],
    lambda a, b: a.double() + b.double(),
]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients_of_different_leaves_never_share_memory(program, create_graph):
    a, b = leaf(1.0, 2.0, 3.0), leaf(4.0, 5.0, 6.0)
    seen = []
    y = program(a, b)
    y.register_hook(seen.append)
    seed = tg.ones_like(y)
    y.backward(seed, create_graph=create_graph)
    owned = [a.grad, b.grad, seed, *(seen if not create_graph else [])]
    for i, x in enumerate(owned):
        for other in owned[i + 1 :]:
            assert not (x is other or np.shares_memory(x.detach().numpy(), other.detach().numpy())) or {i} <= {2, 3}
    before = b.grad.tolist()
    a.grad.detach().zero_()
    assert b.grad.tolist() == before
    assert seed.tolist() == tg.ones_like(y).tolist()


def test_grad_mode_belongs_to_its_thread():
    found, turn = {}, threading.Barrier(2)

    @tg.no_grad()
    def paused():
        turn.wait()
        turn.wait()
        return tg.is_grad_enabled()

    def one():
        found["one before"] = tg.is_grad_enabled()
        found["one"] = paused()
        found["one after"] = tg.is_grad_enabled()

    def other():
        turn.wait()
        found["other"] = tg.is_grad_enabled()
        found["other records"] = (leaf(1.0) * 2).requires_grad
        turn.wait()

    threads = [threading.Thread(target=target) for target in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"one before": True, "one": False, "one after": True, "other": True, "other records": True}
    assert tg.is_grad_enabled()


def test_one_decorated_function_in_two_threads_restores_the_mode_of_each():
    first, second = threading.Event(), threading.Event()
    after = {}

    @tg.no_grad()
    def wait_for(event, done):
        done.set()
        event.wait()

    def enabled():
        wait_for(second, first)
        after["enabled"] = tg.is_grad_enabled()

    def disabled():
        tg.set_grad_enabled(False)
        first.wait()
        wait_for(first, second)
        after["disabled"] = tg.is_grad_enabled()

    threads = [threading.Thread(target=target) for target in (enabled, disabled)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert after == {"enabled": True, "disabled": False}


def test_grad_mode_belongs_to_its_task():
    async def main():
        async def quiet():
            with tg.no_grad():
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                return tg.is_grad_enabled()

        async def loud():
            await asyncio.sleep(0)
            return tg.is_grad_enabled(), (leaf(1.0) * 2).requires_grad

        return await asyncio.gather(quiet(), loud(), quiet())

    assert asyncio.run(main()) == [False, (True, True), False]
    assert tg.is_grad_enabled()


def test_two_threads_go_backward_at_once():
    x = leaf(1.0, 2.0)
    errors = []

    def work(scale):
        try:
            for _ in range(50):
                w = leaf(1.0, 2.0)
                (w * x.detach() * scale).sum().backward()
                assert w.grad.tolist() == [scale, 2 * scale]
        except AssertionError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(float(n),)) for n in range(1, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_zero_keeps_its_sign_whichever_was_used_before():
    x = tg.tensor([1.0, 2.0])
    for zero in (-0.0, 0, 0.0, -0.0):
        negative = math.copysign(1, zero) < 0
        x.clone().add_(x, alpha=zero)
        assert np.signbit((x * zero).numpy()).all() == negative
        assert np.signbit(tg.where(x > 5, x, zero).numpy()).all() == negative
        assert np.signbit(tg.where(x > 0, zero, x).numpy()).all() == negative
        assert (x > zero).all()


@pytest.mark.parametrize("dtype", [tg.float32, tg.float64, tg.float16])
def test_where_takes_numbers_tensors_and_both(dtype):
    condition, x, y = tg.tensor([True, False]), tg.tensor([1, 0], dtype=dtype), tg.tensor([0, 1], dtype=dtype)
    for first, second, expected in ((x, y, [1, 1]), (x, 3, [1, 3]), (0.5, y, [0.5, 1]), (x, tg.tensor(7), [1, 7])):
        found = tg.where(condition, first, second)
        assert (found.tolist(), found.dtype) == (expected, dtype)
    assert tg.where(condition, tg.tensor([1, 2]), 3.5).tolist() == [1, 3.5]
    assert tg.where(condition, 1, 2).dtype == tg.int64
