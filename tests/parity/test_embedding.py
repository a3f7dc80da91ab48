"""Embeddings and bags of them beside PyTorch's: values, dtypes, gradients, what is written to the table."""

import itertools

import numpy as np
import pytest

from .compare import hold
from .modules import hold_module

RNG = np.random.default_rng(0)
TABLE = RNG.standard_normal((6, 3))
INDICES = [
    np.array(3),
    np.array([1, 2, 2, 5]),
    np.array([[0, 1], [1, 1]]),
    np.zeros((0,), int),
    np.zeros((2, 0, 3), int),
]

SETTINGS = [
    {},
    {"padding_idx": 1},
    {"padding_idx": -5},
    {"scale_grad_by_freq": True},
    {"padding_idx": 2, "scale_grad_by_freq": True},
]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_embedding(settings, dtype):
    for index, kind in itertools.product(INDICES, ("int64", "int32")):
        hold(lambda m, i, w: m.nn.functional.embedding(i, w, **settings), index.astype(kind), TABLE.astype(dtype))


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.5, float("inf")])
@pytest.mark.parametrize("function", ["embedding", "embedding_bag"])
def test_the_rows_that_are_named_are_brought_to_the_norm_in_place(function, norm_type):
    def program(m, index, w):
        w = w.detach().clone()
        out = getattr(m.nn.functional, function)(index, w, max_norm=1.0, norm_type=norm_type)
        return out, w

    hold(program, np.array([[0, 1], [3, 1]]), TABLE, backward=False)


def test_a_parameter_that_was_brought_to_the_norm_gets_the_gradient_of_the_look_up():
    hold(lambda m, i, w: (m.nn.functional.embedding(i, w, max_norm=1.0), w * 1), np.array([0, 1, 1]), TABLE)


@pytest.mark.parametrize("index", [np.array([6]), np.array([-1]), np.array([0.5])], ids=str)
def test_what_names_no_row_is_refused(index):
    hold(lambda m, i, w: m.nn.functional.embedding(i, w), index, TABLE)
    hold(lambda m, i, w: m.nn.functional.embedding_bag(i, w, m.tensor([0])), index, TABLE)


FLAT = np.array([1, 2, 2, 5, 0, 2, 1])
OFFSETS = [[0], [0, 3], [0, 0, 3, 7], [0, 7, 7], [0, 2, 5]]
# without scale_grad_by_freq: PyTorch's bags look the frequencies up at wrong places, see tests/test_embedding.py
BAGS = [{}, {"padding_idx": 2}, {"include_last_offset": True}]


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("settings", BAGS, ids=str)
@pytest.mark.parametrize("offsets", OFFSETS, ids=str)
def test_bags_by_offsets(offsets, settings, mode):
    if settings.get("include_last_offset") and offsets[-1] != len(FLAT):
        offsets = [*offsets, len(FLAT)]
    hold(lambda m, i, w: m.nn.functional.embedding_bag(i, w, m.tensor(offsets), mode=mode, **settings), FLAT, TABLE)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("settings", BAGS[:2], ids=str)
def test_bags_of_one_size(settings, mode, dtype):
    for index in (np.array([[1, 2], [2, 2], [0, 5]]), np.zeros((0, 2), int)):
        hold(lambda m, i, w: m.nn.functional.embedding_bag(i, w, mode=mode, **settings), index, TABLE.astype(dtype))


@pytest.mark.parametrize("mode", ["sum", "mean"])
@pytest.mark.parametrize("padding_idx", [None, 2])
def test_weights_of_each_sample(padding_idx, mode):
    factors = RNG.standard_normal(FLAT.shape)

    def program(m, i, w, p):
        return m.nn.functional.embedding_bag(
            i, w, m.tensor([0, 2, 2]), mode=mode, per_sample_weights=p, padding_idx=padding_idx
        )

    hold(program, FLAT, TABLE, factors)
    hold(program, FLAT, TABLE, factors[:3])


def test_ties_go_to_the_first():
    hold(lambda m, i, w: m.nn.functional.embedding_bag(i, w, mode="max"), np.array([[0, 1, 2]]), np.ones((3, 2)))


REFUSED = [
    lambda m, i, w: m.nn.functional.embedding_bag(i, w),
    lambda m, i, w: m.nn.functional.embedding_bag(i.reshape(1, 7), w, m.tensor([0])),
    lambda m, i, w: m.nn.functional.embedding_bag(i, w, m.tensor([1])),
    lambda m, i, w: m.nn.functional.embedding_bag(i, w, m.tensor([0, 8])),
    lambda m, i, w: m.nn.functional.embedding_bag(i, w, m.tensor([0]), mode="median"),
    lambda m, i, w: m.nn.functional.embedding_bag(i, w, m.tensor([0]), mode="max", scale_grad_by_freq=True),
    lambda m, i, w: m.nn.functional.embedding_bag(i.reshape(1, 1, 7), w),
]


@pytest.mark.parametrize("program", REFUSED)
def test_what_pytorch_refuses_is_refused(program):
    hold(program, FLAT, TABLE)


MODULES = {
    "plain": lambda nn: nn.Embedding(6, 3),
    "padding": lambda nn: nn.Embedding(6, 3, padding_idx=-4, scale_grad_by_freq=True),
    "norm": lambda nn: nn.Embedding(6, 3, max_norm=1.0, norm_type=3.0),
    "bag": lambda nn: nn.EmbeddingBag(6, 3),
    "bag of most": lambda nn: nn.EmbeddingBag(6, 3, mode="max", padding_idx=2),
    "bag with a norm": lambda nn: nn.EmbeddingBag(6, 3, 1.0, 1.0, False, "sum"),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules(name):
    hold_module(MODULES[name], np.array([[1, 2, 2], [5, 0, 2]]), steps=2)


@pytest.mark.parametrize("kind", ["Embedding", "EmbeddingBag"])
@pytest.mark.parametrize("freeze", [True, False])
def test_from_pretrained(kind, freeze):
    def program(m, i, w):
        layer = getattr(m.nn, kind).from_pretrained(w.detach(), freeze, padding_idx=2)
        return layer(i), layer.weight

    hold(program, np.array([[1, 2], [5, 2]]), TABLE)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float16", "float64"])
def test_frozen_tables_of_any_numbers(dtype):
    table = np.arange(6).reshape(3, 2).astype(dtype)
    hold(lambda m, x, i: m.nn.Embedding.from_pretrained(x)(i), table, np.array([2, 0]), backward=False)


@pytest.mark.parametrize("offsets", [[0, 3, 4], [0, 3, 3], [0, 2, 3], [0, 1], [0, 4, 4]])
@pytest.mark.parametrize(
    "settings", [("sum", None), ("sum", 2), ("mean", None), ("mean", 2), ("max", None), ("max", 2)], ids=str
)
def test_where_the_last_bag_is_said_to_end(settings, offsets):
    mode, padding = settings

    def program(m, table):
        bags = m.nn.functional.embedding_bag
        form = {"mode": mode, "include_last_offset": True, "padding_idx": padding}
        return bags(m.tensor([0, 1, 2, 3]), table, m.tensor(offsets), **form)

    hold(program, np.arange(12.0).reshape(4, 3) + 1)  # in float32 PyTorch's sums end where they are said to


def test_errors_of_bags_are_runtime_errors():
    table = np.ones((4, 3))
    hold(lambda m, x: m.nn.functional.embedding_bag(m.tensor([[0, 4]]), x), table)
    hold(lambda m, x: m.nn.functional.embedding_bag(m.tensor([[-1, 1]]), x), table)
    hold(lambda m, x: m.nn.functional.embedding_bag(m.tensor([[0, 1]]), x, padding_idx=4), table)
