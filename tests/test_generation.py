"""Choosing tokens, and generation by a model whose logits are known."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, tensor
from tinygrad_edu.models.generation import Cache, generate, sample, top_k_logits, top_p_logits

INF = math.inf


@pytest.mark.parametrize(
    ("logits", "k", "kept"),
    [
        ([1.0, 3.0, 2.0], 1, [False, True, False]),
        ([1.0, 3.0, 2.0], 2, [False, True, True]),
        ([1.0, 3.0, 2.0], 3, [True, True, True]),
        ([1.0, 3.0, 2.0], 99, [True, True, True]),
        ([2.0, 3.0, 2.0], 2, [True, True, True]),  # equals the second
        ([-INF, 3.0, -INF], 1, [False, True, False]),
        ([[1.0, 2.0], [2.0, 1.0]], 1, [[False, True], [True, False]]),
    ],
)
def test_top_k(logits, k, kept):
    found = top_k_logits(tensor(logits), k)
    np.testing.assert_array_equal(found.numpy(), np.where(kept, logits, -INF))


@pytest.mark.parametrize(
    ("probabilities", "p", "kept"),
    [
        ([0.5, 0.25, 0.25], 0.1, [True, False, False]),
        ([0.5, 0.25, 0.25], 0.5, [True, False, False]),
        ([0.5, 0.125, 0.375], 0.51, [True, False, True]),
        ([0.5, 0.125, 0.375], 0.875, [True, False, True]),
        ([0.5, 0.125, 0.375], 0.9, [True, True, True]),
        ([0.5, 0.125, 0.375], 1.0, [True, True, True]),
        ([[0.1, 0.9], [0.6, 0.4]], 0.7, [[False, True], [True, True]]),
    ],
)
def test_top_p(probabilities, p, kept):
    logits = np.log(probabilities)
    found = top_p_logits(tensor(logits, dtype="float64"), p)
    np.testing.assert_array_equal(found.numpy(), np.where(kept, logits, -INF))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [0.1, 0.2, 0.3, 0.4]),
        ({"temperature": 0.5}, np.square([0.1, 0.2, 0.3, 0.4]) / 0.3),
        ({"top_k": 2}, [0, 0, 3 / 7, 4 / 7]),
        ({"top_p": 0.8}, [0, 2 / 9, 3 / 9, 4 / 9]),
        ({"top_k": 3, "top_p": 0.75}, [0, 0, 3 / 7, 4 / 7]),  # of the three, 7/9 are in two
        ({"temperature": 0}, [0, 0, 0, 1]),
    ],
)
def test_tokens_are_drawn_by_their_probabilities(settings, expected):
    logits = tensor([0.1, 0.2, 0.3, 0.4]).log().expand(20_000, 4)
    found = sample(logits, generator=tg.Generator().manual_seed(1), **settings)
    assert found.shape == (20_000,)
    shares = np.bincount(found.numpy(), minlength=4) / 20_000
    np.testing.assert_allclose(shares, expected, 0, 0.015)  # four standard deviations
    assert shares[np.equal(expected, 0)].sum() == 0


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"temperature": -1}, "temperature is 0 or more, got -1"),
        ({"temperature": math.nan}, "temperature is 0 or more, got nan"),
        ({"temperature": INF}, "temperature"),
        ({"top_k": 0}, "top_k is how many tokens"),
        ({"top_p": 0.0}, "top_p is a probability above 0, got 0"),
        ({"top_p": 1.5}, "top_p"),
    ],
)
def test_settings_out_of_range_are_refused(settings, word):
    with pytest.raises(ValueError, match=word):
        sample(tg.zeros(1, 3), **settings)


def test_logits_that_are_no_numbers_are_refused():
    with pytest.raises(RuntimeError, match="finite"):
        sample(tensor([[1.0, math.nan]]))


class Counting(nn.Module):
    """Expects the number after the last token, modulo 10, and notes how many tokens it is given."""

    def __init__(self, context: int = 100) -> None:
        super().__init__()
        self.context = context
        self.given: list[int] = []
        self.scale = nn.Parameter(tensor(5.0))

    def forward(self, tokens):
        assert tokens.shape[1] <= self.context
        self.given.append(tokens.shape[1])
        return nn.functional.one_hot((tokens + 1) % 10, 10) * self.scale


class Cached(Counting):
    """The same, with a cache."""

    def forward(self, tokens, cache=None):
        if cache is not None:
            x = tokens[:, None, :, None]
            cache.extend(self, x, x)
        return super().forward(tokens)


def test_generation_goes_on_from_the_tokens():
    model = Counting()
    found = generate(model, tensor([[3, 4], [7, 8]]), 4, temperature=0)
    assert found.tolist() == [[3, 4, 5, 6, 7, 8], [7, 8, 9, 0, 1, 2]]
    assert not found.requires_grad
    assert model.given == [2, 3, 4, 5]
    assert generate(model, tensor([[3]]), 0).tolist() == [[3]]


def test_with_a_cache_each_token_is_given_once():
    model = Cached()
    assert generate(model, tensor([[3, 4]]), 3, temperature=0).tolist() == [[3, 4, 5, 6, 7]]
    assert model.given == [2, 1, 1]


@pytest.mark.parametrize(("kind", "given"), [(Counting, [2, 3, 3, 3]), (Cached, [2, 1, 3, 3])])
def test_beyond_the_context_the_last_tokens_are_given(kind, given):
    model = kind(context=3)
    assert generate(model, tensor([[3, 4]]), 4, temperature=0).tolist() == [[3, 4, 5, 6, 7, 8]]
    assert model.given == given
    assert generate(model, tensor([[1, 2, 3, 4, 5]]), 1, temperature=0).tolist() == [[1, 2, 3, 4, 5, 6]]


def test_generation_stops():
    found = generate(Counting(), tensor([[3], [6]]), 9, temperature=0, stop=8)
    assert found.tolist() == [[3, 4, 5, 6, 7, 8], [6, 7, 8, 8, 8, 8]]
    assert generate(Counting(), tensor([[8]]), 2, temperature=0, stop=8).tolist() == [[8, 9, 0]]  # it is not drawn


def test_the_same_seed_gives_the_same_tokens():
    def drawn(seed):
        return generate(
            Counting(), tensor([[3]]), 30, temperature=3, generator=tg.Generator().manual_seed(seed)
        ).tolist()

    assert drawn(1) == drawn(1) != drawn(2)
    assert generate(Counting(), tensor([[3]]), 5, temperature=3, top_k=1).tolist() == [[3, 4, 5, 6, 7, 8]]


@pytest.mark.parametrize(("shape", "count"), [((3,), 1), ((1, 0), 1), ((1, 2), -1)])
def test_there_must_be_something_to_begin_with(shape, count):
    with pytest.raises(ValueError, match=r"generate takes tokens \(B, T\)"):
        generate(Counting(), tg.zeros(shape, dtype="int64"), count)


def test_a_cache_keeps_what_each_layer_gives_it():
    cache, one, other = Cache(), nn.Identity(), nn.Identity()
    assert len(cache) == 0
    x, y = tg.randn(2, 1, 3, 4), tg.randn(2, 1, 1, 4)
    assert cache.extend(one, x, -x)[0].tolist() == x.tolist()
    keys, values = cache.extend(one, y, -y)
    assert keys.tolist() == tg.cat([x, y], 2).tolist()
    assert values.tolist() == (-keys).tolist()
    assert cache.extend(other, x, x)[1].tolist() == x.tolist()
    assert len(cache) == 4
