"""`train`: from a data set and a network to the folder of a run."""

import argparse
import platform
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy

from .._version import __version__
from ..data import DATASETS
from ..models import MODELS
from ..train import ConfigError, Run, RunFolder, Setup, State, evaluate, progress
from ..train.config import OPTIMIZERS, SCHEDULES, Config, completed, set_value, to_toml
from ..train.run import CONFIG, CURVES, GRAPH, RESULT, WEIGHTS, read_config
from ..train.setup import CHECKPOINT
from ..train.state import SaveWarning
from .output import JSON_HELP, print_json
from .parser import PROGRAM, UsageError, add_command, folder_name, one_of, positive, whole
from .signals import Signals

__all__ = ["add_train", "train"]

FILES = {
    WEIGHTS: "the weights",
    CONFIG: "what was asked for: train --config does it again",
    RESULT: "what came of it",
    "history.jsonl": "loss and accuracy of each epoch",
    "history.csv": "the same as a table",
    CURVES: "the same as curves",
    GRAPH: "the graph of one training step",
    CHECKPOINT: "all that train --resume needs",
}
# Options that are settings of the configuration, and their places in it.
PLACES = {
    "data": ("data", "name"),
    "model": ("model", "name"),
    "optimizer": ("optimizer", "name"),
    "schedule": ("schedule", "name"),
    "epochs": ("training", "epochs"),
    "batch_size": ("data", "batch_size"),
    "lr": ("optimizer", "lr"),
    "seed": ("training", "seed"),
}
EXAMPLES = (
    "",
    "--epochs 5 --out runs/short",
    "--model mlp --set model.hidden=64 --lr 0.01",
    "--schedule CosineAnnealingLR",
    "--config runs/short/config.toml --seed 1",
    "--resume runs/short",
)


def add_train(commands: Any) -> None:
    """Declare the command and its options."""
    does = """Train a network and write a run folder.

Ctrl-C stops after the present step and saves what has been reached. A run that
was stopped, or killed, goes on with --resume, and ends with the same weights as
if it had not been. The same configuration and seed give the same weights, bit
for bit, on the same machine.

The configuration has five tables, data, model, optimizer, schedule and
training; --print-config shows them all. Options override the file given with
--config, and --set overrides both."""
    add = add_command(commands, train, does, EXAMPLES).add_argument
    add("--data", type=one_of(DATASETS), metavar="NAME", help="data set (digits); `data list` lists them")
    add("--model", type=one_of(MODELS), metavar="NAME", help=f"{', '.join(sorted(MODELS))} (cnn; mlp for tables)")
    add("--epochs", type=whole(1), metavar="N", help="times to go through the data (30)")
    add("--batch-size", type=whole(1), metavar="N", help="samples in a batch (32)")
    add("--lr", type=positive, metavar="X", help="learning rate (the optimizer's own; 0.05 for SGD)")
    add("--optimizer", type=one_of(OPTIMIZERS), metavar="NAME", help="one of tinygrad_edu.optim (Adam)")
    add("--schedule", type=one_of(SCHEDULES), metavar="NAME", help="one of optim.lr_scheduler (none)")
    add("--seed", type=whole(0, 2**63 - 1), metavar="N", help="where all chance starts (0)")
    add("--config", type=Path, metavar="FILE", help="configuration as TOML, such as a run's config.toml")
    add("--set", action="append", default=[], metavar="TABLE.NAME=VALUE", help="any setting, such as model.width=64")
    add("--out", type=folder_name, metavar="DIR", help="folder of the run (runs/DATA-MODEL-001, or the next number)")
    add("--overwrite", action="store_true", help="replace the run that is in the folder given with --out")
    add("--resume", type=folder_name, metavar="RUN", help="go on with a run; --epochs may be given anew")
    add("--print-config", action="store_true", help="print the whole configuration as TOML, and train nothing")
    add("--json", action="store_true", help=JSON_HELP)


def train(options: argparse.Namespace) -> int:
    """Train, save and tell; the exit code is that of the signal that ended it early, if one did."""
    check_together(options)
    config = resumed_config(options) if options.resume else asked_config(options)
    if options.print_config:
        print(to_toml(config), end="")
        return 0
    started = time.monotonic()
    name = f"{config['data']['name']}-{config['model']['name']}"
    resume = options.resume is not None
    folder = RunFolder(options.resume or options.out, name=name, overwrite=options.overwrite, resume=resume)
    with Signals() as signals, folder as run, warnings.catch_warnings():
        warnings.simplefilter("always", SaveWarning)
        warnings.showwarning = tell
        try:
            setup = Setup(config)
        except ConfigError as error:
            raise UsageError(str(error), f"{PROGRAM} train") from None
        run.begin(config)
        state = learn(setup, run, resume, signals)
        found = evaluate(setup.model, setup.held_out, setup.loss)
        result = {**result_of(state, found), "seconds": round(time.monotonic() - started, 2)}
        run.save(setup.model, result)
        draw_pictures(setup, run.path, state.history)
    files = {file: what for file, what in FILES.items() if (run.path / file).exists()}
    if options.json:
        print_json({"run": str(run.path), **result, "files": list(files), "config": config})
    else:
        tell_result(run.path, files, found, len(setup.test_set), state)
    if signals.received is None or not state.paused:
        return 0
    place = f"step {state.step} of {state.steps} in epoch {state.epoch} of {state.epochs}"
    again = f"go on with: {PROGRAM} train --resume {run.path}"
    print(f"tinygrad_edu: stopped by {signals.received.name} after {place}; {again}", file=sys.stderr)
    return 128 + signals.received


def check_together(options: argparse.Namespace) -> None:
    """Raise UsageError for options that do not go together."""
    program = f"{PROGRAM} train"
    if options.overwrite and options.out is None:
        raise UsageError("argument --overwrite: it needs --out, the folder to overwrite", program)
    if options.resume is None:
        return
    for name in ("data", "model", "batch_size", "lr", "optimizer", "schedule", "seed", "config", "set", "out"):
        if getattr(options, name):
            option = name.replace("_", "-")
            raise UsageError(f"argument --{option}: --resume goes on with the configuration of the run", program)


def asked_config(options: argparse.Namespace) -> Config:
    """The configuration that a file, the options and --set ask for.

    Raises:
        UsageError: it cannot be.
        OSError: the file cannot be opened.
    """
    config: dict[str, Any] = {}
    try:
        if options.config is not None:
            config = read_config(options.config)
        for option, (section, name) in PLACES.items():
            if getattr(options, option) is not None:
                set_value(config, f"{section}.{name}={getattr(options, option)}")
        for assignment in options.set:
            set_value(config, assignment)
        return completed(config)
    except ValueError as error:
        raise UsageError(str(error), f"{PROGRAM} train") from None


def resumed_config(options: argparse.Namespace) -> Config:
    """The configuration of the run to go on with."""
    config = Run.read(options.resume).config
    if options.epochs is not None:
        config["training"]["epochs"] = options.epochs
    return config


def learn(setup: Setup, run: RunFolder, resume: bool, signals: Signals) -> State:
    """Train with a progress bar, until a signal comes."""

    def obey(state: State) -> None:
        state.pause = signals.received is not None

    with progress() as bar:
        return setup.train(run.path, resume=resume, on_step=[bar.step, obey, run.keep], on_epoch=[bar.epoch, obey])


def tell(message: Warning | str, *_: Any, **__: Any) -> None:
    """A warning in one line on standard error."""
    if sys.stderr is not None:
        print(f"tinygrad_edu: warning: {message}", file=sys.stderr, flush=True)


def result_of(state: State, found: dict[str, float]) -> dict[str, Any]:
    """What came of a training, and by what it was done."""
    return {
        **{f"held_out_{name}": value for name, value in found.items()},
        "epochs": len(state.history),
        "stopped_early": state.stop and not state.complete,
        "interrupted": {"epoch": state.epoch, "step": state.step} if state.paused else None,
        "tinygrad_edu": __version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
    }


def tell_result(run: Path, files: dict[str, str], found: dict[str, float], count: int, state: State) -> None:
    """Say what came of a training, and where it is."""
    if "accuracy" in found:
        right = round(found["accuracy"] * count)
        print(f"held-out accuracy {100 * found['accuracy']:.2f} % ({right} of {count} samples)")
    else:
        print(f"held-out loss {found['loss']:.6g} ({count} samples)")
    width = len(str(run / "model.safetensors"))  # the longest
    for file, what in files.items():
        print(f"{run / file!s:{width}}  {what}")
    if not state.paused:
        print(f"try: {PROGRAM} evaluate {run}")


def draw_pictures(setup: Setup, run: Path, history: list[dict[str, float]]) -> None:
    """Draw the curves of the completed epochs, and the graph of one training step."""
    from ..viz import draw, loss_curve_svg

    if history:
        loss_curve_svg(history, run / CURVES)
    inputs, targets = setup.train_set[: setup.config["data"]["batch_size"]]
    loss = setup.loss(setup.model.train()(inputs), targets)
    draw(loss, names={"": setup.model, "inputs": inputs, "loss": loss}, path=run / GRAPH)
