"""How a Tensor shows itself, as PyTorch does: tensor([1., 2.], requires_grad=True)."""

from typing import Any

import numpy

__all__ = ["tensor_text"]


def number_format(array: Any) -> dict[str, Any]:
    """Formatters that give all elements one width and the digits that PyTorch shows."""
    if array.dtype.kind == "b":
        return {"bool": lambda value: "True" if value else "False"}
    if array.dtype.kind != "f":
        return {}
    finite = numpy.abs(array[numpy.isfinite(array)].astype(float))
    nonzero = finite[finite > 0]
    if not (finite != numpy.ceil(finite)).any():
        if nonzero.size and nonzero.max() >= 1e8:
            return {"float_kind": lambda value: f"{value:.4e}"}
        return {"float_kind": lambda value: f"{value:.0f}." if numpy.isfinite(value) else str(value)}
    if nonzero.max() / nonzero.min() > 1000 or nonzero.max() > 1e8 or nonzero.min() < 1e-4:
        return {"float_kind": lambda value: f"{value:.4e}" if numpy.isfinite(value) else str(value)}
    return {"float_kind": lambda value: f"{value:.4f}" if numpy.isfinite(value) else str(value)}


def elements(array: Any) -> str:
    """The elements between brackets, aligned, with dots for what is too much to show."""
    if not array.size:
        return "[]"
    formatter = next(iter(number_format(array).values()), str)
    shown = array
    if array.size > 1000:
        for dim, n in enumerate(array.shape):
            if n > 6:
                ends = [shown.take(range(3), dim), shown.take(range(n - 3, n), dim)]
                shown = numpy.concatenate(ends, dim)
    width = max(len(formatter(value)) for value in shown.reshape(-1)) if array.ndim else 0
    with numpy.printoptions(threshold=1000, edgeitems=3, linewidth=80):
        text = numpy.array2string(
            array, separator=", ", prefix="tensor(", formatter={"all": lambda value: formatter(value).rjust(width)}
        )
    return str(text)


def tensor_text(array: Any, node: Any) -> str:
    """`tensor([...], dtype=..., grad_fn=...)`; the dtype is left out where it goes without saying."""
    parts = [elements(array)]
    if not array.size and array.shape != (0,):
        parts.append(f"size={array.shape}")
    if array.dtype.name not in ("float32", "int64", "bool") or (not array.size and array.dtype.name != "float32"):
        parts.append(f"dtype={array.dtype.name}")
    if node is not None:
        parts.append(f"grad_fn=<{node.operation}>" if node.parents else "requires_grad=True")
    return f"tensor({', '.join(parts)})"
