"""A name of schedules in older programs."""

from ..optim.lr_scheduler import LRScheduler

__all__ = ["_LRScheduler"]

_LRScheduler = LRScheduler
