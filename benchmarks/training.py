"""A whole epoch by the training loop, beside the loop that one writes for PyTorch."""

from typing import Any

import numpy
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.data import DataLoader, TensorDataset
from tinygrad_edu.train import fit

from .works import Work

SAMPLES, BATCH, HIDDEN = 12_800, 128, 256


def epoch() -> Work:
    """An epoch of an MLP over images of MNIST's size, shuffled, with the mean loss and the accuracy as it goes.

    The batches of the two come in different orders; the rate is so small that their mean losses agree.
    """
    source = numpy.random.default_rng(0)
    x, y = source.random((SAMPLES, 1, 28, 28), numpy.float32), source.integers(0, 10, SAMPLES)
    ours, theirs = mlp(nn), mlp(torch.nn)
    theirs.load_state_dict({name: torch.tensor(value.numpy()) for name, value in ours.state_dict().items()})
    optimizer = optim.SGD(ours.parameters(), lr=1e-5, momentum=0.9)
    batches = DataLoader(TensorDataset(tg.tensor(x), tg.tensor(y)), BATCH, shuffle=True)

    def our_epoch() -> Any:
        return tg.tensor(fit(ours, batches, optimizer).history[-1]["loss"])

    images, labels = torch.tensor(x), torch.tensor(y)
    their_optimizer = torch.optim.SGD(theirs.parameters(), lr=1e-5, momentum=0.9)

    def their_epoch() -> Any:
        total, right = 0.0, 0
        for indices in torch.randperm(SAMPLES).split(BATCH):
            inputs, targets = images[indices], labels[indices]
            their_optimizer.zero_grad()
            scores = theirs(inputs)
            loss = torch.nn.functional.cross_entropy(scores, targets)
            loss.backward()
            their_optimizer.step()
            total += loss.item() * len(targets)
            right += (scores.argmax(1) == targets).sum().item()
        return torch.tensor(total / SAMPLES)

    name = f"epoch of {SAMPLES} images 28x28, MLP with {HIDDEN} hidden, batch {BATCH}, fit beside a loop by hand"
    return Work(name, our_epoch, their_epoch)


def mlp(library: Any) -> Any:
    return library.Sequential(
        library.Flatten(), library.Linear(784, HIDDEN), library.ReLU(), library.Linear(HIDDEN, 10)
    )
