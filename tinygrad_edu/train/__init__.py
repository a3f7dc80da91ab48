"""Training: a loop, what it measures and shows, and the folder that a run leaves."""

from . import metrics
from .display import progress
from .draft import RunDraft
from .loop import DivergenceError, State, evaluate, fit
from .metrics import accuracy
from .run import Run

__all__ = ["DivergenceError", "Run", "RunDraft", "State", "accuracy", "evaluate", "fit", "metrics", "progress"]
