"""`.data` in the forward of a Function, where a program's writes are its own affair."""

from typing import Any

import numpy

from ..autograd.function import forward_runs
from ..recording import wrap
from ..tensor import Tensor

__all__ = ["METHODS"]


def data_of(x: Tensor) -> Any:
    """The same memory without its history.

    In PyTorch no write to it is found in backward; here every write is. But where a program defines the backward too,
    it may know that what it writes nobody has read: torchdiffeq fills the columns of one array, and its steps keep the
    columns before. There writes are made through another array over the memory, which is not known by its owner.
    """
    array: Any = x._array
    return wrap(numpy.asarray(memoryview(array))) if forward_runs.get() else x.detach()


data: Any = vars(Tensor)["data"]  # the property, which is also set
METHODS = {"data": data.getter(data_of)}
