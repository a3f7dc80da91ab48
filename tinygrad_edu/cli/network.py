"""A network that is only looked at: which, for which data, with which settings."""

import argparse
from typing import Any

from ..data import DATASETS
from ..functions.random import manual_seed
from ..nn import Module
from ..train import ConfigError
from ..train.config import completed, set_value
from ..train.setup import build_model
from .parser import PROGRAM, Parser, UsageError, one_of

__all__ = ["add_network_options", "asked_network"]

USUAL = ("digits", "mnist", "cifar10")  # the first of these that a network takes is what it is for


def add_network_options(command: Parser) -> None:
    """Declare what it is for, and its settings."""
    usual = ", ".join(USUAL)
    add = command.add_argument
    add(
        "--data", type=one_of(DATASETS), metavar="NAME", help=f"data set it is for (the first that it takes of {usual})"
    )
    add("--set", action="append", default=[], metavar="model.NAME=VALUE", help="a setting, such as model.width=64")


def asked_network(options: argparse.Namespace, command: str) -> tuple[Module, str]:
    """The network, with the same weights each time, and the name of the data set.

    Raises:
        UsageError: it cannot be built.
    """
    tried = [options.data] if options.data else list(USUAL)
    for data in tried:
        config: dict[str, Any] = {"data": {"name": data}, "model": {"name": options.model}}
        try:
            for assignment in options.set:
                set_value(config, assignment)
            config = completed(config)
            manual_seed(0)
            return build_model(config), data
        except ConfigError as error:
            failure = error
    raise UsageError(str(failure), f"{PROGRAM} {command}")
