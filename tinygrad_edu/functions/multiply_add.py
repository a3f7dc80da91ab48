"""Sums with a product or quotient, and steps towards a value; in place they are what optimizers are made of."""

from typing import Any

from ..backend import add_product_into, add_quotient_into, move_towards
from ..dtypes import check_kind, result_type
from ..inplace import NUMBERS, free_to_write, replace, written
from ..tensor import Tensor, method
from .elementwise import where

__all__ = ["addcdiv", "addcdiv_", "addcmul", "addcmul_", "lerp", "lerp_"]


@method
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Any:
    """input + value * tensor1 * tensor2, elementwise; `(*), (*), (*) -> (*)`."""
    dtype = result_type([x._array for x in (input, tensor1, tensor2)])
    check_kind(dtype, "iuf", "addcmul")
    value = value if dtype.kind == "f" else int(value)  # cut, as PyTorch does
    return input + tensor1.to(dtype) * tensor2 * value  # of two bools the product is none


@method
def addcmul_(self: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """self += value * tensor1 * tensor2, in this Tensor's memory."""
    if type(value) in NUMBERS and free_to_write(self, tensor1, tensor2):
        return written(self, add_product_into, tensor1._array, tensor2._array, value)
    return replace(self, addcmul(self, tensor1, tensor2, value=value), "addcmul_")


@method
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Any:
    """input + value * tensor1 / tensor2, elementwise; `(*), (*), (*) -> (*)`."""
    check_kind(result_type([tensor1._array, tensor2._array]), "f", "addcdiv")
    return input + tensor1 / tensor2 * value


@method
def addcdiv_(self: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """self += value * tensor1 / tensor2, in this Tensor's memory."""
    if type(value) in NUMBERS and free_to_write(self, tensor1, tensor2):
        return written(self, add_quotient_into, tensor1._array, tensor2._array, value)
    return replace(self, addcdiv(self, tensor1, tensor2, value=value), "addcdiv_")


@method
def lerp(input: Tensor, end: Tensor, weight: Any) -> Any:
    """The point between input and end: input for weight 0, end for weight 1, both exactly; elementwise.

    Raises:
        RuntimeError: the dtypes differ, or are none of floats.
    """
    check_kind(result_type([input._array, end._array]), "f", "lerp")
    found = {x.dtype for x in (input, end, weight) if isinstance(x, Tensor)}
    if len(found) > 1:
        raise RuntimeError(f"lerp takes Tensors of one dtype, got {', '.join(sorted(map(str, found)))}")
    span = end - input
    if isinstance(weight, Tensor):
        return where(weight.abs() < 0.5, input + span * weight, end - span * (1 - weight))
    return input + span * weight if abs(weight) < 0.5 else end - span * (1 - weight)


@method
def lerp_(self: Tensor, end: Tensor, weight: Any) -> Tensor:
    """Move this Tensor, in its memory, the part `weight` of the way towards the end."""
    if type(weight) in NUMBERS and -0.5 < weight < 0.5 and free_to_write(self, end):
        return written(self, move_towards, end._array, weight)
    return replace(self, lerp(self, end, weight), "lerp_")
