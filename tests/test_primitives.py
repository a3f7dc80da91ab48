"""Every primitive against NumPy, against finite differences, and on arrays against Tensors; cases.py is the table."""

import importlib
import math
import pickle
import pkgutil

import numpy as np
import pytest
from cases import ROWS

import tinygrad_edu as tg
from tinygrad_edu import ops
from tinygrad_edu.kernels.constants import ZEROS, constant32, constant64
from tinygrad_edu.ops import elementary, elementwise
from tinygrad_edu.primitive import Primitive
from tinygrad_edu.testing import check_vjp

DIFFERENTIABLE = [row for row in ROWS if row.orders]
FLOATING = [row for row in DIFFERENTIABLE if all(x.dtype.kind in "fb" for x in row.inputs)]
SEVERAL = [row for row in DIFFERENTIABLE if sum(x.dtype.kind == "f" for x in row.inputs) > 1]
TWINS = [
    row
    for row in DIFFERENTIABLE
    if len(row.inputs) > 1
    and row.inputs[0].shape == row.inputs[1].shape
    and row.inputs[0].dtype == row.inputs[1].dtype == float
]


def protected(x):
    """A copy that nobody can write to: forwards and rules never do."""
    x = np.array(x)
    x.flags.writeable = False
    return x


def scattered(x):
    """The same values, neither contiguous nor in order in memory."""
    x = np.asarray(x)
    room = np.full(tuple(2 * n for n in x.shape), np.nan if x.dtype.kind == "f" else 0).astype(x.dtype)
    part = room[(..., *[slice(None, None, -2)] * x.ndim)]
    part[...] = x
    return part.T.copy().T if x.ndim > 2 else part


def seed_for(shape):
    return np.random.default_rng(1).uniform(-1, 1, shape)


def gradients_of(row, arrays, seed):
    tensors = [tg.from_numpy(x).requires_grad_() if x.dtype.kind == "f" else tg.from_numpy(x) for x in arrays]
    out = row.primitive(*tensors, **row.settings)
    out.backward(tg.from_numpy(seed.astype(out.dtype)))
    return [x.grad for x in tensors]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_forward_is_what_numpy_gives(row):
    expected = np.asarray(row.oracle(*row.inputs, **row.settings))
    out = row.primitive(*map(tg.tensor, row.inputs), **row.settings)
    np.testing.assert_allclose(out.numpy(), expected, 1e-12, 1e-12)
    assert out.shape == expected.shape
    assert out.dtype == expected.dtype


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_forward_on_arrays_is_that_on_tensors(row):
    arrays = [protected(x) for x in row.inputs]
    on_arrays = row.primitive(*arrays, **row.settings)
    on_tensors = row.primitive(*map(tg.from_numpy, arrays), **row.settings)
    np.testing.assert_array_equal(on_tensors.numpy(), on_arrays)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_forward_takes_any_layout_of_memory(row):
    contiguous = row.primitive(*map(tg.from_numpy, map(np.array, row.inputs)), **row.settings)
    other = row.primitive(*map(tg.from_numpy, map(scattered, row.inputs)), **row.settings)
    np.testing.assert_allclose(other.numpy(), contiguous.numpy(), 1e-12, 1e-12)


# `overwritten` gives its input itself: it records a write that has happened to it
@pytest.mark.parametrize("row", [row for row in ROWS if row.primitive.name != "overwritten"], ids=str)
def test_only_views_share_memory_with_their_input(row):
    inputs = list(map(tg.tensor, row.inputs))
    out = row.primitive(*inputs, **row.settings)
    if any(np.may_share_memory(out.numpy(), x.numpy()) for x in inputs):
        assert row.primitive.view
        assert out._view is not None


@pytest.mark.parametrize("row", DIFFERENTIABLE, ids=str)
def test_derivatives_are_what_differences_give(row):
    check_vjp(row.primitive, row.inputs, row.settings, orders=row.orders)


@pytest.mark.parametrize("row", DIFFERENTIABLE, ids=str)
def test_gradients_from_any_layout_and_without_a_write(row):
    shape = np.shape(row.oracle(*row.inputs, **row.settings))
    seed = seed_for(shape)
    expected = gradients_of(row, list(map(np.array, row.inputs)), seed)
    for found in (
        gradients_of(row, list(map(scattered, row.inputs)), scattered(seed)),
        gradients_of(row, list(map(protected, row.inputs)), protected(seed)),
    ):
        for g, gx in zip(found, expected, strict=True):
            assert (g is None) == (gx is None)
            if g is not None:
                np.testing.assert_allclose(g.numpy(), gx.numpy(), 1e-10, 1e-12)


@pytest.mark.parametrize("row", TWINS, ids=str)
def test_an_operand_that_stands_twice_gets_both_gradients(row):
    rest = [tg.tensor(x) for x in row.inputs[2:]]
    x, y = (tg.tensor(row.inputs[0], requires_grad=True) for _ in range(2))
    out = row.primitive(x, y, *rest, **row.settings)
    seed = tg.tensor(seed_for(out.shape))
    out.backward(seed)
    both = tg.tensor(row.inputs[0], requires_grad=True)
    row.primitive(both, both, *rest, **row.settings).backward(seed)
    given = [g.numpy() for g in (x.grad, y.grad) if g is not None]
    np.testing.assert_allclose(both.grad.numpy(), sum(given), 1e-10, 1e-12)


@pytest.mark.parametrize("row", SEVERAL, ids=str)
def test_an_input_gets_its_gradient_whether_or_not_others_want_theirs(row):
    seed = tg.tensor(seed_for(np.shape(row.oracle(*row.inputs, **row.settings))))
    expected = gradients_of(row, row.inputs, seed.numpy())
    for i, g in enumerate(expected):
        if g is not None:
            alone = [tg.tensor(x, requires_grad=place == i) for place, x in enumerate(row.inputs)]
            row.primitive(*alone, **row.settings).backward(seed)
            np.testing.assert_allclose(alone[i].grad.numpy(), g.numpy(), 1e-10, 1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("row", FLOATING, ids=str)
def test_the_dtype_is_kept_forward_and_back(row, dtype):
    settings = row.settings | ({"dtype": np.dtype(dtype)} if "dtype" in row.settings else {})
    arrays = [x.astype(dtype) if x.dtype.kind == "f" else x for x in row.inputs]
    leaves = [tg.tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays]
    out = row.primitive(*leaves, **settings)
    assert out.dtype == dtype
    expected = row.oracle(*[x.astype(float) if x.dtype.kind == "f" else x for x in arrays], **row.settings)
    tolerance = 1e-5 if dtype == "float32" else 2e-2
    np.testing.assert_allclose(out.detach().numpy(), expected, tolerance, tolerance)
    out.backward(tg.ones_like(out))
    for leaf in leaves:
        assert leaf.grad is None or leaf.grad.dtype == leaf.dtype


def primitives():
    """Every Primitive that a module of ops defines."""
    for module in pkgutil.iter_modules(ops.__path__):
        found = importlib.import_module(f"{ops.__name__}.{module.name}")
        for name, value in vars(found).items():
            if isinstance(value, Primitive) and value.__module__ == found.__name__:
                yield pytest.param(value, id=f"{module.name}.{name}")


@pytest.mark.parametrize("primitive", list(primitives()))
def test_every_primitive_has_a_row_a_formula_and_a_rule_for_each_input(primitive):
    rows = [row for row in ROWS if row.primitive is primitive]
    assert rows, f"{primitive.name} has no row in tests/cases.py"
    assert primitive.__doc__
    assert primitive.formula
    if primitive.rules:
        assert "no derivative" not in primitive.formula, "it has rules, and no formula that says them"
        if "*" not in primitive.rules:
            assert set(primitive.rules) == set(primitive.inputs)
        assert any(row.orders for row in rows) or primitive.name == "overwritten"
        assert any(0 in x.shape for row in rows for x in row.inputs) or primitive.__module__.endswith(
            ("convolution", "pooling", "indexing")
        ), "no row with an empty input"


def test_a_primitive_that_lacks_a_row_is_found():
    found = {param.values[0].name for param in primitives()}
    assert {"add", "exp", "sum", "getitem", "matmul", "conv"} <= found
    assert len(found) > 80


def test_rules_that_do_not_fit_are_refused_when_they_are_stated():
    def double(x, *, factor=2):
        return x * factor

    operation = Primitive(double, r"\bar{x} = 2 \bar{y}")
    with pytest.raises(TypeError, match="has no input 'y'"):
        operation.vjp(y=lambda g: g)
    with pytest.raises(TypeError, match="must take g first"):
        operation.vjp(x=lambda g, nonsense: g)
    with pytest.raises(TypeError, match="must take g first"):
        operation.vjp(x=lambda x: x)
    operation.vjp(x=lambda g, factor: g * factor)
    check_vjp(operation, [np.array([1.0, 2.0])], {"factor": 3})
    for reserved in ("g", "out", "needs"):
        with pytest.raises(TypeError, match=f"an input cannot be called .*{reserved}"):
            Primitive(eval(f"lambda {reserved}: {reserved}"), "")


def test_a_primitive_is_shown_and_pickled_by_its_name():
    assert repr(tg.exp) == "<primitive exp>"
    assert pickle.loads(pickle.dumps(tg.exp)) is tg.exp


def test_a_rule_of_many_inputs_may_need_their_values():
    def product(*tensors):
        return math.prod(tensors)

    operation = Primitive(product, r"\bar{x}_i = \bar{y}\,y / x_i")
    operation.vjp(tensors=lambda g, tensors, out: [g * out / x for x in tensors])
    check_vjp(operation, [np.array([1.0, 2.0]), np.array([3.0, -4.0]), np.array([0.5, 0.25])])


def test_the_second_statement_of_rules_is_the_one_that_holds():
    def product(x, y):
        return x * y

    operation = Primitive(product, "")
    x, y = tg.tensor(2.0, requires_grad=True), tg.tensor(3.0)
    operation.vjp(x=lambda g: g * 5)
    operation(x, y)
    operation.vjp(x=lambda g, y: g * y)
    operation(x, y).backward()
    assert x.grad.item() == 3
    operation(x, x)
    operation.joint_vjp(lambda g, x, y: (g * y, g * x))
    check_vjp(operation, [np.array([1.0, 2.0]), np.array([3.0, -4.0])])


def test_settings_may_have_any_name():
    def scaled(x, y, *, saved, found, rule0=2.0, wanted=3.0, values=1.0, settings=1.0, every=1.0):
        return x * y * saved * found * rule0 * wanted

    operation = Primitive(scaled, "")
    operation.vjp(
        x=lambda g, y, saved, found, rule0, wanted: g * y * saved * found * rule0 * wanted,
        y=lambda g, x, saved, found, rule0, wanted, values, settings, every: g * x * saved * found * rule0 * wanted,
    )
    check_vjp(operation, [np.array([1.0, 2.0]), np.array([3.0, 4.0])], {"saved": 5, "found": 7, "wanted": 2})


@pytest.mark.parametrize("operation", [elementary.exp, elementary.sin, elementwise.maximum, elementwise.pow])
def test_an_input_too_many_is_refused_and_not_written_to(operation):
    given = [np.ones(3, "float32") * 2 for _ in range(len(operation.inputs) + 1)]
    for inputs in (given, [tg.tensor(x) for x in given], [*[tg.tensor(x) for x in given[:-1]], 1.0]):
        with pytest.raises((TypeError, ValueError)):
            operation(*inputs)
    for unknown in ("out", "where", "dtype"):
        with pytest.raises(TypeError):
            operation(*[tg.tensor(x) for x in given[:-1]], **{unknown: given[-1]})
    assert all(x.tolist() == [2, 2, 2] for x in given)
    assert (tg.zeros(1) + 1.0).item() == 1


def wrong_rule(**rules):
    def cube(x):
        return x * x * x

    operation = Primitive(cube, "")
    operation.vjp(**rules)
    return operation


def test_check_vjp_finds_wrong_rules():
    x = np.array([1.0, 2.0, -1.5])
    check_vjp(wrong_rule(x=lambda g, x: g * x * x * 3), [x])
    with pytest.raises(AssertionError, match="first order: along a random direction the gradient of x"):
        check_vjp(wrong_rule(x=lambda g, x: g * x * x * 2), [x])
    with pytest.raises(AssertionError, match="another gradient on arrays than on Tensors"):
        check_vjp(wrong_rule(x=lambda g, x: g * x * x * (3 if isinstance(g, np.ndarray) else 2)), [x])
    with pytest.raises(AssertionError, match="second order: along a random direction the gradient of x"):
        check_vjp(wrong_rule(x=lambda g, x: g * 3 * tg.as_tensor(x).detach().square().numpy()), [x])
    with pytest.raises(AssertionError, match="is float64"):
        check_vjp(wrong_rule(x=lambda g, x: g * (x * x * np.float64(3))), [x])
    with pytest.raises(ValueError, match="no input has a rule"):
        check_vjp(wrong_rule(x=None), [x])


def test_numbers_that_calls_share_cannot_be_written_to():
    for shared in (constant32(0.5), constant64(0.5), ZEROS["f"]):
        with pytest.raises(ValueError, match="read-only"):
            np.exp(np.ones(()), out=shared)


@pytest.mark.parametrize("values", [np.array(["a"]), np.array([1j]), np.array([None])], ids=str)
def test_arrays_of_no_numbers_of_ours_are_refused(values):
    with pytest.raises(TypeError, match=r"relu\(.* it takes bools, integers and floats"):
        tg.relu(values)
