"""The error of what cannot be exported."""

__all__ = ["ExportError"]


class ExportError(RuntimeError):
    """What a model computes cannot be said in ONNX, or cannot be followed."""
