"""Running primitives on Tensors: dtypes meet, the forward runs, and a node says what was done."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from math import copysign, isfinite
from types import CodeType
from typing import Any

import numpy
from numpy import finfo, ndarray
from numpy.typing import NDArray

from . import writes
from .backend import constant32, constant64, to_numpy
from .dtypes import KINDS, as_dtype, bool_, check_fits, check_kind, float32, float64, get_default_dtype, result_type
from .errors import GradientError, explain
from .grad_mode import grad_enabled, is_grad_enabled
from .graph import RETAIN, Node, Output
from .ops.elementwise import cast, sub
from .primitive import Primitive

__all__ = ["Recorded", "UnsupportedOperandError", "View", "as_element", "give_node", "record", "wrap"]

Array = NDArray[Any]

new = object.__new__
next_number = writes.next_number
current_frame = sys._getframe


class Recorded:
    """What a Tensor is to this module: an array, the node that made it, and what it is a view of."""

    _array: Array
    _node: Node | None
    _view: "View | None"
    _generation: int = 0  # how often a write in place has given it a new node
    _inference: bool = False  # whether it was made in inference_mode


Tensor: Any = Recorded  # the class of results: tensor.py, which defines it, puts it here


class LibraryFiles(dict[str, bool]):
    """Whether a file is part of this package, so that a line in it is not the user's; worked out once for each."""

    def __missing__(self, name: str) -> bool:
        self[name] = name.startswith(os.path.dirname(__file__) + os.sep)
        return self[name]


in_library = LibraryFiles()
inferring: ContextVar[bool] = ContextVar("inferring", default=False)  # whether results are marked; see inference_mode
# What looks at each node as it is made, and at its output, an array or several: a search for the user's line or for
# what is not finite, or a keeper of what the node saves.
watchers: list[Callable[[Node, Any], None]] = []
# What looks at each Tensor that is made without a history: inference_mode.
markers: "list[Callable[[Recorded], None]]" = []


def record(primitive: Primitive, inputs: Sequence[Any], settings: Mapping[str, Any]) -> Any:
    """Run a primitive on Tensors (and numbers and arrays among them), and note in the graph what was done.

    This is the hottest function of the engine; every line of it is paid for by every operation.
    """
    arrays = []
    parents = []
    mask = plain = 0
    bit = 1
    dtype = None
    for x in inputs:
        kind = type(x)
        if kind is Tensor or (kind is not float and isinstance(x, Recorded)):
            if x._view is not None:
                x._view.renew(x)
            node = x._node
            if node is not None:
                mask |= bit
                parents.append(node)
            x = x._array
            dtype = x.dtype
        else:
            plain |= bit
        arrays.append(x)
        bit += bit
    if primitive.promotion is not None:
        if (
            plain
            or (dtype is not float32 and dtype is not float64)
            or (bit != 2 and (arrays[0].dtype is not dtype or (bit != 4 and arrays[1].dtype is not dtype)))
            or (bit > 8 and any(x.dtype is not dtype for x in arrays))
        ):
            alone = bit == 4 or (plain in (2, 4) and bit == 8 and primitive.promotion == "branches")
            number: Any = inputs[plain >> 1] if alone else None
            if (
                type(number) in NUMBERS
                and (dtype is float32 or dtype is float64)
                and (number or copysign(1, number) > 0)  # -0.0 equals 0.0, and may not stand for it
            ):
                arrays[plain >> 1] = constant32(number) if dtype is float32 else constant64(number)
            elif plain or primitive.promotion != "branches" or arrays[1].dtype is not dtype:
                inputs = meet(primitive, inputs)
                arrays = [x._array for x in inputs]
                parents = [x._node for x in inputs if x._node is not None]
                mask = sum([1 << i for i, x in enumerate(inputs) if x._node is not None])
    elif plain:
        arrays = [x._array if isinstance(x, Recorded) else numbers_of(x) for x in inputs]

    try:
        if settings:
            out = primitive.forward(*arrays, **settings)
        elif bit == 2:  # written out: a third quicker than what a starred call takes
            out = primitive.forward(arrays[0])
        elif bit == 4:
            out = primitive.forward(arrays[0], arrays[1])
        else:
            out = primitive.forward(*arrays)
    except Exception as error:
        out = run_again(primitive, arrays, settings, error)
    if type(out) is not ndarray:
        if type(out) is tuple:
            return record_outputs(primitive, inputs, arrays, settings, mask, out)
        out = to_numpy(out)

    result = new(Tensor)
    result._array = out
    result._view = view_of(inputs[0], out, primitive, settings) if primitive.view else None
    if mask and is_grad_enabled():
        try:
            plan = primitive.plans[mask | bit]
        except KeyError:
            plan = primitive.plan(mask, len(arrays))
        if plan is not None:
            if not plan.complete:  # some input that requires grad gets none from this primitive
                parents = [inputs[i]._node for i in plan.positions]
            result._node = node = new(Node)
            node.number = next_number()
            node.hooks = None
            node.plan = plan
            node.shape = out.shape
            node.parents = tuple(parents)
            node.saved = plan.keep(arrays, out, settings)
            frame = current_frame(2)
            node.code = frame.f_code
            node.lasti = frame.f_lasti
            if watchers:
                watch(node, out)
            return result
    result._node = None
    if markers:
        mark(result)
    return result


def watch(node: Node, output: Any) -> None:
    """Show a new node and its output to whoever wants to see them."""
    for watcher in watchers.copy():
        watcher(node, output)


def mark(result: Recorded) -> None:
    """Show a new Tensor to whoever wants to mark it."""
    for marker in markers.copy():
        marker(result)


def note_user_line(node: Node, output: Any) -> None:
    """Note the user's line in place of this package's; see autograd.set_forward_lines."""
    if node.code is None or in_library[node.code.co_filename]:
        node.code, node.lasti = user_place()


NUMBERS = {int, float}
NONE: dict[str, Any] = {}


class UnsupportedOperandError(TypeError):
    """An operand that is neither Tensor, array nor number."""


def meet(primitive: Primitive, inputs: Sequence[Any]) -> list[Any]:
    """The inputs as Tensors of the dtype at which they meet; a cast is recorded, so its gradient is cast back."""
    names = primitive.input_names(len(inputs))
    operands: list[Any] = [operand(x, primitive) for x in inputs]
    differentiable = [primitive.rules.get(name, True) is not None for name in names]
    dtype = result_type([getattr(x, "_array", x) for x, part in zip(operands, differentiable, strict=True) if part])
    if primitive is sub and any(isinstance(x, bool) or getattr(x, "dtype", None) == bool_ for x in operands):
        raise RuntimeError(
            "- is not for bools; ~x negates a mask, ^ tells where two differ, .int() makes numbers of it"
        )
    if dtype.kind not in primitive.kinds:
        check_kind(dtype, primitive.kinds, primitive.name)
    if primitive.promotion == "one":
        found = [x._array.dtype for x in inputs if isinstance(x, Recorded)]
        if len(set(found)) > 1:
            told = ", ".join(map(str, found))
            raise RuntimeError(f"{primitive.name} takes Tensors of one dtype, got {told}; convert with .to()")
    if primitive.promotion == "float" and dtype.kind != "f":
        dtype = get_default_dtype()
    met: list[Any] = []
    for x, part in zip(operands, differentiable, strict=True):
        tensor = x if isinstance(x, Recorded) else wrap(numpy.array(x))
        if part and tensor._array.dtype != dtype:
            if tensor is x:
                tensor = record(cast, (x,), {"dtype": dtype})
            else:
                with numpy.errstate(over="ignore"):
                    tensor = wrap(tensor._array.astype(dtype))
        met.append(tensor)
    return met


def numbers_of(x: Any) -> Array:
    """An array of what stands beside Tensors.

    Raises:
        TypeError: it does not hold numbers.
    """
    array = to_numpy(x)
    if array.dtype.kind not in KINDS:
        raise TypeError(f"Tensors, arrays and numbers are taken, got {type(x).__name__} {x!r:.60}")
    return array


def as_element(value: Any, dtype: Any) -> Array:
    """A number as an array of this dtype.

    Raises:
        TypeError: it is none.
        RuntimeError: it is out of the range of the dtype.
    """
    array = numbers_of(value)
    if dtype.kind in "iu":
        check_fits(array, dtype)
    elif dtype.kind == "f" and isfinite(value) and abs(value) > float(finfo(dtype).max):
        raise RuntimeError(f"a Tensor of {dtype} cannot hold {value}; take a wider dtype, or say inf")
    return array.astype(dtype)


def operand(x: Any, primitive: Primitive) -> Any:
    """A Tensor or a Python number, from whatever stands for one; NumPy's scalars count as numbers.

    Raises:
        TypeError: it stands for neither.
    """
    if isinstance(x, (Recorded, bool, int, float)) and not isinstance(x, numpy.generic):
        return x
    if isinstance(x, numpy.generic):
        return x.item() if x.dtype.kind in KINDS else as_dtype(x.dtype)  # which raises
    if isinstance(x, ndarray):
        return wrap(numpy.array(x, as_dtype(x.dtype)))  # a copy: backward needs it as it is now
    told = f"{type(x).__name__} {x!r:.60}"
    raise UnsupportedOperandError(f"{primitive.name} takes Tensors, arrays and numbers, got {told}")


def run_again(primitive: Primitive, arrays: Sequence[Any], settings: Mapping[str, Any], error: Exception) -> Any:
    """Compute what only a warning stopped (log 0 is -inf, as in PyTorch); explain every other failure."""
    if isinstance(error, (RuntimeWarning, FloatingPointError)):
        with numpy.errstate(all="ignore"):
            return primitive.forward(*arrays, **settings)
    raise explain(primitive, arrays, settings, error) from error


def record_outputs(
    primitive: Primitive,
    inputs: Sequence[Any],
    arrays: list[Any],
    settings: Mapping[str, Any],
    mask: int,
    outputs: tuple[Array, ...],
) -> tuple[Recorded, ...]:
    """The same for a primitive with several outputs: one node for the call, and one for each output."""
    plan = primitive.plan(mask, len(arrays)) if mask and is_grad_enabled() else None
    if plan is None:
        return tuple([wrap(to_numpy(out)) for out in outputs])
    node = new(Node)
    node.number = next_number()
    node.hooks = None
    node.plan = plan
    node.shape = [(out.shape, out.dtype) for out in outputs]
    node.parents = tuple([inputs[i]._node for i in plan.positions])
    node.saved = plan.keep(arrays, outputs, settings)
    node.code, node.lasti = user_place()
    watch(node, outputs)
    return tuple(
        [wrap(to_numpy(out), Output(node, i) if out.dtype.kind == "f" else None) for i, out in enumerate(outputs)]
    )


def user_place() -> tuple[CodeType, int]:
    """The line of the user's program that is running: the innermost one outside this package."""
    frame = current_frame(1)
    while in_library[frame.f_code.co_filename] and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


def wrap(array: Array, node: Node | None = None) -> Any:
    """A Tensor over this very array."""
    result = new(Tensor)
    result._array = array
    result._node = node
    result._view = None
    if markers:
        mark(result)
    return result


class View:
    """That a Tensor is a view of another: where its memory comes from, and how its history follows the other's.

    When the source is written to in place it gets a new node, and a new generation; a view that is used after that
    takes its node from the source anew.
    """

    __slots__ = ("generation", "primitive", "settings", "source", "tracked")

    def __init__(self, source: Recorded, primitive: Primitive, settings: Mapping[str, Any]) -> None:
        self.source = source
        self.primitive = primitive
        self.settings = settings
        self.generation = source._generation
        self.tracked = is_grad_enabled()

    def renew(self, view: Recorded) -> None:
        """Bring the view's node up to date."""
        source = self.source
        if source._view is not None:
            source._view.renew(source)
        if source._generation != self.generation and not self.tracked and view._node is not None:
            raise GradientError(
                "this view has a history of its own, from a Function or a hook of a module, and what it is a view of, "
                "or another view of that, was written to in place since; write to a clone()"
            )
        if source._generation != self.generation and self.tracked:
            self.generation = source._generation
            mode = grad_enabled.set(True)
            try:
                renewed = record(self.primitive, (source,), self.settings)
            except (ValueError, IndexError):
                renewed = None
            finally:
                grad_enabled.reset(mode)
            if renewed is None or renewed._array.__array_interface__ != view._array.__array_interface__:
                raise GradientError(
                    "this view was made before its source took another shape in place, and the source was written to "
                    "since; make the view anew"
                )
            give_node(view, renewed._node)


def give_node(x: Recorded, node: Node | None) -> None:
    """Give x a new node, after its memory was written to."""
    before = x._node
    if node is not None and before is not None and before.hooks and RETAIN in before.hooks:
        node.hooks = {RETAIN: before.hooks.pop(RETAIN)}  # .grad is to be that of the value x has now
    x._node = node
    x._generation += 1


def view_of(source: Any, out: Array, primitive: Primitive, settings: Mapping[str, Any]) -> View | None:
    """What makes `out` a view of the source's memory, if it is one."""
    base = out.base
    if base is None or not isinstance(source, Recorded):
        return None
    array = source._array
    if base is array or base is array.base or writes.owner(out) is writes.owner(array):
        return View(source, primitive, settings)
    return None
