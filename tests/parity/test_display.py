"""What a Tensor prints, held to PyTorch's character for character."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import tinygrad_edu as tg

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]


def assert_shown_alike(array):
    assert repr(tg.tensor(array)) == repr(torch.tensor(array))


def numbers(dtype):
    if dtype.startswith("float"):
        width = int(dtype[5:])
        plain = st.sampled_from(
            [0.0, -0.0, 1.0, -2.0, 10.0, 0.5, 1 / 3, 1e-3, 1e-5, 1234.5, 6e4, np.nan, np.inf, -np.inf]
        )
        return plain.map(np.dtype(dtype).type) | st.floats(width=width)
    return npst.from_dtype(np.dtype(dtype))


@given(st.data(), st.sampled_from(DTYPES))
@settings(max_examples=150)
def test_small_tensors(data, dtype):
    shape = data.draw(npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    assert_shown_alike(data.draw(npst.arrays(dtype, shape, elements=numbers(dtype))))


@given(st.data(), st.sampled_from(DTYPES), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_summaries(data, dtype, seed):
    shape = data.draw(
        st.sampled_from(
            [(1000,), (1001,), (2, 501), (501, 2), (7, 8, 30), (6, 6, 40), (1, 1, 1200), (300, 4), (12, 0, 100)]
        )
    )
    scale = data.draw(st.sampled_from([1, 10, 1e3, 1e6, 1e-6]))
    array = np.random.default_rng(seed).normal(0, scale, shape)
    if data.draw(st.booleans()):
        array = np.round(array)
    with np.errstate(all="ignore"):
        assert_shown_alike(array.astype(dtype))


@pytest.mark.parametrize(
    "options",
    [
        {"precision": 2},
        {"precision": 7, "linewidth": 40},
        {"sci_mode": True},
        {"sci_mode": False},
        {"threshold": 5, "edgeitems": 1},
        {"threshold": 3, "edgeitems": 0},
        {"profile": "short"},
        {"profile": "full"},
        {"profile": "short", "precision": 6},
    ],
    ids=str,
)
def test_print_options(options):
    arrays = [
        np.array([[1e-7, 2.0], [3.5, 4e5]]),
        np.arange(24.0).reshape(2, 3, 4),
        np.linspace(0, 1, 1100, dtype="float32"),
        np.array(0.1),
        np.zeros((0, 3)),
        np.arange(30) % 2 == 0,
    ]
    try:
        for library in (tg, torch):
            library.set_printoptions(**options)
        for array in arrays:
            assert_shown_alike(array)
    finally:
        for library in (tg, torch):
            library.set_printoptions(profile="default")


def test_what_follows_the_elements_goes_to_the_next_line_where_it_does_not_fit():
    try:
        for width in range(20, 70):
            shown = []
            for m in (tg, torch):
                m.set_printoptions(linewidth=width)
                x = m.ones(2, 1, dtype=m.float64, requires_grad=True)
                shown.append([repr(x), repr(x * 2), repr(x.detach()), repr(m.zeros(0, 2, dtype=m.int32))])
            assert shown[0] == shown[1], width
    finally:
        for library in (tg, torch):
            library.set_printoptions(profile="default")


def test_a_default_dtype_goes_without_saying():
    try:
        for library, dtype in ((tg, tg.float64), (torch, torch.float64)):
            library.set_default_dtype(dtype)
        for dtype in DTYPES:
            assert_shown_alike(np.ones(2, dtype))
            assert_shown_alike(np.ones(0, dtype))
    finally:
        tg.set_default_dtype(tg.float32)
        torch.set_default_dtype(torch.float32)


# Where a function is composed of others, the node of the last one shows: that is what the graph here holds.
HISTORIES = {
    "leaf": lambda m, x: x,
    "long leaf": lambda m, x: x.detach().repeat(3, 3).requires_grad_(),
    "add": lambda m, x: x + 1,
    "sub": lambda m, x: x - 1,
    "mul": lambda m, x: x * 2,
    "div": lambda m, x: x / 2,
    "pow": lambda m, x: x**2,
    "neg": lambda m, x: -x,
    "abs": lambda m, x: x.abs(),
    "exp": lambda m, x: x.exp(),
    "relu": lambda m, x: x.relu(),
    "sigmoid": lambda m, x: x.sigmoid(),
    "tanh": lambda m, x: x.tanh(),
    "sum": lambda m, x: x.sum(),
    "mean": lambda m, x: x.mean(),
    "sum of rows": lambda m, x: x.sum(1),
    "mean of rows": lambda m, x: x.mean(1),
    "matmul": lambda m, x: x @ x.T,
    "mv": lambda m, x: x @ m.ones(3),
    "dot": lambda m, x: x[0] @ x[1],
    "clone": lambda m, x: x.clone(),
    "row": lambda m, x: x[0],
    "rows": lambda m, x: x[:1],
    "rows named": lambda m, x: x[[0, 0]],
    "element": lambda m, x: x[1, 2],
    "column": lambda m, x: x[:, 0],
    "new dimension": lambda m, x: x[None],
    "mask": lambda m, x: x[x > 0],
    "view": lambda m, x: x.view(6),
    "reshape": lambda m, x: x.reshape(3, 2),
    "T": lambda m, x: x.T,
    "permute": lambda m, x: x.permute(1, 0),
    "expand": lambda m, x: x.expand(2, 2, 3),
    "cat": lambda m, x: m.cat([x, x]),
    "where": lambda m, x: m.where(x > 0, x, 0.0),
    "softmax": lambda m, x: x.softmax(1),
    "log_softmax": lambda m, x: x.log_softmax(1),
    "logsumexp": lambda m, x: x.logsumexp(1),
    "gather": lambda m, x: x.gather(1, m.tensor([[0], [1]])),
    "cumsum": lambda m, x: x.cumsum(1),
    "prod": lambda m, x: x.prod(),
    "double": lambda m, x: x.double(),
    "cross entropy": lambda m, x: m.nn.functional.cross_entropy(x, m.tensor([0, 1])),
    "linear": lambda m, x: m.nn.functional.linear(x, m.ones(4, 3), m.ones(4)),
    "written in place": lambda m, x: x.clone().mul_(2),
    "assigned": lambda m, x: assigned(x.clone()),
}


def assigned(x):
    x[0] = 1.0
    return x


@pytest.mark.parametrize("name", HISTORIES)
def test_histories(name):
    data = [[0.5, -1.25, 2.0], [3.5, 0.75, -0.1]]
    ours, theirs = (repr(HISTORIES[name](library, library.tensor(data, requires_grad=True))) for library in (tg, torch))
    assert ours == theirs
