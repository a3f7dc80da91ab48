"""Embeddings against NumPy, differences and values worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.nn import functional as F

TABLE = np.arange(12.0).reshape(4, 3)


def table():
    return tg.tensor(TABLE, requires_grad=True)


def test_repeated_indices_add_their_gradients_and_the_padding_gets_none():
    w = table()
    F.embedding(tg.tensor([[0, 0], [2, 3]]), w, padding_idx=3).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy()[:, 0], [2, 0, 1, 0])
    w = table()
    F.embedding(tg.tensor([0, 0, 2, 3]), w, padding_idx=-1, scale_grad_by_freq=True).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy()[:, 0], [1, 0, 1, 0])


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_the_gradient_of_a_row_in_bags_is_divided_by_how_often_it_is_named(mode):
    w = table()
    index = tg.tensor([[1, 2], [2, 3]])  # PyTorch 2.13 divides that of row 3 by 2, which is how often row 2 is named
    F.embedding_bag(index, w, mode=mode, scale_grad_by_freq=True).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy()[:, 0], np.array([0, 1, 1, 1]) / (1 if mode == "sum" else 2))


def test_an_index_changed_after_the_look_up_does_not_move_the_gradient():
    w, index = table(), tg.tensor([1, 1])
    y = F.embedding(index, w)
    index.fill_(0)
    y.sum().backward()
    np.testing.assert_array_equal(w.grad.numpy()[:, 0], [0, 2, 0, 0])


def test_rows_are_brought_to_the_norm_once_and_in_place():
    w = nn.Parameter(tg.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]]))
    y = F.embedding(tg.tensor([0, 1, 0]), w, max_norm=1.0)
    np.testing.assert_allclose(w.detach().numpy(), [[0.6, 0.8], [0.3, 0.4], [6, 8]], 1e-6)
    np.testing.assert_array_equal(y.detach().numpy(), w.detach().numpy()[[0, 1, 0]])


@given(
    st.lists(st.lists(st.integers(0, 3), max_size=4), min_size=1, max_size=4),
    st.sampled_from(["sum", "mean", "max"]),
    st.sampled_from([None, 2]),
    st.booleans(),
)
def test_a_bag_is_what_its_rows_come_to(bags, mode, padding, include_last):
    ends = np.cumsum([0, *map(len, bags)])
    index = tg.tensor(np.array([i for bag in bags for i in bag], dtype=int))
    offsets = tg.tensor(ends if include_last else ends[:-1])
    found = F.embedding_bag(index, table(), offsets, mode=mode, include_last_offset=include_last, padding_idx=padding)
    for y, bag in zip(found.detach().numpy(), bags, strict=True):
        rows = TABLE[[i for i in bag if i != padding]]
        np.testing.assert_allclose(y, getattr(rows, mode)(0) if len(rows) else np.zeros(3), 1e-12)


@pytest.mark.parametrize("settings", [{"mode": "sum"}, {"mode": "mean", "padding_idx": 1}, {"mode": "max"}], ids=str)
def test_derivatives_are_what_differences_give(settings):
    w = tg.tensor(np.random.default_rng(0).permutation(12).reshape(4, 3) / 5, requires_grad=True)
    index, offsets = tg.tensor([0, 2, 2, 1, 3]), tg.tensor([0, 3, 3])
    for function in (
        lambda w: F.embedding_bag(index, w, offsets, **settings),
        lambda w: F.embedding(index, w * w, scale_grad_by_freq=False),
    ):
        assert gradcheck(function, [w])
        assert gradgradcheck(lambda w, function=function: function(w) ** 2, [w])


def test_derivatives_of_the_samples_weights():
    w, p = table(), tg.tensor([0.5, -1.0, 2.0, 1.0], dtype=tg.float64, requires_grad=True)
    index = tg.tensor([[0, 2], [1, 2]])

    def bags(w, p):
        return F.embedding_bag(index, w, mode="sum", per_sample_weights=p.reshape(2, 2), padding_idx=1)

    assert gradcheck(bags, [w, p])
    assert gradgradcheck(bags, [w, p])


def test_nan_is_the_largest_of_a_bag():
    w = tg.tensor([[1.0, float("nan")], [2.0, 3.0]])
    np.testing.assert_array_equal(F.embedding_bag(tg.tensor([[0, 1]]), w, mode="max").numpy(), [[2, np.nan]])


def test_a_layer_over_a_given_table_shares_it():
    w = tg.tensor(TABLE)
    layer = nn.Embedding.from_pretrained(w)
    w[0] = 7
    assert layer.weight.tolist() == w.tolist()
    assert not layer.weight.requires_grad
    assert nn.EmbeddingBag.from_pretrained(w, freeze=False).weight.requires_grad


def test_the_padding_begins_as_0():
    for layer in (nn.Embedding(4, 3, 1), nn.EmbeddingBag(4, 3, padding_idx=-3)):
        assert layer.padding_idx == 1
        assert (layer.weight.detach() == 0).any(1).tolist() == [False, True, False, False]


W = tg.zeros(4, 3)
FLAT = tg.tensor([0, 1, 2])

MISTAKES = [
    (lambda: F.embedding(tg.tensor([4]), W), IndexError, r"outside 0 to 3, the table has shape \(4, 3\)"),
    (lambda: F.embedding(tg.tensor([-1]), W), IndexError, "outside 0 to 3"),
    (lambda: F.embedding(tg.tensor([0.0]), W), RuntimeError, "Tensor of integers, got float32"),
    (lambda: F.embedding([0], W), RuntimeError, "Tensor of integers, got list"),
    (lambda: F.embedding(FLAT, W[0]), ValueError, r"a table \(V, D\), got \(3,\)"),
    (lambda: F.embedding(FLAT, W, -5), ValueError, "padding_idx -5 is no row of a table of 4"),
    (lambda: nn.Embedding(4, 3, 4), ValueError, "padding_idx 4 is no row of a table of 4"),
    (lambda: nn.Embedding(4, 3, _weight=tg.zeros(3, 4)), ValueError, r"a table \(4, 3\) is needed, got \(3, 4\)"),
    (lambda: nn.Embedding.from_pretrained(tg.zeros(3)), ValueError, "a table"),
    (lambda: F.embedding_bag(FLAT, W), ValueError, "needs offsets"),
    (lambda: F.embedding_bag(FLAT[None], W, tg.tensor([0])), ValueError, "takes no offsets"),
    (lambda: F.embedding_bag(FLAT[None, None], W), ValueError, r"\(B, N\), got \(1, 1, 3\)"),
    (lambda: F.embedding_bag(FLAT, W, tg.tensor([1])), RuntimeError, "begin with 0"),
    (lambda: F.embedding_bag(FLAT, W, tg.tensor([0, 2, 1])), RuntimeError, "must not fall"),
    (lambda: F.embedding_bag(FLAT, W, tg.tensor([0.0])), RuntimeError, "offsets are integers"),
    (lambda: F.embedding_bag(FLAT, W, tg.tensor([0]), mode="min"), ValueError, "got 'min'"),
    (lambda: F.embedding_bag(FLAT, W, tg.tensor([0]), per_sample_weights=tg.ones(3)), NotImplementedError, "sum"),
    (
        lambda: F.embedding_bag(FLAT, W, tg.tensor([0]), mode="sum", per_sample_weights=tg.ones(2)),
        ValueError,
        "input's shape",
    ),
]


@pytest.mark.parametrize(("mistake", "error", "told"), MISTAKES)
def test_a_mistake_is_told(mistake, error, told):
    with pytest.raises(error, match=told):
        mistake()


def test_a_gradient_that_is_nan_does_not_reach_the_padding():
    w = table()
    rows = F.embedding(tg.tensor([1, 2, 1]), w, padding_idx=1)
    rows.backward(tg.tensor([[np.nan] * 3, [1.0] * 3, [np.inf] * 3], dtype=rows.dtype))
    assert w.grad.tolist() == [[0] * 3, [0] * 3, [1] * 3, [0] * 3]
