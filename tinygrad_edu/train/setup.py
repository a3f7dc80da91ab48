"""All that a training needs, made from its configuration."""

import inspect
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..data import DATASETS, DataLoader, TensorDataset
from ..dtypes import int64
from ..errors import did_you_mean
from ..functions.creation import tensor, zeros
from ..models import build
from ..nn import Module
from ..nn.functional import cross_entropy, mse_loss
from ..tensor import Tensor
from ..told import KINDS
from .callbacks import BestModel, EarlyStopping, HistoryFiles, TensorBoard
from .checkpoint import Checkpoint
from .config import OPTIMIZERS, SCHEDULES, Config, ConfigError, completed
from .loop import fit
from .randomness import seed_everything
from .state import Callback, State
from .step import Loss

__all__ = ["CHECKPOINT", "EVENTS", "Setup", "build_model", "load_data", "loss_for", "sample_batch"]

CHECKPOINT = "checkpoint.pt"
EVENTS = "events"

CLASSIFICATION = {"image classification", "classification"}
REGRESSION = {"regression", "forecasting"}


class Setup:
    """The data, model, optimizer and schedule of a configuration, ready to train; what it holds, `completed` says.

    Raises:
        ConfigError: a setting does not exist, or cannot have its value; parts do not go together.
        OSError: the data are not at hand.

    >>> setup = Setup({"model": {"name": "mlp", "hidden": 16}, "optimizer": {"name": "AdamW"}})
    >>> setup.model.hidden.weight.shape, len(setup.batches), setup.config["training"]["epochs"]
    ((16, 64), 46, 30)
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = completed(config)
        training, data = self.config["training"], self.config["data"]
        seed_everything(training["seed"])
        self.model = build_model(self.config)
        self.loss = loss_for(data["name"])
        self.check_measure()
        self.train_set, self.test_set = load_data(data["name"], data.get("samples"))
        self.batches = DataLoader(self.train_set, data["batch_size"], shuffle=True, num_workers=data["workers"])
        self.held_out = DataLoader(self.test_set, 256)
        self.optimizer = self.make_optimizer()
        self.schedule = None
        if "schedule" in self.config:
            steps = -(-len(self.batches) // training["accumulate"])
            total = training["epochs"] * (steps if self.config["schedule"]["each"] == "step" else 1)
            self.schedule = self.make_schedule(self.config["schedule"], total, "schedule")

    def make_optimizer(self) -> Any:
        """The optimizer."""
        name, settings = without_name(self.config["optimizer"])
        try:
            return OPTIMIZERS[name](self.model.parameters(), **settings)
        except KINDS as error:
            raise ConfigError(f"optimizer: {error}") from None

    def make_schedule(self, table: dict[str, Any], total: int, section: str) -> Any:
        """A schedule, and those that it is composed of; what follows from the length of the training is filled in."""
        name, settings = without_name(table)
        each, lr = settings.pop("each"), self.config["optimizer"]["lr"]
        if name == "ReduceLROnPlateau" and each == "step":
            raise ConfigError(f"{section}.each is 'epoch' for ReduceLROnPlateau, which looks at the epoch's loss")
        follows = {"T_max": total, "T_0": total, "total_steps": total, "max_lr": lr, "base_lr": lr / 10}
        arguments = inspect.signature(SCHEDULES[name]).parameters
        for argument in arguments.values():
            if argument.name in settings or argument.name == "optimizer":
                continue
            if argument.name in follows and "epochs" not in settings:
                settings[argument.name] = follows[argument.name]
            elif argument.default is argument.empty:
                raise ConfigError(f"{section}.{argument.name} is needed by {name}")
        if "schedulers" in settings:
            settings["schedulers"] = [self.make_schedule(part, total, section) for part in settings["schedulers"]]
        try:
            return SCHEDULES[name](optimizer=self.optimizer, **settings)
        except KINDS as error:
            raise ConfigError(f"{section}: {error}") from None

    def check_measure(self) -> None:
        """Raise ConfigError if the history will not have the measure that is to be watched."""
        names = ["loss", "accuracy"] if self.loss is cross_entropy else ["loss"]
        known = [prefix + name for prefix in ("", "val_") for name in names]
        measure = self.config["training"]["measure"]
        if measure not in known:
            near = did_you_mean(measure, known)
            raise ConfigError(f"training.measure: there is no {measure!r}; {near}there are {', '.join(known)}")

    def train(
        self,
        folder: str | os.PathLike[str],
        *,
        resume: bool = False,
        on_step: Iterable[Callback] = (),
        on_epoch: Iterable[Callback] = (),
    ) -> State:
        """Train, with the history and checkpoints in a folder; `resume` goes on from the checkpoint that is there.

        Raises:
            DivergenceError: the loss or a gradient is not finite.
            ValueError: the checkpoint is damaged, or that of another training.
            OSError: the folder cannot be written to.
        """
        folder, training = Path(folder), self.config["training"]
        best = BestModel(self.model, training["measure"])
        by_epoch: list[Any] = [HistoryFiles(folder), *on_epoch]
        by_step = list(on_step)
        if training["keep"] == "best":
            by_epoch.append(best)
        if "patience" in training:
            by_epoch.append(EarlyStopping(training["measure"], training["patience"]))
        board = TensorBoard(folder / EVENTS) if training["tensorboard"] else None
        if board is not None:
            by_step.append(board.step)
            by_epoch.append(board)
        try:
            state = fit(
                self.model,
                self.batches,
                self.optimizer,
                training["epochs"],
                loss=self.loss,
                validation=self.held_out,
                schedule=self.schedule,
                schedule_each=self.config["schedule"]["each"] if self.schedule is not None else "epoch",
                accumulate=training["accumulate"],
                clip_norm=training.get("clip_norm"),
                clip_value=training.get("clip_value"),
                on_step=by_step,
                on_epoch=by_epoch,
                checkpoint=Checkpoint(
                    folder / CHECKPOINT,
                    steps=training.get("checkpoint_steps"),
                    seconds=training.get("checkpoint_seconds"),
                    resume=resume,
                ),
            )
        finally:
            if board is not None:
                board.close()
        if not state.paused:
            best.restore()
        return state


def without_name(table: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The name in a table, and its settings; a list is a tuple to the classes."""
    settings = {
        name: tuple(value) if isinstance(value, list) and name != "schedulers" else value
        for name, value in table.items()
        if name != "name"
    }
    return table["name"], settings


def loss_for(data: str) -> Loss:
    """The loss of a network for a data set."""
    return cross_entropy if DATASETS[data].task in CLASSIFICATION else squared_error


def sample_batch(data: str) -> tuple[Tensor, Tensor]:
    """Two inputs and targets of the shapes of a data set, all of them zeros."""
    entry = DATASETS[data]
    return zeros(2, *entry.shape), zeros(2, dtype=int64 if entry.task in CLASSIFICATION else None)


def squared_error(scores: Tensor, y: Tensor) -> Tensor:
    """The mean squared error of one output for each target."""
    return mse_loss(scores.reshape(y.shape), y)


def build_model(config: Config) -> Module:
    """The network of a configuration, with fresh weights.

    Raises:
        ConfigError: it does not go with the data.
    """
    entry = DATASETS[config["data"]["name"]]
    name, settings = without_name(config["model"])
    if entry.task not in CLASSIFICATION | REGRESSION:
        tasks = ", ".join(sorted(CLASSIFICATION | REGRESSION))
        raise ConfigError(f"data.name: {config['data']['name']!r} is for {entry.task}, this trains for {tasks}")
    try:
        network = build(name, entry.shape, len(entry.classes) or 1, **settings)  # type: ignore[arg-type]
    except KINDS as error:
        raise ConfigError(f"model {name!r} does not go with inputs of shape {entry.shape}: {error}") from None
    data = config["data"]
    if "mean" in data:
        normalize(network, data["mean"], data["std"], entry.shape)
    return network


def normalize(network: Module, mean: Sequence[float], std: Sequence[float], shape: tuple[int, ...]) -> None:
    """Let a network see its images less their mean and divided by their deviation.

    It is done on the way into the network, and so wherever that goes, into an ONNX file too; weights keep their names.

    Raises:
        ConfigError: the data are not images, or have another number of channels.
    """
    if len(shape) != 3 or len(mean) not in (1, shape[0]):
        told = f"images of {len(mean)} channels" if len(mean) > 1 else "images"
        raise ConfigError(f"data.mean and data.std are those of {told}; the inputs are {shape}")
    shift, scale = (tensor(x)[:, None, None] for x in (mean, std))
    network.register_forward_pre_hook(lambda module, inputs: ((inputs[0] - shift) / scale,))


def load_data(name: str, samples: int | None = None) -> tuple[TensorDataset, TensorDataset]:
    """A data set to train on and to test on, the first with no more than so many samples.

    What is no image has every column shifted and scaled to a mean of 0 and a deviation of 1 in the training set.

    Raises:
        OSError: the data are not at hand.
        ValueError: they are damaged.
    """
    train, test = DATASETS[name]()
    (x, y), (held_out, held_out_y) = train.tensors, test.tensors
    x, y = x[:samples], y[:samples]
    if len(DATASETS[name].shape) < 3:
        mean, deviation = x.mean(dim=0), x.std(dim=0, correction=0)
        deviation = deviation + (deviation == 0)
        x, held_out = (x - mean) / deviation, (held_out - mean) / deviation
    return TensorDataset(x, y), TensorDataset(held_out, held_out_y)
