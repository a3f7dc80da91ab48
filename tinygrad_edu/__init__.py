"""tinygrad_edu: a minimal autograd tensor engine on NumPy, with PyTorch's names."""
from .functions.creation import *
from .functions.random import *
from .functions.movement import *
from .functions.reduction import *
from .functions.elementwise import *
from .functions.indexing import *
from .functions.linear import *
from .ops.elementary import *
from . import inplace, autograd
from .tensor import Tensor
from .graph import no_grad, enable_grad, set_grad_enabled, is_grad_enabled
