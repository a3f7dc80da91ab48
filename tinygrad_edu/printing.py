"""How a Tensor shows itself, character for character as PyTorch does: tensor([1., 2.], requires_grad=True)."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from .dtypes import bool_, get_default_dtype, int64
from .graph import Leaf, Node, Output

__all__ = ["OPTIONS", "Options", "byte_count", "node_name", "tensor_text"]


class Options:
    """What functions.display.set_printoptions sets."""

    precision: int = 4  # digits after the point
    threshold: float = 1000  # a Tensor of more elements is summarised
    edgeitems: int = 3  # how many elements a summary shows at each end of a dimension
    linewidth: int = 80
    sci_mode: bool | None = None  # None: where the numbers call for it


OPTIONS = Options()


def number_format(array: Any) -> tuple[Callable[[Any], str], int]:
    """How to write each element, and the width of the widest; what is not finite is not counted, as in PyTorch."""
    if array.dtype.kind != "f":
        return str, max(len(str(value)) for value in array.reshape(-1).tolist())
    shown = array[numpy.isfinite(array) & (array != 0)].astype(float)
    smallest, largest = (abs(shown).min(), abs(shown).max()) if shown.size else (1.0, 1.0)
    scientific = OPTIONS.sci_mode
    if scientific is None:
        scientific = bool(largest > 1e8 or smallest < 1e-4 or largest / smallest > 1000)
    if scientific and shown.size:
        spec, point = f".{OPTIONS.precision}e", ""
    elif (shown == numpy.ceil(shown)).all():
        spec, point = ".0f", "."
    else:
        spec, point = f".{OPTIONS.precision}f", ""

    def text(value: float) -> str:
        return format(value, spec) + (point if math.isfinite(value) else "")

    return text, max(map(len, map(text, shown.tolist())), default=1)


def ends(size: int, summarise: bool) -> Iterator[int | None]:
    """The places along a dimension that are shown, None for dots."""
    if summarise and size > 2 * OPTIONS.edgeitems:
        yield from range(OPTIONS.edgeitems)
        yield None
        yield from range(size - OPTIONS.edgeitems, size)
    else:
        yield from range(size)


def without_middle(array: Any) -> Any:
    """The elements that a summary shows."""
    for dim, size in enumerate(array.shape):
        array = array[(slice(None),) * dim + ([place for place in ends(size, True) if place is not None],)]
    return array


def elements(array: Any, indent: int) -> str:
    """The elements between brackets, aligned behind `indent` columns, with dots for what is too much to show."""
    if not array.size:
        return "[]"
    summarise = array.size > OPTIONS.threshold
    shown = without_middle(array) if summarise else array
    text, width = number_format(shown) if shown.size else (str, 1)

    def write(part: Any, indent: int) -> str:
        if part.ndim == 0:
            return text(part.item()).rjust(width)
        if part.ndim == 1:
            words = [
                " ..." if place is None else text(part[place].item()).rjust(width)
                for place in ends(len(part), summarise)
            ]
            words = words if shown.size else ["..."]
            per_line = max(1, (OPTIONS.linewidth - indent) // (width + 2))
            lines = [", ".join(words[start : start + per_line]) for start in range(0, len(words), per_line)]
            return "[" + f",\n{' ' * (indent + 1)}".join(lines) + "]"
        rows = ["..." if i is None else write(part[i], indent + 1) for i in ends(len(part), summarise)]
        return "[" + ("," + "\n" * (part.ndim - 1) + " " * (indent + 1)).join(rows) + "]"

    return write(array, indent)


def tensor_text(array: Any, node: Node | None, kind: str = "tensor") -> str:
    """`tensor([...], dtype=..., grad_fn=...)`; the dtype is left out where it goes without saying."""
    prefix = f"{kind}("
    said = prefix + elements(array, len(prefix))
    suffixes = []
    if (not array.size and array.ndim != 1) or (array.size and not OPTIONS.edgeitems):
        suffixes.append(f"size={array.shape}")
    if array.dtype not in ((get_default_dtype(), int64, bool_) if array.size else (get_default_dtype(),)):
        suffixes.append(f"dtype=torch.{array.dtype.name}")
    if isinstance(node, Leaf):
        suffixes.append("requires_grad=True")
    elif node is not None:
        suffixes.append(f"grad_fn=<{node_name(node)}>")
    column = len(said) - said.rfind("\n") + 1
    for suffix in suffixes:
        if column + len(suffix) + 2 > OPTIONS.linewidth:
            said += f",\n{' ' * len(prefix)}{suffix}"
            column = len(prefix) + len(suffix)
        else:
            said += f", {suffix}"
            column += len(suffix) + 2
    return f"{said})"


# The nodes whose names in PyTorch are not those of our primitives.
NODE_NAMES = {
    "broadcast_to": "ExpandBackward0",
    "cast": "ToCopyBackward0",
    "linear": "AddmmBackward0",
    "log1p": "Log1PBackward0",
    "logits_cross_entropy": "NllLossBackward0",
    "overwritten": "CopySlices",
    "pad": "ConstantPadNdBackward0",
    "reshape": "ViewBackward0",
    "sections": "SplitBackward0",
    "square": "PowBackward0",
}
PRODUCTS = {0: "DotBackward0", 1: "MvBackward0", 2: "MmBackward0"}  # by the dimensions of the result


def node_name(node: Node) -> str:
    """The node's name as PyTorch writes it: MulBackward0 of mul, DoubleBackward of a Function called Double."""
    call = node.parents[0] if isinstance(node, Output) else node
    if call.plan is None:
        return "torch::autograd::AccumulateGrad"
    primitive = call.plan.primitive
    name = primitive.name
    if name == "getitem":
        return f"{index_word(call.saved)}Backward0"
    if name == "matmul":
        return PRODUCTS.get(len(call.shape), "UnsafeViewBackward0")
    if name in ("sum", "mean"):
        return f"{name.capitalize()}Backward{int(call.shape != ())}"
    camel = "".join(word[:1].upper() + word[1:] for word in name.split("_"))
    return str(getattr(primitive, "node_name", NODE_NAMES.get(name, f"{camel}Backward0")))


def index_word(saved: Any) -> str:
    """What PyTorch calls the last step of taking x[index], of what getitem's rule keeps."""
    *_, index = saved
    steps = [part for part in (index if isinstance(index, tuple) else (index,)) if part is not ...]
    if any(isinstance(part, numpy.ndarray | list) for part in steps):
        return "Index"
    words = {int: "Select", slice: "Slice", type(None): "Unsqueeze"}
    found = [words.get(type(part), "Index") for part in steps if part != slice(None)]
    return found[-1] if found else "Alias"


def byte_count(count: int) -> str:
    """`512 B`, `1.5 KB`, in powers of 1,024."""
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 99.95 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} GB"
