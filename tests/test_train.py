"""The training loop, what it shows, the networks, and the folder of a run."""

import errno
import io
import math
import os
import sys

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import models, nn, optim
from tinygrad_edu.data import DataLoader, TensorDataset
from tinygrad_edu.train import DivergenceError, Run, RunDraft, accuracy, evaluate, fit, progress
from tinygrad_edu.train.display import duration
from tinygrad_edu.train.draft import numbered_folders


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


def test_tqdm_draws_the_line_where_it_is_installed():
    pytest.importorskip("tqdm")
    shown = train_showing(Terminal())
    last = shown.rstrip().split("\r")[-1]
    assert [word in last for word in ("epoch 3/3", "100 %", "loss", "accuracy", "held out", "00:00 left")] == [True] * 6


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


# the folder of a run

CONFIG = {"model": "mlp", "data": "digits"}
HISTORY = [{"epoch": 1, "loss": 0.5}]


def written_run(folder, model="mlp"):
    with RunDraft(folder) as draft:
        draft.save(models.build(model), {**CONFIG, "model": model}, HISTORY)
    return folder


def names(folder) -> set[str]:
    return set(os.listdir(folder))


def test_a_run_is_read_as_it_was_written(tmp_path):
    model = models.build("cnn")
    with RunDraft(tmp_path / "a" / "b") as draft:
        draft.save(model, {**CONFIG, "model": "cnn"}, HISTORY)
        assert names(tmp_path / "a" / "b") == {draft.folder.name}
    assert names(tmp_path / "a" / "b") == {"model.safetensors", "config.json", "history.json"}
    run = Run.read(tmp_path / "a" / "b")
    assert (run.config["model"], run.history) == ("cnn", HISTORY)
    again = run.model()
    assert not again.training
    for name, weight in model.state_dict().items():
        np.testing.assert_array_equal(again.state_dict()[name].numpy(), weight.numpy())


def fail_after_writing(folder, error):
    with RunDraft(folder, overwrite=True) as draft:
        draft.save(models.build("cnn"), {**CONFIG, "model": "cnn"}, [])
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_a_run_that_fails_leaves_nothing(error, tmp_path):
    with pytest.raises(error):
        fail_after_writing(tmp_path / "a" / "b", error)
    assert names(tmp_path) == set()


def test_a_run_that_fails_leaves_what_was_there(tmp_path):
    written_run(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    with pytest.raises(KeyboardInterrupt):
        fail_after_writing(tmp_path, KeyboardInterrupt)
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == before


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty") as caught, RunDraft(tmp_path):
        pass
    assert caught.value.filename == str(tmp_path)
    assert names(tmp_path) == {"notes.txt"}


def test_overwriting_replaces_the_run_and_nothing_else(tmp_path):
    written_run(tmp_path)
    for name in ("notes.txt", "graph.svg"):
        (tmp_path / name).write_text("old")
    with RunDraft(tmp_path, overwrite=True) as draft:
        draft.save(models.build("cnn"), {**CONFIG, "model": "cnn"}, HISTORY)
    assert names(tmp_path) == {"model.safetensors", "config.json", "history.json", "notes.txt"}
    assert Run.read(tmp_path).model().conv1 is not None


def test_a_failed_write_names_the_file_by_its_place(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tinygrad_edu.atomic.os.fsync", full)
    with pytest.raises(OSError, match="No space") as caught:
        written_run(tmp_path / "run")
    assert caught.value.filename == str(tmp_path / "run" / "model.safetensors")
    assert names(tmp_path) == set()


def test_runs_are_numbered_and_never_shared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "a-007").mkdir(parents=True)
    (tmp_path / "runs" / "a-x").mkdir()
    (tmp_path / "runs" / "b-009").mkdir()
    assert str(next(numbered_folders("a"))) == os.path.join("runs", "a-008")
    first, second = RunDraft(name="a"), RunDraft(name="a")  # both would take 008
    with first, second:
        assert [first.run.name, second.run.name] == ["a-008", "a-009"]


def test_numbers_that_cannot_be_written_into_json_are_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON"), RunDraft(tmp_path / "run") as draft:
        draft.save(models.build("mlp"), {"loss": math.nan}, [])
    assert names(tmp_path) == set()


def damaged(name: str, content: bytes):
    return lambda folder: (folder / name).write_bytes(content)


def with_weights(**changes):
    """Replace some of the weights, or leave them out where the change is None."""

    def change(folder):
        tensors = {**models.build("mlp").state_dict(), **changes}
        tg.io.save_safetensors({k: v for k, v in tensors.items() if v is not None}, folder / "model.safetensors")

    return change


DAMAGES = {
    "config not JSON": (damaged("config.json", b"{"), "config.json' as JSON"),
    "config no object": (damaged("config.json", b"[]"), "no JSON object"),
    "config no text": (damaged("config.json", b"\xff\xfe{"), "config.json' as JSON"),
    "config deep": (damaged("config.json", b"[" * 200_000), "config.json' as JSON"),
    "config large": (damaged("config.json", b" " * (1 << 24) + b"{}"), "larger than 16 MiB"),
    "config empty": (damaged("config.json", b"{}"), "its model is None"),
    "unknown model": (
        damaged("config.json", b'{"model": "gpt", "data": "digits"}'),
        "its model is 'gpt', not alexnet or cnn",
    ),
    "odd model": (damaged("config.json", b'{"model": ["mlp"], "data": "digits"}'), r"its model is \['mlp'\]"),
    "unknown data": (damaged("config.json", b'{"model": "mlp", "data": 3}'), "its data is 3, not digits"),
    "other model": (damaged("config.json", b'{"model": "cnn", "data": "digits"}'), "does not fit the model 'cnn'"),
    "history not JSON": (damaged("history.json", b"nothing"), "history.json' as JSON"),
    "history no list": (damaged("history.json", b"{}"), "is not a history"),
    "history of text": (damaged("history.json", b'[{"loss": "low"}]'), "is not a history"),
    "weights empty": (damaged("model.safetensors", b""), "model.safetensors"),
    "weights forged": (damaged("model.safetensors", b"\xff" * 64), "model.safetensors"),
    "weights missing": (with_weights(**{"output.bias": None}), r"lacks 'output\.bias'"),
    "weights more": (with_weights(extra=np.ones(3)), "has an unknown 'extra'"),
    "weights shaped": (with_weights(**{"output.bias": np.ones(3, "f")}), r"float32 \(3,\) instead of float32 \(10,\)"),
    "weights whole": (with_weights(**{"output.bias": np.ones(10, int)}), r"int64 \(10,\) instead of"),
    "weights NaN": (with_weights(**{"output.bias": np.full(10, np.nan, "f")}), "'output.bias' is not finite"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_told(damage, tmp_path):
    inflict, word = DAMAGES[damage]
    inflict(written_run(tmp_path / "run"))
    with pytest.raises(ValueError, match=word):
        Run.read(tmp_path / "run").model()


@pytest.mark.parametrize("name", ["config.json", "history.json", "model.safetensors"])
def test_a_missing_file_of_a_run_is_told(name, tmp_path):
    (written_run(tmp_path) / name).unlink()
    with pytest.raises(FileNotFoundError) as caught:
        Run.read(tmp_path).model()
    assert os.path.basename(caught.value.filename) == name


def test_a_truncated_file_of_weights_is_told(tmp_path):
    path = written_run(tmp_path) / "model.safetensors"
    whole = path.read_bytes()
    for size in (7, 100, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"model\.safetensors"):
            Run.read(tmp_path).model()
