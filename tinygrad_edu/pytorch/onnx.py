"""Exporting to ONNX with PyTorch's arguments."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..io import onnx
from ..told import warn_user

__all__ = ["OnnxExporterError", "export", "is_in_onnx_export"]

OnnxExporterError = onnx.ExportError


def export(
    model: Any,
    args: Any = (),
    f: Any = None,
    *,
    kwargs: Mapping[str, Any] | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    opset_version: int | None = None,
    dynamic_axes: Mapping[str, Any] | None = None,
    dynamic_shapes: Mapping[str, Any] | None = None,
    export_params: bool = True,
    **settings: Any,
) -> None:
    """io.onnx.export; settings of how PyTorch does it, such as `do_constant_folding` and `dynamo`, change nothing here.

    Raises:
        ValueError: the model is to be written without its parameters.
        ExportError: as io.onnx.export.
    """
    if not export_params:
        raise ValueError("export writes a model with its parameters: export_params=False is not possible")
    first = onnx.OPSETS[0]
    opset = onnx.USUAL if opset_version is None else opset_version
    if opset < first:
        warn_user(f"opset_version {opset} is older than the oldest that is written here; the model gets {first}")
    onnx.export(
        model,
        args,
        f,
        kwargs=kwargs,
        input_names=input_names,
        output_names=output_names,
        dynamic_axes=dynamic_axes or dynamic_shapes,
        opset_version=max(opset, first),
    )


def is_in_onnx_export() -> bool:
    """False: a model runs as ever while it is exported."""
    return False
