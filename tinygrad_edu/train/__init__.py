"""Training: a loop, what it measures and shows, and the folder that a run leaves."""

from . import metrics
from .callbacks import BestModel, EarlyStopping, HistoryFiles, TensorBoard
from .checkpoint import Checkpoint
from .display import progress
from .divergence import DivergenceError
from .draft import RunDraft
from .loop import evaluate, fit
from .metrics import accuracy
from .run import Run
from .state import State

__all__ = [
    "BestModel",
    "Checkpoint",
    "DivergenceError",
    "EarlyStopping",
    "HistoryFiles",
    "Run",
    "RunDraft",
    "State",
    "TensorBoard",
    "accuracy",
    "evaluate",
    "fit",
    "metrics",
    "progress",
]
