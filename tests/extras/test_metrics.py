"""Metrics beside scikit-learn's, on whatever labels and scores hypothesis finds: ties, absent classes, one sample."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from tinygrad_edu import tensor
from tinygrad_edu.train import metrics

few = settings(max_examples=25, deadline=None)
labels = st.integers(1, 30).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n).map(np.array)] * 2)
)


@st.composite
def scored(draw, classes=None):
    """Scores with many ties, and labels among which every class occurs."""
    count = draw(st.integers(3, 5)) if classes is None else classes
    rest = draw(st.lists(st.integers(0, count - 1), max_size=20))
    target = draw(st.permutations([*range(count), *rest]))
    numbers = st.lists(st.integers(0, 8), min_size=len(target) * count, max_size=len(target) * count)
    scores = np.array(draw(numbers), float).reshape(-1, count) + 1
    return scores / scores.sum(1, keepdims=True), np.array(target)


def quiet(metric, *args, **named):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return metric(*args, **named)


def hold(found, expected):
    found = found.tolist() if hasattr(found, "tolist") else found
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


RATIOS = {
    "precision": reference.precision_score,
    "recall": reference.recall_score,
    "f1_score": reference.f1_score,
    "dice": reference.f1_score,
    "iou": reference.jaccard_score,
}


@given(labels)
@settings(max_examples=12, deadline=None)
def test_counts_and_ratios(pair):
    input, target = pair
    hold(metrics.accuracy(tensor(input), tensor(target)), reference.accuracy_score(target, input))
    classes = range(max(input.max(), target.max()) + 1)
    hold(
        metrics.confusion_matrix(tensor(input), tensor(target)),
        quiet(reference.confusion_matrix, target, input, labels=classes),
    )
    for name, theirs in RATIOS.items():
        ours = getattr(metrics, name)
        for zero in (0, 1) if name == "iou" else (0, 1, np.nan):
            for average in ("macro", "micro", "weighted"):
                found = ours(tensor(input), tensor(target), average, zero_division=zero)
                if np.isnan(found) and average == "weighted":  # no ratio has a weight: scikit-learn forgets the weights
                    assert not np.isin(target, input).any()
                    continue
                hold(found, quiet(theirs, target, input, average=average, zero_division=zero))
            found = ours(tensor(input), tensor(target), None, zero_division=zero)
            hold(found, quiet(theirs, target, input, average=None, labels=classes, zero_division=zero))
            found = ours(tensor(input > 2), tensor(target > 1), "binary", zero_division=zero)
            hold(found, quiet(theirs, target > 1, input > 2, zero_division=zero))


@given(scored())
@few
def test_top_k_accuracy(sample):
    scores, target = sample
    for k in range(1, scores.shape[1]):
        last = scores.shape[1] - 1  # of equal scores scikit-learn takes the last: so give it the classes backwards
        expected = reference.top_k_accuracy_score(last - target, scores[:, ::-1], k=k, labels=range(last + 1))
        hold(metrics.top_k_accuracy(tensor(scores), tensor(target), k), expected)


@given(scored(classes=2))
@few
def test_curves(sample):
    scores, target = sample[0][:, 1], sample[1]
    ours = metrics.roc_curve(tensor(scores), tensor(target))
    for found, expected in zip(ours, reference.roc_curve(target, scores, drop_intermediate=False), strict=True):
        hold(found, expected)
    ours = metrics.precision_recall_curve(tensor(scores), tensor(target))
    for found, expected in zip(ours, reference.precision_recall_curve(target, scores), strict=True):
        hold(found, expected)
    hold(metrics.roc_auc(tensor(scores), tensor(target)), reference.roc_auc_score(target, scores))
    hold(metrics.average_precision(tensor(scores), tensor(target)), reference.average_precision_score(target, scores))


@given(scored())
@few
def test_areas_of_several_classes(sample):
    scores, target = sample
    for average in ("macro", "weighted", "micro", None):
        expected = reference.roc_auc_score(target, scores, average=average, multi_class="ovr")
        hold(metrics.roc_auc(tensor(scores), tensor(target), average), expected)
        hold(
            metrics.average_precision(tensor(scores), tensor(target), average),
            reference.average_precision_score(target, scores, average=average),
        )
    for average in ("macro", "weighted"):
        expected = reference.roc_auc_score(target, scores, average=average, multi_class="ovo")
        hold(metrics.roc_auc(tensor(scores), tensor(target), average, multi_class="ovo"), expected)


numbers = st.floats(-1e3, 1e3, width=32)


@given(st.lists(st.tuples(numbers, numbers, numbers, st.sampled_from([0.5, 1.0])), min_size=2, max_size=30))
@few
def test_errors_of_numbers(rows):
    a, b, c, d = np.array(rows).T
    for input, target in ((a, b), (b, d), (np.stack([a, b], 1), np.stack([c, d], 1))):
        mine = tensor(input), tensor(target)
        hold(metrics.mean_absolute_error(*mine), reference.mean_absolute_error(target, input))
        hold(metrics.mean_squared_error(*mine), reference.mean_squared_error(target, input))
        spread = np.var(target, axis=0)
        if ((spread == 0) | (spread > 1e-3)).all():  # else both are noise of the last digits
            hold(metrics.r2_score(*mine), reference.r2_score(target, input))


@given(scored())
@few
def test_perplexity(sample):
    scores, target = sample
    expected = np.exp(reference.log_loss(target, scores, labels=range(scores.shape[1])))
    hold(metrics.perplexity(tensor(scores).log(), tensor(target)), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64])
def test_dtypes_of_scores(dtype):
    rng = np.random.default_rng(0)
    scores, target = (rng.standard_normal(200) * 3).astype(dtype), rng.integers(0, 2, 200)
    hold(metrics.roc_auc(tensor(scores), tensor(target)), reference.roc_auc_score(target, scores))
    hold(metrics.average_precision(tensor(scores), tensor(target)), reference.average_precision_score(target, scores))
