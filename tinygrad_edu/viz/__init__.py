"""Pictures of graphs and of training: a Graph of plain data, and renderers that take only that."""

import os
from pathlib import Path
from typing import Any

from ..atomic import atomic_write_text
from .curves import loss_curve_svg
from .figures import (
    activations,
    attention_map,
    boxes,
    confusion_matrix,
    dead_units,
    feature_maps,
    filters,
    gradient_norms,
    gradients,
    histograms,
    images,
    latent_grid,
    learning_curves,
    loss_surface,
    masks,
)
from .model import Edge, Graph, Vertex
from .scopes import Scopes
from .svg import to_svg
from .text import to_text
from .trace import trace

__all__ = [
    "Drawing",
    "Edge",
    "Graph",
    "Scopes",
    "Vertex",
    "activations",
    "attention_map",
    "boxes",
    "confusion_matrix",
    "dead_units",
    "draw",
    "feature_maps",
    "filters",
    "gradient_norms",
    "gradients",
    "histograms",
    "images",
    "latent_grid",
    "learning_curves",
    "loss_curve_svg",
    "loss_surface",
    "masks",
    "to_svg",
    "to_text",
    "trace",
]


class Drawing:
    """A graph that shows itself: as SVG in a notebook, as a tree when printed."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def _repr_svg_(self) -> str:
        return to_svg(self.graph)

    def __repr__(self) -> str:
        return to_text(self.graph)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a `.svg` file, or the tree to a `.txt` file, whole or not at all.

        Raises:
            ValueError: the name ends otherwise.
            OSError: the file cannot be written; what stood there before is untouched.
        """
        suffix = Path(path).suffix.lower()
        if suffix not in (".svg", ".txt"):
            raise ValueError(f"cannot tell what to write to {os.fspath(path)!r}; let the name end in .svg or .txt")
        text = to_svg(self.graph) if suffix == ".svg" else to_text(self.graph)
        with atomic_write_text(path) as file:
            file.write(text)
        return Path(path)


def draw(*outputs: Any, names: Any = None, path: str | os.PathLike[str] | None = None, values: bool = False) -> Drawing:
    """Draw the graph that leads to these Tensors; in a notebook it shows at once, and `path` also saves it.

    `names` is a dict from name to Tensor, or a Module; with `values` small Tensors show their numbers.

    >>> import tinygrad_edu as tg
    >>> a, b = tg.tensor(2.0, requires_grad=True), tg.tensor(-3.0, requires_grad=True)
    >>> loss = (a * b).tanh()
    >>> draw(loss, names={"a": a, "b": b, "loss": loss}, values=True)
    loss  scalar  data -1
    └─ tanh  scalar  data -1
       └─ mul  scalar
          ├─ a  scalar  parameter  data 2
          └─ b  scalar  parameter  data -3
    <BLANKLINE>
    2 operations · 2 parameters (2 numbers) · 4 B kept for backward
    <BLANKLINE>
    """
    drawing = Drawing(trace(*outputs, names=names, values=values))
    if path is not None:
        drawing.save(path)
    return drawing
