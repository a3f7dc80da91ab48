"""PyTorch's classes of Tensors by dtype: FloatTensor(2, 3), LongTensor([1, 2]), isinstance(x, FloatTensor)."""

import math
from typing import Any

import numpy

from ..dtypes import bool_, float16, float32, float64, int8, int16, int32, int64, uint8
from ..recording import wrap
from ..tensor import Tensor, method
from .conversion import NAMES
from .creation import as_array
from .dims import as_new_sizes, check_room
from .layout import Size

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "typename",
]


class TensorType(type):
    """The class of a Tensor type: a Tensor is of it if it has the dtype."""

    dtype: Any

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype == cls.dtype

    def __call__(cls, *data: Any) -> Any:
        """Uninitialised, of the sizes given; or a copy of data, converted.

        Raises:
            ValueError, TypeError, RuntimeError: as for tensor.
        """
        given = data[0] if len(data) == 1 and isinstance(data[0], Size) else data or (0,)
        if all(isinstance(n, (int, numpy.integer)) for n in given):
            sizes = as_new_sizes(given)
            check_room(math.prod(sizes), cls.__name__)
            return wrap(numpy.empty(sizes, cls.dtype))
        if len(data) != 1 or not hasattr(data[0], "__len__"):
            raise TypeError(f"{cls.__name__} takes sizes, or data as one argument, got {data!r:.60}")
        return wrap(as_array(data[0], None).astype(cls.dtype))


def tensor_type(dtype: Any) -> Any:
    """The class of the Tensors of a dtype."""
    return TensorType(f"{NAMES[dtype]}Tensor", (), {"dtype": dtype, "__doc__": f"The Tensors of {dtype}."})


BoolTensor, ByteTensor, CharTensor = map(tensor_type, (bool_, uint8, int8))
ShortTensor, IntTensor, LongTensor = map(tensor_type, (int16, int32, int64))
HalfTensor, FloatTensor, DoubleTensor = map(tensor_type, (float16, float32, float64))


@method
def new(self: Tensor, *data: Any) -> Tensor:
    """A Tensor of this dtype: uninitialised, of the sizes given, or a copy of data; in older programs."""
    made: Tensor = tensor_type(self.dtype)(*data)
    return made


def typename(obj: Any) -> str:
    """The name of an object's type; of a Tensor, one such as "torch.FloatTensor"."""
    if isinstance(obj, Tensor):
        return str(obj.type())
    kind = obj if isinstance(obj, type) else type(obj)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
