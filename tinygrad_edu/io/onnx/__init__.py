"""Models as ONNX files, which other runtimes run; needs the extra `onnx`."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...atomic import atomic_write
from .errors import ExportError

__all__ = ["ExportError", "export"]

OPSETS = 18, 23  # the first and the last that rows are written for
USUAL = 20  # the first with Gelu


def export(
    model: Callable[..., Any],
    args: Any,
    path: str | os.PathLike[str],
    *,
    kwargs: Mapping[str, Any] | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    dynamic_axes: Mapping[str, Mapping[int, str] | Sequence[int]] | None = None,
    opset_version: int = USUAL,
) -> None:
    """Write what a module, or a function of Tensors, computes as an ONNX model, to run elsewhere.

    `args` is what the model is called with, a Tensor or a tuple; `kwargs` what it is called with by name. It is run in
    evaluation mode, several times, and what it does is noted: so it must make the same operations for all values.
    Parameters and buffers keep their names; numbers and the like among `args` become part of the model.

    The model keeps its dtype; onnxruntime has many operators for float32 only, so export `model.float()` for it.

    `dynamic_axes` names sizes that may vary: `{"x": {0: "batch"}}`, or `{"x": [0]}`. The model is then run with other
    such sizes too, and what depends on them in a way that cannot be said is refused. Names of outputs are ignored
    there, for their sizes follow.

    Raises:
        ExportError: the model does something that ONNX, or this exporter, cannot say; the message names the operation,
            its module, its line, and what can be done.
        TypeError: the model cannot be called, or the path is none.
        ValueError: names or axes do not fit the inputs and outputs, or the opset is none of those known.
        ImportError: onnx is not installed.

    Source: https://onnx.ai/onnx/operators, and the interface of torch.onnx.export.
    """
    from .graph import Graph
    from .names import axes_of, names_of_inputs, names_of_outputs
    from .runs import named_arrays, traced
    from .writing import Writing

    arguments = args if isinstance(args, tuple) else (args,)
    named = dict(kwargs or {})
    if not callable(model):
        raise TypeError(f"export takes a module or a function of Tensors, got {type(model).__name__}")
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"export takes the path of a file to write, got {type(path).__name__}")
    first, last = OPSETS
    if not first <= opset_version <= last:
        raise ValueError(f"opset_version is from {first} to {last}, got {opset_version}")
    graph = Graph(opset_version)
    names = names_of_inputs(model, arguments, named, input_names)
    axes = axes_of(dynamic_axes or {}, names, arguments, named, output_names)
    program = traced(model, arguments, named, axes)
    made = names_of_outputs(len(program.outputs), output_names)
    writing = Writing(graph, program, names, made, axes, named_arrays(model))
    content = writing.serialized(model)
    with atomic_write(path) as file:
        file.write(content)
