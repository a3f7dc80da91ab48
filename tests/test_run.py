"""The folder of a run, written and read, and the configuration in it."""

import errno
import json
import math
import os
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import models, optim
from tinygrad_edu.train import ConfigError, Run, RunFolder, Setup
from tinygrad_edu.train.config import OPTIMIZERS, SCHEDULES, completed, set_value, to_toml
from tinygrad_edu.train.folder import numbered_folders

CONFIG = completed({"model": {"name": "mlp"}})
RESULT = {"held_out_loss": 0.5}
WRITTEN = {"model.safetensors", "config.toml", "result.json"}


def written_run(path, model="mlp", **options):
    with RunFolder(path, **options) as folder:
        folder.begin(completed({"model": {"name": model}}))
        folder.save(models.build(model), RESULT)
    return path


def names(path) -> set[str]:
    return set(os.listdir(path))


# the folder


def test_a_run_is_read_as_it_was_written(tmp_path):
    model = models.build("cnn")
    with RunFolder(tmp_path / "a" / "b") as folder:
        folder.begin(completed({}))
        folder.save(model, RESULT)
        (folder.path / "history.jsonl").write_text('{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "lo')
    assert names(tmp_path / "a" / "b") == WRITTEN | {"history.jsonl"}
    run = Run.read(tmp_path / "a" / "b")
    assert (run.config, run.history, run.result) == (completed({}), [{"epoch": 1, "loss": 0.5}], RESULT)
    again = run.model()
    assert not again.training
    for name, weight in model.state_dict().items():
        np.testing.assert_array_equal(again.state_dict()[name].numpy(), weight.numpy())


def fail_after_writing(path, error, keep=False, **options):
    with RunFolder(path, **options) as folder:
        folder.begin(CONFIG)
        folder.save(models.build("mlp"), RESULT)
        if keep:
            folder.keep()
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_a_run_that_fails_before_its_first_step_leaves_nothing(error, tmp_path):
    with pytest.raises(error):
        fail_after_writing(tmp_path / "a" / "b", error)
    assert names(tmp_path) == set()


def test_a_run_that_fails_later_stays(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        fail_after_writing(tmp_path / "a", KeyboardInterrupt, keep=True)
    assert names(tmp_path / "a") == WRITTEN


def test_a_run_that_is_resumed_stays_and_loses_what_a_killed_save_left(tmp_path):
    written_run(tmp_path / "a")
    (tmp_path / "a" / ".tinygrad_edu-0123.tmp").write_text("half")
    with pytest.raises(KeyboardInterrupt):
        fail_after_writing(tmp_path / "a", KeyboardInterrupt, resume=True)
    assert names(tmp_path / "a") == WRITTEN


def test_a_folder_that_holds_but_what_a_killed_save_left_is_taken(tmp_path):
    (tmp_path / ".tinygrad_edu-0123.tmp").write_text("half")
    written_run(tmp_path)
    assert names(tmp_path) == WRITTEN


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty") as caught, RunFolder(tmp_path):
        pass
    assert caught.value.filename == str(tmp_path)
    assert names(tmp_path) == {"notes.txt"}


def test_overwriting_replaces_the_run_and_nothing_else(tmp_path):
    written_run(tmp_path)
    for name in ("notes.txt", "graph.svg", "checkpoint.pt"):
        (tmp_path / name).write_text("old")
    (tmp_path / "events").mkdir()
    written_run(tmp_path, model="cnn", overwrite=True)
    assert names(tmp_path) == WRITTEN | {"notes.txt"}
    assert Run.read(tmp_path).model().conv1 is not None


def test_a_run_is_overwritten_only_once_it_begins(tmp_path):
    written_run(tmp_path)
    with RunFolder(tmp_path, overwrite=True) as folder:
        folder.keep()
    assert names(tmp_path) == WRITTEN


def test_a_failed_write_names_the_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tinygrad_edu.atomic.os.fsync", full)
    with pytest.raises(OSError, match="No space") as caught:
        written_run(tmp_path / "run")
    assert caught.value.filename == str(tmp_path / "run" / "config.toml")
    assert names(tmp_path) == set()


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_a_folder_belongs_to_one_training_at_a_time(tmp_path):
    written_run(tmp_path)
    with RunFolder(tmp_path, resume=True):
        for options in ({"resume": True}, {"overwrite": True}):
            with pytest.raises(OSError, match="another training is at work in it"), RunFolder(tmp_path, **options):
                pass
        assert names(tmp_path) == WRITTEN
    with RunFolder(tmp_path, resume=True):
        pass


def test_runs_are_numbered_and_never_shared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "a-007").mkdir(parents=True)
    (tmp_path / "runs" / "a-x").mkdir()
    (tmp_path / "runs" / "b-009").mkdir()
    assert str(next(numbered_folders("a"))) == os.path.join("runs", "a-008")
    first, second = RunFolder(name="a"), RunFolder(name="a")  # both would take 008
    with first, second:
        assert [first.path.name, second.path.name] == ["a-008", "a-009"]


def test_numbers_that_cannot_be_written_into_json_are_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON"), RunFolder(tmp_path / "run") as folder:
        folder.save(models.build("mlp"), {"loss": math.nan})
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
    "config not TOML": (damaged("config.toml", b"{"), "config.toml' as TOML"),
    "config no text": (damaged("config.toml", b"\xff\xfe{"), "config.toml' as TOML"),
    "config deep": (damaged("config.toml", b"a = " + b"[" * 200_000), "config.toml' as TOML"),
    "config large": (damaged("config.toml", b" " * (1 << 24) + b"{}"), "larger than 16 MiB"),
    "unknown model": (damaged("config.toml", b'[model]\nname = "gpt"'), "model.name: there is no 'gpt'"),
    "odd model": (damaged("config.toml", b'[model]\nname = ["mlp"]'), r"model.name: there is no \['mlp'\]"),
    "unknown data": (damaged("config.toml", b"[data]\nname = 3"), "data.name: there is no 3"),
    "no table": (damaged("config.toml", b"model = 3"), "model is a table of settings, got 3"),
    "other model": (damaged("config.toml", b'[model]\nname = "cnn"'), "does not fit the model 'cnn'"),
    "model that does not fit": (damaged("config.toml", b'[model]\nname = "lenet"'), "does not go with inputs of shape"),
    "history not JSON": (damaged("history.jsonl", b"nothing\n"), "history.jsonl' as JSON"),
    "history of text": (damaged("history.jsonl", b'{"loss": "low"}\n'), "is not a history"),
    "result not JSON": (damaged("result.json", b"{"), "result.json' as JSON"),
    "result no object": (damaged("result.json", b"[]"), "is not the result of a run"),
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


@pytest.mark.parametrize("name", ["config.toml", "model.safetensors"])
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


# the configuration


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_can_be_configured(name):
    config = completed({"model": {"name": "mlp", "hidden": 4}, "optimizer": {"name": name.upper()}})
    if name == "Muon":
        with pytest.raises(ConfigError, match="Muon moves matrices"):  # a network has biases
            Setup(config)
    else:
        assert type(Setup(config).optimizer) is getattr(optim, name)


NEEDED = {
    "ChainedScheduler": {"schedulers": [{"name": "StepLR", "step_size": 2}, {"name": "LinearLR"}]},
    "ExponentialLR": {"gamma": 0.9},
    "MultiStepLR": {"milestones": [3, 5]},
    "SequentialLR": {"schedulers": [{"name": "LinearLR"}, {"name": "CosineAnnealingLR"}], "milestones": [2]},
    "StepLR": {"step_size": 3},
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_can_be_configured_and_trains(name, tmp_path):
    config = {
        "data": {"samples": 64},
        "model": {"name": "mlp", "hidden": 4},
        "optimizer": {"name": "SGD"},
        "schedule": {"name": name, **NEEDED.get(name, {})},
        "training": {"epochs": 2},
    }
    setup = Setup(completed(config))
    assert type(setup.schedule) is SCHEDULES[name]
    assert setup.train(tmp_path).complete


def test_what_a_schedule_needs_and_what_follows():
    with pytest.raises(ConfigError, match=r"schedule.step_size is needed by StepLR"):
        Setup(completed({"schedule": {"name": "StepLR"}}))
    with pytest.raises(ConfigError, match=r"schedule.each is 'epoch' for ReduceLROnPlateau"):
        Setup(completed({"schedule": {"name": "ReduceLROnPlateau", "each": "step"}}))
    config = {"data": {"samples": 320}, "schedule": {"name": "cosineannealinglr"}, "training": {"epochs": 7}}
    assert Setup(completed(config)).schedule.T_max == 7
    config["schedule"]["each"] = "step"
    assert Setup(completed(config)).schedule.T_max == 70
    config["training"]["accumulate"] = 4
    assert Setup(completed(config)).schedule.T_max == 21


WRONG = {
    "modle.name=mlp": "there is no table 'modle'; did you mean 'model'? there are data, model, optimizer",
    "model.name=cmn": "model.name: there is no 'cmn'; did you mean 'cnn'? there are ",
    "model.widht=3": "there is no model.widht; did you mean 'width'? there are width",
    "model.width=2.5": "model.width is a whole number, got 2.5",
    "model.width=true": "model.width is a whole number, got True",
    "model.width=-1": "model 'cnn' does not go with inputs of shape (1, 8, 8): ",
    "data.name=digit": "data.name: there is no 'digit'; did you mean 'digits'?",
    "data.batch_size=0": "data.batch_size is 1 or more, got 0",
    "data.mean=[0.5]": "data.mean and data.std are given together",
    "data.mean=0.5": "data.mean is a list, got 0.5",
    'data={"mean": [0.5], "std": [0.0]}': "data.mean, data.std: Normalize takes a mean and a std above 0",
    'data={"mean": ["a"], "std": [1]}': "data.mean, data.std: Normalize takes a mean and a std above 0",
    'data={"mean": [0, 0], "std": [1, 1]}': "data.mean and data.std are those of images of 2 channels; the inputs are",
    'data={"name": "iris", "mean": [0.5], "std": [1]}': "those of images; the inputs are (4,)",
    "data.name=names": "'names' is for language modelling, this trains for classification, forecasting",
    "optimizer.lr=fast": "optimizer.lr is a number, got 'fast'",
    "optimizer.lr=-1": "optimizer: ",
    "optimizer.betas=3": "optimizer.betas is a list, got 3",
    "optimizer.betas=[1,2,3]": "optimizer: ",
    "optimizer.momentum=0.9": "there is no optimizer.momentum; ",
    "schedule.gamma=1": "schedule.name is missing; there are ChainedScheduler, ",
    "schedule.name=cosineanealing": "did you mean 'CosineAnnealingLR'?",
    "schedule.name=LambdaLR": "there is no 'LambdaLR'",
    "training.epochs=0": "training.epochs is 1 or more, got 0",
    "training.keep=all": "training.keep is 'last' or 'best', got 'all'",
    "training.measure=val_acuracy": "there is no 'val_acuracy'; did you mean 'val_accuracy'?",
    "training.tensorboard=1": "training.tensorboard is true or false, got 1",
    "model": "a setting is TABLE.NAME=VALUE, such as model.width=64; got 'model'",
    "model=3": "a setting is TABLE.NAME=VALUE",
}


def configured(assignment):
    config: dict = {}
    section, _, value = assignment.partition("=")
    if value.startswith("{"):
        config[section] = json.loads(value)
    else:
        set_value(config, assignment)
    return completed(config)


@pytest.mark.parametrize("assignment", WRONG)
def test_settings_that_cannot_be_are_told(assignment):
    with pytest.raises(ConfigError) as caught:
        Setup(configured(assignment))
    assert WRONG[assignment] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_images_are_normalised_on_their_way_into_the_network(tmp_path):
    config = completed({"data": {"mean": [0.5], "std": [0.25]}, "model": {"name": "mlp"}})
    setup, plain = Setup(config), models.build("mlp")
    plain.load_state_dict(setup.model.state_dict())
    x = setup.train_set.tensors[0][:3]
    assert setup.model(x).tolist() == plain((x - 0.5) / 0.25).tolist()
    with RunFolder(tmp_path / "a") as folder:
        folder.begin(config)
        folder.save(setup.model, RESULT)
    run = Run.read(tmp_path / "a")
    assert (run.config["data"]["mean"], run.config["data"]["std"]) == ([0.5], [0.25])
    assert run.model()(x).tolist() == setup.model(x).tolist()


def test_settings_by_text():
    config: dict = {}
    for assignment in ("a.b=3", "a.c=0.5", "a.d=true", "a.e=[1, 2]", "a.f=word", 'a.g="3"', "a.h = {x = 1}", "a.i.j=2"):
        set_value(config, assignment)
    assert config["a"] == {"b": 3, "c": 0.5, "d": True, "e": [1, 2], "f": "word", "g": "3", "h": {"x": 1}, "i.j": 2}


VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), st.dictionaries(st.text(), VALUES, max_size=3), max_size=3))
def test_toml_is_read_as_it_was_written(config):
    surrogates = any(0xD800 <= ord(c) < 0xE000 for c in json.dumps(config, ensure_ascii=False))
    if not surrogates:
        assert tomllib.loads(to_toml(config)) == config


def test_a_whole_configuration_is_read_as_it_was_written():
    config = completed({"schedule": {"name": "SequentialLR", **NEEDED["SequentialLR"]}})
    assert completed(tomllib.loads(to_toml(config))) == config
