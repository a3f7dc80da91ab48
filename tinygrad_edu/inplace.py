"""Writing to a Tensor: the one place of the engine that does.

A write computes the new value by the ordinary operation, copies it into the Tensor's memory, and gives the Tensor the
history of that value. A write to a view is a write to a part of its source, so the source's history changes with it.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy

from . import recording, writes
from .backend import add_into, copy_into, multiply_into
from .dtypes import KINDS, int64, result_type
from .errors import GradientError, ShapeError
from .grad_mode import is_grad_enabled
from .graph import Leaf, Node
from .index import as_index
from .ops import comparison, elementary, elementwise
from .ops.elementwise import where
from .ops.indexing import getitem, overwritten
from .ops.movement import reshape
from .primitive import Primitive
from .recording import numbers_of, record, wrap
from .tensor import Tensor, method
from .told import guarded
from .wording import in_our_words

__all__ = ["assign", "in_place", "replace"]

NUMBERS = {int, float}
NONE: dict[str, Any] = {}
ZERO = numpy.zeros(())
LARGE = 1 << 31
current_frame = sys._getframe


def check_writable(x: Tensor, value: Tensor, verb: str) -> None:
    """Refuse what a write of this value would spoil.

    Raises:
        GradientError: x is a leaf that requires grad, or a view of one; or a view whose source would not learn of it;
            or it was made in inference_mode, which is left.
        RuntimeError: several elements of x share one place in memory.
    """
    if not x._array.flags.writeable:
        raise RuntimeError(
            f"{verb}: elements of this {x.shape} Tensor share memory (it was expanded); clone() it first"
        )
    made: Any = x
    while not made._inference and made._view is not None:
        made = made._view.source
    if made._inference and not recording.inferring.get():
        raise GradientError(f"{verb}: this Tensor was made in inference_mode and is for reading only now; clone() it")
    if is_grad_enabled():
        source: Any = x
        while source._view is not None:
            if not source._view.tracked and (value.requires_grad or source._view.source.requires_grad):
                raise GradientError(
                    f"{verb}: a view made under no_grad(), or given by a Function or a hook of a module, cannot be "
                    "written to with gradients; make it outside, or write to a clone()"
                )
            source = source._view.source
        if isinstance(source._node, Leaf):
            what = "this leaf" if source is x else "a view of a leaf"
            raise GradientError(
                f"{verb}: {what} requires grad, and a write in place would lose its value for backward; "
                "use the operation that returns a new Tensor, or write under no_grad()"
            )


def replace(x: Tensor, result: Tensor, verb: str) -> Tensor:
    """Give x the value and the history of a result of the same shape.

    Raises:
        ShapeError: the result is larger than x.
        RuntimeError: its dtype is of a higher kind than that of x.
    """
    check_writable(x, result, verb)
    if result.shape != x.shape:
        raise ShapeError(
            f"{verb}: the result has shape {result.shape} and does not fit into the {x.shape} of the Tensor"
        )
    if KINDS[result.dtype.kind] > KINDS[x.dtype.kind]:
        raise RuntimeError(f"{verb}: a result of {result.dtype} cannot be stored in a Tensor of {x.dtype}")
    if result.dtype != x.dtype:
        result = result.to(x.dtype)
    if result._node is not None:
        keep_old_value(result._node, x._array)
    if writes.watchers:
        writes.watch(x._array, ..., result._array)
    x._array = copy_into(x._array, ..., result._array)
    writes.note_write(x._array, *recording.user_place())
    if is_grad_enabled() and (result._node is not None or x._node is not None):
        adopt(x, result._node)
    return x


def keep_old_value(node: Node, array: Any) -> None:
    """Copy what a node saved of memory that is about to be overwritten by its own result."""
    node.saved = apart_from(array, node.saved)


def apart_from(array: Any, value: Any) -> Any:
    """The value, however deep in tuples, with copies of what shares memory with the array."""
    if isinstance(value, tuple):
        return tuple([apart_from(array, part) for part in value])
    shared = value is array or (isinstance(value, numpy.ndarray) and numpy.may_share_memory(value, array))
    return value.copy() if shared else value


def adopt(x: Any, node: Node | None) -> None:
    """Give x a new node after its memory was written to; what it is a view of gets one too."""
    recording.give_node(x, node)
    view = x._view
    if view is not None:
        source = view.source
        path = ((view.primitive, view.settings),)
        adopt(source, record(overwritten, (source, wrap(x._array, node)), {"path": path})._node)


def assign(x: Tensor, index: Any, value: Any) -> None:
    """x[index] = value, where the value is a Tensor, an array or a number that broadcasts to x[index].

    Raises:
        IndexError: the index is out of range.
        ShapeError: the value does not fit.
        RuntimeError: it is a number out of the range of the dtype.
    """
    if not isinstance(value, Tensor):
        whole = x.dtype.kind in "iu" and type(value) in NUMBERS
        value = wrap(recording.as_element(value, x.dtype) if whole else recording.numbers_of(value))
    check_writable(x, value, "assignment")
    try:
        part_shape = x._array[index].shape if value.ndim else ()
        if value.ndim > len(part_shape):
            value = record(reshape, (value,), {"shape": value.shape[value.ndim - len(part_shape) :]})
        if value.dtype != x.dtype:
            value = value.to(x.dtype)
        if value._node is None and numpy.may_share_memory(value._array, x._array):
            value = record(elementwise.clone, (value,), NONE)
        if writes.watchers:
            writes.watch(x._array, index, value._array)
        x._array = copy_into(x._array, index, value._array)
    except IndexError as error:
        raise IndexError(f"assignment to a Tensor of shape {x.shape}: {in_our_words(error)}") from None
    except ValueError as error:
        raise ShapeError(
            f"assignment: {value.shape} does not broadcast to the indexed part of {x.shape}: {in_our_words(error)}"
        ) from None
    writes.note_write(x._array, *recording.user_place())
    if is_grad_enabled() and (x.requires_grad or value.requires_grad):
        marked = record(overwritten, (x, value), {"path": ((getitem, {"index": index}),)})
        adopt(x, marked._node)


def in_place(operation: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The in-place method of an operation: `exp_` of `exp`."""

    def write(self: Tensor, *inputs: Any, **settings: Any) -> Tensor:
        # a primitive's own node is mended by replace; nodes before the last one keep a copy of what is overwritten
        source = self.clone() if self.requires_grad and not isinstance(operation, Primitive) else self
        result = operation(source, *inputs, **settings)
        if result._node is None and is_grad_enabled() and self.dtype.kind == "f":
            # a comparison, say, is a step: written into floats it has a gradient, which is 0
            for x in (self, *inputs):
                if isinstance(x, Tensor) and x.requires_grad:
                    result = where(False, x, result.to(self.dtype))
        return replace(self, result, name)

    write.__name__ = name
    write.__qualname__ = f"Tensor.{name}"
    write.__doc__ = f"`{name[:-1]}`, written into this Tensor."
    setattr(Tensor, name, write if isinstance(operation, Primitive) else guarded(write))
    return write


@method
def add_(self: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """self += alpha * other, in this Tensor's memory."""
    if type(alpha) in NUMBERS and free_to_write(self, other):
        return written(self, add_into, other._array if isinstance(other, Tensor) else other, alpha)
    if self._array.dtype is int64 and type(other) is type(alpha) is int and can_be_counted(self, other * alpha):
        return written(self, add_into, other * alpha, 1)
    return replace(self, self + scaled(self, other, alpha), "add_")


def scaled(x: Tensor, other: Any, alpha: Any) -> Any:
    """alpha * other, in the dtype in which x and other meet: -1 times an unsigned 5 would be 251."""
    if type(alpha) is int and alpha == 1:
        return other
    if isinstance(other, numpy.ndarray):
        other = wrap(numbers_of(other))
    return (other.to(result_type([x._array, other._array])) if isinstance(other, Tensor) else other) * alpha


@method
def sub_(self: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """self -= alpha * other, in this Tensor's memory."""
    if type(alpha) in NUMBERS and free_to_write(self, other):
        return written(self, add_into, array_of(other), -alpha)
    return replace(self, self - scaled(self, other, alpha), "sub_")


@method
def mul_(self: Tensor, other: Any) -> Tensor:
    """self *= other, in this Tensor's memory."""
    if free_to_write(self, other):
        return written(self, multiply_into, array_of(other))
    return replace(self, elementwise.mul(self, other), "mul_")


def array_of(operand: Any) -> Any:
    """The array of a Tensor; a number stays one."""
    return operand._array if isinstance(operand, Tensor) else operand


def free_to_write(x: Tensor, *others: Any) -> bool:
    """Whether there is nothing to record or convert: optimizers pass here, without a temporary or a copy."""
    dtype, records = x._array.dtype, is_grad_enabled()
    for other in others:
        if isinstance(other, Tensor):
            if other._array.dtype is not dtype or (records and other.requires_grad):
                return False
        elif type(other) not in NUMBERS:
            return False
    if records and (x._view is not None or x.requires_grad):
        return False
    # who watches writes is told the value that is written, and here there would be none
    return dtype.kind == "f" and not writes.watchers and not x._inference


def can_be_counted(x: Tensor, more: int) -> bool:
    """Whether this number can be added to a Tensor of int64 as it is; layers count their batches so."""
    return abs(more) < LARGE and not writes.watchers and not x._inference


def written(x: Tensor, write: Callable[..., Any], *values: Any) -> Tensor:
    """x after a function of backend.py wrote to its memory."""
    try:
        x._array = array = write(x._array, *values)
    except ValueError as error:
        check_writable(x, x, "a write in place")
        shapes = " and ".join([str(value.shape) for value in values if isinstance(value, numpy.ndarray)])
        raise ShapeError(f"{shapes} does not broadcast to the {x.shape} of the Tensor to write to") from error
    except RuntimeWarning:  # where warnings are errors; nothing is written yet
        with numpy.errstate(all="ignore"):
            x._array = array = write(x._array, *values)
    frame = current_frame(2)  # no further: optimizers pass here, and their own line tells enough
    writes.note_write(array, frame.f_code, frame.f_lasti)
    return x


@method
def fill_(self: Tensor, value: Any) -> Tensor:
    """Set every element to a number, or to a Tensor without dimensions.

    Raises:
        RuntimeError: the Tensor has dimensions, or the number is out of the range of the dtype.
    """
    if type(value) in NUMBERS and free_to_write(self):
        return written(self, copy_into, ..., value)
    value = value.to(self.dtype) if isinstance(value, Tensor) else wrap(recording.as_element(value, self.dtype))
    if value.ndim:
        raise ShapeError(f"fill_ takes a number or a Tensor without dimensions, got {value.shape}; use copy_()")
    if free_to_write(self, value):
        return written(self, set_into, value._array)
    return replace(self, where(False, self, value), "fill_")


@method
def zero_(self: Tensor) -> Tensor:
    """Set every element to 0."""
    if free_to_write(self):
        return written(self, set_into, ZERO)
    return replace(self, where(False, self, wrap(ZERO.astype(self.dtype))), "zero_")


@method
def copy_(self: Tensor, other: Any, non_blocking: bool = False) -> Tensor:
    """Set the elements to those of another Tensor, which broadcasts and is cast."""
    if not isinstance(other, Tensor):
        other = wrap(recording.numbers_of(other))
    if free_to_write(self, other):
        return written(self, set_into, other._array)
    return replace(self, where(False, self, other.to(self.dtype)), "copy_")


def set_into(target: Any, values: Any) -> Any:
    """Copy into all of an array."""
    if values.ndim > target.ndim:
        raise ValueError("too many dimensions")
    return copy_into(target, ..., values)


def set_item(self: Tensor, index: Any, value: Any) -> None:
    """self[index] = value."""
    first, then = as_index(index, self.ndim)
    if then is None:
        assign(self, first, value)
    else:
        assign(record(getitem, (self,), {"index": first}), then, value)


method(set_item, "__setitem__")


for operation in (
    elementwise.fmod,
    elementwise.neg,
    elementwise.abs,
    elementwise.relu,
    elementwise.square,
    elementwise.reciprocal,
    elementwise.floor,
    elementwise.ceil,
    elementwise.trunc,
    elementwise.round,
    elementary.exp,
    elementary.log,
    elementary.sqrt,
    elementary.rsqrt,
    elementary.sin,
    elementary.cos,
    elementary.tanh,
    elementary.sigmoid,
):
    in_place(operation, f"{operation.name}_")

method(add_, "__iadd__")
method(sub_, "__isub__")
method(mul_, "__imul__")
method(in_place(elementwise.floor_divide, "floor_divide_"), "__ifloordiv__")
method(in_place(elementwise.remainder, "remainder_"), "__imod__")
method(in_place(comparison.bitwise_and, "bitwise_and_"), "__iand__")
method(in_place(comparison.bitwise_or, "bitwise_or_"), "__ior__")
method(in_place(comparison.bitwise_xor, "bitwise_xor_"), "__ixor__")
