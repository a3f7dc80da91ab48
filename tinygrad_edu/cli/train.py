"""`train`: a network, a data set, and the folder of a run."""

import argparse
import platform
import sys
import time
from pathlib import Path
from typing import Any

import numpy

from .._version import __version__
from ..data import DATASETS, DataLoader
from ..functions.random import manual_seed
from ..models import MODELS, build
from ..nn import Module
from ..nn.functional import cross_entropy
from ..optim import SGD, Adam
from ..train import RunDraft, State, evaluate, fit, progress
from ..train.run import CONFIG, CURVES, GRAPH, HISTORY, WEIGHTS, shape_of_data
from .parser import PROGRAM, add_command, one_of, positive, whole
from .signals import Signals

__all__ = ["add_train", "train"]

EXAMPLES = """
--epochs 5 --out runs/short
--model mlp --optimizer sgd --lr 0.1 --seed 1"""

OPTIMIZERS: dict[str, tuple[Any, float]] = {  # and its learning rate, unless one is given
    "adam": (Adam, 0.003),
    "sgd": (lambda parameters, lr: SGD(parameters, lr, momentum=0.9), 0.05),
}

ABOUT = {
    WEIGHTS: "weights",
    CONFIG: "configuration and result",
    HISTORY: "loss and accuracy of each epoch",
    CURVES: "the same as curves",
    GRAPH: "graph of one training step",
}


def add_train(commands: Any) -> None:
    """Declare the command and its options."""
    does = """Train a network and write a run folder.

Ctrl-C stops after the present step and saves what has been reached. The same
seed gives the same weights, bit for bit, on the same machine."""
    add = add_command(commands, train, does, EXAMPLES).add_argument
    add("--data", type=one_of(DATASETS), default="digits", metavar="NAME", help=f"{', '.join(DATASETS)} (%(default)s)")
    add("--model", type=one_of(MODELS), default="cnn", metavar="NAME", help=f"{' or '.join(MODELS)} (%(default)s)")
    add("--epochs", type=whole(1), default=20, metavar="N", help="times to go through the data (%(default)s)")
    add("--batch-size", type=whole(1), default=32, metavar="N", help="images in a step (%(default)s)")
    add("--lr", type=positive, metavar="X", help="learning rate (the optimizer's: 0.003 of adam, 0.05 of sgd)")
    add("--optimizer", type=one_of(OPTIMIZERS), default="adam", metavar="NAME", help="adam or sgd (%(default)s)")
    add("--seed", type=whole(0, 2**63 - 1), default=0, metavar="N", help="of all chance (%(default)s)")
    add("--out", type=Path, metavar="DIR", help="folder of the run (runs/DATA-MODEL-NNN)")
    add("--overwrite", action="store_true", help="replace the run that is in the folder given by --out")


def train(options: argparse.Namespace) -> int:
    """Train, save and tell."""
    started = time.monotonic()
    with Signals() as signals, RunDraft(options.out, name=f"{options.data}-{options.model}", overwrite=options.overwrite) as draft:
        
        train_set, test_set = DATASETS[options.data]()
