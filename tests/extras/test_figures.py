"""Figures of training: what is on the axes is what was given, on the axes that were given."""

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest
from matplotlib.figure import Figure

import tinygrad_edu as tg
from tinygrad_edu import nn, viz
from tinygrad_edu.testing import difference_errors
from tinygrad_edu.viz import figures

RNG = np.random.default_rng(0)
HISTORY = [{"epoch": 1, "loss": 2.0, "val_loss": 2.5}, {"epoch": 2, "loss": 1.0, "val_loss": 2.0}]
MODEL = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))


def with_gradients():
    MODEL(tg.ones(2, 1, 8, 8)).sum().backward()
    return MODEL


DRAWN = {
    "learning_curves": lambda ax: figures.learning_curves(HISTORY, ax=ax),
    "learning_curves of seeds": lambda ax: figures.learning_curves([HISTORY, HISTORY[:1]], ax=ax),
    "learning_curves by name": lambda ax: figures.learning_curves({"a": [HISTORY], "b": [HISTORY]}, ax=ax),
    "learning_curves of what was held out": lambda ax: figures.learning_curves(
        {str(k): [HISTORY] for k in range(8)}, "val_loss", ax=ax
    ),
    "comparison": lambda ax: figures.comparison({"none": [0.5, 0.6], "more": [0.7]}, baseline="none", ax=ax),
    "loss_surface": lambda ax: figures.loss_surface(
        lambda x, y: x * x + y * y, {"path": [[1, 1], [0.5, 0]]}, minimum=(0, 0), ax=ax
    ),
    "confusion_matrix": lambda ax: figures.confusion_matrix([[3, 1], [0, 2]], names=["no", "yes"], ax=ax),
    "confusion_matrix in per cent": lambda ax: figures.confusion_matrix(
        tg.tensor([[3, 1], [0, 0]]), normalize=True, ax=ax
    ),
    "attention_map": lambda ax: figures.attention_map(np.eye(3), queries="abc", keys="abc", ax=ax),
    "images": lambda ax: figures.images(tg.rand(5, 1, 4, 6), [0, 1, 0, 1, 0], [0, 1, 1, 1, 0], ax=ax),
    "images in colour": lambda ax: figures.images(RNG.random((3, 3, 4, 4)), names=["a"], columns=1, ax=ax),
    "images with heat": lambda ax: figures.images(
        RNG.random((2, 3, 4, 4)), [0, 1], heat=np.eye(4)[None] * [[[1]], [[0]]], ax=ax
    ),
    "im2col": lambda ax: figures.im2col(np.arange(16).reshape(4, 4), 3, padding=1, ax=ax),
    "im2col without numbers": lambda ax: figures.im2col(RNG.random((6, 9)), 2, stride=2, marked=[3], ax=ax),
    "filters": lambda ax: figures.filters(nn.Conv2d(2, 3, 3).weight, ax=ax),
    "filters in colour": lambda ax: figures.filters(nn.Conv2d(3, 4, 5).weight, ax=ax),
    "feature_maps": lambda ax: figures.feature_maps(tg.rand(6, 5, 5), ax=ax),
    "latent_grid": lambda ax: figures.latent_grid(
        lambda z: z.sum(1).reshape(-1, 1, 1).expand(-1, 4, 4), count=3, ax=ax
    ),
    "boxes": lambda ax: figures.boxes(np.zeros((8, 9)), [[1, 2, 4, 6]], labels=["cat"], scores=[0.5], ax=ax),
    "no boxes": lambda ax: figures.boxes(np.zeros((3, 8, 9)), [], ax=ax),
    "masks": lambda ax: figures.masks(np.zeros((8, 9)), np.arange(72).reshape(8, 9) // 10, ax=ax),
    "masks one by one": lambda ax: figures.masks(np.zeros((1, 8, 9)), np.ones((2, 8, 9), bool), ax=ax),
    "histograms": lambda ax: figures.histograms(figures.activations(MODEL, tg.rand(2, 1, 8, 8)), ax=ax),
    "histograms of constants": lambda ax: figures.histograms({"a": np.zeros(3), "b": [np.nan, np.inf]}, ax=ax),
    "gradient_norms": lambda ax: figures.gradient_norms(with_gradients(), ax=ax),
    "difference_errors": lambda ax: figures.difference_errors(difference_errors(tg.exp, [0.5, 1.0]), ax=ax),
    "decision_regions": lambda ax: figures.decision_regions(lambda z: z.sum(1) > 0, [[0, 1], [1, 0]], [0, 1], ax=ax),
    "decision_regions of many classes": lambda ax: figures.decision_regions(lambda z: z.argmax(1), ax=ax),
    "decision_regions by probability": lambda ax: figures.decision_regions(lambda z: tg.sigmoid(z[:, :1]), ax=ax),
}


@pytest.fixture
def ax():
    return Figure().add_subplot()


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_drawn_where_it_was_asked_for(name, ax, tmp_path):
    given = DRAWN[name](ax)
    assert given is ax.get_figure()
    assert ax.has_data() or ax.patches or ax.texts
    new = DRAWN[name](None)
    assert isinstance(new, Figure)
    assert new is not given
    new.savefig(tmp_path / "figure.png")  # layout and fonts fail here if at all; warnings are errors
    with matplotlib.style.context("dark_background"):
        DRAWN[name](None).savefig(tmp_path / "dark.png")
    assert not matplotlib.pyplot.get_fignums(), "pyplot must not keep what was returned"


def test_every_figure_is_tried():
    drawing = set(figures.__all__) - {"activations", "gradients", "dead_units", "descent"}
    assert drawing == {name.split()[0] for name in DRAWN if not name.startswith("no ")}
    assert set(figures.__all__) <= set(viz.__all__)


def test_learning_curves_show_mean_and_range_over_seeds(ax):
    figures.learning_curves([[{"loss": 1.0}, {"loss": 3.0}], [{"loss": 3.0}]], ax=ax)
    (line,) = ax.get_lines()
    assert line.get_xdata().tolist() == [1, 2]
    assert line.get_ydata().tolist() == [2, 3]
    (band,) = ax.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (1, 3)


def test_what_was_held_out_is_drawn_alone_where_it_is_asked_for(ax):
    figures.learning_curves({"a": [HISTORY], "b": [HISTORY[:1]]}, "val_loss", ax=ax)
    assert [line.get_ydata().tolist() for line in ax.get_lines()] == [[2.5, 2.0], [2.5]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    with pytest.raises(ValueError, match=r"no epoch of the history has 'val_error'$"):
        figures.learning_curves(HISTORY, "val_error")


def test_a_comparison_tells_means_and_deviations_and_shades_the_baseline(ax):
    figures.comparison({"none": [0.5, 0.7], "more": [0.75]}, baseline="none", ax=ax)
    assert [text.get_text() for text in ax.texts] == ["0.600 ± 0.141", "0.750"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["none", "more"]
    (band,) = ax.patches
    assert band.get_extents().transformed(ax.transData.inverted()).intervalx.tolist() == pytest.approx([0.5, 0.7])
    for scores, baseline, message in (({}, None, "nothing to compare"), ({"a": [1.0]}, "b", "'b' is none of"),
                                      ({"a": []}, None, "is empty")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            figures.comparison(scores, baseline=baseline)


def test_zeros_of_a_relu_are_told_and_not_drawn(ax):
    figures.histograms({"relu": [0.0, 0.0, 0.0, 1.0, 2.0], "linear": [0.0, -1.0, 1.0, 2.0, -2.0, 0.5]}, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["std 0.8\n60% are 0", "std 1.3"]
    relu, _ = ax.patches
    assert sum(relu.get_data().values > relu.get_data().baseline) == 2


def test_a_confusion_matrix_writes_each_count_in_its_place(ax):
    figures.confusion_matrix([[3, 1], [0, 2]], ax=ax)
    assert {(text.get_position(), text.get_text()) for text in ax.texts} == {
        ((0, 0), "3"), ((1, 0), "1"), ((1, 1), "2"),
    }  # fmt: skip
    assert ax.get_title() == "83.3 % right"


def test_predictions_that_are_wrong_say_what_is_right(ax):
    figures.images(np.zeros((3, 4, 4)), [0, 1, 2], [0, 2, 2], names=["cat", "dog", "cow"], ax=ax)
    assert [text.get_text() for text in ax.texts] == ["cat", "cow, not dog", "cow"]
    right, wrong, other = (text.get_color() for text in ax.texts)
    assert right == other != wrong


def test_heat_hides_as_much_as_there_is_of_it_in_each_picture(ax):
    figures.images(np.zeros((2, 2, 2)), heat=[[[0.0, 2.0], [1.0, -1.0]], [[0.0, 0.0], [0.0, 0.0]]], ax=ax)
    _, hot, _, cold = (picture.get_array() for picture in ax.get_images())
    np.testing.assert_allclose(hot[..., 3] / hot[0, 1, 3], [[0, 1], [0.5, 0]])
    assert hot[0, 1, 3] > 0.5
    assert not cold[..., 3].any()


def test_a_window_and_its_column_hold_the_same_numbers_in_one_colour(ax):
    x = np.arange(20).reshape(4, 5)
    figures.im2col(x, 2, stride=2, padding=1, marked=[1, 4], ax=ax)
    image, matrix = (picture.get_array() for picture in ax.get_images())
    np.testing.assert_array_equal(image, np.pad(x, 1))
    np.testing.assert_array_equal(matrix[:, 4], x[1:3, 1:3].ravel())
    frames = [patch for patch in ax.patches if patch.get_linewidth() > 2]
    (left, top), (_, above) = frames[0].get_xy(), ax.get_images()[0].get_extent()[2:][::-1]
    assert (left, frames[0].get_width(), frames[0].get_height()) == (2, 2, 2)
    assert [a.get_edgecolor() == b.get_edgecolor() for a, b in (frames[:2], frames[1:3])] == [True, False]
    assert top == above or top < above


def test_paths_start_with_a_dot_and_keep_their_points(ax):
    figures.loss_surface(lambda x, y: x + y, {"walk": [tg.tensor([1.0, 2.0]), tg.tensor([0.5, 0.0])]}, ax=ax)
    path, start = ax.get_lines()
    assert path.get_xydata().tolist() == [[1, 2], [0.5, 0]]
    assert start.get_xydata().tolist() == [[1, 2]]


def test_the_least_errors_of_differences_are_marked(ax):
    found = difference_errors(tg.exp, [0.5, 1.0], [1e-2, 1e-4, 1e-6])
    figures.difference_errors(found, ax=ax)
    forward, least, theory, *central = ax.get_lines()
    assert forward.get_xdata().tolist() == [1e-2, 1e-4, 1e-6]
    assert forward.get_ydata().tolist() == found.forward.tolist()
    assert least.get_xydata().tolist() == [[1e-6, found.forward[2]]]
    assert theory.get_xdata() == pytest.approx([2.0**-26, 2.0**-26])
    assert central[0].get_ydata().tolist() == found.central.tolist()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["forward", "central"]


def test_decision_regions_have_the_colour_of_their_class(ax):
    points, labels = [[-1, 0], [1, 0], [1, 1]], [0, 1, 1]
    figures.decision_regions(lambda z: z[:, 0] > 0.5, points, labels, x=(-1, 1), y=(0, 2), ax=ax)
    (image,) = ax.get_images()
    shown = np.asarray(image.get_array())
    assert image.get_extent() == [-1, 1, 0, 2]
    assert image.origin == "lower"
    blue, orange = (matplotlib.colors.to_rgb(colour) for colour in figures.canvas.COLOURS[:2])
    assert shown[100, 149, :3] == pytest.approx(blue)
    assert shown[100, 151, :3] == pytest.approx(orange)
    assert [line.get_xydata().tolist() for line in ax.get_lines()] == [[[-1, 0]], [[1, 0], [1, 1]]]
    assert [line.get_color() for line in ax.get_lines()] == list(figures.canvas.COLOURS[:2])
    assert len({line.get_marker() for line in ax.get_lines()}) == 2


def test_a_region_is_paler_the_less_sure_the_classifier_is(ax):
    figures.decision_regions(lambda z: (z[:, 1] + 2) / 4, ax=ax)
    (image,) = ax.get_images()
    strength = image.get_array()[:, 0, 3]
    assert strength[0] == strength[-1] > strength[50] > strength[100] == pytest.approx(0, abs=1e-6)
    (line,) = ax.collections
    assert {y for path in line.get_paths() for _, y in path.vertices} == {0}


def test_places_are_asked_row_by_row_from_below():
    seen = []

    def classify(places):
        assert not tg.is_grad_enabled()
        assert places.dtype == tg.float32
        seen.append(places.tolist())
        return places[:, 0] > 0

    figures.decision_regions(classify, x=(0, 1), y=(2, 3))
    assert [seen[0][0], seen[0][200], seen[0][-1]] == [[0, 2], [1, 2], [1, 3]]


def test_a_descent_is_what_the_optimizer_does_step_by_step():
    path = figures.descent(lambda x, y: x * x / 20 + y * y, (-7, 2), lambda p: tg.optim.SGD(p, lr=0.5, momentum=0.5), 2)
    assert path.tolist() == [[-7, 2], pytest.approx([-6.65, 0]), pytest.approx([-6.1425, -1])]
    path = figures.descent(lambda x, y: (x - 1) ** 2 + 9 * y**2, (5, 5), lambda p: tg.optim.LBFGS(p, max_iter=20), 2)
    assert path[-1].tolist() == pytest.approx([1, 0], abs=1e-4)


def test_latent_codes_run_right_and_up():
    seen = []

    def decode(codes):
        assert codes.dtype == tg.float32
        seen.extend(codes.tolist())
        return codes[:, :, None]

    figures.latent_grid(decode, count=2, low=-1, high=1)
    assert seen == [[-1, 1], [1, 1], [-1, -1], [1, -1]]


def test_activations_leave_the_model_alone_and_record_nothing():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    hooks = len(model[0]._forward_hooks)
    found = figures.activations(model, tg.ones(4, 2))
    assert list(found) == ["0", "1"]
    assert not found["1"].requires_grad
    assert len(model[0]._forward_hooks) == hooks


def test_dead_units_are_those_that_no_input_wakes():
    model = nn.Sequential(nn.Linear(1, 4, bias=False), nn.ReLU())
    model[0].weight.data = tg.tensor([[1.0], [-1.0], [0.0], [2.0]])
    assert figures.dead_units(model, tg.tensor([[1.0], [3.0]])) == {"1": 0.5}
    assert figures.dead_units(model, tg.tensor([[1.0], [-3.0]])) == {"1": 0.25}


@pytest.mark.parametrize(
    ("norm", "told"), [(None, "no gradient"), (0.0, "zero"), (1e-8, "vanishing"), (1e4, "exploding")]
)
def test_what_is_wrong_with_a_gradient_is_written(ax, norm, told):
    model = nn.Linear(1, 1, bias=False)
    model.weight.grad = None if norm is None else tg.tensor([[norm]])
    figures.gradient_norms(model, ax=ax)
    assert [text.get_text().strip() for text in ax.texts] == [told]


ERRORS = {
    "no metric": (lambda: figures.learning_curves(HISTORY, "accuracy"), "'accuracy'"),
    "no epochs": (lambda: figures.learning_curves([]), "no epoch"),
    "not a class for each place": (lambda: figures.decision_regions(lambda z: z), "40401 places"),
    "points of three numbers": (lambda: figures.decision_regions(lambda z: z[:, 0] > 0, [[1, 2, 3]], [0]), r"\(1, 3\)"),
    "not a label a point": (lambda: figures.decision_regions(lambda z: z[:, 0] > 0, [[1, 2]], [0, 1]), "2 labels"),
    "not square": (lambda: figures.confusion_matrix([[1, 2, 3], [1, 2, 3]]), "square"),
    "names": (lambda: figures.confusion_matrix([[1]], names=["a", "b"]), "2 names"),
    "shape": (lambda: figures.images(np.zeros((2, 5, 4, 4))), "one channel or three"),
    "count": (lambda: figures.images(np.zeros((2, 4, 4)), [1]), "1 labels"),
    "class": (lambda: figures.images(np.zeros((1, 4, 4)), [3], names=["a"]), "names of 1 classes"),
    "many": (lambda: figures.images(np.zeros((300, 2, 2))), "256 pictures at most"),
    "empty": (lambda: figures.feature_maps(np.zeros((0, 4, 4))), "empty"),
    "weight": (lambda: figures.filters(np.zeros((3, 3))), "4 dimensions"),
    "tokens": (lambda: figures.attention_map(np.eye(3), keys="ab"), "2 tokens"),
    "path": (lambda: figures.loss_surface(lambda x, y: x, {"a": [[1, 2, 3]]}), r"\(steps, 2\)"),
    "loss": (lambda: figures.loss_surface(lambda x, y: 1.0), "all at once"),
    "corners": (lambda: figures.boxes(np.zeros((4, 4)), [[1, 2, 3]]), "left, top, right, bottom"),
    "labels": (lambda: figures.boxes(np.zeros((4, 4)), [[1, 2, 3, 4]], labels=[]), "0 labels"),
    "mask": (lambda: figures.masks(np.zeros((4, 4)), np.zeros((4, 5))), "masks are"),
    "layers": (lambda: figures.histograms({}), "no layers"),
    "heat": (lambda: figures.images(np.zeros((1, 4, 4)), heat=np.zeros((1, 4, 3))), "heat of pictures"),
    "window": (lambda: figures.im2col(np.zeros((3, 4)), 4), "does not fit"),
    "no window": (lambda: figures.im2col(np.zeros((4, 4)), 4, marked=[1]), "marked"),
    "no image": (lambda: figures.im2col(np.zeros((1, 4, 4)), 2), "2 dimensions"),
    "columns": (lambda: figures.images(np.zeros((2, 4, 4)), columns=0), "columns"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_be_drawn_is_told(name):
    call, told = ERRORS[name]
    with pytest.raises(ValueError, match=told):
        call()


@pytest.mark.parametrize("call", [lambda: figures.images("cat"), lambda: figures.images(np.zeros((1, 2, 2)), ax=3)])
def test_what_is_no_picture_and_what_are_no_axes(call):
    with pytest.raises(TypeError):
        call()
