"""Training: a loop, what it measures and shows, and the folder that a run leaves."""

from .draft import RunDraft
from .fit import DivergenceError, State, evaluate, fit
from .metrics import accuracy
from .progress import progress
from .run import Run

__all__ = ["DivergenceError", "Run", "RunDraft", "State", "accuracy", "evaluate", "fit", "progress"]
