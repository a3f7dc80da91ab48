"""`summary`: what a network is made of."""

import argparse
from typing import Any

from ..models import MODELS
from ..nn import summary as summarized
from ..train.setup import sample_batch
from .network import add_network_options, asked_network
from .output import JSON_HELP, print_json
from .parser import add_command, one_of

__all__ = ["add_summary", "summary"]


def add_summary(commands: Any) -> None:
    """Declare the command and its options."""
    does = "Tell what a network is made of: layers, their outputs, parameters."
    command = add_command(commands, summary, does, ["cnn", "lenet --data mnist", "mlp --set model.hidden=64"])
    command.add_argument("model", metavar="MODEL", type=one_of(MODELS), help=", ".join(sorted(MODELS)))
    add_network_options(command)
    command.add_argument("--json", action="store_true", help=JSON_HELP)


def summary(options: argparse.Namespace) -> int:
    """Build the network and print its table."""
    model, data = asked_network(options, "summary")
    found = summarized(model, sample_batch(data)[0])
    if not options.json:
        print(found)
        return 0
    layers = [
        {
            "name": layer.name,
            "kind": layer.kind,
            "depth": layer.depth,
            "outputs": layer.shapes,
            "parameters": layer.parameters,
            "multiply_adds": layer.multiply_adds,
        }
        for layer in found.layers
    ]
    totals = {"parameters": found.parameters, "trainable": found.trainable, "multiply_adds": found.multiply_adds}
    print_json({"model": options.model, "data": data, **totals, "layers": layers})
    return 0
