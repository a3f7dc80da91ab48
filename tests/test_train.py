"""The training loop, what it shows, and the networks."""

import io
import math
import sys

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import models, nn, optim
from tinygrad_edu.data import DataLoader, TensorDataset
from tinygrad_edu.train import Checkpoint, DivergenceError, accuracy, evaluate, fit, progress
from tinygrad_edu.train.display import duration
from tinygrad_edu.train.state import State


def points(count: int = 32) -> TensorDataset:
    """Points on a line, of class 0 to the left and 1 to the right."""
    x = tg.linspace(-1, 1, count).reshape(count, 1)
    return TensorDataset(x, (x[:, 0] > 0).to(tg.int64))


def line() -> nn.Module:
    tg.manual_seed(0)
    return nn.Linear(1, 2)


# fit


def test_fit_learns_and_tells_its_history():
    model, data = line(), points()
    state = fit(model, DataLoader(data, 8), optim.SGD(model.parameters(), lr=0.5), 20, validation=DataLoader(data, 32))
    assert state.complete
    assert [record["epoch"] for record in state.history] == list(range(1, 21))
    assert set(state.history[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"}
    assert state.history[-1]["loss"] < 0.5 * state.history[0]["loss"]
    assert state.history[-1]["val_accuracy"] >= 0.95


def test_the_means_of_an_epoch_count_samples_not_batches():
    model, data = line(), points(10)
    frozen = optim.SGD(model.parameters(), lr=0.0)
    last = fit(model, DataLoader(data, 4), frozen).history[-1]  # batches of 4, 4 and 2
    found = evaluate(model, DataLoader(data, 10))
    assert last["loss"] == pytest.approx(found["loss"], rel=1e-6)
    assert last["accuracy"] == pytest.approx(found["accuracy"])


def test_callbacks_see_each_step_and_epoch():
    model, seen = line(), []
    fit(
        model,
        DataLoader(points(), 16),
        optim.SGD(model.parameters(), lr=0.1),
        2,
        on_step=[lambda state: seen.append((state.epoch, state.step, len(state.history)))],
        on_epoch=[lambda state: seen.append(("epoch", state.epoch, len(state.history)))],
    )
    assert seen == [(1, 1, 0), (1, 2, 0), ("epoch", 1, 1), (2, 1, 1), (2, 2, 1), ("epoch", 2, 2)]


@pytest.mark.parametrize("where", ["on_step", "on_epoch"])
def test_a_callback_may_stop_the_training(where):
    def stop(state):
        state.stop = state.epoch == 2

    model = line()
    state = fit(model, DataLoader(points(), 16), optim.SGD(model.parameters(), lr=0.1), 5, **{where: [stop]})
    assert (state.epoch, state.step) == (2, 1 if where == "on_step" else 2)
    assert len(state.history) == (1 if where == "on_step" else 2)
    assert not state.complete


def test_divergence_is_told_and_leaves_the_weights():
    model, data = line(), points()
    data.tensors[0][20] = math.nan
    with pytest.raises(DivergenceError, match="nan in step 3 of epoch 1: training has diverged; try a smaller"):
        fit(model, DataLoader(data, 8), optim.SGD(model.parameters(), lr=0.1))
    assert all(np.isfinite(p.detach().numpy()).all() for p in model.parameters())


def test_divergence_on_the_held_out_samples_is_told():
    model, bad = line(), points()
    bad.tensors[0][3] = math.inf
    with pytest.raises(DivergenceError, match="on the held-out samples after epoch 1"):
        fit(model, DataLoader(points(), 8), optim.SGD(model.parameters(), lr=0.1), validation=DataLoader(bad, 8))


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_is_without_dropout_and_leaves_the_mode(training):
    model = nn.Sequential(nn.Dropout(0.9), line()).train(training)
    first, again = evaluate(model, DataLoader(points(), 8)), evaluate(model, DataLoader(points(), 32))
    assert first == pytest.approx(again, rel=1e-5)
    assert model.training is training


def test_accuracy():
    scores = tg.tensor([[1.0, 2.0, 0.0], [3.0, 1.0, 2.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    assert accuracy(scores, tg.tensor([1, 0, 0, 2])) == 0.5


# networks


LEAST = {"alexnet": 16, "lenet": 12, "vgg": 32}  # the size of image that a network takes, if that is not a few pixels


@pytest.mark.parametrize("image", [(1, 8, 8), (3, 13, 9), (3, 13, 17), (1, 28, 28), (3, 32, 33)])
@pytest.mark.parametrize("name", models.MODELS)
def test_networks_take_images_of_their_size(name, image):
    if (least := LEAST.get(name, 0)) > min(image[1:]):
        with pytest.raises(ValueError, match=f"{least}x{least} or more; got {image[1]}x{image[2]}"):
            models.build(name, image)
        return
    model = models.build(name, image, classes=7)
    assert model(tg.zeros(2, *image)).shape == (2, 7)
    assert all(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("name", models.MODELS)
def test_networks_are_of_the_seed(name):
    def weights(seed):
        tg.manual_seed(seed)
        return [p.detach().numpy() for p in models.build(name, (1, 32, 32)).parameters() if p.ndim > 1]

    first, again, other = weights(1), weights(1), weights(2)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_networks_refuse():
    with pytest.raises(ValueError, match="did you mean 'cnn'"):
        models.build("cmn")
    with pytest.raises(ValueError, match="there is no model 'x'; there are alexnet, cnn, densenet"):
        models.build("x")
    with pytest.raises(ValueError, match="4x4 or more; got 3x8"):
        models.build("cnn", (1, 3, 8))


# progress


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class AsciiTerminal(Terminal):
    encoding = "ascii"


def train_showing(file, epochs: int = 3) -> str:
    model, data = line(), points()
    with progress(file) as bar:
        fit(
            model,
            DataLoader(data, 8),
            optim.SGD(model.parameters(), lr=0.1),
            epochs,
            validation=DataLoader(data, 32),
            on_step=[bar.step],
            on_epoch=[bar.epoch],
        )
    return file.getvalue()


@pytest.fixture
def without_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)


def test_a_file_gets_a_line_for_each_epoch():
    lines = train_showing(io.StringIO(), 12).splitlines()
    assert len(lines) == 12
    assert lines[0].startswith("epoch  1/12  loss 0.")
    assert all(word in lines[-1] for word in ("epoch 12/12", "accuracy", " %, held out ", " s"))


@pytest.mark.usefixtures("without_tqdm")
@pytest.mark.parametrize(("terminal", "full"), [(Terminal, "━"), (AsciiTerminal, "#")])
def test_a_terminal_gets_one_line(terminal, full, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("tinygrad_edu.train.display.OFTEN", 0)
    shown = train_showing(terminal())
    assert shown.count("\n") == 1
    assert shown.endswith("\n")
    pictures = [picture.removesuffix("\x1b[K") for picture in shown[:-1].split("\r")[1:]]
    assert len(pictures) == 15  # 4 steps and the end, three times
    assert {len(picture) for picture in pictures} <= set(range(60, 100))
    assert full in pictures[-1]
    assert [word in pictures[-1] for word in ("epoch 3/3", "100 %", "loss", "accuracy", "held out", "0:00 left")] == [
        True
    ] * 6


@pytest.mark.usefixtures("without_tqdm")
@pytest.mark.parametrize("columns", [20, 60, 80])
def test_the_line_fits_the_terminal(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    pictures = train_showing(Terminal())[:-1].split("\r")[1:]
    assert all(len(picture.removesuffix("\x1b[K")) < columns for picture in pictures)


@pytest.mark.usefixtures("without_tqdm")
def test_the_time_left_is_reckoned_from_the_steps_since_it_began(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("tinygrad_edu.train.display.time.monotonic", lambda: clock[0])
    file = Terminal()
    with progress(file) as bar:
        for step in (1, 2):  # of a training that is resumed in its middle: 19 and 18 of 40 steps are left
            clock[0] += 60
            bar.step(State(epochs=4, steps=10, epoch=3, step=step))
    assert [word for word in file.getvalue().split() if ":" in word] == ["19:00", "18:00"]


def test_tqdm_draws_the_line_where_it_is_installed():
    pytest.importorskip("tqdm")
    shown = train_showing(Terminal())
    last = shown.rstrip().split("\r")[-1]
    assert [word in last for word in ("epoch 3/3", "100 %", "loss", "accuracy", "held out", "00:00 left")] == [True] * 6


@pytest.mark.parametrize("tqdm", [True, False])
def test_a_bar_of_a_training_that_is_resumed(tqdm, tmp_path, monkeypatch):
    if tqdm:
        pytest.importorskip("tqdm")
    else:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("tinygrad_edu.train.display.OFTEN", 0)

    def pause(state):
        state.pause = (state.epoch, state.step) == (2, 4)

    shown = []
    for on_step in ([pause], []):
        model, file = line(), Terminal()
        with progress(file) as bar:
            fit(
                model,
                DataLoader(points(), 8),
                optim.SGD(model.parameters(), lr=0.1),
                4,
                on_step=[bar.step, *on_step],
                on_epoch=[bar.epoch],
                checkpoint=Checkpoint(tmp_path / "checkpoint", resume=True),
            )
        shown.append(file.getvalue())
    assert "50 %" in shown[0]
    assert " 100 %" not in shown[0]
    assert " 0 %" not in shown[1]
    assert "100 %" in shown[1]


def test_a_bar_that_showed_nothing_leaves_nothing(monkeypatch):
    for tqdm in ({}, None):
        monkeypatch.setitem(sys.modules, "tqdm", tqdm and None)
        file = Terminal()
        with progress(file):
            pass
        assert file.getvalue() == ""


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (65, "1:05"), (7209, "2:00:09")])
def test_durations(seconds, text):
    assert duration(seconds) == text
