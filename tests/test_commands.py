"""What the commands give to machines, configurations that reproduce a run, and runs that are resumed."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tomllib

import pytest

from tinygrad_edu.cli import main
from tinygrad_edu.data import DATASETS
from tinygrad_edu.models import MODELS

ROOT = pathlib.Path(__file__).parent.parent
QUICK = ("train", "--model", "mlp", "--epochs", "2", "--set", "data.samples=200")

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    def call(*arguments, code=0):
        found = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert found == code, err
        return out if code == 0 else err

    return call


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("trained") / "run"
    assert main([*QUICK, "--epochs", "6", "--out", str(path)]) == 0
    return path


def weights(path) -> bytes:
    return pathlib.Path(path, "model.safetensors").read_bytes()


# for machines


def test_a_training_as_json(run):
    told = json.loads(run(*QUICK, "--out", "a", "--json"))
    assert told["run"] == "a"
    assert told["epochs"] == 2
    assert told["interrupted"] is None
    assert set(told["files"]) == set(os.listdir("a"))
    assert told["config"] == tomllib.loads(pathlib.Path("a/config.toml").read_text())


def test_an_evaluation_as_json_and_in_words(run, trained):
    told = json.loads(run("evaluate", trained, "--json"))
    result = json.loads((trained / "result.json").read_text())
    assert (told["data"], told["samples"]) == ("digits", 355)
    assert (told["accuracy"], told["loss"]) == (result["held_out_accuracy"], result["held_out_loss"])
    line = run("evaluate", trained)
    assert re.fullmatch(r"digits, 355 held-out samples: accuracy \d\d\.\d\d %, loss \d\.\d+\n", line)


def test_a_prediction_as_json(run, trained):
    told = json.loads(run("predict", trained, "--digit", 7, "--json"))
    assert told["class"] == next(iter(told["probabilities"]))
    assert sum(told["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert set(told["probabilities"]) == set("0123456789")


def test_information_as_json(run, trained):
    told = json.loads(run("info", trained, "--json"))
    assert told["parameters"] == 9610
    assert told["weights"]["hidden.weight"] == {"dtype": "float32", "shape": [128, 64]}
    assert told["config"]["model"] == {"name": "mlp", "hidden": 128}
    assert len(told["history"]) == told["result"]["epochs"] == 6


def test_the_data_sets(run):
    told = {entry["name"]: entry for entry in json.loads(run("data", "list", "--json"))}
    assert list(told) == list(DATASETS)
    assert told["digits"]["at_hand"]
    assert (told["iris"]["shape"], told["iris"]["train"], told["iris"]["test"]) == ([4], 120, 30)
    header, *lines = run("data", "list").splitlines()
    assert header.split()[:2] == ["NAME", "FOR"]
    assert [line.split()[0] for line in lines] == list(DATASETS)


@pytest.mark.parametrize("model", MODELS)
def test_summaries(model, run):
    told = json.loads(run("summary", model, "--json"))
    assert told["layers"][0]["parameters"] == told["parameters"] > 0
    assert f"{told['parameters']:,} parameters" in run("summary", model)


def test_a_summary_with_settings(run):
    told = json.loads(run("summary", "MLP", "--data", "iris", "--set", "model.hidden=5", "--json"))
    assert told["parameters"] == 4 * 5 + 5 + 5 * 3 + 3


@pytest.mark.parametrize("name", ["graph.svg", "graph.txt"])
def test_a_graph_as_a_file(name, run, folder):
    assert run("graph", "--model", "lenet", "--out", name) == f"{name}\n"
    assert all(word in (folder / name).read_text() for word in ("c1.weight", "output.bias", "inputs", "loss"))


def test_a_graph_in_the_terminal(run):
    assert "hidden.weight  (128, 64)  parameter" in run("graph", "--model", "mlp")
    told = json.loads(run("graph", "--model", "mlp", "--json"))
    assert (told["parameter"], told["out"]) == (4, None)


def test_errors_of_machines_are_lines_too(run):
    assert run("evaluate", "nowhere", "--json", code=1).startswith("tinygrad_edu: error: ")


# configurations


def test_a_run_is_reproduced_by_its_configuration(run):
    asked = ("--optimizer", "AdamW", "--schedule", "OneCycleLR", "--set", "training.clip_norm=1", "--seed", "3")
    run(*QUICK, *asked, "--out", "a")
    run("train", "--config", "a/config.toml", "--out", "b")
    assert weights("a") == weights("b")
    assert pathlib.Path("a/config.toml").read_bytes() == pathlib.Path("b/config.toml").read_bytes()
    run("train", "--config", "a/config.toml", "--seed", "4", "--out", "c")
    assert weights("a") != weights("c")


def test_what_comes_before_what(run):
    pathlib.Path("mine.toml").write_text('[model]\nname = "mlp"\nhidden = 10\n\n[training]\nepochs = 9\n')
    text = run("train", "--config", "mine.toml", "--epochs", "5", "--set", "training.epochs=3", "--print-config")
    config = tomllib.loads(text)
    assert config["model"] == {"name": "mlp", "hidden": 10}
    assert config["training"]["epochs"] == 3
    assert os.listdir() == ["mine.toml"]
    text = run("train", "--config", "mine.toml", "--epochs", "5", "--print-config")
    assert tomllib.loads(text)["training"]["epochs"] == 5


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        (None, 1, "'mine.toml': No such file or directory"),
        ("= 3", 2, "cannot read 'mine.toml' as TOML"),
        ("[modle]", 2, "there is no table 'modle'; did you mean 'model'?"),
        ("model = 3", 2, "model is a table of settings"),
    ],
)
def test_configurations_that_cannot_be(text, code, word, run):
    if text is not None:
        pathlib.Path("mine.toml").write_text(text)
    err = run("train", "--config", "mine.toml", code=code)
    assert word in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("data", ["iris", "wine", "breast-cancer"])
def test_tables_are_learned(data, run):
    told = json.loads(run("train", "--data", data, "--optimizer", "Adam", "--lr", "0.01", "--json"))
    assert told["held_out_accuracy"] > 0.9


def test_the_number_of_workers_makes_no_difference(run):
    run(*QUICK, "--out", "a")
    run(*QUICK, "--set", "data.workers=2", "--out", "b")
    assert weights("a") == weights("b")


def test_a_table_is_evaluated_as_it_was_trained(run):
    told = json.loads(
        run("train", "--data", "wine", "--set", "data.samples=40", "--epochs", "5", "--out", "a", "--json")
    )
    assert json.loads(run("evaluate", "a", "--json"))["loss"] == told["held_out_loss"]


def test_the_best_model_is_kept_and_a_training_is_stopped_early(run):
    asked = ("--set", "training.keep=best", "--set", "training.patience=2", "--set", "optimizer.lr=0.05")
    told = json.loads(run(*QUICK, *asked, "--epochs", "50", "--out", "a", "--json"))
    history = [json.loads(line) for line in pathlib.Path("a/history.jsonl").read_text().splitlines()]
    assert told["stopped_early"]
    assert told["epochs"] == len(history) < 50
    assert told["held_out_loss"] == pytest.approx(min(record["val_loss"] for record in history))


# resumed


def start(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tinygrad_edu", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True)


@posix
def test_a_run_that_was_stopped_and_killed_goes_on(run):
    asked = ("--model", "cnn", "--set", "model.width=4", "--epochs", "30", "--set", "training.checkpoint_steps=4")
    run("train", *asked, "--set", "data.samples=300", "--out", "whole")
    process = start("train", *asked, "--set", "data.samples=300", "--out", "a")
    for number, code in ((signal.SIGTERM, 143), (signal.SIGKILL, -9), (signal.SIGINT, 130)):
        process.stderr.readline()  # the end of an epoch
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert process.returncode == code, err
        process = start("train", "--resume", "a")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert weights("a") == weights("whole")
    histories = [pathlib.Path(name, "history.jsonl").read_text().splitlines() for name in ("a", "whole")]
    without_times = [[{**json.loads(line), "seconds": 0} for line in lines] for lines in histories]
    assert without_times[0] == without_times[1]


def test_a_complete_run_goes_on_with_more_epochs(run):
    run(*QUICK, "--out", "a")
    before = weights("a")
    told = json.loads(run("train", "--resume", "a", "--json"))
    assert (told["epochs"], weights("a")) == (2, before)
    told = json.loads(run("train", "--resume", "a", "--epochs", "4", "--json"))
    assert told["epochs"] == told["config"]["training"]["epochs"] == 4
    run(*QUICK, "--epochs", "4", "--out", "b")
    assert weights("a") == weights("b")


def test_a_run_without_a_checkpoint_begins_anew(run):
    run(*QUICK, "--out", "a")
    before = weights("a")
    for name in ("checkpoint.pt", "model.safetensors", "result.json", "history.jsonl"):
        pathlib.Path("a", name).unlink()
    run("train", "--resume", "a")
    assert weights("a") == before


def test_what_cannot_be_resumed_is_told(run):
    assert "'nowhere/config.toml': No such file" in run("train", "--resume", "nowhere", code=1)
    run(*QUICK, "--out", "a")
    path = pathlib.Path("a/checkpoint.pt")
    path.write_bytes(path.read_bytes()[:-100])
    err = run("train", "--resume", "a", code=1)
    assert "cannot read 'a/checkpoint.pt'" in err
    assert pathlib.Path("a/model.safetensors").exists()


def test_a_run_that_has_not_come_to_its_end(run):
    run(*QUICK, "--out", "a")
    for name in ("model.safetensors", "result.json"):
        pathlib.Path("a", name).unlink()
    for command in (("evaluate", "a"), ("predict", "a", "--digit", "1")):
        assert "the training has not come to its end; train --resume goes on with it" in run(*command, code=1)
    told = json.loads(run("info", "a", "--json"))
    assert (told["weights"], told["result"], len(told["history"])) == ({}, {}, 2)
