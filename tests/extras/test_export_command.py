"""The command `export`: the file gives what the run's network gives."""

import json

import numpy as np
import onnxruntime
import pytest

from tinygrad_edu.cli import main
from tinygrad_edu.data import digits
from tinygrad_edu.grad_mode import no_grad
from tinygrad_edu.train import Run

NORMALISED = ("--set", "data.mean=[0.3]", "--set", "data.std=[0.4]")


@pytest.mark.parametrize(("model", "options"), [("cnn", ()), ("mlp", ()), ("mlp", NORMALISED)])
def test_a_run_is_exported(tmp_path, capsys, model, options):
    folder, file = tmp_path / "run", tmp_path / "digits.onnx"
    assert main(["train", "--model", model, "--epochs", "1", "--out", str(folder), *options]) == 0
    capsys.readouterr()
    assert main(["export", str(folder), "--out", str(file)]) == 0
    assert capsys.readouterr() == (f"{file}\n", "")
    images = digits()[1].tensors[0].numpy()[:7]
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    (scores,) = session.run(None, {"input": images})
    with no_grad():
        wanted = Run.read(folder).model()(digits()[1].tensors[0][:7]).numpy()
    np.testing.assert_allclose(scores, wanted, 1e-5, 1e-5)


def test_the_command_tells_in_json(tmp_path, capsys):
    folder, file = tmp_path / "run", tmp_path / "digits.onnx"
    assert main(["train", "--model", "mlp", "--epochs", "1", "--out", str(folder)]) == 0
    capsys.readouterr()
    assert main(["export", str(folder), "--out", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["input"] == {"name": "input", "shape": ["batch", 1, 8, 8]}
    assert file.stat().st_size > 1000
    weights = folder / "model.safetensors"
    before = weights.read_bytes()
    assert main(["export", str(folder), "--out", str(weights)]) == 2
    assert "is a file of the run" in capsys.readouterr().err
    assert weights.read_bytes() == before
