"""What the notebooks of the course share: a full and a fast mode, data or what stands in for them, and a last line.

A notebook calls `start` first and `finish` last; between them `pick` gives the sizes and thresholds of the mode, `load`
the data and `weights` the published weights. The mode is full unless the environment variable TINYGRAD_EDU_FAST is set
to 1; where data are looked for, `help(tinygrad_edu.data.storage)` tells.

The notebooks end with exercises: `grade` compares a learner's answers with their tests, `blank_sheet` makes what is
handed out.
"""

from .execution import Executed, execute
from .files import find_notebook, notebooks_folder
from .grading import Graded, grade
from .materials import load, weights
from .mode import finish, is_fast, pick, start
from .sheets import blank_sheet

__all__ = [
    "Executed",
    "Graded",
    "blank_sheet",
    "execute",
    "find_notebook",
    "finish",
    "grade",
    "is_fast",
    "load",
    "notebooks_folder",
    "pick",
    "start",
    "weights",
]
