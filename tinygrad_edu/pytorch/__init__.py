"""PyTorch's programs on this engine: `import torch` finds ours, under PyTorch's paths and names."""

from .importing import as_torch
from .script import run_script

__all__ = ["as_torch", "run_script"]
