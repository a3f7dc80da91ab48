"""A script's functions and classes in a process that it has spawned: there, too, `import torch` finds this engine."""

import os
import sys

from .importing import as_torch
from .script import SCRIPT, execute

if __name__ == "__mp_main__":
    as_torch()
    sys.path.insert(0, os.path.dirname(os.environ[SCRIPT]))
    execute(os.environ[SCRIPT], sys.modules[__name__])
