"""`train`: from a data set and a network to the folder of a run."""

import argparse
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy

from .. import optim
from .._version import __version__
from ..data import DATASETS, DataLoader
from ..functions.random import manual_seed
from ..models import MODELS, build
from ..nn import Module
from ..nn.functional import cross_entropy
from ..train import RunDraft, State, evaluate, fit, progress
from ..train.run import CONFIG, CURVES, GRAPH, HISTORY, WEIGHTS, shape_of_data
from .parser import PROGRAM, UsageError, add_command, folder, one_of, positive, whole
from .signals import Signals

__all__ = ["add_train", "train"]

OPTIMIZERS: dict[str, tuple[float, Callable[..., Any]]] = {  # with the learning rate that suits the digits
    "adam": (0.001, optim.Adam),
    "sgd": (0.05, lambda parameters, lr: optim.SGD(parameters, lr, momentum=0.9)),
}

FILES = {
    WEIGHTS: "the weights",
    CONFIG: "what was asked for, and what came of it",
    HISTORY: "loss and accuracy of each epoch",
    CURVES: "the same as curves",
    GRAPH: "the graph of one training step",
}

EXAMPLES = ("", "--epochs 5 --out runs/short", "--model mlp --optimizer sgd --lr 0.1 --seed 1")


def add_train(commands: Any) -> None:
    """Declare the command and its options."""
    does = """Train a network and write a run folder.

Ctrl-C stops after the present step and saves what has been reached. The same
seed gives the same weights, bit for bit, on the same machine."""
    add = add_command(commands, train, does, EXAMPLES).add_argument
    rates = ", ".join(f"{lr} for {name}" for name, (lr, _) in OPTIMIZERS.items())
    add("--data", type=one_of(DATASETS), default="digits", metavar="NAME", help=f"{', '.join(DATASETS)} (%(default)s)")
    add("--model", type=one_of(MODELS), default="cnn", metavar="NAME", help=f"{', '.join(MODELS)} (%(default)s)")
    add("--epochs", type=whole(1), default=30, metavar="N", help="times to go through the data (%(default)s)")
    add("--batch-size", type=whole(1), default=32, metavar="N", help="images in a step (%(default)s)")
    add("--lr", type=positive, metavar="X", help=f"learning rate ({rates})")
    add("--optimizer", type=one_of(OPTIMIZERS), default="adam", metavar="NAME", help="adam or sgd (%(default)s)")
    add("--seed", type=whole(0, 2**63 - 1), default=0, metavar="N", help="where all chance starts (%(default)s)")
    add("--out", type=folder, metavar="DIR", help="folder of the run (runs/DATA-MODEL-001, or the next number)")
    add("--overwrite", action="store_true", help="replace the run that is in the folder given with --out")


def train(options: argparse.Namespace) -> int:
    """Train, save and tell; the exit code is that of the signal that ended it early, if one did."""
    if options.overwrite and options.out is None:
        raise UsageError("argument --overwrite: it needs --out, the folder to overwrite", f"{PROGRAM} train")
    started = time.monotonic()
    name = f"{options.data}-{options.model}"
    with Signals() as signals, RunDraft(options.out, name=name, overwrite=options.overwrite) as draft:
        manual_seed(options.seed)
        train_set, test_set = DATASETS[options.data]()
        batches, held_out = DataLoader(train_set, options.batch_size, shuffle=True), DataLoader(test_set, 256)
        model = build(options.model, *shape_of_data(options.data))
        rate, make_optimizer = OPTIMIZERS[options.optimizer]
        options.lr = options.lr or rate
        optimizer = make_optimizer(model.parameters(), lr=options.lr)

        state = learn(model, batches, optimizer, options.epochs, held_out, signals)
        found = evaluate(model, held_out)
        loss, accuracy = found["loss"], found["accuracy"]
        result = {
            "held_out_accuracy": accuracy,
            "held_out_loss": loss,
            "seconds": round(time.monotonic() - started, 2),
            "interrupted": None if state.complete else {"epoch": state.epoch, "step": state.step},
        }
        draft.save(model, {**described(options), **result}, state.history)
        draw_pictures(draft, model, train_set[: options.batch_size], state.history)

    print(f"held-out accuracy {100 * accuracy:.2f} % ({round(accuracy * len(test_set))} of {len(test_set)} images)")
    width = len(str(draft.run / WEIGHTS))  # the longest
    for file, what in FILES.items():
        if (draft.run / file).exists():
            print(f"{draft.run / file!s:{width}}  {what}")
    if state.complete or signals.received is None:
        print(f"try: {PROGRAM} predict {draft.run} --digit 0")
        return 0
    place = f"step {state.step} of {state.steps} in epoch {state.epoch} of {state.epochs}"
    print(f"tinygrad_edu: stopped by {signals.received.name} after {place}; saved in {draft.run}", file=sys.stderr)
    return 128 + signals.received


def learn(
    model: Module, batches: DataLoader, optimizer: Any, epochs: int, held_out: DataLoader, signals: Signals
) -> State:
    """Train with a progress bar, until a signal comes."""

    def obey(state: State) -> None:
        state.stop = signals.received is not None

    with progress() as bar:
        return fit(
            model,
            batches,
            optimizer,
            epochs,
            validation=held_out,
            on_step=[bar.step, obey],
            on_epoch=[bar.epoch, obey],
        )


def described(options: argparse.Namespace) -> dict[str, Any]:
    """What was asked for, and by what it was done."""
    asked = ("data", "model", "epochs", "batch_size", "lr", "optimizer", "seed")
    return {
        "tinygrad_edu": __version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        **{name: getattr(options, name) for name in asked},
    }


def draw_pictures(draft: RunDraft, model: Module, batch: Any, history: list[dict[str, float]]) -> None:
    """Draw the curves of the completed epochs, and the graph of one training step."""
    from ..viz import draw, loss_curve_svg

    if history:
        loss_curve_svg(history, draft.folder / CURVES)
    images, labels = batch
    loss = cross_entropy(model.train()(images), labels)
    draw(loss, names={"": model, "images": images, "loss": loss}, path=draft.folder / GRAPH)
