"""What checks gradients: right ones pass, each mistake is found and told, and random faults never pass.

These are mutation tests: a function or a layer that is right is given one mistake at a time.
"""

import doctest
import functools
import pathlib
import sys

import numpy as np
import pytest
from hypothesis import given, settings

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.testing import check_gradient, check_layer, check_optimizer
from tinygrad_edu.testing import strategies as st
from tinygrad_edu.testing.tracing import followed

rng = np.random.default_rng(0)
X, Y, W, SQUARE, B = (rng.normal(size=shape) for shape in ((4, 3), (4, 3), (3, 5), (3, 3), (5,)))
INDEX = np.array([0, 2, 2, 1, 0])

SUM = "the sum over the broadcast dimension 0 is missing"
TWICE = "is used 2 times"
REPEATED = "an index that is named more than once is not added up"
TRANSPOSED = "factor"
BATCH = "the size of the batch"
SIGN = "sign is wrong"
TWO = "it is 2 times too"
INPUT = "it is the gradient of "
UPSTREAM = "not multiplied by the gradient that comes in"
LOCAL = "the derivative itself is missing"
UNKNOWN = "no common mistake explains it"


def affine(x, w, b):
    return x @ w + b


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def added_at(g, table, index):
    out = np.zeros_like(table)
    np.add.at(out, index, g)
    return out


def written_at(g, table, index):
    out = np.zeros_like(table)
    out[index] += g
    return out


def cross_entropy(scores, labels):
    return -np.log(softmax(scores)[np.arange(len(labels)), labels]).mean()


def cross_entropy_gradient(scores, labels):
    return (softmax(scores) - np.eye(scores.shape[1])[labels]) / len(labels)


def layer_norm_gradient(g, x):
    std = x.std(1, keepdims=True)
    normed = (x - x.mean(1, keepdims=True)) / std
    return (g - g.mean(1, keepdims=True) - normed * (g * normed).mean(1, keepdims=True)) / std


def layer_norm_without_mean(g, x):
    return layer_norm_gradient(g, x) + (g / x.std(1, keepdims=True)).mean(1, keepdims=True)


# (function, inputs, the right gradient, {words of the message: the gradient with that mistake})
FUNCTIONS = {
    "affine": (
        affine, (X, W, B), lambda g, x, w, b: (g @ w.T, x.T @ g, g.sum(0)),
        [
            (SUM, lambda g, x, w, b: (g @ w.T, x.T @ g, g)),
            (BATCH, lambda g, x, w, b: (g @ w.T, x.T @ g, g.mean(0))),
            (BATCH, lambda g, x, w, b: (g @ w.T, x.T @ g / len(x), g.sum(0))),
            (TRANSPOSED, lambda g, x, w, b: (g @ w.T, g.T @ x, g.sum(0))),
            (UPSTREAM, lambda g, x, w, b: (g @ w.T, x.T @ np.ones_like(g), g.sum(0))),
            (SIGN, lambda g, x, w, b: (g @ w.T, x.T @ g, -g.sum(0))),
            ("its numbers are right", lambda g, x, w, b: (g @ w.T, x.T @ g, g.sum(0, keepdims=True))),
            ("it is zero everywhere", lambda g, x, w, b: (0 * x, x.T @ g, g.sum(0))),
            ("there is none", lambda g, x, w, b: (g @ w.T, x.T @ g, None)),
        ],
    ),
    "square matmul": (
        lambda x, w: x @ w, (X, SQUARE), lambda g, x, w: (g @ w.T, x.T @ g),
        [
            (TRANSPOSED, lambda g, x, w: (g @ w, x.T @ g)),
            (TRANSPOSED, lambda g, x, w: (g @ w.T, g.T @ x)),
        ],
    ),
    "a layer of sigmoids": (
        lambda x, w: tg.sigmoid(tg.as_tensor(x) @ tg.as_tensor(w)), (X, SQUARE),
        lambda g, x, w: ((g * sigmoid(x @ w) * sigmoid(-x @ w)) @ w.T, x.T @ (g * sigmoid(x @ w) * sigmoid(-x @ w))),
        [
            (TRANSPOSED, lambda g, x, w: (
                (g * sigmoid(x @ w) * sigmoid(-x @ w)) @ w, x.T @ (g * sigmoid(x @ w) * sigmoid(-x @ w))
            )),
            ("the derivative of sigmoid for the result of matmul is missing", lambda g, x, w: (g @ w.T, x.T @ g)),
        ],
    ),
    "bias as a row": (
        lambda x, b: x * b, (X, X[:1] + 2), lambda g, x, b: (g * b, (g * x).sum(0, keepdims=True)),
        [(SUM, lambda g, x, b: (g * b, g * x)), (BATCH, lambda g, x, b: (g * b, (g * x).mean(0, keepdims=True)))],
    ),
    "product": (
        lambda x, y: x * y, (X, Y), lambda g, x, y: (g * y, g * x),
        [
            (INPUT + "y", lambda g, x, y: (g * x, g * x)),
            (INPUT + "x", lambda g, x, y: (g * y, g * y)),
            (UPSTREAM, lambda g, x, y: (y, g * x)),
            (LOCAL, lambda g, x, y: (g, g * x)),
        ],
    ),
    "difference": (
        lambda x, y: x - y, (X, Y), lambda g, x, y: (g, -g),
        [(SIGN, lambda g, x, y: (g, g))],
    ),
    "square by use": (
        lambda x: x * x, (X,), lambda g, x: 2 * g * x,
        [(TWICE, lambda g, x: g * x)],
    ),
    "power": (
        lambda x: x**2, (X,), lambda g, x: 2 * g * x,
        [(TWO, lambda g, x: g * x), (TWO, lambda g, x: 4 * g * x), (SIGN, lambda g, x: -2 * g * x)],
    ),
    "residual": (
        lambda x, w: x + tg.tanh(tg.as_tensor(x) @ w), (X, SQUARE),
        lambda g, x, w: (g + g * (1 - np.tanh(x @ w) ** 2) @ w.T, x.T @ (g * (1 - np.tanh(x @ w) ** 2))),
        [
            (TWICE, lambda g, x, w: (g * (1 - np.tanh(x @ w) ** 2) @ w.T, x.T @ (g * (1 - np.tanh(x @ w) ** 2)))),
            (TWICE, lambda g, x, w: (g, x.T @ (g * (1 - np.tanh(x @ w) ** 2)))),
        ],
    ),
    "residual in NumPy": (
        lambda x, w: np.tanh(x @ w) + x, (X, SQUARE),
        lambda g, x, w: (g + g * (1 - np.tanh(x @ w) ** 2) @ w.T, x.T @ (g * (1 - np.tanh(x @ w) ** 2))),
        [
            (TWICE, lambda g, x, w: (g * (1 - np.tanh(x @ w) ** 2) @ w.T, x.T @ (g * (1 - np.tanh(x @ w) ** 2)))),
            ("the derivative of tanh for the result of matmul is missing", lambda g, x, w: (g + g @ w.T, x.T @ g)),
        ],
    ),
    "layer norm in NumPy": (
        lambda x: (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True), (X,), layer_norm_gradient,
        [
            ("some are not added: that of x in mean", lambda g, x: g / x.std(1, keepdims=True)),
            ("some are not added: that of x in mean", layer_norm_without_mean),
        ],
    ),
    "lookup": (
        lambda table, index: table[index], (X, INDEX), added_at,
        [(REPEATED, written_at)],
    ),
    "mean squared error": (
        lambda x, y: ((x - y) ** 2).mean(), (X, Y), lambda x, y: (2 * (x - y) / x.size, -2 * (x - y) / x.size),
        [
            (BATCH, lambda x, y: (2 * (x - y), -2 * (x - y))),
            (TWO, lambda x, y: ((x - y) / x.size, (y - x) / x.size)),
            (SIGN, lambda x, y: (2 * (y - x) / x.size, -2 * (x - y) / x.size)),
        ],
    ),
    "cross-entropy": (
        cross_entropy, (X, np.array([0, 2, 1, 1])), cross_entropy_gradient,
        [
            (BATCH, lambda x, t: cross_entropy_gradient(x, t) * len(t)),
            (SIGN, lambda x, t: -cross_entropy_gradient(x, t)),
        ],
    ),
    "softmax": (
        softmax, (X,), lambda g, x: softmax(x) * (g - (g * softmax(x)).sum(1, keepdims=True)),
        [("each output depends on several elements", lambda g, x: g * softmax(x) * (1 - softmax(x)))],
    ),
    "mean": (
        lambda x: x.mean(0), (X,), lambda g, x: np.repeat(g[None], len(x), 0) / len(x),
        [(BATCH, lambda g, x: np.repeat(g[None], len(x), 0))],
    ),
    "numbers": (
        lambda x, y: x * y + x, (2.0, 3.0), lambda g, x, y: (g * (y + 1), g * x),
        [(TWICE, lambda g, x, y: (g * y, g * x)), (TWICE, lambda g, x, y: (g, g * x))],
    ),
}  # fmt: skip
MISTAKES = [(name, i) for name, row in FUNCTIONS.items() for i in range(len(row[3]))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_right_gradients_pass(name):
    fn, inputs, right, _ = FUNCTIONS[name]
    check_gradient(fn, list(inputs), right)


@pytest.mark.parametrize(("name", "number"), MISTAKES)
def test_each_mistake_is_found_and_told(name, number):
    fn, inputs, _, mistakes = FUNCTIONS[name]
    said, wrong = mistakes[number]
    with pytest.raises(AssertionError) as caught:
        check_gradient(fn, list(inputs), wrong)
    first, second, *rest = str(caught.value).split("\n")
    assert first.startswith("the gradient of ")
    assert said in first
    assert second.startswith("smallest counterexample: ")
    assert any(line.startswith("expected gradient: ") for line in rest)
    assert any(line.startswith("given gradient: ") for line in rest)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("seed", range(3))
def test_random_faults_never_pass(name, seed):
    fn, inputs, right, _ = FUNCTIONS[name]
    random = np.random.default_rng(seed)

    @functools.wraps(right)
    def faulty(*arguments):
        found = right(*arguments)
        found = list(found) if isinstance(found, tuple) else [found]
        place = random.integers(len(found))
        array = np.array(found[place], float)
        array.flat[random.integers(array.size)] += random.choice([-1, 1]) * random.uniform(0.01, 1)
        found[place] = array
        return found

    with pytest.raises(AssertionError, match="is wrong"):
        check_gradient(fn, list(inputs), faulty)


@pytest.mark.parametrize(
    ("fn", "inputs", "right", "wrong", "said"),
    [
        (
            lambda x, y: x + y, st.broadcasts(), lambda g, x, y: (summed(g, x), summed(g, y)),
            lambda g, x, y: (g, summed(g, y)), "the sum over the broadcast dimension",
        ),
        (
            lambda x, y: x @ y, st.matrices(), lambda g, x, y: (g @ y.T, x.T @ g),
            lambda g, x, y: (g @ y.T, g.T @ x), TRANSPOSED,
        ),
        (lambda table, index: table[index], st.lookups(), added_at, written_at, REPEATED),
        (
            cross_entropy, st.labels(), cross_entropy_gradient,
            lambda x, t: cross_entropy_gradient(x, t) * len(t), BATCH,
        ),
        (
            lambda x: np.maximum(x, 0), st.batches(away_from=(0.0,)), lambda g, x: g * (x > 0),
            lambda g, x: g, LOCAL,
        ),
        (
            lambda x: x.max(), st.ties(), lambda x: one_hot(x), lambda x: np.ones_like(x), UNKNOWN,
        ),
        (lambda x: x.sum(), [st.arrays()], lambda x: np.ones_like(x), lambda x: -np.ones_like(x), SIGN),
    ],
)  # fmt: skip
def test_strategies_find_the_smallest_counterexample(fn, inputs, right, wrong, said):
    check_gradient(fn, inputs, right)
    with pytest.raises(AssertionError) as caught:
        check_gradient(fn, inputs, wrong)
    assert said in str(caught.value).split("\n")[0]
    with pytest.raises(AssertionError) as again:
        check_gradient(fn, inputs, wrong)
    assert str(again.value) == str(caught.value), "the same examples are tried each time"


def summed(g, x):
    g = g.sum(tuple(range(g.ndim - x.ndim)))
    return g.sum(tuple(i for i, size in enumerate(x.shape) if size == 1), keepdims=True) if x.ndim else g


def one_hot(x):
    out = np.zeros_like(x)
    out.flat[x.argmax()] = 1
    return out


def test_a_counterexample_is_as_small_as_it_can_be():
    with pytest.raises(AssertionError) as caught:
        check_gradient(lambda x, b: x + b, [np.arange(200.0).reshape(40, 5), np.ones(5)], lambda g, x, b: (g, g))
    assert str(caught.value) == (
        "the gradient of b is wrong: the sum over the broadcast dimension 0 is missing: it was repeated\n"
        "smallest counterexample: x = [[0.]], b = [1.]\n"
        "gradient that comes in: [[1.11]]\n"
        "expected gradient: [1.11], shape (1,)\n"
        "given gradient: [[1.11]], shape (1, 1)"
    )


def test_at_kinks_every_subgradient_is_right():
    x = np.array([0.0, 1.0, -1.0])
    for slope in (0.0, 0.3, 1.0):
        check_gradient(lambda x: np.maximum(x, 0), x, lambda g, x, slope=slope: g * np.where(x == 0, slope, x > 0))
    for slope in (-0.1, 1.1):
        with pytest.raises(AssertionError):
            check_gradient(lambda x: np.maximum(x, 0), x, lambda g, x, slope=slope: g * np.where(x == 0, slope, x > 0))
    check_gradient(tg.relu, x)
    check_gradient(lambda x: x.amax(), np.array([1.0, 1.0, 0.0]))


def test_ties_have_few_different_elements():
    seen = set()

    @settings(max_examples=20)
    @given(ties=st.ties((3, 3)))
    def look(ties):
        seen.update(ties.flat)

    look()
    assert seen == {0.0, 1.0, -1.0}


def test_backward_is_checked_where_no_gradient_is_given():
    check_gradient(lambda x, w: (x @ w).softmax(1), [X, W])
    check_gradient(lambda x, y: x / y, st.broadcasts(low=0.5))
    with pytest.raises(AssertionError, match="there is none, and the output depends on it"):
        check_gradient(lambda x, y: x * y.detach(), [X, Y])


def test_what_the_gradient_is_called_with():
    seen = []

    def gradient(x, dout, factor):
        seen.append((type(x), type(dout), factor))
        return dout * factor

    check_gradient(lambda x, factor: x * factor, [2.0, 3], gradient)
    assert seen == [(float, float, 3)]
    check_gradient(lambda x: x * 2, [tg.tensor([1.0, 2.0])], lambda g, x: [tg.full_like(x, 2) * g])
    check_gradient(lambda a, b: a * b, [2.0, 3.0], lambda a, b: {"b": a, "a": b})
    check_gradient(lambda a, b: a * b, [2.0, 3.0], lambda a, b: b, wrt=0)
    check_gradient(lambda a, b: a * b, [2.0, 3.0], lambda a, b: (b, a), wrt=[-1])
    check_gradient(lambda *xs: xs[0] * xs[1], [2.0, 3.0], lambda *xs: xs[::-1])


def test_what_a_learners_gradient_raises_comes_through():
    def unfinished(g, x):
        raise NotImplementedError

    for inputs in (X, st.batches()):
        with pytest.raises(NotImplementedError):
            check_gradient(lambda x: x, inputs, unfinished)
    with pytest.raises(ZeroDivisionError) as caught:
        check_gradient(lambda x: x, st.batches(min_rows=1), lambda g, x: 1 / 0)
    assert caught.value.__notes__[0].startswith("with ")


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: check_gradient(3, X), TypeError, "takes a function"),
        (lambda: check_gradient(np.sin, X, 3), TypeError, "takes a function"),
        (lambda: check_gradient(lambda x: x.numpy(), [tg.tensor(1.0)]), TypeError, "must return a Tensor"),
        (lambda: check_gradient(tg.sin, np.array([1])), ValueError, "nothing to check"),
        (lambda: check_gradient(tg.sin, []), ValueError, "nothing to check"),
        (lambda: check_gradient(np.sin, X, np.cos, wrt=1), ValueError, "wrt names input 1, and there are 1"),
        (lambda: check_gradient(np.sin, X, np.cos, wrt="x"), ValueError, "wrt names input 'x'"),
        (lambda: check_gradient(lambda x, i: x[i], [X, INDEX], added_at, wrt=1), TypeError, "holds no floats"),
        (lambda: check_gradient(np.sin, X, np.cos, eps=0), ValueError, "eps must be a number between 0 and 1, got 0"),
        (lambda: check_gradient(np.multiply, [X, Y], lambda g, x, y: g), TypeError, "a gradient for each of"),
        (lambda: check_gradient(lambda x: None, X, np.cos), TypeError, "numbers are needed here, got NoneType"),
        (lambda: check_gradient(np.sqrt, [0.0], lambda x: x), AssertionError, "not defined all around these inputs"),
        (lambda: check_gradient(lambda x: "no", X, np.cos), TypeError, "numbers are needed here, got str 'no'"),
        (lambda: check_gradient(np.sin, X, lambda x: "no"), TypeError, "numbers are needed here"),
        (lambda: check_gradient(lambda x: x.astype("f4"), X, np.cos), TypeError, "take out the cast"),
    ],
)
def test_bad_use_of_check_gradient(call, kind, said):
    with pytest.raises(kind, match=said):
        call()


def test_modules_have_the_gradients_of_their_parameters():
    layer = nn.Linear(3, 2).double()
    check_gradient(lambda x, w, b: nn.functional.linear(x, w, b), [X, layer.weight, layer.bias])


def test_what_the_page_on_exercises_shows():
    page = pathlib.Path(__file__).parent.parent / "docs" / "exercises.md"
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, tried = doctest.testfile(str(page), module_relative=False, optionflags=options)
    assert tried > 8
    assert not failed


def relu_in_place(x):
    out = x.copy()
    out[x <= 0] = 0
    return out


def written(x):
    x = x * 1
    x += 1
    x[0] *= 2
    return x


@pytest.mark.parametrize(
    "fn",
    [
        softmax,
        relu_in_place,
        written,
        sigmoid,
        lambda x: np.where(x > 0, x, 0.1 * x),
        lambda x: np.maximum(0, x).sum(axis=0, keepdims=True),
        lambda x: np.dot(x, x.T) / x.size,
        lambda x: np.concatenate([x, np.square(x)], axis=1).mean(),
        lambda x: np.clip(x, -0.5, 0.5).reshape(-1),
        lambda x: np.sqrt(np.abs(x)).transpose(1, 0).max(axis=1),
        lambda x: np.std(x, axis=0) + np.var(x, axis=0),
        lambda x: np.ones((2, 4)) @ x + np.zeros_like(x)[:2],
        lambda x: np.log1p(np.exp(x.T)).astype(float),
    ],
)
def test_functions_of_numpy_are_followed(fn):
    leaf = tg.tensor(X, requires_grad=True)
    out = followed(fn, [leaf])
    np.testing.assert_allclose(out.detach().numpy(), fn(X.copy()), 1e-12)
    assert out.requires_grad


def test_without_hypothesis_what_was_given_is_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(AssertionError, match=r"its sign is wrong.*\nsmallest counterexample: x = \[2., 3.\]"):
        check_gradient(lambda x: x * x, np.array([2.0, 3.0]), lambda g, x: -2 * g * x)
    monkeypatch.delitem(sys.modules, "tinygrad_edu.testing.strategies")
    with pytest.raises(ImportError, match=r"pip install .tinygrad-edu\[test\]"):
        check_layer(Doubling)
    with pytest.raises(ImportError, match=r"^check_optimizer needs hypothesis: pip install .tinygrad-edu\[test\].$"):
        check_optimizer(Doubling, "sgd")


class Doubling:
    def forward(self, x):
        return 2 * x

    def backward(self, dout):
        return 2 * dout
