"""What a network is made of, layer by layer: shapes, parameters, multiply-adds, bytes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from ..dtypes import as_dtype, get_default_dtype
from ..functions.creation import as_tensor, ones, zeros
from ..printing import byte_count
from ..tensor import Tensor
from ..told import guard
from .measuring import Notes, Shape, measured, shapes_text
from .module import Module

__all__ = ["Layer", "Summary", "summary"]

HEADS = ("layer", "output", "parameters", "multiply-adds", "weights", "activations")


@dataclass(frozen=True)
class Layer:
    """One layer of a summary; what is counted is that of the layers below it, too."""

    name: str
    kind: str
    depth: int
    shapes: tuple[Shape, ...]  # of what it gave when it was first called
    calls: int
    parameters: int
    trainable: int
    multiply_adds: int
    parameter_bytes: int
    activation_bytes: int
    above: bool = False  # whether it has come before in the summary, and is counted there


@dataclass(frozen=True, repr=False)
class Summary:
    """The layers of a network, each before those below it, and totals; as text it is a table."""

    layers: tuple[Layer, ...]
    inputs: tuple[Shape, ...]
    input_bytes: int
    buffer_bytes: int
    deepest: int | None = None  # to which depth the table shows layers

    @property
    def parameters(self) -> int:
        """How many numbers the parameters hold; those that are used in several places count once."""
        return self.layers[0].parameters

    @property
    def trainable(self) -> int:
        """How many of them require grad."""
        return self.layers[0].trainable

    @property
    def multiply_adds(self) -> int:
        """The multiplications with an addition of one forward on these inputs."""
        return self.layers[0].multiply_adds

    @property
    def parameter_bytes(self) -> int:
        """The memory of the parameters."""
        return self.layers[0].parameter_bytes

    @property
    def activation_bytes(self) -> int:
        """The memory of what the layers give; views of it, and what an in-place layer gives back, count once."""
        return self.layers[0].activation_bytes

    def __str__(self) -> str:
        shown = [layer for layer in self.layers if self.deepest is None or layer.depth <= self.deepest]
        rows = [HEADS, *map(row_of, shown)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [aligned(row, widths) for row in rows]
        rule = "-" * len(lines[0])
        sizes = {"inputs": self.input_bytes, "weights": self.parameter_bytes}
        sizes |= {"buffers": self.buffer_bytes, "activations": self.activation_bytes}
        totals = [
            f"{self.parameters:,} parameters, {self.trainable:,} of them trainable",
            f"{self.multiply_adds:,} multiply-adds, for inputs {shapes_text(self.inputs)}",
            ", ".join(f"{what} {byte_count(size)}" for what, size in sizes.items()),
        ]
        return "\n".join([lines[0], rule, *lines[1:], rule, *totals])

    __repr__ = __str__


def row_of(layer: Layer) -> tuple[str, ...]:
    """A layer's cells in the table; what is 0 is left empty."""
    label = "  " * layer.depth + (f"{layer.name}: {layer.kind}" if layer.name else layer.kind)
    if layer.above:
        return label, "as above", "", "", "", ""
    times = f", {layer.calls} times" if layer.calls > 1 else ""
    counts = [f"{count:,}" if count else "" for count in (layer.parameters, layer.multiply_adds)]
    sizes = [byte_count(size) if size else "" for size in (layer.parameter_bytes, layer.activation_bytes)]
    return label, shapes_text(layer.shapes) + times, *counts, *sizes


def aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Words to the left and numbers to the right."""
    cells = [cell.rjust(n) if i > 1 else cell.ljust(n) for i, (cell, n) in enumerate(zip(row, widths, strict=True))]
    return "  ".join(cells).rstrip()


def summary(model: Module, input_size: Any, dtypes: Any = None, depth: int | None = None) -> Summary:
    """What a network is made of, found by running it once in evaluation mode; it is left as it was.

    `input_size` is the shape of the input, with the batch, or a Tensor like it; for several inputs a list of these.
    `dtypes` is the dtype of the inputs, or one for each; by default that of the parameters. Inputs of floats are ones,
    others, such as indices, zeros. Multiply-adds are those of products of matrices and of convolutions: in linear,
    recurrent and attention layers, and between layers. The table shows layers down to `depth`, 0 being the network.

    Raises:
        TypeError: the model is no Module, or an input neither a shape nor a Tensor.
        ValueError: a size is negative; there is another number of dtypes than of inputs.
        ShapeError: the network fails on such inputs; the message names the layer.

    >>> from tinygrad_edu import nn
    >>> summary(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), (1, 4))
    layer        output  parameters  multiply-adds  weights  activations
    --------------------------------------------------------------------
    Sequential   (1, 2)          58             48    232 B         72 B
      0: Linear  (1, 8)          40             32    160 B         32 B
      1: ReLU    (1, 8)                                             32 B
      2: Linear  (1, 2)          18             16     72 B          8 B
    --------------------------------------------------------------------
    58 parameters, 58 of them trainable
    48 multiply-adds, for inputs (1, 4)
    inputs 16 B, weights 232 B, buffers 0 B, activations 72 B
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary takes a Module, got {type(model).__name__}")
    inputs = inputs_of(model, input_size, dtypes)
    layers = layers_of(measured(model, inputs), model, "", 0, set())
    sizes = sum(x.nbytes for x in inputs), sum(buffer.nbytes for buffer in model.buffers())
    return Summary(tuple(layers), tuple([x.shape for x in inputs]), *sizes, depth)


def inputs_of(model: Module, given: Any, dtypes: Any) -> list[Tensor]:
    """The inputs: Tensors as they are, and one of each shape."""
    parts = [given] if is_shape(given) or not isinstance(given, (list, tuple)) else list(given)
    kinds = list(dtypes) if isinstance(dtypes, (list, tuple)) else [dtypes] * len(parts)
    if len(kinds) != len(parts):
        raise ValueError(f"summary got {len(parts)} inputs and {len(kinds)} dtypes; give one for all, or as many")
    floating = [p.dtype for p in model.parameters() if p.dtype.kind == "f"]
    usual = floating[0] if floating else get_default_dtype()
    return [input_of(part, usual if kind is None else as_dtype(kind)) for part, kind in zip(parts, kinds, strict=True)]


def is_shape(given: Any) -> bool:
    """Whether it is a tuple of whole numbers, or a list of some."""
    whole = isinstance(given, (list, tuple)) and all(type(n) is int or isinstance(n, numpy.integer) for n in given)
    return whole and given != []


def input_of(given: Any, dtype: Any) -> Tensor:
    """An input, from a Tensor or a shape."""
    if isinstance(given, (Tensor, numpy.ndarray)):
        return as_tensor(given).detach()
    if not is_shape(given):
        raise TypeError(f"summary takes the shapes of inputs, such as (1, 3, 32, 32), or Tensors, got {given!r:.60}")
    if min(given, default=0) < 0:
        raise ValueError(f"an input has no negative sizes, got {tuple(given)}")
    return (ones if dtype.kind == "f" else zeros)(tuple(map(int, given)), dtype=dtype)


def layers_of(notes: Mapping[Module, Notes], module: Module, name: str, depth: int, seen: set[Any]) -> Iterator[Layer]:
    """A module's line and those below it; modules and parameters that have been seen are not counted again."""
    kind = module._get_name()
    if module in seen:
        yield Layer(name, kind, depth, (), 0, 0, 0, 0, 0, 0, above=True)
        return
    own = {p for p in module._parameters.values() if p is not None} - seen
    seen.update([module, *own])
    children = [(place, child) for place, child in module._modules.items() if child is not None]
    below = [list(layers_of(notes, child, place, depth + 1, seen)) for place, child in children]
    parts = [lines[0] for lines in below]
    noted = notes[module]
    yield Layer(
        name,
        kind,
        depth,
        noted.shapes,
        noted.calls,
        sum(p.numel() for p in own) + sum(part.parameters for part in parts),
        sum(p.numel() for p in own if p.requires_grad) + sum(part.trainable for part in parts),
        noted.multiply_adds + sum(part.multiply_adds for part in parts),
        sum(p.nbytes for p in own) + sum(part.parameter_bytes for part in parts),
        noted.activation_bytes + sum(part.activation_bytes for part in parts),
    )
    for lines in below:
        yield from lines


guard(globals(), __all__, __name__)
