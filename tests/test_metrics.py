"""Metrics of the training: values worked out by hand, batches against the whole, and what is refused."""

import inspect
import math

import numpy
import pytest

import tinygrad_edu as tg
from tinygrad_edu import tensor
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.train import metrics
from tinygrad_edu.train.metrics import ConfusionMatrix

# Six samples of three classes. Class 0: TP 1, FP 1, FN 1; class 1: TP 2, FP 1, FN 0; class 2: TP 1, FP 0, FN 1.
LABELS = tensor([0, 0, 1, 1, 2, 2])
GUESSES = tensor([0, 1, 1, 1, 2, 0])
NAN = math.nan


def near(expected):
    return pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_the_confusion_matrix_has_labels_in_rows():
    expected = [[1, 1, 0], [0, 2, 0], [1, 0, 1]]
    matrix = metrics.confusion_matrix(GUESSES, LABELS)
    assert matrix.tolist() == expected
    assert matrix.dtype == tg.int64
    assert metrics.confusion_matrix(tg.eye(3)[GUESSES], LABELS).tolist() == expected
    assert metrics.confusion_matrix(GUESSES, LABELS, num_classes=4).tolist() == [[*row, 0] for row in expected] + [
        [0] * 4
    ]
    assert metrics.confusion_matrix(GUESSES, LABELS, ignore_index=2).tolist() == [[1, 1], [0, 2]]
    assert metrics.confusion_matrix(tg.eye(5)[GUESSES], LABELS).shape == (5, 5)  # as many as have scores
    assert metrics.confusion_matrix(GUESSES == 1, LABELS == 1).tolist() == [[3, 1], [0, 2]]


RATIOS = {
    # per class, macro, weighted (all classes have two samples), micro
    "precision": ([1 / 2, 2 / 3, 1], 13 / 18, 13 / 18, 4 / 6),
    "recall": ([1 / 2, 1, 1 / 2], 2 / 3, 2 / 3, 4 / 6),
    "f1_score": ([1 / 2, 4 / 5, 2 / 3], 59 / 90, 59 / 90, 4 / 6),
    "dice": ([1 / 2, 4 / 5, 2 / 3], 59 / 90, 59 / 90, 4 / 6),
    "iou": ([1 / 3, 2 / 3, 1 / 2], 1 / 2, 1 / 2, 4 / 8),
}


@pytest.mark.parametrize("name", RATIOS)
def test_ratios_by_hand(name):
    metric = getattr(metrics, name)
    for average, expected in zip((None, "macro", "weighted", "micro"), RATIOS[name], strict=True):
        found = metric(GUESSES, LABELS, average)
        assert (found.tolist() if average is None else found) == near(expected), average
    uneven = metric(GUESSES[1:], LABELS[1:], average="weighted")
    per_class = metric(GUESSES[1:], LABELS[1:], average=None).tolist()
    assert uneven == near((per_class[0] + 2 * per_class[1] + 2 * per_class[2]) / 5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("precision", 2 / 3), ("recall", 1 / 2), ("f1_score", 4 / 7), ("dice", 4 / 7), ("iou", 2 / 5)],
)
def test_ratios_of_two_classes(name, expected):  # TP 2, FP 1, FN 2
    target, input = tensor([1, 1, 1, 1, 0, 0]), tensor([1, 1, 0, 0, 1, 0])
    for dtype in (tg.int64, tg.uint8, tg.bool):
        assert getattr(metrics, name)(input.to(dtype), target.to(dtype), average="binary") == near(expected)
    assert getattr(metrics, name)(tg.eye(2)[input], target, "binary") == near(expected)


def test_what_zero_division_and_absent_classes_give():
    # class 2 is a label that is never predicted, class 1 is in neither
    input, target = tensor([0, 0, 3]), tensor([0, 2, 3])
    for value in (0.0, 1.0, NAN):
        given = {"zero_division": value}
        assert metrics.precision(input, target, None, **given).tolist() == near([0.5, value, value, 1.0])
        assert metrics.recall(input, target, None, **given).tolist() == near([1.0, value, 0.0, 1.0])
    assert metrics.precision(input, target, "macro") == near((0.5 + 0 + 1) / 3)
    assert metrics.precision(input, target, "macro", zero_division=1) == near((0.5 + 1 + 1) / 3)
    assert metrics.precision(input, target, "macro", zero_division=NAN) == near((0.5 + 1) / 2)
    assert metrics.precision(input, target, "weighted", zero_division=NAN) == near((0.5 + 1) / 2)
    assert metrics.recall(input, target, "macro", num_classes=9) == near(2 / 3)
    assert metrics.dice(input, target, None, zero_division=NAN).tolist() == near([2 / 3, NAN, 0.0, 1.0])
    assert metrics.iou(input, target, None, zero_division=1).tolist() == near([0.5, 1.0, 0.0, 1.0])
    negatives = tensor([0, 0])
    assert metrics.f1_score(negatives, negatives) == 0
    assert metrics.f1_score(negatives, negatives, zero_division=1) == 1
    assert math.isnan(metrics.f1_score(negatives, negatives, zero_division=NAN))
    all_out = metrics.recall(tensor([1, 1]), tensor([0, 0]), "binary", zero_division=NAN)
    assert math.isnan(all_out)


def test_images_are_measured_by_pixels():
    rng = numpy.random.default_rng(0)
    scores, target = tensor(rng.standard_normal((2, 3, 4, 5))), tensor(rng.integers(0, 3, (2, 4, 5)))
    input = scores.argmax(1)
    assert (
        metrics.accuracy(scores, target) == metrics.accuracy(input, target) == (input == target).double().mean().item()
    )
    flat, labels = scores.movedim(1, -1).reshape(-1, 3), target.reshape(-1)
    assert metrics.iou(scores, target) == metrics.iou(flat, labels)
    assert metrics.top_k_accuracy(scores, target, 2) == metrics.top_k_accuracy(flat, labels, 2)
    assert metrics.perplexity(scores, target) == near(metrics.perplexity(flat, labels))
    ignored = target.masked_fill(target == 1, 255)
    assert (
        metrics.dice(scores, ignored, None, ignore_index=255).tolist()
        == metrics.dice(flat[labels != 1], labels[labels != 1], None).tolist()
    )


def test_of_equal_scores_the_first_classes_are_higher():
    scores = tensor([[0.5, 0.5, 0.1, 0.5]])
    found = [[metrics.top_k_accuracy(scores, tensor([label]), k) for k in (1, 2, 3, 4)] for label in range(4)]
    assert found == [[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 1], [0, 0, 1, 1]]
    assert metrics.accuracy(scores, tensor([0])) == 1


def test_curves_by_hand():
    # from the highest score: 1, (1, 0) at once, 0, 1
    scores, target = tensor([0.9, 0.6, 0.6, 0.5, 0.1]), tensor([1, 1, 0, 0, 1])
    roc = metrics.roc_curve(scores, target)
    assert roc.false_positive_rate.tolist() == [0, 0, 0.5, 1, 1]
    assert roc.true_positive_rate.tolist() == near([0, 1 / 3, 2 / 3, 2 / 3, 1])
    assert roc.thresholds.tolist() == near([math.inf, *tensor([0.9, 0.6, 0.5, 0.1]).tolist()])
    # pairs of 1 and 0: 0.9 wins two, 0.6 wins one and ties one, 0.1 loses both
    assert metrics.roc_auc(scores, target) == near(3.5 / 6)
    curve = metrics.precision_recall_curve(scores, target)
    assert curve.precision.tolist() == near([3 / 5, 2 / 4, 2 / 3, 1, 1])
    assert curve.recall.tolist() == near([1, 2 / 3, 2 / 3, 1 / 3, 0])
    assert curve.thresholds.tolist() == tensor([0.1, 0.5, 0.6, 0.9]).tolist()
    assert metrics.average_precision(scores, target) == near(1 / 3 * 1 + 1 / 3 * 2 / 3 + 1 / 3 * 3 / 5)


def test_scores_of_any_dtype_rank_alike():
    target = tensor([1, 0, 1, 0, 1])
    expected = metrics.roc_auc(tensor([5.0, 4.0, 3.0, 2.0, 1.0]), target)
    assert expected == near(3 / 6)
    for dtype in (tg.float64, tg.float16, tg.int64, tg.uint8):
        assert metrics.roc_auc(tensor([5, 4, 3, 2, 1]).to(dtype), target) == expected
        assert metrics.roc_auc(tensor([5, 4, 3, 2, 1]).to(dtype), target.to(tg.float32)) == expected
    assert metrics.roc_auc(tensor([math.inf, 1.0, 0.5, 0.2, -math.inf]), target) == expected
    assert metrics.roc_auc(tg.ones(5), target) == 0.5


def test_areas_of_three_classes_by_hand():
    scores = tensor([[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.2, 0.5, 0.3], [0.5, 0.2, 0.3], [0.1, 0.3, 0.6]])
    target = tensor([0, 0, 1, 1, 2])
    # each against the rest: of 0, 0.8 wins three and 0.3 two of three; of 1, 0.5 wins three and 0.2 one; of 2 all
    assert metrics.roc_auc(scores, target, None).tolist() == near([5 / 6, 4 / 6, 1])
    assert metrics.roc_auc(scores, target) == near(5 / 6)
    assert metrics.roc_auc(scores, target, "weighted") == near((2 * 5 / 6 + 2 * 4 / 6 + 1) / 5)
    # each against each: 0 and 1: 3/4 by the scores of 0, 3/4 by those of 1; 0 and 2: 1 and 1; 1 and 2: 1/2 and 1
    assert metrics.roc_auc(scores, target, multi_class="ovo") == near((3 / 4 + 1 + 3 / 4) / 3)
    assert metrics.roc_auc(scores, target, "weighted", multi_class="ovo") == near((4 * 3 / 4 + 3 * 1 + 3 * 3 / 4) / 10)


def test_perplexity_is_that_of_the_targets_probabilities():
    probabilities = tensor([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]], dtype=tg.float64)
    target = tensor([1, 1])
    assert metrics.perplexity(probabilities.log(), target) == near((0.25 * 0.8) ** -0.5)
    assert metrics.perplexity(probabilities.log(), tensor([1, -100])) == near(4.0)
    assert metrics.perplexity(probabilities.log(), target.masked_fill(target == 1, 1), ignore_index=0) > 1
    assert metrics.perplexity(tensor([[0.0, 4000.0]]), tensor([0])) == math.inf


def test_errors_of_numbers_by_hand():
    x, y = tensor([2.5, 0.0, 2.0, 8.0]), tensor([3.0, -0.5, 2.0, 7.0])
    assert metrics.mean_absolute_error(x, y) == 0.5
    assert metrics.mean_squared_error(x, y) == 0.375
    assert metrics.r2_score(x, y) == near(1 - 1.5 / 29.1875)
    both = metrics.r2_score(tg.stack([x, y], 1), tg.stack([y, y], 1))
    assert both == near((2 - 1.5 / 29.1875) / 2)
    constant = tensor([2.0, 2.0])
    assert metrics.r2_score(constant, constant) == 1
    assert metrics.r2_score(tensor([2.0, 2.5]), constant) == 0
    assert metrics.mean_absolute_error(tensor([2, 5]), tensor([4, 4])) == 1.5
    large = tensor([16777216.0, 1.0, 1.0])  # a sum in float32 would lose both ones
    assert metrics.mean_absolute_error(large, tg.zeros(3)) == near(16777218 / 3)


def test_batches_give_what_all_samples_give():
    rng = numpy.random.default_rng(3)
    scores, target = tensor(rng.standard_normal((50, 4)).round(1)), tensor(rng.integers(0, 4, 50))
    seen, curve = ConfusionMatrix(4), metrics.Concatenated(metrics.roc_auc, average="weighted")
    for x, y in zip(scores.split(7), target.split(7), strict=True):
        seen.update(x, y)
        curve.update(x, y)
    assert seen.compute().tolist() == metrics.confusion_matrix(scores, target).tolist()
    assert seen.accuracy() == metrics.accuracy(scores, target)
    for name in RATIOS:
        for average in ("micro", "macro", "weighted"):
            assert getattr(seen, name)(average) == getattr(metrics, name)(scores, target, average)
    assert curve.compute() == metrics.roc_auc(scores, target, average="weighted")
    seen.reset()
    curve.reset()
    assert seen.compute().sum() == 0
    ignoring = ConfusionMatrix(4, ignore_index=-1)
    ignoring.update(scores[:2], tensor([-1, -1]))
    ignoring.update(scores[:2], tensor([-1, 2]))
    assert ignoring.compute().sum() == 1


def test_concatenated_keeps_what_is_written_over_later():
    x, y = tg.ones(2, requires_grad=True), tg.zeros(2)
    error = metrics.Concatenated(metrics.mean_absolute_error)
    error.update(x * 1, y)
    with tg.no_grad():
        y.add_(5)
    assert error.compute() == 1


def test_means_are_weighted():
    mean = metrics.Mean()
    mean.update(tensor(1.0), 3)
    mean.update(5, weight=1)
    assert mean.compute() == 2
    mean.reset()
    mean.update(7.0)
    assert mean.compute() == 7


def test_no_graph_is_held_or_made():
    scores = tg.randn(5, 3, requires_grad=True)
    target = tensor([0, 1, 2, 0, 1])
    for name in ("accuracy", "roc_auc", "perplexity", "average_precision"):
        assert isinstance(getattr(metrics, name)(scores * 2, target), float)
    assert not metrics.roc_curve(scores[:, 0], target == 1).thresholds.requires_grad
    assert not metrics.iou(scores, target, None).requires_grad


EMPTY, NONE = tg.zeros(0, 3), tg.zeros(0, dtype=tg.int64)
THREE, SPOILT = tg.eye(3), tensor([[0.0, NAN], [1.0, 0.0]])
REFUSED = {
    "no samples": (lambda: metrics.accuracy(EMPTY, NONE), "empty"),
    "no samples, ranked": (lambda: metrics.roc_auc(tg.zeros(0), NONE), "empty"),
    "no numbers": (lambda: metrics.r2_score(tg.zeros(0), tg.zeros(0)), "empty"),
    "no samples, ratio": (lambda: metrics.f1_score(NONE, NONE), "empty"),
    "no samples, top k": (lambda: metrics.top_k_accuracy(EMPTY, NONE, 1), "empty"),
    "no samples, perplexity": (lambda: metrics.perplexity(EMPTY, NONE), "empty"),
    "no classes": (lambda: metrics.accuracy(tg.zeros(2, 0), tensor([0, 0])), "no classes"),
    "an array": (lambda: metrics.accuracy(numpy.eye(2), tensor([0, 1])), "input must be a Tensor, got ndarray"),
    "a list of targets": (lambda: metrics.iou(THREE, [0, 1, 2]), "target must be a Tensor, got list"),
    "targets of floats": (lambda: metrics.accuracy(THREE, tg.zeros(3)), r"argmax\(1\)"),
    "a single logit": (lambda: metrics.f1_score(tensor([0.3, -0.2]), tensor([0, 1])), "threshold"),
    "a column of logits": (lambda: metrics.accuracy(tg.zeros(3, 1), tg.zeros(3, 1)), "threshold"),
    "another number of samples": (lambda: metrics.accuracy(THREE, tensor([0, 1])), "go with labels"),
    "a column of labels": (lambda: metrics.accuracy(THREE, tensor([[0], [1], [2]])), "integers|go with labels"),
    "NaN": (lambda: metrics.accuracy(SPOILT, tensor([0, 1])), "NaN"),
    "NaN, top k": (lambda: metrics.top_k_accuracy(SPOILT, tensor([0, 1]), 1), "NaN"),
    "NaN, ranked": (lambda: metrics.roc_curve(SPOILT[:, 1], tensor([0, 1])), "NaN"),
    "NaN, perplexity": (lambda: metrics.perplexity(SPOILT, tensor([0, 1])), "NaN"),
    "NaN, numbers": (lambda: metrics.mean_squared_error(tensor([1.0]), tensor([NAN])), "target holds NaN"),
    "NaN, classes": (lambda: metrics.roc_auc(tg.full((3, 3), NAN), tensor([0, 1, 2])), "NaN"),
    "k of 0": (lambda: metrics.top_k_accuracy(THREE, tensor([0, 1, 2]), 0), "from 1 to the 3"),
    "k above": (lambda: metrics.top_k_accuracy(THREE, tensor([0, 1, 2])), "from 1 to the 3"),
    "k of a float": (lambda: metrics.top_k_accuracy(THREE, tensor([0, 1, 2]), 2.0), "got 2.0"),
    "a label above": (lambda: metrics.top_k_accuracy(THREE, tensor([0, 1, 3]), 1), "0 to 3"),
    "a label above, counted": (lambda: metrics.confusion_matrix(THREE, tensor([0, 1, 3]), num_classes=3), "0 to 3"),
    "a label below": (lambda: metrics.confusion_matrix(tensor([0, 1]), tensor([0, -1])), "from -1 to 0"),
    "a guess below": (lambda: metrics.confusion_matrix(tensor([0, -1]), tensor([0, 1])), "input holds labels from -1"),
    "no number of classes": (lambda: ConfusionMatrix(0), "1 or more"),
    "too many scores": (lambda: ConfusionMatrix(2).update(THREE, tensor([0, 1, 1])), "3 classes"),
    "an average": (lambda: metrics.recall(GUESSES, LABELS, "mean"), "average is one of"),
    "binary of three": (lambda: metrics.precision(GUESSES, LABELS), "for two classes, and there are 3"),
    "zero_division": (lambda: metrics.precision(GUESSES, LABELS, "macro", zero_division=0.5), "0, 1 or NaN"),
    "all ignored": (lambda: metrics.iou(tensor([1]), tensor([9]), ignore_index=9), "nothing was counted"),
    "all ignored, perplexity": (lambda: metrics.perplexity(THREE, tensor([1, 1, 1]), 1), "all targets are 1"),
    "nothing counted": (lambda: ConfusionMatrix(2).accuracy(), "nothing was counted"),
    "one class": (lambda: metrics.roc_auc(tensor([0.1, 0.2]), tensor([1, 1])), "all targets are 1"),
    "one class, curve": (lambda: metrics.roc_curve(tensor([0.1, 0.2]), tensor([0, 0])), "all targets are 0"),
    "no positives": (lambda: metrics.average_precision(tensor([0.1, 0.2]), tensor([0, 0])), "all targets are 0"),
    "a class that is absent": (lambda: metrics.roc_auc(THREE, tensor([0, 1, 0])), "class 2 does not occur"),
    "absent of pairs": (lambda: metrics.roc_auc(THREE, tensor([0, 2, 0]), multi_class="ovo"), "class 1 does not occur"),
    "a label above, ranked": (lambda: metrics.roc_auc(THREE, tensor([0, 1, 5])), "0 to 5"),
    "two scores": (lambda: metrics.roc_auc(tg.eye(2), tensor([0, 1])), "class 1"),
    "two scores, curve": (lambda: metrics.roc_curve(tg.eye(2), tensor([0, 1])), "class 1"),
    "labels of more": (lambda: metrics.roc_auc(tensor([0.1, 0.2, 0.3]), tensor([0, 1, 2])), "0 or 1"),
    "images ranked": (lambda: metrics.roc_auc(tg.zeros(2, 3, 2), tensor([[0, 1], [2, 0]])), r"\(2, 3, 2\)"),
    "multi_class": (lambda: metrics.roc_auc(THREE, tensor([0, 1, 2]), multi_class="all"), "'ovr' or 'ovo'"),
    "ovo of micro": (lambda: metrics.roc_auc(THREE, tensor([0, 1, 2]), "micro", multi_class="ovo"), "'macro' or"),
    "ranked average": (lambda: metrics.average_precision(THREE, tensor([0, 1, 2]), "binary"), "average is"),
    "numbers that broadcast": (lambda: metrics.mean_squared_error(tg.zeros(3, 1), tg.zeros(3)), "one shape"),
    "one sample": (lambda: metrics.r2_score(tensor([1.0]), tensor([1.0])), "two samples"),
    "three dimensions": (lambda: metrics.r2_score(tg.zeros(2, 2, 2), tg.zeros(2, 2, 2)), "outputs"),
    "no mean": (lambda: metrics.Mean().compute(), "mean of nothing"),
    "a negative weight": (lambda: metrics.Mean().update(1.0, -1), "0 or more"),
    "a mean of several": (lambda: metrics.Mean().update(tg.zeros(2)), r"shape \(2,\)"),
    "no batches": (lambda: metrics.Concatenated(metrics.roc_auc).compute(), "metric of nothing"),
    "a batch of lists": (lambda: metrics.Concatenated(metrics.roc_auc).update([1], [1]), "must be a Tensor"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    call, words = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=words):
        call()


def test_shapes_that_do_not_fit_are_shape_errors():
    for call in (REFUSED["another number of samples"][0], REFUSED["numbers that broadcast"][0]):
        with pytest.raises(ShapeError):
            call()


def test_functions_take_input_and_target():
    for name in metrics.__all__:
        if inspect.isfunction(getattr(metrics, name)):
            assert list(inspect.signature(getattr(metrics, name)).parameters)[:2] == ["input", "target"]
