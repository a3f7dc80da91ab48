"""Training: a loop, what it measures and shows, and the folder that a run leaves."""

from . import metrics
from .callbacks import BestModel, EarlyStopping, HistoryFiles, TensorBoard
from .checkpoint import Checkpoint
from .config import ConfigError
from .display import progress
from .divergence import DivergenceError
from .folder import RunFolder
from .loop import evaluate, fit
from .metrics import accuracy
from .run import Run
from .setup import Setup
from .state import State

__all__ = [
    "BestModel",
    "Checkpoint",
    "ConfigError",
    "DivergenceError",
    "EarlyStopping",
    "HistoryFiles",
    "Run",
    "RunFolder",
    "Setup",
    "State",
    "TensorBoard",
    "accuracy",
    "evaluate",
    "fit",
    "metrics",
    "progress",
]
