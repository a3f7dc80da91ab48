"""`graph`: how a network computes its loss, as a picture."""

import argparse
from pathlib import Path
from typing import Any

from ..models import MODELS
from ..train.setup import loss_for, sample_batch
from .network import add_network_options, asked_network
from .output import JSON_HELP, print_json
from .parser import PROGRAM, UsageError, add_command, one_of

__all__ = ["add_graph", "graph"]


def add_graph(commands: Any) -> None:
    """Declare the command and its options."""
    does = """Draw the graph of one training step: operations, parameters and loss.

The end of the file's name says what is written: .svg, .txt, .dot, .png and .pdf
(by Graphviz), or .html, a page that plays backward step by step. Without --out
the graph is printed as text."""
    command = add_command(commands, graph, does, ["--model mlp", "--model lenet --out graph.svg"])
    command.add_argument("--model", type=one_of(MODELS), default="cnn", metavar="NAME", help=", ".join(sorted(MODELS)))
    add_network_options(command)
    command.add_argument("--out", type=Path, metavar="FILE", help="file of the picture")
    command.add_argument("--json", action="store_true", help=JSON_HELP)


def graph(options: argparse.Namespace) -> int:
    """Build the network, compute its loss for a batch of zeros, and draw how."""
    from ..viz import Scopes, draw, step

    model, data = asked_network(options, "graph")
    inputs, targets = sample_batch(data)
    with Scopes(model) as scopes:
        loss = loss_for(data)(model(inputs), targets)
    names = {"": model, "inputs": inputs, "loss": loss}
    drawing = draw(loss, names=names, scopes=scopes)
    if options.out is not None:
        try:
            if options.out.suffix.lower() == ".html":
                step(loss, names=names, scopes=scopes, title=f"{options.model}: backward step by step").save(
                    options.out
                )
            else:
                drawing.save(options.out)
        except ValueError as error:
            raise UsageError(f"argument --out: {error}", f"{PROGRAM} graph") from None
    if options.json:
        counts = {kind: len(list(drawing.graph.of_kind(kind))) for kind in ("operation", "parameter")}
        print_json({"model": options.model, "out": options.out and str(options.out), **counts})
    else:
        print(drawing if options.out is None else options.out)
    return 0
