"""A small training with chance of every kind, to be interrupted and resumed; run as a program it may kill itself.

python tests/training.py CHECKPOINT WORKERS CALL COUNT: with the signal that cannot be caught, at the COUNT-th call of
os.CALL; so many workers make the batches.
"""

import os
import random
import signal
import sys

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.data import DataLoader, Dataset, digits
from tinygrad_edu.optim import swa_utils
from tinygrad_edu.train import BestModel, Checkpoint, EarlyStopping, State, fit
from tinygrad_edu.train.randomness import seed_everything

EPOCHS = 20  # of the program
# read before any test: one of them gives up the right to read the package's files
TRAINING, HELD_OUT = digits()


class Augmented(Dataset):
    """Digits with noise and shifts, by each of the generators that a program may draw from."""

    def __init__(self, count: int):
        self.images, self.labels = (t[:count] for t in TRAINING.tensors)

    def __getitem__(self, index):
        image = self.images[index] * random.uniform(0.9, 1.1) + 0.01 * tg.randn(1, 8, 8)
        return image + float(np.random.normal(0, 0.01)), self.labels[index]

    def __len__(self):
        return len(self.labels)


def make_model():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 10)
    )


def adam(model):
    return optim.Adam(model.parameters(), lr=0.01)


def shuffled(workers=0):
    return DataLoader(Augmented(60), 10, shuffle=True, num_workers=workers)


class InterruptError(Exception):
    pass


def bits(weights) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in weights.items()}


def train(
    path,
    stop_at=None,
    *,
    make=adam,
    schedule=None,
    loader=None,
    epochs=3,
    steps=2,
    checkpoint=Checkpoint,
    pause_at=None,
    **options,
):
    """Train from the seed or from what is at the path, and raise InterruptError after so many steps of this call."""
    seed_everything(7)
    model = make_model()
    optimizer = make(model)
    average = swa_utils.AveragedModel(model, avg_fn=swa_utils.get_ema_avg_fn(0.9))
    best = BestModel(model)
    batches = loader() if loader else shuffled()
    count = 0

    def interrupt(state):
        nonlocal count
        average.update_parameters(model)
        count += 1
        state.pause = count == pause_at
        if count == stop_at:
            raise InterruptError

    state = fit(
        model,
        batches,
        optimizer,
        epochs,
        validation=DataLoader(HELD_OUT, 355),
        schedule=schedule(optimizer) if schedule else None,
        on_step=[interrupt],
        on_epoch=[best, EarlyStopping(patience=2)],
        checkpoint=checkpoint(path, steps=steps, resume=True, also={"average": average}),
        **options,
    )
    history = [{name: value for name, value in record.items() if name != "seconds"} for record in state.history]
    return bits(model.state_dict()), bits(average.state_dict()), bits(best.weights or {}), history


def main(path, workers, call, count):
    remaining = int(count)
    whole = getattr(os, call, None)

    def killing(*arguments):
        nonlocal remaining
        remaining -= 1
        if remaining == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*arguments)

    if whole is not None:
        setattr(os, call, killing)
    add = State.add

    def told(self, *arguments):
        add(self, *arguments)
        print(self.epoch, self.step, flush=True)

    State.add = told
    found = train(path, epochs=EPOCHS, loader=lambda: shuffled(int(workers)))
    with open(path + ".result", "w") as file:
        file.write(repr(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
