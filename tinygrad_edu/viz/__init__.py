"""Pictures of graphs and of training: a Graph of plain data, and renderers that take only that."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ..atomic import atomic_write_text
from ..told import guard
from .attribution import grad_cam, saliency
from .curves import loss_curve_svg
from .debug import diff, first_bad, saved_bytes, unused_parameters
from .dot import PICTURES, draw_with_graphviz, to_dot
from .figures import (
    activations,
    attention_map,
    boxes,
    comparison,
    confusion_matrix,
    dead_units,
    decision_regions,
    descent,
    difference_errors,
    feature_maps,
    filters,
    gradient_norms,
    gradients,
    histograms,
    im2col,
    images,
    latent_grid,
    learning_curves,
    loss_surface,
    masks,
)
from .model import Edge, Graph, Vertex
from .page import Page, page, step
from .scopes import Scopes
from .svg import to_svg
from .text import to_text
from .trace import trace

__all__ = [
    "Drawing",
    "Edge",
    "Graph",
    "Page",
    "Scopes",
    "Vertex",
    "activations",
    "attention_map",
    "boxes",
    "comparison",
    "confusion_matrix",
    "dead_units",
    "decision_regions",
    "descent",
    "diff",
    "difference_errors",
    "draw",
    "feature_maps",
    "filters",
    "first_bad",
    "grad_cam",
    "gradient_norms",
    "gradients",
    "histograms",
    "im2col",
    "images",
    "latent_grid",
    "learning_curves",
    "loss_curve_svg",
    "loss_surface",
    "masks",
    "page",
    "saliency",
    "saved_bytes",
    "step",
    "to_dot",
    "to_svg",
    "to_text",
    "trace",
    "unused_parameters",
]


class Drawing:
    """A graph that shows itself: as SVG in a notebook, as a tree when printed.

    Modules are open down to `depth`, or as far as the picture holds, and so are those named in `open`.
    """

    def __init__(self, graph: Graph, *, depth: int | None = None, open: Collection[str] = ()) -> None:
        self.graph = graph
        self.fold: dict[str, Any] = {"depth": depth, "open": open}

    def _repr_svg_(self) -> str:
        return to_svg(self.graph, **self.fold)

    def __repr__(self) -> str:
        return to_text(self.graph, **self.fold)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the graph to a file, whole or not at all: `.svg`, `.txt`, `.html` a page whose modules open by a click.

        `.dot` and `.gv` are text for Graphviz, which draws `.png` and `.pdf` if it is installed.

        Raises:
            ValueError: the name ends otherwise.
            ImportError: a package of the extra `viz` is needed and not installed.
            RuntimeError: Graphviz is needed and not installed, or fails.
            OSError: the file cannot be written; what stood there before is untouched.
        """
        suffix = Path(path).suffix.lower()
        if suffix in PICTURES:
            return draw_with_graphviz(to_dot(self.graph, **self.fold), path)
        if suffix == ".html":
            return page(self.graph).save(path)
        writers = {".svg": to_svg, ".txt": to_text, ".dot": to_dot, ".gv": to_dot}
        if suffix not in writers:
            known = ", ".join([*writers, ".html", *PICTURES])
            raise ValueError(f"cannot tell what to write to {os.fspath(path)!r}; let the name end in one of {known}")
        text = writers[suffix](self.graph, **self.fold)
        with atomic_write_text(path) as file:
            file.write(text)
        return Path(path)


def draw(
    *outputs: Any,
    names: Any = None,
    path: str | os.PathLike[str] | None = None,
    values: bool = False,
    scopes: Scopes | None = None,
    depth: int | None = None,
    open: Collection[str] = (),
) -> Drawing:
    """Draw the graph that leads to these Tensors; in a notebook it shows at once, and `path` also saves it.

    `names` is a dict from name to Tensor, or a Module; with `values` small Tensors show their numbers. `scopes`, noted
    during the forward, say which module made what; `depth` and `open` which modules are open.

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
    drawing = Drawing(trace(*outputs, names=names, values=values, scopes=scopes), depth=depth, open=open)
    if path is not None:
        drawing.save(path)
    return drawing


guard(globals(), __all__, __name__, held=False)
