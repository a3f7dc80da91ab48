"""PyTorch, eager."""

import torch

from .eager import Eager

__all__ = ["peer"]

peer = Eager(torch, "PyTorch", torch.__version__)
