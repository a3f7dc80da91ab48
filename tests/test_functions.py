"""Public functions beside NumPy, with gradients by differences; tests/parity/ has the grid of shapes and dtypes."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.backend import masked
from tinygrad_edu.testing import check_gradient

X = np.array([[0.5, -1.5, 2.0, 0.25], [1.25, 0.75, -0.25, 1.0], [-2.0, 3.0, 0.1, -0.6]])
Y = np.array([[1.5], [-0.5], [2.5]])

# What ours does to Tensors, and what NumPy does to arrays.
FUNCTIONS = {
    "sum": (lambda x: tg.sum(x, (0, 1)), lambda x: x.sum()),
    "sum kept": (lambda x: x.sum(-1, keepdim=True), lambda x: x.sum(-1, keepdims=True)),
    "sum by NumPy's names": (lambda x: x.sum(axis=0, keepdims=True), lambda x: x.sum(0, keepdims=True)),
    "mean": (lambda x: x.mean(0), lambda x: x.mean(0)),
    "prod": (lambda x: x.prod(1), lambda x: x.prod(1)),
    "amax": (lambda x: x.amax((0, 1)), lambda x: x.max()),
    "amin": (lambda x: tg.amin(x, 1, True), lambda x: x.min(1, keepdims=True)),
    "max along": (lambda x: x.max(0).values, lambda x: x.max(0)),
    "min along": (lambda x: tg.min(x, 1)[0], lambda x: x.min(1)),
    "maximum": (lambda x: tg.max(x, x * 2 - 0.3), lambda x: np.maximum(x, x * 2 - 0.3)),
    "logsumexp": (lambda x: x.logsumexp(1), lambda x: np.log(np.exp(x).sum(1))),
    "var": (lambda x: x.var(), lambda x: x.var(ddof=1)),
    "var of all": (lambda x: x.var(0, unbiased=False), lambda x: x.var(0)),
    "std": (lambda x: x.std(1, keepdim=True), lambda x: x.std(1, ddof=1, keepdims=True)),
    "std corrected": (lambda x: tg.std(x, 1, correction=2), lambda x: x.std(1, ddof=2)),
    "reshape": (lambda x: x.reshape(2, -1), lambda x: x.reshape(2, -1)),
    "flatten": (lambda x: x[None].flatten(0, 1), lambda x: x),
    "unflatten": (lambda x: x.unflatten(1, (2, -1)), lambda x: x.reshape(3, 2, 2)),
    "squeeze": (lambda x: x[:, None].squeeze(1).unsqueeze(-1), lambda x: x[..., None]),
    "permute": (lambda x: x.permute(1, 0), lambda x: x.T),
    "transpose": (lambda x: x[None].transpose(0, -1), lambda x: x[None].swapaxes(0, -1)),
    "movedim": (lambda x: x[None].movedim(0, 2), lambda x: np.moveaxis(x[None], 0, 2)),
    "T": (lambda x: x.T @ x.mT.T, lambda x: x.T @ x),
    "expand": (lambda x: x[:, None].expand(-1, 2, 4), lambda x: np.repeat(x[:, None], 2, 1)),
    "broadcast_to": (lambda x: tg.broadcast_to(x, (2, 3, 4)), lambda x: np.broadcast_to(x, (2, 3, 4))),
    "flip": (lambda x: x.flip(0, -1), lambda x: np.flip(x)),
    "cat": (lambda x: tg.cat([x, x * 2, x], 1), lambda x: np.concatenate([x, x * 2, x], 1)),
    "stack": (lambda x: tg.stack([x, x * 2], -1), lambda x: np.stack([x, x * 2], -1)),
    "split": (lambda x: x.split([1, 3], 1)[1], lambda x: x[:, 1:]),
    "chunk": (lambda x: x.chunk(2, 1)[1], lambda x: x[:, 2:]),
    "unbind": (lambda x: x.unbind(1)[2], lambda x: x[:, 2]),
    "narrow": (lambda x: x.narrow(1, 1, 2), lambda x: x[:, 1:3]),
    "select": (lambda x: x.select(1, -1), lambda x: x[:, -1]),
    "repeat": (lambda x: x.repeat(2, 1, 2), lambda x: np.tile(x, (2, 1, 2))),
    "tile": (lambda x: x.tile(2), lambda x: np.tile(x, 2)),
    "gather": (lambda x: x.gather(1, tg.tensor([[0, 0], [3, 1]])), lambda x: x[[[0], [1]], [[0, 0], [3, 1]]]),
    "index_select": (lambda x: x.index_select(1, tg.tensor([3, 0, 0])), lambda x: x[:, [3, 0, 0]]),
    "masked_select": (lambda x: x.masked_select(x > 0), lambda x: x[x > 0]),
    "masked_fill": (lambda x: x.masked_fill(x > 1.1, 9.0), lambda x: np.where(x > 1.1, 9.0, x)),
    "where": (lambda x: tg.where(x > 0, x * x, -x), lambda x: np.where(x > 0, x * x, -x)),
    "clamp": (lambda x: x.clamp(-1, 1.1), lambda x: x.clip(-1, 1.1)),
    "clamp by Tensors": (lambda x: x.clamp(x[:1] * 0.5, None), lambda x: np.maximum(x, x[:1] * 0.5)),
    "sort": (lambda x: x.sort(1, descending=True).values, lambda x: -np.sort(-x, 1)),
    "topk": (lambda x: x.topk(2, 0).values, lambda x: -np.sort(-x, 0)[:2]),
    "matmul": (lambda x: x @ x.T, lambda x: x @ x.T),
    "mv": (lambda x: tg.mv(x, x[0]), lambda x: x @ x[0]),
    "dot": (lambda x: tg.dot(x[0], x[1]), lambda x: x[0] @ x[1]),
    "outer": (lambda x: tg.outer(x[0], x[:, 1]), lambda x: np.outer(x[0], x[:, 1])),
    "einsum": (lambda x: tg.einsum("ij,kj,k->i", x, x, x[:, 0]), lambda x: x @ x.T @ x[:, 0]),
    "pow": (lambda x: (x * x + 1) ** 1.5 + x**3 + 2**x, lambda x: (x * x + 1) ** 1.5 + x**3 + 2**x),
    "to": (lambda x: x.to("float64").double(), lambda x: x),
    "indexing": (
        lambda x: x[1:, [0, 0, 2]][..., None, -1] * x[0, 1],
        lambda x: x[1:, [0, 0, 2]][..., None, -1] * x[0, 1],
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name):
    ours, numpys = FUNCTIONS[name]
    found, expected = ours(tg.tensor(X)), np.asarray(numpys(X))
    np.testing.assert_allclose(found.numpy(), expected, 1e-12, 1e-12)
    assert found.shape == expected.shape
    check_gradient(ours, X)


def test_logarithms_of_powers_of_ten_are_whole():
    powers = tg.arange(-6, 8)
    assert tg.equal((10.0**powers).log10(), powers.float())


def test_functions_of_two_tensors_broadcast():
    for operation in (tg.add, tg.mul, tg.div, tg.maximum, tg.atan2):
        check_gradient(operation, [X, Y])
    check_gradient(tg.remainder, [X + 0.05, Y])


def test_the_search_for_extremes_gives_places():
    x = tg.tensor([[1.0, 3.0, 3.0], [float("nan"), 5.0, 2.0]])
    assert x.argmax(1).tolist() == [1, 0]
    assert x.argmin(1, keepdim=True).tolist() == [[0], [0]]
    assert x[:1].argmax().item() == 1
    values, indices = x.max(dim=0)
    assert indices.tolist() == [1, 1, 0]
    assert np.isnan(values.tolist()[0])
    assert tg.tensor(3.0).max(0).indices.item() == 0
    assert x.argmax(1).dtype == tg.int64


def test_whole_numbers_are_summed_as_int64_and_divided_as_float32():
    for dtype in ("bool", "uint8", "int16", "int64"):
        x = tg.ones(300, dtype=dtype)
        assert (x.sum().dtype, x.sum().item()) == (tg.int64, 300)
        assert x.prod().dtype == tg.int64
        assert (x / 2).dtype == tg.float32
        assert x.exp().dtype == tg.float32
        assert x.sum(dtype="float64").dtype == tg.float64


def test_float16_sums_neither_stop_growing_nor_overflow_on_the_way():
    x = tg.ones(5000, 3, dtype="float16", requires_grad=True)
    assert x.sum(0).tolist() == [5000] * 3
    assert (x * 60).mean().item() == 60
    bias = tg.ones(3, dtype="float16", requires_grad=True)
    (x.detach() + bias).sum().backward()
    assert bias.grad.tolist() == [5000] * 3
    long = tg.ones(70_000, dtype="float16", requires_grad=True)
    long.mean().backward()
    assert long.grad[0].item() == pytest.approx(1 / 70_000, rel=0.01)


def test_views_share_memory_and_copies_do_not():
    x = tg.zeros(2, 6)
    views = [
        x.reshape(3, 4),
        x.view(-1),
        x.T,
        x[0],
        x[:, ::2],
        x.unsqueeze(0),
        x.squeeze(),
        x.flatten(),
        x.narrow(1, 0, 2),
    ]
    views += [
        x.expand(3, 2, 6),
        *x.split(2, 1),
        *x.chunk(2),
        *x.unbind(),
        x.permute(1, 0),
        x.detach(),
        x.data,
        x.contiguous(),
    ]
    views += [x[..., None], x.select(0, 1), x.unflatten(1, (2, 3)), x.movedim(0, 1), x.view_as(x), x[None, 0, 1]]
    copies = [
        x.clone(),
        x.flip(0),
        x[[0, 1]],
        x[x == 0],
        tg.cat([x]),
        x.repeat(1, 1),
        x.T.contiguous(),
        x.T.reshape(-1),
        +x * 1,
    ]
    for view in views:
        assert np.shares_memory(view.numpy(), x.numpy())
    for copied in copies:
        assert not np.shares_memory(copied.numpy(), x.numpy())
    assert x.to("float32") is x


def test_a_tensor_copies_and_from_numpy_shares():
    array = np.zeros(3)
    copied, shared, same = tg.tensor(array), tg.from_numpy(array), tg.as_tensor(array)
    array[0] = 1
    assert (copied.tolist(), shared.tolist(), same.tolist()) == ([0, 0, 0], [1, 0, 0], [1, 0, 0])
    shared[1] = 2
    assert array.tolist() == [1, 2, 0]


def test_arrays_of_a_subclass_are_arrays():
    class Backwards(np.ndarray):
        """An array with other ideas of a product, as matrix is."""

        def __mul__(self, other):
            return "no product"

    array = np.arange(3.0).view(Backwards)
    for x in (tg.from_numpy(array), tg.as_tensor(array), tg.tensor(array)):
        assert (x * x).tolist() == [0, 1, 4]
    assert (tg.ones(3) * array).tolist() == [0, 1, 2]


def test_the_same_seed_gives_the_same_bits():
    def draws(generator=None):
        named = {"generator": generator} if generator else {}
        return [
            tg.rand(3, **named).tolist(),
            tg.randn(2, 2, **named).tolist(),
            tg.randint(0, 100, (5,), **named).tolist(),
            tg.randperm(6, **named).tolist(),
            tg.bernoulli(tg.full((4,), 0.5), **named).tolist(),
            tg.normal(tg.zeros(2), 1.0, **named).tolist(),
        ]

    tg.manual_seed(7)
    first = draws()
    second = draws()
    tg.manual_seed(7)
    assert draws() == first != second
    assert draws(tg.Generator().manual_seed(7)) == first
    assert tg.initial_seed() == 7


def test_random_numbers_have_the_moments_they_should():
    tg.manual_seed(0)
    x, u = tg.randn(100_000, dtype="float64"), tg.rand(100_000)
    assert abs(x.mean().item()) < 0.02
    assert abs(x.var().item() - 1) < 0.02
    assert 0 <= u.amin().item() < u.amax().item() < 1
    assert abs(u.mean().item() - 0.5) < 0.01
    for mean, std in ((3.0, 0.5), (tg.tensor([1.0, -2.0]), 0.5), (3.0, tg.tensor([0.0, 2.0]))):
        tg.manual_seed(1)
        drawn = (
            tg.normal(mean, std, (2,)) if isinstance(mean, float) and isinstance(std, float) else tg.normal(mean, std)
        )
        tg.manual_seed(1)
        np.testing.assert_allclose(drawn.numpy(), (mean + std * tg.randn(2)).numpy(), rtol=1e-6)
    assert sorted(tg.randperm(10).tolist()) == list(range(10))
    assert set(tg.randint(2, 5, (1000,)).tolist()) == {2, 3, 4}


def test_the_gradient_of_draws_is_zero():
    p = tg.full((4,), 0.5, requires_grad=True)
    draws = tg.bernoulli(p)
    assert set(draws.tolist()) <= {0.0, 1.0}
    draws.sum().backward()
    assert p.grad.tolist() == [0, 0, 0, 0]


def test_the_gradient_of_the_next_float_is_ones_but_where_there_is_none():
    x = tg.tensor([1.0, 2.0, float("nan")], requires_grad=True)
    y = tg.tensor([2.0, 2.0, 1.0], requires_grad=True)
    tg.nextafter(x, y).backward(tg.tensor([3.0, 4.0, 5.0]))
    assert x.grad.tolist() == [3, 0, 5]
    assert y.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
@pytest.mark.parametrize("size", [0, 1, 255, 256, 300])
def test_masks_over_few_numbers_and_over_many_are_one(dtype, size):
    rng = np.random.default_rng(size)
    x = (10 * rng.standard_normal(size)).astype(dtype)
    if dtype.startswith("float"):
        x[::7], x[3::7], x[5::7] = np.nan, np.inf, -np.inf
    chosen = rng.standard_normal(size) > 0
    weights = np.where(chosen, rng.standard_normal(size), 0).astype("float32")
    for mask in (chosen, weights, np.array(False), True, chosen[:1]):
        found = masked(x, mask)
        assert found.dtype == x.dtype
        np.testing.assert_array_equal(found, np.where(np.asarray(mask) != 0, x, np.zeros(1, dtype)))
        assert not np.signbit(found[found == 0]).any() or dtype.startswith("float")


@pytest.mark.parametrize("size", [3, 300])
def test_relu_lets_the_gradient_through_at_nan_and_not_at_zero(size):
    x = tg.tensor(np.resize([-1.0, 0.0, math.nan, 2.0, math.inf], size), requires_grad=True)
    x.relu().backward(tg.tensor(np.resize([math.inf, math.nan, 3.0, 4.0, 5.0], size)))
    assert x.grad.tolist() == np.resize([0.0, 0.0, 3.0, 4.0, 5.0], size).tolist()
