"""Properties that hold for any input: broadcasting, repeated indices, aliased operands, random programs, writes."""

import importlib
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import tinygrad_edu as tg
from tinygrad_edu.ops.movement import broadcast_to, sum_to
from tinygrad_edu.testing import check_gradient
from tinygrad_edu.testing.strategies import arrays, broadcastable_shapes, indices, shapes

UNARY = {
    "neg": lambda x: -x,
    "exp": lambda x: (x * 0.5).exp(),
    "tanh": tg.tanh,
    "sin": tg.sin,
    "sigmoid": tg.sigmoid,
    "square": tg.square,
    "log of one more": lambda x: (x * x + 1).log(),
    "sqrt of one more": lambda x: (x * x + 1).sqrt(),
    "sum kept": lambda x: x.sum(-1, True) if x.ndim else x,
    "mean": lambda x: x.mean(),
    "flip": lambda x: x.flip(0) if x.ndim else x,
    "transpose": lambda x: x.transpose(0, -1) if x.ndim else x,
    "flatten": lambda x: x.reshape(-1),
    "unsqueeze": lambda x: x.unsqueeze(0) if x.ndim < 3 else x,
    "first": lambda x: x[:1] if x.ndim else x,
    "half": lambda x: x[..., ::2] if x.ndim else x,
    "twice": lambda x: tg.cat([x, x]) if x.ndim and x.numel() < 50 else x,
    "logsumexp": lambda x: x.logsumexp(0) if x.ndim else x,
    "expand": lambda x: x.expand(2, *x.shape) if x.ndim < 3 else x,
}
BINARY = {
    "add": tg.add,
    "sub": tg.sub,
    "mul": tg.mul,
    "ratio": lambda x, y: x / (y * y + 1),
    "where": lambda x, y: tg.where(tg.arange(x.numel()).reshape(x.shape) % 2 == 0, x, y * 2),
}


def broadcasts(x, y):
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        return False
    return True


@st.composite
def programs(draw):
    """A random computation as steps (name, operands by their place); its inputs are the first places."""
    count = draw(st.integers(1, 3))
    steps = []
    for step in range(draw(st.integers(1, 8))):
        kinds = UNARY if draw(st.booleans()) else BINARY
        places = st.integers(0, count + step - 1)
        operands = (draw(places),) if kinds is UNARY else (draw(places), draw(places))
        steps.append((draw(st.sampled_from(sorted(kinds))), operands))
    return count, steps


def run(steps, *inputs):
    values = list(inputs)
    for name, places in steps:
        operands = [values[place] for place in places]
        if name in BINARY:
            fits = broadcasts(*operands)
            values.append(BINARY[name](*operands) if fits else operands[0] * operands[1].mean())
        else:
            values.append(UNARY[name](operands[0]))
        if values[-1].numel() > 300:
            values[-1] = values[-1].mean()
    return sum(y.mean() for y in values if y.numel())


@given(program=programs(), data=st.data())
@settings(max_examples=60)
def test_random_programs_have_the_gradients_of_differences(program, data):
    count, steps = program
    inputs = [data.draw(arrays(shapes(2, 3, min_side=1))) for _ in range(count)]
    check_gradient(lambda *xs: run(steps, *xs), inputs, rtol=1e-3, atol=1e-5)


@given(program=programs(), data=st.data())
@settings(max_examples=30)
def test_random_programs_give_their_gradients_again_with_create_graph(program, data):
    count, steps = program
    arrays_ = [data.draw(arrays(shapes(2, 3, min_side=1))) for _ in range(count)]

    def gradients(create_graph):
        leaves = [tg.tensor(x, requires_grad=True) for x in arrays_]
        found = tg.autograd.grad(run(steps, *leaves), leaves, create_graph=create_graph, allow_unused=True)
        return [None if g is None else g.tolist() for g in found]

    assert gradients(create_graph=False) == gradients(create_graph=True)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "maximum", "minimum", "atan2", "pow"])
@given(pair=broadcastable_shapes(2), data=st.data())
@settings(max_examples=15)
def test_broadcasting_is_expanding_first(name, pair, data):
    operation = getattr(tg, name)
    x, y = (data.draw(arrays(shape, low=0.5, high=3.0)) for shape in pair)
    shape = np.broadcast_shapes(*pair)

    def gradients(expand):
        leaves = [tg.tensor(z, requires_grad=True) for z in (x, y)]
        operands = [z.expand(shape).clone() for z in leaves] if expand else leaves
        out = operation(*operands)
        assert out.shape == shape
        (out * tg.tensor(np.cos(np.arange(out.numel())).reshape(shape))).sum().backward()
        return [out.detach().numpy(), *(z.grad.numpy() for z in leaves)]

    for found, expected in zip(gradients(False), gradients(True), strict=True):
        np.testing.assert_allclose(found, expected, 1e-12, 1e-12)


@given(pair=broadcastable_shapes(2), data=st.data())
def test_sum_to_is_the_adjoint_of_broadcast_to(pair, data):
    shape = np.broadcast_shapes(*pair)
    x, y = data.draw(arrays(pair[0])), data.draw(arrays(shape))
    np.testing.assert_allclose(
        (broadcast_to(x, shape=shape) * y).sum(), (x * sum_to(y, shape=pair[0])).sum(), 1e-9, 1e-9
    )


@given(x=arrays(shapes(3, 3, min_side=1)), name=st.sampled_from(["add", "sub", "mul", "maximum", "minimum"]))
def test_an_operand_beside_itself(x, name):
    operation = getattr(tg, name)
    both = tg.tensor(x, requires_grad=True)
    operation(both, both).sum().backward()
    one, other = (tg.tensor(x, requires_grad=True) for _ in range(2))
    operation(one, other).sum().backward()
    np.testing.assert_array_equal(both.grad.numpy(), one.grad.numpy() + other.grad.numpy())


@given(x=arrays(st.tuples(st.integers(1, 4), st.integers(0, 3))), data=st.data())
def test_what_an_index_names_twice_gets_both(x, data):
    index = data.draw(indices(len(x)))
    leaf = tg.tensor(x, requires_grad=True)
    picked = leaf[tg.tensor(index)]
    weights = np.cos(np.arange(picked.numel())).reshape(picked.shape)
    (picked * tg.tensor(weights)).sum().backward()
    expected = np.zeros(x.shape)
    np.add.at(expected, index, weights)
    np.testing.assert_allclose(leaf.grad.numpy(), expected, 1e-12, 1e-12)
    np.testing.assert_array_equal(picked.detach().numpy(), x[index])


@given(x=arrays(npst.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)), data=st.data())
@settings(max_examples=150)
def test_every_index_of_numpy_reads_and_writes_what_numpy_does(x, data):
    index = data.draw(npst.basic_indices(x.shape, allow_newaxis=True) | npst.integer_array_indices(x.shape))
    leaf = tg.tensor(x, requires_grad=True)
    y = leaf[index]
    expected = x[index]
    np.testing.assert_array_equal(y.detach().numpy(), expected)
    weights = np.cos(np.arange(expected.size)).reshape(np.shape(expected))
    (y * tg.tensor(weights)).sum().backward()
    spread = np.zeros(x.shape)
    np.add.at(spread, index, weights)
    np.testing.assert_allclose(leaf.grad.numpy(), spread, 1e-12, 1e-12)
    written, copied = tg.tensor(x, requires_grad=True) * 1, x.copy()
    written[index] = copied[index] = 7.0
    np.testing.assert_array_equal(written.detach().numpy(), copied)


@st.composite
def views(draw):
    """A chain of views: each a function that does to a Tensor what it does to an array."""
    names = st.sampled_from(["[0]", "[-1:]", "[::2]", "[..., 0]", "[None]", "T", "reshape", "flat"])
    return draw(st.lists(names, max_size=3))


def view_of(x, name):
    if name == "T":
        return x.T
    if name in ("reshape", "flat"):
        count = int(np.prod(x.shape))
        return x.reshape(-1) if name == "flat" else x.reshape((1, count))
    part = {"[0]": 0, "[-1:]": slice(-1, None), "[::2]": slice(None, None, 2), "[..., 0]": (..., 0), "[None]": None}[
        name
    ]
    return x[part] if x.ndim or part is None else x


@given(
    x=arrays(npst.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3)),
    chain=views(),
    write=st.sampled_from(["mul", "add", "fill", "copy", "exp"]),
    factor=st.floats(0.5, 2.0),
)
@settings(max_examples=200)
def test_a_write_to_a_view_is_that_of_its_place_in_the_source(x, chain, write, factor):
    """Beside an out-of-place formulation: where the view's elements lie, the new value, elsewhere the old."""
    places = np.arange(x.size).reshape(x.shape)
    for name in chain:
        places = view_of(places, name)

    def in_place(leaf):
        y = leaf * 1
        view = y
        for name in chain:
            view = view_of(view, name)
        assume(np.shares_memory(view._array, y._array))
        other = leaf.reshape(-1)[: view.numel()].reshape(view.shape)
        {
            "mul": lambda: view.mul_(other),
            "add": lambda: view.add_(other, alpha=factor),
            "fill": lambda: view.fill_(factor),
            "copy": lambda: view.copy_(other),
            "exp": lambda: view.exp_(),
        }[write]()
        return y, view

    def out_of_place(leaf):
        y = leaf.reshape(-1)
        old = y[places]
        other = y[: places.size].reshape(places.shape)
        new = {
            "mul": lambda: old * other,
            "add": lambda: old + other * factor,
            "fill": lambda: old * 0 + factor,
            "copy": lambda: other,
            "exp": lambda: old.exp(),
        }[write]()
        mask = np.ones(x.size)
        mask[places] = 0
        placed = tg.zeros(x.size, dtype="float64").scatter_add(0, tg.tensor(places.reshape(-1)), new.reshape(-1))
        return (y * tg.tensor(mask) + placed).reshape(x.shape), new

    found = []
    for formulation in (in_place, out_of_place):
        leaf = tg.tensor(x, requires_grad=True)
        y, view = formulation(leaf)
        loss = (y * y * 0.5).sum() + (view * 3).sum()
        loss.backward()
        found.append((y.detach().numpy(), view.detach().numpy(), leaf.grad.numpy()))
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, 1e-9, 1e-12)


@given(x=arrays((3,)), a=st.floats(-2, 2), b=st.floats(-2, 2), data=st.data())
def test_backward_is_linear_in_the_gradient_it_starts_from(x, a, b, data):
    leaf = tg.tensor(x, requires_grad=True)
    y = leaf.sin() * leaf.unsqueeze(1)
    u, v = data.draw(arrays((3, 3))), data.draw(arrays((3, 3)))

    def backward(seed):
        return tg.autograd.grad(y, leaf, tg.tensor(seed), retain_graph=True)[0].numpy()

    np.testing.assert_allclose(backward(a * u + b * v), a * backward(u) + b * backward(v), 1e-9, 1e-9)


@given(x=arrays((4,)), count=st.integers(1, 5))
def test_the_gradient_of_a_sum_of_losses_is_the_sum_of_gradients(x, count):
    def loss(leaf, i):
        return (leaf[i % 4] * leaf.tanh() * (i + 1)).sum()

    together, apart = tg.tensor(x, requires_grad=True), tg.tensor(x, requires_grad=True)
    sum(loss(together, i) for i in range(count)).backward()
    for i in range(count):
        loss(apart, i).backward()
    np.testing.assert_allclose(together.grad.numpy(), apart.grad.numpy(), 1e-12, 1e-12)


DTYPES = st.sampled_from(["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])


@given(first=DTYPES, second=DTYPES, dims=st.tuples(st.booleans(), st.booleans()))
def test_the_dtype_of_two_does_not_depend_on_their_order_or_the_operation(first, second, dims):
    x, y = (
        tg.ones(1, dtype=dtype) if dim else tg.ones((), dtype=dtype)
        for dtype, dim in zip((first, second), dims, strict=True)
    )
    assert (x + y).dtype == (y + x).dtype == (x * y).dtype == tg.result_type(x, y)
    if "float" in first or "float" in second:
        assert "float" in str((x + y).dtype)
    if first == second:
        assert (x * y).dtype == first


@given(x=arrays(npst.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=4)), data=st.data())
def test_reductions_over_dimensions_in_any_order(x, data):
    dims = data.draw(st.permutations(range(x.ndim)))
    y = tg.tensor(x)
    one_by_one = y
    for dim in sorted(dims, reverse=True):
        one_by_one = one_by_one.sum(dim)
    np.testing.assert_allclose(y.sum(tuple(dims)).numpy(), one_by_one.numpy(), 1e-12, 1e-12)
    assert y.amax(tuple(dims)).item() == x.max()


@given(x=arrays(npst.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=4), low=0.0, high=3.0), data=st.data())
def test_the_gradient_of_prod_where_some_are_zero(x, data):
    zeros = data.draw(npst.arrays(bool, x.shape))
    x = np.where(zeros, 0.0, x)
    check_gradient(lambda x: x.prod(), x)
    check_gradient(lambda x: x.prod(-1), x)


def test_without_hypothesis_one_line_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.delitem(sys.modules, "tinygrad_edu.testing.strategies")
    with pytest.raises(ImportError, match=r'^[^\n]*needs hypothesis: pip install "tinygrad-edu\[test\]"$'):
        importlib.import_module("tinygrad_edu.testing.strategies")
