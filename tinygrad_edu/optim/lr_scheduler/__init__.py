r"""Schedules of learning rates, with PyTorch's names; `step()` each after the optimizer's.

They compose. A warm-up, and then half a cosine down to 0:

>>> from tinygrad_edu import nn, ones, optim
>>> optimizer = optim.SGD([nn.Parameter(ones(2))], lr=0.8)
>>> schedule = SequentialLR(
...     optimizer,
...     [LinearLR(optimizer, start_factor=0.25, total_iters=3), CosineAnnealingLR(optimizer, T_max=4)],
...     milestones=[3],
... )
>>> rates = []
>>> for _ in range(8):
...     rates += schedule.get_last_lr()
...     optimizer.step()
...     schedule.step()
>>> [round(rate, 3) for rate in rates]
[0.2, 0.4, 0.6, 0.8, 0.683, 0.4, 0.117, 0.0]
"""

from .composed import ChainedScheduler, SequentialLR
from .cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from .cyclic import CyclicLR
from .decay import ConstantLR, ExponentialLR, LinearLR, MultiStepLR, PolynomialLR, StepLR
from .lambdas import LambdaLR, MultiplicativeLR
from .onecycle import OneCycleLR
from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
