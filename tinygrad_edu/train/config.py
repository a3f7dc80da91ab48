"""The configuration of a training: five tables of settings, which TOML can hold, and what may stand in them."""

import inspect
import json
import re
import tomllib
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import optim
from ..data import DATASETS
from ..data.transforms import Normalize
from ..errors import did_you_mean
from ..models import MODELS
from ..optim import lr_scheduler

__all__ = ["OPTIMIZERS", "SCHEDULES", "Config", "ConfigError", "completed", "set_value", "to_toml"]

Config = dict[str, dict[str, Any]]

FUNCTIONS = {"LRScheduler", "LambdaLR", "MultiplicativeLR"}  # schedules that take a function, which no file can hold
OPTIMIZERS = {name: getattr(optim, name) for name in optim.__all__ if name[0].isupper() and name != "Optimizer"}
SCHEDULES: dict[str, Any] = {
    name: getattr(lr_scheduler, name) for name in lr_scheduler.__all__ if name not in FUNCTIONS
}

BY_STEP = {"CyclicLR", "OneCycleLR"}  # schedules that are made to be stepped after each step
SUITED = {"SGD": {"lr": 0.05, "momentum": 0.9}}  # to small networks, where the class's own settings are not
GIVEN = {"image", "classes", "params", "optimizer", "last_epoch"}  # arguments that are no settings


class ConfigError(ValueError):
    """A setting that does not exist, or that cannot have such a value."""


@dataclass(frozen=True)
class Data:
    """Which data are gone through, and how; `samples` takes no more than the first so many to train on.

    With `mean` and `std`, of each channel or of all, the network sees images less the one and divided by the other.
    """

    batch_size: int = 32
    samples: int | None = None
    workers: int = 0
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None

    def __post_init__(self) -> None:
        check_least("data", self, batch_size=1, samples=1, workers=0)
        if (self.mean is None) != (self.std is None):
            raise ConfigError("data.mean and data.std are given together")
        if self.mean is not None and self.std is not None:
            try:
                Normalize(self.mean, self.std)
            except (TypeError, ValueError) as error:
                raise ConfigError(f"data.mean, data.std: {error}") from None


@dataclass(frozen=True)
class Training:
    """How long, and what is done on the way.

    `patience` is the number of epochs without a better `measure` after which the training stops; `keep` says whether
    the weights of the "last" epoch or of the one with the "best" measure are those of the run. Checkpoints are written
    at the end of each epoch, and every so many steps or seconds.
    """

    epochs: int = 30
    seed: int = 0
    accumulate: int = 1
    clip_norm: float | None = None
    clip_value: float | None = None
    measure: str = "val_loss"
    patience: int | None = None
    keep: str = "last"
    checkpoint_steps: int | None = None
    checkpoint_seconds: float | None = 60.0
    tensorboard: bool = False

    def __post_init__(self) -> None:
        check_least("training", self, epochs=1, seed=0, accumulate=1, patience=1, checkpoint_steps=1)
        check_least("training", self, clip_norm=0, clip_value=0, checkpoint_seconds=0)
        if self.keep not in ("last", "best"):
            raise ConfigError(f"training.keep is 'last' or 'best', got {self.keep!r}")


def check_least(section: str, settings: Any, **least: int) -> None:
    """Raise ConfigError if a number is below its least."""
    for name, bound in least.items():
        value = getattr(settings, name)
        if value is not None and not value >= bound:  # NaN is neither
            raise ConfigError(f"{section}.{name} is {bound} or more, got {value}")


def completed(config: Mapping[str, Any]) -> Config:
    """A configuration with every setting that was left out, after a look at those that are there.

    Its tables are `data`, `model`, `optimizer`, `schedule` (which may be left out) and `training`. The first four have
    a `name`; the settings beside it are the arguments of the class of that name, of which those without a default may
    be needed. `schedule.each` is "epoch" or "step".

    Raises:
        ConfigError: a table, a setting or a name does not exist, or a value is not of its kind.

    >>> completed({"model": {"name": "mlp"}})["model"]
    {'name': 'mlp', 'hidden': 128}
    """
    tables = ("data", "model", "optimizer", "schedule", "training")
    for section, given in config.items():
        if section not in tables:
            raise ConfigError(f"there is no table {section!r}; {did_you_mean(section, tables)}there are {told(tables)}")
        if not isinstance(given, Mapping):
            raise ConfigError(f"{section} is a table of settings, got {given!r:.60}")
    given = {section: dict(config.get(section, {})) for section in tables}
    data = named("data", given["data"], DATASETS, "digits")
    model = named("model", given["model"], MODELS, "cnn" if len(DATASETS[data].shape) == 3 else "mlp")
    optimizer = named("optimizer", given["optimizer"], OPTIMIZERS, "Adam")
    suited: dict[str, Any] = SUITED.get(optimizer, {})
    found = {
        "data": {"name": data, **settings("data", Data, given["data"])},
        "model": {"name": model, **settings("model", MODELS[model], given["model"])},
        "optimizer": {
            "name": optimizer,
            **settings("optimizer", OPTIMIZERS[optimizer], suited | given["optimizer"]),
        },
        "training": settings("training", Training, given["training"]),
    }
    if given["schedule"]:
        found["schedule"] = schedule_settings(given["schedule"], "schedule")
    return found


def schedule_settings(given: dict[str, Any], section: str) -> dict[str, Any]:
    """The settings of a schedule; those that it is composed of are a list of such tables, `schedulers`."""
    name = named(section, given, SCHEDULES, None)
    each = given.pop("each", "step" if name in BY_STEP else "epoch")
    if each not in ("epoch", "step"):
        raise ConfigError(f"{section}.each is 'epoch' or 'step', got {each!r}")
    found = {"name": name, "each": each, **settings(section, SCHEDULES[name], given)}
    parts = found.get("schedulers")
    if parts is not None:
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise ConfigError(f"{section}.schedulers is a list of tables, got {parts!r:.60}")
        found["schedulers"] = [schedule_settings({"each": each, **part}, f"{section}.schedulers") for part in parts]
    return found


def named(section: str, given: dict[str, Any], known: Mapping[str, Any], default: str | None) -> str:
    """Take the name out of a table, in the case in which it is known."""
    name = given.pop("name", default)
    for each in known:
        if isinstance(name, str) and each.lower() == name.lower():
            return each
    if name is None:
        raise ConfigError(f"{section}.name is missing; there are {told(sorted(known))}")
    near = did_you_mean(str(name), known)
    raise ConfigError(f"{section}.name: there is no {name!r:.60}; {near}there are {told(sorted(known))}")


def settings(section: str, kind: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a class as given, and the defaults of the others."""
    arguments = {
        name: argument
        for name, argument in inspect.signature(kind).parameters.items()
        if name not in GIVEN and argument.kind not in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD)
    }
    for name, value in given.items():
        if name not in arguments:
            there = f"there are {told(arguments)}" if arguments else "there are no settings in it"
            raise ConfigError(f"there is no {section}.{name}; {did_you_mean(name, arguments)}{there}")
        wanted = arguments[name].annotation
        if not fits(value, wanted):
            raise ConfigError(f"{section}.{name} is {described(wanted)}, got {value!r:.60}")
    if kind in (Data, Training):
        kind(**given)  # which looks at the bounds
    defaults = {name: plain(x.default) for name, x in arguments.items() if fits(plain(x.default), x.annotation)}
    return {name: value for name, value in {**defaults, **given}.items() if value is not None}


def plain(value: Any) -> Any:
    """A value as TOML has it: a tuple is a list."""
    return list(value) if isinstance(value, tuple) else value


UNIONS = (typing.Union, types.UnionType)
LISTS = (list, tuple, Iterable, Sequence)
KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def fits(value: Any, wanted: Any) -> bool:
    """Whether a value of TOML can be an argument of this type."""
    if wanted in (Any, inspect.Parameter.empty):
        return True
    kind = typing.get_origin(wanted) or wanted
    if kind in UNIONS:
        return any(fits(value, part) for part in typing.get_args(wanted))
    if kind in LISTS:
        return isinstance(value, list)
    return type(value) in (int, float) if kind is float else type(value) is kind


def described(wanted: Any) -> str:
    """The kind of value that an argument of this type takes, in words."""
    kind = typing.get_origin(wanted) or wanted
    if kind in UNIONS:
        words = [described(part) for part in typing.get_args(wanted)]
        return " or ".join(dict.fromkeys(word for word in words if word))
    return "a list" if kind in LISTS else KINDS.get(kind, "")


def told(names: Any) -> str:
    """`a, b, c`."""
    return ", ".join(names)


def set_value(config: dict[str, Any], assignment: str) -> None:
    """Make one setting, such as `model.width=64`, in a configuration; what is no value of TOML is a text.

    Raises:
        ConfigError: it does not say what is set.
    """
    path, equals, text = assignment.partition("=")
    section, _, name = path.strip().partition(".")
    if not (equals and section and name):
        raise ConfigError(f"a setting is TABLE.NAME=VALUE, such as model.width=64; got {assignment!r}")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    table = config.setdefault(section, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{section} is a table of settings, got {table!r:.60}")
    table[name] = value


def to_toml(config: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of a TOML file with these tables."""
    tables = [
        "\n".join([f"[{key(section)}]", *[f"{key(name)} = {toml_value(x)}" for name, x in table.items()]])
        for section, table in config.items()
    ]
    return "\n\n".join(tables) + "\n"


def key(name: str) -> str:
    """A key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_value(name)


def toml_value(value: Any) -> str:
    """A value of TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key(name)} = {toml_value(x)}' for name, x in value.items())}}}"
    return repr(value)
