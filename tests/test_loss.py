"""Losses and distances: values worked out by hand, paths counted one by one, derivatives, edges, and errors."""

import inspect
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.nn import functional as F

RNG = np.random.default_rng(0)
INF = math.inf


def t(*values):
    return tg.tensor(list(values))


def same(found, expected):
    np.testing.assert_allclose(found.detach().numpy(), np.array(expected), 1e-5, 1e-6)


BY_HAND = {
    "l1_loss": (lambda: F.l1_loss(t(1.0, 5.0), t(2.0, 3.0)), 1.5),
    "l1_loss, weighted": (lambda: F.l1_loss(t(1.0, 5.0), t(2.0, 3.0), weight=t(3.0, 1.0)), 1.25),
    "mse_loss, weighted": (lambda: F.mse_loss(t(1.0, 5.0), t(2.0, 3.0), weight=t(3.0, 1.0)), 1.75),
    "smooth_l1_loss": (lambda: F.smooth_l1_loss(t(0.5, 4.0), t(0.0, 1.0), "none", 2.0), [0.0625, 2.0]),
    "huber_loss": (lambda: F.huber_loss(t(0.5, 4.0), t(0.0, 1.0), "none", 2.0), [0.125, 4.0]),
    "huber_loss, weighted": (lambda: F.huber_loss(t(0.0, 4.0), t(0.0, 1.0), "mean", 2.0, t(5.0, 1.0)), 2.0),
    "binary_cross_entropy": (
        lambda: F.binary_cross_entropy(t(0.5, 0.25), t(1.0, 0.0), reduction="none"),
        [math.log(2), math.log(4 / 3)],
    ),
    "binary_cross_entropy at 0 and 1": (
        lambda: F.binary_cross_entropy(t(0.0, 1.0, 0.0), t(1.0, 0.5, 0.0), reduction="none"),
        [100, 50, 0],
    ),
    "with_logits": (
        lambda: F.binary_cross_entropy_with_logits(t(0.0, 1e4, -1e4), t(1.0, 0.0, 1.0), reduction="none"),
        [math.log(2), 1e4, 1e4],
    ),
    "with_logits, positive weights": (
        lambda: F.binary_cross_entropy_with_logits(t(0.0, 0.0), t(1.0, 0.0), pos_weight=t(3.0), reduction="none"),
        [3 * math.log(2), math.log(2)],
    ),
    "kl_div": (lambda: F.kl_div(t(0.5, 0.25).log().reshape(1, 2), t(1.0, 0.0).reshape(1, 2), "batchmean"), math.log(2)),
    "kl_div, log_target": (lambda: F.kl_div(t(0.5).log(), t(1.0).log(), "sum", True), math.log(2)),
    "poisson_nll_loss": (lambda: F.poisson_nll_loss(t(0.0, 1.0), t(2.0, 1.0), reduction="none"), [1, math.e - 1]),
    "poisson_nll_loss, full": (
        lambda: F.poisson_nll_loss(t(0.0), t(2.0), full=True),
        1 + 2 * math.log(2) - 2 + 0.5 * math.log(4 * math.pi),
    ),
    "poisson_nll_loss, rate": (lambda: F.poisson_nll_loss(t(1.0), t(3.0), log_input=False, eps=0), 1),
    "gaussian_nll_loss": (lambda: F.gaussian_nll_loss(t(1.0), t(3.0), t(2.0)), 0.5 * (math.log(2) + 2)),
    "gaussian_nll_loss, no variance": (lambda: F.gaussian_nll_loss(t(1.0), t(3.0), t(0.0), eps=1.0), 2),
    "hinge_embedding_loss": (
        lambda: F.hinge_embedding_loss(t(0.3, 0.3, 2.0), t(1.0, -1.0, -1.0), reduction="none"),
        [0.3, 0.7, 0],
    ),
    "margin_ranking_loss": (
        lambda: F.margin_ranking_loss(t(1.0, 1.0), t(3.0, 3.0), t(1.0, -1.0), 0.5, "none"),
        [2.5, 0],
    ),
    "multi_margin_loss": (lambda: F.multi_margin_loss(t(0.1, 0.2, 0.8), tg.tensor(2)), (0.3 + 0.4) / 3),
    "multi_margin_loss, squared": (
        lambda: F.multi_margin_loss(t(0.1, 0.2, 0.8), tg.tensor(2), p=2, weight=t(1.0, 1.0, 3.0)),
        0.25,
    ),
    # the example of PyTorch's documentation
    "multilabel_margin_loss": (lambda: F.multilabel_margin_loss(t(0.1, 0.2, 0.4, 0.8), t(3, 0, -1, 1)), 0.85),
    "multilabel_margin_loss, one class": (lambda: F.multilabel_margin_loss(tg.tensor(0.3), t(0)), 0),
    "multilabel_soft_margin_loss": (lambda: F.multilabel_soft_margin_loss(t(0.0, 1e4), t(1.0, 1.0)), math.log(2) / 2),
    "soft_margin_loss": (
        lambda: F.soft_margin_loss(t(0.0, 1e4, -1e4), t(1.0, 1.0, 1.0), "none"),
        [math.log(2), 0, 1e4],
    ),
    "cosine_embedding_loss": (lambda: F.cosine_embedding_loss(t(1.0, 0.0), t(3.0, 4.0), tg.tensor(1)), 0.4),
    "cosine_embedding_loss, apart": (
        lambda: F.cosine_embedding_loss(t(1.0, 0.0), t(3.0, 4.0), tg.tensor(-1), 0.5),
        0.1,
    ),
    "triplet_margin_loss": (lambda: F.triplet_margin_loss(t(0.0, 0.0), t(3.0, 4.0), t(0.0, 2.0), eps=0), 4),
    "triplet_margin_loss, swapped": (lambda: F.triplet_margin_loss(t(0.0), t(1.0), t(1.5), swap=True, eps=0), 1.5),
    "nll_loss": (lambda: F.nll_loss(tg.tensor([[1.0, 2.0], [3.0, 5.0]]), t(0, 1), t(1.0, 3.0)), -4),
    "cosine_similarity": (lambda: F.cosine_similarity(t(1.0, 0.0), t(3.0, 4.0), 0), 0.6),
    "cosine_similarity of nothing": (lambda: F.cosine_similarity(t(0.0, 0.0), t(3.0, 4.0), 0), 0),
    "pairwise_distance": (lambda: F.pairwise_distance(t(0.0, 0.0), t(3.0, 4.0), eps=0, keepdim=True), [5]),
    "pdist": (lambda: F.pdist(tg.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])), [5, 1, math.sqrt(18)]),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name):
    compute, expected = BY_HAND[name]
    same(compute(), expected)


def doubles(*shape):
    return tg.tensor(RNG.standard_normal(shape), requires_grad=True)


def probabilities(*shape):
    return tg.tensor(RNG.uniform(0.1, 0.9, shape), requires_grad=True)


SIGNS = tg.tensor([[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]], dtype=tg.float64)
X = (2, 3)
SMOOTH = {
    "mse_loss": (F.mse_loss, lambda: [doubles(*X), doubles(*X)]),
    "smooth_l1_loss": (lambda x, y: F.smooth_l1_loss(x, y, beta=0.5), lambda: [doubles(*X), doubles(*X)]),
    "huber_loss": (lambda x, y: F.huber_loss(x, y, delta=0.5), lambda: [doubles(*X), doubles(*X)]),
    "binary_cross_entropy": (F.binary_cross_entropy, lambda: [probabilities(*X), probabilities(*X)]),
    "with_logits": (
        lambda x, y, w: F.binary_cross_entropy_with_logits(x, y, w, pos_weight=w),
        lambda: [doubles(*X), probabilities(*X), probabilities(3)],
    ),
    "kl_div": (lambda x, y: F.kl_div(x, y, "sum"), lambda: [doubles(*X), probabilities(*X)]),
    "kl_div, log_target": (lambda x, y: F.kl_div(x, y, "sum", True), lambda: [doubles(*X), doubles(*X)]),
    "poisson_nll_loss": (
        lambda x, y: F.poisson_nll_loss(x, y * 3 + 1, full=True),
        lambda: [doubles(*X), probabilities(*X)],
    ),
    "gaussian_nll_loss": (F.gaussian_nll_loss, lambda: [doubles(*X), doubles(*X), probabilities(*X)]),
    "hinge_embedding_loss": (lambda x: F.hinge_embedding_loss(x, SIGNS), lambda: [doubles(*X)]),
    "margin_ranking_loss": (lambda x, y: F.margin_ranking_loss(x, y, SIGNS), lambda: [doubles(*X), doubles(*X)]),
    "multi_margin_loss": (lambda x: F.multi_margin_loss(x, t(0, 2), 2, 0.9), lambda: [doubles(*X)]),
    "multilabel_margin_loss": (
        lambda x: F.multilabel_margin_loss(x, tg.tensor([[0, 2, -1], [1, -1, 0]])),
        lambda: [doubles(*X)],
    ),
    "multilabel_soft_margin_loss": (F.multilabel_soft_margin_loss, lambda: [doubles(*X), probabilities(*X)]),
    "soft_margin_loss": (F.soft_margin_loss, lambda: [doubles(*X), doubles(*X)]),
    "cosine_embedding_loss": (
        lambda x, y: F.cosine_embedding_loss(x, y, t(1, -1), -0.9),
        lambda: [doubles(*X), doubles(*X)],
    ),
    "triplet_margin_loss": (
        lambda x, y, z: F.triplet_margin_loss(x, y, z, margin=9.0, p=3),
        lambda: [doubles(*X), doubles(*X), doubles(*X)],
    ),
    "cross_entropy": (
        lambda x, w: F.cross_entropy(x, t(0, 2), w, label_smoothing=0.1),
        lambda: [doubles(*X), probabilities(3)],
    ),
    "cosine_similarity": (F.cosine_similarity, lambda: [doubles(*X), doubles(*X)]),
    "pairwise_distance": (F.pairwise_distance, lambda: [doubles(*X), doubles(*X)]),
    "pdist": (F.pdist, lambda: [doubles(3, 2)]),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives(name):
    function, inputs = SMOOTH[name]
    gradcheck(function, inputs())
    gradgradcheck(function, inputs())


def test_at_0_the_second_derivative_of_squared_and_logistic_losses_is_that_beside_it():
    for function, expected in [
        (lambda x: F.smooth_l1_loss(x, tg.zeros(1), "sum", 2.0), 0.5),
        (lambda x: F.huber_loss(x, tg.zeros(1), "sum"), 1),
        (lambda x: F.binary_cross_entropy_with_logits(x, tg.ones(1), reduction="sum"), 0.25),
        (lambda x: F.soft_margin_loss(x, tg.ones(1), "sum"), 0.25),
    ]:
        x = tg.zeros(1, requires_grad=True)
        (slope,) = tg.autograd.grad(function(x), x, create_graph=True)
        slope.backward()
        same(x.grad, [expected])


def test_gradients_at_the_kinks():
    for function, expected in [
        (lambda x: F.l1_loss(x, tg.zeros(1)), 0),
        (lambda x: F.hinge_embedding_loss(x + 1, -tg.ones(1)), -1),
        (lambda x: F.margin_ranking_loss(x, tg.zeros(1), tg.ones(1)), -1),
        (lambda x: F.multi_margin_loss(tg.cat([x + 1, x * 0]), tg.tensor(0)), 0),
        (lambda x: F.pdist(tg.stack([x, x * 0]))[0], 0),
    ]:
        x = tg.zeros(1, requires_grad=True)
        function(x).backward()
        same(x.grad, [expected])


@pytest.mark.parametrize("x", [INF, -INF, 1e30])
def test_an_infinite_error_has_a_finite_slope(x):
    for loss in (F.huber_loss, F.smooth_l1_loss, F.l1_loss):
        v = t(x).requires_grad_()
        loss(v, t(0.0)).backward()
        same(v.grad, [math.copysign(1, x)])


def test_a_count_of_0_has_no_nan_in_its_gradient():
    counts = t(0.0, 1.0, 3.0).requires_grad_()
    F.poisson_nll_loss(t(1.0, 1.0, 1.0), counts, full=True, reduction="sum").backward()
    same(counts.grad, [-1, -1, math.log(3) + 1 / 6 - 1])


@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy"])
def test_the_mean_of_nothing_is_nan_and_its_sum_0(name):
    nothing = tg.zeros(0, 3)
    assert math.isnan(getattr(F, name)(nothing, nothing).item())
    assert getattr(F, name)(nothing, nothing, reduction="sum").item() == 0
    assert getattr(F, name)(nothing, nothing, reduction="none").shape == (0, 3)


def test_the_mean_over_no_rows_is_nan():
    x, rows = tg.zeros(0, 3), tg.zeros(0).long()
    assert math.isnan(F.cross_entropy(x, rows).item())
    assert math.isnan(F.multi_margin_loss(x, rows).item())
    assert math.isnan(F.multilabel_margin_loss(x, tg.zeros(0, 3).long()).item())


@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss"])
def test_different_shapes_are_warned_of_at_the_users_line(name):
    with pytest.warns(UserWarning, match=f"{name} of input .* Please ensure they have the same size") as caught:
        getattr(F, name)(tg.zeros(3, 1), tg.zeros(3))
    assert caught[0].filename == __file__


# connectionist temporal classification


def merged(path, blank):
    """What a path spells: repeated symbols once, and no blanks."""
    return [symbol for symbol, _ in itertools.groupby(path) if symbol != blank]


def probability(log_probs, target, blank):
    """The probability of all paths that spell the target, one by one."""
    length, classes = log_probs.shape
    paths = itertools.product(range(classes), repeat=length)
    return sum(
        math.exp(sum(log_probs[time, symbol] for time, symbol in enumerate(path)))
        for path in paths
        if merged(path, blank) == list(target)
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(2, 3))
def test_ctc_sums_over_all_paths(seed, length, classes):
    rng = np.random.default_rng(seed)
    blank = int(rng.integers(classes))
    symbols = [c for c in range(classes) if c != blank]
    spelt = rng.integers(0, 4, 3)
    frames = np.minimum(rng.integers(0, 5, 3), length)
    targets = rng.choice(symbols, (3, 3))
    x = tg.tensor(rng.standard_normal((length, 3, classes))).log_softmax(-1)
    found = F.ctc_loss(x, tg.tensor(targets), frames.tolist(), tg.tensor(spelt), blank, "none").numpy()
    for n in range(3):
        total = probability(x.numpy()[: frames[n], n], targets[n, : spelt[n]], blank)
        assert found[n] == pytest.approx(-math.log(total) if total else INF)


def test_the_gradient_of_ctc():
    targets, frames, spelt = tg.tensor([[1, 2, 2], [3, 1, 0]]), (7, 5), (3, 2)
    x = doubles(7, 2, 4)
    gradcheck(lambda x: F.ctc_loss(x.log_softmax(-1), targets, frames, spelt), [x])
    gradcheck(lambda x: F.ctc_loss(x.log_softmax(-1), targets, frames, spelt, reduction="none"), [x])


def test_a_target_that_does_not_fit_its_frames():
    for zero_infinity, expected in [(False, INF), (True, 0.0)]:
        x = tg.zeros(2, 1, 3, requires_grad=True)
        loss = F.ctc_loss(x.log_softmax(-1), tg.tensor([[1, 1]]), (2,), (2,), zero_infinity=zero_infinity)
        loss.backward()
        assert loss.item() == expected
        assert bool(x.grad.isnan().all()) is not zero_infinity
        if zero_infinity:
            same(x.grad, np.zeros((2, 1, 3)))


def test_ctc_of_many_frames_stays_finite():
    x = tg.tensor(RNG.standard_normal((2000, 1, 5)) * 30, requires_grad=True)
    F.ctc_loss(x.float().log_softmax(-1), tg.tensor([[1, 2, 1]]), (2000,), (3,)).backward()
    assert x.grad.isfinite().all()
    same(x.grad.sum(-1), np.zeros((2000, 1)))


def test_the_mean_of_ctc_is_by_the_length_of_the_target():
    x = tg.zeros(4, 2, 3).log_softmax(-1)
    arguments = x, tg.tensor([[1, 2], [1, 0]]), (4, 4), (2, 0)
    each = F.ctc_loss(*arguments, reduction="none").numpy()
    assert F.ctc_loss(*arguments).item() == pytest.approx((each[0] / 2 + each[1]) / 2)
    assert F.ctc_loss(*arguments, reduction="sum").item() == pytest.approx(each.sum())


# errors

FRAMES = tg.zeros(5, 2, 4)
ERRORS = {
    "a reduction": (lambda: F.l1_loss(t(1.0), t(1.0), "total"), ValueError, "'mean', 'sum' or 'none', got 'total'"),
    "no Tensor": (lambda: F.mse_loss(t(1.0), [1.0]), TypeError, r"mse_loss takes a Tensor as target, got list \[1.0\]"),
    "no Tensors": (lambda: F.kl_div(1.0, t(1.0), "sum"), TypeError, "kl_div takes a Tensor as input, got float"),
    "no classes": (lambda: F.cross_entropy(tg.zeros(2, 3), [0, 1]), TypeError, "takes a Tensor as target, got list"),
    "no log-probabilities": (lambda: F.nll_loss(np.zeros((2, 3)), t(0, 1)), TypeError, "takes a Tensor as input"),
    "weights": (
        lambda: F.huber_loss(t(1.0), t(1.0), weight=t(1.0, 2.0)),
        ShapeError,
        r"shape \(1,\), got \(2,\)",
    ),
    "beta": (lambda: F.smooth_l1_loss(t(1.0), t(1.0), beta=-1), RuntimeError, "beta >= 0, got -1"),
    "weights of other classes": (
        lambda: nn.LinearCrossEntropyLoss(2, 3, weight=t(1.0, 2.0)),
        RuntimeError,
        "each of 3 classes is needed",
    ),
    "smoothing of more than all": (
        lambda: nn.LinearCrossEntropyLoss(2, 3, label_smoothing=1.5),
        RuntimeError,
        "between 0.0 and 1.0, got 1.5",
    ),
    "delta that is no number": (lambda: nn.HuberLoss(delta="1"), TypeError, "a number as delta, got str"),
    "delta": (lambda: F.huber_loss(t(1.0), t(1.0), delta=0), RuntimeError, "delta > 0, got 0"),
    "a list of answers": (
        lambda: F.binary_cross_entropy(t(0.5), [1.0]),
        TypeError,
        "takes a Tensor as target, got list",
    ),
    "probabilities": (
        lambda: F.binary_cross_entropy(t(1.5), t(1.0)),
        RuntimeError,
        "between 0 and 1, got some",
    ),
    "twins": (lambda: F.binary_cross_entropy(t(0.5), tg.ones(1, 1)), ShapeError, r"shape \(1,\), got \(1, 1\)"),
    "variances": (lambda: F.gaussian_nll_loss(t(1.0), t(1.0), t(-1.0)), ValueError, "var has negative entry"),
    "a variance": (lambda: F.gaussian_nll_loss(t(1.0), t(1.0), -1.0), ValueError, "var has negative entry"),
    "no variance": (lambda: F.gaussian_nll_loss(t(1.0), t(1.0), "1"), TypeError, "a Tensor as var"),
    "shared variances": (
        lambda: F.gaussian_nll_loss(tg.zeros(2, 3), tg.zeros(2, 3), tg.ones(3)),
        ShapeError,
        r"the input \(2, 3\) takes a var of its shape.*got \(3,\)",
    ),
    "ranks": (lambda: F.margin_ranking_loss(t(1.0), t(1.0), tg.tensor(1)), ShapeError, "equally many dimensions"),
    "p": (lambda: F.multi_margin_loss(tg.zeros(2, 3), t(0, 1), p=3), ValueError, "p = 1 or 2, got 3"),
    "one class for each": (
        lambda: F.multi_margin_loss(tg.zeros(2, 3), t(0)),
        ShapeError,
        "one integer class",
    ),
    "a class": (lambda: F.multi_margin_loss(tg.zeros(2, 3), t(0, 3)), IndexError, "0 to 2 here, the target has 0 to 3"),
    "class weights": (
        lambda: F.multi_margin_loss(tg.zeros(2, 3), t(0, 1), weight=t(1.0)),
        ShapeError,
        "of 3 classes",
    ),
    "labels": (
        lambda: F.multilabel_margin_loss(tg.zeros(2), t(0, -2)),
        IndexError,
        "-1 to 1 here, .* -2 to 0",
    ),
    "rows of labels": (
        lambda: F.multilabel_margin_loss(tg.zeros(2, 3), t(0, 1, 2)),
        ShapeError,
        "shape of the input",
    ),
    "as many labels as classes": (
        lambda: F.multilabel_margin_loss(tg.zeros(2), t(0)),
        ShapeError,
        "shape of the input",
    ),
    "too many dimensions": (lambda: F.multi_margin_loss(tg.zeros(2, 3, 4), t(0, 1)), ShapeError, r"\(N, C\) or \(C\)"),
    "no labels": (lambda: F.multilabel_soft_margin_loss(tg.tensor(1.0), tg.tensor(1.0)), ShapeError, "got one number"),
    "angles": (lambda: F.cosine_embedding_loss(tg.zeros(2, 3), tg.zeros(2, 3), tg.tensor(1)), ShapeError, "a target"),
    "a margin": (lambda: F.triplet_margin_loss(t(1.0), t(1.0), t(1.0), margin=0), ValueError, "margin > 0, got 0"),
    "integers": (lambda: F.mse_loss(t(1, 2), t(1, 3)), RuntimeError, "mse_loss is not implemented for int64"),
    "triplets": (lambda: F.triplet_margin_loss(t(1.0), t(1.0), tg.zeros(2, 1)), ShapeError, "equally many dimensions"),
    "pairs": (lambda: F.pdist(t(1.0)), ShapeError, r"pdist takes \(n, k\), got \(1,\)"),
    "a norm": (lambda: F.pdist(tg.zeros(2, 2), -1), RuntimeError, "p >= 0, got -1"),
    "whole numbers": (lambda: F.cosine_similarity(t(1, 2), t(1, 2), 0), RuntimeError, "floats"),
    "a dimension": (lambda: F.cosine_similarity(t(1.0), t(1.0)), IndexError, "dim"),
    "frames": (lambda: F.ctc_loss(FRAMES[0, 0], t(1), (1,), (1,)), ShapeError, r"floats \(T, N, C\) or \(T, C\)"),
    "no frames": (
        lambda: F.ctc_loss(FRAMES[:0], t(1, 1), (0, 0), (1, 1)),
        ShapeError,
        "at least one frame, sample and",
    ),
    "floats": (lambda: F.ctc_loss(FRAMES.long(), t(1, 1), (1, 1), (1, 1)), TypeError, "takes floats .* got int64"),
    "blank": (lambda: F.ctc_loss(FRAMES, t(1, 1), (5, 5), (1, 1), 4), RuntimeError, "classes 0 to 3, got 4"),
    "lengths": (
        lambda: F.ctc_loss(FRAMES, t(1, 1), (5,), (1, 1)),
        ShapeError,
        "input_lengths of 0 or more",
    ),
    "no lengths": (lambda: F.ctc_loss(FRAMES, t(1, 1), (5, 5), (1, 1.5)), RuntimeError, "integers as target_lengths"),
    "long frames": (
        lambda: F.ctc_loss(FRAMES, t(1, 1), (5, 6), (1, 1)),
        ShapeError,
        "5 frames, but .* has 6",
    ),
    "few symbols": (
        lambda: F.ctc_loss(FRAMES, t(1, 1, 1), (5, 5), (1, 1)),
        ShapeError,
        r"got targets \(3,\)",
    ),
    "a symbol": (lambda: F.ctc_loss(FRAMES, t(1, 4), (5, 5), (1, 1)), IndexError, "0 to 3, the targets have 1 to 4"),
    "symbols": (lambda: F.ctc_loss(FRAMES, t(1.0, 1.0), (5, 5), (1, 1)), TypeError, "integers as targets, got float32"),
    "p of a module": (lambda: nn.MultiMarginLoss(p=0), ValueError, "p = 1 or 2, got 0"),
    "weight of a module": (lambda: nn.MultiMarginLoss(weight=tg.ones(1, 2)), ShapeError, r"weight \(C\), got \(1, 2\)"),
    "margin of a module": (lambda: nn.TripletMarginLoss(margin=-1), ValueError, "TripletMarginLoss takes a margin > 0"),
    "margin with a distance": (lambda: nn.TripletMarginWithDistanceLoss(margin=0), ValueError, "takes a margin > 0"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, error, message = ERRORS[name]
    with pytest.raises(error, match=message):
        call()


def test_the_gradient_of_ctc_refuses_a_gradient():
    x = doubles(5, 1, 3)
    loss = F.ctc_loss(x.log_softmax(-1), tg.tensor([[1, 2]]), (5,), (2,))
    (gx,) = tg.autograd.grad(loss, x, create_graph=True)
    with pytest.raises(RuntimeError, match="ctc_loss has no second derivative"):
        gx.sum().backward()


def test_a_module_is_the_function_with_its_settings():
    x, y = tg.tensor(RNG.standard_normal((2, 3))), tg.tensor(RNG.standard_normal((2, 3)))
    same(nn.SmoothL1Loss("none", 0.5)(x, y), F.smooth_l1_loss(x, y, "none", 0.5))
    loss = nn.BCEWithLogitsLoss(pos_weight=tg.ones(3))
    assert list(loss.state_dict()) == ["pos_weight"]
    assert (
        repr(nn.TripletMarginWithDistanceLoss())
        == "TripletMarginWithDistanceLoss(\n  (distance_function): PairwiseDistance()\n)"
    )
    assert nn.TripletMarginWithDistanceLoss(distance_function=F.l1_loss).distance_function is F.l1_loss


@pytest.mark.parametrize("shape", [(3, 4), (0, 4), (1, 1), (300, 400)])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_wherever_the_logits_lie_in_memory(shape, reduction):
    rng = np.random.default_rng(0)
    values, target = rng.standard_normal(shape), tg.tensor(rng.integers(0, shape[1], shape[0]))
    weights = tg.tensor(rng.standard_normal(shape[0])) if reduction == "none" else 1.0
    found = []
    for array in (values, np.asfortranarray(values), np.repeat(values, 2, axis=1)[:, ::2], values[::-1].copy()[::-1]):
        x = tg.as_tensor(array).requires_grad_()
        loss = (F.cross_entropy(x, target, reduction=reduction) * weights).sum()
        loss.backward()
        found.append((loss.item(), x.grad.numpy()))
    for loss, g in found:
        np.testing.assert_allclose(loss, found[0][0], 1e-12)
        np.testing.assert_allclose(g, found[0][1], 1e-12, 1e-15)
    assert shape[0] == 0 or reduction == "none" or abs(found[0][1].sum()) < 1e-9


def test_linear_cross_entropy_is_that_of_the_linear_layers_outputs():
    x, w, b = doubles(4, 2), doubles(3, 2), doubles(3)
    y = t(0, 2, 1, 1)
    given = F.linear_cross_entropy(x, w, y, linear_bias=b)
    assert float(given) == pytest.approx(float(F.cross_entropy(x @ w.T + b, y)))
    gradcheck(lambda x, w, b: F.linear_cross_entropy(x, w, y, linear_bias=b), (x, w, b))


FLOATS = ["l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss", "soft_margin_loss", "poisson_nll_loss"]
FLOATS += ["binary_cross_entropy", "binary_cross_entropy_with_logits", "hinge_embedding_loss"]
SCORES, CLASSES, SHARES = tg.full((2, 3), 0.25), t(0, 2), tg.full((2, 3), 0.5)
TAKEN = {
    **dict.fromkeys([*FLOATS, "kl_div", "multilabel_soft_margin_loss"], (SCORES, SHARES)),
    **dict.fromkeys(["cross_entropy", "nll_loss", "multi_margin_loss"], (SCORES, CLASSES)),
    "multilabel_margin_loss": (SCORES, tg.tensor([[0, -1, 0], [1, 2, -1]])),
    "gaussian_nll_loss": (SCORES, SHARES, SHARES),
    "margin_ranking_loss": (SCORES, SHARES, SHARES),
    "cosine_embedding_loss": (SCORES, SHARES, tg.ones(2)),
    "triplet_margin_loss": (SCORES, SHARES, SCORES),
    "triplet_margin_with_distance_loss": (SCORES, SHARES, SCORES),
    "ctc_loss": (tg.zeros(5, 1, 3), tg.tensor([[1, 2]])),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TAKEN)
def test_what_is_no_tensor_is_told_by_its_name(name):
    loss, tensors = getattr(F, name), TAKEN[name]
    rest = (tg.tensor([5]), tg.tensor([2])) if name == "ctc_loss" else ()
    loss(*tensors, *rest)
    for i, role in enumerate(list(inspect.signature(loss).parameters)[: len(tensors)]):
        given = [x.tolist() if i == j else x for j, x in enumerate(tensors)]
        with pytest.raises(TypeError, match=f"Tensor as {role}"):
            loss(*given, *rest)
