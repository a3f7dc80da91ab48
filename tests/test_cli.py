"""The command line as its users meet it: what it prints, writes, and says when something is wrong."""

import errno
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import tomllib
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from tinygrad_edu import __version__
from tinygrad_edu.cli import main
from tinygrad_edu.data import DataLoader, digits
from tinygrad_edu.grad_mode import no_grad
from tinygrad_edu.io import load_safetensors, save_safetensors
from tinygrad_edu.train import RunFolder
from tinygrad_edu.train.config import completed
from tinygrad_edu.train.setup import build_model

ROOT = pathlib.Path(__file__).parent.parent
FILES = {
    "model.safetensors", "config.toml", "result.json", "history.jsonl", "history.csv", "loss.svg", "graph.svg",
    "checkpoint.pt",
}  # fmt: skip
QUICK = ("train", "--model", "mlp", "--epochs", "1")

posix = pytest.mark.skipif(os.name != "posix", reason="signals and devices of POSIX")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Each test has a working folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(*arguments: str, encoding: str = "utf-8", **options) -> subprocess.Popen:
    """The program itself, as a process."""
    settings = {"PATH": str(ROOT), "WARNINGS": "error", "IOENCODING": encoding, "UNBUFFERED": ""}
    environment = os.environ | {f"PYTHON{name}": value for name, value in settings.items()}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    command = [sys.executable, "-m", "tinygrad_edu", *arguments]
    return subprocess.Popen(command, text=True, encoding="utf-8", env=environment, **{**pipes, **options})


def finish(process: subprocess.Popen) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.fixture
def run(capsys):
    """The same in this process: its exit code, output and errors."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> pathlib.Path:
    """A run, to read only."""
    path = tmp_path_factory.mktemp("trained") / "run"
    assert main(["train", "--model", "mlp", "--epochs", "8", "--out", str(path)]) == 0
    return path


@pytest.fixture
def copied(trained, tmp_path) -> pathlib.Path:
    """A run, to damage."""
    path = tmp_path / "copied"
    path.mkdir()
    for file in trained.iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    return path


def said(err: str) -> str:
    """The one line of an error."""
    assert err.count("\n") == 1, err
    assert err.startswith("tinygrad_edu: error: ")
    return err.removeprefix("tinygrad_edu: error: ")[:-1]


def result_of(path) -> dict:
    return json.loads(pathlib.Path(path, "result.json").read_text())


def history_of(path) -> list:
    return [json.loads(line) for line in pathlib.Path(path, "history.jsonl").read_text().splitlines()]


# the main job


def test_the_main_job(folder):
    code, out, err = finish(start("train", "--epochs", "3"))
    assert code == 0, err
    lines = out.splitlines()
    held_out = re.fullmatch(r"held-out accuracy (\d+\.\d\d) % \(\d+ of 355 samples\)", lines[0])
    assert held_out is not None, lines[0]
    assert float(held_out[1]) > 85
    told = {pathlib.Path(line.split()[0]) for line in lines[1:9]}
    assert told == {pathlib.Path("runs", "digits-cnn-001", file) for file in FILES}
    assert lines[9] == "try: python -m tinygrad_edu evaluate runs/digits-cnn-001"
    assert [line.split()[1] for line in err.splitlines()] == ["1/3", "2/3", "3/3"]

    path = folder / "runs" / "digits-cnn-001"
    assert set(os.listdir(path)) == FILES
    config = tomllib.loads((path / "config.toml").read_text())
    assert config["data"] == {"name": "digits", "batch_size": 32, "workers": 0}
    assert config["model"] == {"name": "cnn", "width": 32}
    assert (config["optimizer"]["name"], config["optimizer"]["lr"]) == ("Adam", 0.001)
    assert (config["training"]["epochs"], config["training"]["seed"]) == (3, 0)
    result = result_of(path)
    assert result["interrupted"] is None
    assert result["held_out_accuracy"] == pytest.approx(float(held_out[1]) / 100, abs=1e-4)
    history = history_of(path)
    assert [record["epoch"] for record in history] == [1, 2, 3]
    assert history[-1]["val_accuracy"] == result["held_out_accuracy"]
    for picture in ("loss.svg", "graph.svg"):
        assert ElementTree.parse(path / picture).getroot().tag.endswith("svg")
    graph = (path / "graph.svg").read_text()
    assert all(word in graph for word in ("conv1.weight", "output.bias", "inputs", "loss"))


def test_the_same_seed_gives_the_same_weights(run):
    def weights(seed: str, out: str) -> bytes:
        assert run(*QUICK, "--seed", seed, "--out", out)[0] == 0
        return pathlib.Path(out, "model.safetensors").read_bytes()

    assert weights("5", "a") == weights("5", "b") != weights("6", "c")


def test_the_same_seed_gives_the_same_weights_in_another_process(run):
    quick = ("train", "--epochs", "1", "--batch-size", "128", "--out")
    assert finish(start(*quick, "process"))[0] == 0
    assert run(*quick, "here")[0] == 0
    one, other = (pathlib.Path(out, "model.safetensors").read_bytes() for out in ("process", "here"))
    assert one == other


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_optimizers_and_learning_rates(optimizer, run):
    code, _, err = run("train", "--model", "mlp", "--epochs", "4", "--optimizer", optimizer, "--out", "a")
    assert code == 0, err
    assert result_of("a")["held_out_accuracy"] > 0.85
    assert run(*QUICK, "--optimizer", optimizer, "--lr", "1e-9", "--out", "b")[0] == 0
    assert tomllib.loads(pathlib.Path("b/config.toml").read_text())["optimizer"]["lr"] == 1e-9
    assert result_of("b")["held_out_accuracy"] < 0.5


def test_runs_are_numbered(run):
    for number in ("001", "002"):
        code, out, _ = run(*QUICK)
        assert code == 0
        assert str(pathlib.Path(f"runs/digits-mlp-{number}/config.toml")) in out


def test_a_run_is_overwritten_only_if_asked(run, folder):
    assert run(*QUICK, "--out", "a")[0] == 0
    before = (folder / "a" / "model.safetensors").read_bytes()
    code, out, err = run(*QUICK, "--seed", "1", "--out", "a")
    assert (code, out) == (1, "")
    assert said(err) == "'a': the folder is not empty; overwrite replaces the run in it"
    assert (folder / "a" / "model.safetensors").read_bytes() == before
    assert run(*QUICK, "--seed", "1", "--out", "a", "--overwrite")[0] == 0
    assert (folder / "a" / "model.safetensors").read_bytes() != before
    assert set(os.listdir("a")) == FILES


def test_a_diverged_training_is_told(run, folder):
    code, out, err = run("train", "--model", "mlp", "--optimizer", "sgd", "--lr", "1e30", "--epochs", "2")
    assert (code, out) == (1, "")
    assert "training has diverged; try a smaller learning rate (it came from" in said(err.splitlines(keepends=True)[-1])
    assert "model.safetensors" not in os.listdir(folder / "runs" / "digits-mlp-001")
    assert {"config.toml", "checkpoint.pt"} <= set(os.listdir(folder / "runs" / "digits-mlp-001"))


# help


def test_help_and_version(run):
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert all(word in out for word in ("train", "predict", "info", "examples:", "python -m tinygrad_edu train"))
    assert run("--version") == (0, f"tinygrad_edu {__version__}\n", "")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            "train",
            "--data --model --epochs --batch-size --lr --optimizer --schedule --seed --config --set --out --resume",
        ),
        ("train", "--overwrite --print-config --json examples: Ctrl-C"),
        ("evaluate", "RUN --data --json examples:"),
        ("summary", "MODEL --data --set --json examples:"),
        ("graph", "--model --data --set --out --json .svg examples:"),
        ("export", "RUN --out --json examples: batch onnx"),
        ("data", "list --json TINYGRAD_EDU_DATA examples:"),
        ("predict", "RUN IMAGE --digit examples: Pillow"),
        ("info", "RUN examples:"),
    ],
)
def test_help_of_a_command(command, words, run):
    code, out, err = run(command, "--help")
    assert (code, err) == (0, "")
    assert [word for word in words.split() if word not in out] == []
    assert f"  python -m tinygrad_edu {command} " in out.partition("examples:")[2]
    assert max(map(len, out.splitlines())) <= 80


def test_the_module_is_a_program():
    assert finish(start("--version")) == (0, f"tinygrad_edu {__version__}\n", "")


# predict and info


def test_predict_a_digit(run, trained):
    code, out, err = run("predict", trained, "--digit", 7)
    assert (code, err) == (0, "")
    told, *picture, answer = out.splitlines()
    label = digits()[1].tensors[1].tolist()[7]
    assert told == f"held-out image 7 of digits, labelled {label}"
    assert [len(line) for line in picture] == [16] * 8
    assert set("".join(picture)) <= set(" ░▒▓█")
    assert re.fullmatch(rf"{label} \(\d+\.\d %\), then \d \(.*%\) and \d \(.*%\)", answer), answer


def test_predict_where_only_ascii_can_be_printed(trained):
    code, out, err = finish(start("predict", str(trained), "--digit", "0", encoding="ascii"))
    assert code == 0, err
    assert out.isascii()
    assert "##" in out


def enlarged(index: int) -> np.ndarray:
    """A held-out digit as a larger picture, dark on light, off its middle."""
    ink = digits()[1].tensors[0].numpy()[index, 0]
    return np.pad((255 - 255 * np.kron(ink, np.ones((5, 5)))).astype(np.uint8), ((7, 2), (3, 31)), constant_values=255)


def save_pgm(path, pixels):
    path.write_bytes(b"P5 %d %d 255\n" % pixels.shape[::-1] + pixels.tobytes())


def save_png(path, pixels):
    pytest.importorskip("PIL.Image").fromarray(pixels).save(path)


def save_csv(path, pixels):
    np.savetxt(path, pixels, fmt="%d", delimiter=",")


SAVERS = {"x.pgm": save_pgm, "x.npy": np.save, "x.csv": save_csv, "x.png": save_png}


@pytest.mark.parametrize("name", SAVERS)
def test_predict_a_picture(name, run, trained, folder):
    SAVERS[name](folder / name, enlarged(0))
    code, out, err = run("predict", trained, name)
    assert (code, err) == (0, "")
    told, *_, answer = out.splitlines()
    assert told.startswith(f"{name}: inverted (it is dark on light), cut to its ink (74x49 to 40x40), resized (40x40")
    assert answer.startswith(f"{digits()[1].tensors[1].tolist()[0]} (")


def test_predict_a_picture_of_the_right_size(run, trained, folder):
    np.save(folder / "x.npy", digits()[1].tensors[0].numpy()[3, 0])
    _, from_file, _ = run("predict", trained, "x.npy")
    _, embedded, _ = run("predict", trained, "--digit", "3")
    assert from_file.splitlines()[0] == "x.npy: as it is"
    assert from_file.splitlines()[1:] == embedded.splitlines()[1:]


@pytest.fixture
def in_colour(folder):
    """A run whose classes are how red, green and blue a picture is, and no others."""
    config = completed({"data": {"name": "cifar10-5k", "mean": [0.5], "std": [0.5]}, "model": {"name": "perceptron"}})
    model = build_model(config)
    with no_grad():
        model.output.weight.fill_(0)
        model.output.bias.fill_(-100)
        for colour in range(3):
            model.output.weight[colour, colour * 1024 : (colour + 1) * 1024] = 10 / 1024
            model.output.bias[colour] = 0
    with RunFolder("colours") as made:
        made.begin(config)
        made.save(model, {})
    return "colours"


def test_predict_a_picture_in_colour(run, in_colour):
    pixels = np.zeros((40, 50, 3), np.uint8)
    pixels[:, 5:45, 1] = 255  # green, and red where the square in the middle ends
    pixels[:, :5, 0] = pixels[:, 45:, 0] = 255
    pathlib.Path("x.ppm").write_bytes(b"P6 50 40 255\n" + pixels.tobytes())
    code, out, err = run("predict", in_colour, "x.ppm")
    assert (code, err) == (0, "")
    told, *picture, answer = out.splitlines()
    assert told == "x.ppm: cut to the square in its middle (50x40 to 40x40), resized (40x40 to 32x32)"
    assert picture == [64 * "▒"] * 32  # 59 % as bright as white
    assert answer == "automobile (100.0 %), then airplane (0.0 %) and bird (0.0 %)"
    told = json.loads(run("predict", in_colour, "x.ppm", "--json")[1])
    assert told["probabilities"]["automobile"] == pytest.approx(1 - 2 / (2 + np.exp(20)), abs=1e-6)


def test_predict_takes_runs_on_images(run, folder):
    assert run("train", "--data", "iris", "--epochs", "1", "--out", "a")[0] == 0
    code, _, err = run("predict", "a", "--digit", "1")
    assert (code, err) == (1, "tinygrad_edu: error: 'a' was trained on iris; predict takes runs on images\n")


def test_info(run, trained):
    code, out, err = run("info", trained)
    assert (code, err) == (0, "")
    rows = dict(re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in out.splitlines())
    assert (rows["model.name"], rows["epochs completed"], rows["interrupted"]) == ("mlp", "8", "no")
    assert rows["hidden.weight"] == "float32 (128, 64)"
    assert rows["weights"] == "9,610"


def test_info_shows_no_control_characters(run, copied):
    path = copied / "result.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "note\x1b[2J": "red \x1b[31m"}))
    code, out, _ = run("info", copied)
    assert code == 0
    assert "\x1b" not in out
    assert r"red \u001b[31m" in out


def test_a_program_without_standard_error_trains(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert main([*QUICK]) == 0


# stopped


def reached(process: subprocess.Popen, start: str) -> None:
    """Wait until a line of the progress begins so."""
    for line in process.stderr:
        if line.startswith(start):
            return
    raise AssertionError("the training ended too early")


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_training_leaves_a_usable_run(number, code, run, folder):
    process = start("train", "--model", "mlp", "--epochs", "9000", "--out", "stopped")
    reached(process, "epoch    2/9000")
    process.send_signal(number)
    found, out, err = finish(process)
    assert found == code
    assert err.splitlines()[-1].startswith(f"tinygrad_edu: stopped by {number.name} after step ")
    assert err.splitlines()[-1].endswith(" of 9000; go on with: python -m tinygrad_edu train --resume stopped")
    assert out.startswith("held-out accuracy")
    assert set(os.listdir("stopped")) == FILES
    interrupted = result_of("stopped")["interrupted"]
    assert interrupted["epoch"] - len(history_of("stopped")) in (0, 1)
    assert 1 <= interrupted["step"] <= 46
    assert run("predict", "stopped", "--digit", "1")[0] == 0


def signals_itself(monkeypatch, *numbers):
    """Let these signals come when the first batch of a training is asked for."""
    whole = DataLoader.__iter__

    def batches(self):
        monkeypatch.setattr(DataLoader, "__iter__", whole)
        for number in numbers:
            signal.raise_signal(number)
        return whole(self)

    monkeypatch.setattr(DataLoader, "__iter__", batches)


@posix
def test_a_training_stopped_at_once_has_no_curves(run, monkeypatch, folder):
    signals_itself(monkeypatch, signal.SIGINT)
    code, out, err = run(*QUICK, "--out", "a")
    assert code == 130
    assert "after step 1 of 46 in epoch 1 of 1; go on with: python -m tinygrad_edu train --resume a" in err
    assert set(os.listdir("a")) == FILES - {"loss.svg", "history.jsonl", "history.csv"}
    assert "loss.svg" not in out
    assert result_of("a")["interrupted"] == {"epoch": 1, "step": 1}
    assert run("info", "a")[0] == 0


@posix
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_stops_at_once(second, run, monkeypatch, folder):
    signals_itself(monkeypatch, signal.SIGINT, second)
    code, out, err = run(*QUICK, "--out", "a")
    assert (code, out) == (128 + second, "")
    assert said(err) == f"stopped by {second.name}"
    assert os.listdir(folder) == []


@posix
def test_signal_handlers_are_given_back(run):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert run(*QUICK)[0] == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@posix
def test_what_is_to_be_ignored_stays_ignored():
    ignore = "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); from tinygrad_edu.cli import main; "
    code = f"{ignore} sys.exit(main(['train', '--model', 'mlp', '--epochs', '40', '--out', 'a']))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, env=environment)
    reached(process, "epoch  2/40")
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == 0


def test_training_works_in_any_thread(run, capsys):
    codes = []
    thread = threading.Thread(target=lambda: codes.append(main([*QUICK])))
    thread.start()
    thread.join()
    capsys.readouterr()
    assert codes == [0]


# what is asked for wrongly

WRONG = {
    "": "the following arguments are required: COMMAND",
    "trian": "invalid choice: 'trian'",
    "train --epochs 0": "--epochs: it takes a whole number of 1 or more, got 0",
    "train --epochs -3": "--epochs: it takes a whole number of 1 or more, got -3",
    "train --epochs 2.5": "--epochs: it takes a whole number of 1 or more, got '2.5'",
    "train --epochs": "--epochs: expected one argument",
    "train --batch-size 0": "--batch-size: it takes a whole number of 1 or more, got 0",
    "train --lr 0": "--lr: it takes a number above 0, got '0'",
    "train --lr -1": "--lr: it takes a number above 0, got '-1'",
    "train --lr nan": "--lr: it takes a number above 0, got 'nan'",
    "train --lr inf": "--lr: it takes a number above 0, got 'inf'",
    "train --lr fast": "--lr: it takes a number above 0, got 'fast'",
    "train --seed -1": "--seed: it takes a whole number from 0 to 9223372036854775807, got -1",
    "train --seed 9223372036854775808": "--seed: it takes a whole number from 0 to 9223372036854775807",
    "train --model cmn": "--model: there is no 'cmn'; did you mean 'cnn'? it takes alexnet, cnn",
    "train --model gpt-5": "--model: there is no 'gpt-5'; it takes alexnet, cnn",
    "train --data digit": "--data: there is no 'digit'; did you mean 'digits'?",
    "train --optimizer adm": "--optimizer: there is no 'adm'; did you mean 'Adam'?",
    "train --speed 3": "unrecognized arguments: --speed 3",
    "train more": "unrecognized arguments: more",
    "train --overwrite": "--overwrite: it needs --out, the folder to overwrite",
    "train --out ": "--out: it takes the name of a folder, got ''",
    "train --schedule cosineannealing": "--schedule: there is no 'cosineannealing'; did you mean 'CosineAnnealingLR'?",
    "train --set model.widht=3": "there is no model.widht; did you mean 'width'?",
    "train --set optimizer.lr=-1": "optimizer: ",
    "train --set training.clip_norm=nan": "training.clip_norm is 0 or more, got nan",
    "train --set training.checkpoint_seconds=nan": "training.checkpoint_seconds is 0 or more, got nan",
    "train --set optimizer.betas=['a','b']": "optimizer: Adam(a generator, lr=0.001, betas=('a', 'b'), eps=1e-08",
    "train --set optimizer.betas=[[],[]]": "an int and a list cannot be compared",
    "train --set optimizer.name=Adafactor --set optimizer.eps=[]": "optimizer: Adafactor: eps are two numbers, got ()",
    "train --set width=3": "a setting is TABLE.NAME=VALUE, such as model.width=64",
    "train --model lenet": "model 'lenet' does not go with inputs of shape (1, 8, 8): LeNet takes images of 12x12",
    "train --resume RUN --lr 3": "argument --lr: --resume goes on with the configuration of the run",
    "train --resume RUN --set model.width=3": "argument --set: --resume goes on with the configuration of the run",
    "evaluate RUN --data iris": "--data: the run is for image classification, inputs (1, 8, 8), 10 classes, and iris",
    "summary lenit": "there is no 'lenit'; did you mean 'lenet'?",
    "summary mlp --set model.hiden=3": "there is no model.hiden; did you mean 'hidden'?",
    "graph --model mlp --out x.docx": "--out: cannot tell what to write to 'x.docx'",
    "data lists": "invalid choice: 'lists'",
    "predict": "the following arguments are required: RUN",
    "export RUN": "the following arguments are required: --out",
    "predict RUN": "one of the arguments IMAGE --digit is required",
    "predict RUN x.png --digit 3": "not allowed with argument",
    "predict RUN --digit 355": "--digit: it takes a number from 0 to 354, got 355",
    "predict RUN --digit -1": "--digit: it takes a number from 0 to 354, got -1",
    "predict RUN --digit seven": "--digit: invalid int value: 'seven'",
    "info": "the following arguments are required: RUN",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_options_are_told_in_one_line(line, run, trained, folder):
    code, out, err = run(*[str(trained) if word == "RUN" else word for word in line.split(" ") if line])
    assert (code, out) == (2, "")
    assert WRONG[line] in said(err)
    assert said(err).endswith("--help)")
    assert os.listdir(folder) == []


# what cannot be done


def not_a_folder(folder, run):
    (folder / "file").write_text("")
    return "train --out file", "'file': Not a directory"


def under_a_file(folder, run):
    (folder / "file").write_text("")
    return "train --out file/a", "'file/a': Not a directory"


def not_allowed(folder, run):
    raise_from(run, "pathlib.Path.mkdir", PermissionError(errno.EACCES, "Permission denied", "locked"))
    return "train --out locked", "'locked': Permission denied"


def no_run(folder, run):
    return "predict nowhere --digit 1", f"'{pathlib.Path('nowhere/config.toml')}': No such file or directory"


def no_image(folder, run):
    return "predict RUN x.png", "'x.png': No such file or directory"


def folder_for_an_image(folder, run):
    (folder / "x.png").mkdir()
    return "predict RUN x.png", "'x.png': Is a directory"


def truncated_image(folder, run):
    (folder / "x.pgm").write_bytes(b"P5 8 8 255\nshort")
    return "predict RUN x.pgm", "cannot read 'x.pgm' as an image: it is cut short: 8x8 takes 64 numbers, it has 5"


def image_out_of_range(folder, run):
    np.save(folder / "x.npy", np.full((8, 8), -1.0))
    return "predict RUN x.npy", "cannot read 'x.npy' as an image: it has values from -1 to -1"


def blank_image(folder, run):
    np.save(folder / "x.npy", np.ones((20, 20)))
    return "predict RUN x.npy", "the picture is blank"


def no_pillow(folder, run):
    (folder / "x.png").write_bytes(b"\x89PNG")
    run.setitem(sys.modules, "PIL", None)
    return "predict RUN x.png", 'pip install "tinygrad-edu[image]"'


def forged_config(folder, run):
    (folder / "copied" / "config.toml").write_text('model.name = "../cnn"')
    return "predict copied --digit 1", "is not the configuration of a run: model.name: there is no '../cnn'"


def truncated_weights(folder, run):
    weights = folder / "copied" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    return "info copied", "as a safetensors file"


def nan_weights(folder, run):
    path = folder / "copied" / "model.safetensors"
    tensors = {name: weight.numpy().copy() for name, weight in load_safetensors(path).items()}
    tensors["output.weight"][3, 4] = np.nan
    save_safetensors(tensors, path)
    return "predict copied --digit 1", "its 'output.weight' is not finite (NaN or infinity)"


def raise_from(monkeypatch, name, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(name, fail)


@pytest.mark.parametrize(
    "prepare",
    [
        not_a_folder,
        under_a_file,
        not_allowed,
        no_run,
        no_image,
        folder_for_an_image,
        truncated_image,
        image_out_of_range,
        blank_image,
        no_pillow,
        forged_config,
        truncated_weights,
        nan_weights,
    ],
)
@pytest.mark.usefixtures("copied")
def test_what_cannot_be_done_is_told_in_one_line(prepare, run, trained, folder, monkeypatch):
    line, word = prepare(folder, monkeypatch)
    before = set(folder.rglob("*"))
    code, out, err = run(*[trained if each == "RUN" else each for each in line.split()])
    assert (code, out) == (1, "")
    assert word in said(err)
    assert set(folder.rglob("*")) == before


@pytest.mark.parametrize("file", range(7))
def test_a_full_disk(file, run, monkeypatch, folder):
    synced = []

    def fsync(descriptor):
        synced.append(descriptor)
        if len(synced) > 2 * file:  # a file, then its folder
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    code, out, err = run(*QUICK, "--out", "a/b")
    assert (code, out) == (1, "")
    *lines, last = err.splitlines(keepends=True)
    assert re.fullmatch(r"'a.b.(\w|\.)+': No space left on device", said(last))
    if file < 2:  # the configuration and the first checkpoint
        assert os.listdir(folder) == []
        return
    warned = [line for line in lines if line.startswith("tinygrad_edu: warning: ")]
    assert len(warned) == {2: 2, 3: 2, 4: 1}.get(file, 0)  # the history and the second checkpoint
    assert all("No space left on device); the training goes on" in line for line in warned)
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert run("train", "--resume", "a/b")[0] == 0
    assert run(*QUICK, "--out", "whole")[0] == 0
    assert pathlib.Path("a/b/model.safetensors").read_bytes() == pathlib.Path("whole/model.safetensors").read_bytes()


@posix
def test_a_limit_on_the_size_of_files(folder):
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    code, out, err = finish(start(*QUICK, "--out", "a", preexec_fn=limit))
    assert (code, out) == (1, "")
    assert said(err.splitlines(keepends=True)[-1]) == "'a/checkpoint.pt': File too large"
    assert os.listdir(folder) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("predict", "RUN", "--digit", "1"), QUICK])
def test_output_that_finds_no_space(arguments, trained):
    with open("/dev/full", "w") as full:
        words = [str(trained) if word == "RUN" else word for word in arguments]
        code, _, err = finish(start(*words, stdout=full))
    assert code == 1
    assert said(err.splitlines(keepends=True)[-1]) == "cannot write the output: No space left on device"


@posix
@pytest.mark.parametrize("arguments", [("--help",), ("predict", "RUN", "--digit", "1")])
def test_a_reader_that_leaves_is_no_error(arguments, trained):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as pipe:
        code, _, err = finish(start(*[str(trained) if word == "RUN" else word for word in arguments], stdout=pipe))
    assert (code, err) == (141, "")
