"""What a beginner does wrong: the message says what came, what was needed, and what to do."""

import re
import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.data import DataLoader, Dataset, TensorDataset, read_image
from tinygrad_edu.nn import functional as F
from tinygrad_edu.train import fit


class Unprepared(nn.Module):
    def __init__(self):
        self.size = 3

    def forward(self, x):
        return x


class OwnError(Exception):
    pass


class Failing(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        raise OwnError("row 7 of the file")


def scores():
    return nn.Linear(3, 2)(tg.ones(4, 3))


CLASSES = tg.tensor([0, 1, 0, 1])
MISTAKES = {
    "no super().__init__()": (
        lambda: Unprepared()(tg.ones(2)),
        AttributeError,
        "Unprepared has no attribute '_forward_pre_hooks'; call super().__init__() first in its __init__",
    ),
    "a layer made of its input": (
        lambda: nn.Softmax(tg.ones(2, 3)).argmax(1),
        AttributeError,
        "Softmax has no attribute 'argmax'; what it computes has: call the module first, and take it of the result",
    ),
    "a loss made of its inputs": (
        lambda: nn.CrossEntropyLoss(scores(), CLASSES).backward(),
        AttributeError,
        "CrossEntropyLoss has no attribute 'backward'; what it computes has",
    ),
    "modules in a list": (
        lambda: nn.Sequential([nn.Linear(2, 2)]),
        TypeError,
        "the module '0' is an nn.Module or None, got list; give modules one by one, as in Sequential(*modules)",
    ),
    "a class": (lambda: nn.Sequential(nn.ReLU), TypeError, "got the class ReLU: call it"),
    "an argument left out": (
        lambda: nn.Conv2d(1, 2),
        TypeError,
        "Conv2d(1, 2): missing 1 required positional argument: 'kernel_size'",
    ),
    "an input left out": (lambda: nn.Linear(3, 2)(), TypeError, "Linear(): missing 1 required positional argument"),
    "the module": (lambda: optim.SGD(nn.Linear(3, 2)), TypeError, "got Linear; give its parameters()"),
    "the method": (lambda: optim.SGD(nn.Linear(3, 2).parameters), TypeError, "got method; call it"),
    "one Tensor": (lambda: optim.SGD(nn.Parameter(tg.ones(2))), TypeError, "got Parameter; put it in a list"),
    "a rate as text": (
        lambda: optim.SGD(nn.Linear(3, 2).parameters(), lr="0.1"),
        TypeError,
        "SGD: lr is a number, got a str",
    ),
    "rate and parameters swapped": (
        lambda: optim.Adam(0.1, nn.Linear(3, 2).parameters()),
        TypeError,
        "Adam",
    ),
    "cross_entropy swapped": (
        lambda: F.cross_entropy(CLASSES, scores()),
        TypeError,
        "cross_entropy takes the input first and then the target, got int64 (4,) and float32 (4, 2): are they swapped?",
    ),
    "nll_loss swapped": (
        lambda: nn.NLLLoss()(CLASSES, scores().log_softmax(1)),
        RuntimeError,
        "nll_loss takes the input first and then the target, got int64 (4,) and float32 (4, 2): are they swapped?",
    ),
    "binary_cross_entropy swapped": (
        lambda: F.binary_cross_entropy(CLASSES, scores()[:, 0].sigmoid()),
        RuntimeError,
        "binary_cross_entropy takes the input first and then the target, got int64 (4,) and float32 (4,)",
    ),
    "no such device": (lambda: tg.ones(2).to("gpu"), TypeError, "nor is it a device: the only one is 'cpu'"),
    "pictures of integers": (
        lambda: nn.Conv2d(1, 2, 3)(tg.ones(1, 1, 8, 8, dtype=tg.uint8)),
        RuntimeError,
        "of one dtype of numbers, got uint8, float32, float32; convert with .to()",
    ),
    "words of floats": (
        lambda: nn.Embedding(3, 2)(tg.ones(2)),
        RuntimeError,
        "takes indices as a Tensor of integers, got float32; convert them with .long()",
    ),
    "lists as data": (
        lambda: TensorDataset([1, 2], [3, 4]),
        TypeError,
        "TensorDataset takes Tensors, got list; tensor() makes one of numbers",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_what_mends_it(mistake):
    call, kind, told = MISTAKES[mistake]
    with pytest.raises(kind, match=re.escape(told)):
        call()


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_of_the_users_own_class_stays_one(workers):
    model = nn.Linear(2, 2)
    with pytest.raises(OwnError, match="row 7 of the file"):
        fit(model, DataLoader(Failing(), 2, num_workers=workers), optim.SGD(model.parameters()))


def test_figures_hold_what_is_constant_or_not_finite(tmp_path):
    pytest.importorskip("matplotlib")
    from tinygrad_edu import viz

    odd = np.array([[0.0, np.inf], [np.nan, -np.inf]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for height in (0.0, 5.0, -1e30, 1e300, np.nan):
            viz.loss_surface(lambda x, y, height=height: x * 0 + height).savefig(tmp_path / "surface.png")
        viz.feature_maps(odd[None]).savefig(tmp_path / "maps.png")
        viz.filters(odd[None, None]).savefig(tmp_path / "filters.png")
        viz.im2col(odd, 1).savefig(tmp_path / "columns.png")


def test_curves_show_each_epoch_in_its_place():
    pytest.importorskip("matplotlib")
    from tinygrad_edu import viz

    (ax,) = viz.learning_curves([{"loss": loss} for loss in (2.0, np.nan, 1.0, np.inf, 0.5)]).axes
    assert ax.lines[0].get_xydata().tolist() == [[1, 2], [3, 1], [5, 0.5]]
    (ax,) = viz.learning_curves([{"loss": 1.0}]).axes
    assert ax.lines[0].get_marker() == "o"  # no line is there to be seen


@pytest.mark.parametrize("most", [1e-3, 1.0, 1e300])
def test_a_curve_over_many_powers_of_ten_has_few_lines(most):
    from tinygrad_edu import viz

    picture = viz.loss_curve_svg([{"loss": most * 10.0 ** (-20 * k)} for k in range(16)])
    heights = re.findall(r'class="tg-grid-l" d="M[\d.]+ (-?[\d.]+)H', picture)
    assert 3 <= len(heights) <= 10
    assert float(heights[-1]) <= 40 < float(heights[0])


@pytest.mark.parametrize("name", ["gradient_norms", "learning_curves", "loss_curve_svg", "unused_parameters"])
def test_viz_tells_what_it_cannot_draw(name):
    from tinygrad_edu import viz

    if name in ("gradient_norms", "learning_curves"):
        pytest.importorskip("matplotlib")
    with pytest.raises((TypeError, ValueError), match=rf"{name}\('abc'\): "):
        getattr(viz, name)("abc")


def test_a_picture_of_no_known_format_is_told_so(tmp_path):
    pytest.importorskip("PIL")
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    with pytest.raises(ValueError, match=r"a.png' as an image: it is of no format that Pillow knows, or damaged$"):
        read_image(path)
