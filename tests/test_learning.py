"""Trainings from end to end: small ones always, MNIST's 60,000 images with `-m slow`."""

import json
import pathlib
import time

import pytest
from weights import data

from tinygrad_edu.cli import main
from tinygrad_edu.train import Setup
from tinygrad_edu.train.config import completed


def trained(folder, **tables) -> float:
    """The accuracy on the held-out samples at the end of a training."""
    setup = Setup(completed(tables))
    state = setup.train(folder)
    return state.history[-1]["val_accuracy"]


@pytest.fixture
def mnist(monkeypatch) -> None:
    file = data("mnist/train-images-idx3-ubyte.gz")
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(file.parent.parent))


@pytest.mark.parametrize(
    ("model", "optimizer", "least"),
    [
        ({"name": "cnn", "width": 8}, {"name": "Adam", "lr": 0.005}, 0.93),
        ({"name": "mlp"}, {"name": "SGD", "lr": 0.1}, 0.90),
        ({"name": "perceptron"}, {"name": "LBFGS", "max_iter": 2}, 0.88),
    ],
    ids=lambda value: value.get("name") if isinstance(value, dict) else None,
)
def test_digits(model, optimizer, least, tmp_path):
    assert trained(tmp_path, model=model, optimizer=optimizer, training={"epochs": 5}) >= least


@pytest.mark.usefixtures("mnist")
def test_two_thousand_images_of_mnist(tmp_path):
    tables = {"data": {"name": "mnist", "samples": 2000}, "model": {"name": "mlp"}, "training": {"epochs": 5}}
    assert trained(tmp_path, **tables) >= 0.86


MLP = """--model mlp --set model.hidden=512 --batch-size 128 --optimizer AdamW --epochs 12
    --schedule CosineAnnealingLR"""
LENET = """--model lenet --batch-size 64 --optimizer AdamW --set optimizer.weight_decay=0.05 --epochs 15
    --schedule OneCycleLR --set schedule.max_lr=0.004"""


@pytest.mark.slow
@pytest.mark.usefixtures("mnist")
@pytest.mark.parametrize(("arguments", "least"), [(MLP, 0.980), (LENET, 0.990)], ids=["mlp", "lenet"])
def test_mnist(arguments, least, tmp_path, capsys):
    started, folder = time.monotonic(), tmp_path / "run"
    assert main(["train", "--data", "mnist", *arguments.split(), "--out", str(folder)]) == 0
    found = json.loads(pathlib.Path(folder, "result.json").read_text())["held_out_accuracy"]
    with capsys.disabled():
        print(f"[{100 * found:.2f} % of the 10,000 test images in {time.monotonic() - started:.0f} s]", end=" ")
    assert found >= least
